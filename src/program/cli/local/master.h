// The master key, as the commands beside a server need it: is it sound, and is it the one a ledger was made with?
#pragma once

#include "authority/ledger/ledger.h"
#include "program/config/config.h"

namespace jeton::cli {

// Config, with what to do, where there is none or it cannot be used. Makes nothing.
Status master_key_is_sound(const config::Config& config, const std::string& data);
// The same, and Config where the ledger was made with another.
Status master_key_opens(const config::Config& config, const std::string& data, ledger::Ledger& ledger);

// Where it comes from: what the configuration names, or the file in the data folder.
std::string master_source(const config::Config& config, const std::string& data);

}  // namespace jeton::cli

// The master key, as the commands beside a server need it: where does it come from, and is it sound?
#pragma once

#include "ground/result.h"
#include "program/config/config.h"

namespace jeton::cli {

// Config, with what to do, where there is none or it cannot be used. Makes nothing.
Status master_key_is_sound(const config::Config& config, const std::string& data);

// Where it comes from: what the configuration names, or the file in the data folder.
std::string master_source(const config::Config& config, const std::string& data);

}  // namespace jeton::cli

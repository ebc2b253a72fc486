// Where a command's data folder and configuration come from: flag > JETON_* variable > file > default.
#pragma once

#include <expected>
#include <string>

#include "program/cli/command.h"
#include "program/config/config.h"

namespace jeton::cli {

struct DataFolder {
  std::string path;
  std::string origin;   // "flag", "JETON_DATA", "default"
};
// --data, JETON_DATA, ./.jeton where it exists, else the XDG data folder. Makes nothing.
DataFolder data_folder(const Arguments& given);

// Defaults, then the file (--config, JETON_CONFIG, or jeton.toml in the data folder where there is one), then variables, then the flags of serve.
std::expected<config::Config, config::Problem> read_config(const Arguments& given, const std::string& data);

// The ledger's file: of `store`, or jeton.db in the data folder. Empty where the store is no file.
std::string ledger_file(const config::Config& config, const std::string& data);
// Whether somebody listens on the data folder's admin.sock.
bool server_listens(const std::string& data);

std::span<const Command> serve_commands();  // serve, try
std::span<const Command> config_commands();
std::span<const Command> doctor_commands();
std::span<const Command> backup_commands();  // backup, restore
std::span<const Command> audit_commands();  // audit verify

}  // namespace jeton::cli

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

std::span<const Command> serve_commands();    // serve, try

}  // namespace jeton::cli

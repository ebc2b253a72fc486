// What a command is given: the variables of --env and --env-file, with their references resolved.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <vector>

#include "ground/result.h"
#include "ground/secret.h"
#include "program/cli/command.h"

namespace jeton::run {

struct Given {
  std::string name;
  Secret value;
  bool masked = false;
};

// A child token that was asked for: NAME=token:api=A,scope=S,expires=15m
struct ChildToken {
  std::string name;
  std::string api, from;
  std::vector<std::string> scopes;
  std::string expires = "15m";
};

struct Wanted {
  std::vector<Given> variables;      // a later one of the same name counts
  std::vector<ChildToken> tokens;
};

// Told already where it fails: the exit.
std::expected<Wanted, int> wanted(const cli::Arguments& given);

// "api=orders,scope=orders:read,expires=15m"; Malformed where it is not so.
Result<ChildToken> parse_child_token(std::string_view text);

// The variable with the caller's own token.
inline constexpr const char* kHolderVariable = "JETON_TOKEN";

// This process's own variables with those of `variables` over them, "NAME=VALUE". The vault's passphrase is never among them, and
// of this process's own neither is the one named `withheld`.
std::vector<std::string> environment_with(const std::vector<Given>& variables, std::string_view withheld);
// The lines a shell reads, for "bash" (and sh, zsh) or "fish".
std::string export_block(const std::vector<Given>& variables, bool fish);

}  // namespace jeton::run

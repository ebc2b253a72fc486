// What the token commands have in common.
#pragma once

#include "program/cli/remote/server.h"

namespace jeton::cli {

// A token by its id, or by its text, which then acts for itself.
struct CalledToken {
  std::string id;       // "self" where `bearer` is the token
  std::string bearer;
  std::string path(std::string_view verb = {}) const { return "/v1/tokens/" + http::percent_encode(id) + std::string(verb); }
};
// The operand TOKEN. What is wrong is said.
std::expected<CalledToken, int> called_token(const Arguments& given);

// The token of an answer, shown once: `member` holds its text. --quiet prints it alone.
int show_new_token(const Arguments& given, const std::expected<json::Value, int>& answer, std::string_view member);

// Says when a token that is about to end was last used, if it was.
void warn_of_use(const Arguments& given, const json::Value& token);

// A device's id by its id or name, among those of --user or --service where one is given. Conflict where two are called so.
std::expected<std::string, int> device_id(const Arguments& given, const std::string& name);

}  // namespace jeton::cli

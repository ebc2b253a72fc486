// Names and values: query strings and application/x-www-form-urlencoded bodies.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ground/result.h"

namespace jeton::http {

// "%41+b" is "A b" in a form. Malformed: a percent sign without two hex digits, an octet that is not UTF-8, NUL.
enum class Plus : bool { Literal, Space };
Result<std::string> percent_decode(std::string_view text, Plus plus);
std::string percent_encode(std::string_view text);

// Parameters in order, decoded. No name twice (RFC 6749 §3.1); at most 64.
class Form {
 public:
  static Result<Form> parse(std::string_view text);
  // Absent and empty are told apart.
  std::optional<std::string_view> get(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return parameters_; }

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

bool well_formed_utf8(std::string_view text);

}  // namespace jeton::http

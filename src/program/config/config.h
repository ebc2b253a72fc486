// Configuration: flag > JETON_* variable > file > default, and every value knows where it came from.
#pragma once

#include <expected>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "blocks/net/prefix_set.h"
#include "ground/instant.h"

namespace jeton::config {

enum class Kind : std::uint8_t { Text, List, Number, Duration, Flag };

// One thing that can be set. The table is all there is: files, variables, `config show` and the guide come of it.
struct Setting {
  std::string_view key;        // "log.level"; the variable is JETON_LOG_LEVEL
  Kind kind;
  std::string_view standard;   // the default; lists separated by commas
  std::string_view meaning;
};
std::span<const Setting> settings();
std::string variable_of(std::string_view key);

struct Value {
  std::vector<std::string> items;   // one for all kinds but lists
  std::string origin;               // "default", "flag", "JETON_LISTEN", "jeton.toml:3"
};

// What is wrong, for people: names file and line, or the variable or flag.
using Problem = std::string;

class Config {
 public:
  // All defaults.
  Config();
  // Reads a TOML file. Unknown keys and values of the wrong kind are told with their line.
  std::expected<void, Problem> read_file(const std::string& path);
  // Takes JETON_* variables. Others of that prefix that mean something elsewhere (JETON_TOKEN, JETON_SERVER …) are left alone.
  std::expected<void, Problem> read_environment(const std::map<std::string, std::string>& environment);
  std::expected<void, Problem> set(std::string_view key, std::vector<std::string> items, std::string origin);

  const std::string& text(std::string_view key) const;
  const std::vector<std::string>& list(std::string_view key) const;
  std::size_t number(std::string_view key) const;
  Seconds duration(std::string_view key) const;
  bool flag(std::string_view key) const;
  const std::map<std::string, Value, std::less<>>& all() const { return values_; }

 private:
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace jeton::config

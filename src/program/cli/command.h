// One row a command: parsing, --help, completions and man pages all come of these tables.
// A room declares `std::span<const Command> NAME_commands();` and stands in the list of commands.cc; nothing else is needed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jeton::cli {

// What a command answers the shell with.
enum Exit : int {
  kYes = 0,
  kNo = 1,
  kUsage = 2,
  kNotReached = 3,
  kNotAuthenticated = 4,
  kNotAllowed = 5,
  kNotFound = 6,
  kConflict = 7,
  kSelfTestFailed = 70,
  kInterrupted = 130,
};

enum class Count : std::uint8_t { Maybe, Once, Many, OneOrMore };

struct Option {
  std::string_view name;      // "--api"
  std::string_view value;     // what stands for the value in help, "API"; empty: a flag. Words in small letters, as "json|yaml",
                              // are the only values taken; FILE and DIR are completed as such
  std::string_view meaning;
  Count count = Count::Maybe;
};

struct Operand {
  std::string_view name;      // "NAME"; "-" in its place means standard input where the meaning says so
  std::string_view meaning;
  Count count = Count::Once;  // only the last operand may be Maybe, Many or OneOrMore
};

// What the caller gave, already held against the command's row: no unknown option, nothing missing, nothing twice that counts once,
// no word outside a closed list. Values are as typed. Keys are the rows' own names: "--api", "NAME"; of the options every command
// has: "--data", "--server", "-o", "--quiet".
class Arguments {
 public:
  bool has(std::string_view name) const { return values_.contains(name); }
  // The last value of an option or operand; nothing where it was not given.
  std::optional<std::string_view> get(std::string_view name) const {
    const auto at = values_.find(name);
    if (at == values_.end() || at->second.empty()) return std::nullopt;
    return at->second.back();
  }
  // Every value, in order.
  std::span<const std::string> all(std::string_view name) const {
    const auto at = values_.find(name);
    return at == values_.end() ? std::span<const std::string>() : std::span(at->second);
  }
  void add(std::string_view name, std::string value) { values_[std::string(name)].push_back(std::move(value)); }
  void mark(std::string_view name) { values_[std::string(name)]; }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

struct Command {
  std::string_view path;                 // "token create"
  std::string_view summary;              // one line, no full stop
  std::string_view example;              // a command line that works, without the prompt
  std::span<const Operand> operands;
  std::span<const Option> options;       // beside those every command has: --data --server -o --quiet --help
  int (*run)(const Arguments& given);    // answers an Exit or a child's own status
  std::string_view about = {};           // more for --help and the manual; may be empty
};

}  // namespace jeton::cli

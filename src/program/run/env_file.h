// .env files: one grammar, written down in docs/formats/dotenv.md. Nothing in one is ever run.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ground/result.h"

namespace jeton::run {

struct Assignment {
  std::string name, value;
  unsigned line = 0;          // of the name
};

// What is wrong and where. The text holds nothing of the file.
struct EnvProblem {
  unsigned line = 0;
  std::string_view what;
};

enum class Expand : std::uint8_t { No, Yes };

inline constexpr std::size_t kLargestEnvFile = 1 << 20;

// The value a variable has outside the file; nothing where it has none.
using Outside = std::function<std::optional<std::string>(std::string_view)>;

// The assignments in their order; of a name twice the later one counts. With Expand::Yes, ${X} stands for the value X has above
// in the file, else outside of it.
std::expected<std::vector<Assignment>, EnvProblem> parse_env(std::string_view text, Expand expand = Expand::No,
                                                             const Outside& outside = {});

// [A-Za-z_][A-Za-z0-9_]*
bool good_variable(std::string_view name);

}  // namespace jeton::run

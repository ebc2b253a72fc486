#include "program/cli/input.h"

#include <unistd.h>

#include "ground/secret_pass.h"
#include "program/cli/output.h"
#include "program/terminal/intake.h"
#include "program/terminal/prompt.h"

namespace jeton::cli {
namespace {

constexpr std::size_t kMostSecret = 65536;
constexpr const char* kNothing = "nothing was given where a secret is expected";

// Whether somebody gave the secret itself where its place was asked for.
bool looks_like_token(std::string_view name) {
  return name.find('/') == std::string_view::npos && name.size() >= 40 &&
         (name.starts_with("ey") || name.find('_') != std::string_view::npos);
}

std::expected<Secret, InputError> read_all(const std::string& name, std::size_t most) {
  auto all = terminal::read_secret_file(name, most);
  if (all) return *std::move(all);
  const std::string called = name == "-" ? "standard input" : printable(name);
  if (all.error().is(Refusal::TooLarge)) return std::unexpected(called + " is larger than " + std::to_string(most) + " octets");
  if (looks_like_token(name))
    return std::unexpected("a secret is never an argument: give \"-\" and the secret on standard input, or a file's name");
  return std::unexpected(called +
                         " cannot be read: " + (all.error().is(Refusal::NotFound) ? "there is no such file" : "is it yours to read?"));
}

std::expected<Secret, InputError> ask_secret(std::string_view what) {
  auto typed = terminal::ask_secret(std::string(what) + ": ");
  if (!typed && typed.error().is(Refusal::Unsupported))
    return std::unexpected("there is no terminal to ask on: give the secret on standard input or in a file");
  if (!typed && typed.error().is(Refusal::TooLarge)) return std::unexpected("the line is too long for a secret");
  if (!typed || typed->empty()) return std::unexpected(kNothing);
  return *std::move(typed);
}

}  // namespace

std::expected<std::string, InputError> read_text(const std::string& name, std::size_t most) {
  const auto all = read_all(name, most);
  if (!all) return std::unexpected(all.error());
  return std::string(as_text(all->read(program::Pass::key())));
}

std::expected<Secret, InputError> read_secret(const std::string& name, std::string_view what) {
  if (name == "-" && ::isatty(STDIN_FILENO) != 0) return ask_secret(what);
  const auto all = read_all(name, kMostSecret);
  if (!all) return std::unexpected(all.error());
  const auto text = as_text(all->read(program::Pass::key()));
  auto line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (text.find_first_not_of("\r\n", line.size()) != std::string_view::npos)
    return std::unexpected("one line is expected, and there are more");
  if (line.empty()) return std::unexpected(kNothing);
  return Secret::copy_of(as_bytes(line));
}

}  // namespace jeton::cli

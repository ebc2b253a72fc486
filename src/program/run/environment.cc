#include "program/run/environment.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "ground/instant.h"
#include "ground/secret_pass.h"
#include "program/cli/output.h"
#include "program/run/env_file.h"
#include "program/run/mask.h"
#include "program/terminal/intake.h"
#include "program/vault/commands.h"
#include "program/vault/unlock.h"

extern char** environ;

namespace jeton::run {
namespace {

constexpr std::string_view kToken = "token:";
constexpr std::size_t kShortestLiteral = 8;   // what a file spells out is masked from here on: PORT=8080 is no secret

// The vault, opened when the first reference asks for it.
class Vault {
 public:
  explicit Vault(vault::Unlocking how) : how_(std::move(how)) {}
  Result<Secret> value(std::string_view reference) {
    TRY(const auto ref, vault::Reference::parse(reference));
    if (!contents_) { TRY(contents_, vault::open(how_.vault, vault::key_of(how_))); }
    const auto* found = contents_->find(ref);
    if (found == nullptr) return refuse(Refusal::NotFound, "the vault holds no such item or field");
    return found->clone();
  }

 private:
  vault::Unlocking how_;
  std::optional<vault::Contents> contents_;
};

class Collector {
 public:
  explicit Collector(const cli::Arguments& given) : given_(given), vault_(unlocking(given)) {}

  std::expected<Wanted, int> all() {
    for (const auto& path : given_.all("--env-file"))
      if (const int failed = file(path); failed != 0) return std::unexpected(failed);
    for (const auto& word : given_.all("--env"))
      if (const int failed = option(word); failed != 0) return std::unexpected(failed);
    return std::move(wanted_);
  }

 private:
  static vault::Unlocking unlocking(const cli::Arguments& given) {
    vault::Unlocking how{vault::standard_path(), std::nullopt, true};
    if (const auto path = given.get("--passphrase-file")) how.passphrase_file = std::string(*path);
    return how;
  }

  int file(const std::string& path) {
    const auto text = terminal::read_secret_file(path, kLargestEnvFile);
    if (!text) return cli::fail(cli::kUsage, cli::printable(path) + " cannot be read");
    const auto expand = given_.has("--expand") ? Expand::Yes : Expand::No;
    const auto parsed =
        parse_env(as_text(text->read(program::Pass::key())), expand, [](std::string_view name) -> std::optional<std::string> {
          const char* value = std::getenv(std::string(name).c_str());
          if (value == nullptr) return std::nullopt;
          return value;
        });
    if (!parsed)
      return cli::fail(cli::kUsage,
                       cli::printable(path) + ":" + std::to_string(parsed.error().line) + ": " + std::string(parsed.error().what));
    for (const auto& a : *parsed) {
      if (vault::is_url(a.value)) {
        if (const int failed = reference(a.name, a.value); failed != 0) return failed;
      } else {
        put(a.name, Secret::copy_of(as_bytes(a.value)), a.value.size() >= kShortestLiteral);
      }
    }
    return 0;
  }

  int option(const std::string& word) {
    const auto equals = word.find('=');
    const auto name = word.substr(0, equals);
    if (equals == std::string::npos || !good_variable(name))
      return cli::fail(cli::kUsage, "--env takes NAME=REF, where REF is an item of the vault or token:…",
                       "a value itself is never an argument: put it into the vault");
    const std::string_view ref = std::string_view(word).substr(equals + 1);
    if (!ref.starts_with(kToken)) return reference(name, ref);
    auto token = parse_child_token(ref.substr(kToken.size()));
    if (!token) return cli::fail(cli::kUsage, token.error().detail());
    token->name = name;
    wanted_.tokens.push_back(*std::move(token));
    return 0;
  }

  int reference(const std::string& name, std::string_view ref) {
    auto value = vault_.value(ref);
    if (!value) {
      const auto exit = vault::told(value.error());
      return exit == 0 ? 1 : exit;
    }
    if (as_text(value->read(program::Pass::key())).find('\0') != std::string_view::npos)
      return cli::fail(cli::kUsage, name + ": the value holds a NUL octet, which no variable can");
    put(name, *std::move(value), true);
    return 0;
  }

  void put(const std::string& name, Secret value, bool masked) {
    std::erase_if(wanted_.variables, [&](const Given& g) { return g.name == name; });
    wanted_.variables.push_back({name, std::move(value), masked});
  }

  const cli::Arguments& given_;
  Vault vault_;
  Wanted wanted_;
};

// In single quotes, for the shell to take as it is.
std::string quoted(std::string_view value, bool fish) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'') out += fish ? "\\'" : "'\\''";
    else if (c == '\\' && fish) out += "\\\\";
    else out += c;
  }
  return out + "'";
}

}  // namespace

std::expected<Wanted, int> wanted(const cli::Arguments& given) { return Collector(given).all(); }

Result<ChildToken> parse_child_token(std::string_view text) {
  constexpr std::string_view kWanted = "a child token is token:[scope=S][,api=A][,expires=15m][,from=ITEM]";
  ChildToken token;
  while (!text.empty()) {
    const auto part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    const auto equals = part.find('=');
    if (equals == std::string_view::npos || equals + 1 == part.size()) return refuse(Refusal::Malformed, kWanted);
    const auto key = part.substr(0, equals), value = part.substr(equals + 1);
    if (key == "scope") token.scopes.emplace_back(value);
    else if (key == "api") token.api = value;
    else if (key == "from") token.from = value;
    else if (key == "expires" && parse_duration(value)) token.expires = value;
    else return refuse(Refusal::Malformed, kWanted);
  }
  return token;
}

std::vector<std::string> environment_with(const std::vector<Given>& variables, std::string_view withheld) {
  std::vector<std::string> out;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view variable(*at);
    const auto name = variable.substr(0, variable.find('='));
    const bool over = std::any_of(variables.begin(), variables.end(), [&](const Given& g) { return g.name == name; });
    if (!over && name != vault::kPassphraseVariable && name != withheld) out.emplace_back(variable);
  }
  for (const auto& g : variables) {
    std::string line = g.name + "=";
    line += as_text(g.value.read(program::Pass::key()));
    out.push_back(std::move(line));
  }
  return out;
}

std::string export_block(const std::vector<Given>& variables, bool fish) {
  std::string out;
  for (const auto& g : variables) {
    const auto value = quoted(as_text(g.value.read(program::Pass::key())), fish);
    out += fish ? "set -gx " + g.name + " " + value + ";\n" : "export " + g.name + "=" + value + "\n";
  }
  return out;
}

}  // namespace jeton::run

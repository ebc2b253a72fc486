#include "program/run/commands.h"

#include <algorithm>

#include "ground/secret_pass.h"
#include "program/cli/output.h"
#include "program/run/child_token.h"
#include "program/run/environment.h"
#include "program/run/launch.h"

namespace jeton::run {
namespace {

using cli::Arguments;

int print_block(const Arguments& given, const Wanted& wanted) {
  cli::remark(
      given,
      "careful: these values are now in your shell, and in every program it starts from here on; jeton run -- CMD gives them to one");
  cli::print(export_block(wanted.variables, *given.get("--shell") == "fish"));
  return cli::kYes;
}

// The child tokens of one run; they end with it, however it ends.
class ChildTokens {
 public:
  explicit ChildTokens(const Arguments& given) : given_(given) {}
  ChildTokens(const ChildTokens&) = delete;
  ChildTokens& operator=(const ChildTokens&) = delete;
  ~ChildTokens() {
    for (const auto& token : minted_) end(given_, token);
  }
  // 0, or the exit.
  int mint_all(const std::vector<ChildToken>& wanted, std::vector<Given>& variables) {
    for (const auto& one : wanted) {
      auto token = mint(given_, one);
      if (!token) return token.error();
      minted_.push_back({token->name, token->value.clone(), true});
      std::erase_if(variables, [&](const Given& g) { return g.name == one.name; });
      variables.push_back(*std::move(token));
    }
    return 0;
  }
  bool any() const { return !minted_.empty(); }

 private:
  const Arguments& given_;
  std::vector<Given> minted_;
};

int run_with(const Arguments& given, Wanted wanted) {
  ChildTokens tokens(given);
  if (const int failed = tokens.mint_all(wanted.tokens, wanted.variables); failed != 0) return failed;
  // Who is given less than JETON_TOKEN is not given JETON_TOKEN as well.
  const bool less = std::any_of(wanted.tokens.begin(), wanted.tokens.end(), [](const ChildToken& t) { return t.from.empty(); });
  Launch launch;
  const auto words = given.all("CMD");
  launch.words.assign(words.begin(), words.end());
  launch.environment = environment_with(wanted.variables, less ? kHolderVariable : "");
  std::vector<std::string_view> secrets;
  for (const auto& g : wanted.variables)
    if (g.masked) secrets.push_back(as_text(g.value.read(program::Pass::key())));
  const MaskedValues values(secrets);
  if (!given.has("--no-masking")) launch.mask = &values;
  // With nothing to mask and nothing to end, nobody needs to stay.
  if (!tokens.any() && (launch.mask == nullptr || values.empty())) return become_or_tell(launch);
  return run_and_wait(launch);
}

int run(const Arguments& given) {
  const auto words = given.all("CMD");
  const bool block = given.has("--shell");
  if (words.empty() && !block) return cli::fail(cli::kUsage, "no command was given", "jeton run --env GITHUB_TOKEN=github -- gh repo list");
  if (!words.empty() && block) return cli::fail(cli::kUsage, "--shell prints the variables: no command goes with it");
  auto asked = wanted(given);
  if (!asked) return asked.error();
  if (block && !asked->tokens.empty()) return cli::fail(cli::kUsage, "a child token ends with its command: it does not go with --shell");
  if (block) return print_block(given, *asked);
  return run_with(given, *std::move(asked));
}

constexpr cli::Operand kCommand[] = {{"CMD", "the command and its arguments, after --", cli::Count::Many}};
constexpr cli::Option kOptions[] = {
    {"--env", "NAME=REF",
     "a variable and what it gets: ITEM, ITEM/FIELD or jeton://vault/ITEM/FIELD of the vault, or a child token, "
     "token:api=A,scope=S,expires=15m",
     cli::Count::Many},
    {"--env-file", "FILE", "a .env file; values that are jeton://vault/… come from the vault; - is standard input", cli::Count::Many},
    {"--expand", "", "put the values of variables in for ${NAME} in .env files"},
    {"--no-masking", "", "leave the values in the command's output as they are"},
    {"--shell", "bash|fish", "print the variables for a shell to read, and run nothing"},
    {"--passphrase-file", "FILE", "the vault's passphrase, where there is no terminal"},
};

constexpr cli::Command kCommands[] = {
    {"run", "Run a command with tokens of the vault as environment variables", "jeton run --env GITHUB_TOKEN=github -- gh repo list",
     kCommand, kOptions, run,
     "The exit status is the command's own: 128 and the signal's number where a signal ended it, 127 where it is not found, 126 where it cannot be "
     "run. The values are masked in its output."},
};

}  // namespace

std::span<const cli::Command> commands() { return kCommands; }

}  // namespace jeton::run

#include "program/vault/commands.h"

#include <unistd.h>

#include <chrono>
#include <memory>

#include "blocks/crypto/random.h"
#include "ground/secret_pass.h"
#include "program/cli/output.h"
#include "program/terminal/intake.h"
#include "program/terminal/prompt.h"
#include "program/vault/agent.h"
#include "program/vault/unlock.h"

namespace jeton::vault {
namespace {

using cli::Arguments;

Instant now() {
  using namespace std::chrono;
  return Instant::from_millis(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

Unlocking unlocking(const Arguments& given) {
  Unlocking how{standard_path(), std::nullopt, true};
  if (const auto file = given.get("--passphrase-file")) how.passphrase_file = std::string(*file);
  return how;
}

// The value: from standard input, or typed without echo where that is a terminal.
Result<Secret> value_to_put() {
  if (::isatty(STDIN_FILENO) != 0) return terminal::ask_secret("Value: ");
  TRY(auto all, terminal::read_secret(STDIN_FILENO, kLargestValue));
  return terminal::trimmed(std::move(all));
}

Status put(const Arguments& given) {
  TRY(const auto ref, Reference::parse(*given.get("ITEM")));
  auto how = unlocking(given);
  if (how.passphrase_file == "-") return refuse(Refusal::Invalid, "standard input holds the value: give the passphrase in a file");
  TRY(auto value, value_to_put());
  if (value.empty()) return refuse(Refusal::Invalid, "the value is empty: nothing was put");
  auto key = key_of(how);
  if (const auto there = read(how.vault); !there && there.error().is(Refusal::NotFound)) {
    auto made = found(how, given.has("--keyring") ? Keeper::Keyring : Keeper::Standard);
    if (made) key = [made = std::make_shared<Secret>(*std::move(made))](const Header&) -> Result<Secret> { return made->clone(); };
    // Where another made it in the meantime, that one is used.
    else if (!made.error().is(Refusal::Conflict)) return std::unexpected(made.error());
  }
  crypto::SystemEntropy entropy;
  const auto at = now();
  return change(how.vault, key, [&](Contents& c) { return c.put(ref, std::move(value), at); }, entropy);
}

Status get(const Arguments& given) {
  TRY(const auto ref, Reference::parse(*given.get("ITEM")));
  const auto how = unlocking(given);
  TRY(const auto contents, open(how.vault, key_of(how)));
  const auto* value = contents.find(ref);
  if (value == nullptr) return refuse(Refusal::NotFound, "the vault holds no such item or field");
  const bool to_terminal = ::isatty(STDOUT_FILENO) != 0;
  if (to_terminal && !given.has("--yes")) {
    TRY(const bool wanted, terminal::confirm("Show the secret on this terminal?"));
    if (!wanted) return refuse(Refusal::Denied, "not shown");
  }
  const auto octets = value->read(program::Pass::key());
  cli::print(as_text(octets));
  if (to_terminal || !given.has("--no-newline")) cli::print("\n");
  if (std::fflush(stdout) != 0) return fault(Fault::Io, "the value cannot be written");
  return {};
}

Status remove(const Arguments& given) {
  TRY(const auto ref, Reference::parse(*given.get("ITEM")));
  const auto how = unlocking(given);
  crypto::SystemEntropy entropy;
  const auto at = now();
  return change(
      how.vault, key_of(how),
      [&](Contents& c) -> Status {
        if (!c.remove(ref, at)) return refuse(Refusal::NotFound, "the vault holds no such item or field");
        return {};
      },
      entropy);
}

// Names alone: no value leaves.
json::Value listed(const Contents& contents) {
  json::Array items;
  for (const auto& item : contents.items()) {
    json::Array fields;
    for (const auto& field : item.fields) fields.emplace_back(field.name);
    items.emplace_back(json::Object{
        {"id", json::Value(item.name)}, {"fields", json::Value(std::move(fields))}, {"updated", json::Value(to_rfc3339(item.updated))}});
  }
  return json::Value(json::Object{{"items", json::Value(std::move(items))}, {"next", json::Value()}});
}

Status unlock(const Arguments& given) {
  auto how = unlocking(given);
  const auto life = parse_duration(given.get("--for").value_or("15m"));
  if (!life || *life <= Seconds(0)) return refuse(Refusal::Invalid, "--for takes a duration, such as 15m");
  TRY(const auto image, read(how.vault));
  how.use_agent = false;   // who unlocks proves the passphrase anew
  TRY(const auto key, key_of(how)(image.header));
  TRY(const auto contents, open_contents(image, key));
  TRY_VOID(start_agent(socket_path(how.vault, image.header.id), key, *life));
  cli::remark(given, "unlocked for " + to_text(*life) + "; jeton vault lock ends it before");
  return {};
}

Status lock(const Arguments& given) {
  const auto path = standard_path();
  TRY(const auto image, read(path));
  TRY(const bool ran, end_agent(socket_path(path, image.header.id)));
  cli::remark(given, ran ? "locked" : "it was locked already");
  return {};
}

template <Status (*Do)(const Arguments&)>
int row(const Arguments& given) {
  const auto done = Do(given);
  return done ? cli::kYes : told(done.error());
}

int list(const Arguments& given) {
  const auto how = unlocking(given);
  const auto contents = open(how.vault, key_of(how));
  if (!contents) return told(contents.error());
  static constexpr cli::Column kColumns[] = {{"ITEM", "id"}, {"FIELDS", "fields"}, {"UPDATED", "updated"}};
  return cli::show_list(given, listed(*contents), kColumns);
}

constexpr cli::Option kPassphrase = {"--passphrase-file", "FILE",
                                     "the vault's passphrase, where there is no terminal; - is standard input"};
constexpr cli::Option kPut[] = {kPassphrase, {"--keyring", "", "keep the key of a new vault in the system keyring"}};
constexpr cli::Option kGet[] = {kPassphrase,
                                {"--yes", "", "do not ask before showing it on a terminal"},
                                {"--no-newline", "", "write the value alone to a pipe or file"}};
constexpr cli::Option kUnlock[] = {kPassphrase, {"--for", "DURATION", "how long it stays unlocked; 15m where nothing is said"}};
constexpr cli::Option kOnlyPassphrase[] = {kPassphrase};
constexpr cli::Operand kItem[] = {{"ITEM", "ITEM, ITEM/FIELD or jeton://vault/ITEM/FIELD; the field is \"token\" where none is named"}};

constexpr std::string_view kAbout =
    "The vault is one encrypted file, $JETON_VAULT or jeton/vault in the XDG data folder. Its key comes from the system keyring or of a "
    "passphrase, typed, in --passphrase-file, or in JETON_VAULT_PASSPHRASE.";

constexpr cli::Command kCommands[] = {
    {"vault put", "Put a token or another secret into the vault, from standard input or a prompt", "jeton vault put github < token.txt",
     kItem, kPut, row<put>, kAbout},
    {"vault get", "Print a secret of the vault", "jeton vault get github", kItem, kGet, row<get>, kAbout},
    {"vault list", "List what the vault holds, by name", "jeton vault list", {}, kOnlyPassphrase, list, kAbout},
    {"vault rm", "Take an item or a field out of the vault", "jeton vault rm github", kItem, kOnlyPassphrase, row<remove>, kAbout},
    {"vault lock", "End the agent that holds the unlocked vault's key", "jeton vault lock", {}, {}, row<lock>, kAbout},
    {"vault unlock",
     "Hold the vault's key in an agent, so that nothing asks for the passphrase for a while",
     "jeton vault unlock --for 8h",
     {},
     kUnlock,
     row<unlock>,
     kAbout},
};

}  // namespace

std::span<const cli::Command> commands() { return kCommands; }

int told(const Failure& failure) {
  auto code = cli::kNo;
  if (!failure.is_fault()) {
    switch (failure.refusal()) {
      case Refusal::NotFound: code = cli::kNotFound; break;
      case Refusal::Conflict: code = cli::kConflict; break;
      case Refusal::Malformed:
      case Refusal::Invalid: code = cli::kUsage; break;
      case Refusal::BadSignature: code = cli::kNotAuthenticated; break;
      case Refusal::Denied: code = cli::kNotAuthenticated; break;
      default: break;
    }
  }
  return cli::fail(code, failure.detail().empty() ? failure.name() : failure.detail());
}

}  // namespace jeton::vault

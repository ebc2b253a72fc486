#include "program/vault/unlock.h"

#include <cstdlib>
#include <cstring>

#include "blocks/crypto/random.h"
#include "ground/secret_pass.h"
#include "program/terminal/intake.h"
#include "program/terminal/prompt.h"
#include "program/vault/agent.h"
#include "program/vault/keyring.h"

namespace jeton::vault {
namespace {

constexpr std::size_t kLongestPassphrase = 4096;

// The passphrase of a file or the environment; nothing where neither was given.
Result<std::optional<Secret>> passphrase_at_hand(const Unlocking& how) {
  if (how.passphrase_file) {
    auto text = terminal::read_secret_file(*how.passphrase_file, kLongestPassphrase);
    if (!text) return refuse(Refusal::Invalid, "the file with the passphrase cannot be read, or holds more than a passphrase");
    return terminal::trimmed(*std::move(text));
  }
  if (const char* set = std::getenv(kPassphraseVariable)) return Secret::copy_of(as_bytes(set));
  return std::nullopt;
}

Result<Secret> by_passphrase(const Header& header, const Secret& passphrase) {
  TRY(const auto outer, outer_key(header, passphrase));
  return open_key(header, outer);
}

Result<Secret> by_prompt(const Header& header) {
  auto typed = terminal::ask_secret("Passphrase of the vault: ");
  if (!typed && typed.error().is(Refusal::Unsupported))
    return refuse(Refusal::Denied, "the vault is locked: run jeton vault unlock, or give the passphrase with --passphrase-file");
  TRY(const auto passphrase, std::move(typed));
  return by_passphrase(header, passphrase);
}

Result<Secret> find_key(const Unlocking& how, const Header& header) {
  if (how.use_agent) {
    auto held = ask_agent(socket_path(how.vault, header.id));
    if (held || held.error().is(Refusal::Denied)) return held;
  }
  if (header.source == Source::Keyring) {
    TRY(const auto outer, keyring_key(header.id));
    return open_key(header, outer);
  }
  TRY(const auto at_hand, passphrase_at_hand(how));
  return at_hand ? by_passphrase(header, *at_hand) : by_prompt(header);
}

Result<Secret> new_passphrase(const Unlocking& how) {
  TRY(auto at_hand, passphrase_at_hand(how));
  if (!at_hand) {
    auto typed = terminal::ask_secret("New passphrase for the vault: ");
    if (!typed && typed.error().is(Refusal::Unsupported))
      return refuse(Refusal::Denied, "a new vault needs a passphrase: give it with --passphrase-file");
    TRY(const auto again, terminal::ask_secret("The same again: "));
    if (typed && !typed->equal(again)) return refuse(Refusal::Invalid, "the two passphrases differ");
    TRY(at_hand, std::move(typed));
  }
  if (at_hand->size() < 8) return refuse(Refusal::Invalid, "a passphrase has at least 8 characters");
  return *std::move(at_hand);
}

// A fresh key in the keyring.
Result<Secret> keep_new_key(const VaultId& id) {
  crypto::SystemEntropy entropy;
  Secret key(32);
  TRY_VOID(entropy.fill(key.write(program::Pass::key())));
  TRY_VOID(keep_in_keyring(id, key));
  return key;
}

}  // namespace

KeyOf key_of(Unlocking how) {
  return [how = std::move(how)](const Header& header) { return find_key(how, header); };
}

Result<Secret> found(const Unlocking& how, Keeper keeper) {
  crypto::SystemEntropy entropy;
  const bool at_hand = how.passphrase_file || std::getenv(kPassphraseVariable) != nullptr;
  if (keeper == Keeper::Keyring || (keeper == Keeper::Standard && !at_hand)) {
    TRY(auto header, new_header(Source::Keyring, {}, entropy));
    auto made = create(how.vault, header, [](const Header& h) { return keep_new_key(h.id); }, entropy);
    if (made || keeper == Keeper::Keyring || !made.error().is(Refusal::Unsupported)) return made;
  }
  TRY(const auto passphrase, new_passphrase(how));
  TRY(auto header, new_header(Source::Passphrase, {}, entropy));
  return create(how.vault, header, [&](const Header& h) { return outer_key(h, passphrase); }, entropy);
}

}  // namespace jeton::vault

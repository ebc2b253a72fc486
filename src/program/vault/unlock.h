// Where the commands get a vault's key: the agent, a passphrase at hand, the system's keyring, or a prompt, in this order.
#pragma once

#include <optional>

#include "program/vault/store.h"

namespace jeton::vault {

// The variable a passphrase may come in where there is nobody to type one. No child of `jeton run` ever gets it.
inline constexpr const char* kPassphraseVariable = "JETON_VAULT_PASSPHRASE";

struct Unlocking {
  std::string vault;                           // its file
  std::optional<std::string> passphrase_file;  // "-": standard input
  bool use_agent = true;
};

// NotFound becomes "locked" where no way is left; BadSignature: the passphrase is wrong.
KeyOf key_of(Unlocking how);

// Where a new vault keeps its outer key.
enum class Keeper : std::uint8_t { Standard, Passphrase, Keyring };
// Makes an empty vault: with the keyring's key where one is to be reached and no passphrase is at hand, or as asked. Answers its
// data key, so that nobody is asked for the passphrase once more.
Result<Secret> found(const Unlocking& how, Keeper keeper);

}  // namespace jeton::vault

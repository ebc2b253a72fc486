// The system's keyring as the keeper of the vault's outer key: libsecret, loaded when it is asked for.
#pragma once

#include "program/vault/file.h"

namespace jeton::vault {

// NotFound where the keyring holds no key of that vault. Unsupported where there is no libsecret or no keyring to reach.
Result<Secret> keyring_key(const VaultId& id);
Status keep_in_keyring(const VaultId& id, const Secret& key);

}  // namespace jeton::vault

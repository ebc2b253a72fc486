// A master key made of a passphrase, by Argon2id (RFC 9106).
#pragma once

#include "authority/keys/master_source.h"

namespace jeton::keys {

// Salt and cost stand in the ledger under "master_key.passphrase"; with Make they are chosen where there are none. Uses 64 MiB while
// it runs.
Result<MasterKeyPtr> open_passphrase(const Secret& passphrase, IfMissing if_missing, SourceNotes& notes, Entropy& entropy);

}  // namespace jeton::keys

// Seals what is secret at rest (docs/formats/at-rest.md).
#pragma once

#include <string>

#include "authority/keys/master_key.h"
#include "blocks/crypto/aead.h"

namespace jeton::keys {

// Where a sealed value stands: a value moved to another place does not open.
struct Place {
  std::string_view table, column, row;
};

// AES-256-GCM under a key derived of the master key for this purpose alone. Any thread.
class Sealer {
 public:
  static Result<Sealer> make(const MasterKey& master, std::string installation);
  Result<Bytes> seal(const Place& place, ByteView plain, Entropy& entropy) const;
  // BadSignature: damaged, moved, or sealed under another master key.
  Result<Secret> open(const Place& place, ByteView sealed) const;

 private:
  Sealer(Secret key, std::string installation) : key_(std::move(key)), installation_(std::move(installation)) {}
  std::string associated(const Place& place) const;
  Secret key_;
  std::string installation_;
};

}  // namespace jeton::keys

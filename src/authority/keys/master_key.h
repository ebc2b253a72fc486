// The key that everything secret at rest hangs on. It lives outside the database, never in it.
#pragma once

#include <memory>
#include <string>

#include "ground/entropy.h"
#include "ground/result.h"
#include "ground/secret.h"

namespace jeton::keys {

// Wraps data keys, and does nothing else. Any thread.
class MasterKey {
 public:
  virtual ~MasterKey() = default;
  // `associated` says what is wrapped: it unwraps only with the same.
  virtual Result<Bytes> wrap(std::string_view associated, const Secret& key, Entropy& entropy) const = 0;
  // BadSignature: wrapped by another key, for another purpose, or damaged.
  virtual Result<Secret> unwrap(std::string_view associated, ByteView wrapped) const = 0;
  // Tells this key from others without telling anything of it: stands beside what it wraps.
  virtual Result<std::string> fingerprint() const = 0;

  // Of 32 octets, held in memory.
  static std::shared_ptr<const MasterKey> of(Secret octets);
  // For stores in memory: gone with the process.
  static Result<std::shared_ptr<const MasterKey>> ephemeral(Entropy& entropy);
};

using MasterKeyPtr = std::shared_ptr<const MasterKey>;

}  // namespace jeton::keys

// ES256 faster than its primitive: a public key's own multiples, computed once.
#pragma once

#include <memory>

#include "blocks/crypto/openssl.h"
#include "ground/bytes.h"

namespace jeton::crypto {

// The multiples of one P-256 public key, as OpenSSL holds those of the base point: both products of a verification are then sums of
// table entries, and it costs half (docs/decisions/0011). 150 KiB and about 20 ms a key, so for keys that verify many signatures; at
// most kMost are alive. Immutable; any thread. Nothing here is secret, so nothing is constant in time.
class P256Tables {
 public:
  static constexpr int kMost = 64;
  // Null where there are as many already, or OpenSSL will not make them: the plain way then gives the same answers.
  static std::unique_ptr<const P256Tables> of(ByteView x, ByteView y);
  ~P256Tables();
  P256Tables(const P256Tables&) = delete;
  P256Tables& operator=(const P256Tables&) = delete;

  // FIPS 186-5 §6.4.2 from step 2 on: `digest` has 32 octets, `signature` is R || S, both known to be in range.
  bool verify(ByteView digest, ByteView signature) const;

 private:
  struct Groups;
  explicit P256Tables(std::unique_ptr<Groups> groups);
  std::unique_ptr<Groups> groups_;
};

}  // namespace jeton::crypto

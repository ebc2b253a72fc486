// The key that assertions for us are encrypted to: an RSA key of its own, sealed in the ledger.
#pragma once

#include <mutex>
#include <vector>

#include "authority/keys/sealer.h"
#include "authority/ledger/ledger.h"
#include "blocks/crypto/sign.h"
#include "blocks/crypto/envelope/oaep.h"

namespace jeton::federation {

// Any thread. Made when it is first asked for, which takes a second or so.
class DecryptionKey {
 public:
  DecryptionKey(ledger::Ledger& ledger, const keys::Sealer& sealer, Entropy& entropy) : ledger_(ledger), sealer_(sealer), entropy_(entropy) {}

  Result<crypto::PublicParts> published(Instant now);
  Result<std::vector<crypto::UnwrapKey>> keys(Instant now);

 private:
  struct Pair {
    crypto::PublicParts pub;
    crypto::UnwrapKey unwrap;
  };
  Result<std::optional<Pair>> stored();
  Status make(Instant now);
  Result<Pair> pair(Instant now);

  ledger::Ledger& ledger_;
  const keys::Sealer& sealer_;
  Entropy& entropy_;
  std::mutex mutex_;
  std::optional<Pair> pair_;   // once it was read
};

}  // namespace jeton::federation

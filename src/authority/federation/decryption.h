// The keys that assertions for us are encrypted to: RSA keys of their own, sealed in the ledger.
#pragma once

#include <mutex>
#include <vector>

#include "authority/audit/event.h"
#include "authority/keys/sealer.h"
#include "authority/ledger/ledger.h"
#include "blocks/crypto/envelope/oaep.h"
#include "blocks/crypto/sign.h"

namespace jeton::federation {

// Our metadata is good for seven days: so long a retired key stays in it, and twice as long it opens what is encrypted to it.
inline constexpr Seconds kDecryptionPublished{7 * 86'400}, kDecryptionOpens{14 * 86'400};

enum class DecryptionState : std::uint8_t { Active, Retired, Destroyed };
std::string_view name(DecryptionState state);

struct DecryptionInfo {
  std::uint32_t number = 0;
  DecryptionState state = DecryptionState::Active;
  unsigned bits = 0;
  Instant created;
  std::optional<Instant> retired, destroyed;
  ledger::Version version = 0;   // of its row
};

// Any thread. The first is made when it is first asked for, which takes a second or so.
class DecryptionKeys {
 public:
  DecryptionKeys(ledger::Ledger& ledger, const keys::Sealer& sealer, Entropy& entropy)
      : ledger_(ledger), sealer_(sealer), entropy_(entropy) {}

  // Those that others may encrypt to: the active one first.
  Result<std::vector<crypto::PublicParts>> published(Instant now);
  // Those that open what came: the active one first.
  Result<std::vector<crypto::UnwrapKey>> keys(Instant now);

  // A new one is published in front of the one before it, which goes on to open what is encrypted to it.
  Result<DecryptionInfo> rotate(const audit::Doing& doing);
  // Destroys what was retired long enough ago.
  Status tend(const audit::Doing& doing);
  Result<std::vector<DecryptionInfo>> list();   // all there were, oldest first; none before the first was asked for

 private:
  struct Pair {
    DecryptionInfo info;
    crypto::PublicParts pub;
    crypto::UnwrapKey unwrap;
  };
  Result<std::vector<Pair>> stored();
  Result<ledger::Ticket> fresh(std::uint32_t number, Instant now);
  Result<std::vector<Pair>> pairs(Instant now);

  ledger::Ledger& ledger_;
  const keys::Sealer& sealer_;
  Entropy& entropy_;
  std::mutex mutex_;
  std::optional<std::vector<Pair>> pairs_;   // once they were read; newest first
};

}  // namespace jeton::federation

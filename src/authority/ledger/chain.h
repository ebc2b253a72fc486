// What holds audit events in their order. The ledger asks it as it commits them; authority/audit has the one there is.
#pragma once

#include "authority/ledger/records.h"

namespace jeton::ledger {

// The last event that is held, and what holds it.
struct ChainHead {
  std::uint64_t number = 0;
  crypto::Sha256Digest link{};
};

// Called by the ledger's one writer at a time.
class AuditChain {
 public:
  virtual ~AuditChain() = default;
  // Of the event's content, wherever it stands.
  virtual crypto::Sha256Digest seal(const AuditEvent& event) const = 0;
  // Of an event with that seal that follows what `before` holds.
  virtual crypto::Sha256Digest link(const crypto::Sha256Digest& before, const crypto::Sha256Digest& seal) const = 0;
  // Whether events that nothing holds yet are taken on: only while there is no chain.
  virtual bool adopts() const = 0;
  // Told after events became durable, before their callers hear of it.
  virtual void committed(const ChainHead& head, Instant at) noexcept = 0;
};

}  // namespace jeton::ledger

// The audit's chain: a MAC over every event, and one over all that came before it (docs/formats/audit.md).
#pragma once

#include <atomic>
#include <mutex>

#include "authority/audit/checkpoint.h"
#include "authority/ledger/chain.h"

namespace jeton::audit {

// What seals and links events. Any thread.
class Links {
 public:
  explicit Links(const ChainKeys& keys) : mac_(keys.mac) {}
  crypto::Sha256Digest seal(const ledger::AuditEvent& event) const;
  crypto::Sha256Digest link(const crypto::Sha256Digest& before, const crypto::Sha256Digest& seal) const;

 private:
  crypto::HmacSha256 mac_;
};

// How the ledger was found against the last checkpoint.
enum class Found : std::uint8_t {
  New,      // there was no checkpoint: the chain begins here
  Sound,
  Broken,   // the ledger is not the one that wrote the checkpoint, or is older
};

// Holds the events of a running ledger, and keeps the checkpoint beside it. `committed` is the ledger's; the rest: any thread.
class Chain final : public ledger::AuditChain {
 public:
  // Reads the checkpoint at `path`; an empty path keeps none.
  Chain(ChainKeys keys, std::string path);
  ~Chain() override;

  // Has the ledger link its events. A checkpoint that does not fit is set aside beside the new one, so that `verify` still sees it.
  Result<Found> begin(ledger::Ledger& ledger);
  // The last checkpoint as it is written, and whether it could be.
  std::string latest() const;
  bool written() const { return written_; }
  // Of the last event.
  std::uint64_t number() const { return number_; }
  // What the checkpoint that was found names, for the event that tells of it.
  std::uint64_t found_number() const { return found_ ? found_->number : 0; }

  crypto::Sha256Digest seal(const ledger::AuditEvent& event) const override { return links_.seal(event); }
  crypto::Sha256Digest link(const crypto::Sha256Digest& before, const crypto::Sha256Digest& seal) const override {
    return links_.link(before, seal);
  }
  bool adopts() const override { return !found_ && !damaged_ && keys_.sign; }
  void committed(const ledger::ChainHead& head, Instant at) noexcept override;

 private:
  bool put(const std::string& line);

  const ChainKeys keys_;
  const Links links_;
  const std::string path_;
  std::optional<Checkpoint> found_;
  bool damaged_ = false;   // there is a file, and nothing in it is ours
  int file_ = -1;          // the writer's
  bool second_ = false;
  std::atomic<bool> written_{true};
  std::atomic<std::uint64_t> number_{0};
  mutable std::mutex mutex_;
  std::string latest_;
};

}  // namespace jeton::audit

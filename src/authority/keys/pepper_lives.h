// The life of a pepper: next, active, retired, destroyed. The file has their octets; the ledger says which is what.
#pragma once

#include <functional>
#include <set>

#include "authority/audit/event.h"
#include "authority/keys/peppers.h"
#include "authority/ledger/ledger.h"

namespace jeton::keys {

enum class PepperState : std::uint8_t { Next, Active, Retired, Destroyed };
std::string_view name(PepperState state);

struct PepperInfo {
  std::uint32_t number = 0;
  PepperState state = PepperState::Next;
  Instant created;
  std::optional<Instant> activated, retired, destroyed;
};

// Pages, codes and nonces that were made under a pepper outlive it by less than this; so does what is hashed just before a rotation.
inline constexpr Seconds kPepperGrace{86'400};

// Kept as settings of the ledger, "pepper.N". Each change is one commit with its audit event, before or after which the file is
// written so that a crash in between is brought to its end by the next start: a pepper is in the file before the ledger calls it next, and
// leaves the file after the ledger called it destroyed. Any thread.
class PepperLives {
 public:
  using OnPeppers = std::function<void(std::shared_ptr<const PepperSet>)>;
  PepperLives(ledger::Ledger& ledger, Peppers& peppers, Entropy& entropy) : ledger_(ledger), peppers_(peppers), entropy_(entropy) {}

  // Goes on from where the last run was cut off. Config where the ledger needs a pepper that the file does not have.
  Status begin(Instant now);
  // Told of every change of those in use, and at once of those in use now.
  void follow(OnPeppers follower);

  Result<std::vector<PepperInfo>> list() const;   // all there were, oldest first
  // The next one is active from now on. The one before it finds what was hashed under it.
  Result<std::uint32_t> rotate(const audit::Doing& doing);
  // Those that may go because they were retired long enough ago.
  Result<std::vector<std::uint32_t>> idle(Instant now) const;
  // Destroys such as are not named in `used`.
  Status destroy_unused(const std::set<std::uint32_t>& used, const audit::Doing& doing);

 private:
  Status adopt(Instant now);
  Status destroy(PepperInfo gone, const audit::Doing& doing);
  void tell() const;

  ledger::Ledger& ledger_;
  Peppers& peppers_;
  Entropy& entropy_;
  mutable std::mutex mutex_;
  OnPeppers follower_;
};

// Those that a ledger's rows may be hashed under and that are not in the file: for tools beside a server.
Result<std::vector<std::uint32_t>> missing_peppers(ledger::Ledger& ledger, const Peppers& peppers);

}  // namespace jeton::keys

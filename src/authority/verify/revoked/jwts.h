// Signed tokens that were taken back by their id, for as long as they could be shown.
#pragma once

#include <memory>
#include <vector>

#include "ground/id.h"
#include "ground/instant.h"

namespace jeton::verify {

// For so long a revocation is kept when its token has expired: a clock that was ahead is set back by less, and nothing lives again then.
inline constexpr Seconds kRevokedKept{86400};

// Immutable snapshot, swapped whole. Any thread. Its runs are each at least twice as long as the next, and are shared by the snapshots
// that follow: one more costs the logarithm of how many there are, on average.
class RevokedJwts {
 public:
  struct Entry {
    Ulid jti;
    Instant expires;
    bool operator<(const Entry& other) const { return jti < other.jti; }
  };

  bool has(const Ulid& jti) const;
  // The same and one more, unless it is there. Leaves out what is past its keeping as it comes by it.
  std::unique_ptr<const RevokedJwts> with(Entry entry, Instant now) const;
  std::size_t size() const;
  std::size_t runs() const { return runs_.size(); }
  // Whether the longest run is the very one of `other`.
  bool shares_with(const RevokedJwts& other) const { return !runs_.empty() && !other.runs_.empty() && runs_[0] == other.runs_[0]; }

 private:
  using Run = std::vector<Entry>;  // sorted
  std::vector<std::shared_ptr<const Run>> runs_;
};

}  // namespace jeton::verify

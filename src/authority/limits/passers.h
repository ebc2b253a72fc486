// Rates of those whom nobody named: addresses, and tokens under the installation's own limit. A table of fixed size.
#pragma once

#include "authority/verify/slots.h"
#include "blocks/crypto/short_hash.h"

namespace jeton::limits {

// Sets of four places, found by a keyed hash, so that nobody chooses whom to push out. Who is pushed out is whoever has earned the most
// back; it loses nothing where that is all of it. 262,144 places of 16 octets; memory that nothing touched is not there. Any thread.
class Passers {
 public:
  // The place of `name`, to be charged at once.
  std::atomic<std::uint64_t>& place(ByteView name, std::uint64_t now);

 private:
  static constexpr std::size_t kSets = 1 << 16;
  struct Place {
    std::atomic<std::uint64_t> name, word;
  };
  struct alignas(64) Set {
    Place places[4];
  };
  const crypto::ShortHash hash_;
  const verify::Untouched<Set> sets_{kSets};
};

}  // namespace jeton::limits

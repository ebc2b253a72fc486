// What was shown before, remembered for as long as it would be good: proofs that count once, on paths that write nothing.
#pragma once

#include <array>
#include <cstring>
#include <mutex>
#include <unordered_set>

#include "blocks/crypto/hash.h"
#include "ground/instant.h"

namespace jeton::verify {

// Two generations: what is older than both is past its time. Bounded: where it is full, nothing is new. What was made before `begin` may
// have been shown to whoever remembered before this one: it is not new either. Any thread but for `begin`.
class Once {
 public:
  // `window`: how long after its first sight a thing could still be good.
  explicit Once(Seconds window, std::size_t most = 1 << 20) : window_(window), most_(most) {}
  void begin(Instant since) { since_ = since; }
  // True once for each id. `made`: when the thing was made, as it says.
  bool first(const crypto::Sha256Digest& id, Instant made, Instant now);

 private:
  struct Hash {
    std::size_t operator()(const crypto::Sha256Digest& d) const noexcept {
      std::size_t h;
      std::memcpy(&h, d.data(), sizeof h);
      return h;
    }
  };
  using Set = std::unordered_set<crypto::Sha256Digest, Hash>;
  const Seconds window_;
  const std::size_t most_;
  std::mutex mutex_;
  std::array<Set, 2> generations_;
  Instant turned_, since_;
};

}  // namespace jeton::verify

#include "authority/verify/once.h"

#include <utility>

namespace jeton::verify {

bool Once::first(const crypto::Sha256Digest& id, Instant made, Instant now) {
  if (made < since_) return false;
  const std::lock_guard lock(mutex_);
  if (now - turned_ >= window_) {
    // After a pause of two windows neither generation can hold what is still good.
    if (now - turned_ >= 2 * window_) generations_[0].clear();
    generations_[1] = std::exchange(generations_[0], {});
    turned_ = now;
  }
  if (generations_[1].contains(id) || generations_[0].size() >= most_) return false;
  return generations_[0].insert(id).second;
}

}  // namespace jeton::verify

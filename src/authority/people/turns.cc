#include "authority/people/turns.h"

namespace jeton::people {

std::optional<Turns::Turn> Turns::take() {
  std::unique_lock lock(mutex_);
  if (running_ >= bound_.at_once) {
    if (waiting_ >= bound_.waiting) return std::nullopt;
    ++waiting_;
    free_.wait(lock, [this] { return running_ < bound_.at_once; });
    --waiting_;
  }
  ++running_;
  return std::optional<Turn>(std::in_place, *this);
}

void Turns::over() {
  {
    const std::lock_guard lock(mutex_);
    --running_;
  }
  free_.notify_one();
}

}  // namespace jeton::people

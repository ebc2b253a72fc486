// A bound on work that is slow on purpose: so many at once, so many more that wait for their turn, and no more.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>

namespace jeton::people {

// Any thread.
class Turns {
 public:
  struct Bound {
    std::size_t at_once, waiting;
  };
  explicit Turns(Bound bound) : bound_(bound) {}

  // Somebody's turn, over when it dies.
  class Turn {
   public:
    explicit Turn(Turns& turns) : turns_(&turns) {}
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_ != nullptr) turns_->over();
    }

   private:
    Turns* turns_;
  };
  // Waits for a turn; nothing, at once, where too many wait already.
  std::optional<Turn> take();

 private:
  void over();
  const Bound bound_;
  std::mutex mutex_;
  std::condition_variable free_;
  std::size_t running_ = 0, waiting_ = 0;
};

}  // namespace jeton::people

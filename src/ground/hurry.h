// What a thread may do that must not wait: what would have to wait is refused, and what must first come true is promised.
#pragma once

#include <functional>
#include <optional>

#include "ground/result.h"

namespace jeton {

// While one lives, the thread that made it must not wait. Whoever would (for the disk, a device, another server, a lock held over such)
// asks `may_wait` first; whoever only has to write something down may `promise` that in place of waiting for it. What was made in a
// hurry is told to nobody before it is known to hold: where it is late, or its promise was not kept, it is thrown away and made again
// by a thread that may wait. One thread, on its stack; they do not nest.
class Hurry {
 public:
  using Kept = std::function<void(bool)>;
  // Begins what was promised and returns at once. Tells, once and on any thread, whether it came true; where it did not, nothing was changed.
  using Promise = std::move_only_function<void(Kept)>;

  Hurry();
  ~Hurry();
  Hurry(const Hurry&) = delete;
  Hurry& operator=(const Hurry&) = delete;

  // Something had to wait: what was made is void.
  bool is_late() const { return late_; }
  // What must come true before what was made may be told; empty: nothing must.
  Promise take_promise() { return std::move(promise_); }

  // Whether this thread is in one. Nothing else is asked where it is not.
  static bool is_on();
  // StoreUnavailable in a hurry, which is late then.
  static Status may_wait();
  // Puts the promise in the place of waiting. False where one was given before (nobody knows yet whether that comes true): late then.
  // Only in a hurry.
  static bool promise(Promise promise);

 private:
  bool late_ = false, promised_ = false;
  Promise promise_;
};

}  // namespace jeton

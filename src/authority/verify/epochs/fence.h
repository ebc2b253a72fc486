// A fence whose price one side pays: free for those who come often, dear for the one who comes seldom.
#pragma once

#include <atomic>

namespace jeton::verify {

// Where two threads each write one thing and then read the other's, one of them must see the other. The frequent side calls
// light_fence() between its write and its read, the seldom side heavy_fence(): the kernel then has every running thread of this
// process pass a full fence (membarrier(2)). Where the kernel cannot, light_fence() is a full fence itself. Any thread.
void heavy_fence();

// Known before main() begins; until then, and where it cannot be: false, which is always right.
extern const bool kernel_fences;

void full_fence();

inline void light_fence() {
  if (kernel_fences) [[likely]]
    std::atomic_signal_fence(std::memory_order_seq_cst);
  else full_fence();
}

}  // namespace jeton::verify

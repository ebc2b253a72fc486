// Readers that never wait, writers that wait for readers before they free: epoch-based reclamation.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "authority/verify/epochs/fence.h"

namespace jeton::verify {

// A small number for the calling thread, unique among those alive, reused after it ends. Starts at 0.
unsigned first_thread_number();
inline constinit thread_local unsigned numbered = 0;   // one more than it; 0: none is taken yet
inline unsigned thread_number() { return numbered != 0 ? numbered - 1 : first_thread_number(); }

// What a reader sees inside an `enter`/`leave` pair is not freed before it leaves. enter and leave: any thread, no
// lock, may nest. retire and reclaim: one thread at a time (the writer's lock).
class Epochs {
 public:
  Epochs();
  ~Epochs();
  Epochs(const Epochs&) = delete;
  Epochs& operator=(const Epochs&) = delete;

  void enter() const {
    const unsigned n = thread_number();
    if (n >= kSlots) [[unlikely]]
      return enter_crowd();
    Slot& slot = slots_[n];
    if (slot.depth++ != 0) return;
    slot.epoch.store(now_.load(std::memory_order_acquire), std::memory_order_release);
    // The writer that does not see this epoch has unpublished before our next load.
    light_fence();
  }
  void leave() const {
    const unsigned n = thread_number();
    if (n >= kSlots) [[unlikely]]
      return leave_crowd();
    Slot& slot = slots_[n];
    if (--slot.depth == 0) slot.epoch.store(0, std::memory_order_release);
  }

  // Calls `free(context, argument)` once no reader that could still see the thing is inside. The thing was made
  // unreachable before this call.
  using Free = void (*)(void* context, std::uint64_t argument);
  void retire(Free free, void* context, std::uint64_t argument = 0);
  template <class T>
  void retire(const T* thing) {
    retire([](void* p, std::uint64_t) { delete static_cast<const T*>(p); }, const_cast<T*>(thing));
  }
  // Frees what can be freed now.
  void reclaim();
  // Frees everything: for owners that end, when no reader is left.
  void drain();

 private:
  // More threads than this share the last slot, which then counts instead of naming an epoch.
  static constexpr unsigned kSlots = 256;
  struct alignas(64) Slot {
    std::atomic<std::uint64_t> epoch{0};  // 0: outside
    unsigned depth = 0;                   // the owner's alone
  };
  struct Retired {
    std::uint64_t epoch;
    Free free;
    void* context;
    std::uint64_t argument;
  };
  void enter_crowd() const;
  void leave_crowd() const;
  std::uint64_t oldest_reader() const;

  std::unique_ptr<Slot[]> slots_;
  mutable std::atomic<std::uint64_t> crowd_{0};
  std::atomic<std::uint64_t> now_{1};
  std::vector<Retired> retired_;
};

// Inside for as long as it lives.
class ReadSection {
 public:
  explicit ReadSection(const Epochs& epochs) : epochs_(epochs) { epochs_.enter(); }
  ~ReadSection() { epochs_.leave(); }
  ReadSection(const ReadSection&) = delete;
  ReadSection& operator=(const ReadSection&) = delete;

 private:
  const Epochs& epochs_;
};

}  // namespace jeton::verify

// A hash table from 64-bit keys to 32-bit handles that readers walk without a lock.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>

#include "authority/verify/epochs/epochs.h"

namespace jeton::verify {

// Open addressing in buckets of one cache line each; a full one runs over into the next. A cell is one word: the upper half of the key,
// and the handle. Buckets lie in the order of those halves, so a table of any other size is filled from the cells alone, in one pass over
// both; it grows by a quarter, because what is found in the cache is most of what a look-up costs. Keys must be spread evenly (hashes,
// random ids). find: inside a read section, any thread. insert, replace, erase: one thread at a time.
class Slots {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  explicit Slots(Epochs& epochs);
  ~Slots();
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;

  // The handle under `key` for which same(handle) holds, or kNone.
  template <class Same>
  std::uint32_t find(std::uint64_t key, Same&& same) const {
    const Cells* table = table_.load(std::memory_order_acquire);
    const auto tag = static_cast<std::uint32_t>(key >> 32);
    for (std::uint32_t at = table->place(tag);; at = table->after(at)) {
      const auto* bucket = table->bucket(at);
      // All cells at once: where the right one stands is chance, and a branch on chance is foretold wrong.
      unsigned alike = 0, empty = 0;
      for (unsigned i = 0; i < kBucket; ++i) {
        const std::uint64_t cell = bucket[i].load(std::memory_order_acquire);
        alike |= unsigned{cell >> 32 == tag} << i;
        empty |= unsigned{cell == kEmpty};
      }
      for (; alike != 0; alike &= alike - 1) {
        const auto low = static_cast<std::uint32_t>(bucket[std::countr_zero(alike)].load(std::memory_order_acquire));
        if (low >= kFirst && same(low - kFirst)) return low - kFirst;
      }
      if (empty != 0) return kNone;
    }
  }

  void insert(std::uint64_t key, std::uint32_t handle);
  // The cell that held `from` holds `to`, in one step for readers.
  void replace(std::uint64_t key, std::uint32_t from, std::uint32_t to);
  void erase(std::uint64_t key, std::uint32_t handle);
  std::size_t size() const { return live_; }

 private:
  static constexpr std::uint64_t kEmpty = 0, kTombstone = 1;
  static constexpr std::uint32_t kFirst = 2;
  static constexpr unsigned kBucket = 8;
  using Cell = std::atomic<std::uint64_t>;
  struct Cells {
    explicit Cells(std::uint32_t count);
    ~Cells();
    std::uint32_t place(std::uint32_t tag) const { return static_cast<std::uint32_t>(std::uint64_t{tag} * count >> 32); }
    std::uint32_t after(std::uint32_t at) const { return at + 1 == count ? 0 : at + 1; }
    Cell* bucket(std::uint32_t at) const { return cells + std::size_t{at} * kBucket; }
    const std::uint32_t count;   // of buckets
    Cell* const cells;
  };
  static std::uint32_t buckets_for(std::size_t live);
  static Cell* cell_of(const Cells& table, std::uint64_t cell);
  void put(Cells& table, std::uint64_t cell);
  void make_room();

  Epochs& epochs_;
  std::atomic<const Cells*> table_;
  std::size_t live_ = 0, used_ = 0;  // used_ counts tombstones too
};

// Zeroed pages straight from the kernel; huge ones where it can, as far as `bytes` has whole ones. Never null. Freed by `free_pages`.
enum class Pages : std::uint8_t { Small, Huge };
void* zeroed_pages(std::size_t bytes, Pages wanted);
void free_pages(void* pages, std::size_t bytes);

// Things whose zero is their beginning, and that take no memory before they are touched.
template <class T>
class Untouched {
 public:
  explicit Untouched(std::size_t count) : bytes_(count * sizeof(T)), things_(static_cast<T*>(zeroed_pages(bytes_, Pages::Small))) {}
  ~Untouched() { free_pages(things_, bytes_); }
  Untouched(const Untouched&) = delete;
  Untouched& operator=(const Untouched&) = delete;
  T& operator[](std::size_t i) const { return things_[i]; }

 private:
  const std::size_t bytes_;
  T* const things_;
};

}  // namespace jeton::verify

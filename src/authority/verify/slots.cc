#include "authority/verify/slots.h"

#include <sys/mman.h>

#include <new>

namespace jeton::verify {
namespace {
constexpr unsigned kFirstBits = 10;
constexpr std::size_t kHugePage = 2u << 20;
// Cells from this many on are in huge pages: random access over many megabytes lives or dies by the TLB, and a small table
// must not round up to 2 MiB.
constexpr unsigned kHugeBits = 20;
}  // namespace

void* zeroed_pages(std::size_t bytes, Pages wanted) {
  const bool huge = wanted == Pages::Huge && bytes % kHugePage == 0;
  const std::size_t more = huge ? kHugePage : 0;
  void* pages = ::mmap(nullptr, bytes + more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  if (!huge) return pages;
  // Huge pages lie at multiples of their size: what stands over at both ends goes back.
  auto* const start = static_cast<char*>(pages);
  const std::size_t before = -reinterpret_cast<std::uintptr_t>(start) % kHugePage;
  if (before != 0) ::munmap(start, before);
  if (before != more) ::munmap(start + before + bytes, more - before);
  ::madvise(start + before, bytes, MADV_HUGEPAGE);
  return start + before;
}

void free_pages(void* pages, std::size_t bytes) { ::munmap(pages, bytes); }

Slots::Cells::Cells(unsigned b)
    : bits(b),
      shift(32 - b),
      mask((1u << b) - 1),
      cells(static_cast<std::atomic<std::uint64_t>*>(zeroed_pages(sizeof(std::atomic<std::uint64_t>) << b, b >= kHugeBits ? Pages::Huge : Pages::Small))) {}

Slots::Cells::~Cells() { free_pages(cells, sizeof(std::atomic<std::uint64_t>) << bits); }

Slots::Slots(Epochs& epochs) : epochs_(epochs), table_(new Cells(kFirstBits)) {}

Slots::~Slots() { delete table_.load(); }

void Slots::put(Cells& table, std::uint64_t cell) {
  std::uint32_t at = static_cast<std::uint32_t>(cell >> 32) >> table.shift;
  while (static_cast<std::uint32_t>(table.cells[at].load(std::memory_order_relaxed)) != kEmpty) at = (at + 1) & table.mask;
  table.cells[at].store(cell, std::memory_order_release);
}

// Keeps at most 13/16 of the cells in use; a table that is mostly tombstones is rebuilt at its size.
void Slots::make_room() {
  const Cells* old = table_.load();
  const std::size_t capacity = std::size_t{1} << old->bits;
  if (used_ + 1 <= capacity / 16 * 13) return;
  auto* wider = new Cells(live_ + 1 > capacity / 16 * 9 ? old->bits + 1 : old->bits);
  for (std::size_t i = 0; i < capacity; ++i) {
    const auto cell = old->cells[i].load(std::memory_order_relaxed);
    if (static_cast<std::uint32_t>(cell) >= kFirst) put(*wider, cell);
  }
  used_ = live_;
  table_.store(wider);
  epochs_.retire(old);
}

void Slots::insert(std::uint64_t key, std::uint32_t handle) {
  make_room();
  put(*const_cast<Cells*>(table_.load()), (key >> 32 << 32) | (handle + kFirst));
  ++live_;
  ++used_;
}

void Slots::replace(std::uint64_t key, std::uint32_t from, std::uint32_t to) {
  const Cells* table = table_.load();
  const auto tag = static_cast<std::uint32_t>(key >> 32);
  for (std::uint32_t at = tag >> table->shift;; at = (at + 1) & table->mask) {
    const auto cell = table->cells[at].load(std::memory_order_relaxed);
    if (static_cast<std::uint32_t>(cell) == kEmpty) return;
    if (cell != ((key >> 32 << 32) | (from + kFirst))) continue;
    table->cells[at].store((key >> 32 << 32) | (to + kFirst), std::memory_order_release);
    return;
  }
}

void Slots::erase(std::uint64_t key, std::uint32_t handle) {
  const Cells* table = table_.load();
  const auto tag = static_cast<std::uint32_t>(key >> 32);
  for (std::uint32_t at = tag >> table->shift;; at = (at + 1) & table->mask) {
    const auto cell = table->cells[at].load(std::memory_order_relaxed);
    if (static_cast<std::uint32_t>(cell) == kEmpty) return;
    if (cell != ((key >> 32 << 32) | (handle + kFirst))) continue;
    table->cells[at].store(kTombstone, std::memory_order_release);
    --live_;
    return;
  }
}

}  // namespace jeton::verify

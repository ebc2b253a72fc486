#include "authority/verify/slots.h"

#include <sys/mman.h>

#include <new>

namespace jeton::verify {
namespace {
constexpr std::size_t kHugePage = 2u << 20, kPage = 4096;
// Cells of so many octets are in huge pages: random access over many megabytes lives or dies by the TLB, and a small table must not
// round up to 2 MiB.
constexpr std::size_t kHuge = 8u << 20;
using Cell = std::atomic<std::uint64_t>;

// Whole pages of cells, of which `live` are nearly two thirds.
std::uint32_t cells_for(std::size_t live) {
  const std::size_t octets = (live + 1) * 25 / 16 * sizeof(Cell), page = octets < kHuge ? kPage : kHugePage;
  return static_cast<std::uint32_t>((octets + page - 1) / page * page / sizeof(Cell));
}
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

Slots::Cells::Cells(std::uint32_t n)
    : count(n), cells(static_cast<Cell*>(zeroed_pages(sizeof(Cell) * n, sizeof(Cell) * n >= kHuge ? Pages::Huge : Pages::Small))) {}

Slots::Cells::~Cells() { free_pages(cells, sizeof(Cell) * count); }

Slots::Slots(Epochs& epochs) : epochs_(epochs), table_(new Cells(cells_for(0))) {}

Slots::~Slots() { delete table_.load(); }

void Slots::put(Cells& table, std::uint64_t cell) {
  auto at = table.place(static_cast<std::uint32_t>(cell >> 32));
  while (static_cast<std::uint32_t>(table.cells[at].load(std::memory_order_relaxed)) != kEmpty) at = table.after(at);
  table.cells[at].store(cell, std::memory_order_release);
}

// Keeps at most 13/16 of the cells in use; a table that is mostly tombstones is rebuilt, and may come out smaller.
void Slots::make_room() {
  const Cells* old = table_.load();
  if (used_ + 1 <= std::size_t{old->count} / 16 * 13) return;
  auto* wider = new Cells(cells_for(live_));
  for (std::uint32_t i = 0; i < old->count; ++i) {
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
  for (std::uint32_t at = table->place(tag);; at = table->after(at)) {
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
  for (std::uint32_t at = table->place(tag);; at = table->after(at)) {
    const auto cell = table->cells[at].load(std::memory_order_relaxed);
    if (static_cast<std::uint32_t>(cell) == kEmpty) return;
    if (cell != ((key >> 32 << 32) | (handle + kFirst))) continue;
    table->cells[at].store(kTombstone, std::memory_order_release);
    --live_;
    return;
  }
}

}  // namespace jeton::verify

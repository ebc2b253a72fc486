#include "authority/verify/slots.h"

#include <sys/mman.h>

#include <new>

namespace jeton::verify {
namespace {
constexpr std::size_t kHugePage = 2u << 20, kPage = 4096;
// Cells of so many octets are in huge pages: random access over many megabytes lives or dies by the TLB, and a small table must not
// round up to 2 MiB.
constexpr std::size_t kHuge = 8u << 20;
}  // namespace

void* zeroed_pages(std::size_t bytes, Pages wanted) {
  const bool huge = wanted == Pages::Huge;
  const std::size_t more = huge ? kHugePage : 0;
  bytes = (bytes + kPage - 1) / kPage * kPage;
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

// Whole pages of buckets, of whose cells `live` are nearly two thirds.
std::uint32_t Slots::buckets_for(std::size_t live) {
  const std::size_t octets = (live + 1) * 25 / 16 * sizeof(Cell), page = octets < kHuge ? kPage : kHugePage;
  return static_cast<std::uint32_t>((octets + page - 1) / page * page / (sizeof(Cell) * kBucket));
}

Slots::Cells::Cells(std::uint32_t n)
    : count(n),
      cells(
          static_cast<Cell*>(zeroed_pages(sizeof(Cell) * kBucket * n, sizeof(Cell) * kBucket * n >= kHuge ? Pages::Huge : Pages::Small))) {}

Slots::Cells::~Cells() { free_pages(cells, sizeof(Cell) * kBucket * count); }

Slots::Slots(Epochs& epochs) : epochs_(epochs), table_(new Cells(buckets_for(0))) {}

Slots::~Slots() { delete table_.load(); }

// The first empty cell that `cell` may stand in.
void Slots::put(Cells& table, std::uint64_t cell) {
  for (auto at = table.place(static_cast<std::uint32_t>(cell >> 32));; at = table.after(at)) {
    Cell* const bucket = table.bucket(at);
    for (unsigned i = 0; i < kBucket; ++i)
      if (bucket[i].load(std::memory_order_relaxed) == kEmpty) return bucket[i].store(cell, std::memory_order_release);
  }
}

// Where exactly that cell stands, or null.
Slots::Cell* Slots::cell_of(const Cells& table, std::uint64_t cell) {
  for (auto at = table.place(static_cast<std::uint32_t>(cell >> 32));; at = table.after(at)) {
    Cell* const bucket = table.bucket(at);
    for (unsigned i = 0; i < kBucket; ++i) {
      const auto seen = bucket[i].load(std::memory_order_relaxed);
      if (seen == cell) return &bucket[i];
      if (seen == kEmpty) return nullptr;
    }
  }
}

// Keeps at most 13/16 of the cells in use; a table that is mostly tombstones is rebuilt, and may come out smaller.
void Slots::make_room() {
  const Cells* old = table_.load();
  const std::size_t cells = std::size_t{old->count} * kBucket;
  if (used_ + 1 <= cells / 16 * 13) return;
  auto* wider = new Cells(buckets_for(live_));
  for (std::size_t i = 0; i < cells; ++i) {
    const auto cell = old->cells[i].load(std::memory_order_relaxed);
    if (static_cast<std::uint32_t>(cell) >= kFirst) put(*wider, cell);
  }
  used_ = live_;
  table_.store(wider);
  epochs_.retire(old);
  epochs_.reclaim();   // it may be nearly as large as what took its place
}

void Slots::insert(std::uint64_t key, std::uint32_t handle) {
  make_room();
  put(*const_cast<Cells*>(table_.load()), (key >> 32 << 32) | (handle + kFirst));
  ++live_;
  ++used_;
}

void Slots::replace(std::uint64_t key, std::uint32_t from, std::uint32_t to) {
  if (Cell* cell = cell_of(*table_.load(), (key >> 32 << 32) | (from + kFirst)))
    cell->store((key >> 32 << 32) | (to + kFirst), std::memory_order_release);
}

void Slots::erase(std::uint64_t key, std::uint32_t handle) {
  Cell* const cell = cell_of(*table_.load(), (key >> 32 << 32) | (handle + kFirst));
  if (cell == nullptr) return;
  cell->store(kTombstone, std::memory_order_release);
  --live_;
}

}  // namespace jeton::verify

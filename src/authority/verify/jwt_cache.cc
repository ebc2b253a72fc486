#include "authority/verify/jwt_cache.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <vector>

namespace jeton::verify {
namespace {
constexpr std::size_t kDoor = 1 << 14;
constexpr unsigned kLanes = 64;
constexpr std::size_t kLine = 64;

constexpr std::size_t kSlot = 1024;   // of an entry with an ordinary token

std::uint32_t mark_of(std::uint64_t place) { return static_cast<std::uint32_t>(place) | 1; }

// Asks for all of it at once: of many tokens none is in the processor's cache, and the lines would be waited for one by one.
[[gnu::always_inline]] inline void fetch(const void* from, std::size_t size) {
  for (std::size_t at = 0; at < size; at += kLine) __builtin_prefetch(static_cast<const char*>(from) + at);
}
}  // namespace

// The token's text stands right behind.
struct JwtCache::Entry {
  std::uint32_t size;
  mutable std::atomic<bool> used{true};
  SignedToken said;

  char* text() { return reinterpret_cast<char*>(this + 1); }
  std::string_view token() const { return {reinterpret_cast<const char*>(this + 1), size}; }
};

// Where entries lie: ordinary ones in slots side by side, in huge pages where the kernel has them, because what is drawn at random from
// many megabytes is mostly waited for by the TLB; longer ones on the heap. Under the writer's lock.
class JwtCache::Shelf {
 public:
  explicit Shelf(std::size_t entries) : count_(entries), slots_(entries, Pages::Huge) {}

  const Entry* make(std::string_view token, SignedToken said) {
    const std::size_t size = sizeof(Entry) + token.size();
    void* room = size <= kSlot ? slot() : nullptr;
    if (room == nullptr) room = ::operator new(size, std::align_val_t{kLine});
    auto* entry = new (room) Entry{static_cast<std::uint32_t>(token.size()), true, std::move(said)};
    std::memcpy(entry->text(), token.data(), token.size());
    return entry;
  }
  void free(const Entry* entry) {
    entry->~Entry();
    auto* const at = reinterpret_cast<Slot*>(const_cast<Entry*>(entry));
    if (at >= &slots_[0] && at < &slots_[0] + count_)
      free_.push_back(at);
    else
      ::operator delete(static_cast<void*>(at), std::align_val_t{kLine});
  }

 private:
  struct alignas(kLine) Slot {
    std::byte octets[kSlot];
  };
  void* slot() {
    if (!free_.empty()) {
      void* const last = free_.back();
      free_.pop_back();
      return last;
    }
    return next_ < count_ ? &slots_[next_++] : nullptr;
  }

  const std::size_t count_;
  std::size_t next_ = 0;   // slots that were never used
  Untouched<Slot> slots_;
  std::vector<Slot*> free_;
};

// Counted by their own thread; the last one's are counted together.
struct alignas(kLine) JwtCache::Lane {
  std::atomic<std::uint64_t> hits{0}, misses{0};
};

JwtCache::JwtCache(Epochs& epochs, std::size_t capacity)
    : epochs_(epochs),
      set_count_(std::max<std::size_t>(capacity, 64) / kWays),
      sets_(set_count_, Pages::Huge),
      door_(kDoor),
      shelf_(std::make_unique<Shelf>(set_count_ * kWays)),
      lanes_(std::make_unique<Lane[]>(kLanes)) {}

JwtCache::~JwtCache() {
  epochs_.drain();   // what was retired lies on the shelf
  for (std::size_t i = 0; i < set_count_; ++i)
    for (const auto& place : sets_[i].entries)
      if (const Entry* entry = place.load()) shelf_->free(entry);
}

std::uint64_t JwtCache::place_of(std::string_view token) {
  if (token.size() < 16) return 0;
  std::uint64_t words[2];
  std::memcpy(words, token.data() + token.size() - 16, 16);
  const std::uint64_t mixed = (words[0] ^ std::rotl(words[1], 29)) * 0x9e3779b97f4a7c15u;
  return mixed ^ mixed >> 32;
}

void JwtCache::count(std::atomic<std::uint64_t> Lane::*what) const {
  const unsigned number = std::min(thread_number(), kLanes - 1);
  auto& counter = lanes_[number].*what;
  if (number == kLanes - 1)
    counter.fetch_add(1, std::memory_order_relaxed);
  else
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

CacheFigures JwtCache::figures() const {
  CacheFigures f;
  for (unsigned i = 0; i < kLanes; ++i) {
    f.hits += lanes_[i].hits.load(std::memory_order_relaxed);
    f.misses += lanes_[i].misses.load(std::memory_order_relaxed);
  }
  f.held = held_.load(std::memory_order_relaxed);
  return f;
}

const SignedToken* JwtCache::found(std::string_view token, std::uint64_t place) const {
  const Set& set = set_of(place);
  const auto mark = mark_of(place);
  unsigned alike = 0;
  for (unsigned i = 0; i < kWays; ++i) alike |= unsigned{set.marks[i].load(std::memory_order_acquire) == mark} << i;
  for (; alike != 0; alike &= alike - 1) {
    const Entry* e = set.entries[std::countr_zero(alike)].load(std::memory_order_acquire);
    if (e == nullptr) continue;
    fetch(e, sizeof(Entry) + token.size());
    if (e->token() != token) continue;
    if (!e->used.load(std::memory_order_relaxed)) e->used.store(true, std::memory_order_relaxed);
    return &e->said;
  }
  return nullptr;
}

const SignedToken* JwtCache::find(std::string_view token) const {
  fetch(token.data(), token.size());
  const auto place = place_of(token);
  const auto* said = found(token, place);
  count(said != nullptr ? &Lane::hits : &Lane::misses);
  return said;
}

bool JwtCache::admits(std::string_view token) {
  const auto place = place_of(token);
  const auto mark = static_cast<std::uint32_t>(place >> 32) | 1;
  return door_[place % kDoor].exchange(mark, std::memory_order_relaxed) == mark;
}

void JwtCache::retire(const Entry* entry) {
  const auto free = [](void* shelf, std::uint64_t address) { static_cast<Shelf*>(shelf)->free(reinterpret_cast<const Entry*>(address)); };
  epochs_.retire(free, shelf_.get(), reinterpret_cast<std::uintptr_t>(entry));
}

const SignedToken* JwtCache::insert(std::string_view token, SignedToken said, std::int64_t now_seconds) {
  const auto place = place_of(token);
  if (const auto* held = found(token, place)) return held;
  Set& set = set_of(place);
  // The way to give up: an empty one, an expired one, or the first that was not used since the last look.
  std::size_t way = kWays;
  for (std::size_t i = 0; i < kWays && way == kWays; ++i) {
    const Entry* e = set.entries[i].load();
    if (e == nullptr || e->said.expires <= now_seconds) way = i;
  }
  for (std::size_t i = 0; i < kWays && way == kWays; ++i)
    if (!set.entries[i].load()->used.exchange(false, std::memory_order_relaxed)) way = i;
  if (way == kWays) way = 0;
  const Entry* fresh = shelf_->make(token, std::move(said));
  const Entry* old = set.entries[way].exchange(fresh);
  set.marks[way].store(mark_of(place), std::memory_order_release);
  if (old != nullptr)
    retire(old);
  else
    held_.fetch_add(1, std::memory_order_relaxed);
  return &fresh->said;
}

void JwtCache::clear() {
  for (std::size_t i = 0; i < set_count_; ++i) {
    for (std::size_t way = 0; way < kWays; ++way) {
      sets_[i].marks[way].store(0, std::memory_order_relaxed);
      if (const Entry* old = sets_[i].entries[way].exchange(nullptr)) retire(old);
    }
  }
  held_.store(0, std::memory_order_relaxed);
}

}  // namespace jeton::verify

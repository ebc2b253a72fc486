#include "authority/verify/jwt_cache.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace jeton::verify {
namespace {
constexpr std::size_t kDoor = 1 << 14;
constexpr unsigned kLanes = 64;
constexpr std::size_t kLine = 64;

std::uint32_t mark_of(std::uint64_t place) { return static_cast<std::uint32_t>(place) | 1; }
}  // namespace

// The token's text stands right behind.
struct JwtCache::Entry {
  std::uint64_t place;
  std::size_t size;
  SignedToken said;
  mutable std::atomic<bool> used{true};

  static const Entry* make(std::uint64_t place, std::string_view token, SignedToken said) {
    void* room = ::operator new(sizeof(Entry) + token.size(), std::align_val_t{kLine});
    auto* entry = new (room) Entry{place, token.size(), std::move(said)};
    std::memcpy(static_cast<void*>(entry + 1), token.data(), token.size());
    return entry;
  }
  static void free(const Entry* entry) {
    entry->~Entry();
    ::operator delete(const_cast<Entry*>(entry), std::align_val_t{kLine});
  }
  std::string_view token() const { return {reinterpret_cast<const char*>(this + 1), size}; }
};

// Counted by their own thread; the last one's are counted together.
struct alignas(kLine) JwtCache::Lane {
  std::atomic<std::uint64_t> hits{0}, misses{0};
};

JwtCache::JwtCache(Epochs& epochs, std::size_t capacity)
    : epochs_(epochs),
      set_count_(std::max<std::size_t>(capacity, 64) / kWays),
      sets_(set_count_),
      door_(kDoor),
      lanes_(std::make_unique<Lane[]>(kLanes)) {}

JwtCache::~JwtCache() {
  for (std::size_t i = 0; i < set_count_; ++i)
    for (const auto& place : sets_[i].entries)
      if (const Entry* entry = place.load()) Entry::free(entry);
}

std::uint64_t JwtCache::place_of(std::string_view token) {
  if (token.size() < 16) return 0;
  std::uint64_t words[2];
  std::memcpy(words, token.data() + token.size() - 16, 16);
  const std::uint64_t mixed = (words[0] ^ std::rotl(words[1], 29)) * 0x9e3779b97f4a7c15u;
  return mixed ^ mixed >> 32;
}

void JwtCache::count(std::atomic<std::uint64_t> Lane::* what) const {
  const unsigned number = std::min(thread_number(), kLanes - 1);
  auto& counter = lanes_[number].*what;
  if (number == kLanes - 1) counter.fetch_add(1, std::memory_order_relaxed);
  else counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
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
    if (e->place != place || e->token() != token) continue;
    if (!e->used.load(std::memory_order_relaxed)) e->used.store(true, std::memory_order_relaxed);
    return &e->said;
  }
  return nullptr;
}

const SignedToken* JwtCache::find(std::string_view token) const {
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
  epochs_.retire([](void* e, std::uint64_t) { Entry::free(static_cast<const Entry*>(e)); }, const_cast<Entry*>(entry));
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
  const Entry* fresh = Entry::make(place, token, std::move(said));
  const Entry* old = set.entries[way].exchange(fresh);
  set.marks[way].store(mark_of(place), std::memory_order_release);
  if (old != nullptr) retire(old);
  else held_.fetch_add(1, std::memory_order_relaxed);
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

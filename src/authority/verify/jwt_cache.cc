#include "authority/verify/jwt_cache.h"

#include <bit>
#include <cstring>

namespace jeton::verify {
namespace {
constexpr std::size_t kDoor = 1 << 14;

// The way to give up: an empty one, an expired one, or the first that was not used since the last look.
template <class Entry>
std::size_t victim(std::atomic<const Entry*>* ways, std::size_t count, std::int64_t now) {
  for (std::size_t i = 0; i < count; ++i) {
    const Entry* e = ways[i].load();
    if (e == nullptr || e->said.expires <= now) return i;
  }
  for (std::size_t i = 0; i < count; ++i)
    if (!ways[i].load()->used.exchange(false, std::memory_order_relaxed)) return i;
  return 0;
}
}  // namespace

JwtCache::JwtCache(Epochs& epochs, std::size_t capacity)
    : epochs_(epochs),
      set_mask_(std::bit_ceil(std::max<std::size_t>(capacity, 64) / kWays) - 1),
      ways_((set_mask_ + 1) * kWays),
      door_(kDoor) {}

JwtCache::~JwtCache() {
  for (std::size_t i = 0; i < (set_mask_ + 1) * kWays; ++i) delete ways_[i].load();
}

std::uint64_t JwtCache::place_of(std::string_view token) {
  if (token.size() < 16) return 0;
  std::uint64_t words[2];
  std::memcpy(words, token.data() + token.size() - 16, 16);
  const std::uint64_t mixed = (words[0] ^ std::rotl(words[1], 29)) * 0x9e3779b97f4a7c15u;
  return mixed ^ mixed >> 32;
}

const SignedToken* JwtCache::find(std::string_view token) const {
  const auto place = place_of(token);
  const auto* set = &ways_[(place & set_mask_) * kWays];
  for (std::size_t i = 0; i < kWays; ++i) {
    const Entry* e = set[i].load(std::memory_order_acquire);
    if (e == nullptr || e->place != place || e->token != token) continue;
    if (!e->used.load(std::memory_order_relaxed)) e->used.store(true, std::memory_order_relaxed);
    return &e->said;
  }
  return nullptr;
}

bool JwtCache::admits(std::string_view token) {
  const auto place = place_of(token);
  const auto mark = static_cast<std::uint32_t>(place >> 32) | 1;
  return door_[place % kDoor].exchange(mark, std::memory_order_relaxed) == mark;
}

const SignedToken* JwtCache::insert(std::string_view token, SignedToken said, std::int64_t now_seconds) {
  const auto place = place_of(token);
  auto* set = &ways_[(place & set_mask_) * kWays];
  if (const auto* held = find(token)) return held;
  const auto* fresh = new Entry{place, std::string(token), std::move(said)};
  const Entry* old = set[victim(set, kWays, now_seconds)].exchange(fresh);
  if (old != nullptr) epochs_.retire(old);
  return &fresh->said;
}

void JwtCache::clear() {
  for (std::size_t i = 0; i < (set_mask_ + 1) * kWays; ++i)
    if (const Entry* old = ways_[i].exchange(nullptr)) epochs_.retire(old);
}

}  // namespace jeton::verify

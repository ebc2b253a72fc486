#include "authority/verify/uses.h"

#include <algorithm>
#include <array>
#include <thread>

#include "authority/verify/epochs/epochs.h"

namespace jeton::verify {
namespace {
constexpr unsigned kLanes = 64;
constexpr std::size_t kRecent = 256;         // uses kept in place, by token
constexpr std::size_t kMostUses = 1 << 16;   // uses pushed out by others, until they are taken
constexpr std::size_t kMostEvents = 256;
constexpr std::size_t kMostSeen = 4096, kMostSeenAllowed = 3072;
}  // namespace

// What one thread noted. The last lane is for all threads whose numbers are too high for one of their own.
struct alignas(64) Uses::Lane {
  std::atomic<bool> inside{false};   // a note is being written
  std::atomic<bool> wanted{false};   // somebody takes away: who comes now waits
  std::atomic_flag shared;           // of the last lane: one writer at a time
  std::unique_ptr<std::array<ledger::LastUse, kRecent>> recent;
  std::vector<ledger::LastUse> pushed_out;
  std::vector<Event> events;
  std::vector<Sighting> seen;
  std::uint64_t dropped = 0;

  bool room_for(Reason reason) const;
  void see(const Sighting& sighting);
  void use(const TokenId& token, Instant at, const net::Address& from);
};

// A writer's turn in its own lane. It says that it is inside, then looks whether somebody takes; who takes says so, then looks whether
// the writer is inside. One of them sees the other: the fence between is the taker's to pay.
class Uses::Turn {
 public:
  explicit Turn(const Uses& uses) : number_(std::min(thread_number(), kLanes - 1)), lane_(uses.lanes_[number_]) {
    if (number_ == kLanes - 1)
      while (lane_.shared.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
    for (;;) {
      lane_.inside.store(true, std::memory_order_release);
      light_fence();
      if (!lane_.wanted.load(std::memory_order_acquire)) [[likely]]
        return;
      lane_.inside.store(false, std::memory_order_release);
      while (lane_.wanted.load(std::memory_order_acquire)) std::this_thread::yield();
    }
  }
  ~Turn() {
    lane_.inside.store(false, std::memory_order_release);
    if (number_ == kLanes - 1) lane_.shared.clear(std::memory_order_release);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  Lane* operator->() const { return &lane_; }

 private:
  const unsigned number_;
  Lane& lane_;
};

// Every lane for the taker, one after the other; each is free again as soon as the next one's turn comes.
class Uses::Taking {
 public:
  explicit Taking(const Uses& uses) : lock_(uses.taking_), lanes_(uses.lanes_.get()) {
    for (unsigned i = 0; i < kLanes; ++i) lanes_[i].wanted.store(true, std::memory_order_release);
    heavy_fence();
  }
  ~Taking() {
    for (unsigned i = 0; i < kLanes; ++i) lanes_[i].wanted.store(false, std::memory_order_release);
  }
  Taking(const Taking&) = delete;
  Taking& operator=(const Taking&) = delete;
  template <class Each>
  void each(Each&& each) {
    for (unsigned i = 0; i < kLanes; ++i) {
      while (lanes_[i].inside.load(std::memory_order_acquire)) std::this_thread::yield();
      each(lanes_[i]);
      lanes_[i].wanted.store(false, std::memory_order_release);
    }
  }

 private:
  const std::lock_guard<std::mutex> lock_;
  Lane* const lanes_;
};

Uses::Uses() : lanes_(std::make_unique<Lane[]>(kLanes)) {}
Uses::~Uses() = default;

bool Uses::Lane::room_for(Reason reason) const { return seen.size() < (reason == Reason::Allowed ? kMostSeenAllowed : kMostSeen); }

void Uses::Lane::see(const Sighting& sighting) {
  if (seen.empty()) seen.reserve(kMostSeen);
  seen.push_back(sighting);
}

// Written field by field where it stays: a copy put together first would be read back, in other pieces, before it has reached the cache.
void Uses::Lane::use(const TokenId& token, Instant at, const net::Address& from) {
  if (!recent) [[unlikely]] {
    recent = std::make_unique<std::array<ledger::LastUse, kRecent>>();
    pushed_out.reserve(kMostUses);
  }
  auto& place = (*recent)[std::hash<TokenId>()(token) % kRecent];
  if (place.token != token && !place.token.none()) {
    if (pushed_out.size() < kMostUses) pushed_out.push_back(place);
    else ++dropped;
  }
  place.token = token;
  place.at = at;
  place.address = from;
}

namespace {

// The watch and the ledger know a signed token by the one it was exchanged for: a use of it is a use of that one.
TokenId known_as(const Believed& token) { return token.signed_token() ? token.parent() : token.id(); }

Sighting sighting(const Decision& d, const Asked& asked, Instant now) {
  const auto owner = d.token && d.token->client().none() ? d.token->principal() : PrincipalId();
  return {d.token ? known_as(*d.token) : TokenId(), now, asked.address, asked.agent, d.reason, Tried::Token, owner};
}

}  // namespace

void Uses::note_decision(const Decision& d, const Asked& asked, Instant now) {
  if (!watching_.load(std::memory_order_relaxed)) return;
  const Turn lane(*this);
  if (lane->room_for(d.reason)) lane->see(sighting(d, asked, now));
  if (d.allow()) lane->use(known_as(*d.token), now, asked.address);
}

void Uses::note_seen(const Sighting& seen) {
  if (!watching_.load(std::memory_order_relaxed)) return;
  const Turn lane(*this);
  if (lane->room_for(seen.reason)) lane->see(seen);
}

void Uses::note_use(const TokenId& token, Instant now, const net::Address& address) {
  const Turn lane(*this);
  lane->use(token, now, address);
}

void Uses::note_event(const Event& event) {
  const Turn lane(*this);
  if (lane->events.size() < kMostEvents) lane->events.push_back(event);
  else ++lane->dropped;
}

std::vector<Sighting> Uses::take_seen() {
  std::vector<Sighting> all;
  Taking(*this).each([&](Lane& lane) {
    all.insert(all.end(), lane.seen.begin(), lane.seen.end());
    lane.seen.clear();
  });
  std::sort(all.begin(), all.end(), [](const Sighting& a, const Sighting& b) { return a.at < b.at; });
  return all;
}

std::vector<ledger::LastUse> Uses::take_uses() {
  std::vector<ledger::LastUse> all;
  Taking(*this).each([&](Lane& lane) {
    all.insert(all.end(), lane.pushed_out.begin(), lane.pushed_out.end());
    lane.pushed_out.clear();
    if (!lane.recent) return;
    for (auto& use : *lane.recent)
      if (!use.token.none()) all.push_back(std::exchange(use, {}));
  });
  return all;
}

std::vector<Event> Uses::take_events() {
  std::vector<Event> all;
  Taking(*this).each([&](Lane& lane) {
    all.insert(all.end(), lane.events.begin(), lane.events.end());
    lane.events.clear();
  });
  return all;
}

std::uint64_t Uses::dropped() const {
  std::uint64_t total = 0;
  Taking(*this).each([&](const Lane& lane) { total += lane.dropped; });
  return total;
}

}  // namespace jeton::verify

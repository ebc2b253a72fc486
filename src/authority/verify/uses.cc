#include "authority/verify/uses.h"

#include <algorithm>
#include <array>
#include <thread>

#include "authority/verify/epochs.h"

namespace jeton::verify {
namespace {
constexpr unsigned kLanes = 64;
constexpr std::size_t kRecent = 512;         // uses kept in place, by token
constexpr std::size_t kMostUses = 1 << 16;   // uses pushed out by others, until they are taken
constexpr std::size_t kMostEvents = 256;
constexpr std::size_t kMostSeen = 4096, kMostSeenAllowed = 3072;

// Held for a few instructions, by the lane's own thread nearly always.
class Turn {
 public:
  explicit Turn(std::atomic_flag& flag) : flag_(flag) {
    while (flag_.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
  }
  ~Turn() { flag_.clear(std::memory_order_release); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  std::atomic_flag& flag_;
};
}  // namespace

struct alignas(64) Uses::Lane {
  std::atomic_flag busy;
  std::unique_ptr<std::array<ledger::LastUse, kRecent>> recent;
  std::vector<ledger::LastUse> pushed_out;
  std::vector<Event> events;
  std::vector<Sighting> seen;
  std::uint64_t dropped = 0;
};

Uses::Uses() : lanes_(std::make_unique<Lane[]>(kLanes)) {}
Uses::~Uses() = default;

Uses::Lane& Uses::lane() { return lanes_[thread_number() % kLanes]; }

void Uses::note_use(const TokenId& token, Instant now, const net::Address& address) {
  Lane& l = lane();
  const Turn turn(l.busy);
  if (!l.recent) l.recent = std::make_unique<std::array<ledger::LastUse, kRecent>>();
  auto& place = (*l.recent)[std::hash<TokenId>()(token) % kRecent];
  if (!place.token.none() && place.token != token) {
    if (l.pushed_out.size() < kMostUses)
      l.pushed_out.push_back(place);
    else
      ++l.dropped;
  }
  place = {token, now, address};
}

void Uses::note_event(const Event& event) {
  Lane& l = lane();
  const Turn turn(l.busy);
  if (l.events.size() < kMostEvents)
    l.events.push_back(event);
  else
    ++l.dropped;
}

void Uses::note_seen(const Sighting& seen) {
  Lane& l = lane();
  const Turn turn(l.busy);
  if (l.seen.capacity() == 0) l.seen.reserve(kMostSeen);
  if (l.seen.size() < (seen.reason == Reason::Allowed ? kMostSeenAllowed : kMostSeen)) l.seen.push_back(seen);
}

std::vector<Sighting> Uses::take_seen() {
  std::vector<Sighting> all;
  for (unsigned i = 0; i < kLanes; ++i) {
    const Turn turn(lanes_[i].busy);
    all.insert(all.end(), lanes_[i].seen.begin(), lanes_[i].seen.end());
    lanes_[i].seen.clear();
  }
  std::sort(all.begin(), all.end(), [](const Sighting& a, const Sighting& b) { return a.at < b.at; });
  return all;
}

std::vector<ledger::LastUse> Uses::take_uses() {
  std::vector<ledger::LastUse> all;
  for (unsigned i = 0; i < kLanes; ++i) {
    Lane& l = lanes_[i];
    const Turn turn(l.busy);
    all.insert(all.end(), l.pushed_out.begin(), l.pushed_out.end());
    l.pushed_out.clear();
    if (!l.recent) continue;
    for (auto& use : *l.recent)
      if (!use.token.none()) all.push_back(std::exchange(use, {}));
  }
  return all;
}

std::vector<Event> Uses::take_events() {
  std::vector<Event> all;
  for (unsigned i = 0; i < kLanes; ++i) {
    const Turn turn(lanes_[i].busy);
    all.insert(all.end(), lanes_[i].events.begin(), lanes_[i].events.end());
    lanes_[i].events.clear();
  }
  return all;
}

std::uint64_t Uses::dropped() const {
  std::uint64_t total = 0;
  for (unsigned i = 0; i < kLanes; ++i) {
    const Turn turn(lanes_[i].busy);
    total += lanes_[i].dropped;
  }
  return total;
}

}  // namespace jeton::verify

#include "authority/watch/usage.h"

namespace jeton::watch {
namespace {

constexpr std::size_t kMostTokens = 100'000;

// What tells of the place without naming one machine.
net::Address cut(const net::Address& a) {
  auto octets = a.octets();
  if (a.is_none()) return a;
  if (a.is_v4()) return net::Address::v4({octets[12], octets[13], octets[14], 0});
  std::fill(octets.begin() + 6, octets.end(), std::uint8_t(0));
  return net::Address::v6(octets);
}

}  // namespace

void Usage::see(const verify::Sighting& s, const verify::Agents& agents) {
  if (s.reason != verify::Reason::Allowed || s.token.none()) return;
  const std::lock_guard lock(mutex_);
  if (counted_.size() >= kMostTokens && !counted_.contains(s.token)) return;
  auto& use = counted_[s.token];
  const auto day = static_cast<std::uint32_t>(s.at.seconds() / 86400);
  // What is left of yesterday counts as today's: it is seconds.
  use.token = s.token, use.day = day, use.last = s.at, use.network = cut(s.address);
  ++use.count;
  if (auto name = agents.name(s.agent); !name.empty()) use.agent = std::move(name);
}

std::vector<ledger::DayUse> Usage::take() {
  const std::lock_guard lock(mutex_);
  std::vector<ledger::DayUse> all;
  for (auto& [token, use] : counted_) all.push_back(std::move(use));
  counted_.clear();
  return all;
}

}  // namespace jeton::watch

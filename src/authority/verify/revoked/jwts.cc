#include "authority/verify/revoked/jwts.h"

#include <algorithm>
#include <iterator>

namespace jeton::verify {
bool RevokedJwts::has(const Ulid& jti) const {
  const Entry wanted{jti, Instant()};
  return std::ranges::any_of(runs_, [&](const auto& run) { return std::binary_search(run->begin(), run->end(), wanted); });
}

std::unique_ptr<const RevokedJwts> RevokedJwts::with(Entry entry, Instant now) const {
  auto next = std::make_unique<RevokedJwts>(*this);
  if (has(entry.jti)) return next;
  Run fresh{entry};
  const auto over = [now](const Entry& e) { return e.expires + kRevokedKept <= now; };
  while (!next->runs_.empty() && next->runs_.back()->size() < 2 * fresh.size()) {
    const auto& before = *next->runs_.back();
    Run merged;
    merged.reserve(before.size() + fresh.size());
    std::merge(before.begin(), before.end(), fresh.begin(), fresh.end(), std::back_inserter(merged));
    std::erase_if(merged, over);
    fresh = std::move(merged);
    next->runs_.pop_back();
  }
  if (!fresh.empty()) next->runs_.push_back(std::make_shared<const Run>(std::move(fresh)));
  return next;
}

std::size_t RevokedJwts::size() const {
  std::size_t n = 0;
  for (const auto& run : runs_) n += run->size();
  return n;
}

}  // namespace jeton::verify

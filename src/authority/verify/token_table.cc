#include "authority/verify/token_table.h"

#include <new>

namespace jeton::verify {
namespace {

constexpr std::size_t kPage = 4096, kHuge = 2u << 20;

TokenRecord* copy(const TokenRecord& from, const TokenExtras* extras, void* to) {
  return new (to) TokenRecord{from.hash,   from.id,  from.expires, from.status.load(), from.principal, from.device,
                              from.scopes, from.api, from.kind,    from.pepper_low,    extras};
}

// Buckets of whose records `live` are at most three quarters, and as many more as the last page has room for.
std::uint32_t buckets_for(std::size_t live, std::size_t bucket, std::size_t bucket_octets) {
  const std::size_t needed = (live * 4 / 3 + bucket) / bucket;
  const std::size_t pages = (needed * bucket_octets + kPage - 1) / kPage;
  return static_cast<std::uint32_t>(pages * kPage / bucket_octets);
}

}  // namespace

TokenTable::Shelf::Shelf(TokenTable& of, std::size_t for_live)
    : table(of),
      buckets(buckets_for(for_live, kBucket, kBucket * (sizeof(TokenRecord) + 1))),
      records(static_cast<TokenRecord*>(zeroed_pages(bytes(), bytes() >= kHuge ? Pages::Huge : Pages::Small))),
      words(reinterpret_cast<std::atomic<std::uint64_t>*>(records + std::size_t{buckets} * kBucket)) {}

TokenTable::Shelf::~Shelf() { free_pages(records, bytes()); }

TokenTable::~TokenTable() {
  for (const auto& shelf : shelves_) delete shelf.load();
}

std::size_t TokenTable::octets() const {
  std::size_t all = 0;
  for (const auto& shelf : shelves_)
    if (const Shelf* its = shelf.load()) all += its->bytes();
  return all;
}

void TokenTable::Shelf::set_tag(std::uint32_t i, std::uint8_t tag) {
  auto& word = words[i / 8];
  const unsigned shift = 8 * (i % 8);
  word.store((word.load(std::memory_order_relaxed) & ~(std::uint64_t{0xff} << shift)) | std::uint64_t{tag} << shift,
             std::memory_order_release);
}

// The first that a record of that place may take. Not before `old`, for which it is to stand: a reader comes by the one, or by the other, or
// by both, because it looks at eight octets at once, in order, and goes on where the old one was.
std::uint32_t TokenTable::Shelf::vacant(Place place, const TokenRecord* old) const {
  std::uint32_t at = home(place);
  unsigned behind = 0xffff;
  if (old != nullptr) {
    const auto its = static_cast<std::uint32_t>(old - records);
    at = its / kBucket;
    if (its % kBucket >= kBucket / 2) behind = 0xff00;
  }
  for (;; at = after(at), behind = 0xffff) {
    const Tags seen = tags(at);
    if (const unsigned open = (seen.equal(kNever) | seen.equal(kFree)) & behind)
      return at * kBucket + static_cast<unsigned>(std::countr_zero(open));
  }
}

TokenRecord& TokenTable::put(Shelf& shelf, std::uint32_t at, const TokenRecord& fields, const TokenExtras* extras) {
  TokenRecord* const record = copy(fields, extras, &shelf.records[at]);
  if (shelf.tag(at) == kNever) ++shelf.used;
  ++shelf.live;
  shelf.set_tag(at, tag_of(place_of(fields)));
  return *record;
}

void TokenTable::make_room(Place place) {
  auto& held = shelf_of(place);
  const Shelf* shelf = held.load();
  if (shelf == nullptr || shelf->used >= shelf->buckets * (kBucket - 1)) grow(held);
}

// Once more as large by a quarter, or smaller where much was hidden.
void TokenTable::grow(std::atomic<Shelf*>& held) {
  Shelf* const old = held.load();
  auto* const next = new Shelf(*this, old == nullptr ? 0 : old->live);
  const auto each = [old](auto&& what) {
    for (std::uint32_t i = 0; old != nullptr && i < old->buckets * kBucket; ++i)
      if (old->tag(i) >= kFirst) what(old->records[i]);
  };
  each([&](const TokenRecord& r) { put(*next, next->vacant(place_of(r), nullptr), r, r.extras); });
  held.store(next, std::memory_order_release);
  if (old == nullptr) return;
  // Only now that each is found in its new place: a reader may have ended one since it was copied.
  each([&](TokenRecord& r) { r.give_way_to(*find(place_of(r), [&](const TokenRecord& to) { return to.id == r.id; })); });
  epochs_.retire(old);
  epochs_.reclaim();  // it may be nearly as large as what took its place
}

TokenRecord& TokenTable::insert(const TokenRecord& fields, const TokenExtras* extras, const TokenRecord* old) {
  const Place place = place_of(fields);
  auto& shelf = *shelf_of(place).load();
  return put(shelf, shelf.vacant(place, old != nullptr && place_of(*old) == place ? old : nullptr), fields, extras);
}

void TokenTable::hide(TokenRecord& record, TokenRecord* next) {
  Shelf* const shelf = shelf_of(place_of(record)).load();
  const auto at = static_cast<std::uint32_t>(&record - shelf->records);
  shelf->set_tag(at, kHidden);
  --shelf->live;
  // After it cannot be found: who sees that another stands for it looks again, and not at this one.
  if (next != nullptr) record.give_way_to(*next);
  else record.status.fetch_or(TokenRecord::kSuperseded);
  // A shelf that has been left behind is freed after what was hidden on it.
  epochs_.retire(
      [](void* on, std::uint64_t i) {
        auto& its = *static_cast<Shelf*>(on);
        its.table.forget_(its.table.owner_, its.records[i]);
        its.set_tag(static_cast<std::uint32_t>(i), kFree);
      },
      shelf, at);
}

}  // namespace jeton::verify

#include "authority/verify/tokens.h"

#include <algorithm>
#include <new>

namespace jeton::verify {
namespace {
constexpr std::size_t kChunkBytes = sizeof(TokenRecord) << 16;
constexpr std::size_t kScopeChunks = 1024, kSetsAChunk = 1024;
}  // namespace

bool CompiledRule::words_let_in(const net::Address& a) const {
  if (!a.is_none() && words->denies(a)) return false;
  if (allow.empty() && words->allow.empty()) return true;
  return !a.is_none() && (allow.holds(a) || words->allows(a));
}

CompiledRule compile(const ledger::NetworkRule& rule, networks::Places& places) {
  CompiledRule compiled{net::PrefixSet(rule.allow), net::PrefixSet(rule.deny)};
  if (rule.allow_words.empty() && rule.deny_words.empty()) return compiled;
  auto words = std::make_shared<networks::Words>();
  words->places = &places;
  const auto resolve = [&](const std::vector<std::string>& texts, std::vector<networks::Word>& to) {
    for (const auto& text : texts) {
      // One that is no word any more is a set that is not there: it allows nobody and denies everybody.
      auto read = networks::read_word(text).value_or(networks::ReadWord{{}, text});
      if (!read.set.empty()) read.word.set = &places.named(read.set);
      to.push_back(read.word);
    }
  };
  resolve(rule.allow_words, words->allow);
  resolve(rule.deny_words, words->deny);
  compiled.words = std::move(words);
  return compiled;
}

Tokens::Tokens(Epochs& epochs)
    : epochs_(epochs),
      by_hash_(epochs),
      by_id_(epochs),
      chunks_(std::make_unique<std::atomic<TokenRecord*>[]>(kChunks)),
      scope_sets_(std::make_unique<std::atomic<const ScopeSet**>[]>(kScopeChunks)) {
  intern({});
}

Tokens::~Tokens() {
  for (std::uint32_t h = 0; h < next_; ++h) let_go(record(h).extras);
  for (std::size_t i = 0; i < kChunks && chunks_[i].load() != nullptr; ++i) free_pages(chunks_[i].load(), kChunkBytes);
  for (const auto& [text, handle] : interned_) delete &scope_set(handle);
  for (std::size_t i = 0; i < kScopeChunks && scope_sets_[i].load() != nullptr; ++i) delete[] scope_sets_[i].load();
}

std::uint32_t Tokens::find_id(const Ulid& id) const {
  return by_id_.find(slot_key(id), [&](std::uint32_t h) { return record(h).id == id; });
}

const TokenRecord* Tokens::by_id(const TokenId& id) const {
  const auto handle = find_id(id.ulid());
  return handle == Slots::kNone ? nullptr : &record(handle);
}

std::uint32_t Tokens::allocate() {
  if (!free_.empty()) {
    const auto handle = free_.back();
    free_.pop_back();
    return handle;
  }
  auto& chunk = chunks_[next_ >> kChunkBits];
  if (chunk.load() == nullptr)
    chunk.store(static_cast<TokenRecord*>(zeroed_pages(kChunkBytes, next_ == 0 ? Pages::Small : Pages::Huge)), std::memory_order_release);
  return next_++;
}

// The handle is used again once no reader can hold the record.
void Tokens::recycle(std::uint32_t handle) {
  epochs_.retire(
      [](void* self, std::uint64_t h) {
        auto& tokens = *static_cast<Tokens*>(self);
        auto& r = tokens.record(static_cast<std::uint32_t>(h));
        tokens.let_go(r.extras);
        r.extras = nullptr;
        tokens.free_.push_back(static_cast<std::uint32_t>(h));
      },
      this, handle);
}

const TokenExtras*& Tokens::last_like(const TokenExtras& extras) {
  return last_[(slot_key(extras.parent.ulid()) ^ extras.client) % last_.size()];
}

// Held once by those that come one after the other.
const TokenExtras* Tokens::shared(std::unique_ptr<const TokenExtras> extras) {
  if (extras == nullptr || extras->own != nullptr) return extras.release();
  auto& last = last_like(*extras);
  if (last == nullptr || last->parent != extras->parent || last->client != extras->client) return last = extras.release();
  ++last->holders;
  return last;
}

void Tokens::let_go(const TokenExtras* extras) {
  if (extras == nullptr || --extras->holders != 0) return;
  if (auto& last = last_like(*extras); last == extras) last = nullptr;
  delete extras;
}

void Tokens::put(const TokenRecord& fields, std::unique_ptr<const TokenExtras> extras) { replace(fields, shared(std::move(extras))); }

void Tokens::replace(const TokenRecord& fields, const TokenExtras* extras) {
  const auto before = find_id(fields.id);
  const auto handle = allocate();
  auto& r = *new (&record(handle)) TokenRecord{fields.hash,      fields.id,         fields.expires, fields.status.load(),
                                               fields.principal, fields.device,     fields.scopes,  fields.api,
                                               fields.kind,      fields.pepper_low, extras};
  if (before == Slots::kNone) {
    by_id_.insert(slot_key(r.id), handle);
    if (shown(r.kind)) by_hash_.insert(r.hash.high, handle);
    return;
  }
  auto& old = record(before);
  if (shown(r.kind)) {
    if (old.hash == r.hash) {
      by_hash_.replace(r.hash.high, before, handle);
    } else {
      by_hash_.insert(r.hash.high, handle);
      by_hash_.erase(old.hash.high, before);
    }
  }
  by_id_.replace(slot_key(r.id), before, handle);
  // A reader may have ended the old one since its fields were copied.
  const auto was = old.status.fetch_or(TokenRecord::kSuperseded) & TokenRecord::kReasonMask;
  if (was != 0 && (r.status.load() & TokenRecord::kReasonMask) == 0) r.status.fetch_or(was);
  recycle(before);
}

bool Tokens::end(const TokenId& id, ledger::EndReason reason) {
  for (;;) {
    const auto handle = find_id(id.ulid());
    if (handle == Slots::kNone) return false;
    auto& status = record(handle).status;
    auto seen = status.load();
    while ((seen & (TokenRecord::kReasonMask | TokenRecord::kSuperseded)) == 0 &&
           !status.compare_exchange_weak(seen, seen | static_cast<std::uint32_t>(reason))) {}
    // Another record took its place while we looked: that one ends.
    if ((seen & TokenRecord::kSuperseded) == 0) return true;
  }
}

void Tokens::flag(const TokenId& id, std::uint32_t flags) {
  const auto handle = find_id(id.ulid());
  if (handle != Slots::kNone) record(handle).status.fetch_or(flags);
}

void Tokens::rehash(const TokenId& id, const HashKey& to, std::uint32_t pepper) {
  const auto* old = by_id(id);
  if (old == nullptr) return;
  if (old->extras != nullptr) ++old->extras->holders;
  replace({to, old->id, old->expires, old->status.load(), old->principal, old->device, old->scopes, old->api, old->kind,
           static_cast<std::uint8_t>(pepper), nullptr},
          old->extras);
}

void Tokens::forget(const TokenId& id) {
  const auto handle = find_id(id.ulid());
  if (handle == Slots::kNone) return;
  auto& r = record(handle);
  if (shown(r.kind)) by_hash_.erase(r.hash.high, handle);
  by_id_.erase(slot_key(r.id), handle);
  r.status.fetch_or(TokenRecord::kSuperseded);
  recycle(handle);
}

std::uint32_t Tokens::intern(const ledger::Scopes& scopes) {
  std::string joined;
  for (const auto& s : scopes) joined += (joined.empty() ? "" : " ") + s;
  const auto at = std::lower_bound(interned_.begin(), interned_.end(), joined,
                                   [](const auto& entry, const std::string& text) { return entry.first < text; });
  if (at != interned_.end() && at->first == joined) return at->second;
  // Whoever asks for every subset of many scopes gets some that have none, not the memory behind the table.
  if (interned_.size() == kScopeChunks * kSetsAChunk) return 0;
  const auto handle = static_cast<std::uint32_t>(interned_.size());
  auto& chunk = scope_sets_[handle >> 10];
  if (chunk.load() == nullptr) chunk.store(new const ScopeSet*[kSetsAChunk]());
  chunk.load()[handle & 1023] = new ScopeSet{joined};
  interned_.insert(at, {joined, handle});
  return handle;
}

}  // namespace jeton::verify

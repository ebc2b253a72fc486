#include "authority/verify/tokens.h"

#include <algorithm>

namespace jeton::verify {
namespace {
constexpr std::size_t kScopeChunks = 1024, kSetsAChunk = 1024;
}  // namespace

bool holds_all(std::string_view held, std::string_view wanted) {
  if (held == wanted) return true;
  while (!wanted.empty()) {
    const auto end = std::min(wanted.find(' '), wanted.size());
    const auto one = wanted.substr(0, end);
    wanted.remove_prefix(std::min(end + 1, wanted.size()));
    if (one.empty()) continue;
    // A whole word of what is held.
    bool found = false;
    for (std::size_t at = 0; !found && (at = held.find(one, at)) != std::string_view::npos; ++at) {
      const std::size_t after = at + one.size();
      found = (at == 0 || held[at - 1] == ' ') && (after == held.size() || held[after] == ' ');
    }
    if (!found) return false;
  }
  return true;
}

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
    : table_(
          epochs, [](void* self, TokenRecord& r) { static_cast<Tokens*>(self)->let_go(r.extras); }, this),
      by_id_(epochs),
      scope_sets_(std::make_unique<std::atomic<const ScopeSet**>[]>(kScopeChunks)) {
  intern({});
}

Tokens::~Tokens() {
  table_.each([this](const TokenRecord& r) { let_go(r.extras); });
  for (const auto& [text, handle] : interned_) delete &scope_set(handle);
  for (std::size_t i = 0; i < kScopeChunks && scope_sets_[i].load() != nullptr; ++i) delete[] scope_sets_[i].load();
}

// Where it has left the place that its id told of, its id tells of another by then: it is looked for once more.
TokenRecord* Tokens::find_id(const Ulid& id) const {
  TokenRecord* found = nullptr;
  for (std::uint32_t looked = Slots::kNone;;) {
    std::uint32_t place = Slots::kNone;
    by_id_.find(slot_key(id), [&](TokenTable::Place at) {
      found = table_.find(place = at, [&](const TokenRecord& r) { return r.id == id; });
      return found != nullptr;
    });
    if (found != nullptr || place == looked) return found;
    looked = place;
  }
}

const TokenRecord* Tokens::by_id(const TokenId& id) const { return find_id(id.ulid()); }

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
  const auto place = TokenTable::place_of(fields);
  table_.make_room(place);
  auto* const old = find_id(fields.id);
  auto& fresh = table_.insert(fields, extras, old);
  if (old == nullptr) return by_id_.insert(slot_key(fields.id), place);
  if (TokenTable::place_of(*old) != place) by_id_.replace(slot_key(fields.id), TokenTable::place_of(*old), place);
  table_.hide(*old, &fresh);
}

bool Tokens::end(const TokenId& id, ledger::EndReason reason) {
  for (;;) {
    auto* const record = find_id(id.ulid());
    if (record == nullptr) return false;
    auto seen = record->status.load();
    while ((seen & (TokenRecord::kReasonMask | TokenRecord::kSuperseded)) == 0 &&
           !record->status.compare_exchange_weak(seen, seen | static_cast<std::uint32_t>(reason))) {}
    // Another record took its place while we looked: that one ends.
    if ((seen & TokenRecord::kSuperseded) == 0) return true;
  }
}

void Tokens::flag(const TokenId& id, std::uint32_t flags) {
  if (auto* const record = find_id(id.ulid())) record->status.fetch_or(flags);
}

void Tokens::rehash(const TokenId& id, const HashKey& to, std::uint32_t pepper) {
  const auto* const old = by_id(id);
  if (old == nullptr) return;
  if (old->extras != nullptr) ++old->extras->holders;
  replace({to, old->id, old->expires, old->status.load(), old->principal, old->device, old->scopes, old->api, old->kind,
           static_cast<std::uint8_t>(pepper), nullptr},
          old->extras);
}

void Tokens::forget(const TokenId& id) {
  auto* const record = find_id(id.ulid());
  if (record == nullptr) return;
  by_id_.erase(slot_key(record->id), TokenTable::place_of(*record));
  table_.hide(*record, nullptr);
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

std::uint32_t Tokens::intern_cut(std::string_view scopes, std::uint32_t bound) {
  ledger::Scopes left;
  while (!scopes.empty()) {
    const auto word = scopes.substr(0, scopes.find(' '));
    scopes.remove_prefix(std::min(word.size() + 1, scopes.size()));
    if (!word.empty() && holds_all(scope_set(bound).joined, word)) left.emplace_back(word);
  }
  return intern(left);
}

}  // namespace jeton::verify

#include "authority/networks/places.h"

#include <charconv>

#include "authority/policy/names.h"

namespace jeton::networks {

Places::~Places() {
  for (auto& set : sets_) delete set.prefixes.load();
  delete atlas_.load();
}

NamedSet& Places::expect(std::string_view name) {
  for (auto& set : sets_)
    if (set.name == name) return set;
  auto& set = sets_.emplace_back();
  set.name = name;
  return set;
}

const NamedSet& Places::named(std::string_view name) {
  const std::lock_guard lock(mutex_);
  return expect(name);
}

bool Places::known(std::string_view name) {
  const std::lock_guard lock(mutex_);
  return expect(name).prefixes.load() != nullptr;
}

void Places::put(std::string_view name, std::unique_ptr<const net::PrefixSet> prefixes) {
  const std::lock_guard lock(mutex_);
  if (const auto* old = expect(name).prefixes.exchange(prefixes.release(), std::memory_order_acq_rel)) epochs_.retire(old);
}

void Places::set_atlas(std::unique_ptr<const geo::Database> atlas) {
  const std::lock_guard lock(mutex_);
  if (const auto* old = atlas_.exchange(atlas.release(), std::memory_order_acq_rel)) epochs_.retire(old);
}

bool Words::any(const std::vector<Word>& words, const net::Address& a, bool in_doubt) const {
  std::optional<geo::Place> place;
  for (const auto& w : words) {
    if (w.kind == Word::Kind::Set) {
      const auto* prefixes = w.set->prefixes.load(std::memory_order_acquire);
      if (prefixes == nullptr ? in_doubt : prefixes->holds(a)) return true;
      continue;
    }
    const auto* atlas = places->atlas();
    if (atlas == nullptr && in_doubt) return true;
    if (atlas == nullptr) continue;
    if (!place) place = atlas->at(a);
    if (w.kind == Word::Kind::Country ? w.country == place->country : w.asn == place->asn) return true;
  }
  return false;
}

std::optional<ReadWord> read_word(std::string_view text) {
  ReadWord read;
  constexpr std::string_view kCountry = "country:", kOperator = "asn:";
  if (text.starts_with('@')) {
    read.set = text.substr(1);
    if (!policy::good_name(read.set)) return std::nullopt;
  } else if (text.starts_with(kCountry)) {
    const auto code = text.substr(kCountry.size());
    if (code.size() != 2 || code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z') return std::nullopt;
    read.word.kind = Word::Kind::Country;
    read.word.country = {code[0], code[1]};
  } else if (text.starts_with(kOperator)) {
    const auto number = text.substr(kOperator.size());
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), read.word.asn);
    if (error != std::errc() || end != number.data() + number.size() || read.word.asn == 0 || number[0] == '0') return std::nullopt;
    read.word.kind = Word::Kind::Operator;
  } else {
    return std::nullopt;
  }
  return read;
}

}  // namespace jeton::networks

#include "authority/limits/passers.h"

namespace jeton::limits {

std::atomic<std::uint64_t>& Passers::place(ByteView name, std::uint64_t now) {
  const auto hash = hash_(name);
  const auto tag = hash | 1;   // an empty place is 0
  auto& set = sets_[hash >> 48];
  Place* oldest = &set.places[0];
  for (auto& p : set.places) {
    if (p.name.load(std::memory_order_acquire) == tag) return p.word;
    if (p.word.load(std::memory_order_relaxed) < oldest->word.load(std::memory_order_relaxed)) oldest = &p;
  }
  // Two that take one place at once share it for the moment: one of them is charged for the other.
  oldest->word.store(now, std::memory_order_relaxed);
  oldest->name.store(tag, std::memory_order_release);
  return oldest->word;
}

}  // namespace jeton::limits

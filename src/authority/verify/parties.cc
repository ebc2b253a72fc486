#include "authority/verify/parties.h"

namespace jeton::verify {

Parties::Parties(Epochs& epochs, networks::Places& places) : epochs_(epochs), places_(places), by_id_(epochs), chunks_(kChunks) {}

Parties::~Parties() {
  for (std::uint32_t h = 0; h < next_; ++h) delete party(h).network.load();
  for (std::size_t i = 0; i < kChunks && chunks_[i].load() != nullptr; ++i) delete[] chunks_[i].load();
}

std::uint32_t Parties::find(const Ulid& id) const {
  return by_id_.find(slot_key(id), [&](std::uint32_t h) { return party(h).id == id; });
}

std::uint32_t Parties::expect(const Ulid& id, PrincipalKind kind) {
  const auto known = find(id);
  if (known != Slots::kNone) return known;
  auto& chunk = chunks_[next_ >> kChunkBits];
  if (chunk.load() == nullptr) chunk.store(new Party[1u << kChunkBits], std::memory_order_release);
  const auto handle = next_++;
  auto& p = party(handle);
  p.id = id;
  p.principal_kind = kind;
  p.standing.store(ledger::Standing::Deleted);
  by_id_.insert(slot_key(id), handle);
  return handle;
}

std::uint32_t Parties::put(const Ulid& id, PrincipalKind kind, ledger::Standing standing, const ledger::NetworkRule& network) {
  const auto handle = expect(id, kind);
  auto& p = party(handle);
  p.principal_kind = kind;
  const CompiledRule* old = p.network.exchange(network.empty() ? nullptr : new CompiledRule(compile(network, places_)));
  if (old != nullptr) epochs_.retire(old);
  p.standing.store(standing);
  p.heard.store(true);
  return handle;
}

}  // namespace jeton::verify

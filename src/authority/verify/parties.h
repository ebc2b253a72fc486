// Who tokens hang on: principals, devices, clients, with whether they may act.
#pragma once

#include "authority/verify/tokens.h"

namespace jeton::verify {

// One party. `standing`, `network` and `scopes` change in place; the rest never does.
struct Party {
  Ulid id;
  std::atomic<ledger::Standing> standing{ledger::Standing::Active};
  PrincipalKind principal_kind = PrincipalKind::User;   // of principals
  std::atomic<bool> heard{false};                       // its record was seen
  std::atomic<std::uint32_t> scopes{0};                 // of clients: a handle; its tokens have no others
  std::atomic<const CompiledRule*> network{nullptr};    // null: no rule
};

static_assert(sizeof(Party) == 32);   // two in a line of the cache

// Parties of one kind by handle or id; never removed, a row of the ledger each. Readers: inside a read section, any
// thread. Writers: one at a time.
class Parties {
 public:
  Parties(Epochs& epochs, networks::Places& places);
  ~Parties();

  const Party& at(std::uint32_t handle) const { return party(handle); }
  // kNone where it was never heard of.
  std::uint32_t find(const Ulid& id) const;

  std::uint32_t put(const Ulid& id, PrincipalKind kind, ledger::Standing standing, const ledger::NetworkRule& network);
  void bound(std::uint32_t handle, std::uint32_t scopes) { party(handle).scopes.store(scopes, std::memory_order_release); }
  // The handle of `id`; one that was never heard of is taken as deleted until its record comes.
  std::uint32_t expect(const Ulid& id, PrincipalKind kind);

 private:
  static constexpr unsigned kChunkBits = 12;
  static constexpr std::size_t kChunks = 65536;
  Party& party(std::uint32_t handle) const {
    return chunks_[handle >> kChunkBits].load(std::memory_order_acquire)[handle & ((1u << kChunkBits) - 1)];
  }

  Epochs& epochs_;
  networks::Places& places_;
  Slots by_id_;
  Untouched<std::atomic<Party*>> chunks_;
  std::uint32_t next_ = 0;
};

}  // namespace jeton::verify

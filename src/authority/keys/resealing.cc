#include "authority/keys/resealing.h"

#include "ground/secret_pass.h"

namespace jeton::keys {
namespace {

// One sync for so many; a commit that waits behind it does not feel it.
constexpr std::size_t kAtOnce = 64;

}  // namespace

Result<bool> reseal(ledger::Ledger& ledger, const Sealer& sealer, Entropy& entropy) {
  for (;;) {
    TRY(auto values, ledger.sealed_otherwise(sealer.active(), kAtOnce));
    if (values.empty()) return true;
    std::vector<ledger::Change> changes;
    for (auto& value : values) {
      const Place place{value.table, value.column, value.row};
      const auto plain = sealer.open(place, value.sealed);
      if (!plain) continue;
      TRY(auto sealed, sealer.seal(place, plain->read(Pass::key()), entropy));
      changes.emplace_back(ledger::Reseal{std::move(value), std::move(sealed)});
    }
    if (changes.empty()) return false;
    TRY_VOID(ledger.commit(std::move(changes)));
  }
}

}  // namespace jeton::keys

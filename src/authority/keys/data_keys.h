// The keys that seal what is secret at rest, each wrapped by the master key (docs/formats/at-rest.md).
#pragma once

#include "authority/audit/event.h"
#include "authority/keys/sealer.h"
#include "authority/keys/wraps.h"

namespace jeton::keys {

enum class DataKeyState : std::uint8_t { Active, Retired, Destroyed };
std::string_view name(DataKeyState state);

struct DataKeyInfo {
  std::uint32_t number = 0;
  DataKeyState state = DataKeyState::Active;
  Instant created;
  std::optional<Instant> retired;
  Wraps wraps;             // none once destroyed
};

// Kept as settings of the ledger, "data_key.N". Any thread.
class DataKeys {
 public:
  DataKeys(ledger::Ledger& ledger, Entropy& entropy, std::string installation)
      : ledger_(ledger), entropy_(entropy), installation_(installation), sealer_(std::move(installation)) {}

  // Opens them, or makes the first. Config where the master key is another one or a wrap is damaged: nothing is changed then.
  Status load_or_create(MasterKeyPtr master, Instant now);
  const Sealer& sealer() const { return sealer_; }

  // A new one seals from now on; the others open until nothing is sealed under them.
  Result<std::uint32_t> rotate(const audit::Doing& doing);
  // Destroys retired ones that nothing is sealed under any more.
  Status destroy_unused(const audit::Doing& doing);

  // A change of master key, step by step; each may be done again after it was cut off. From `also` on both open everything;
  // `only` leaves the one.
  Status also(MasterKeyPtr next);
  Status only(MasterKeyPtr master);
  // At start: where the loaded master key is the newest that wrapped them, the older ones' wraps go.
  Status tidy();

  Result<std::vector<DataKeyInfo>> list();
  // Fingerprints of the master keys in use: the first is the one that was loaded.
  Result<std::vector<std::string>> masters() const;

 private:
  std::string associated(std::uint32_t number) const;
  Result<Wraps> wrap(std::uint32_t number, const Secret& key) const;
  Status read();
  Result<DataKeyInfo> make_first(Instant now);

  ledger::Ledger& ledger_;
  Entropy& entropy_;
  std::string installation_;
  Sealer sealer_;
  mutable std::mutex mutex_;
  std::vector<MasterKeyPtr> masters_;
  std::vector<Sealer::DataKey> held_;   // oldest first; not the destroyed ones
};

}  // namespace jeton::keys

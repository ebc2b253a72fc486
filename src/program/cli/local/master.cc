#include "program/cli/local/master.h"

#include "authority/keys/master_key.h"
#include "program/serve/building.h"

namespace jeton::cli {

Status master_key_is_sound(const config::Config&, const std::string& data) {
  const auto key = keys::MasterKey::load(data + "/master.key");
  if (!key && !key.error().is_fault()) return fault(Fault::Config, "there is no master.key in the data folder: put the one this ledger was made with there first");
  return key ? Status() : std::unexpected(key.error());
}

Status master_key_opens(const config::Config& config, const std::string& data, ledger::Ledger& ledger) {
  TRY_VOID(master_key_is_sound(config, data));
  TRY(const auto key, keys::MasterKey::load(data + "/master.key"));
  TRY(const auto fingerprint, key.fingerprint());
  TRY(const auto known, ledger.setting(serve::kFingerprint));
  if (!known || known->value != fingerprint) return fault(Fault::Config, "the master.key in the data folder is not the one this ledger was made with");
  return {};
}

}  // namespace jeton::cli

#include "program/cli/local/master.h"

#include "authority/keys/keychain.h"
#include "blocks/crypto/random.h"

namespace jeton::cli {
namespace {

// A ledger that is not looked at keeps no notes.
class NoNotes final : public keys::SourceNotes {
 public:
  Result<std::string> read(std::string_view) override { return std::string(); }
  Status write(std::string_view, std::string) override { return {}; }
};

}  // namespace

std::string master_source(const config::Config& config, const std::string& data) {
  const auto& named = config.text("master_key");
  return named.empty() ? "file:" + data + "/master.key" : named;
}

Status master_key_is_sound(const config::Config& config, const std::string& data) {
  const auto source = master_source(config, data);
  // Every passphrase makes a key; whether it is the right one, the ledger tells.
  if (source.starts_with("passphrase:")) return {};
  // A variable is read once.
  if (source.starts_with("env:")) return {};
  crypto::SystemEntropy entropy;
  NoNotes notes;
  const auto key = keys::open_master_key(source, keys::IfMissing::Fail, notes, entropy);
  return key ? Status() : std::unexpected(key.error());
}

}  // namespace jeton::cli

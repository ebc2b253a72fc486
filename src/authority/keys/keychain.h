// What an installation's secrets hang on, opened together: master key, data keys, peppers.
#pragma once

#include "authority/keys/data_keys.h"
#include "authority/keys/master_source.h"
#include "authority/keys/pepper_lives.h"

namespace jeton::keys {

struct KeyPlaces {
  std::string source;    // of the master key (master_source.h); empty: gone with the process
  std::string peppers;   // the peppers' file; empty: in memory
};

// Any thread; one change of master key at a time.
class Keychain {
 public:
  // Opens or, for a new ledger, makes all of it. A change of master key that was cut off is brought to its end. Config says what is
  // wrong and what to do; then nothing was written.
  static Result<std::unique_ptr<Keychain>> open(KeyPlaces places, ledger::Ledger& ledger, const std::string& installation, Entropy& entropy,
                                                Instant now);

  DataKeys& data_keys() { return *data_keys_; }
  Peppers& peppers() { return *peppers_; }
  PepperLives& pepper_lives() { return *pepper_lives_; }
  const Sealer& sealer() const { return data_keys_->sealer(); }
  const std::string& source() const { return places_.source; }

  // Puts another master key in place while everything goes on. `source` empty: a new one in the file of the old one. Otherwise that
  // source's key opens everything from now on too, and is the only one from the first start with it. What to do next, for people.
  Result<std::string_view> change_master(const std::string& source, const audit::Doing& doing);

 private:
  Keychain(KeyPlaces places, ledger::Ledger& ledger, Entropy& entropy) : places_(std::move(places)), ledger_(ledger), entropy_(entropy) {}
  std::string file() const;
  Status open_peppers(const MasterKeyPtr& master, const std::string& installation);
  Status finish(const std::string& path);

  KeyPlaces places_;
  ledger::Ledger& ledger_;
  Entropy& entropy_;
  std::unique_ptr<DataKeys> data_keys_;
  std::unique_ptr<Peppers> peppers_;
  std::unique_ptr<PepperLives> pepper_lives_;
  std::mutex changing_;
};

// For tools beside a server. The master key of that source, as the ledger's notes have it: a variable is read once, a passphrase is costly.
Result<MasterKeyPtr> open_master(const std::string& source, ledger::Ledger& ledger, Entropy& entropy);
// What it opens of that ledger. Changes nothing. Config, with what to do, where it does not.
Result<std::unique_ptr<DataKeys>> open_data_keys(MasterKeyPtr master, ledger::Ledger& ledger, Entropy& entropy);

// The peppers' file alone, likewise. Config where it is not there.
Result<std::unique_ptr<Peppers>> open_peppers(const std::string& file, MasterKeyPtr master, ledger::Ledger& ledger);

// What the audit's chain hangs on, for tools beside a server. Changes nothing.
inline constexpr std::string_view kAuditPurpose = "jeton-audit-1";
Result<Secret> audit_root(const KeyPlaces& places, ledger::Ledger& ledger, Entropy& entropy);
Result<Secret> audit_root(const std::string& peppers, MasterKeyPtr master, ledger::Ledger& ledger);

}  // namespace jeton::keys

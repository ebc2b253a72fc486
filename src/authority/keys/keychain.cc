#include "authority/keys/keychain.h"

#include "authority/keys/files.h"
#include "authority/keys/master_file.h"

namespace jeton::keys {
namespace {

constexpr std::string_view kFile = "file:";

class LedgerNotes final : public SourceNotes {
 public:
  explicit LedgerNotes(ledger::Ledger& ledger) : ledger_(ledger) {}
  Result<std::string> read(std::string_view name) override {
    TRY(const auto setting, ledger_.setting("master_key." + std::string(name)));
    return setting ? setting->value : std::string();
  }
  Status write(std::string_view name, std::string value) override {
    TRY_VOID(ledger_.commit({ledger::PutSetting{{"master_key." + std::string(name), std::move(value), 0}}}));
    return {};
  }

 private:
  ledger::Ledger& ledger_;
};

std::string beside(const std::string& path) { return path + ".next"; }

}  // namespace

std::string Keychain::file() const { return places_.source.starts_with(kFile) ? places_.source.substr(kFile.size()) : std::string(); }

Result<std::unique_ptr<Keychain>> Keychain::open(KeyPlaces places, ledger::Ledger& ledger, const std::string& installation,
                                                 Entropy& entropy, Instant now) {
  std::unique_ptr<Keychain> chain(new Keychain(std::move(places), ledger, entropy));
  chain->data_keys_ = std::make_unique<DataKeys>(ledger, entropy, installation);
  TRY(const auto known, chain->data_keys_->list());
  LedgerNotes notes(ledger);
  MasterKeyPtr master;
  if (chain->places_.source.empty()) {
    TRY(master, MasterKey::ephemeral(entropy));
  } else {
    // A ledger that was sealed once is opened with the key it was sealed with, or not at all.
    TRY(master, open_master_key(chain->places_.source, known.empty() ? IfMissing::Make : IfMissing::Fail, notes, entropy));
  }
  TRY_VOID(chain->data_keys_->load_or_create(master, now));
  TRY_VOID(chain->open_peppers(master, installation));
  chain->pepper_lives_ = std::make_unique<PepperLives>(ledger, *chain->peppers_, entropy);
  TRY_VOID(chain->pepper_lives_->begin(now));
  if (const auto path = chain->file(); !path.empty()) {
    auto next = load_master_file(beside(path));
    if (next) {
      TRY_VOID(chain->finish(path));
      return chain;
    }
    if (!next.error().is(Refusal::NotFound)) return std::unexpected(next.error());
  }
  TRY_VOID(chain->data_keys_->tidy());
  TRY_VOID(chain->peppers_->tidy(*master, entropy));
  return chain;
}

// Made for a ledger that never had any; one that is lost is not made anew.
Status Keychain::open_peppers(const MasterKeyPtr& master, const std::string& installation) {
  TRY(const auto lives, ledger_.settings("pepper."));
  if (lives.empty() || places_.peppers.empty()) {
    TRY(peppers_, Peppers::load_or_create(places_.peppers, master, installation, entropy_));
    return {};
  }
  auto found = Peppers::load(places_.peppers, master, installation);
  if (!found && found.error().is(Refusal::NotFound))
    return fault(Fault::Config,
                 "the peppers file is not there: put back the copy you keep of it, every token is hashed under what it holds");
  TRY(peppers_, std::move(found));
  return {};
}

// Each step leaves a state from which a start goes on: both keys open everything before the new one takes the old one's place.
Status Keychain::finish(const std::string& path) {
  TRY(const auto next, load_master_file(beside(path)));
  TRY_VOID(data_keys_->also(next));
  TRY_VOID(peppers_->also(*next, entropy_));
  TRY_VOID(replace_private_file(beside(path), path));
  TRY_VOID(data_keys_->only(next));
  return peppers_->only(*next, entropy_);
}

Result<std::string_view> Keychain::change_master(const std::string& source, const audit::Doing& doing) {
  const std::lock_guard lock(changing_);
  const auto path = file();
  TRY(auto event, audit::event(doing, "master_key.rotate", "master key", entropy_));
  if (source.empty()) {
    if (path.empty()) return refuse(Refusal::Invalid, "to: the source of the new master key; only a key file is made anew by itself");
    auto made = create_master_file(beside(path), entropy_);
    if (!made && !made.error().is(Refusal::Conflict)) return std::unexpected(made.error());
    TRY_VOID(finish(path));
    TRY_VOID(ledger_.commit({std::move(event)}));
    return "the master key file holds a new key: keep a copy of it away from the database";
  }
  if (const auto wrong = wrong_source(source); !wrong.empty())
    return refuse(Refusal::Invalid, "to: file:PATH, credential:NAME, env:NAME, passphrase:… or pkcs11:…");
  LedgerNotes notes(ledger_);
  auto next = open_master_key(source, IfMissing::Make, notes, entropy_);
  // What is wrong with a source that was just named is the caller's to mend.
  if (!next && next.error().is(Fault::Config)) return refuse(Refusal::Invalid, next.error().detail());
  if (!next) return std::unexpected(next.error());
  TRY_VOID(data_keys_->also(*next));
  TRY_VOID(peppers_->also(**next, entropy_));
  TRY_VOID(ledger_.commit({std::move(event)}));
  return "both master keys open everything: set master_key to the new source before the next start, which leaves it the only one";
}

Result<MasterKeyPtr> open_master(const std::string& source, ledger::Ledger& ledger, Entropy& entropy) {
  LedgerNotes notes(ledger);
  return open_master_key(source, IfMissing::Fail, notes, entropy);
}

Result<std::unique_ptr<DataKeys>> open_data_keys(MasterKeyPtr master, ledger::Ledger& ledger, Entropy& entropy) {
  TRY(const auto installation, ledger.setting("installation"));
  auto data_keys = std::make_unique<DataKeys>(ledger, entropy, installation ? installation->value : std::string());
  TRY(const auto known, data_keys->list());
  if (known.empty()) return fault(Fault::Config, "nothing was sealed in this ledger yet");
  TRY_VOID(data_keys->load_or_create(std::move(master), Instant()));
  return data_keys;
}

Result<std::unique_ptr<Peppers>> open_peppers(const std::string& file, MasterKeyPtr master, ledger::Ledger& ledger) {
  TRY(const auto installation, ledger.setting("installation"));
  if (!installation) return fault(Fault::Config, "nothing was kept in this ledger yet");
  auto peppers = Peppers::load(file, std::move(master), installation->value);
  if (!peppers && peppers.error().is(Refusal::NotFound))
    return fault(Fault::Config, "the file peppers is not in the data folder: put it back");
  return peppers;
}

Result<Secret> audit_root(const std::string& peppers, MasterKeyPtr master, ledger::Ledger& ledger) {
  TRY(const auto opened, open_peppers(peppers, std::move(master), ledger));
  return opened->derived(kAuditPurpose);
}

Result<Secret> audit_root(const KeyPlaces& places, ledger::Ledger& ledger, Entropy& entropy) {
  TRY(auto master, open_master(places.source, ledger, entropy));
  return audit_root(places.peppers, std::move(master), ledger);
}

}  // namespace jeton::keys

#include "program/serve/building.h"

#include "stores/memory/ledger.h"
#include "stores/sqlite/ledger.h"

namespace jeton::serve {
namespace {

constexpr std::string_view kInstallation = "installation";

Result<std::unique_ptr<ledger::Ledger>> open_ledger(const std::string& store) {
  if (store == "memory:") return memory::open();
  return sqlite::open(store.substr(std::string_view("sqlite:").size()));
}

}  // namespace

Building::~Building() {
  // Nothing tells the verifier of a commit while it goes.
  if (ledger_) ledger_->follow(nullptr);
}

// The ledger remembers which master key it was made with: another one would open nothing, and must not start anything anew.
Status Building::adopt_master_key(const keys::MasterKey& master) {
  TRY(const auto fingerprint, master.fingerprint());
  TRY(const auto installation, ledger_->setting(kInstallation));
  TRY(const auto known, ledger_->setting(kFingerprint));
  if (known && known->value != fingerprint)
    return fault(Fault::Config, "the master key is not the one this ledger was made with: put that one back");
  if (installation && known) {
    installation_ = installation->value;
    return {};
  }
  TRY(const auto id, Ulid::make(Instant(), entropy_));
  installation_ = id.text();
  TRY_VOID(ledger_->commit({ledger::PutSetting{{std::string(kInstallation), installation_, 0}},
                            ledger::PutSetting{{std::string(kFingerprint), fingerprint, 0}}}));
  return {};
}

Result<std::unique_ptr<Building>> Building::open(const Places& places, protocols::Facts facts, const Sizes& sizes,
                                                 protocols::Program& program, Instant now) {
  std::unique_ptr<Building> b(new Building);
  b->facts_ = std::move(facts);
  TRY(b->ledger_, open_ledger(places.store));
  TRY(const auto master, places.master_key.empty() ? keys::MasterKey::ephemeral(b->entropy_)
                                                   : keys::MasterKey::load_or_create(places.master_key, b->entropy_));
  TRY_VOID(b->adopt_master_key(master));
  TRY(b->peppers_, keys::Peppers::load_or_create(places.peppers, master, b->entropy_));
  TRY(auto sealer, keys::Sealer::make(master, b->installation_));
  b->sealer_ = std::make_unique<keys::Sealer>(std::move(sealer));
  auto& ledger = *b->ledger_;
  auto& entropy = b->entropy_;
  b->verifier_ = std::make_unique<verify::Verifier>(ledger, b->facts_.issuer, verify::Limits{sizes.cached_jwts});
  auto& verifier = *b->verifier_;
  verifier.set_peppers(b->peppers_->snapshot());
  ledger.follow(&verifier);
  TRY_VOID(verifier.load(now));
  b->signing_keys_ = std::make_unique<keys::SigningKeys>(ledger, *b->sealer_, entropy,
                                                         [&verifier](auto ring) { verifier.set_keys(std::move(ring)); });
  b->apis_ = std::make_unique<apis::Apis>(ledger, entropy);
  b->principals_ = std::make_unique<principals::Principals>(ledger, entropy);
  b->devices_ = std::make_unique<principals::Devices>(ledger, entropy);
  b->clients_ = std::make_unique<clients::Clients>(ledger, *b->peppers_, entropy);
  b->tokens_ = std::make_unique<personal::Tokens>(ledger, *b->peppers_, entropy);
  b->answers_ = std::make_unique<personal::Answers>(ledger, *b->sealer_, entropy);
  b->access_tokens_ = std::make_unique<mint::AccessTokens>(ledger, *b->peppers_, entropy, b->facts_.issuer);
  b->sessions_ = std::make_unique<sessions::Sessions>(ledger, *b->peppers_, verifier.uses(), entropy);
  b->people_ = std::make_unique<people::People>(ledger, *b->peppers_, *b->sealer_, entropy, sizes.password);
  b->grants_ = std::make_unique<grants::Grants>(ledger, *b->peppers_, *b->sealer_, entropy);
  b->alerts_ = std::make_unique<watch::Alerts>(ledger, entropy);
  b->upkeep_ = std::make_unique<watch::Upkeep>(ledger, verifier, entropy);
  const audit::Actor system{.name = "system", .address = {}, .request_id = {}};
  TRY_VOID(b->signing_keys_->load());
  TRY_VOID(b->signing_keys_->ensure(crypto::SignAlg::ES256, {system, now}));
  TRY_VOID(b->apis_->ensure_management({system, now}));
  TRY_VOID(b->apis_->ensure_identity(b->facts_.issuer, {system, now}));
  b->rooms_.reset(new protocols::Rooms{b->facts_, ledger, verifier, b->seen_proofs_, *b->signing_keys_, *b->peppers_, *b->apis_, *b->principals_,
                                       *b->devices_, *b->clients_, *b->tokens_, *b->answers_, *b->access_tokens_,
                                       *b->sessions_, *b->people_, *b->grants_, *b->alerts_,
                                       *b->upkeep_, entropy, program});
  b->protocols_ = std::make_unique<protocols::Protocols>(*b->rooms_);
  return b;
}

}  // namespace jeton::serve

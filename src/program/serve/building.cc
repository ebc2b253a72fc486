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

// Names the installation at its first start: what is sealed is bound to it.
Status Building::name_installation() {
  TRY(const auto installation, ledger_->setting(kInstallation));
  if (installation) {
    installation_ = installation->value;
    return {};
  }
  TRY(const auto id, Ulid::make(Instant(), entropy_));
  installation_ = id.text();
  TRY_VOID(ledger_->commit({ledger::PutSetting{{std::string(kInstallation), installation_, 0}}}));
  return {};
}

// Before anything is opened with them. An algorithm that only some keys need is looked at when the keys are there.
Status Building::start_tests(Instant now) {
  const auto outcomes = crypto::selftest::run_all();
  for (const auto needed : watch::needed_always()) TRY_VOID(crypto::needs(needed));
  selftests_ = std::make_unique<watch::SelfTests>(*ledger_, entropy_, [this] { (void)signing_keys_->load(); });
  selftests_->begin(outcomes, now);
  return {};
}

void Building::make_rooms(protocols::Program& program, const crypto::PasswordCost& password) {
  auto& ledger = *ledger_;
  auto& entropy = entropy_;
  auto& peppers = keychain_->peppers();
  apis_ = std::make_unique<apis::Apis>(ledger, entropy);
  encryptions_ = std::make_unique<apis::Encryptions>(ledger, keychain_->sealer(), entropy);
  principals_ = std::make_unique<principals::Principals>(ledger, entropy);
  devices_ = std::make_unique<principals::Devices>(ledger, entropy);
  clients_ = std::make_unique<clients::Clients>(ledger, peppers, entropy);
  tokens_ = std::make_unique<personal::Tokens>(ledger, peppers, entropy);
  answers_ = std::make_unique<personal::Answers>(ledger, keychain_->sealer(), entropy);
  access_tokens_ = std::make_unique<mint::AccessTokens>(ledger, peppers, *encryptions_, entropy, facts_.issuer);
  sessions_ = std::make_unique<sessions::Sessions>(ledger, peppers, verifier_->uses(), entropy);
  people_ = std::make_unique<people::People>(ledger, peppers, keychain_->sealer(), entropy, password);
  networks_ = std::make_unique<networks::Networks>(ledger, entropy);
  grants_ = std::make_unique<grants::Grants>(ledger, peppers, keychain_->sealer(), entropy);
  alerts_ = std::make_unique<watch::Alerts>(ledger, entropy);
  upkeep_ = std::make_unique<watch::Upkeep>(ledger, *verifier_, entropy);
  rooms_.reset(new protocols::Rooms{facts_, ledger, *verifier_, seen_proofs_, *signing_keys_, peppers, keychain_->data_keys(), *apis_, *encryptions_,
                                    *principals_, *devices_, *clients_, *tokens_, *answers_, *access_tokens_, *sessions_, *people_, *networks_, *grants_,
                                    *alerts_, *upkeep_, *selftests_, entropy, program});
}

Result<std::unique_ptr<Building>> Building::open(const Places& places, protocols::Facts facts, const Sizes& sizes,
                                                 protocols::Program& program, Instant now) {
  std::unique_ptr<Building> b(new Building);
  b->facts_ = std::move(facts);
  TRY(b->ledger_, open_ledger(places.store));
  TRY_VOID(b->start_tests(now));
  TRY_VOID(b->name_installation());
  const auto source = !places.master_source.empty() ? places.master_source : places.master_key.empty() ? std::string() : "file:" + places.master_key;
  TRY(b->keychain_, keys::Keychain::open({source, places.peppers}, *b->ledger_, b->installation_, b->entropy_, now));
  auto& ledger = *b->ledger_;
  auto& entropy = b->entropy_;
  b->verifier_ = std::make_unique<verify::Verifier>(ledger, b->facts_.issuer, verify::Limits{sizes.cached_jwts});
  auto& verifier = *b->verifier_;
  verifier.set_peppers(b->keychain_->peppers().snapshot());
  ledger.follow(&verifier);
  TRY_VOID(verifier.load(now));
  b->signing_keys_ = std::make_unique<keys::SigningKeys>(ledger, b->keychain_->sealer(), entropy,
                                                         [&verifier](auto ring) { verifier.set_keys(std::move(ring)); });
  b->make_rooms(program, sizes.password);
  const audit::Actor system{.name = "system", .address = {}, .request_id = {}};
  TRY_VOID(b->signing_keys_->load());
  const auto ring = b->signing_keys_->ring();
  for (const auto& key : ring->entries())
    if (key.state == jeton::ledger::KeyState::Active) TRY_VOID(crypto::needs(crypto::tested(key.verify.alg())));
  TRY_VOID(b->signing_keys_->ensure(crypto::SignAlg::ES256, {system, now}));
  TRY_VOID(b->apis_->ensure_management({system, now}));
  TRY_VOID(b->apis_->ensure_identity(b->facts_.issuer, {system, now}));
  b->protocols_ = std::make_unique<protocols::Protocols>(*b->rooms_);
  return b;
}

}  // namespace jeton::serve

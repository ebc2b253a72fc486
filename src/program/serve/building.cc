#include "program/serve/building.h"

#include <sys/stat.h>

#include <algorithm>

#include "stores/memory/ledger.h"
#include "stores/sqlite/ledger.h"

namespace jeton::serve {
namespace {

constexpr std::string_view kInstallation = "installation";

// A file that is missing or empty is a new installation only where there are no keys of an old one: beside those it is a loss.
Status not_lost(const std::string& database, const Places& places) {
  if (sqlite::holds_something(database)) return {};
  // A key that was named may have been put in its place before the first start.
  const auto key = places.master_source.empty() ? places.master_key : std::string();
  struct stat status{};
  for (const auto& path : {key, places.peppers})
    if (!path.empty() && ::stat(path.c_str(), &status) == 0)
      return fault(Fault::Config,
                   "the database is missing or empty, but its master key or peppers are there: bring it back with \"jeton restore FILE\", "
                   "or move master.key and peppers away to begin a new installation");
  return {};
}

Result<std::unique_ptr<ledger::Ledger>> open_ledger(const Places& places) {
  if (places.store == "memory:") return memory::open();
  const auto path = places.store.substr(std::string_view("sqlite:").size());
  TRY_VOID(not_lost(path, places));
  return sqlite::open(path);
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

// Sequence numbers mean something within one history of the ledger; its epoch names that.
Status Building::name_epoch(Instant now) {
  TRY(const auto epoch, ledger_->setting(ledger::kEpoch));
  if (epoch) {
    facts_.epoch = epoch->value;
    return {};
  }
  TRY(const auto id, Ulid::make(now, entropy_));
  facts_.epoch = id.text();
  TRY_VOID(ledger_->commit({ledger::PutSetting{{std::string(ledger::kEpoch), facts_.epoch, 0}}}));
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

// From here on every event is linked to the one before it, and where the last one stands is kept outside the database.
Status Building::begin_audit(const std::string& store) {
  constexpr std::string_view kFile = "sqlite:";
  TRY(const auto root, keychain_->peppers().derived(keys::kAuditPurpose));
  TRY(auto keys, audit::ChainKeys::of(root, installation_));
  chain_ = std::make_unique<audit::Chain>(std::move(keys),
                                          store.starts_with(kFile) ? audit::checkpoint_of(store.substr(kFile.size())) : std::string());
  TRY(audit_found_, chain_->begin(*ledger_));
  return {};
}

// The first event of this run says how the audit was found.
Status Building::record_start(Instant now) {
  const audit::Actor system{.name = "system", .address = {}, .request_id = {}};
  const audit::Doing doing{system, now};
  const auto found = audit_found_;
  const std::string word = found == audit::Found::New ? "new" : found == audit::Found::Sound ? "sound" : "broken";
  std::string detail = "{\"audit\":\"" + word + "\",\"checkpoint\":" + std::to_string(chain_->found_number()) + "}";
  TRY(auto event, audit::event(doing, "server.start", installation_, entropy_, detail));
  TRY_VOID(ledger_->commit({std::move(event)}));
  if (found != audit::Found::Broken) return {};
  jeton::ledger::Alert alert;
  alert.rule = "audit_broken";
  alert.severity = jeton::ledger::Severity::Critical;
  alert.evidence = std::move(detail);
  return alerts_->raise(std::move(alert), now);
}

void Building::make_rooms(protocols::Program& program, const Sizes& sizes) {
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
  // The last quarter is for everybody else.
  const people::Hashing hashing{sizes.password, {2, std::max<std::size_t>(2, sizes.workers * 3 / 4) - 2}};
  people_ = std::make_unique<people::People>(ledger, peppers, keychain_->sealer(), entropy, hashing);
  networks_ = std::make_unique<networks::Networks>(ledger, entropy);
  grants_ = std::make_unique<grants::Grants>(ledger, peppers, keychain_->sealer(), entropy);
  decryption_ = std::make_unique<federation::DecryptionKeys>(ledger, keychain_->sealer(), entropy);
  alerts_ = std::make_unique<watch::Alerts>(ledger, entropy);
  upkeep_ = std::make_unique<watch::Upkeep>(ledger, *verifier_, entropy);
  refusals_ = std::make_unique<audit::Refusals>(ledger, entropy);
  webhooks_ = std::make_unique<notify::Webhooks>(ledger, keychain_->sealer(), entropy, facts_.notify);
  mail_ = std::make_unique<notify::Mail>(ledger, keychain_->sealer(), entropy, facts_.notify);
  streams_ = std::make_unique<signals::Streams>(ledger, keychain_->sealer(), *signing_keys_, entropy, facts_.signals);
  transmitter_ = std::make_unique<signals::Transmitter>(ledger, keychain_->sealer(), *signing_keys_, entropy, facts_.signals);
  outbox_ = std::make_unique<notify::Outbox>(ledger, keychain_->sealer(), entropy, facts_.notify, transmitter_.get());
  outbox_->links_of(people_.get());
  reminders_ = std::make_unique<notify::Reminders>(ledger, entropy);
  leaks_ = std::make_unique<leaks::Leaks>(ledger, *verifier_, peppers, *alerts_, entropy);
  rooms_.reset(new protocols::Rooms{facts_,
                                    ledger,
                                    *verifier_,
                                    seen_proofs_,
                                    *signing_keys_,
                                    peppers,
                                    keychain_->pepper_lives(),
                                    keychain_->data_keys(),
                                    *apis_,
                                    *encryptions_,
                                    *principals_,
                                    *devices_,
                                    *clients_,
                                    *tokens_,
                                    *answers_,
                                    *access_tokens_,
                                    *sessions_,
                                    *people_,
                                    *networks_,
                                    *grants_,
                                    *decryption_,
                                    saml_starts_,
                                    *alerts_,
                                    *upkeep_,
                                    *selftests_,
                                    *refusals_,
                                    *webhooks_,
                                    *mail_,
                                    *leaks_,
                                    *streams_,
                                    *transmitter_,
                                    entropy,
                                    program});
}

Result<std::unique_ptr<Building>> Building::open(const Places& places, protocols::Facts facts, const Sizes& sizes,
                                                 protocols::Program& program, Instant now) {
  std::unique_ptr<Building> b(new Building);
  b->facts_ = std::move(facts);
  b->facts_.signals.issuer = b->facts_.issuer;
  TRY(b->ledger_, open_ledger(places));
  TRY_VOID(b->start_tests(now));
  TRY_VOID(b->name_installation());
  TRY_VOID(b->name_epoch(now));
  const auto source = !places.master_source.empty() ? places.master_source
                      : places.master_key.empty()   ? std::string()
                                                    : "file:" + places.master_key;
  TRY(b->keychain_, keys::Keychain::open({source, places.peppers}, *b->ledger_, b->installation_, b->entropy_, now));
  TRY_VOID(b->begin_audit(places.store));
  auto& ledger = *b->ledger_;
  auto& entropy = b->entropy_;
  // Proofs tell their time in whole seconds.
  b->seen_proofs_.begin(Instant::from_seconds(now.seconds()));
  b->verifier_ = std::make_unique<verify::Verifier>(ledger, b->facts_.issuer, verify::Limits{sizes.cached_jwts});
  auto& verifier = *b->verifier_;
  b->keychain_->pepper_lives().follow([&verifier](auto peppers) { verifier.set_peppers(std::move(peppers)); });
  ledger.follow(&verifier);
  TRY_VOID(verifier.load(now));
  b->signing_keys_ = std::make_unique<keys::SigningKeys>(ledger, b->keychain_->sealer(), entropy,
                                                         [&verifier](auto ring) { verifier.set_keys(std::move(ring)); });
  b->make_rooms(program, sizes);
  const audit::Actor system{.name = "system", .address = {}, .request_id = {}};
  TRY_VOID(b->record_start(now));
  TRY_VOID(b->signing_keys_->load());
  const auto ring = b->signing_keys_->ring();
  for (const auto& key : ring->entries())
    if (key.state == jeton::ledger::KeyState::Active) TRY_VOID(crypto::needs(crypto::tested(key.verify.alg())));
  // One that is there and signs nothing, because its token is away, keeps its place: what is checked does not need it.
  if (ring->of(crypto::SignAlg::ES256, ApiId(), jeton::ledger::KeyState::Active) == nullptr)
    TRY_VOID(b->signing_keys_->ensure(crypto::SignAlg::ES256, {system, now}));
  TRY_VOID(b->apis_->ensure_management({system, now}));
  TRY_VOID(b->apis_->ensure_identity(b->facts_.issuer, {system, now}));
  b->protocols_ = std::make_unique<protocols::Protocols>(*b->rooms_);
  return b;
}

}  // namespace jeton::serve

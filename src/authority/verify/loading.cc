// Bringing the ledger's tokens into memory, beside checks and commits.
#include "authority/ledger/pages.h"
#include "authority/verify/verifier.h"

namespace jeton::verify {

Status Verifier::load(Instant now) {
  TRY(const auto rules, ledger_.rules());
  TRY(const auto revoked, ledger_.revoked_jwts(now - kRevokedKept));
  TRY(const auto seq, ledger_.last_seq());
  TRY(const auto settings, ledger_.settings());
  TRY(const auto quotas, ledger_.quotas());
  std::vector<ledger::Api> apis;
  std::vector<std::pair<ApiId, std::string>> limited;
  TRY_VOID(ledger::each_of<ApiId>([&](const auto& page) { return ledger_.apis(page); },
                                  [&](const ledger::Api& a) {
                                    apis.push_back(a);
                                    if (!a.limits.empty()) limited.emplace_back(a.id, a.limits);
                                  }));
  const Writing lock(writing_);
  limiter_.restore(quotas);
  for (const auto& [id, limit] : limited) limiter_.set(limits::Level::Api, id.ulid(), limit);
  for (const auto& setting : settings) hear(setting);
  change_world([&](World& w) {
    w.apis.clear();
    for (const auto& a : apis) w.apis.push_back(live(a, tokens_, places_));
    for (const auto& r : rules) w.rules.push_back(live(r, places_));
  });
  auto jwts = std::make_unique<const RevokedJwts>(*revoked_jwts_.load());
  for (const auto& r : revoked) jwts = jwts->with({r.jti.ulid(), r.expires}, r.revoked);
  epochs_.retire(revoked_jwts_.exchange(jwts.release()));
  seq_.store(seq);
  return {};
}

// A party that a commit told of meanwhile is newer than what a listing shows.
Status Verifier::load_parties() {
  const auto put_new = [this](const auto& parties, const auto& record) {
    const Writing lock(writing_);
    const auto known = parties.find(record.id.ulid());
    if (known == Slots::kNone || !parties.at(known).heard.load()) put(record);
  };
  for (const auto kind : {PrincipalKind::User, PrincipalKind::Service})
    TRY_VOID(ledger::each_of<PrincipalId>([&](const auto& page) { return ledger_.principals(kind, page); },
                                          [&](const auto& p) { put_new(principals_, p); }));
  TRY_VOID(ledger::each_of<DeviceId>([&](const auto& page) { return ledger_.devices(std::nullopt, page); },
                                     [&](const auto& d) { put_new(devices_, d); }));
  return ledger::each_of<ClientId>([&](const auto& page) { return ledger_.clients(page); }, [&](const auto& c) { put_new(clients_, c); });
}

class Verifier::Loading final : public ledger::TokenVisitor {
 public:
  explicit Loading(Verifier& v) : v_(v) {}
  bool visit(const ledger::Token& token) override {
    const Writing lock(v_.writing_);
    // What is held already came of a commit or a look-up, and is at least as new.
    if (v_.tokens_.by_id(token.id) == nullptr && std::find(v_.missed_.begin(), v_.missed_.end(), token.id) == v_.missed_.end())
      v_.put(token);
    return true;
  }

 private:
  Verifier& v_;
};

Status Verifier::load_tokens() {
  TRY_VOID(load_parties());
  Loading loading(*this);
  TRY_VOID(ledger_.scan_tokens(loading));
  for (;;) {
    std::vector<TokenId> missed;
    {
      const Writing lock(writing_);
      missed.swap(missed_);
      if (missed.empty()) {
        complete_.store(true, std::memory_order_release);
        // The tables that the growing left behind.
        epochs_.reclaim();
        return {};
      }
    }
    for (const auto& id : missed) TRY_VOID(fetch(id));
  }
}

// A token with those it hangs on, as far as they are not known yet.
struct Verifier::Bundle {
  ledger::Token token;
  std::optional<ledger::Principal> principal;
  std::optional<ledger::Device> device;
  std::optional<ledger::Client> client;
};

Status Verifier::fetch_parties(Bundle& b) {
  const auto unheard = [](const auto& parties, const auto& id) {
    if (id.none()) return false;
    const auto handle = parties.find(id.ulid());
    return handle == Slots::kNone || !parties.at(handle).heard.load();
  };
  const ReadSection inside(epochs_);
  if (unheard(principals_, b.token.principal)) { TRY(b.principal, ledger_.principal(b.token.principal)); }
  if (unheard(devices_, b.token.device)) { TRY(b.device, ledger_.device(b.token.device)); }
  if (unheard(clients_, b.token.client)) { TRY(b.client, ledger_.client(b.token.client)); }
  return {};
}

// Reads until no commit came between reading and putting: a stale row must not bring back what was taken back. The ledger
// is never asked under the writer's lock, because it may be waiting for that lock to tell of a commit.
template <class Read>
Result<const TokenRecord*> Verifier::fetch_by(Read&& read) {
  for (;;) {
    const auto before = applied_.load();
    TRY(auto row, read());
    if (!row) return nullptr;
    Bundle bundle{.token = std::move(*row), .principal = {}, .device = {}, .client = {}};
    TRY_VOID(fetch_parties(bundle));
    const Writing lock(writing_);
    if (applied_.load() != before) continue;
    if (bundle.principal) put(*bundle.principal);
    if (bundle.device) put(*bundle.device);
    if (bundle.client) put(*bundle.client);
    put(bundle.token);
    return tokens_.by_id(bundle.token.id);
  }
}

Result<const TokenRecord*> Verifier::fetch(const crypto::Sha256Digest& hash) {
  return fetch_by([&] { return ledger_.token_by_hash(hash); });
}
Result<const TokenRecord*> Verifier::fetch(const TokenId& id) {
  return fetch_by([&] { return ledger_.token(id); });
}

}  // namespace jeton::verify

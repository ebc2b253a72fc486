#include "stores/memory/ledger.h"

#include <algorithm>
#include <mutex>

#include "authority/verify/revoked/jwts.h"
#include "stores/feed.h"
#include "stores/memory/tables.h"
#include "stores/sealed.h"

namespace jeton::memory {
namespace {

using namespace ledger;

// Any thread; one lock, held while the follower learns too, so that it learns in order.
class Memory final : public Ledger {
 public:
  Result<Committed> commit(std::vector<Change> changes) override;
  Status note_uses(std::span<const LastUse> uses) override;
  void submit(std::vector<Change> changes, Then then) override { then(commit(std::move(changes))); }
  Status note_days(std::span<const DayUse> days) override;
  Status note_quotas(std::span<const QuotaUse> quotas) override;
  void follow(Follower* follower) override {
    const std::scoped_lock lock(mutex_);
    follower_ = follower;
  }
  Result<ChainHead> chain(AuditChain* chain) override;

  Result<std::optional<Api>> api(const ApiId& id) override { return find<Api>(id); }
  Result<std::optional<Api>> api_named(std::string_view name) override {
    return find_by<Api>(api_claim(name), [](const Ulid& u) { return ApiId(u); });
  }
  Result<std::optional<Api>> api_at(std::string_view audience) override {
    auto found =
        list<Api>(PageOf<ApiId>{.before = std::nullopt, .limit = 1}, [&](const Api& r) { return !r.deleted && r.audience == audience; });
    return found.empty() ? std::nullopt : std::optional(std::move(found[0]));
  }
  Result<std::optional<Principal>> principal(const PrincipalId& id) override { return find<Principal>(id); }
  Result<std::optional<Principal>> principal_named(PrincipalKind kind, std::string_view name) override {
    return find_by<Principal>(principal_claim(kind, name), [kind](const Ulid& u) { return PrincipalId(kind, u); });
  }
  Result<std::vector<Principal>> users_at(std::string_view email, std::size_t limit) override;
  Result<std::optional<Device>> device(const DeviceId& id) override { return find<Device>(id); }
  Result<std::optional<Client>> client(const ClientId& id) override { return find<Client>(id); }
  Result<std::optional<Token>> token(const TokenId& id) override { return find<Token>(id); }
  Result<std::optional<Token>> token_but_use(const TokenId& id) override { return token(id); }
  Result<std::optional<Token>> token_by_hash(const crypto::Sha256Digest& hash) override {
    return find_by<Token>(hash_claim(hash), [](const Ulid& u) { return TokenId(u); });
  }
  Result<std::optional<SigningKey>> key(const KeyId& id) override { return find<SigningKey>(id); }
  Result<std::optional<Rule>> rule(const RuleId& id) override { return find<Rule>(id); }
  Result<std::optional<Alert>> alert(const AlertId& id) override { return find<Alert>(id); }
  Result<std::optional<Webhook>> webhook(const WebhookId& id) override { return find<Webhook>(id); }
  Result<std::optional<Stream>> stream(const StreamId& id) override { return find<Stream>(id); }
  Result<std::optional<Delivery>> delivery(const DeliveryId& id) override { return find<Delivery>(id); }
  Result<std::optional<Ticket>> ticket(const crypto::Sha256Digest& id) override { return find<Ticket>(id); }
  Result<std::vector<Ticket>> lasting_of(const PrincipalId& of, Instant now) override;
  Result<std::optional<Credential>> credential_by_handle(std::string_view handle) override {
    return find_by<Credential>(handle_claim(handle), [](const Ulid& u) { return CredentialId(u); });
  }
  Result<std::optional<SavedAnswer>> answer(const crypto::Sha256Digest& key, Instant now) override;
  Result<std::optional<Setting>> setting(std::string_view name) override;

  Result<std::vector<Api>> apis(const PageOf<ApiId>& page) override {
    return list<Api>(page, [](const Api& r) { return !r.deleted; });
  }
  Result<std::vector<Principal>> principals(PrincipalKind kind, const PageOf<PrincipalId>& page) override;
  Result<std::vector<Device>> devices(const std::optional<PrincipalId>& of, const PageOf<DeviceId>& page) override {
    return list<Device>(page, [&of](const Device& r) { return !of || (!of->none() && r.principal == *of); });
  }
  Result<std::vector<Client>> clients(const PageOf<ClientId>& page) override { return list<Client>(page, any); }
  Result<std::vector<Token>> tokens(const TokenFilter& filter, const PageOf<TokenId>& page, Instant now) override {
    return list<Token>(page, [&](const Token& t) { return fits(t, filter, now); });
  }
  Result<std::vector<Token>> own_grants(const ClientId& of) override;
  Result<std::vector<Credential>> credentials(const PrincipalId& of) override;
  Result<std::vector<SigningKey>> keys() override { return all<SigningKey>(); }
  Result<std::vector<Rule>> rules() override { return all<Rule>(); }
  Result<std::vector<Alert>> alerts(const PageOf<AlertId>& page) override { return list<Alert>(page, any); }
  Result<std::vector<AuditEvent>> audit(const PageOf<EventId>& page) override { return list<AuditEvent>(page, any); }
  Result<std::vector<AuditEvent>> audit_after(std::uint64_t number, std::size_t limit) override;
  Result<std::vector<Webhook>> webhooks(const PageOf<WebhookId>& page) override { return list<Webhook>(page, any); }
  Result<std::vector<Stream>> streams(const PageOf<StreamId>& page) override { return list<Stream>(page, any); }
  Result<std::vector<Delivery>> deliveries(const DeliveryFilter& f, const PageOf<DeliveryId>& page) override {
    return list<Delivery>(page, [&f](const Delivery& d) {
      const bool to = !f.webhook || (*f.webhook == d.webhook && (!f.webhook->none() || d.stream.none()));
      return to && (!f.stream || *f.stream == d.stream) && (!f.state || *f.state == d.state);
    });
  }
  Result<std::vector<Delivery>> due_deliveries(Instant now, std::size_t limit) override;
  Result<std::size_t> waiting_deliveries(const WebhookId& of) override;
  Result<std::size_t> waiting_deliveries(const StreamId& of) override;
  Result<std::vector<Delivery>> waiting_for(const StreamId& stream, std::size_t limit) override;
  Result<std::vector<Setting>> settings(std::string_view prefix) override;
  Result<std::vector<DayUse>> days_of(const TokenId& token) override;
  Result<std::vector<QuotaUse>> quotas() override;
  Result<std::vector<RevokedJwt>> revoked_jwts(Instant now) override;
  Result<std::vector<FeedEntry>> feed(Seq after, std::size_t limit) override;
  Result<Seq> last_seq() override {
    const std::scoped_lock lock(mutex_);
    return tables_.feed.size();
  }

  Status scan_tokens(TokenVisitor& visitor) override;
  Status scan_audit(AuditVisitor& visitor) override;
  Result<PurgeCounts> purge(Instant now, Instant keep_after, std::size_t limit) override;
  Status backup(const std::string&) override { return refuse(Refusal::Unsupported, "a ledger in memory has no file to copy"); }
  Result<bool> nothing_sealed_under(std::uint32_t data_key) override;
  Result<std::vector<SealedValue>> sealed_otherwise(std::uint32_t data_key, std::size_t limit) override;
  Result<std::map<std::uint32_t, Hashes>> hashes(Instant now) override;
  Status healthy() override { return {}; }

 private:
  static constexpr auto any = [](const auto&) { return true; };

  template <class R, class IdType>
  std::optional<R> find(const IdType& id) {
    const std::scoped_lock lock(mutex_);
    const auto at = tables_.of<R>().find(id);
    if (at == tables_.of<R>().end()) return std::nullopt;
    return at->second;
  }

  template <class R, class MakeId>
  std::optional<R> find_by(const std::string& claim, MakeId make_id) {
    const std::scoped_lock lock(mutex_);
    const auto holder = tables_.taken.find(claim);
    if (holder == tables_.taken.end()) return std::nullopt;
    return tables_.of<R>().at(make_id(holder->second));
  }

  // Newest first, below `page.before`, as far as the page goes.
  template <class R, class IdType, class Fits>
  std::vector<R> list(const PageOf<IdType>& page, Fits fits) {
    const std::scoped_lock lock(mutex_);
    auto& table = tables_.of<R>();
    std::vector<R> out;
    auto at = page.before ? table.lower_bound(*page.before) : table.end();
    while (at != table.begin() && out.size() < page.limit)
      if (--at; fits(at->second)) out.push_back(at->second);
    return out;
  }

  template <class R>
  std::vector<R> all() {
    const std::scoped_lock lock(mutex_);
    std::vector<R> out;
    for (const auto& [id, record] : tables_.of<R>()) out.push_back(record);
    return out;
  }

  std::mutex mutex_;
  Tables tables_;
  Follower* follower_ = nullptr;
  AuditChain* chain_ = nullptr;
};

Result<ChainHead> Memory::chain(AuditChain* chain) {
  const std::scoped_lock lock(mutex_);
  chain_ = chain;
  tables_.chain = chain;
  if (chain && chain->adopts() && tables_.head.link == crypto::Sha256Digest{}) {
    for (const auto& [number, id] : tables_.numbered) {
      auto& e = tables_.of<AuditEvent>().at(id);
      const auto seal = chain->seal(e);
      tables_.head.link = chain->link(tables_.head.link, seal);
      e.seal.assign(seal.begin(), seal.end());
      e.link.assign(tables_.head.link.begin(), tables_.head.link.end());
    }
  }
  return tables_.head;
}

Result<std::vector<AuditEvent>> Memory::audit_after(std::uint64_t number, std::size_t limit) {
  const std::scoped_lock lock(mutex_);
  std::vector<AuditEvent> out;
  for (auto at = tables_.numbered.upper_bound(number); at != tables_.numbered.end() && out.size() < limit; ++at)
    out.push_back(tables_.of<AuditEvent>().at(at->second));
  return out;
}

Status Memory::scan_audit(AuditVisitor& visitor) {
  TRY(const auto events, audit_after(0, SIZE_MAX));
  for (const auto& event : events)
    if (!visitor.visit(event)) break;
  return {};
}

Result<std::vector<Delivery>> Memory::due_deliveries(Instant now, std::size_t limit) {
  auto out = all<Delivery>();
  std::erase_if(out, [now](const Delivery& d) { return d.state != DeliveryState::Waiting || d.next > now; });
  std::stable_sort(out.begin(), out.end(), [](const Delivery& a, const Delivery& b) { return a.next < b.next; });
  if (out.size() > limit) out.resize(limit);
  return out;
}

Result<std::size_t> Memory::waiting_deliveries(const WebhookId& of) {
  const std::scoped_lock lock(mutex_);
  std::size_t n = 0;
  for (const auto& [id, d] : tables_.of<Delivery>()) n += d.webhook == of && d.stream.none() && d.state == DeliveryState::Waiting;
  return n;
}

Result<std::size_t> Memory::waiting_deliveries(const StreamId& of) {
  const std::scoped_lock lock(mutex_);
  std::size_t n = 0;
  for (const auto& [id, d] : tables_.of<Delivery>()) n += d.stream == of && d.state == DeliveryState::Waiting;
  return n;
}

Result<std::vector<Delivery>> Memory::waiting_for(const StreamId& stream, std::size_t limit) {
  const std::scoped_lock lock(mutex_);
  std::vector<Delivery> out;
  for (const auto& [id, d] : tables_.of<Delivery>())
    if (d.stream == stream && d.state == DeliveryState::Waiting && out.size() < limit) out.push_back(d);
  return out;
}

Result<Committed> Memory::commit(std::vector<Change> changes) {
  const std::scoped_lock lock(mutex_);
  const Instant at = stores::moment_of(changes);
  const auto audited = tables_.head.number;
  Batch batch(tables_, at);
  for (const auto& change : changes) {
    if (auto done = batch.apply(change); !done) {
      batch.undo();
      return std::unexpected(done.error());
    }
  }
  Committed committed;
  for (const auto& effect : batch.effects()) {
    if (const auto* ended = std::get_if<TokenEnded>(&effect)) committed.ended.push_back(*ended);
    if (auto entry = stores::feed_entry(effect, at)) {
      entry->seq = tables_.feed.size() + 1;
      tables_.feed.push_back(std::move(*entry));
    }
  }
  committed.seq = tables_.feed.size();
  if (chain_ && tables_.head.number != audited) chain_->committed(tables_.head, at);
  if (follower_ && !batch.effects().empty()) follower_->apply(committed.seq, batch.effects());
  return committed;
}

Status Memory::note_uses(std::span<const LastUse> uses) {
  const std::scoped_lock lock(mutex_);
  auto& table = tables_.of<Token>();
  for (const auto& use : uses) {
    const auto at = table.find(use.token);
    if (at == table.end() || (at->second.last_used && *at->second.last_used >= use.at)) continue;
    at->second.last_used = use.at;
    at->second.last_address = use.address;
  }
  return {};
}

Status Memory::note_days(std::span<const DayUse> days) {
  const std::scoped_lock lock(mutex_);
  for (const auto& day : days) {
    auto& held = tables_.days[{day.token, day.day}];
    const auto count = held.count + day.count;
    held = day;
    held.count = count;
  }
  return {};
}

Result<std::vector<DayUse>> Memory::days_of(const TokenId& token) {
  const std::scoped_lock lock(mutex_);
  std::vector<DayUse> out;
  for (auto at = tables_.days.lower_bound({token, 0}); at != tables_.days.end() && at->first.first == token; ++at)
    out.insert(out.begin(), at->second);
  return out;
}

Status Memory::note_quotas(std::span<const QuotaUse> quotas) {
  const std::scoped_lock lock(mutex_);
  for (const auto& quota : quotas) tables_.quotas[quota.subject] = quota;
  return {};
}

Result<std::vector<QuotaUse>> Memory::quotas() {
  const std::scoped_lock lock(mutex_);
  std::vector<QuotaUse> out;
  for (const auto& [subject, quota] : tables_.quotas) out.push_back(quota);
  return out;
}

Result<std::optional<SavedAnswer>> Memory::answer(const crypto::Sha256Digest& key, Instant now) {
  const std::scoped_lock lock(mutex_);
  const auto at = tables_.answers.find(key);
  if (at == tables_.answers.end() || at->second.expires <= now) return std::nullopt;
  return at->second;
}

Result<std::optional<Setting>> Memory::setting(std::string_view name) {
  const std::scoped_lock lock(mutex_);
  const auto at = tables_.settings.find(name);
  if (at == tables_.settings.end()) return std::nullopt;
  return at->second;
}

Result<std::vector<Principal>> Memory::principals(PrincipalKind kind, const PageOf<PrincipalId>& page) {
  return list<Principal>(page, [kind](const Principal& r) { return r.id.kind() == kind; });
}

bool same_but_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

Result<std::vector<Principal>> Memory::users_at(std::string_view email, std::size_t limit) {
  auto out = all<Principal>();
  std::erase_if(out, [&](const Principal& p) {
    return p.id.kind() != PrincipalKind::User || p.standing == Standing::Deleted || p.email.empty() || !same_but_case(p.email, email);
  });
  if (out.size() > limit) out.resize(limit);
  return out;
}

Result<std::vector<Token>> Memory::own_grants(const ClientId& of) {
  auto out = all<Token>();
  std::erase_if(out, [&of](const Token& t) {
    return of.none() || t.client != of || t.kind != opaque::Kind::Rt || t.principal.kind() != PrincipalKind::Service || t.ended;
  });
  return out;
}

Result<std::vector<Credential>> Memory::credentials(const PrincipalId& of) {
  auto out = all<Credential>();
  std::erase_if(out, [&of](const Credential& c) { return of.none() || c.principal != of; });
  return out;
}

Result<std::vector<Setting>> Memory::settings(std::string_view prefix) {
  const std::scoped_lock lock(mutex_);
  std::vector<Setting> out;
  for (const auto& [name, setting] : tables_.settings)
    if (name.starts_with(prefix)) out.push_back(setting);
  return out;
}

Result<std::vector<RevokedJwt>> Memory::revoked_jwts(Instant now) {
  const std::scoped_lock lock(mutex_);
  std::vector<RevokedJwt> out;
  for (const auto& [jti, record] : tables_.jwts)
    if (record.expires > now) out.push_back(record);
  return out;
}

Result<std::vector<FeedEntry>> Memory::feed(Seq after, std::size_t limit) {
  const std::scoped_lock lock(mutex_);
  std::vector<FeedEntry> out;
  for (Seq i = after; i < tables_.feed.size() && out.size() < limit; ++i) out.push_back(tables_.feed[i]);
  return out;
}

Status Memory::scan_tokens(TokenVisitor& visitor) {
  // A copy, so that a visitor may take its time, or ask the ledger.
  for (const auto& token : all<Token>())
    if (!visitor.visit(token)) break;
  return {};
}

// f(SealedValue) for every value that is sealed.
void each_sealed(Tables& tables, auto&& f) {
  stores::every_sealed([&]<class R>(const stores::Sealed<R>& where) {
    for (const auto& [id, record] : tables.of<R>())
      if (const auto& sealed = record.*where.member; !sealed.empty())
        f(SealedValue{std::string(where.table), std::string(where.place), stores::row_of(id), sealed});
  });
}

bool under(const SealedValue& value, std::uint32_t data_key) {
  const auto head = stores::sealed_head(data_key);
  return value.sealed.size() >= head.size() && std::equal(head.begin(), head.end(), value.sealed.begin());
}

Result<bool> Memory::nothing_sealed_under(std::uint32_t data_key) {
  const std::scoped_lock lock(mutex_);
  bool none = true;
  each_sealed(tables_, [&](const SealedValue& value) { none = none && !under(value, data_key); });
  return none;
}

Result<std::vector<SealedValue>> Memory::sealed_otherwise(std::uint32_t data_key, std::size_t limit) {
  const std::scoped_lock lock(mutex_);
  std::vector<SealedValue> out;
  each_sealed(tables_, [&](SealedValue value) {
    if (out.size() < limit && !under(value, data_key)) out.push_back(std::move(value));
  });
  return out;
}

Result<std::map<std::uint32_t, Hashes>> Memory::hashes(Instant now) {
  const std::scoped_lock lock(mutex_);
  std::map<std::uint32_t, Hashes> out;
  for (const auto& [id, t] : tables_.of<Token>()) {
    const bool live = !t.ended && (!t.expires || now < *t.expires);
    auto& h = out[t.pepper];
    if (live) ++h.tokens;
    else if (stores::hash_outlives(t.kind)) ++h.ended_tokens;
  }
  for (const auto& [id, t] : tables_.of<Ticket>())
    if (t.pepper != 0 && now < t.expires) ++out[t.pepper].tickets;
  for (const auto& [id, c] : tables_.of<Credential>())
    if (c.pepper != 0) ++out[c.pepper].recovery_codes;
  return out;
}

Result<std::vector<Ticket>> Memory::lasting_of(const PrincipalId& of, Instant now) {
  const std::scoped_lock lock(mutex_);
  std::vector<Ticket> out;
  for (const auto& [id, t] : tables_.of<Ticket>())
    if (t.kind == TicketKind::Lasting && !of.none() && t.principal == of && now < t.expires) out.push_back(t);
  std::ranges::sort(out, {}, [](const Ticket& t) { return std::pair(t.created, t.id); });
  return out;
}

Result<PurgeCounts> Memory::purge(Instant now, Instant keep_after, std::size_t limit) {
  const std::scoped_lock lock(mutex_);
  PurgeCounts counts;
  std::vector<Effect> forgotten;
  const auto room = [&] { return counts.all() < limit; };
  auto& table = tables_.of<Token>();
  for (auto at = table.begin(); at != table.end() && room();) {
    const auto& t = at->second;
    const bool past = (t.ended && *t.ended < keep_after) || (t.expires && *t.expires < keep_after);
    if (past) {
      for (const auto& claim : claims(t)) tables_.taken.erase(claim);
      forgotten.push_back(TokenForgotten{t.id});
      ++counts.tokens;
    }
    at = past ? table.erase(at) : std::next(at);
  }
  const auto oldest = static_cast<std::uint32_t>(std::max<std::int64_t>(0, keep_after.seconds() / 86400));
  for (auto at = tables_.days.begin(); at != tables_.days.end() && room();) {
    const bool past = at->first.second < oldest;
    counts.days += past;
    at = past ? tables_.days.erase(at) : std::next(at);
  }
  for (auto at = tables_.answers.begin(); at != tables_.answers.end() && room();) {
    const bool past = at->second.expires <= now;
    counts.answers += past;
    at = past ? tables_.answers.erase(at) : std::next(at);
  }
  for (auto at = tables_.jwts.begin(); at != tables_.jwts.end() && room();) {
    const bool past = at->second.expires <= now - verify::kRevokedKept;
    counts.jwts += past;
    at = past ? tables_.jwts.erase(at) : std::next(at);
  }
  auto& tickets = tables_.of<Ticket>();
  for (auto at = tickets.begin(); at != tickets.end() && room();) {
    const bool past = at->second.expires <= now;
    counts.tickets += past;
    at = past ? tickets.erase(at) : std::next(at);
  }
  auto& deliveries = tables_.of<Delivery>();
  for (auto at = deliveries.begin(); at != deliveries.end() && room();) {
    const bool past = at->second.state != DeliveryState::Waiting && at->second.next < keep_after;
    counts.deliveries += past;
    at = past ? deliveries.erase(at) : std::next(at);
  }
  if (follower_ && !forgotten.empty()) follower_->apply(tables_.feed.size(), forgotten);
  return counts;
}

}  // namespace

std::unique_ptr<Ledger> open() { return std::make_unique<Memory>(); }

}  // namespace jeton::memory

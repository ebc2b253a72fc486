#include "stores/ledger_suite.h"

#include <unistd.h>
#include <atomic>

#include "stores/memory/ledger.h"
#include "stores/sqlite/ledger.h"

namespace jeton::stores::suite {

using namespace ledger;

Folder::Folder() {
  static std::atomic<int> counter = 0;
  path_ = std::filesystem::temp_directory_path() / ("jeton-store-" + std::to_string(::getpid()) + "-" + std::to_string(++counter));
  std::filesystem::create_directories(path_);
}
Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::vector<Store> every_store() {
  const auto file = [](const Folder& folder) -> std::unique_ptr<Ledger> {
    auto opened = sqlite::open(folder.file("ledger.db"));
    return opened ? std::move(*opened) : nullptr;
  };
  return {{"memory", [](const Folder&) { return memory::open(); }, Store::Keeps::Nothing}, {"sqlite", file, Store::Keeps::Files}};
}

Committed LedgerSuite::commit(std::vector<Change> changes) {
  auto done = ledger_->commit(std::move(changes));
  if (!done) {
    ADD_FAILURE() << done.error().name() << ": " << done.error().detail();
    return {};
  }
  return *done;
}

bool LedgerSuite::refused(std::vector<Change> changes, Refusal with) {
  const auto done = ledger_->commit(std::move(changes));
  return !done && done.error().is(with);
}

Token LedgerSuite::token(const TokenId& id) {
  const auto found = ledger_->token(id);
  if (!found || !*found) {
    ADD_FAILURE() << "no such token";
    return {};
  }
  return **found;
}

Instant at(std::int64_t second) { return Instant::from_millis(1'790'000'000'123 + second * 1000); }

Ulid ulid(std::uint64_t n) {
  Ulid u;
  for (int i = 0; i < 8; ++i) u.octets[15 - i] = static_cast<std::uint8_t>(n >> (8 * i));
  u.octets[0] = 1;
  return u;
}

crypto::Sha256Digest digest(std::uint64_t n) {
  crypto::Sha256Digest d{};
  // Spread as a hash is, so that an index sees what it will see.
  const std::uint64_t spread = (n + 1) * 0x9E3779B97F4A7C15ULL;
  for (std::size_t i = 0; i < 8; ++i) d[i] = static_cast<std::uint8_t>(spread >> (56 - 8 * i));
  for (std::size_t i = 0; i < 8; ++i) d[24 + i] = static_cast<std::uint8_t>(n >> (56 - 8 * i));
  return d;
}

net::Prefix prefix4(std::uint8_t first, std::uint8_t bits) { return {net::Address::v4({first, 0, 0, 0}), bits}; }

Api api(std::uint64_t n) {
  Api r;
  r.id = ApiId(ulid(n));
  r.name = "orders-" + std::to_string(n);
  r.audience = "https://orders.example/" + std::to_string(n);
  r.scopes = {"orders:read", "orders:write"};
  r.routes = {"GET /orders/** orders:read", "POST /orders orders:write"};
  r.format = TokenFormat::Opaque;
  r.alg = crypto::SignAlg::EdDSA;
  r.access_ttl = Seconds(300);
  r.created = r.updated = at(0);
  return r;
}

Principal principal(std::uint64_t n, PrincipalKind kind) {
  Principal r;
  r.id = PrincipalId(kind, ulid(n));
  r.name = "ann-" + std::to_string(n);
  r.email = "ann@example.com";
  r.metadata = {{"team", "blue\nwith a line, a \\ and a tab\t"}, {"z", ""}};
  r.created = r.updated = at(0);
  return r;
}

Device device(std::uint64_t n, const PrincipalId& of) {
  Device r;
  r.id = DeviceId(ulid(n));
  r.principal = of;
  r.name = "laptop-" + std::to_string(n);
  r.created = r.updated = at(0);
  return r;
}

Client client(std::uint64_t n) {
  Client r;
  r.id = ClientId(ulid(n));
  r.name = "shop-" + std::to_string(n);
  r.type = ClientType::Web;
  r.redirects = {"https://shop.example/cb", "https://shop.example/cb?x=a b"};
  r.scopes = {"orders:read"};
  r.secrets = {{digest(n), 1, "abcd", at(0), std::nullopt}, {digest(n + 1), 2, "", at(1), at(9)}};
  r.created = r.updated = at(0);
  return r;
}

Token token(std::uint64_t n) {
  Token r;
  r.id = TokenId(ulid(n));
  r.hash = digest(n);
  r.pepper = 1;
  r.hint = {'a', 'B', '0', '9'};
  r.principal = PrincipalId(PrincipalKind::User, ulid(1));
  r.api = ApiId(ulid(1));
  r.scopes = {"orders:read"};
  r.created = at(0);
  r.family = r.id;
  return r;
}

Token full_token(std::uint64_t n) {
  Token r = token(n);
  r.kind = opaque::Kind::Key;
  r.pepper = 4'000'000'000;
  r.principal = PrincipalId(PrincipalKind::Service, ulid(3));
  r.device = DeviceId(ulid(4));
  r.client = ClientId(ulid(5));
  r.scopes = {"", "a b", "orders:read"};
  r.name = "deploy \"key\" \xc3\xa9";
  r.metadata = {{"empty", ""}, {"ticket", "line one\nline two\\n"}};
  r.network.allow = {prefix4(10, 8), {net::Address::v6({0x20, 0x01, 0x0d, 0xb8}), 32}};
  r.network.deny = {prefix4(11, 32)};
  r.network.allow_words = {"@office", "country:DE"};
  r.network.deny_words = {"asn:64500"};
  r.limits = "100/1m burst 20, 1000/day";
  r.hold = Hold::Quarantined;
  r.expires = at(5000);
  r.family = TokenId(ulid(1));
  r.predecessor = TokenId(ulid(n + 100000));
  r.successor = TokenId(ulid(n + 100001));
  r.parent = TokenId(ulid(n + 100002));
  r.overlap_until = at(4000);
  r.overlap = Overlap::FirstUse;
  r.on_reuse = OnReuse::RevokeFamily;
  r.last_used = at(7);
  r.last_address = net::Address::v4({192, 0, 2, 7});
  return r;
}

SigningKey key(std::uint64_t n) {
  SigningKey r;
  r.id = KeyId(ulid(n));
  r.kid = "kid-" + std::to_string(n);
  r.public_jwk = R"({"kty":"EC"})";
  r.sealed_private = {0, 1, 2, 255};
  r.created = at(0);
  return r;
}

Rule rule(std::uint64_t n) {
  Rule r;
  r.id = RuleId(ulid(n));
  r.name = "office";
  r.network.deny = {prefix4(10, 8)};
  r.observe = true;
  r.created = r.updated = at(0);
  return r;
}

Alert alert(std::uint64_t n) {
  Alert r;
  r.id = AlertId(ulid(n));
  r.rule = "use_after_rotation";
  r.severity = Severity::Critical;
  r.token = TokenId(ulid(n));
  r.principal = PrincipalId(PrincipalKind::User, ulid(1));
  r.evidence = "tok_1 from 192.0.2.7";
  r.count = 3;
  r.first = at(1);
  r.last = at(2);
  return r;
}

AuditEvent event(std::uint64_t n) {
  AuditEvent r;
  r.id = EventId(ulid(n));
  r.at = at(static_cast<std::int64_t>(n));
  r.actor = "uid:0";
  r.action = "token.create";
  r.target = "tok_1";
  r.detail = R"({"a":1})";
  r.address = net::Address::v4({192, 0, 2, 7});
  r.request_id = "r1";
  return r;
}

EndTokens end(decltype(EndTokens::which) which, EndReason reason) { return {which, reason, "said so", at(50)}; }

namespace {

std::string show(const std::optional<Instant>& t) { return t ? std::to_string(t->millis()) : "-"; }
std::string show(const net::Prefix& p) { return to_hex(p.base.octets()) + (p.base.is_v4() ? "v4/" : "v6/") + std::to_string(p.bits); }

}  // namespace

std::string show(const Token& t) {
  std::string s = t.id.text() + " kind " + std::string(opaque::name(t.kind)) + " hash " + to_hex(t.hash) + " pepper " +
                  std::to_string(t.pepper) + " hint " + std::string(t.hint.data(), 4) + " of " + t.principal.text() + " " +
                  t.device.text() + " " + t.api.text() + " " + t.client.text() + " name " + t.name;
  for (const auto& scope : t.scopes) s += " scope '" + scope + "'";
  for (const auto& [name, value] : t.metadata) s += " meta '" + name + "'='" + value + "'";
  for (const auto& p : t.network.allow) s += " allow " + show(p);
  for (const auto& p : t.network.deny) s += " deny " + show(p);
  for (const auto& w : t.network.allow_words) s += " allow " + w;
  for (const auto& w : t.network.deny_words) s += " deny " + w;
  s += " limits " + t.limits + " hold " + std::to_string(static_cast<int>(t.hold));
  s += " created " + show(t.created) + " expires " + show(t.expires) + " ended " + show(t.ended) + " reason " +
       std::to_string(static_cast<int>(t.end_reason)) + " note " + t.end_note + " family " + t.family.text() + " " + t.predecessor.text() +
       " " + t.successor.text() + " parent " + t.parent.text() + " overlap " + show(t.overlap_until) + " " +
       std::to_string(static_cast<int>(t.overlap)) + " " + std::to_string(static_cast<int>(t.on_reuse)) + " used " + show(t.last_used) +
       " from " + (t.last_address.is_none() ? "-" : to_hex(t.last_address.octets())) + " version " + std::to_string(t.version);
  return s;
}

}  // namespace jeton::stores::suite

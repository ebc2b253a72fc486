#include "jeton/verifier.h"

#include <algorithm>
#include <limits>

#include "formats/jose/jwt.h"
#include "formats/library/bodies.h"

namespace libjeton {

namespace jose = jeton::jose;
namespace crypto = jeton::crypto;

struct Believed::Body {
  std::string payload, issuer, subject, token_id, client_id, scope;
  std::int64_t expires = std::numeric_limits<std::int64_t>::max();
};

struct Verifier::Body {
  Keys keys;
  Policy policy;
  // For each key of the set, one that verifies for each algorithm that is taken of it.
  std::vector<std::vector<crypto::VerifyKey>> proven;
};

namespace {

constexpr std::chrono::minutes kMostLeeway{10};
// Later than any date that a token may hold (formats/jose/jwt.h), and far from where seconds would not fit into milliseconds.
constexpr std::int64_t kLatest = std::int64_t{1} << 42;

bool takes(const Policy& policy, const jose::Jwk& key, const crypto::SignAlgInfo& alg) {
  const auto& algs = policy.algorithms;
  if (!algs.empty()) return std::find(algs.begin(), algs.end(), alg.name) != algs.end();
  return key.alg == alg.name || (alg.on_by_default && alg.key_type != crypto::KeyType::Oct);
}

Answer<void> check(const Policy& policy) {
  if (policy.issuer.empty() || policy.audience.empty()) return std::unexpected(Reason::Malformed);
  if (policy.leeway < std::chrono::seconds(0) || policy.leeway > kMostLeeway) return std::unexpected(Reason::Malformed);
  for (const auto& name : policy.algorithms)
    if (!crypto::sign_alg(name)) return std::unexpected(Reason::Unsupported);
  return {};
}

}  // namespace

std::string_view Believed::issuer() const { return body_->issuer; }
std::string_view Believed::subject() const { return body_->subject; }
std::string_view Believed::token_id() const { return body_->token_id; }
std::string_view Believed::client_id() const { return body_->client_id; }
std::string_view Believed::scope() const { return body_->scope; }
std::chrono::sys_seconds Believed::expires() const { return std::chrono::sys_seconds(std::chrono::seconds(body_->expires)); }
std::string_view Believed::claims_json() const { return body_->payload; }

Answer<Verifier> Verifier::make(const Keys& keys, Policy policy) {
  if (const auto good = check(policy); !good) return std::unexpected(good.error());
  auto body = std::make_shared<Body>(Body{keys, std::move(policy), {}});
  bool usable = false;
  for (const auto& key : keys.body_->set.keys) {
    auto& proven = body->proven.emplace_back();
    for (const auto& alg : crypto::sign_algs()) {
      if (!takes(body->policy, key, alg) || !jose::permits(key, alg.alg, jose::Purpose::Verify)) continue;
      auto verifies = jose::verify_key(key, alg.alg);
      if (!verifies) return no(verifies.error());
      proven.push_back(*std::move(verifies));
      usable = true;
    }
  }
  if (!usable) return std::unexpected(Reason::UnknownKey);
  return Verifier(std::move(body));
}

Answer<Believed> Verifier::verify(std::string_view token, std::chrono::sys_seconds now) const {
  thread_local jose::JwtRoom room;
  const auto parsed = jose::ParsedJwt::parse(token, room);
  if (!parsed) return no(parsed.error());
  const auto& set = body_->keys.body_->set;
  const auto key = jose::choose(set, parsed->header(), jose::fits_signature);
  if (!key) return no(key.error());
  const auto& proven = body_->proven[static_cast<std::size_t>(*key - set.keys.data())];
  const auto by =
      std::find_if(proven.begin(), proven.end(), [&](const auto& k) { return crypto::info(k.alg()).name == parsed->header().alg; });
  if (by == proven.end()) return std::unexpected(Reason::Unsupported);
  const auto verified = parsed->verify(*by);
  if (!verified) return no(verified.error());
  const auto& claims = jose::read_claims(*verified);
  if (!claims) return no(claims.error());
  // A clock that stands before 1970 judges nothing; one that is out of all bounds has seen every end.
  const auto at = std::min(now.time_since_epoch().count(), kLatest);
  if (at < 0) return std::unexpected(Reason::NotYetValid);
  const auto& p = body_->policy;
  const jose::Expected expected{.issuer = p.issuer, .audience = p.audience, .typ = p.typ, .leeway = p.leeway};
  const auto judged = jose::judge(*verified, *claims, expected, jeton::Instant::from_seconds(at));
  if (!judged) return no(judged.error());
  auto body = std::make_shared<Believed::Body>();
  const auto text = [](std::string_view claim) { return std::string(claim); };
  *body = {text(verified->payload()),
           text(claims->iss),
           text(claims->sub),
           text(claims->jti),
           text(claims->client_id),
           text(claims->scope),
           claims->exp.value_or(std::numeric_limits<std::int64_t>::max())};
  return Believed(std::move(body));
}

}  // namespace libjeton

#include "protocols/oauth/proof/dpop.h"

#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "formats/jose/jwk.h"
#include "formats/jose/jwt.h"
#include "ground/base64url.h"
#include "protocols/oauth/proof/nonce.h"

namespace jeton::protocols::oauth {
namespace {

constexpr Seconds kWindow{300}, kLeeway{30};

constexpr auto bad(std::string_view why) { return refuse(Refusal::Malformed, why); }

// The key in the proof's own header: it says who proves, and nothing is believed of it but that it signed this.
std::optional<std::pair<jose::Jwk, crypto::VerifyKey>> key_of(std::string_view proof) {
  const auto octets = base64url::decode(proof.substr(0, proof.find('.')));
  if (!octets) return std::nullopt;
  const auto header = json::parse(as_text(*octets), {.size = 8192, .depth = 8});
  if (!header) return std::nullopt;
  const auto alg = crypto::sign_alg(header->string_at("alg").value_or(""));
  const auto* key = header->find("jwk");
  if (!alg || key == nullptr || key->object() == nullptr) return std::nullopt;
  // [RFC9449 §4.3] an asymmetric algorithm, a public key
  if (crypto::info(*alg).key_type == crypto::KeyType::Oct || !crypto::info(*alg).on_by_default) return std::nullopt;
  std::string text;
  json::Writer w(text);
  w.object();
  for (const auto& [name, value] : *key->object()) {
    const auto string = value.string();
    if (string) w.member(name, *string);
  }
  w.end_object();
  auto jwk = jose::parse_jwk(text);
  if (!jwk || jwk->is_private() || jwk->pub.type == crypto::KeyType::Oct) return std::nullopt;
  auto verify = jose::verify_key(*jwk, *alg);
  if (!verify) return std::nullopt;
  return std::pair(*std::move(jwk), *std::move(verify));
}

// What a good proof proves. It still has to be the first of its jti.
struct Proven {
  std::string confirmation, nonce;
  crypto::Sha256Digest once{};
  Instant made;
};

// [RFC9449 §4.3, RFC3986 §6.2.2, §6.2.3] Scheme and host have no case, and a port that is the scheme's own need not be said.
std::string normal(std::string_view url) {
  const auto colon = url.find("://");
  if (colon == std::string_view::npos) return std::string(url);
  const auto path = std::min(url.find('/', colon + 3), url.size());
  std::string out(url.substr(0, path));
  for (auto& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  for (const auto& [scheme, port] : {std::pair<std::string_view, std::string_view>{"https:", ":443"}, {"http:", ":80"}})
    if (out.starts_with(scheme) && out.ends_with(port)) out.resize(out.size() - port.size());
  return out.append(url.substr(path));
}

// The claims against the call (RFC 9449 §4.3); a call of the token endpoint has no access token.
Status fits(const json::Value& all, const jose::Claims& claims, const ApiCall& call, Instant now) {
  if (all.string_at("htm") != call.method) return bad("htm is not this request's method");
  // Without query and fragment.
  const auto htu = all.string_at("htu").value_or("");
  if (normal(htu.substr(0, htu.find_first_of("?#"))) != normal(call.url)) return bad("htu is not this address");
  if (!claims.iat || claims.jti.empty() || claims.jti.size() > 256) return bad("iat and jti are needed");
  const auto made = Instant::from_seconds(*claims.iat);
  if (made > now + kLeeway || made + kWindow < now) return bad("iat is not now");
  if (!call.token.empty() && all.string_at("ath") != base64url::encode(crypto::sha256(as_bytes(call.token))))
    return bad("ath is not this token's hash");
  return {};
}

Result<Proven> check(const http::Request& request, const ApiCall& call, Instant now) {
  if (request.count("dpop") > 1) return bad("more than one DPoP field");
  const auto proof = *request.field("dpop");
  const auto key = key_of(proof);
  if (!key) return bad("a JWT with a public key in its header, by an asymmetric algorithm");
  thread_local jose::JwtRoom room;
  const auto parsed = jose::ParsedJwt::parse(proof, room);
  if (!parsed || parsed->header().typ != "dpop+jwt") return bad("typ: dpop+jwt");
  const auto verified = parsed->verify(key->second);
  if (!verified) return bad("the signature does not fit the key");
  const auto& claims = jose::read_claims(*verified);
  const auto all = json::parse(verified->payload());
  if (!claims || !all) return bad("claims that cannot be");
  TRY_VOID(fits(*all, *claims, call, now));
  const auto thumbprint = jose::thumbprint(key->first);
  return Proven{"{\"jkt\":\"" + thumbprint + "\"}", std::string(all->string_at("nonce").value_or("")),
                crypto::sha256(as_bytes("dpop " + thumbprint + " " + std::string(claims->jti))), Instant::from_seconds(*claims->iat)};
}

// [RFC9449 §8] a nonce that is not ours, or none where one is needed, is answered with the one to use
Answer fresh(const Call& call, const Proven& proven) {
  OAUTH_TRY(const auto needed, dpop_nonce_needed(call.rooms), "invalid_dpop_proof");
  if (!needed && proven.nonce.empty()) return {};
  auto current = dpop_nonce(call.rooms, call.now);
  if (!good_dpop_nonce(call.rooms, proven.nonce, call.now))
    return std::unexpected(Error{400, "use_dpop_nonce", "use the nonce of DPoP-Nonce", std::move(current)});
  // [RFC9449 §8.2] the next one, before this one is over
  if (needed) call.response.field("DPoP-Nonce", current);
  return {};
}

}  // namespace

Or<std::string> dpop_of(const Call& call) {
  if (call.request.count("dpop") == 0) return std::string();
  const auto address = call.rooms.facts.issuer + std::string(call.request.path);
  auto proven = check(call.request, {call.request.method, address, {}}, call.now);
  if (!proven) return std::unexpected(error_of(proven.error(), "invalid_dpop_proof"));
  if (const auto good = fresh(call, *proven); !good) return std::unexpected(good.error());
  // [RFC9449 §11.1] once
  ledger::Ticket t;
  t.id = proven->once;
  t.kind = ledger::TicketKind::Seen;
  t.created = call.now;
  t.expires = proven->made + kWindow + kLeeway;
  const auto first = call.rooms.ledger.commit({ledger::Insert<ledger::Ticket>{std::move(t)}});
  if (!first && first.error().is_fault()) return std::unexpected(error_of(first.error(), "invalid_dpop_proof"));
  if (!first) return error(400, "invalid_dpop_proof", "the proof was used before");
  return std::move(proven->confirmation);
}

bool dpop_alg_fits(const http::Request& request, const clients::Profile& profile) {
  const auto proof = request.field("dpop");
  if (!profile.fapi || !proof) return true;
  const auto octets = base64url::decode(proof->substr(0, proof->find('.')));
  const auto header = octets ? json::parse(as_text(*octets), {.size = 8192, .depth = 8}) : refuse(Refusal::Malformed);
  return header && clients::fapi_alg(header->string_at("alg").value_or(""));
}

Result<ApiProof> dpop_for_api(Rooms& rooms, const http::Request& request, const ApiCall& call, Instant now) {
  if (request.count("dpop") == 0) return bad("a DPoP proof is needed");
  TRY(auto proven, check(request, call, now));
  if (call.nonce == ApiCall::Nonce::Ours) {
    TRY(const bool needed, dpop_nonce_needed(rooms));
    if ((needed || !proven.nonce.empty()) && !good_dpop_nonce(rooms, proven.nonce, now))
      return refuse(Refusal::Expired, "use the nonce of DPoP-Nonce");
  }
  return ApiProof{std::move(proven.confirmation), proven.once, proven.made};
}

bool first_shown(Rooms& rooms, const ApiProof& proof, Instant now) { return rooms.seen_proofs.first(proof.once, proof.made, now); }

}  // namespace jeton::protocols::oauth

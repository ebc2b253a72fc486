#include "protocols/oauth/request_object.h"

#include <algorithm>
#include <array>

#include "blocks/json/text.h"
#include "formats/jose/jwt.h"
#include "protocols/oauth/proof/keys.h"

namespace jeton::protocols::oauth {
namespace {

constexpr Seconds kLongest{3600}, kLeeway{30};
// Of the JWT, not of the request (RFC 9101 §4).
constexpr std::array<std::string_view, 7> kRegistered = {"iss", "aud", "exp", "nbf", "iat", "jti", "sub"};

std::unexpected<Error> bad(std::string_view why) { return error(400, "invalid_request_object", why); }

// [RFC9101 §6.1, RFC8725 §3.11] who made it, for whom, until when, and that it is no other kind of JWT
Answer judge(const Rooms& rooms, const Client& client, const jose::VerifiedJwt& jwt, const jose::Claims& claims, Instant now) {
  const auto& typ = jwt.header().typ;
  if (!typ.empty() && typ != "JWT" && !jose::same_type(typ, "oauth-authz-req+jwt")) return bad("typ: oauth-authz-req+jwt");
  const auto id = clients::known_id(client.record, client.profile);
  if (claims.iss != id) return bad("iss is the client's id");
  // [RFC9101 §10.8] what could be taken for a client assertion is none
  if (!claims.sub.empty()) return bad("a request object has no sub");
  if (!claims.has_audience(rooms.facts.issuer)) return bad("aud is this issuer");
  if (!claims.exp) return bad("exp is needed");
  // [FAPI 2.0 Message Signing §5.3.1]
  if (client.profile.fapi && !claims.nbf) return bad("nbf is needed");
  const auto expires = Instant::from_seconds(*claims.exp);
  if (now >= expires) return bad("it has expired");
  for (const auto& start : {claims.nbf, claims.iat})
    if (start && now + kLeeway < Instant::from_seconds(*start)) return bad("it is not valid yet");
  const auto since = claims.nbf ? claims.nbf : claims.iat;
  if (expires > now + kLongest || (since && expires > Instant::from_seconds(*since) + kLongest))
    return bad("exp is more than an hour away");
  return {};
}

// [RFC9101 §4] members as parameters: text as it is, numbers and flags as they are spelled, the rest as JSON
Or<http::Form> form_of(const json::Value& claims) {
  std::string query;
  for (const auto& [name, value] : *claims.object()) {
    if (std::find(kRegistered.begin(), kRegistered.end(), name) != kRegistered.end() || value.is_null()) continue;
    // [RFC9101 §4] not within itself
    if (name == "request" || name == "request_uri") return bad("request and request_uri do not stand in a request object");
    if (!query.empty()) query += '&';
    query += http::percent_encode(name) + "=" + http::percent_encode(value.string() ? std::string(*value.string()) : json::text_of(value));
  }
  auto form = http::Form::parse(query);
  if (!form) return bad("its members cannot be parameters");
  return *std::move(form);
}

}  // namespace

Or<http::Form> signed_request(Rooms& rooms, const Client& client, const http::Form& outer, Instant now) {
  const auto object = outer.get("request").value_or("");
  if (outer.get("request_uri")) return error(400, "invalid_request", "request and request_uri are not sent together");
  thread_local jose::JwtRoom room;
  const auto parsed = jose::ParsedJwt::parse(object, room);
  if (!parsed) return bad("a signed JWT is expected");
  // [RFC9101 §10.1] the algorithm is the client's word at registration, or its key's
  const auto& wanted = client.profile.request_alg;
  if (!wanted.empty() && parsed->header().alg != wanted) return bad("not the request_object_signing_alg that the client registered");
  const auto key = client_key(rooms, client, parsed->header());
  if (!key && key.error().is_fault()) return std::unexpected(error_of(key.error(), "invalid_request_object"));
  if (!key) return bad("no key of the client fits its header");
  const auto verified = parsed->verify(*key);
  if (!verified) return bad("the signature does not fit");
  const auto& claims = jose::read_claims(*verified);
  const auto all = json::parse(verified->payload());
  if (!claims || !all || all->object() == nullptr) return bad("claims that cannot be");
  if (const auto done = judge(rooms, client, *verified, *claims, now); !done) return std::unexpected(done.error());
  auto inner = form_of(*all);
  if (!inner) return inner;
  // [RFC9101 §5, §6.3] one client; what stands beside the object is not used, and does not contradict it
  if (inner->get("client_id") != clients::known_id(client.record, client.profile)) return bad("client_id in it is the client's");
  if (const auto type = outer.get("response_type"); type && inner->get("response_type") != *type)
    return bad("response_type beside it is another");
  return inner;
}

}  // namespace jeton::protocols::oauth

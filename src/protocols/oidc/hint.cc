#include "protocols/oidc/hint.h"

#include "blocks/json/value.h"
#include "formats/jose/jwt.h"

namespace jeton::protocols::oidc {

std::optional<Hint> read_hint(Rooms& rooms, std::string_view token) {
  thread_local jose::JwtRoom room;
  const auto parsed = jose::ParsedJwt::parse(token, room);
  if (!parsed) return std::nullopt;
  const auto ring = rooms.signing_keys.ring();
  const auto* key = ring->find(parsed->header().kid);
  // [RFC8725 §3.11] the same keys sign other kinds of JWT; their typ is another
  // and an API that has its key too signs none of these.
  if (key == nullptr || key->shared() || parsed->header().typ != "JWT") return std::nullopt;
  const auto verified = parsed->verify(key->verify);
  if (!verified) return std::nullopt;
  const auto& claims = jose::read_claims(*verified);
  const auto all = json::parse(verified->payload());
  if (!claims || !all || claims->iss != rooms.facts.issuer || claims->azp.empty()) return std::nullopt;
  return Hint{std::string(claims->azp), std::string(all->string_at("sid").value_or("")), std::string(claims->sub)};
}

}  // namespace jeton::protocols::oidc

#include "protocols/oauth/saml/assertion.h"

#include "blocks/crypto/hash.h"
#include "formats/saml/names.h"
#include "ground/base64url.h"
#include "protocols/sso/issuer.h"

namespace jeton::protocols::oauth {
namespace {

constexpr Seconds kLongest{3600}, kLeeway{30};
constexpr std::size_t kMost = 256 << 10;

// [RFC7522 §3] An audience that means us: the issuer, the token endpoint, or our entity name.
Result<saml::Login> for_us(const Call& call, std::string_view text, const federation::IdentityProvider& idp) {
  TRY(const auto keys, federation::keys_of(idp.described, idp.role(), call.now));
  const auto& issuer = call.rooms.facts.issuer;
  const auto endpoint = issuer + "/oauth/token", entity = sso::entity(call.rooms);
  Result<saml::Login> login = refuse(Refusal::WrongAudience);
  for (const std::string_view us : {std::string_view(issuer), std::string_view(endpoint), std::string_view(entity)}) {
    login = saml::verify_assertion(
        text,
        {.idp = idp.entity(), .idp_keys = keys, .sp = us, .acs = endpoint, .request_id = std::nullopt, .decryption = {}, .leeway = kLeeway},
        call.now);
    if (login || !login.error().is(Refusal::WrongAudience)) return login;
  }
  return login;
}

}  // namespace

Result<std::string> decode_assertion(std::string_view parameter) {
  while (parameter.ends_with('=')) parameter.remove_suffix(1);
  if (parameter.size() > kMost) return refuse(Refusal::TooLarge, "an assertion too long");
  const auto octets = base64url::decode(parameter);
  if (!octets) return refuse(Refusal::Malformed, "an assertion is base64url");
  return std::string(as_text(*octets));
}

Result<std::string> claimed_issuer(std::string_view assertion) {
  TRY(const auto document, xml::Document::parse(assertion));
  for (const auto child : document.root().elements_amid_text())
    if (child.is(saml::kAssertion, "Issuer")) return saml::read_issuer(child);
  return refuse(Refusal::Malformed, "an assertion without an issuer");
}

Result<Vouched> vouched(const Call& call, std::string_view parameter) {
  TRY(const auto text, decode_assertion(parameter));
  TRY(const auto issuer, claimed_issuer(text));
  TRY(auto idp, federation::IdentityProviders(call.rooms.ledger, call.rooms.entropy).find(issuer));
  TRY(auto login, for_us(call, text, idp));
  if (login.replay_until > call.now + kLongest + kLeeway)
    return refuse(Refusal::Invalid, "an assertion that is good for more than an hour");
  ledger::Ticket seen;
  seen.id = crypto::sha256(as_bytes("saml assertion\n" + login.issuer + "\n" + login.assertion_id));
  seen.kind = ledger::TicketKind::Seen;
  seen.created = call.now;
  seen.expires = login.replay_until + kLeeway;
  return Vouched{std::move(idp), std::move(login), ledger::Insert<ledger::Ticket>{std::move(seen)}};
}

}  // namespace jeton::protocols::oauth

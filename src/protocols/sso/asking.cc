#include "protocols/sso/asking.h"

#include <algorithm>

#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "formats/saml/names.h"

namespace jeton::protocols::sso {
namespace {

constexpr Seconds kOldest{300}, kAhead{60};

bool supported(std::string_view format) {
  return format.empty() || format == saml::kUnspecified || format == saml::kPersistent || format == saml::kTransient ||
         format == saml::kEmail;
}

// [SAMLCore §3.4.1.1] by index, by address, or the default one; always one of the metadata.
Result<std::string> consumer_of(const saml::AuthnRequest& request, const saml::SpRole& role) {
  if (!request.binding.empty() && request.binding != saml::kHttpPost) return refuse(Refusal::Unsupported, "answers go by HTTP-POST");
  if (request.acs_index || !request.acs_url.empty()) {
    for (const auto& e : role.assertion_consumers) {
      if (e.binding != saml::kHttpPost) continue;
      if (request.acs_index ? e.index == request.acs_index : e.location == request.acs_url) return e.location;
    }
    return refuse(Refusal::Denied, "the address to answer to is not registered");
  }
  const auto* found = saml::endpoint_of(role.assertion_consumers, saml::kHttpPost);
  if (found == nullptr) return refuse(Refusal::Denied, "no address to answer to is registered");
  return found->location;
}

Result<std::vector<crypto::VerifyKey>> keys_of(const saml::SpRole& role) {
  std::vector<crypto::VerifyKey> keys;
  for (const auto& key : role.signing_keys) {
    TRY(const auto made, xml::verify_keys(key));
    keys.insert(keys.end(), made.begin(), made.end());
  }
  return keys;
}

}  // namespace

Result<Asking> read_asking(const saml::Inbound& inbound, const federation::ServiceProvider& sp, std::string_view our_sso, Instant now) {
  TRY(const auto keys, keys_of(sp.role()));
  // Unsigned, a request says nothing that anybody could not ask for: the answer goes to an address of the metadata in any case.
  const auto need = sp.role().signs_requests ? saml::Need::Signature : saml::Need::Nothing;
  TRY(const auto proven, saml::prove(inbound, keys, need));
  TRY(const auto request, saml::read_authn_request(proven.root()));
  if (request.issuer != sp.entity()) return refuse(Refusal::WrongIssuer, "the request is from another service provider");
  if (request.destination.empty() ? proven.is_signed() : request.destination != our_sso)
    return refuse(Refusal::WrongAudience, "the request is for another identity provider");
  if (request.issued > now + kAhead) return refuse(Refusal::NotYetValid, "the request was made in the future");
  if (request.issued + kOldest <= now) return refuse(Refusal::Expired, "the request is too old");
  if (!supported(request.name_format)) return refuse(Refusal::Invalid, "names are persistent, transient, or an e-mail address");
  TRY(auto acs, consumer_of(request, sp.role()));
  const bool open = request.name_format.empty() || request.name_format == saml::kUnspecified;
  return Asking{.entity = sp.entity(),
                .request_id = request.id,
                .acs = std::move(acs),
                .relay_state = inbound.relay_state,
                .name_format = open ? sp.name_format : request.name_format,
                .force = request.force,
                .passive = request.passive,
                .contexts = request.context_classes,
                .comparison = request.comparison,
                .at = now};
}

Asking unasked(const federation::ServiceProvider& sp, std::string_view relay_state, Instant now) {
  const auto* consumer = saml::endpoint_of(sp.role().assertion_consumers, saml::kHttpPost);
  return {.entity = sp.entity(),
          .request_id = {},
          .acs = consumer->location,
          .relay_state = std::string(relay_state),
          .name_format = sp.name_format,
          .contexts = {},
          .at = now};
}

std::string to_text(const Asking& a) {
  std::string out;
  json::Writer w(out);
  w.object().member("entity", a.entity).member("request", a.request_id).member("acs", a.acs).member("relay", a.relay_state);
  w.member("format", a.name_format).flag("force", a.force).flag("passive", a.passive).strings("contexts", a.contexts);
  w.member("comparison", static_cast<std::int64_t>(a.comparison)).member("at", a.at.millis()).end_object();
  return out;
}

std::optional<Asking> asking_of(std::string_view text) {
  const auto value = json::parse(text);
  if (!value) return std::nullopt;
  const auto string = [&](std::string_view name) { return std::string(value->string_at(name).value_or("")); };
  const auto flag = [&](std::string_view name) {
    const auto* member = value->find(name);
    return member != nullptr && member->boolean().value_or(false);
  };
  const auto* at = value->find("at");
  const auto* comparison = value->find("comparison");
  if (at == nullptr || !at->integer() || comparison == nullptr || !comparison->integer()) return std::nullopt;
  std::vector<std::string> contexts;
  if (const auto* list = value->find("contexts"); list != nullptr && list->array() != nullptr)
    for (const auto& one : *list->array()) contexts.emplace_back(one.string().value_or(""));
  return Asking{.entity = string("entity"),
                .request_id = string("request"),
                .acs = string("acs"),
                .relay_state = string("relay"),
                .name_format = string("format"),
                .force = flag("force"),
                .passive = flag("passive"),
                .contexts = std::move(contexts),
                .comparison = static_cast<saml::Comparison>(*comparison->integer()),
                .at = Instant::from_millis(*at->integer())};
}

}  // namespace jeton::protocols::sso

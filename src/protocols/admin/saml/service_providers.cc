#include "authority/federation/service_providers.h"

#include "formats/saml/names.h"
#include "protocols/admin/body.h"
#include "protocols/admin/render.h"
#include "protocols/admin/saml/source.h"
#include "protocols/sso/issuer.h"

namespace jeton::protocols::admin {
namespace {

constexpr std::pair<std::string_view, std::string_view> kFormats[] = {
    {"persistent", saml::kPersistent}, {"transient", saml::kTransient}, {"email", saml::kEmail}};

constexpr std::string_view kAnnounced = "announced";   // in the metadata

void render(json::Writer& w, const federation::ServiceProvider& sp) {
  w.object().member("id", sp.id()).member("entity", sp.entity());
  for (const auto& [word, format] : kFormats)
    if (sp.name_format == format) w.member("name_format", word);
  w.flag("encrypt", sp.encrypt).flag("signs_requests", sp.role().signs_requests).key("attributes").object();
  for (const auto& mapping : sp.attributes) w.member(mapping.attribute, mapping.source);
  w.end_object().key("consumers").array();
  for (const auto& e : sp.role().assertion_consumers) w.string(e.location);
  w.end_array().member("signature_algorithm", sp.sign_with ? federation::signature_word(*sp.sign_with) : kAnnounced);
  w.member("signed_with", federation::signature_word(sp.signs())).key("exchange_scope");
  sp.exchange_scope.empty() ? w.null() : w.string(sp.exchange_scope);
  w.key("client");
  sp.client.none() ? w.null() : w.string(sp.client.text());
  admin::render(w, sp.from);
  w.member("created", to_rfc3339(sp.created)).member("updated", to_rfc3339(sp.updated)).end_object();
}

Status read_signature(const Body& body, federation::ServiceProvider& into) {
  TRY(const auto word, body.text("signature_algorithm"));
  if (!word) return {};
  into.sign_with = federation::signature_of(*word);
  if (!into.sign_with && *word != kAnnounced) return refuse(Refusal::Invalid, "signature_algorithm: rsa, ecdsa or announced");
  return {};
}

// What it is told, and how. Members that are not there leave what there is.
Status read_rules(Call& call, const Body& body, federation::ServiceProvider& into) {
  TRY(const auto scope, body.text("exchange_scope"));
  into.exchange_scope = scope.value_or(into.exchange_scope);
  TRY(const auto client, body.text("client"));
  if (client) into.client = ClientId();
  if (client && !client->empty()) { TRY(into.client, client_named(call, *client)); }
  TRY(const auto format, body.text("name_format"));
  if (format) {
    into.name_format.clear();
    for (const auto& [word, name] : kFormats)
      if (*format == word) into.name_format = name;
    if (into.name_format.empty()) return refuse(Refusal::Invalid, "name_format: persistent, transient or email");
  }
  TRY(const auto encrypt, body.flag("encrypt"));
  into.encrypt = encrypt.value_or(into.encrypt);
  TRY(const auto attributes, body.metadata("attributes"));
  if (attributes) into.attributes.clear();
  for (const auto& [name, source] : attributes.value_or(ledger::Metadata())) into.attributes.push_back({name, source});
  return read_signature(body, into);
}

Status answer_one(Call& call, const federation::ServiceProvider& sp) {
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  json::Writer w(call.response.body);
  render(w, sp);
  return {};
}

federation::ServiceProviders providers(Call& call) { return {call.rooms.ledger, call.rooms.entropy}; }

}  // namespace

Status show_saml_metadata(Call& call) {
  TRY(const auto text, sso::metadata_text(call.rooms, call.now));
  call.response.field("Content-Type", "application/json");
  json::Writer w(call.response.body);
  w.object().member("metadata", text).end_object();
  return {};
}

Status list_service_providers(Call& call) {
  TRY_VOID(Query::parse(call.request.query, {}));
  TRY(const auto all, providers(call).list());
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  json::Writer w(call.response.body);
  w.object().key("items").array();
  for (const auto& sp : all) render(w, sp);
  w.end_array().key("next").null().end_object();
  return {};
}

Status put_service_provider(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"metadata", "metadata_url", "metadata_certificate", "name_format", "encrypt",
                                                       "attributes", "exchange_scope", "client", "signature_algorithm"}));
  federation::ServiceProvider draft;
  TRY_VOID(read_source(call, body, draft.metadata, draft.from));
  TRY_VOID(read_rules(call, body, draft));
  TRY(const auto sp, providers(call).put(std::move(draft), call.doing()));
  return answer_one(call, sp);
}

Status update_service_provider(Call& call) {
  TRY(const auto body,
      Body::parse(call.request.body, {"name_format", "encrypt", "attributes", "exchange_scope", "client", "signature_algorithm"}));
  TRY(auto draft, providers(call).find(call.id));
  TRY_VOID(read_rules(call, body, draft));
  TRY(const auto sp, providers(call).put(std::move(draft), call.doing()));
  return answer_one(call, sp);
}

Status show_service_provider(Call& call) {
  TRY(const auto sp, providers(call).find(call.id));
  return answer_one(call, sp);
}

Status delete_service_provider(Call& call) {
  TRY_VOID(providers(call).remove(call.id, call.doing()));
  call.response.status = 204;
  return {};
}

}  // namespace jeton::protocols::admin

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

void render(json::Writer& w, const federation::ServiceProvider& sp) {
  w.object().member("id", sp.id()).member("entity", sp.entity());
  for (const auto& [word, format] : kFormats)
    if (sp.name_format == format) w.member("name_format", word);
  w.flag("encrypt", sp.encrypt).flag("signs_requests", sp.role().signs_requests).key("attributes").object();
  for (const auto& mapping : sp.attributes) w.member(mapping.attribute, mapping.source);
  w.end_object().key("consumers").array();
  for (const auto& e : sp.role().assertion_consumers) w.string(e.location);
  w.end_array().key("exchange_scope");
  sp.exchange_scope.empty() ? w.null() : w.string(sp.exchange_scope);
  w.key("client");
  sp.client.none() ? w.null() : w.string(sp.client.text());
  admin::render(w, sp.from);
  w.member("created", to_rfc3339(sp.created)).member("updated", to_rfc3339(sp.updated)).end_object();
}

Result<federation::ServiceProvider> read(Call& call, const Body& body) {
  federation::ServiceProvider draft;
  TRY_VOID(read_source(call, body, draft.metadata, draft.from));
  TRY(const auto scope, body.text("exchange_scope"));
  draft.exchange_scope = scope.value_or("");
  TRY(const auto client, body.text("client"));
  if (client && !client->empty()) { TRY(draft.client, client_named(call, *client)); }
  TRY(const auto format, body.text("name_format"));
  if (format) {
    for (const auto& [word, name] : kFormats)
      if (*format == word) draft.name_format = name;
    if (draft.name_format.empty()) return refuse(Refusal::Invalid, "name_format: persistent, transient or email");
  }
  TRY(const auto encrypt, body.flag("encrypt"));
  draft.encrypt = encrypt.value_or(false);
  TRY(const auto attributes, body.metadata("attributes"));
  for (const auto& [name, source] : attributes.value_or(ledger::Metadata())) draft.attributes.push_back({name, source});
  return draft;
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
                                                       "attributes", "exchange_scope", "client"}));
  TRY(auto draft, read(call, body));
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

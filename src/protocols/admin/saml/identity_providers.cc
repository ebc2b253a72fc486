#include "authority/federation/identity_providers.h"

#include "protocols/admin/render.h"
#include "protocols/admin/saml/source.h"

namespace jeton::protocols::admin {
namespace {

void render(json::Writer& w, const federation::IdentityProvider& idp) {
  std::vector<std::string> clients;
  for (const auto& c : idp.clients) clients.push_back(c.text());
  w.object().member("id", idp.id()).member("entity", idp.entity()).member("name", idp.name).key("attributes").object();
  for (const auto& mapping : idp.attributes) w.member(mapping.attribute, mapping.source);
  w.end_object().flag("create_users", idp.create).flag("link_by_email", idp.link_email).flag("allow_unsolicited", idp.unsolicited);
  w.flag("accept_grants", idp.grants).strings("email_domains", idp.domains).strings("clients", clients);
  w.member("login", "/saml/login?idp=" + idp.id());
  admin::render(w, idp.from);
  w.member("created", to_rfc3339(idp.created)).member("updated", to_rfc3339(idp.updated)).end_object();
}

Result<federation::IdentityProvider> read(Call& call, const Body& body) {
  federation::IdentityProvider draft;
  TRY_VOID(read_source(call, body, draft.metadata, draft.from));
  TRY(const auto name, body.text("name"));
  draft.name = name.value_or("");
  TRY(const auto attributes, body.metadata("attributes"));
  for (const auto& [attribute, source] : attributes.value_or(ledger::Metadata())) draft.attributes.push_back({attribute, source});
  const std::pair<std::string_view, bool*> flags[] = {{"create_users", &draft.create},
                                                      {"link_by_email", &draft.link_email},
                                                      {"allow_unsolicited", &draft.unsolicited},
                                                      {"accept_grants", &draft.grants}};
  for (const auto& [member, place] : flags) {
    TRY(const auto flag, body.flag(member));
    *place = flag.value_or(false);
  }
  TRY(const auto domains, body.list("email_domains"));
  draft.domains = domains.value_or(std::vector<std::string>());
  TRY(const auto clients, body.list("clients"));
  for (const auto& client : clients.value_or(std::vector<std::string>())) {
    TRY(const auto id, client_named(call, client));
    draft.clients.push_back(id);
  }
  return draft;
}

json::Writer begin(Call& call) {
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  return json::Writer(call.response.body);
}

federation::IdentityProviders providers(Call& call) { return {call.rooms.ledger, call.rooms.entropy}; }

}  // namespace

Status list_identity_providers(Call& call) {
  TRY_VOID(Query::parse(call.request.query, {}));
  TRY(const auto all, providers(call).list());
  auto w = begin(call);
  w.object().key("items").array();
  for (const auto& idp : all) render(w, idp);
  w.end_array().key("next").null().end_object();
  return {};
}

Status put_identity_provider(Call& call) {
  // It says who somebody is, and one that is there already for those who are linked to it.
  if (!call.caller.may("jeton:users:write"))
    return refuse(Refusal::Denied, "an identity provider says who people are: jeton:users:write is needed too");
  TRY(const auto body,
      Body::parse(call.request.body, {"metadata", "metadata_url", "metadata_certificate", "name", "attributes", "create_users",
                                      "link_by_email", "allow_unsolicited", "accept_grants", "email_domains", "clients"}));
  TRY(auto draft, read(call, body));
  TRY(const auto idp, providers(call).put(std::move(draft), call.doing()));
  auto w = begin(call);
  render(w, idp);
  return {};
}

Status show_identity_provider(Call& call) {
  TRY(const auto idp, providers(call).find(call.id));
  auto w = begin(call);
  render(w, idp);
  return {};
}

Status delete_identity_provider(Call& call) {
  TRY_VOID(providers(call).remove(call.id, call.doing()));
  call.response.status = 204;
  return {};
}

}  // namespace jeton::protocols::admin

// Which names at identity providers a user is known by, and the keys that assertions for us are encrypted to.
#include "authority/federation/links.h"

#include "protocols/admin/body.h"
#include "protocols/admin/render.h"

namespace jeton::protocols::admin {
namespace {

json::Writer begin(Call& call, int status = 200) {
  call.response.status = status;
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  return json::Writer(call.response.body);
}

void render(json::Writer& w, const federation::DecryptionInfo& k, Instant now) {
  w.object().member("id", std::to_string(k.number)).member("state", federation::name(k.state)).member("bits", std::int64_t{k.bits});
  w.member("created", to_rfc3339(k.created)).member("age", to_text(Seconds(std::max<std::int64_t>(0, (now - k.created).count() / 1000))));
  time_or_null(w, "retired", k.retired);
  const bool retired = k.state == federation::DecryptionState::Retired && k.retired;
  time_or_null(w, "published_until", retired ? std::optional(*k.retired + federation::kDecryptionPublished) : std::nullopt);
  time_or_null(w, "opens_until", retired ? std::optional(*k.retired + federation::kDecryptionOpens) : std::nullopt);
  time_or_null(w, "destroyed", k.destroyed);
  w.end_object();
}

}  // namespace

Status list_saml_links(Call& call) {
  TRY_VOID(Query::parse(call.request.query, {}));
  TRY(const auto user, call.rooms.principals.find(PrincipalKind::User, call.id));
  TRY(const auto links, federation::Links(call.rooms.ledger, call.rooms.entropy).of(user.id, call.now));
  auto w = begin(call);
  w.object().key("items").array();
  for (const auto& link : links) {
    w.object().member("id", link.id).member("user", link.user.text()).member("provider", link.provider).member("name", link.name);
    w.member("how", link.how).member("created", to_rfc3339(link.created)).end_object();
  }
  w.end_array().key("next").null().end_object();
  return {};
}

Status delete_saml_link(Call& call) {
  TRY_VOID(federation::Links(call.rooms.ledger, call.rooms.entropy).remove(call.id, call.doing()));
  call.response.status = 204;
  return {};
}

Status list_saml_keys(Call& call) {
  TRY_VOID(Query::parse(call.request.query, {}));
  TRY(const auto keys, call.rooms.decryption.list());
  auto w = begin(call);
  w.object().key("items").array();
  for (const auto& k : keys) render(w, k, call.now);
  w.end_array().key("next").null().end_object();
  return {};
}

Status rotate_saml_key(Call& call) {
  TRY_VOID(Body::parse(call.request.body, {}));
  TRY(const auto key, call.rooms.decryption.rotate(call.doing()));
  auto w = begin(call, 201);
  render(w, key, call.now);
  return {};
}

}  // namespace jeton::protocols::admin

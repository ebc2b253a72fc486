#include "authority/apis/details.h"
#include "ground/secret_pass.h"
#include "protocols/admin/body.h"
#include "protocols/admin/render.h"

namespace jeton::protocols::admin {
namespace {

Status read(const Call& call, const Body& body, ledger::Api& api) {
  TRY(auto name, body.text("name"));
  TRY(auto audience, body.text("audience"));
  TRY(auto scopes, body.list("scopes"));
  TRY(auto routes, body.list("routes"));
  TRY(const auto format, body.text("format"));
  TRY(const auto alg, body.text("alg"));
  TRY(const auto ttl, body.duration("access_ttl"));
  TRY_VOID(read_network(call, body, api.network));
  TRY_VOID(read_limits(body, api.limits));
  if (name) api.name = *std::move(name);
  if (audience) api.audience = *std::move(audience);
  if (scopes) api.scopes = *std::move(scopes);
  if (routes) api.routes = *std::move(routes);
  if (ttl) api.access_ttl = *ttl;
  if (format) {
    const auto known = token_format(*format);
    if (!known) return refuse(Refusal::Invalid, "format: jwt, jwe or opaque");
    api.format = *known;
  }
  if (alg) {
    const auto known = crypto::sign_alg(*alg);
    if (!known || !crypto::info(*known).on_by_default) return refuse(Refusal::Invalid, "alg: the name of a signature algorithm");
    if (crypto::info(*known).key_type == crypto::KeyType::Oct && *known != crypto::SignAlg::HS256)
      return refuse(Refusal::Invalid, "alg: of those with a shared secret, HS256 alone");
    api.alg = *known;
  }
  return body.same_version(api.version);
}

const std::initializer_list<std::string_view> kMembers = {"name",  "audience", "scopes", "routes",     "format", "alg",
                                                          "allow", "deny",     "limits", "access_ttl", "version"};

bool shares(const ledger::Api& api) {
  return api.format != ledger::TokenFormat::Opaque && crypto::info(api.alg).key_type == crypto::KeyType::Oct;
}

// One that nobody has seen yet is there from the start, so that tokens can be had; `jeton api shared-secret` makes one to show.
Status ensure_secret(Call& call, const ledger::Api& api) {
  if (!shares(api) || call.rooms.signing_keys.ring()->of(api.alg, api.id, ledger::KeyState::Active) != nullptr) return {};
  TRY_VOID(call.rooms.signing_keys.share(api.id, {}, call.doing()));
  return {};
}

// Its keys are made when the first API asks for them: an RSA key is not a matter of milliseconds.
Status ensure_key(Call& call, const ledger::Api& api) {
  if (api.format == ledger::TokenFormat::Opaque || shares(api)) return {};
  // One whose token is away is there: what else is asked does not wait for it.
  if (call.rooms.signing_keys.ring()->of(api.alg, ApiId(), ledger::KeyState::Active) != nullptr) return {};
  return call.rooms.signing_keys.ensure(api.alg, call.doing());
}

}  // namespace

Status list_apis(Call& call) {
  TRY(const auto query, Query::parse(call.request.query, {}));
  TRY(const auto page, page_of<ApiId>(query.page.cursor, query.page.limit));
  TRY(auto items, call.rooms.ledger.apis(page));
  return answer_page(call, items, query.page.limit);
}

Status create_api(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, kMembers));
  ledger::Api api;
  TRY(api.name, body.needed("name"));
  TRY(api.audience, body.needed("audience"));
  TRY_VOID(read(call, body, api));
  TRY_VOID(ensure_key(call, api));
  TRY(const auto made, call.rooms.apis.create(std::move(api), call.doing(), created<ledger::Api>(call, "/v1/apis/")));
  return ensure_secret(call, made);
}

Status show_api(Call& call) {
  TRY(const auto api, call.rooms.apis.find(call.id));
  return answer(call, api);
}

Status update_api(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, kMembers));
  TRY(auto api, call.rooms.apis.find(call.id));
  TRY_VOID(read(call, body, api));
  TRY_VOID(ensure_key(call, api));
  TRY_VOID(ensure_secret(call, api));
  TRY(const auto updated, call.rooms.apis.update(std::move(api), call.doing()));
  return answer(call, updated);
}

Status delete_api(Call& call) {
  TRY(const auto api, call.rooms.apis.find(call.id));
  TRY_VOID(call.rooms.apis.remove(api.id, call.doing()));
  call.response.status = 204;
  return {};
}

namespace {

Status answer_types(Call& call, const std::vector<apis::DetailType>& types) {
  call.response.field("Content-Type", "application/json");
  json::Writer(call.response.body).object().key("types").raw(apis::write(types)).end_object();
  return {};
}

}  // namespace

Status show_detail_types(Call& call) {
  TRY(const auto api, call.rooms.apis.find(call.id));
  TRY(const auto types, apis::DetailTypes(call.rooms.ledger, call.rooms.entropy).of(api.id));
  return answer_types(call, types);
}

Status set_detail_types(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"types"}));
  TRY(const auto api, call.rooms.apis.find(call.id));
  if (api.name == apis::kManagement || api.name == apis::kIdentity)
    return refuse(Refusal::Denied, "the installation's own API is not changed");
  const auto* list = body.find("types");
  if (list == nullptr) return refuse(Refusal::Invalid, "types: a list of objects");
  TRY(const auto types, apis::read_detail_types(*list));
  TRY_VOID(apis::DetailTypes(call.rooms.ledger, call.rooms.entropy).set(api, types, call.doing()));
  return answer_types(call, types);
}

namespace {

// What a key is made of is text; lists (key_ops, x5c) say nothing that is looked at here.
Result<std::string> jwk_in(const Body& body) {
  std::string jwk;
  const auto* value = body.find("jwk");
  if (value == nullptr || value->is_null()) return jwk;
  if (value->object() == nullptr) return refuse(Refusal::Invalid, "jwk: a JSON Web Key");
  json::Writer w(jwk);
  w.object();
  for (const auto& [name, member] : *value->object())
    if (const auto text = member.string()) w.member(name, *text);
  w.end_object();
  return jwk;
}

json::Writer begin_key(Call& call) {
  call.response.status = 201;
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  return json::Writer(call.response.body);
}

}  // namespace

// The secret is in the answer, and nowhere else after. From now on the API's tokens are signed with it.
Status share_secret(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"jwk"}));
  TRY(auto api, call.rooms.apis.find(call.id));
  if (api.name == apis::kManagement || api.name == apis::kIdentity)
    return refuse(Refusal::Denied, "the installation's own API is not changed");
  TRY(auto given, jwk_in(body));
  const auto made = call.rooms.signing_keys.share(api.id, given, call.doing());
  wipe({reinterpret_cast<std::uint8_t*>(given.data()), given.size()});
  if (!made) return std::unexpected(made.error());
  if (api.alg != crypto::SignAlg::HS256) {
    api.alg = crypto::SignAlg::HS256;
    TRY(api, call.rooms.apis.update(std::move(api), call.doing()));
  }
  auto w = begin_key(call);
  w.object().member("api", api.id.text()).member("alg", "HS256").member("kid", made->kid);
  w.key("jwk").raw(as_text(made->jwk.read(Pass::key()))).end_object();
  return {};
}

// Answers with the key's id; a shared key is in the answer, and nowhere else after.
Status set_encryption_key(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"alg", "jwk"}));
  TRY(const auto alg, body.needed("alg"));
  const auto encryption = apis::encryption_named(alg);
  if (!encryption) return refuse(Refusal::Invalid, "alg: dir, A256KW, ECDH-ES+A256KW or RSA-OAEP-256");
  TRY(auto api, call.rooms.apis.find(call.id));
  TRY(const auto jwk, jwk_in(body));
  TRY(const auto made, call.rooms.encryptions.set(std::move(api), *encryption, jwk, call.doing()));
  auto w = begin_key(call);
  w.object().member("api", made.api.id.text()).member("alg", alg).member("enc", "A256GCM").member("kid", made.kid);
  w.flag("secret", made.secret).key("jwk").raw(made.jwk).end_object();
  return {};
}

}  // namespace jeton::protocols::admin

#include "protocols/oauth/registration.h"

#include <algorithm>

#include "authority/ledger/pages.h"
#include "authority/policy/scopes.h"
#include "blocks/http/authorization.h"
#include "blocks/json/writer.h"
#include "ground/secret_pass.h"
#include "protocols/oauth/client_auth.h"
#include "protocols/oauth/saml/bearer.h"
#include "protocols/oauth/tokens.h"
#include "protocols/proxy.h"

namespace jeton::protocols::oauth {
namespace {

using ledger::ClientType;

// [RFC7591 §3.2.2] what is wrong with a member that names itself in front of its detail
Error metadata_error(const Failure& failure) {
  if (failure.is_fault()) return {503, "temporarily_unavailable", "try again soon", {}};
  const auto detail = failure.detail();
  return {400, detail.starts_with("redirect_uris") ? "invalid_redirect_uri" : "invalid_client_metadata", detail, {}};
}

struct Asking {
  bool trusted = false;      // an administrator, or a token that may make clients
  audit::Actor actor;
};

// Who may register: with a token that may make clients, always; anybody, where the installation says so.
Or<Asking> asking(Rooms& rooms, const http::Request& request, Instant now) {
  const auto address = caller_address(request, rooms.facts.trusted_proxies);
  Asking who{request.origin.administrator, actor_for(request, address, "anonymous")};
  const auto token = http::bearer(request);
  if (!token) return error(400, "invalid_request", "the Authorization field is malformed");
  if (*token) {
    const verify::Reading reading(rooms.verifier);
    const auto d = reading.decide(**token, {apis::kManagement, {}, {}, {}, address}, now);
    who.trusted =
        d.allow() && (verify::holds_all(d.token->scope(), "jeton:admin") || verify::holds_all(d.token->scope(), "jeton:clients:write"));
    if (!who.trusted) return error(401, "invalid_token");
    who.actor.name = d.token->id().text();
    return who;
  }
  if (who.trusted) return who;
  OAUTH_TRY(const auto settings, policy::read_settings(rooms.ledger), "invalid_request");
  if (settings.client_registration != "open") return error(401, "invalid_token", "registration needs a token with jeton:clients:write");
  if (!rooms.people.guesses().enter("register", address, now))
    return error(429, "temporarily_unavailable", "too many registrations from this network");
  return who;
}

bool loopback_or_private(const std::string& uri) { return !uri.starts_with("https://"); }

// What kind of application it is, of what it says and where it is sent back to.
ClientType type_of(const json::Value& v, const ledger::Client& client, const clients::Profile& profile) {
  if (v.string_at("application_type") == "native") return ClientType::Native;
  if (client.redirects.empty() && std::find(profile.grants.begin(), profile.grants.end(), "client_credentials") != profile.grants.end())
    return ClientType::Machine;
  if (profile.auth != clients::AuthMethod::None) return ClientType::Web;
  return std::any_of(client.redirects.begin(), client.redirects.end(), loopback_or_private) ? ClientType::Native : ClientType::Spa;
}

// The scopes that an application may ask people for: every API's but the management API's.
Result<ledger::Scopes> public_scopes(Rooms& rooms) {
  std::vector<std::string> all;
  TRY_VOID(ledger::each_of<ApiId>([&](const auto& page) { return rooms.ledger.apis(page); },
                                  [&](const ledger::Api& api) {
                                    if (api.name == apis::kManagement || api.name == apis::kIdentity) return;
                                    all.insert(all.end(), api.scopes.begin(), api.scopes.end());
                                  }));
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

Status read_scope(Rooms& rooms, const json::Value& v, ledger::Client& client) {
  TRY(const auto known, public_scopes(rooms));
  const auto asked = v.string_at("scope");
  if (!asked) {
    client.scopes.assign(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(known.size(), 100)));
    return {};
  }
  auto scopes = policy::parse_scopes(*asked);
  if (!scopes) return refuse(Refusal::Invalid, "scope: words by single spaces");
  client.scopes = without_identity(*scopes);
  if (!policy::subset(client.scopes, known)) return refuse(Refusal::Invalid, "scope: one of them is not offered to applications");
  return {};
}

void render(json::Writer& w, const Rooms& rooms, const ledger::Client& client, const clients::Profile& profile) {
  const auto id = client.id.text();
  auto method = clients::name(profile.auth);
  if (method.empty()) method = clients::confidential(client, profile) ? "client_secret_basic" : "none";
  w.member("client_id", id).member("client_id_issued_at", client.created.seconds()).member("client_name", client.name);
  w.strings("redirect_uris", client.redirects).strings("grant_types", clients::grants_of(client, profile));
  w.strings("response_types", client.redirects.empty() ? std::vector<std::string>() : std::vector<std::string>{"code"});
  w.member("token_endpoint_auth_method", method).member("scope", policy::joined(client.scopes));
  w.member("application_type", client.type == ClientType::Native ? "native" : "web");
  w.member("id_token_signed_response_alg", profile.id_token_alg).flag("dpop_bound_access_tokens", profile.dpop);
  if (!profile.logout_redirects.empty()) w.strings("post_logout_redirect_uris", profile.logout_redirects);
  if (!profile.jwks.empty()) w.key("jwks").raw(profile.jwks);
  if (!profile.detail_types.empty()) w.strings("authorization_details_types", profile.detail_types);
  const auto text = [&w](std::string_view name, std::string_view value) {
    if (!value.empty()) w.member(name, value);
  };
  text("jwks_uri", profile.jwks_uri);
  text("userinfo_signed_response_alg", profile.userinfo_alg);
  text("introspection_signed_response_alg", profile.introspection_alg);
  text("request_object_signing_alg", profile.request_alg);
  text("tls_client_auth_subject_dn", profile.tls_subject);
  text("tls_client_auth_san_dns", profile.tls_dns);
  text("tls_client_auth_san_uri", profile.tls_uri);
  if (!profile.backchannel_logout.empty())
    w.member("backchannel_logout_uri", profile.backchannel_logout).flag("backchannel_logout_session_required", profile.logout_needs_sid);
  w.flag("require_pushed_authorization_requests", profile.pushed).flag("require_signed_request_object", profile.signed_requests);
  w.flag("tls_client_certificate_bound_access_tokens", profile.tls_bound);
  if (!profile.uri.empty()) w.member("client_uri", profile.uri);
  w.member("registration_client_uri", rooms.facts.issuer + std::string(kRegistered) + id);
}

Or<json::Value> object_of(const http::Request& request) {
  const auto type = request.field("content-type");
  if (!type || !http::iequals(type->substr(0, type->find(';')), "application/json"))
    return error(400, "invalid_client_metadata", "JSON is expected");
  auto v = json::parse(request.body, {.size = 64 * 1024, .depth = 16});
  if (!v || v->object() == nullptr) return error(400, "invalid_client_metadata", "a JSON object is expected");
  return *std::move(v);
}

Answer create(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  const auto who = asking(rooms, request, now);
  if (!who) return std::unexpected(who.error());
  const auto v = object_of(request);
  if (!v) return std::unexpected(v.error());
  ledger::Client draft;
  if (const auto done = read_metadata(rooms, *v, who->trusted ? Asker::Trusted : Asker::Stranger, draft); !done)
    return std::unexpected(metadata_error(done.error()));
  OAUTH_TRY(const auto number, ClientId::make(now, rooms.entropy), "server_error");
  draft.name = shown_name(*v, number);
  OAUTH_TRY(const auto token, mint::handle(rooms.ledger, rooms.peppers, opaque::Kind::Reg, rooms.entropy), "server_error");
  auto profile = clients::read_profile(draft);
  if (!profile) return std::unexpected(metadata_error(profile.error()));
  profile->registration_hash = to_hex(token.hash);
  profile->registration_pepper = token.pepper;
  draft.profile = clients::write(*profile);
  const auto made = rooms.clients.create(std::move(draft), {who->actor, now});
  if (!made) return std::unexpected(metadata_error(made.error()));
  json_head(response);
  cors(request, response, {});
  response.status = 201;
  json::Writer w(response.body);
  w.object();
  render(w, rooms, made->record, *profile);
  if (!made->secret.empty())
    w.member("client_secret", as_text(made->secret.read(Pass::key()))).member("client_secret_expires_at", std::int64_t{0});
  w.member("registration_access_token", as_text(token.text.read(Pass::key()))).end_object();
  return {};
}

// Hashed anew under today's pepper. Whether that is written is of no matter to the one who called.
void hash_anew(Rooms& rooms, Client& client, const keys::PepperSet& peppers, std::string_view token) {
  client.profile.registration_hash = to_hex(peppers.hash(0, token));
  client.profile.registration_pepper = peppers.active();
  auto record = client.record;
  record.profile = clients::write(client.profile);
  if (!rooms.ledger.commit({ledger::Update<ledger::Client>{record}})) return;
  client.record = std::move(record);
  ++client.record.version;
}

// [RFC7592 §2] the client that the registration access token belongs to
Or<Client> holder(Rooms& rooms, const http::Request& request) {
  const auto unknown = error(401, "invalid_token");
  const auto token = http::bearer(request);
  if (!token || !*token) return unknown;
  const auto shape = opaque::parse(**token);
  if (!shape || shape->kind != opaque::Kind::Reg) return unknown;
  auto client = find_client(rooms, request.path.substr(kRegistered.size()));
  if (!client && client.error().is_fault()) return std::unexpected(error_of(client.error(), "invalid_token"));
  if (!client || client->profile.registration_hash.empty()) return unknown;
  const auto peppers = rooms.peppers.snapshot();
  for (std::size_t i = 0; i < peppers->size(); ++i) {
    if (!equal_constant_time(as_bytes(to_hex(peppers->hash(i, **token))), as_bytes(client->profile.registration_hash))) continue;
    if (client->profile.registration_pepper != peppers->active()) hash_anew(rooms, *client, *peppers, **token);
    return *std::move(client);
  }
  return unknown;
}

bool within(std::vector<std::string> some, std::vector<std::string> all) {
  std::ranges::sort(some);
  std::ranges::sort(all);
  return std::ranges::includes(all, some);
}

// Where not everybody may register, what a client may ask people for is the word of who let it in, and it does not say more itself.
Answer no_wider(Rooms& rooms, const Client& before, const Client& after) {
  if (within(after.record.scopes, before.record.scopes) && within(after.profile.detail_types, before.profile.detail_types)) return {};
  OAUTH_TRY(const auto settings, policy::read_settings(rooms.ledger), "invalid_request");
  if (settings.client_registration == "open") return {};
  return error(400, "invalid_client_metadata", "scope, authorization_details_types: no more than it was registered for");
}

Answer change(Rooms& rooms, const json::Value& v, Client& client, const audit::Doing& doing) {
  if (v.string_at("client_id") != client.record.id.text()) return error(400, "invalid_client_metadata", "client_id: the client's own");
  const Client before = client;
  if (const auto done = read_metadata(rooms, v, Asker::Stranger, client.record); !done)
    return std::unexpected(metadata_error(done.error()));
  if (client.record.type != before.record.type)
    return error(400, "invalid_client_metadata", "a client does not become one of another type; register a new one");
  if (v.find("scope") == nullptr) client.record.scopes = before.record.scopes;
  auto profile = clients::read_profile(client.record);
  if (!profile) return std::unexpected(metadata_error(profile.error()));
  client.profile = *std::move(profile);
  if (const auto good = no_wider(rooms, before, client); !good) return good;
  client.profile.access_ttl = before.profile.access_ttl;
  client.profile.refresh_ttl = before.profile.refresh_ttl;
  client.profile.fapi = before.profile.fapi;
  if (const auto good = clients::good_fapi(client.profile); !good) return std::unexpected(metadata_error(good.error()));
  client.profile.registration_hash = before.profile.registration_hash;
  client.profile.registration_pepper = before.profile.registration_pepper;
  client.record.profile = clients::write(client.profile);
  const auto updated = rooms.clients.update(client.record, doing);
  if (!updated) return std::unexpected(metadata_error(updated.error()));
  client.record = *updated;
  return {};
}

Answer manage(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  auto client = holder(rooms, request);
  if (!client) return std::unexpected(client.error());
  const auto actor = actor_for(request, caller_address(request, rooms.facts.trusted_proxies), client->record.id.text());
  if (request.method == "DELETE") {
    OAUTH_TRY_VOID(rooms.clients.remove(client->record.id, {actor, now}));
    response.status = 204;
    return {};
  }
  if (request.method == "PUT") {
    const auto v = object_of(request);
    if (!v) return std::unexpected(v.error());
    if (const auto done = change(rooms, *v, *client, {actor, now}); !done) return done;
  } else if (request.method != "GET") {
    return error(405, "invalid_request", "GET, PUT or DELETE is expected");
  }
  json_head(response);
  json::Writer w(response.body);
  w.object();
  render(w, rooms, client->record, client->profile);
  w.end_object();
  return {};
}

}  // namespace

Status read_metadata(Rooms& rooms, const json::Value& v, Asker asker, ledger::Client& client) {
  constexpr auto kInvalid = Refusal::Invalid;
  client.redirects.clear();
  if (const auto* uris = v.find("redirect_uris")) {
    if (uris->array() == nullptr) return refuse(kInvalid, "redirect_uris: a list of text");
    for (const auto& uri : *uris->array()) client.redirects.emplace_back(uri.string().value_or(""));
  }
  clients::Profile profile;
  profile.auth = clients::AuthMethod::Basic;   // [RFC7591 §2] the default
  TRY_VOID(clients::apply(v, profile));
  // How long anything lives is the word of who runs the installation.
  if (asker == Asker::Stranger) profile.access_ttl.reset(), profile.refresh_ttl.reset();
  if (!profile.backchannel_logout.empty() && !rooms.program.may_call(profile.backchannel_logout))
    return refuse(kInvalid, "backchannel_logout_uri: not an address that this server calls");
  if (!profile.jwks_uri.empty() && !rooms.program.may_call(profile.jwks_uri))
    return refuse(kInvalid, "jwks_uri: not an address that this server calls");
  if (profile.grants.empty()) profile.grants = {"authorization_code", "refresh_token"};
  const auto has = [&](std::string_view grant) {
    return std::find(profile.grants.begin(), profile.grants.end(), grant) != profile.grants.end();
  };
  // Acting for itself, or on another's word, an application would have scopes that nobody agreed to.
  if (asker == Asker::Stranger && (has("client_credentials") || has(kExchangeGrant) || has(kSamlGrant)))
    return refuse(kInvalid, "grant_types: not for applications that register themselves");
  // [OIDC Registration §2] Who asks for subjects of its own is not given everybody's.
  if (const auto subjects = v.string_at("subject_type"); subjects && *subjects != "public") return refuse(kInvalid, "subject_type: public");
  if (has("authorization_code") && client.redirects.empty()) return refuse(kInvalid, "redirect_uris: at least one is needed");
  if (const auto* types = v.find("response_types"); types != nullptr && types->array() != nullptr)
    for (const auto& type : *types->array())
      if (type.string() != "code") return refuse(kInvalid, "response_types: code");
  client.type = type_of(v, client, profile);
  if (client.type == ClientType::Native) profile.auth = clients::AuthMethod::None;
  client.profile = clients::write(profile);
  return read_scope(rooms, v, client);
}

namespace {

// Without what turns the writing around (Unicode's bidirectional embeddings, overrides and isolates, U+202A to U+202E and U+2066 to U+2069):
// what stands behind a name, to tell applications apart, stands behind it.
std::string straight(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto rest = text.substr(i);
    const auto last = rest.size() > 2 ? static_cast<unsigned char>(rest[2]) : 0u;
    const bool turns =
        (rest.starts_with("\xe2\x80") && last >= 0xaa && last <= 0xae) || (rest.starts_with("\xe2\x81") && last >= 0xa6 && last <= 0xa9);
    if (turns) i += 2;
    else out += text[i];
  }
  return out;
}

}  // namespace

std::string shown_name(const json::Value& v, const ClientId& id) {
  auto name = straight(v.string_at("client_name").value_or("application")).substr(0, 150);
  while (!http::well_formed_utf8(name)) name.pop_back();
  const auto text = id.text();
  return name + " #" + text.substr(text.size() - 6);
}

void register_client(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (cors(request, response, "POST")) return;
  response.clear();
  const auto done =
      request.method == "POST" ? create(rooms, request, response, now) : Answer(error(405, "invalid_request", "POST is expected"));
  if (!done) write(done.error(), request, response);
}

void registered_client(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (const auto done = manage(rooms, request, response, now); !done) write(done.error(), request, response);
}

}  // namespace jeton::protocols::oauth

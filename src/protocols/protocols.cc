#include "protocols/protocols.h"

#include "blocks/http/form.h"
#include "blocks/json/writer.h"
#include "protocols/admin/door.h"
#include "protocols/counted.h"
#include "protocols/gateway/verify.h"
#include "protocols/limited.h"
#include "protocols/oauth/authorization.h"
#include "protocols/oauth/device.h"
#include "protocols/oauth/metadata.h"
#include "protocols/oauth/par.h"
#include "protocols/oauth/registration.h"
#include "protocols/oauth/resource_metadata.h"
#include "protocols/oauth/token_state.h"
#include "protocols/oidc/id_token.h"
#include "protocols/oidc/logout.h"
#include "protocols/pages/html.h"
#include "protocols/pages/pages.h"
#include "protocols/proxy.h"
#include "protocols/ssf/ssf.h"
#include "protocols/sso/issuer.h"
#include "protocols/sso/logout/logout.h"
#include "protocols/sso/sso.h"
#include "protocols/sso/upstream/upstream.h"
#include "protocols/whereabouts.h"

namespace jeton::protocols {
namespace {

using Answer = void (*)(Rooms&, const http::Request&, http::Response&, Instant);

void live(Rooms&, const http::Request&, http::Response& response, Instant) {
  response.field("Content-Type", "text/plain");
  response.body = "ok\n";
}

void ready(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  const auto parts = rooms.program.health(now);
  bool ok = true, whole = true;
  for (const auto& part : parts) {
    ok = ok && (part.ok || !part.needed);
    whole = whole && part.ok;
  }
  response.status = ok ? 200 : 503;
  response.field("Cache-Control", "no-store");
  const auto query = http::Form::parse(request.query);
  if (!query || !query->get("verbose")) {
    response.field("Content-Type", "text/plain");
    response.body = ok ? "ok\n" : "not ready\n";
    return;
  }
  response.field("Content-Type", "application/json");
  json::Writer w(response.body);
  w.object().member("status", !ok ? "failing" : whole ? "ok" : "degraded").key("parts").array();
  for (const auto& part : parts) w.object().member("name", part.name).flag("ok", part.ok).member("detail", part.detail).end_object();
  w.end_array().end_object();
}

// For scrapers on this machine, or with a token that may read everything.
void metrics(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  static const net::PrefixSet kLoopback({*net::Prefix::parse("127.0.0.0/8"), *net::Prefix::parse("::1")});
  const bool handed_on = request.count("x-forwarded-for") + request.count("forwarded") != 0;
  const bool local = request.origin.peer.is_none() || (kLoopback.holds(request.origin.peer) && !handed_on);
  if (!local) {
    const auto caller = admin::identify(rooms, request, now);
    if (!caller || !caller->administrator)
      return write({403, "forbidden", "Not allowed", "metrics are for this machine, or for jeton:admin", {}}, request, response);
  }
  response.field("Content-Type", "text/plain; version=0.0.4");
  response.body = rooms.program.metrics();
}

void style(Rooms&, const http::Request&, http::Response& response, Instant) { pages::style(response); }
void form_post_script(Rooms&, const http::Request&, http::Response& response, Instant) { pages::form_post_script(response); }
void passkey_script(Rooms&, const http::Request&, http::Response& response, Instant) { pages::passkey_script(response); }

struct Address {
  std::string_view path;
  bool get;          // GET and HEAD; otherwise the function looks at the method
  Pace pace;
  Answer answer;
};

constexpr Address kAddresses[] = {
    {"/verify", false, Pace::AtOnce, gateway::verify},
    {"/livez", true, Pace::AtOnce, live},
    {"/readyz", true, Pace::Patient, ready},
    {"/metrics", true, Pace::Patient, metrics},
    {"/.well-known/jwks.json", false, Pace::Hurried, oauth::jwks},
    {"/.well-known/oauth-authorization-server", false, Pace::Hurried, oauth::metadata},
    {"/.well-known/openid-configuration", false, Pace::Hurried, oauth::metadata},
    {"/oauth/authorize", false, Pace::Patient, oauth::authorize},
    {"/oauth/token", false, Pace::Hurried, oauth::token},
    {"/oauth/introspect", false, Pace::Hurried, oauth::introspect},
    {"/oauth/revoke", false, Pace::Patient, oauth::revoke},
    {"/saml/metadata", true, Pace::Patient, sso::metadata},
    {"/oauth/device_authorization", false, Pace::Patient, oauth::device_authorization},
    {"/oauth/par", false, Pace::Patient, oauth::par},
    {"/oauth/register", false, Pace::Patient, oauth::register_client},
    {"/oauth/userinfo", false, Pace::Patient, oidc::userinfo},
    {"/oauth/logout", false, Pace::Patient, oidc::logout},
    {"/login", false, Pace::Patient, pages::login},
    {"/login/code", false, Pace::Patient, pages::login_code},
    {"/login/passkey", false, Pace::Patient, pages::login_passkey},
    {"/login/forgot", false, Pace::Patient, pages::forgot},
    {"/consent", false, Pace::Patient, pages::consent},
    {"/account", false, Pace::Patient, pages::account},
    {"/account/authenticator", false, Pace::Patient, pages::authenticator},
    {"/account/passkeys", false, Pace::Patient, pages::passkeys},
    {"/device", false, Pace::Patient, pages::device},
    {"/invite", false, Pace::Patient, pages::invite},
    {"/style.css", true, Pace::Patient, style},
    {"/form-post.js", true, Pace::Patient, form_post_script},
    {"/passkey.js", true, Pace::Patient, passkey_script},
    {"/saml/sso", false, Pace::Patient, sso::single_sign_on},
    {"/saml/login", false, Pace::Patient, sso::begin_login},
    {"/saml/acs", false, Pace::Patient, sso::consume},
    {"/saml/slo", false, Pace::Patient, sso::single_logout},
    {"/.well-known/ssf-configuration", false, Pace::Patient, ssf::metadata},
    {"/ssf/streams", false, Pace::Patient, ssf::configuration},
    {"/ssf/status", false, Pace::Patient, ssf::status},
    {"/ssf/subjects:add", false, Pace::Patient, ssf::add_subject},
    {"/ssf/subjects:remove", false, Pace::Patient, ssf::remove_subject},
    {"/ssf/verify", false, Pace::Patient, ssf::verification},
};

// Addresses at which somebody knocks without a token of ours: a call counts for the address it came from. At the others the check of a
// token counts it.
bool counts_address(std::string_view path) {
  if (path == "/oauth/userinfo") return false;
  for (const std::string_view open :
       {"/oauth/", "/login", "/device", "/invite", "/consent", "/account", "/saml/sso", "/saml/login", "/saml/acs", "/saml/slo"})
    if (path.starts_with(open)) return true;
  return false;
}

const Address* find(std::string_view path) {
  for (const auto& a : kAddresses)
    if (a.path == path) return &a;
  return nullptr;
}

// The same address where the issuer has a path: with that path in front, as its documents name it; and of those three also with the path
// behind (RFC 8414 §3.1, SSF §7.2.1).
std::string_view own_path(std::string_view path, std::string_view base) {
  if (base.empty()) return path;
  if (path.size() > base.size() && path.starts_with(base) && path[base.size()] == '/') return path.substr(base.size());
  for (const std::string_view document :
       {"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration", "/.well-known/ssf-configuration"})
    if (path.starts_with(document) && path.substr(document.size()) == base) return document;
  return path;
}

}  // namespace

Pace Protocols::pace(const http::Request& request) {
  // A token is made of what is in memory, and written down.
  if (request.path == "/v1/tokens" && request.method == "POST") return Pace::Hurried;
  const auto* address = find(request.path);
  if (address == nullptr) return Pace::Patient;
  return address->pace == Pace::AtOnce && gateway::reads_ledger(request.query) ? Pace::Patient : address->pace;
}

void Protocols::answer(const http::Request& called, http::Response& response, Instant now) {
  response.clear();
  http::Request request = called;
  request.path = own_path(called.path, rooms_.facts.issuer_path());
  if (request.path.starts_with("/v1/")) return admin::answer(rooms_, request, response, now);
  if (oauth::is_resource_metadata(request.path)) return oauth::resource_metadata(rooms_, request, response, now);
  if (counts_address(request.path)) {
    const auto from = caller_address(request, rooms_.facts.trusted_proxies);
    if (!let_in(rooms_, from))
      return write({403, "network", "Not from this network", "a network rule of this installation keeps it out", {}}, request, response);
    if (const auto limit = charge(rooms_, request, CountedFor::Address, {.address = from}, now))
      return write_limited(*limit, request, response);
  }
  if (request.path.starts_with(oauth::kRegistered)) return oauth::registered_client(rooms_, request, response, now);
  if (request.path.starts_with(ssf::kPoll)) return ssf::poll(rooms_, request, response, now);
  const auto* address = find(request.path);
  if (address == nullptr) return write({404, "not_found", "Not found", "there is no such address", {}}, request, response);
  if (address->get && request.method != "GET" && request.method != "HEAD") {
    write({405, "method_not_allowed", "Method not allowed", {}, {}}, request, response);
    return response.field("Allow", "GET, HEAD");
  }
  address->answer(rooms_, request, response, now);
}

}  // namespace jeton::protocols

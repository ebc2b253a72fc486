#include "protocols/oauth/authorization.h"

#include <algorithm>
#include <charconv>

#include "authority/policy/scopes.h"
#include "blocks/json/value.h"
#include "ground/base64url.h"
#include "protocols/oauth/par.h"
#include "protocols/oauth/request_object.h"
#include "protocols/oidc/claims_request.h"
#include "protocols/oidc/hint.h"
#include "protocols/pages/pages.h"

namespace jeton::protocols::oauth {
namespace {

using Read = std::expected<Authorization, Unfit>;

// What check_authorization looks at.
constexpr std::string_view kParameters[] = {"acr_values",
                                            "audience",
                                            "authorization_details",
                                            "claims",
                                            "client_id",
                                            "code_challenge",
                                            "code_challenge_method",
                                            "dpop_jkt",
                                            "id_token_hint",
                                            "login_hint",
                                            "max_age",
                                            "nonce",
                                            "prompt",
                                            "redirect_uri",
                                            "registration",
                                            "resource",
                                            "response_mode",
                                            "response_type",
                                            "scope",
                                            "state"};
static_assert(std::ranges::is_sorted(kParameters));

// No session is as old: what is more says nothing.
constexpr std::int64_t kOldestLogin = 1'000'000'000;

std::string text(const http::Form& form, std::string_view name) { return std::string(form.get(name).value_or("")); }

// Before the redirect URI was found good, nobody but the person is told.
std::unexpected<Unfit> unfit(std::string_view code, std::string_view description) {
  return std::unexpected(Unfit{Error{400, code, description, {}, {}}, {}, {}});
}

// [RFC9700 §2.1] byte for byte; absent only where one alone is registered, it is no template for ports, and [OIDC Core §3.1.2.1] nobody
// asks who the person is.
std::optional<std::string> redirect_of(const Client& client, const http::Form& form) {
  const auto presented = form.get("redirect_uri");
  const auto& registered = client.record.redirects;
  if (!presented) {
    const auto scopes = policy::parse_scopes(form.get("scope").value_or(""));
    const bool identity = scopes && std::binary_search(scopes->begin(), scopes->end(), "openid");
    if (registered.size() != 1 || client.record.type == ledger::ClientType::Native || identity) return std::nullopt;
    return registered[0];
  }
  if (!clients::redirect_allowed(client.record.type, registered, *presented)) return std::nullopt;
  return std::string(*presented);
}

Answer read_mode(const http::Form& form, ResponseMode& mode) {
  const auto asked = form.get("response_mode").value_or("query");
  if (asked == "query") mode = ResponseMode::Query;
  else if (asked == "form_post") mode = ResponseMode::FormPost;
  else if (asked == "fragment") mode = ResponseMode::Fragment;
  else return error(400, "invalid_request", "response_mode: query, fragment or form_post");
  return {};
}

// [RFC7636 §4.3, OAuth 2.1 §4.1.1] S256 for everyone; a confidential client that is marked so may send a nonce in its place.
Answer read_pkce(const http::Form& form, Authorization& a) {
  const auto challenge = form.get("code_challenge");
  const auto method = form.get("code_challenge_method");
  a.nonce = text(form, "nonce");
  if (!challenge) {
    if (method) return error(400, "invalid_request", "code_challenge_method without code_challenge");
    const bool excused = a.client.profile.nonce_for_pkce && clients::confidential(a.client.record, a.client.profile) && !a.nonce.empty();
    return excused ? Answer() : error(400, "invalid_request", "code_challenge is needed (PKCE, S256)");
  }
  if (!method || *method != "S256") return error(400, "invalid_request", "code_challenge_method: S256");
  const auto octets = base64url::decode(*challenge);
  if (!octets || octets->size() != 32)
    return error(400, "invalid_request", "code_challenge: the base64url of a SHA-256 hash, 43 characters");
  a.challenge = *challenge;
  return {};
}

Answer read_scopes(Rooms& rooms, const http::Form& form, Authorization& a) {
  auto scopes = policy::parse_scopes(form.get("scope").value_or(""));
  if (!scopes) return error(400, "invalid_scope", "scope: words of visible characters, by single spaces");
  for (const auto& s : *scopes)
    if (!policy::is_identity_scope(s) && !std::binary_search(a.client.record.scopes.begin(), a.client.record.scopes.end(), s))
      return error(400, "invalid_scope", "a scope that the client is not registered for");
  auto named = named_api(rooms, form);
  if (!named) return std::unexpected(named.error());
  if (*named) {
    a.api = **std::move(named);
  } else if (form.get(kDetails) && without_identity(*scopes).empty()) {
    auto found = api_of_details(rooms, form);
    if (!found) return std::unexpected(found.error());
    a.api = *std::move(found);
  } else {
    auto found = api_of_scopes(rooms, scopes->empty() ? a.client.record.scopes : *scopes);
    if (!found) return std::unexpected(found.error());
    a.api = *std::move(found);
  }
  // Power over the installation is given by its administrator, not by whoever is asked.
  if (a.api.name == apis::kManagement) return error(400, "invalid_target", "the management API is not open to applications of users");
  const auto own = without_identity(*scopes);
  if (!policy::subset(own, a.api.scopes)) return error(400, "invalid_scope", "not all of them are scopes of this API");
  auto details = details_asked(rooms, a.client, a.api, form);
  if (!details) return std::unexpected(details.error());
  a.details = *std::move(details);
  // Who asks for details alone gets no scopes with them.
  if (own.empty() && a.details.none() && a.api.name != apis::kIdentity)
    for (const auto& s : a.client.record.scopes)
      if (std::binary_search(a.api.scopes.begin(), a.api.scopes.end(), s)) scopes->push_back(s);
  OAUTH_TRY(a.scopes, policy::canonical(*std::move(scopes)), "invalid_scope");
  return {};
}

Answer read_prompt(const http::Form& form, Authorization& a) {
  std::string prompt = text(form, "prompt");
  std::string_view rest = prompt;
  std::size_t words = 0;
  while (!rest.empty()) {
    const auto word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    if (word.empty()) continue;
    ++words;
    if (word == "none") a.none = true;
    else if (word == "login" || word == "select_account") a.login = true;
    else if (word == "consent") a.consent = true;
    else if (word != "create") return error(400, "invalid_request", "prompt: none, login, consent or select_account");
  }
  if (a.none && words > 1) return error(400, "invalid_request", "prompt: none stands alone");
  if (const auto age = form.get("max_age"); age && !age->empty()) {
    std::int64_t seconds = 0;
    const auto [end, wrong] = std::from_chars(age->data(), age->data() + age->size(), seconds);
    if (wrong != std::errc() || end != age->data() + age->size() || seconds < 0) return error(400, "invalid_request", "max_age: seconds");
    a.max_age = Seconds(std::min(seconds, kOldestLogin));
  }
  const auto acr = text(form, "acr_values");
  a.two_factors = acr == "2" || acr.starts_with("2 ");
  return {};
}

// [OIDC Core §5.5] single claims, and what they say of the person and the login
Answer read_claims(const http::Form& form, Authorization& a) {
  a.claims = text(form, "claims");
  const auto asked = oidc::read_claims_request(a.claims);
  if (!asked) return error(400, "invalid_request", asked.error().detail());
  a.subject = asked->subject;
  a.two_factors = a.two_factors || asked->acr == 2;
  a.acr_essential = asked->acr_essential;
  // [OIDC Core §5.5.1.1] an essential acr that cannot be reached is a failure
  if (asked->acr_essential && asked->acr == 0)
    return error(400, "unmet_authentication_requirements", "acr: 1 and 2 are what can be asked for");
  a.disclosed = oidc::scopes_of(*asked);
  return {};
}

// [OIDC Core §3.1.2.1] an ID token that this client was given says who it must be.
Answer read_id_token_hint(Rooms& rooms, const http::Form& form, Authorization& a) {
  const auto hint = form.get("id_token_hint");
  if (!hint || hint->empty()) return {};
  const auto said = oidc::read_hint(rooms, *hint);
  if (!said || said->client != clients::known_id(a.client.record, a.client.profile))
    return error(400, "invalid_request", "id_token_hint: not an ID token that this client was given");
  if (!a.subject.empty() && a.subject != said->sub) return error(400, "invalid_request", "id_token_hint and claims name two persons");
  a.subject = said->sub;
  return {};
}

Answer read_rest(const http::Form& form, Authorization& a) {
  a.login_hint = text(form, "login_hint").substr(0, 200);
  a.dpop_jkt = text(form, "dpop_jkt");
  if (!a.dpop_jkt.empty()) {
    const auto octets = base64url::decode(a.dpop_jkt);
    if (!octets || octets->size() != 32) return error(400, "invalid_request", "dpop_jkt: a JWK thumbprint");
  }
  return {};
}

Answer read_all(Rooms& rooms, const http::Form& form, Authorization& a) {
  if (const auto done = read_mode(form, a.mode); !done) return done;
  const auto type = form.get("response_type");
  if (!type) return error(400, "invalid_request", "response_type is needed");
  if (*type != "code") return error(400, "unsupported_response_type", "response_type: code");
  if (!clients::may_grant(a.client.record, a.client.profile, "authorization_code"))
    return error(400, "unauthorized_client", "the client is not registered for the authorization code grant");
  if (form.get("registration")) return error(400, "registration_not_supported");
  if (const auto done = read_pkce(form, a); !done) return done;
  if (const auto done = read_prompt(form, a); !done) return done;
  if (const auto done = read_rest(form, a); !done) return done;
  if (const auto done = read_claims(form, a); !done) return done;
  if (const auto done = read_id_token_hint(rooms, form, a); !done) return done;
  return read_scopes(rooms, form, a);
}

void parameter(std::string& out, std::string_view name, std::string_view value) {
  if (out.back() != '?' && out.back() != '#') out += '&';
  out.append(name).append("=").append(http::percent_encode(value));
}

}  // namespace

bool is_parameter(std::string_view name) { return std::ranges::binary_search(kParameters, name); }

Read check_authorization(Rooms& rooms, Client client, const http::Form& form) {
  Authorization a;
  a.client = std::move(client);
  const auto redirect = redirect_of(a.client, form);
  if (!redirect) return unfit("invalid_request", "redirect_uri is not one that the client registered");
  a.redirect = *redirect;
  a.presented_redirect = text(form, "redirect_uri");
  a.state = text(form, "state");
  if (const auto done = read_all(rooms, form, a); !done) return std::unexpected(Unfit{done.error(), a.redirect, a.state, a.mode});
  return a;
}

Read read_authorization(Rooms& rooms, const http::Form& form, Instant now) {
  const auto id = form.get("client_id");
  if (!id) return unfit("invalid_request", "client_id is needed");
  auto client = find_client(rooms, *id);
  if (!client && client.error().is_fault()) return std::unexpected(Unfit{{503, "temporarily_unavailable", "try again soon", {}}, {}, {}});
  if (!client) return unfit("invalid_request", "no such client");
  if (const auto uri = form.get("request_uri")) {
    // [RFC9101 §5] one of them
    if (form.get("request")) return unfit("invalid_request", "request and request_uri are not sent together");
    // [RFC9126 §4] only what was pushed here; nothing is fetched
    const auto pushed = pushed_request(rooms, *client, *uri, now);
    if (!pushed) return std::unexpected(Unfit{pushed.error(), {}, {}});
    if (const auto begun = begin_pushed(rooms, *pushed); !begun) return std::unexpected(Unfit{begun.error(), {}, {}});
    auto a = check_authorization(rooms, *std::move(client), pushed->form);
    if (a) a->pushed = pushed->id;
    return a;
  }
  if (client->profile.pushed) return unfit("invalid_request", "this client pushes its requests (RFC 9126)");
  if (form.get("request")) {
    // The redirect URI is believed with the object, or not at all.
    const auto inner = signed_request(rooms, *client, form, now);
    return inner ? check_authorization(rooms, *std::move(client), *inner) : Read(std::unexpected(Unfit{inner.error(), {}, {}}));
  }
  if (client->profile.signed_requests) return unfit("invalid_request_object", "this client signs its requests (RFC 9101)");
  return check_authorization(rooms, *std::move(client), form);
}

std::string origin_of(std::string_view redirect) {
  const auto colon = redirect.find(':');
  if (colon == std::string_view::npos) return {};
  if (!redirect.starts_with("http")) return std::string(redirect.substr(0, colon + 1));
  const auto host = redirect.find("://") + 3;
  return std::string(redirect.substr(0, std::min(redirect.find_first_of("/?", host), redirect.size())));
}

void send_back(const Rooms& rooms, const Back& back, http::Response& response) {
  auto parameters = back.parameters;
  // [RFC9207 §2] also with an error
  parameters.emplace_back("iss", rooms.facts.issuer);
  if (!back.state.empty()) parameters.emplace_back("state", std::string(back.state));
  response.clear();
  if (back.mode == ResponseMode::FormPost) return pages::form_post(back.redirect, parameters, response);
  response.field("Cache-Control", "no-store");
  response.field("Referrer-Policy", "no-referrer");
  std::string to(back.redirect);
  to += back.mode == ResponseMode::Fragment ? '#' : to.find('?') == std::string::npos ? '?' : '&';
  if (to.back() == '&') to.pop_back();
  for (const auto& [name, value] : parameters) parameter(to, name, value);
  response.status = 303;
  response.field("Location", to);
}

void send_back(const Rooms& rooms, const Unfit& u, http::Response& response) {
  std::vector<std::pair<std::string_view, std::string>> parameters{{"error", std::string(u.error.code)}};
  if (!u.error.description.empty()) parameters.emplace_back("error_description", u.error.description);
  send_back(rooms, Back{u.redirect, u.state, u.mode, std::move(parameters)}, response);
}

void send_back(const Rooms& rooms, const Authorization& a, std::string_view code, std::string_view description, http::Response& response) {
  send_back(rooms, Unfit{Error{400, code, description, {}, {}}, a.redirect, a.state, a.mode}, response);
}

}  // namespace jeton::protocols::oauth

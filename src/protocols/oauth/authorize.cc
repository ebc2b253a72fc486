// The authorization endpoint: who is there, do they agree, and back with a code.
#include <algorithm>

#include "authority/policy/scopes.h"
#include "ground/secret_pass.h"
#include "protocols/oauth/authorization.h"
#include "protocols/oauth/par.h"
#include "protocols/oauth/request_object.h"
#include "protocols/pages/pages.h"
#include "protocols/pages/passkeys.h"
#include "protocols/pages/texts.h"
#include "protocols/pages/visit.h"

namespace jeton::protocols::oauth {
namespace {

constexpr std::size_t kLongQuery = 2000;

// Whether the person logged in after this request asked for it.
bool since_asked(const pages::Visit& v, const http::Form& form) {
  const auto asked = v.read_stamp(form.get("fresh_login").value_or(""), without_stamp(form));
  return asked && v.session->authenticated >= *asked;
}

// Whether the session's login is the one that the request wants.
bool fresh_enough(const pages::Visit& v, const Authorization& a, const http::Form& form) {
  if (!a.login && !a.max_age) return true;
  if (since_asked(v, form)) return true;
  return !a.login && a.max_age->count() > 0 && v.now - v.session->authenticated <= *a.max_age;
}

// An ID token or a claim says who it must be, and it is somebody else.
bool another_person(const Authorization& a, const sessions::Session& session) {
  return !a.subject.empty() && a.subject != session.principal.text();
}

// A second step that the person has, can take here, and did not take.
Result<bool> needs_second_step(Rooms& rooms, const Authorization& a, const sessions::Session& session) {
  if (!a.two_factors || session.acr() == "2") return false;
  TRY(const auto ways, rooms.people.ways(session.principal));
  return ways.totp || (!ways.passkeys.empty() && pages::passkey_site(rooms.facts));
}

// [OIDC Core §5.5.1.1]
bool unmet(const Authorization& a, const sessions::Session& session) { return a.acr_essential && a.two_factors && session.acr() != "2"; }

// [RFC8252 §8.6] an application that anybody can pass himself off as is asked about each time; others once.
Result<bool> needs_consent(Rooms& rooms, const Authorization& a, const sessions::Session& session, Instant now) {
  if (a.consent) return true;
  if (a.client.profile.first_party) return false;
  // [RFC9396 §1] each is a thing of its own: nobody agreed to this one before
  if (!a.details.none()) return true;
  const bool proven = clients::confidential(a.client.record, a.client.profile) || a.redirect.starts_with("https://");
  if (!proven) return true;
  TRY(const auto held, rooms.grants.consented(session.principal, a.client.record.id, a.api.id, now));
  return held.empty() || !policy::subset(a.scopes, held) || !policy::subset(a.disclosed, held);
}

void go_on(pages::Visit& v, const Authorization& a, const http::Form& form) {
  const auto query = without_stamp(form);
  auto& rooms = v.rooms;
  // [OIDC Core §3.1.2.1] a login was asked for, and it was not that person's
  if (v.session && another_person(a, *v.session) && !a.none && since_asked(v, form))
    return send_back(rooms, a, "login_required", "another person logged in than the one asked for", v.response);
  const auto login = needs_login(v, a, form);
  if (!login) return pages::unavailable(v.response);
  if (*login) {
    // [OIDC Core §3.1.2.6]
    if (a.none) return send_back(rooms, a, "login_required", "nobody is logged in, or not recently enough", v.response);
    v.prepare_forms();
    return v.redirect("/login?return=" + http::percent_encode("/oauth/authorize?" + query + "&fresh_login=" + v.stamp(query)));
  }
  if (unmet(a, *v.session)) return send_back(rooms, a, "unmet_authentication_requirements", "the user has no second factor", v.response);
  const auto ask = needs_consent(rooms, a, *v.session, v.now);
  if (!ask) return pages::unavailable(v.response);
  if (*ask) {
    if (a.none) return send_back(rooms, a, "consent_required", "the user has not agreed to this yet", v.response);
    const auto stamp = form.get("fresh_login");
    return v.redirect("/consent?" + query + (stamp ? "&fresh_login=" + http::percent_encode(*stamp) : std::string()));
  }
  const auto actor = v.actor();
  if (const auto done = approve(rooms, a, *v.session, {actor, v.now}, v.response); !done) {
    if (done.error().is_fault()) return pages::unavailable(v.response);
    pages::error_page(v.response, 400, pages::texts::kErrorClient, done.error().detail());
  }
}

}  // namespace

std::string without_stamp(const http::Form& form) {
  std::string out;
  for (const auto& [name, value] : form.all()) {
    if (name == "fresh_login") continue;
    if (!out.empty()) out += '&';
    out += http::percent_encode(name) + "=" + http::percent_encode(value);
  }
  return out;
}

Result<bool> needs_login(const pages::Visit& v, const Authorization& a, const http::Form& form) {
  if (!v.session || another_person(a, *v.session) || !fresh_enough(v, a, form)) return true;
  return needs_second_step(v.rooms, a, *v.session);
}

Status approve(Rooms& rooms, const Authorization& a, const sessions::Session& session, const audit::Doing& doing,
               http::Response& response) {
  if (another_person(a, session) || unmet(a, session)) return refuse(Refusal::Invalid, "not the person or the login that was asked for");
  if (a.client.unsaved) {
    const auto kept = rooms.clients.adopt(a.client.record, doing);
    // Another browser was first.
    if (!kept && !kept.error().is(Refusal::Conflict)) return kept;
  }
  if (a.pushed) {
    // [RFC9126 §4] once
    const auto used = rooms.ledger.commit({ledger::Consume{*a.pushed, ledger::TicketKind::Pushed, doing.now, {}}});
    if (!used && used.error().is_fault()) return std::unexpected(used.error());
    if (!used) return refuse(Refusal::Invalid, "the pushed request is not known, was used, or has expired");
  }
  grants::Approval approval;
  approval.principal = session.principal;
  approval.client = a.client.record.id;
  approval.api = a.api.id;
  approval.scopes = a.scopes;
  const bool offline = std::binary_search(a.scopes.begin(), a.scopes.end(), "offline_access");
  approval.session = offline ? TokenId() : session.id;
  approval.login = session.id;
  approval.proof = {session.authenticated, session.methods, std::string(session.acr())};
  approval.nonce = a.nonce;
  approval.redirect = a.presented_redirect;
  approval.challenge = a.challenge;
  approval.confirmation = a.dpop_jkt;
  approval.claims = a.claims;
  approval.disclosed = a.disclosed;
  approval.details = a.details.text();
  TRY(const auto code, rooms.grants.issue_code(approval, doing));
  send_back(rooms, Back{a.redirect, a.state, a.mode, {{"code", std::string(as_text(code.read(Pass::key())))}}}, response);
  return {};
}

void authorize(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (!pages::page_method(request, response)) return;
  const bool post = request.method == "POST";
  const auto form = http::Form::parse(post ? request.body : request.query);
  // [RFC6749 §3.1] a parameter twice is refused; which redirect_uri was meant cannot be known
  if (!form || (post && !request.query.empty()))
    return pages::error_page(response, 400, pages::texts::kErrorClient,
                             form ? "parameters in both the address and the body" : form.error().detail());
  auto v = pages::visit(rooms, request, response, now);
  // A form of another site brings no cookie; the address that it is turned into does.
  if (post) return v.redirect("/oauth/authorize?" + without_stamp(*form));
  if (v.store_failed) return pages::unavailable(response);
  const auto a = read_authorization(rooms, *form, now);
  if (!a) {
    const auto& u = a.error();
    if (!u.redirect.empty()) return send_back(rooms, u, response);
    // [RFC6749 §4.1.2.1] a bad client or redirect URI is never redirected to
    return pages::error_page(response, u.error.status, pages::texts::kErrorClient, u.error.description);
  }
  // A signed request is looked at once; the way through the login and back is by its reference, as it is for a long one.
  const bool is_signed = form->get("request").has_value();
  if (is_signed || (!a->pushed && request.query.size() > kLongQuery)) {
    // Read once more: what was good a moment ago need not be, where keys are kept elsewhere.
    const auto whole = is_signed ? signed_request(rooms, a->client, *form, now) : Or<http::Form>(*form);
    const auto may = v.session ? Answer() : may_keep(rooms, v.address, now);
    if (!may) return pages::error_page(response, may.error().status, pages::texts::kErrorClient, may.error().description);
    const auto uri = whole ? keep_request(rooms, a->client, *whole, now) : std::unexpected(whole.error());
    if (!uri && uri.error().status == 413) return pages::error_page(response, 413, pages::texts::kErrorClient, uri.error().description);
    if (!uri) return pages::unavailable(response);
    return v.redirect("/oauth/authorize?client_id=" + http::percent_encode(*form->get("client_id")) +
                      "&request_uri=" + http::percent_encode(*uri));
  }
  go_on(v, *a, *form);
}

}  // namespace jeton::protocols::oauth

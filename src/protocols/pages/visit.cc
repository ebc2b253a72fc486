#include "protocols/pages/visit.h"

#include <charconv>

#include "authority/federation/partners.h"
#include "blocks/http/form.h"
#include "ground/base64url.h"
#include "ground/secret_pass.h"
#include "protocols/pages/pages.h"
#include "protocols/pages/texts.h"
#include "protocols/proxy.h"
#include "protocols/whereabouts.h"

namespace jeton::protocols::pages {
namespace {

// [RFC6265bis §4.1.3] Over TLS the prefix keeps other hosts from setting it. Plain HTTP is for loopback alone, where clients that
// are no browser send no Secure cookie.
std::string name_of(const Rooms& rooms, std::string_view cookie) {
  return (rooms.facts.secure() ? "__Host-jeton_" : "jeton_") + std::string(cookie);
}

// The value of a cookie; empty where there is none, or where there are two.
std::string_view cookie(const http::Request& request, std::string_view name) {
  std::string_view found;
  for (const auto& f : request.fields) {
    if (!http::iequals(f.name, "cookie")) continue;
    for (auto rest = f.value; !rest.empty();) {
      auto pair = rest.substr(0, rest.find(';'));
      rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
      while (pair.starts_with(' ')) pair.remove_prefix(1);
      if (!pair.starts_with(name) || pair.size() <= name.size() || pair[name.size()] != '=') continue;
      if (!found.empty()) return {};
      found = pair.substr(name.size() + 1);
    }
  }
  return found;
}

void set_cookie(Visit& v, std::string_view name, std::string_view value, bool gone = false) {
  std::string line = name_of(v.rooms, name);
  line.append("=").append(value).append("; Path=/; HttpOnly; SameSite=Lax");
  if (v.rooms.facts.secure()) line += "; Secure";
  if (gone) line += "; Max-Age=0";
  v.response.field("Set-Cookie", line);
  if (gone) return;
}

std::string mac(const Rooms& rooms, std::size_t pepper, std::string_view text) {
  return base64url::encode(rooms.peppers.snapshot()->hash(pepper, text));
}

constexpr Seconds kFreshLogin{600};
// As long as a pushed request may take.
constexpr Seconds kStampLives{900};

std::string stamp_text(const Visit& v, std::string_view millis, std::string_view what) {
  return "fresh login\n" + std::string(millis) + "\n" + v.form_cookie + "\n" + std::string(what);
}

std::string form_text(const Visit& v) { return "form\n" + v.form_cookie + "\n" + (v.session ? v.session->id.text() : std::string()); }

bool fits(const Rooms& rooms, std::string_view text, std::string_view shown) {
  for (std::size_t i = 0; i < rooms.peppers.snapshot()->size(); ++i)
    if (equal_constant_time(as_bytes(mac(rooms, i, text)), as_bytes(shown))) return true;
  return false;
}

}  // namespace

audit::Actor Visit::actor() const { return actor_for(request, address, session ? session->principal.text() : "anonymous"); }

void Visit::missed(verify::Tried what, const PrincipalId& account) const {
  rooms.verifier.uses().note_seen({{}, now, address, 0, verify::Reason::Unknown, what, account});
}

void Visit::prepare_forms() {
  if (!form_cookie.empty()) return;
  std::array<std::uint8_t, 16> octets;
  if (!rooms.entropy.fill(octets)) return;
  form_cookie = base64url::encode(octets);
  set_cookie(*this, "form", form_cookie);
}

std::string Visit::csrf() const { return mac(rooms, 0, form_text(*this)); }

bool Visit::from_our_form(const http::Form& form) const {
  if (const auto site = request.field("sec-fetch-site"); site && *site == "cross-site") return false;
  if (const auto origin = request.field("origin")) {
    // By the issuer's name, or by whatever name the browser reached us.
    const auto host = request.field("host").value_or("");
    const auto after = origin->find("://");
    if (*origin != rooms.facts.issuer && (after == std::string_view::npos || origin->substr(after + 3) != host)) return false;
  }
  const auto shown = form.get("csrf");
  return shown && !form_cookie.empty() && fits(rooms, form_text(*this), *shown);
}

void Visit::redirect(std::string_view to) {
  response.status = 303;
  response.field("Location", to);
  response.field("Cache-Control", "no-store");
}

void Visit::set_session(const Secret& secret) { set_cookie(*this, "session", as_text(secret.read(Pass::key()))); }
void Visit::clear_session() { set_cookie(*this, "session", "", true); }

namespace {

// The session remembers who else knows of it, to tell them when it ends.
Status note_partner(const Visit& v, const TokenId& session, const Proved& who) {
  const auto partners = federation::partners_of(who.partner);
  return partners.empty() ? Status() : federation::Partners(v.rooms.ledger).note(session, partners[0], v.now);
}

// Whether the session stands: its password may have been replaced while it was begun, and who did that knows nothing of it.
Result<bool> stands(const Visit& v, const TokenId& session, const Proved& who, const audit::Doing& doing) {
  TRY(const bool still, who.password ? v.rooms.people.is_still(who.user, *who.password) : Result<bool>(true));
  if (still) return true;
  TRY_VOID(v.rooms.sessions.end(session, doing));
  return false;
}

}  // namespace

void Visit::enter(const Proved& who) {
  const auto here = may_enter(rooms, who.user, address);
  if (!here) return unavailable(response);
  if (!*here) return error_page(response, 403, texts::kElsewhere);
  const auto by = actor_for(request, address, who.user.text());
  const audit::Doing doing{by, now};
  const sessions::Login login{who.user, who.methods, sessions::agent_of(request.field("user-agent").value_or("")), who.authenticated,
                              who.until};
  auto begun = rooms.sessions.log_in(login, session, doing);
  // The session that was there ended meanwhile: a new one, then.
  if (!begun && begun.error().is(Refusal::Conflict)) begun = rooms.sessions.log_in(login, std::nullopt, doing);
  if (!begun) return unavailable(response);
  const auto good = stands(*this, begun->id, who, doing);
  if (good && !*good) return error_page(response, 403, texts::kWrong);
  if (!good || !note_partner(*this, begun->id, who)) return unavailable(response);
  set_session(begun->cookie);
  redirect(safe_return(who.to));
}

Result<bool> Visit::may_change_ways() const {
  if (!session || now - session->authenticated > kFreshLogin) return false;
  if (session->acr() == "2") return true;
  // Begun before there was a second step: whoever knows the password alone does not put another one in its place.
  TRY(const auto ways, rooms.people.ways(session->principal));
  return !ways.totp;
}

// "millis.random.mac". Nothing is kept for those who only look at a page; who uses one takes its place.
std::string Visit::challenge() const {
  std::array<std::uint8_t, 16> octets{};
  if (!rooms.entropy.fill(octets)) return {};
  const auto text = std::to_string(now.millis()) + "." + base64url::encode(octets);
  return base64url::encode(as_bytes(text + "." + mac(rooms, 0, "passkey " + text + "\n" + form_text(*this))));
}

bool Visit::is_challenge(std::string_view shown) const {
  const auto octets = base64url::decode(shown);
  if (!octets || form_cookie.empty()) return false;
  const auto text = as_text(*octets);
  const auto dot = text.rfind('.');
  std::int64_t millis = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), millis);
  if (dot == std::string_view::npos || wrong != std::errc() || *end != '.') return false;
  if (!fits(rooms, "passkey " + std::string(text.substr(0, dot)) + "\n" + form_text(*this), text.substr(dot + 1))) return false;
  const auto age = now - Instant::from_millis(millis);
  return age >= Millis(0) && age <= people::kChallengeLives;
}

std::string Visit::stamp(std::string_view what) const {
  const auto millis = std::to_string(now.millis());
  return millis + "." + mac(rooms, 0, stamp_text(*this, millis, what));
}

std::optional<Instant> Visit::read_stamp(std::string_view shown, std::string_view what) const {
  const auto dot = shown.find('.');
  if (dot == std::string_view::npos || form_cookie.empty()) return std::nullopt;
  std::int64_t millis = 0;
  const auto [end, wrong] = std::from_chars(shown.data(), shown.data() + dot, millis);
  if (wrong != std::errc() || end != shown.data() + dot) return std::nullopt;
  if (!fits(rooms, stamp_text(*this, shown.substr(0, dot), what), shown.substr(dot + 1))) return std::nullopt;
  const auto asked = Instant::from_millis(millis);
  if (asked > now || now - asked > kStampLives) return std::nullopt;
  return asked;
}

Visit visit(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  Visit v{rooms, request, response, now, caller_address(request, rooms.facts.trusted_proxies), {}, {}};
  const auto form = cookie(request, name_of(rooms, "form"));
  if (base64url::decode(form) && form.size() == 22) v.form_cookie = form;
  if (const auto session = cookie(request, name_of(rooms, "session")); !session.empty()) {
    auto found = rooms.sessions.find(session, v.address, now);
    v.store_failed = !found;
    if (found) v.session = *std::move(found);
    // From where its person may not be, a session is none.
    const auto here = v.session ? may_enter(rooms, v.session->principal, v.address) : Result<bool>(true);
    v.store_failed = v.store_failed || !here;
    if (!here || !*here) v.session.reset();
  }
  return v;
}

sessions::Login renewed(const sessions::Session& session, std::string methods) {
  return {session.principal, std::move(methods), session.agent, session.authenticated};
}

bool page_method(const http::Request& request, http::Response& response) {
  if (request.method == "GET" || request.method == "HEAD" || request.method == "POST") return true;
  response.status = 405;
  response.field("Allow", "GET, HEAD, POST");
  return false;
}

std::string safe_return(std::string_view to) {
  bool good = to.size() >= 1 && to.size() < 8000 && to[0] == '/' && !to.starts_with("//");
  for (const char c : to) good = good && c > 0x20 && c < 0x7f && c != '\\';
  return std::string(good ? to : "/account");
}

}  // namespace jeton::protocols::pages

// One request of a browser: its cookies, its session, its form.
#pragma once

#include "blocks/http/form.h"
#include "protocols/pages/html.h"
#include "protocols/rooms.h"

namespace jeton::protocols::pages {

// Somebody proved who they are, by words of RFC 8176 or by another's ("fed").
struct Proved {
  PrincipalId user;
  std::string methods, to;  // where to go then
  std::optional<Instant> authenticated = {};  // where it was elsewhere and earlier
  std::string partner = {};  // federation::to_text of who says so; empty: we do
  std::optional<people::Shown> password = {};  // where it was a password
  std::optional<Instant> until = {};     // where who says so sets an end to it
};

struct Visit {
  Rooms& rooms;
  const http::Request& request;
  http::Response& response;
  Instant now;
  net::Address address;
  std::string form_cookie;                     // proves that a form was given to this browser
  std::optional<sessions::Session> session;
  bool store_failed = false;

  // What was typed was wrong, or came too often: the watch is told. `account`: whose it was to be, where there is such a person.
  void missed(verify::Tried what, const PrincipalId& account = {}) const;
  bool post() const { return request.method == "POST"; }
  audit::Actor actor() const;
  // Sets the cookie that forms are tied to where the browser has none.
  void prepare_forms();
  // What a form carries hidden, and whether this one did: the cookie's own browser, this session, from our own pages.
  std::string csrf() const;
  bool from_our_form(const http::Form& form) const;
  void redirect(std::string_view to);          // 303
  void set_session(const Secret& cookie);
  void clear_session();
  // A session for whoever proved who they are, and on to where they wanted.
  void enter(const Proved& who);
  // Proof, in an address of our own, that a login was asked of this browser at that time, for `what`; and when that was. Good for as long as a
  // request may take.
  std::string stamp(std::string_view what) const;
  std::optional<Instant> read_stamp(std::string_view stamp, std::string_view what) const;
  // Whether whoever is here may change how the person logs in: who proved it a moment ago, and by the second step where there is one.
  Result<bool> may_change_ways() const;
  // What an authenticator signs, base64url: tied to this browser, its session and the time. And whether this one is that.
  std::string challenge() const;
  bool is_challenge(std::string_view text) const;
};

// Reads cookies and session. GET, HEAD and POST alone are answered: false where it was another method and was refused.
Visit visit(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);
bool page_method(const http::Request& request, http::Response& response);

// Where a login leads to: an address of our own, "/account" for anything else.
std::string safe_return(std::string_view to);

// The same session under a new cookie. It is no fresh login: when the person proved who they are stays what it was.
sessions::Login renewed(const sessions::Session& session, std::string methods);
// Asks for the second step where the person set one up, or begins the session at once.
void proved(Visit& v, const Proved& who);

}  // namespace jeton::protocols::pages

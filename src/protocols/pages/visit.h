// One request of a browser: its cookies, its session, its form.
#pragma once

#include "blocks/http/form.h"
#include "protocols/pages/html.h"
#include "protocols/rooms.h"

namespace jeton::protocols::pages {

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
  // The person proved who they are, by these methods (RFC 8176): a session, and on to where they wanted.
  void enter(const PrincipalId& user, std::string_view methods, std::string_view to);
  // What an authenticator signs, base64url: tied to this browser, its session and the time. And whether this one is that.
  std::string challenge() const;
  bool is_challenge(std::string_view text) const;
};

// Reads cookies and session. GET, HEAD and POST alone are answered: false where it was another method and was refused.
Visit visit(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);
bool page_method(const http::Request& request, http::Response& response);

// Where a login leads to: an address of our own, "/account" for anything else.
std::string safe_return(std::string_view to);

// Somebody proved who they are, by words of RFC 8176 or by another's ("fed").
struct Proved {
  PrincipalId user;
  std::string methods, to;                       // where to go then
  std::optional<Instant> authenticated = {};     // where it was elsewhere and earlier
  std::string partner = {};                      // federation::to_text of who says so; empty: we do
};
// Asks for the second step where the person set one up, or begins the session at once.
void proved(Visit& v, const Proved& who);

// Proof, in an address of our own, that a fresh login was asked for at that time.
std::string stamp(const Rooms& rooms, Instant now);
std::optional<Instant> read_stamp(const Rooms& rooms, std::string_view stamp);

}  // namespace jeton::protocols::pages

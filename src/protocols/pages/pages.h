// Pages for people: they work without script, and with any client that can fill in a form.
#pragma once

#include "protocols/rooms.h"

namespace jeton::protocols::pages {

// Each answers one address.
void login(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);        // /login
void login_code(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);   // /login/code
void login_passkey(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);// /login/passkey
void forgot(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);       // /login/forgot
void consent(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);      // /consent
void account(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);      // /account
void authenticator(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);// /account/authenticator
void passkeys(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);     // /account/passkeys
void device(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);       // /device
void invite(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);       // /invite

// A page that says what went wrong. `detail`: a literal for developers; may be empty.
void error_page(http::Response& response, int status, std::string_view text, std::string_view detail = {});
void unavailable(http::Response& response);
// A page that says one thing.
void message_page(http::Response& response, std::string_view title, std::string_view text, std::string_view link = {},
                  std::string_view link_text = {});
// A page that posts these parameters to `action`: by a script where there is one, by a button where not.
void form_post(std::string_view action, const std::vector<std::pair<std::string_view, std::string>>& parameters, http::Response& response);

// "2026-11-25 10:00 UTC"
std::string time_text(Instant t);

}  // namespace jeton::protocols::pages

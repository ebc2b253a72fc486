// Single logout (profiles §4.4), through the browser: the session ends here first, and then everybody who takes part in it is told, one after another.
#pragma once

#include "authority/federation/partners.h"
#include "protocols/pages/visit.h"

namespace jeton::protocols::sso {

// /saml/slo: a LogoutRequest, or the answer to one of ours, by HTTP-Redirect or HTTP-POST.
void single_logout(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);

// Where the browser goes when everybody was told.
struct LogoutEnd {
  std::string to;  // an address to redirect to; empty: a page of our own, or an answer
  federation::Side side = federation::Side::ServiceProvider;
  std::string asker, request_id, relay_state;  // who asked by a LogoutRequest, and is answered; empty: nobody did
};

// Ends these sessions, takes their cookie from the browser, and sends it round. At most 64 are told. The response is complete when it returns.
void log_out(pages::Visit& v, const std::vector<TokenId>& sessions, const LogoutEnd& end);

// The origins that a logout of this session goes round by, for the policy of the page that asks for it: browsers hold it against every redirect.
std::string logout_origins(const pages::Visit& v);

}  // namespace jeton::protocols::sso

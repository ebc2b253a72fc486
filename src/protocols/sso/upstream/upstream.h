// Logging in here by somebody else's word: a SAML identity provider upstream.
#pragma once

#include <optional>
#include <string>

#include "authority/federation/identity_providers.h"
#include "formats/saml/login.h"
#include "protocols/pages/visit.h"
#include "protocols/rooms.h"

namespace jeton::protocols::sso {

// /saml/login?idp=…&return=…: sends the browser to the identity provider with a signed AuthnRequest.
void begin_login(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);
// /saml/acs: a response by HTTP-POST, and then, by a redirect from here that brings this site's cookies along, the browser it belongs to.
void consume(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);

// What was asked, kept in a ticket; RelayState is the ticket's text, which says nothing to anybody else.
struct Asked {
  std::string provider, request_id, to;
  std::string browser;     // hash of the cookie that forms are tied to
  std::string link;        // the user who connects this login to the account; empty: it is a login
};
std::string to_text(const Asked& asked);
std::optional<Asked> asked_of(std::string_view text);

// A ticket's text, 128 random bits; and its row, apart for each use.
Result<std::string> ticket_text(Entropy& entropy);
crypto::Sha256Digest ticket_row(std::string_view use, std::string_view text);
// Names this browser in a ticket: empty where it has no cookie of ours.
std::string browser_of(const pages::Visit& v);

// How long what goes through a browser and an identity provider may take.
inline constexpr Seconds kJourney{900};
// Allowed between our clock and an identity provider's.
inline constexpr Seconds kSkew{60};

// Proof, in an address of our own, that this session's user asked to connect a login.
std::string link_stamp(const pages::Visit& v, std::string_view provider);

}  // namespace jeton::protocols::sso

// A round of logouts: what is left to do, as it is kept between two requests of the browser.
#pragma once

#include "formats/saml/metadata.h"
#include "protocols/sso/logout/logout.h"

namespace jeton::protocols::sso {

struct Round {
  std::vector<federation::Partner> left;
  federation::Side waiting_side = federation::Side::ServiceProvider;
  std::string waiting_for, request_id;   // whose answer comes next, to which request of ours
  bool partial = false;                  // somebody could not be told, or said no
  LogoutEnd end;
};

// Tells the next one who can be told, or ends the round.
void go_on(pages::Visit& v, Round round);
// The round of a RelayState that waits for this answer; once. Denied where there is none.
Result<Round> take_round(Rooms& rooms, std::string_view relay_state, Instant now);
// The round that waits, without using it up.
Result<Round> look_at_round(Rooms& rooms, std::string_view relay_state, Instant now);

// Another entity, whichever its side, as logout sees it.
struct Peer {
  std::string entity;
  std::vector<saml::Endpoint> logout;
  std::vector<crypto::VerifyKey> keys;
  crypto::SignAlg signs;   // what we sign with for it
};
Result<Peer> peer_of(Rooms& rooms, federation::Side side, std::string_view entity, Instant now);

}  // namespace jeton::protocols::sso

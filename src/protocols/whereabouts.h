// Whether a call may come from where it comes: the rules of the installation, and of whom it is about. /verify and whatever takes a
// token ask the verifier; this is for the rest.
#pragma once

#include "protocols/rooms.h"

namespace jeton::protocols {

// The installation's rules alone. A local caller (no address) is let in.
bool let_in(Rooms& rooms, const net::Address& address);
// The installation's and the person's or service account's.
Result<bool> may_enter(Rooms& rooms, const PrincipalId& principal, const net::Address& address);

}  // namespace jeton::protocols

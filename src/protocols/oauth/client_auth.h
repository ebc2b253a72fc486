// Which client calls, and how it shows that (RFC 6749 §2.3, RFC 7523, OAuth 2.1 §2.4).
#pragma once

#include <memory>

#include "protocols/oauth/call.h"

namespace jeton::protocols::oauth {

struct Client {
  ledger::Client record;
  clients::Profile profile;
  bool unsaved = false;      // read from its document, and not as the ledger has it
};
// Handed on through several calls, and large.
using ClientPtr = std::unique_ptr<const Client>;

// The client, authenticated by its method; a public one by its id alone. Null where the call names no client at all.
// invalid_client whatever is wrong.
Or<ClientPtr> client_of(const Call& call);
// The same, and it must be there.
Or<ClientPtr> needed_client(const Call& call);
// A client that may act, by its id, not authenticated: for the authorization endpoint. NotFound otherwise. Where the id is an address, the
// document there may be read.
Result<Client> find_client(Rooms& rooms, std::string_view id);

}  // namespace jeton::protocols::oauth

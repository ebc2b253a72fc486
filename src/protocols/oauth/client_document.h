// Clients that nobody registered: the client_id is the https address of a document that describes them
// (Client ID Metadata Documents).
#pragma once

#include "protocols/oauth/client_auth.h"

namespace jeton::protocols::oauth {

// An id that is an address.
inline bool is_document(std::string_view id) { return id.starts_with("https://"); }
// The client that the document describes, as it stands there now; as the ledger has it where the document
// cannot be read for now. `unsaved` where the ledger has another one or none. NotFound: the installation does
// not take such clients, or this one.
Result<Client> client_of_document(Rooms& rooms, std::string_view url);

}  // namespace jeton::protocols::oauth

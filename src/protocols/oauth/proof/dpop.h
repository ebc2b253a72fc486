// Proof of possession of a key (RFC 9449).
#pragma once

#include "protocols/oauth/call.h"

namespace jeton::protocols::oauth {

// JSON of `cnf` for the key whose proof the call carries; empty where it carries none. invalid_dpop_proof otherwise. A proof counts
// once in the whole installation.
Or<std::string> dpop_of(const Call& call);

// A call of an API, as it was made: the proof is for this call and this access token.
struct ApiCall {
  std::string_view method, url, token;
  // Ours: this server is the API; its nonce is needed where the installation wants one, for which the ledger is read. Theirs: what nonces
  // an API gives out is its own business.
  enum class Nonce : std::uint8_t { Theirs, Ours } nonce = Nonce::Theirs;
};
// The same for an API's call. Counts once on this server; waits for nothing. Malformed: with what is wrong. Expired: it needs another nonce.
Result<std::string> dpop_for_api(Rooms& rooms, const http::Request& request, const ApiCall& call, Instant now);

}  // namespace jeton::protocols::oauth

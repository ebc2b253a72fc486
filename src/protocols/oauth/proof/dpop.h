// Proof of possession of a key (RFC 9449).
#pragma once

#include "protocols/oauth/call.h"

namespace jeton::protocols::oauth {

// JSON of `cnf` for the key whose proof the call carries; empty where it carries none. invalid_dpop_proof otherwise. A proof counts
// once in the whole installation.
Or<std::string> dpop_of(const Call& call);

// [FAPI 2.0 SP §5.4] Whether the proof, where there is one, is by an algorithm that the client may use. Of one that was checked.
bool dpop_alg_fits(const http::Request& request, const clients::Profile& profile);

// A call of an API, as it was made: the proof is for this call and this access token.
struct ApiCall {
  std::string_view method, url, token;
  // Ours: this server is the API; its nonce is needed where the installation wants one, for which the ledger is read. Theirs: what nonces
  // an API gives out is its own business.
  enum class Nonce : std::uint8_t { Theirs, Ours } nonce = Nonce::Theirs;
};
struct ApiProof {
  std::string confirmation;  // JSON of `cnf`
  crypto::Sha256Digest once{};  // names the proof
  Instant made;
};
// What the proof of an API's call proves; it still has to be the first of its name. Waits for nothing. Malformed: with what is wrong.
// Expired: it needs another nonce.
Result<ApiProof> dpop_for_api(Rooms& rooms, const http::Request& request, const ApiCall& call, Instant now);
// Counts a proof that came with a token of its key: others are not remembered, or anybody could fill the memory. False where it was shown
// to this server before, or may have been before its start.
bool first_shown(Rooms& rooms, const ApiProof& proof, Instant now);

}  // namespace jeton::protocols::oauth

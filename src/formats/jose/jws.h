// JSON Web Signatures (RFC 7515): compact where a token travels, JSON for tools.
#pragma once

#include <string>

#include "blocks/crypto/sign.h"
#include "formats/jose/header.h"

namespace jeton::jose {

inline constexpr std::size_t kMostToken = 16 * 1024;   // characters of a bearer token

// A compact JWS taken apart. Parsed, not believed: views into the token.
struct Compact {
  std::string_view header, payload, signature;   // base64url
  std::string_view signing_input;                // header.payload
};

// Malformed: not three parts; the length is looked at before anything else. Allocates nothing.
Result<Compact> split(std::string_view token, std::size_t most = kMostToken);

// The octets of a JWS payload whose signature was verified.
Result<Bytes> verify_compact(std::string_view token, const crypto::VerifyKey& key);
// General and flattened JSON serialisation (RFC 7515 §7.2): one signature at least is by that key, for this algorithm.
Result<Bytes> verify_json(std::string_view json, const crypto::VerifyKey& key);
// The same, in either form, with the payload carried beside it (RFC 7515 Appendix F; RFC 7797).
Result<Bytes> verify_detached(std::string_view jws, ByteView payload, const crypto::VerifyKey& key);

// A compact JWS of the header members as JSON (without alg) and the payload.
Result<std::string> sign_compact(std::string_view header_members, ByteView payload, const crypto::SignKey& key);
// In any form, with the payload as RFC 7797 leaves it where it is to stay unencoded. Unsupported: a payload that the form cannot carry so.
enum class Form : std::uint8_t { Compact, Flattened, Detached };
enum class Payload : std::uint8_t { Encoded, Unencoded };
Result<std::string> sign_as(Form form, Payload spelling, std::string_view header_members, ByteView payload, const crypto::SignKey& key);

// Whether the text is meant as a JSON serialisation: an object, not a compact one.
bool is_json(std::string_view text);

}  // namespace jeton::jose

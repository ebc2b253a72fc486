// JSON Web Tokens (RFC 7519): compact, signed, and judged only after the signature was found good.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "blocks/json/scanner.h"
#include "formats/jose/jws.h"
#include "ground/instant.h"

namespace jeton::jose {

// The registered claims (RFC 7519 §4.1, RFC 9068 §2.2), each of its exact type. Views into the payload, or into `kept` where a
// claim was spelled with escapes. Absent: no data, or nothing.
struct Claims {
  std::string_view iss, sub, jti, client_id, scope, dev, parent, nonce, azp;
  std::optional<std::int64_t> exp, nbf, iat, auth_time;   // whole seconds; exp and auth_time rounded down, nbf and iat up
  std::string_view aud;                                   // JSON: text, or a list of text
  std::string_view cnf;                                   // JSON object
  std::array<std::unique_ptr<std::string>, 4> kept;
  std::size_t kept_count = 0;

  bool has_audience(std::string_view wanted) const;
};

// Room for one token's decoded octets and what was read of them. Kept per thread by callers, because it is large.
struct JwtRoom {
  std::array<std::uint8_t, kMostToken> octets;
  Result<Claims> claims = Claims();   // of no use to who has not verified: read_claims gives them
};

class VerifiedJwt;

// A token taken apart; nothing of it is believed. Views into the token and the room.
class ParsedJwt {
 public:
  // Malformed: not three parts of base64url, a header that is not one, `b64` or unknown `crit` (RFC 7797 §7: not in a JWT).
  // Allocates nothing.
  static Result<ParsedJwt> parse(std::string_view token, JwtRoom& room);
  const Header& header() const { return header_; }
  // Unsupported where the header's alg is not the key's; BadSignature.
  Result<VerifiedJwt> verify(const crypto::VerifyKey& key) const;
  // The claims' JSON, for tools that show what was not verified.
  std::string_view unverified_payload() const { return payload_; }

 private:
  ParsedJwt() = default;
  Header header_;
  std::string_view signing_input_, payload_;
  ByteView signature_;
  JwtRoom* room_ = nullptr;
};

// A token whose signature was good. Only ParsedJwt::verify makes one.
class VerifiedJwt {
 public:
  const Header& header() const { return header_; }
  std::string_view payload() const { return payload_; }   // JSON

 private:
  friend class ParsedJwt;
  friend const Result<Claims>& read_claims(const VerifiedJwt& jwt);
  VerifiedJwt(const Header& header, std::string_view payload, const Result<Claims>& claims)
      : header_(header), payload_(payload), claims_(&claims) {}
  Header header_;
  std::string_view payload_;
  const Result<Claims>* claims_;
};

// Malformed: not an object, a name twice, a claim of another type, a date outside 0 to 2^40 seconds.
// Read before the signature was checked, while the code for it was at hand, and shown to nobody before. Live as long as the room is not
// used for another token.
const Result<Claims>& read_claims(const VerifiedJwt& jwt);

// Media types compare without case, and "application/" may be left out (RFC 7515 §4.1.9).
bool same_type(std::string_view typ, std::string_view wanted);

// The kinds of token, by typ, each with the claims it needs (RFC 8725 §3.11).
enum class Profile : std::uint8_t { Generic, AccessToken, IdToken, LogoutToken, DpopProof, SecurityEvent, ClientAssertion };
Profile profile_of(std::string_view typ);

struct Expected {
  std::string_view issuer, audience;
  std::string_view typ;                // empty: JWT or none, or an access token
  Seconds leeway{0};
};

// Refuses in this order: typ, claims that the profile needs, issuer, audience, window. `exp` is always needed, and exclusive; a token
// that is issued only later is not valid yet.
Status judge(const VerifiedJwt& jwt, const Claims& claims, const Expected& expected, Instant now);

}  // namespace jeton::jose

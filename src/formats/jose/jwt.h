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
  std::string_view iss, sub, jti, client_id, scope, dev, parent, acting, nonce, azp;
  std::optional<std::int64_t> exp, nbf, iat, auth_time;   // whole seconds; exp and auth_time rounded down, nbf and iat up
  std::string_view aud;                                   // JSON: text, or a list of text
  std::string_view cnf;                                   // JSON object
  std::array<std::unique_ptr<std::string>, 4> kept;
  std::size_t kept_count = 0;

  bool has_audience(std::string_view wanted) const;
};

class VerifiedJwt;

// The kinds of token, by typ, each with the claims it needs (RFC 8725 §3.11).
enum class Profile : std::uint8_t { Generic, AccessToken, IdToken, LogoutToken, DpopProof, SecurityEvent, ClientAssertion };
Profile profile_of(std::string_view typ);

// Room for one token's decoded octets and what was read of them: the next token takes it over. Kept per thread by callers, because it
// is large, and because the tokens of one issuer have one header: it is read once, and then only held against its text.
class JwtRoom {
 public:
  JwtRoom() = default;
  JwtRoom(const JwtRoom&) = delete;
  JwtRoom& operator=(const JwtRoom&) = delete;

 private:
  friend class ParsedJwt;
  friend class VerifiedJwt;
  friend const Result<Claims>& read_claims(const VerifiedJwt& jwt);
  Status take_header(std::string_view text);

  std::uint64_t turn_ = 0;            // tokens that came in
  std::size_t header_size_ = 0;       // of the header's text; 0: none is known
  std::array<char, 512> header_text_;
  Header header_;                     // views into octets_->header
  Profile profile_ = Profile::Generic;
  Result<Claims> claims_ = Claims();
  struct Octets {
    std::array<std::uint8_t, kMostToken> header, token;
  };
  // On the heap: in a thread's own block they would cost every thread their memory, and most never see a JWT.
  const std::unique_ptr<Octets> octets_ = std::make_unique_for_overwrite<Octets>();
};

// A token taken apart; nothing of it is believed. Views into the token and the room.
class ParsedJwt {
 public:
  // Malformed: not three parts of base64url, a header that is not one, `b64` or unknown `crit` (RFC 7797 §7: not in a JWT).
  // Allocates nothing.
  static Result<ParsedJwt> parse(std::string_view token, JwtRoom& room);
  const Header& header() const { return room_->header_; }
  // Unsupported where the header's alg is not the key's; BadSignature.
  Result<VerifiedJwt> verify(const crypto::VerifyKey& key) const;
  // The claims' JSON, for tools that show what was not verified.
  std::string_view unverified_payload() const { return payload_; }

 private:
  ParsedJwt() = default;
  std::string_view signing_input_, payload_;
  ByteView signature_;
  JwtRoom* room_ = nullptr;
  std::uint64_t turn_ = 0;
};

// A token whose signature was good. Only ParsedJwt::verify makes one. It and its views live until the room takes in another token.
class VerifiedJwt {
 public:
  const Header& header() const { return room_->header_; }
  Profile profile() const { return room_->profile_; }
  std::string_view payload() const { return payload_; }   // JSON

 private:
  friend class ParsedJwt;
  friend const Result<Claims>& read_claims(const VerifiedJwt& jwt);
  VerifiedJwt(const JwtRoom& room, std::string_view payload) : room_(&room), payload_(payload), turn_(room.turn_) {}
  const JwtRoom* room_;
  std::string_view payload_;
  std::uint64_t turn_;
};

// Malformed: not an object, a name twice, a claim of another type, a date outside 0 to 2^40 seconds.
// Read before the signature was checked, while the code for it was at hand, and shown to nobody before. A fault where the room has taken
// in another token since: these claims would be that one's.
const Result<Claims>& read_claims(const VerifiedJwt& jwt);

// Media types compare without case, and "application/" may be left out (RFC 7515 §4.1.9).
bool same_type(std::string_view typ, std::string_view wanted);

// What a token must say. An issuer or audience that was left empty fits no token; std::nullopt, where the caller judges it by itself.
struct Expected {
  std::optional<std::string_view> issuer = std::string_view(), audience = std::string_view();
  std::string_view typ;                // empty: JWT or none, or an access token
  Seconds leeway{0};
};

// Refuses in this order: typ, claims that the profile needs, issuer, audience, window. `exp` is always needed, and exclusive; a token
// that is issued only later is not valid yet.
Status judge(const VerifiedJwt& jwt, const Claims& claims, const Expected& expected, Instant now);

}  // namespace jeton::jose

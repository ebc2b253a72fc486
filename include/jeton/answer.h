// What calls of this library answer: a value, or the one reason why there is none.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

// Marks what the shared library shows. Everything else in it is hidden, so that nothing of its inside can be relied upon.
#define JETON_API __attribute__((visibility("default")))

namespace libjeton {

// Why there is no value. Closed and short, so that a caller may switch on it; new reasons come only with a new major version.
//
// All but the last two are the input's fault. A refusal never holds any of the input: it is safe to log.
enum class Reason : std::uint8_t {
  Malformed,      // not of the grammar: not three parts, not base64url, not strict JSON, a claim of another type
  TooLarge,       // over a limit of size, count or depth
  Unsupported,    // well formed, but of a kind that is not taken here: another alg, a critical header
  WeakKey,        // a key that is too short, inconsistent, or not for that use
  BadSignature,   // the signature does not fit. Nothing else about the token can be told
  UnknownKey,     // the token's kid names no key of the set
  Expired,        // at or after its exp
  NotYetValid,    // before its nbf or iat
  WrongIssuer,    // iss is not, octet by octet, the one that was asked for
  WrongAudience,  // aud does not hold the one that was asked for
  WrongType,      // typ says that it is another kind of token
  Refused,        // refused for a reason that has no name of its own
  Fault,          // our side failed: no randomness, a primitive that failed, an algorithm out of service. Never an accept
};

// The reason's stable name, "bad_signature"; for logs and for answers. Lives for ever.
JETON_API std::string_view name(Reason reason);

// Either a value or the reason why there is none. Nothing here throws.
template <class T>
using Answer = std::expected<T, Reason>;

}  // namespace libjeton

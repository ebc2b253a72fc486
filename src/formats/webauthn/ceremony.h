// What an authenticator says: the two ceremonies of WebAuthn (Level 2, §7.1 and §7.2), without who it is said of.
#pragma once

#include <string>

#include "blocks/crypto/sign.h"

namespace jeton::webauthn {

// Whether the person must have been verified (by a PIN, a finger), or only present.
enum class UserVerification : std::uint8_t { Required, Discouraged };

// What a ceremony was begun with. Views live as long as the call.
struct Expected {
  std::string_view challenge;   // base64url, as the page got it
  std::string_view origin;      // "https://id.example"
  std::string_view rp_id;       // "id.example"
  UserVerification verification = UserVerification::Required;
};

// What the browser sent of a new passkey: octets, not believed yet.
struct Attestation {
  ByteView client_data, object;
};
struct Registered {
  Bytes credential_id;          // 16 to 1023 octets
  Bytes key;                    // COSE_Key, as `verify_assertion` takes it
  std::uint32_t counter = 0;
};
// RFC words of §7.1: the client data is of this ceremony; the person was present and verified; the key is sound and of an offered
// algorithm. No attestation is asked for, so none is read: the key is believed because this person's session brought it.
// WrongType: of another ceremony, or embedded in another site. WrongAudience: of another site. Denied: the person was not verified.
Result<Registered> read_registration(const Attestation& said, const Expected& expected);

// What the browser sent of a login.
struct Assertion {
  ByteView client_data, authenticator_data, signature;
};
struct Asserted {
  std::uint32_t counter = 0;
};
// §7.2 from step 11: as above, and signed by the key. BadSignature where it is not.
Result<Asserted> verify_assertion(const Assertion& said, ByteView key, const Expected& expected);

}  // namespace jeton::webauthn

// Who may read a Secret's octets. This list is the whole of it: to read one, a room must be named here.
#pragma once

namespace jeton {

// clang-format off
namespace crypto { struct Pass; }      // primitives: keys go into OpenSSL and libsodium
namespace jose { struct Pass; }        // private JWKs: read from and written to JSON
namespace xml { struct Pass; }         // encrypted elements: opened to be read, content keys made
namespace opaque { struct Pass; }      // a token's text, at birth and when it is checked
namespace apis { struct Pass; }          // shared keys that access tokens are encrypted under
namespace keys { struct Pass; }        // the master key file, sealed keys, peppers
namespace personal { struct Pass; }    // hands a new token to its caller, once
namespace mint { struct Pass; }          // the same for access tokens
namespace clients { struct Pass; }       // the same for client secrets
namespace people { struct Pass; }        // passwords, TOTP secrets and recovery codes, on their way to and from the ledger
namespace grants { struct Pass; }        // codes and refresh tokens
namespace sessions { struct Pass; }      // a session's cookie, once
namespace federation { struct Pass; }    // the key that assertions are encrypted to
namespace notify { struct Pass; }        // secrets of webhooks, links in mails
namespace signals { struct Pass; }       // what receivers of security events want as Authorization
namespace protocols { struct Pass; }   // renders a new token into a response, once
namespace program { struct Pass; }     // the terminal, the vault and files of the command line
// clang-format on

class SecretPass {
  friend struct crypto::Pass;
  friend struct jose::Pass;
  friend struct xml::Pass;
  friend struct opaque::Pass;
  friend struct apis::Pass;
  friend struct keys::Pass;
  friend struct personal::Pass;
  friend struct mint::Pass;
  friend struct clients::Pass;
  friend struct people::Pass;
  friend struct grants::Pass;
  friend struct sessions::Pass;
  friend struct federation::Pass;
  friend struct notify::Pass;
  friend struct signals::Pass;
  friend struct protocols::Pass;
  friend struct program::Pass;
  constexpr SecretPass() = default;
};

// clang-format off
namespace crypto { struct Pass { static constexpr SecretPass key() { return {}; } }; }
namespace jose { struct Pass { static constexpr SecretPass key() { return {}; } }; }
namespace xml { struct Pass { static constexpr SecretPass key() { return {}; } }; }
namespace opaque { struct Pass { static constexpr SecretPass key() { return {}; } }; }
namespace apis { struct Pass { static constexpr SecretPass key() { return {}; } }; }
namespace keys { struct Pass { static constexpr SecretPass key() { return {}; } }; }
namespace personal { struct Pass { static constexpr SecretPass key() { return {}; } }; }
namespace mint { struct Pass { static constexpr SecretPass key() { return {}; } }; }
namespace clients { struct Pass { static constexpr SecretPass key() { return {}; } }; }
namespace people { struct Pass { static constexpr SecretPass key() { return {}; } }; }
namespace grants { struct Pass { static constexpr SecretPass key() { return {}; } }; }
namespace sessions { struct Pass { static constexpr SecretPass key() { return {}; } }; }
namespace federation { struct Pass { static constexpr SecretPass key() { return {}; } }; }
namespace notify { struct Pass { static constexpr SecretPass key() { return {}; } }; }
namespace signals { struct Pass { static constexpr SecretPass key() { return {}; } }; }
namespace protocols { struct Pass { static constexpr SecretPass key() { return {}; } }; }
namespace program { struct Pass { static constexpr SecretPass key() { return {}; } }; }
// clang-format on

}  // namespace jeton

// How messages travel: HTTP-Redirect and HTTP-POST (saml-bindings-2.0-os §3.4, §3.5).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "blocks/xml/document.h"
#include "blocks/xml/signature.h"

namespace jeton::saml {

enum class Carried : std::uint8_t { Request, Response };   // SAMLRequest or SAMLResponse

// A signature beside the message, as the Redirect binding has it.
struct Detached {
  std::string octets;   // exactly as they stood in the query
  crypto::SignAlg alg;
  Bytes signature;
};

// A message that came in: read, and not proven.
struct Inbound {
  Carried carried = Carried::Request;
  xml::Document document;
  std::string relay_state;   // empty where there is none
  std::optional<Detached> detached;

  // Who it says it is from: to find the keys to prove it with, and for nothing else.
  Result<std::string> claimed_issuer() const;
};

// `query` without its question mark, its octets as they were sent. Malformed: a parameter twice, both or neither of the messages, not
// base64 or DEFLATE, a signature without its algorithm. TooLarge: inflates to more than 256 KiB, or RelayState over 80 octets.
Result<Inbound> parse_redirect(std::string_view query);
// The form's value of SAMLRequest or SAMLResponse, decoded from the form already, and its RelayState.
Result<Inbound> parse_post(Carried carried, std::string_view value, std::string_view relay_state);

enum class Need : std::uint8_t { Signature, Nothing };

// A message whose signature, where it has one or needs one, was found good. Read its root and nothing else.
class Proven {
 public:
  xml::Element root() const { return verified_ ? verified_->root() : inbound_->document.root(); }
  bool is_signed() const { return signed_; }

 private:
  friend Result<Proven> prove(const Inbound& inbound, std::span<const crypto::VerifyKey> keys, Need need);
  const Inbound* inbound_ = nullptr;   // outlives this
  std::optional<xml::Verified> verified_;
  bool signed_ = false;
};

// `inbound` outlives what is returned. A signature that is there and not good refuses, needed or not; Denied where one is needed
// and there is none.
Result<Proven> prove(const Inbound& inbound, std::span<const crypto::VerifyKey> keys, Need need);

// The address to send a browser to: `location` with the message in its query; signed where there is a key.
Result<std::string> redirect_url(std::string_view location, Carried carried, std::string_view message, std::string_view relay_state,
                                 const crypto::SignKey* key);

// The value a form carries.
std::string post_value(std::string_view message);

inline constexpr std::size_t kMostRelayState = 80;   // [SAMLBind §3.4.3]

}  // namespace jeton::saml

// Enveloped XML signatures in one profile: one reference to the element itself, exclusive canonicalisation, SHA-2, RSA or ECDSA.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "blocks/crypto/sign.h"
#include "blocks/xml/document.h"

namespace jeton::xml {

// The ds:Signature right below the element. Malformed where there is more than one.
Result<std::optional<Element>> signature_of(Element element);

// The octets a good signature covers, read anew: what was not signed cannot be reached from here, and what a canonicaliser
// leaves out (comments, the signature itself) is gone.
class Verified {
 public:
  Element root() const { return document_.root(); }

 private:
  friend Result<Verified> verify(Element element, Element signature, std::span<const crypto::VerifyKey> keys);
  explicit Verified(Document document) : document_(std::move(document)) {}
  Document document_;
};

// Verifies the signature of an element that carries it as its child and is named by its ID. The algorithm picks among `keys`; KeyInfo
// is never read. Malformed: not the profile's grammar. Unsupported: an algorithm or a transform it does not have. Denied: the
// reference is not to the element. BadSignature: the digest or the signature does not fit. UnknownKey: no key of the algorithm.
Result<Verified> verify(Element element, Element signature, std::span<const crypto::VerifyKey> keys);

// The ds:Signature of an element whose canonical form without it is `octets` and whose ID is `id`. In canonical form itself.
Result<std::string> sign(std::string_view octets, std::string_view id, const crypto::SignKey& key);

// Whether the profile has this algorithm, and its names there.
std::optional<crypto::SignAlg> signature_alg(std::string_view uri);
std::string_view signature_uri(crypto::SignAlg alg);   // empty where it has none
// All of them, and the digests it takes beside them: what metadata announces.
std::span<const std::string_view> signature_uris();
std::span<const std::string_view> digest_uris();

// Every algorithm of the profile that a key of these numbers may be used with. WeakKey: RSA under 2048 bits, an unsound point.
Result<std::vector<crypto::VerifyKey>> verify_keys(const crypto::PublicParts& key);

}  // namespace jeton::xml

// XML Encryption in one profile: AES-GCM for the content, RSA-OAEP for its key.
#pragma once

#include <span>
#include <string>

#include "blocks/crypto/envelope/oaep.h"
#include "blocks/xml/document.h"
#include "ground/entropy.h"

namespace jeton::xml {

// Opens the EncryptedData in `holder` (an element that holds it and, beside it or in its KeyInfo, one EncryptedKey) and reads
// the one element inside, under the namespaces in scope of `holder`. Decryption proves nothing about who wrote it.
// Unsupported: AES-CBC (malleable), RSA 1.5, and what else is not of the profile; known before any key is touched. BadSignature:
// everything that depends on the key, without saying which step.
class Opened {
 public:
  Element element() const;

 private:
  friend Result<Opened> open(Element holder, std::span<const crypto::UnwrapKey> keys);
  explicit Opened(Document document) : document_(std::move(document)) {}
  Document document_;
};
Result<Opened> open(Element holder, std::span<const crypto::UnwrapKey> keys);

// An xenc:EncryptedData that holds `element` (canonical XML) for the owner of `to`: AES-256-GCM under RSA-OAEP with its oldest parameters (SHA-1),
// the one form that everybody reads: xmlsec1 1.2 and Node's xml-encryption know no other.
Result<std::string> seal(std::string_view element, const crypto::PublicParts& to, Entropy& entropy);

}  // namespace jeton::xml

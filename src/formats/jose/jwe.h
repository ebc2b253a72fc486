// JSON Web Encryption (RFC 7516): compact where a token travels, JSON for tools. No zip, no RSA1_5.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "blocks/crypto/envelope/algorithm.h"
#include "formats/jose/jwk.h"
#include "ground/entropy.h"

namespace jeton::jose {

// Decrypts by one algorithm. Immutable and cheap to copy. Any thread.
class DecryptKey {
 public:
  // Refuses what `permits` refuses, and keys that are not sound (WeakKey).
  static Result<DecryptKey> of(const Jwk& jwk, crypto::KeyAlg alg);
  crypto::KeyAlg alg() const;

  struct Body;
  const Body& body() const { return *body_; }

 private:
  explicit DecryptKey(std::shared_ptr<const Body> body) : body_(std::move(body)) {}
  std::shared_ptr<const Body> body_;
};

// Encrypts to the owner of a public key, or under a shared one, by one algorithm. Immutable and cheap to copy. Any thread.
class EncryptKey {
 public:
  static Result<EncryptKey> of(const Jwk& jwk, crypto::KeyAlg alg);
  crypto::KeyAlg alg() const;

  struct Body;
  const Body& body() const { return *body_; }

 private:
  explicit EncryptKey(std::shared_ptr<const Body> body) : body_(std::move(body)) {}
  std::shared_ptr<const Body> body_;
};

// How often a password is hashed, at least and at most (RFC 7518 §4.8.1.2): below it a guess is cheap, above it a token is an attack.
inline constexpr std::int64_t kLeastRounds = 1'000, kMostRounds = 1'000'000;

// A message taken apart; nothing of it is believed, and nothing was decrypted. Owns what it reads except the text of the unprotected
// headers: the text must outlive it.
class ParsedJwe {
 public:
  // Malformed: not five parts of base64url, a header that is not one. Unsupported: zip, crit.
  static Result<ParsedJwe> parse(std::string_view compact, std::size_t most = 16 * 1024);
  // General and flattened JSON serialisation (RFC 7516 §7.2).
  static Result<ParsedJwe> parse_json(std::string_view json);

  // One header a reader: of compact and flattened messages exactly one.
  std::size_t recipients() const { return recipients_.size(); }
  const Header& header(std::size_t recipient = 0) const { return recipients_[recipient].header; }
  // The protected header's JSON.
  std::string_view protected_json() const { return as_text(protected_json_); }

  // Decrypts what was meant for one reader. Unsupported: an alg that is not the key's, an enc that is not known. Malformed: a member
  // that the alg needs is missing or of the wrong length. BadSignature: everything else, one error and one time for all of it: a
  // wrapped key that does not unwrap is replaced by a random one, and the message fails (RFC 7516 §11.5).
  Result<Secret> decrypt(const DecryptKey& key, std::size_t recipient = 0) const;

 private:
  friend struct JweReading;
  struct Recipient {
    Header header;
    Bytes encrypted_key;
  };
  Bytes protected_json_, iv_, ciphertext_, tag_;
  std::string associated_;   // what is authenticated beside the message: the protected header as it was received, and aad
  std::vector<Recipient> recipients_;
};

// The reader whose header means this key: by kid where both have one, and by alg. UnknownKey: none.
Result<std::size_t> recipient_for(const ParsedJwe& jwe, const Jwk& key, crypto::KeyAlg alg);

// A compact JWE of the header members as JSON (without alg and enc) and the message.
Result<std::string> encrypt_compact(std::string_view header_members, ByteView plain, const EncryptKey& key, crypto::ContentAlg enc,
                                    Entropy& entropy);
// The flattened JSON serialisation, with additional authenticated data where it is not empty.
Result<std::string> encrypt_json(std::string_view header_members, ByteView plain, ByteView aad, const EncryptKey& key,
                                 crypto::ContentAlg enc, Entropy& entropy);

}  // namespace jeton::jose

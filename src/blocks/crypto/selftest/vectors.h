// Known answers that others published, as data: each names where it stands.
#pragma once

#include <span>
#include <string_view>

#include "blocks/crypto/algorithm.h"

namespace jeton::crypto::selftest {

// All values are hexadecimal, lower case.
struct RsaKey {
  std::string_view n, e, d, p, q, dp, dq, qi;
};

struct SignatureVector {
  SignAlg alg;
  std::string_view source;
  bool repeats = false;            // signing gives exactly `signature`
  const RsaKey* rsa = nullptr;     // the key that signs, where the type is RSA
  std::string_view x = {}, y = {}, n = {}, e = {};   // the public key
  std::string_view d = {};         // the private one of EC and Ed25519
  std::string_view message = {}, signature = {};
};
std::span<const SignatureVector> signatures();

struct MacVector {
  HashAlg hash;
  std::string_view source, key, message, mac;
};
std::span<const MacVector> macs();

struct HashVector {
  HashAlg hash;
  std::string_view source, message, digest;
};
std::span<const HashVector> hashes();

struct KdfVector {
  std::string_view source, key, salt, info, output;
};
std::span<const KdfVector> hkdfs();

struct AeadVector {
  std::string_view source, key, nonce, associated, plain, sealed;   // sealed: cipher text and tag
};
std::span<const AeadVector> gcms();

struct PasswordVector {
  std::string_view source, password, encoded;   // text, not hexadecimal
};
std::span<const PasswordVector> passwords();

}  // namespace jeton::crypto::selftest

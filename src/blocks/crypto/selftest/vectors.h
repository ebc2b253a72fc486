// Known answers that others published, as data: each names where it stands.
#pragma once

#include <span>
#include <string_view>

#include "blocks/crypto/algorithm.h"
#include "blocks/crypto/envelope/algorithm.h"
#include "blocks/crypto/envelope/oaep.h"

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

struct ContentVector {
  ContentAlg alg;
  std::string_view source, key, iv, associated, plain, sealed, tag;
};
std::span<const ContentVector> contents();

struct WrapVector {
  std::string_view source, kek, key, wrapped;
};
std::span<const WrapVector> wraps();

// Under the key that signs: rsa_key().
struct OaepVector {
  OaepHash hash;   // and of its mask
  std::string_view source, plain, encrypted;
};
std::span<const OaepVector> oaeps();
const RsaKey& rsa_key();

struct AgreementVector {
  Curve curve;
  std::string_view source, x, y, d, peer_x, peer_y, shared;
};
std::span<const AgreementVector> agreements();

struct ConcatVector {
  std::string_view source, shared, algorithm, party_u, party_v, output;   // algorithm as text
};
std::span<const ConcatVector> concats();

struct PasswordKeyVector {
  HashAlg hash;
  std::string_view source, password, salt;
  std::uint32_t rounds;
  std::string_view output;
};
std::span<const PasswordKeyVector> password_keys();

struct PasswordVector {
  std::string_view source, password, encoded;   // text, not hexadecimal
};
std::span<const PasswordVector> passwords();

}  // namespace jeton::crypto::selftest

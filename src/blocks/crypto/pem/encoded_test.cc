#include "blocks/crypto/pem/encoded.h"

#include <gtest/gtest.h>

#include "blocks/crypto/pem/certificate.h"
#include "blocks/crypto/pem/identity.h"
#include "blocks/xml/base64.h"

namespace jeton::crypto {
namespace {

const SignKey& key() {
  static const SignKey made = *SignKey::generate(SignAlg::ES256);
  return made;
}

std::string private_pem() {
  const auto priv = key().private_parts();
  return *encode_key_pem(key().public_parts(), &priv);
}

std::string public_pem() { return *encode_key_pem(key().public_parts(), nullptr); }

// One for all: each signature by ECDSA is another.
const Bytes& certificate() {
  static const Bytes made =
      *make_certificate(key().public_parts(), key(), {"test", Instant::from_seconds(1'000'000'000), Instant::from_seconds(4'000'000'000)});
  return made;
}

std::string certificate_pem() {
  const auto text = base64::encode(certificate());
  std::string out = "-----BEGIN CERTIFICATE-----\n";
  for (std::size_t at = 0; at < text.size(); at += 64) out.append(text.substr(at, 64)).append("\n");
  return out + "-----END CERTIFICATE-----\n";
}

bool reads(const std::string& text) {
  const auto parts = decode_key(as_bytes(text));
  return parts && parts->pub.x == key().public_parts().x;
}

TEST(Pem, OneKeyIsReadInEveryForm) {
  EXPECT_TRUE(reads(private_pem()));
  EXPECT_TRUE(reads(public_pem()));
  EXPECT_TRUE(reads(certificate_pem()));
  EXPECT_TRUE(reads("of the staging server\n" + public_pem() + "until next year\n")) << "what stands around a block says nothing";
  EXPECT_TRUE(decode_key(as_bytes(private_pem()))->priv);
  EXPECT_FALSE(decode_key(as_bytes(public_pem()))->priv);
  // As tools write a key with its certificate, in either order.
  EXPECT_TRUE(decode_key(as_bytes(private_pem() + certificate_pem()))->priv);
  EXPECT_TRUE(decode_key(as_bytes(certificate_pem() + private_pem()))->priv);
}

TEST(Pem, WhichKeyIsMeantIsNeverGuessed) {
  EXPECT_FALSE(reads(private_pem() + private_pem()));
  EXPECT_FALSE(reads(public_pem() + public_pem()));
  EXPECT_FALSE(reads(certificate_pem() + public_pem()));
}

TEST(Pem, WhatIsDamagedOrUnderAPasswordIsRefused) {
  const auto good = private_pem();
  EXPECT_FALSE(reads(good.substr(0, good.size() / 2)));
  EXPECT_FALSE(reads(good + good.substr(0, good.size() / 2))) << "a whole block before it does not help";
  auto bent = good;
  bent[bent.find('\n') + 20] = '!';
  EXPECT_FALSE(reads(bent));
  auto locked = good;
  locked.insert(locked.find('\n') + 1, "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00000000000000000000000000000000\n\n");
  EXPECT_FALSE(reads(locked));
  EXPECT_FALSE(reads(""));
  EXPECT_FALSE(reads("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"));
  EXPECT_FALSE(reads(good + std::string(64 << 10, '\n')));
  auto der = *encode_key(key().public_parts(), nullptr);
  EXPECT_TRUE(decode_key(der));
  der.push_back(0);
  EXPECT_FALSE(decode_key(der)) << "an octet behind it";
}

TEST(Pem, ATextOfPublicKeysHoldsNothingElse) {
  EXPECT_EQ(public_keys_of_pem(public_pem() + certificate_pem() + public_pem())->size(), 3u);
  EXPECT_FALSE(public_keys_of_pem(public_pem() + private_pem())) << "a private key where public ones belong has leaked";
  EXPECT_FALSE(public_keys_of_pem("-----BEGIN OTHER-----\nAAAA\n-----END OTHER-----\n"));
  EXPECT_FALSE(public_keys_of_pem(""));
}

TEST(Pem, ATextOfCertificatesHoldsNothingElse) {
  EXPECT_EQ(*certificate_of_pem(certificate_pem()), certificate());
  EXPECT_FALSE(certificate_of_pem(certificate_pem() + certificate_pem()));
  EXPECT_FALSE(certificate_of_pem(certificate_pem() + private_pem()));
  EXPECT_FALSE(certificate_of_pem(public_pem()));
  EXPECT_TRUE(Authorities::of_pem(certificate_pem() + certificate_pem()));
  EXPECT_FALSE(Authorities::of_pem(certificate_pem() + public_pem()));
  EXPECT_FALSE(Authorities::of_pem(""));
}

}  // namespace
}  // namespace jeton::crypto

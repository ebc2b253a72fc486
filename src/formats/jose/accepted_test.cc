// What is accepted, printed and held against tests/snapshots: a changed default is a diff.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "blocks/crypto/algorithm.h"
#include "blocks/crypto/envelope/algorithm.h"
#include "formats/jose/jwe.h"
#include "formats/jose/jws.h"

namespace jeton::jose {
namespace {

std::string accepted() {
  std::string out = "signatures\n";
  for (const auto& a : crypto::sign_algs()) {
    out += "  " + std::string(a.name);
    out += a.key_type == crypto::KeyType::Oct ? " (where the key or the caller names it)" : a.on_by_default ? "" : " (off unless named)";
    out += a.signature_size == 0 ? ", as long as the modulus\n" : ", " + std::to_string(a.signature_size) + " octets\n";
  }
  out += "message keys\n";
  for (const auto& a : crypto::key_algs()) out += "  " + std::string(a.name) + (a.on_by_default ? "\n" : " (off unless asked for)\n");
  out += "content\n";
  for (const auto& a : crypto::content_algs())
    out += "  " + std::string(a.name) + ", key " + std::to_string(a.key_size) + ", iv " + std::to_string(a.iv_size) + ", tag " +
           std::to_string(a.tag_size) + " octets\n";
  out += "limits\n  token " + std::to_string(kMostToken) + " characters\n  rounds " + std::to_string(kLeastRounds) + " to " +
         std::to_string(kMostRounds) + "\n";
  return out;
}

TEST(Snapshot, WhatIsAccepted) {
  std::ifstream file(JETON_SOURCE_DIR "/tests/snapshots/jose.txt");
  const std::string kept(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(accepted(), kept) << "where this is meant, write it to tests/snapshots/jose.txt";
  for (const char* name : {"none", "None", "", "RSA1_5", "HS1", "RS1", "ES521", "A256", "es256", "zip", "DEF"}) {
    EXPECT_FALSE(crypto::sign_alg(name)) << name;
    EXPECT_FALSE(crypto::key_alg(name)) << name;
    EXPECT_FALSE(crypto::content_alg(name)) << name;
  }
}

}  // namespace
}  // namespace jeton::jose

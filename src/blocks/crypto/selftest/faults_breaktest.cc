// Breaks every algorithm in turn, in both ways, and looks who notices. Linked with breakable primitives only.
#include <gtest/gtest.h>

#include "blocks/crypto/aead.h"
#include "blocks/crypto/hash.h"
#include "blocks/crypto/random.h"
#include "blocks/crypto/selftest/faults.h"
#include "blocks/crypto/selftest/selftest.h"
#include "blocks/crypto/sign.h"

#ifndef JETON_FAULTS
#error "this test is for breakable primitives"
#endif

namespace jeton::crypto::selftest {
namespace {

// Made of which others: those may fail with them.
std::vector<Tested> made_of(Tested what) {
  if (what <= Tested::HS512 && what != Tested::EdDSA) {
    const auto& a = info(static_cast<SignAlg>(what));
    if (a.key_type != KeyType::Oct) return {static_cast<Tested>(static_cast<int>(Tested::Sha256) + static_cast<int>(a.hash))};
  }
  // Put together with what is tested by itself too.
  if (what == Tested::ConcatKdf) return {Tested::Sha256};
  if (what == Tested::RsaOaep) return {Tested::Random};   // what does not open gives a random key
  return {};
}

class Broken : public testing::TestWithParam<Tested> {
 protected:
  void TearDown() override {
    faults::mend_all();
    for (const auto t : all_tested()) put_in_service(t);
  }
};

TEST_P(Broken, FailsItsTestAndGoesOutOfServiceAndTheOthersStay) {
  faults::break_one(GetParam());
  const auto outcomes = run_all();
  for (const auto& o : outcomes) {
    const auto parts = made_of(o.what);
    const bool hit = o.what == GetParam() || std::find(parts.begin(), parts.end(), GetParam()) != parts.end();
    EXPECT_EQ(o.passed, !hit) << name(o.what) << " with " << name(GetParam()) << " broken";
    EXPECT_EQ(in_service(o.what), !hit) << name(o.what);
  }
}

TEST_P(Broken, StaysOutWhenItWorksAgain) {
  faults::break_one(GetParam());
  EXPECT_FALSE(run(GetParam()).passed);
  faults::mend_all();
  EXPECT_FALSE(run(GetParam()).passed);
  EXPECT_FALSE(in_service(GetParam()));
}

// A check that takes everything for good is noticed by the refuse side alone.
TEST_P(Broken, TakingEverythingIsNoticed) {
  const auto what = GetParam();
  const bool checks = what <= Tested::HS512 || what == Tested::SealGcm || what == Tested::ContentGcm || what == Tested::ContentCbc ||
                      what == Tested::KeyWrap || what == Tested::RsaOaep || what == Tested::Argon2id;
  if (!checks) return;   // makes things
  faults::break_one(what, faults::How::TakesAll);
  EXPECT_FALSE(run(what).passed);
  EXPECT_FALSE(in_service(what));
}

// [FIPS 140-3, pairwise consistency] no key comes out of an algorithm that is broken.
TEST_P(Broken, MakesNoKey) {
  if (GetParam() > Tested::HS512) return;
  faults::break_one(GetParam());
  EXPECT_FALSE(SignKey::generate(static_cast<SignAlg>(GetParam()), 2048));
  faults::mend_all();
  EXPECT_TRUE(SignKey::generate(static_cast<SignAlg>(GetParam()), 2048));
}

INSTANTIATE_TEST_SUITE_P(All, Broken, testing::ValuesIn(all_tested().begin(), all_tested().end()), [](const auto& i) {
  std::string text(name(i.param));
  std::erase_if(text, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
  return text;
});

TEST(BrokenRandom, AStuckSourceGivesNothingFromTheDrawThatShowsIt) {
  SystemEntropy entropy;
  Bytes large(4096);
  ASSERT_TRUE(entropy.fill(large));
  faults::break_one(Tested::Random);
  const auto drawn = entropy.fill(large);
  ASSERT_FALSE(drawn);
  EXPECT_TRUE(drawn.error().is(Fault::SelfTest));
  EXPECT_EQ(large, Bytes(4096, 0));
  faults::mend_all();
  EXPECT_FALSE(entropy.fill(large)) << "not even when it seems well again";
  Bytes small(16);
  EXPECT_FALSE(entropy.fill(small)) << "nor from the pool";
  put_in_service(Tested::Random);
}

}  // namespace
}  // namespace jeton::crypto::selftest

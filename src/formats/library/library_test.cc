// What an embedder could do wrong with libjeton, and that it is refused.
#include <gtest/gtest.h>
#include <string>

#include "formats/jose/jwk.h"
#include "jeton/jeton.h"
#include "jeton/signer.h"
#include "jeton/verifier.h"

namespace libjeton {
namespace {

using namespace std::chrono_literals;

const std::string& private_key() {
  static const std::string text =
      jeton::jose::to_json(*jeton::crypto::SignKey::generate(jeton::crypto::SignAlg::ES256), "k", jeton::jose::Part::Private);
  return text;
}

const Keys& keys() {
  static const Keys parsed = *Keys::parse(private_key());
  return parsed;
}

std::string token(std::string_view claims) { return *Signer::make(keys())->sign(claims); }

constexpr std::string_view kGood = R"({"iss":"i","aud":"a","sub":"s","jti":"j","exp":2000})";
constexpr std::chrono::sys_seconds kNow(1000s);

TEST(Library, APolicyThatCannotBeMeantMakesNoVerifier) {
  EXPECT_TRUE(Verifier::make(keys(), {.issuer = "i", .audience = "a"}));
  const auto refused = [](Policy policy) {
    const auto made = Verifier::make(keys(), std::move(policy));
    return made ? Reason::Fault : made.error();
  };
  EXPECT_EQ(refused({}), Reason::Malformed);
  EXPECT_EQ(refused({.issuer = "", .audience = "a"}), Reason::Malformed);
  EXPECT_EQ(refused({.issuer = "i", .audience = ""}), Reason::Malformed);
  for (const auto leeway : {std::chrono::seconds(-1), std::chrono::seconds(601), std::chrono::seconds::max()})
    EXPECT_EQ(refused({.issuer = "i", .audience = "a", .leeway = leeway}), Reason::Malformed);
  EXPECT_TRUE(Verifier::make(keys(), {.issuer = "i", .audience = "a", .leeway = 600s}));
  for (const auto* name : {"none", "es256", "ES256 ", "", "RS1", "A256KW"})
    EXPECT_EQ(refused({.issuer = "i", .audience = "a", .algorithms = {"ES256", name}}), Reason::Unsupported) << name;
  EXPECT_TRUE(Verifier::make(keys(), {.issuer = "i", .audience = "a", .algorithms = {"ES256", "EdDSA"}}));
  // Keys of which the policy could use none.
  EXPECT_EQ(refused({.issuer = "i", .audience = "a", .algorithms = {"RS256"}}), Reason::UnknownKey);
  EXPECT_EQ(Verifier::make(*Keys::parse(R"({"keys":[]})"), {.issuer = "i", .audience = "a"}).error(), Reason::UnknownKey);
}

TEST(Library, WhatWasMovedFromStaysWhatItWas) {
  auto verifier = *Verifier::make(keys(), {.issuer = "i", .audience = "a"});
  const Verifier taken = std::move(verifier);
  auto believed = *taken.verify(token(kGood), kNow);
  const Believed kept = std::move(believed);
  EXPECT_EQ(believed.subject(), "s");
  EXPECT_EQ(kept.subject(), "s");
  EXPECT_TRUE(verifier.verify(token(kGood), kNow));
  EXPECT_EQ(verifier.verify(token(kGood), std::chrono::sys_seconds(2000s)).error(), Reason::Expired);
}

struct Judged {
  jeton_status status;
  std::string subject;
};

Judged judged_in_c(const std::string& text, const jeton_policy* policy) {
  jeton_keys* parsed = nullptr;
  jeton_verifier* verifier = nullptr;
  jeton_claims* claims = nullptr;
  EXPECT_EQ(jeton_keys_parse(private_key().data(), private_key().size(), &parsed), JETON_OK);
  auto status = jeton_verifier_new(parsed, policy, &verifier);
  if (status == JETON_OK) status = jeton_verify(verifier, text.data(), text.size(), 1000, &claims);
  Judged out{status, jeton_claims_subject(claims)};
  jeton_claims_free(claims);
  jeton_verifier_free(verifier);
  jeton_keys_free(parsed);
  return out;
}

// A policy of a later header: one member more, behind the last that this library knows.
struct LaterPolicy {
  jeton_policy known{sizeof(LaterPolicy), "i", "a", nullptr, nullptr, 0};
  const char* more = nullptr;
};

TEST(Library, APolicyMemberThatIsNotKnownIsNotPassedOver) {
  LaterPolicy later;
  EXPECT_EQ(judged_in_c(token(kGood), &later.known).status, JETON_OK);
  later.more = "nonce";
  EXPECT_EQ(judged_in_c(token(kGood), &later.known).status, JETON_UNSUPPORTED);
  later.known.size = sizeof(jeton_policy) - 1;
  EXPECT_EQ(judged_in_c(token(kGood), &later.known).status, JETON_MALFORMED);
}

// Nanoseconds in place of seconds: in milliseconds they would be any number.
TEST(Library, ATimeOutOfAllBoundsBringsNoTokenBack) {
  const auto verifier = *Verifier::make(keys(), {.issuer = "i", .audience = "a"});
  for (const std::int64_t late : {std::int64_t{18446744073709552}, std::int64_t{1} << 62, INT64_MAX})
    EXPECT_EQ(verifier.verify(token(kGood), std::chrono::sys_seconds(std::chrono::seconds(late))).error(), Reason::Expired) << late;
  for (const std::int64_t early : {std::int64_t{-1}, INT64_MIN})
    EXPECT_EQ(verifier.verify(token(kGood), std::chrono::sys_seconds(std::chrono::seconds(early))).error(), Reason::NotYetValid) << early;
  EXPECT_TRUE(verifier.verify(token(kGood), std::chrono::sys_seconds(0s)));
}

// C ends a text at its first zero octet: "ada\0.evil" would be ada.
TEST(Library, AClaimThatCWouldReadShorterIsRefused) {
  const jeton_policy policy{sizeof policy, "i", "a", nullptr, nullptr, 0};
  const auto good = judged_in_c(token(kGood), &policy);
  EXPECT_EQ(good.status, JETON_OK);
  EXPECT_EQ(good.subject, "s");
  for (const auto* claim : {R"("sub":"ada\u0000.evil")", R"("jti":"\u0000")", R"("scope":"read\u0000write")"}) {
    const auto text = token(R"({"iss":"i","aud":"a","exp":2000,)" + std::string(claim) + "}");
    EXPECT_EQ(judged_in_c(text, &policy).status, JETON_MALFORMED) << claim;
    EXPECT_TRUE(Verifier::make(keys(), {.issuer = "i", .audience = "a"})->verify(text, kNow)) << "C++ has views, which end where they end";
  }
  EXPECT_EQ(jeton_claims_expires(nullptr), 0);
  EXPECT_STREQ(jeton_claims_json(nullptr), "");
}

}  // namespace
}  // namespace libjeton

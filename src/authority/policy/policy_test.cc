#include <gtest/gtest.h>

#include "authority/policy/names.h"
#include "authority/policy/scopes.h"
#include "authority/policy/settings.h"

namespace jeton::policy {
namespace {

TEST(Scopes, AreSortedWithoutDuplicates) {
  EXPECT_EQ(*parse_scopes("b a b c"), (ledger::Scopes{"a", "b", "c"}));
  EXPECT_EQ(joined({"a", "b"}), "a b");
  EXPECT_TRUE(parse_scopes("")->empty());
}

TEST(Scopes, MarkRfc6749Section33TheirCharactersAreThoseOfTheSpec) {
  for (const char* good : {"a", "orders:read", "https://x.example/y", "!#[]~"}) EXPECT_TRUE(canonical({good})) << good;
  for (const char* bad : {"", "a b", "a\"b", "a\\b", "a\nb", "\x7f", "\xc3\xa9"}) EXPECT_FALSE(canonical({bad})) << bad;
  EXPECT_FALSE(canonical({std::string("a\0b", 3)}));
  std::vector<std::string> many;
  for (int i = 0; i < 100; ++i) many.push_back("s" + std::to_string(i));
  EXPECT_TRUE(canonical(many));
  many.push_back("one-more");
  EXPECT_FALSE(canonical(many));
}

TEST(Scopes, SubsetIsByWholeWords) {
  EXPECT_TRUE(subset({}, {"a"}));
  EXPECT_TRUE(subset({"a"}, {"a", "b"}));
  EXPECT_FALSE(subset({"a"}, {"ab"}));
  EXPECT_FALSE(subset({"a", "c"}, {"a", "b"}));
  EXPECT_FALSE(subset({"a"}, {}));
}

TEST(Names, OfThingsAreSafeInPathsAndShells) {
  for (const char* good : {"a", "ada", "ci-runner.7", "a_b", "ada@example.com", "0x"}) EXPECT_TRUE(good_name(good)) << good;
  for (const char* bad : {"", "-a", ".a", "A", "a b", "a/b", "a;b", "a\nb", "a$", "\xc3\xa9"}) EXPECT_FALSE(good_name(bad)) << bad;
  EXPECT_TRUE(good_name(std::string(63, 'a')));
  EXPECT_FALSE(good_name(std::string(64, 'a')));
}

TEST(Names, LabelsAreTextForPeople) {
  for (const char* good : {"", "Ada's laptop", "\xc3\xa9t\xc3\xa9"}) EXPECT_TRUE(good_label(good)) << good;
  for (const char* bad : {"a\nb", "\x1b[31m", "\xff", "\x7f"}) EXPECT_FALSE(good_label(bad)) << bad;
  EXPECT_FALSE(good_label(std::string(201, 'a')));
}

TEST(Names, AudiencesAreAbsoluteUris) {
  for (const char* good : {"https://orders.example.com", "urn:example:orders", "https://x/y?z=1"}) EXPECT_TRUE(good_audience(good)) << good;
  for (const char* bad : {"", "orders", "/orders", "https://x/#y", "https://x y", "://x"}) EXPECT_FALSE(good_audience(bad)) << bad;
}

TEST(Names, MetadataIsBoundedAndSorted) {
  const auto sorted = canonical(ledger::Metadata{{"b", "2"}, {"a", "1"}});
  ASSERT_TRUE(sorted);
  EXPECT_EQ(sorted->front().first, "a");
  EXPECT_FALSE(canonical(ledger::Metadata{{"a", "1"}, {"a", "2"}}));
  EXPECT_FALSE(canonical(ledger::Metadata{{"", "1"}}));
  EXPECT_FALSE(canonical(ledger::Metadata{{"a", std::string(501, 'x')}}));
  ledger::Metadata many;
  for (int i = 0; i < 33; ++i) many.emplace_back(std::to_string(i), "x");
  EXPECT_FALSE(canonical(many));
}

TEST(SettingsOfTheInstallation, AreSetByNameAndBounded) {
  Settings s;
  EXPECT_TRUE(set(s, "max_token_lifetime", "30d"));
  EXPECT_EQ(s.max_token_lifetime, Seconds(30 * 86400));
  EXPECT_TRUE(set(s, "brand", "acme"));
  EXPECT_TRUE(set(s, "on_reuse", "revoke_family"));
  EXPECT_TRUE(set(s, "watch_action", "far_apart=quarantine woke_up=throttle"));
  EXPECT_TRUE(set(s, "token_limit", "60/60s"));
  EXPECT_EQ(s.token_limit, "60/1m");
  EXPECT_TRUE(set(s, "address_limit", ""));
  for (const auto& [name, value] : std::initializer_list<std::pair<const char*, const char*>>{{"max_token_lifetime", "1s"},
                                                                                              {"max_token_lifetime", "soon"},
                                                                                              {"brand", "ey"},
                                                                                              {"brand", "A"},
                                                                                              {"brand", "a_b"},
                                                                                              {"on_reuse", "explode"},
                                                                                              {"watch_action", "far_apart"},
                                                                                              {"watch_action", "far_apart=explode"},
                                                                                              {"watch_action", "=revoke"},
                                                                                              {"token_limit", "5/day"},
                                                                                              {"address_limit", "often"}}) {
    const auto done = set(s, name, value);
    ASSERT_FALSE(done) << name << value;
    EXPECT_TRUE(done.error().is(Refusal::Invalid));
  }
  EXPECT_TRUE(set(s, "colour", "red").error().is(Refusal::NotFound));
  EXPECT_EQ(s.brand, "acme") << "what is refused changes nothing";
}

}  // namespace
}  // namespace jeton::policy

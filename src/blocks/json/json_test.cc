#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "blocks/json/value.h"
#include "blocks/json/writer.h"

namespace jeton::json {
namespace {

std::filesystem::path vectors() {
  if (const char* set = std::getenv("JETON_VECTORS")) return set;
  return std::filesystem::path(JETON_SOURCE_DIR) / "../shared/vectors";
}

// nst/JSONTestSuite: y_ is accepted, n_ refused, i_ either, and never a crash.
TEST(Json, TheParsingSuite) {
  const auto folder = vectors() / "json/test_parsing";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "318 files skipped: no vectors";
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(file.path(), std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    const auto name = file.path().filename().string();
    const bool accepted = parse(text).has_value();
    // [RFC8725 §2.4] members are unique here; the suite's two good files with a name twice are refused on purpose.
    const bool duplicate = name == "y_object_duplicated_key.json" || name == "y_object_duplicated_key_and_value.json";
    const bool expected = name[0] == 'i' ? accepted : name[0] == 'y' && !duplicate;
    EXPECT_EQ(accepted, expected) << name;
    ++files;
  }
  EXPECT_GT(files, 300);
}

TEST(Json, ANameTwiceIsRefusedAtAnyDepthHoweverItIsSpelled) {
  EXPECT_TRUE(parse(R"({"a":{"b":1,"c":[{"d":1,"e":2}]}})"));
  EXPECT_FALSE(parse(R"({"a":1,"a":1})"));
  EXPECT_FALSE(parse(R"({"a":{"b":1,"c":[{"d":1,"d":2}]}})"));
  EXPECT_FALSE(parse("{\"a\":1,\"\\u0061\":2}"));
  EXPECT_FALSE(each_member(R"({"x":[{"d":1,"d":2}]})", {}, [](auto, auto) { return Status(); }));
  EXPECT_TRUE(each_member(R"({"x":[{"d":1},{"d":2}]})", {}, [](auto, auto) { return Status(); }));
}

TEST(Json, DepthSizeAndMembersAreBounded) {
  EXPECT_TRUE(parse(std::string(64, '[') + std::string(64, ']')));
  EXPECT_FALSE(parse(std::string(65, '[') + std::string(65, ']')));
  EXPECT_FALSE(each_member("{\"a\":" + std::string(100'000, '[') + "}", {}, [](auto, auto) { return Status(); }));
  EXPECT_FALSE(parse("[" + std::string(2 << 20, ' ') + "]"));
  EXPECT_FALSE(parse(R"({"a":1,"b":2})", {.size = 100, .depth = 2, .members = 1}));
}

// In memory a value is fifty times as large as "0,".
TEST(Json, ALongTextHoldsNoMoreValuesThanOneOfUsualShape) {
  const auto list = [](std::size_t count, std::string_view item) {
    std::string text = "[";
    for (std::size_t i = 0; i < count; ++i) text.append(i == 0 ? "" : ",").append(item);
    return text + "]";
  };
  const Limits large{.size = 8 << 20};
  EXPECT_TRUE(parse(list(100'000, "0"), large));
  EXPECT_TRUE(parse(list(100'000, R"({"token":"jtn_pat_0123456789ABCDEFGHIJKLMNOPQRSTUV23nq7r"})"), large));
  EXPECT_TRUE(parse(list(100'000, R"({"token":"jtn_pat_0123456789ABCDEFGHIJKLMNOPQRSTUV23nq7r","type":"t","url":""})"), large));
  for (const std::string_view item : {"0", "[]", "{}", "\"\""}) {
    const auto refused = parse(list(1'000'000, item), large);
    EXPECT_TRUE(!refused && refused.error().is(Refusal::TooLarge)) << item;
  }
}

TEST(Json, NumbersAreReadExactly) {
  EXPECT_EQ(parse("9223372036854775807")->integer(), INT64_MAX);
  EXPECT_EQ(parse("9223372036854775808")->integer(), std::nullopt);
  EXPECT_EQ(parse("1.0")->integer(), std::nullopt);
  const auto floor = [](std::string_view t) { return Item{Kind::Number, false, t}.floor(); };
  EXPECT_EQ(floor("1.9"), 1);
  EXPECT_EQ(floor("-1.5"), -2);
  EXPECT_EQ(floor("1e400"), std::nullopt);
  EXPECT_EQ(floor("18446744073709551616"), std::nullopt);
  EXPECT_FALSE(parse("NaN"));
  EXPECT_FALSE(parse("Infinity"));
}

TEST(Json, StringsAreUnescaped) {
  EXPECT_EQ(parse(R"("a\u00e9\n\ud83d\ude00\/")")->string(), "a\u00e9\n\U0001F600/");
  EXPECT_FALSE(parse(R"("\ud83d")"));
  EXPECT_FALSE(parse(R"("\ude00\ud83d")"));
  EXPECT_FALSE(parse("\"\xed\xa0\x80\""));
  EXPECT_FALSE(parse("\"\xc0\xaf\""));
}

TEST(Json, TheWriterWritesWhatTheReaderReads) {
  std::string out;
  Writer w(out);
  w.object().member("a\"b", "c\\\n\x01").member("n", -5).strings("l", std::vector<std::string>{"x", "y"}).key("o").object();
  w.flag("t", true).key("z").null().end_object().end_object();
  EXPECT_EQ(out, "{\"a\\\"b\":\"c\\\\\\n\\u0001\",\"n\":-5,\"l\":[\"x\",\"y\"],\"o\":{\"t\":true,\"z\":null}}");
  EXPECT_EQ(parse(out)->string_at("a\"b"), "c\\\n\x01");
}

}  // namespace
}  // namespace jeton::json

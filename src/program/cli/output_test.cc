#include "program/cli/output.h"

#include <gtest/gtest.h>

namespace jeton::cli {
namespace {

json::Value value(std::string_view text) { return *json::parse(text); }

TEST(Output, JsonKeepsEverything) {
  constexpr std::string_view kText = R"({"a":[1,"x\n",null,true],"b":{},"c":{"d":-1.50e3},"e":[]})";
  EXPECT_EQ(json_line(value(json_text(value(kText)))), kText);
  EXPECT_EQ(json_text(value(R"({"a":[1],"b":{}})")), "{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}\n");
}

TEST(Output, YamlQuotesEveryTextAndEveryDoubtfulName) {
  EXPECT_EQ(yaml_text(value(R"({"a":"no","no":1,"list":["x",{"b":2,"c":[3]}],"empty":[],"none":null})")),
            "a: \"no\"\n\"no\": 1\nlist:\n- \"x\"\n- b: 2\n  c:\n  - 3\nempty: []\nnone: null\n");
}

TEST(Output, ATerminalIsSentNoControls) {
  EXPECT_EQ(printable("a\x1b[31mb\x07\x7f\xc2\x9bz\xc3\xa9"), "a\\x1b[31mb\\x07\\x7f\\x9bz\xc3\xa9");
  const auto json = json_text(value("{\"a\":\"\\u009b31m\\u001b\"}"));
  EXPECT_EQ(json.find('\x9b'), std::string::npos);
  EXPECT_EQ(json.find('\x1b'), std::string::npos);
}

TEST(Output, TablesAreAlignedAndShowNothingAsADash) {
  constexpr Column kColumns[] = {{"ID", "id"}, {"SCOPES", "scopes"}, {"LAST", "last"}};
  EXPECT_EQ(
      table_text(value(R"({"items":[{"id":"t1","scopes":["a","b"],"last":null},{"id":"token2","scopes":[],"last":"x"}],"next":null})"),
                 kColumns, Colour::Off),
      "ID      SCOPES  LAST\nt1      a b     -\ntoken2  -       x\n");
}

TEST(Output, QuietMeansTheIdUnlessAnotherFormIsAskedFor) {
  Arguments given;
  EXPECT_EQ(format_of(given), Format::Table);
  given.mark("--quiet");
  EXPECT_EQ(format_of(given), Format::Id);
  given.add("-o", "json");
  EXPECT_EQ(format_of(given), Format::Json);
}

}  // namespace
}  // namespace jeton::cli

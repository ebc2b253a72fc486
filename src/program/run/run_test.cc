// The grammar of .env files, and masking.
#include <gtest/gtest.h>

#include "program/run/env_file.h"
#include "program/run/mask.h"

namespace jeton::run {
namespace {

std::string shown(std::string_view text, Expand expand = Expand::No) {
  const auto parsed = parse_env(text, expand, [](std::string_view name) -> std::optional<std::string> {
    if (name == "HOME") return "/home/mona";
    return std::nullopt;
  });
  if (!parsed) return "line " + std::to_string(parsed.error().line) + ": " + std::string(parsed.error().what);
  std::string out;
  for (const auto& a : *parsed) out += std::to_string(a.line) + " " + a.name + "=[" + a.value + "]\n";
  return out;
}

TEST(EnvFile, ReadsEveryForm) {
  EXPECT_EQ(shown("A=1"), "1 A=[1]\n");
  EXPECT_EQ(shown("# note\n\n  A = one two  # note\nexport B='x # y'\t# note\n"), "3 A=[one two]\n4 B=[x # y]\n");
  EXPECT_EQ(shown("A=\nB=\"\"\nC=''\n"), "1 A=[]\n2 B=[]\n3 C=[]\n");
  EXPECT_EQ(shown("URL=http://h/#part\n"), "1 URL=[http://h/#part]\n");
  EXPECT_EQ(shown("A=#x\n"), "1 A=[]\n");
  EXPECT_EQ(shown("A=it's\r\nB=2\r\n"), "1 A=[it's]\n2 B=[2]\n");
  EXPECT_EQ(shown("A=\"a\\nb\\t\\\"c\\\" \\\\ \\q $D\"\n"), "1 A=[a\nb\t\"c\" \\ \\q $D]\n");
  EXPECT_EQ(shown("K='-----BEGIN\r\nx\n-----END'\nB=2"), "1 K=[-----BEGIN\nx\n-----END]\n4 B=[2]\n");
  EXPECT_EQ(shown("K=\"a\\\nb\"\nB=2"), "1 K=[ab]\n3 B=[2]\n");
  EXPECT_EQ(shown("export=1\nexportA=2\n"), "1 export=[1]\n2 exportA=[2]\n");
  EXPECT_EQ(shown("\xef\xbb\xbf"
                  "A=1"),
            "1 A=[1]\n");
}

TEST(EnvFile, NothingIsEverRun) {
  EXPECT_EQ(shown("A=$(id)\nB=`id`\nC=\"$(id) `id`\"\n", Expand::Yes), "1 A=[$(id)]\n2 B=[`id`]\n3 C=[$(id) `id`]\n");
}

TEST(EnvFile, ExpandsOnRequestAlone) {
  constexpr std::string_view kText = "A=1\nB=${A}-$A-${HOME}\nC='${A}'\nD=\"\\${A}\"\n";
  EXPECT_EQ(shown(kText), "1 A=[1]\n2 B=[${A}-$A-${HOME}]\n3 C=[${A}]\n4 D=[${A}]\n");
  EXPECT_EQ(shown(kText, Expand::Yes), "1 A=[1]\n2 B=[1-$A-/home/mona]\n3 C=[${A}]\n4 D=[${A}]\n");
  EXPECT_EQ(shown("A=${NONE}", Expand::Yes), "line 1: a variable in ${NAME} is not set");
  EXPECT_EQ(shown("A=${X:-y}", Expand::Yes), "line 1: ${NAME} is the only form that is expanded");
}

TEST(EnvFile, SaysWhereItIsWrong) {
  EXPECT_EQ(shown("A=1\nB"), "line 2: a name is followed by =");
  EXPECT_EQ(shown("A=1\n\n2B=3"), "line 3: a line is NAME=VALUE, a comment, or empty");
  EXPECT_EQ(shown("A='x\ny\n"), "line 1: a quote is not closed");
  EXPECT_EQ(shown("A=\"x\\"), "line 1: a quote is not closed");
  EXPECT_EQ(shown("A='x'y"), "line 1: after a quoted value only a comment may follow");
  EXPECT_EQ(shown(std::string_view("A=1\0", 4)), "line 1: the file holds a NUL octet: it is not text");
}

// Whatever the pieces, the text comes out the same.
std::string masked(const std::vector<std::string_view>& values, std::string_view text, std::size_t piece) {
  const MaskedValues all(values);
  MaskedStream stream(all);
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += piece) stream.feed(text.substr(i, piece), out);
  stream.end(out);
  return out;
}

TEST(Mask, FindsValuesHoweverTheyAreSplit) {
  const std::vector<std::string_view> values = {"hunter2", "hunter2-long", "terracotta"};
  for (std::size_t piece = 1; piece < 20; ++piece) {
    EXPECT_EQ(masked(values, "the hunter2 hunts\n", piece), "the ******** hunts\n");
    EXPECT_EQ(masked(values, "hunter2-long", piece), "********");
    EXPECT_EQ(masked(values, "hunter2-lo", piece), "********-lo");
    EXPECT_EQ(masked(values, "huntehunter2", piece), "hunte********");
    EXPECT_EQ(masked(values, "hunterracotta", piece), "hun********");
    EXPECT_EQ(masked(values, "hunter", piece), "hunter");
  }
}

TEST(Mask, OverlappingValuesLeaveNothing) {
  for (std::size_t piece = 1; piece < 8; ++piece) {
    EXPECT_EQ(masked({"abcd", "cdef"}, "xabcdefx", piece), "x********x");
    EXPECT_EQ(masked({"aaaa"}, "baaaaaab", piece), "b********b");
    EXPECT_EQ(masked({"bcde", "abcdefgh"}, "abcdeX", piece), "a********X");
  }
}

TEST(Mask, LeavesShortValuesAlone) { EXPECT_EQ(masked({"1", "", "abc"}, "1 abc", 1), "1 abc"); }

TEST(Mask, MasksTheLinesOfALongValue) {
  const std::vector<std::string_view> values = {"-----BEGIN KEY-----\nMIIEabcdefgh\n-----END KEY-----\n"};
  EXPECT_EQ(masked(values, "MIIEabcdefgh\r\n", 3), "********\r\n");
  EXPECT_EQ(masked(values, values[0], 5), "********\n");
}

TEST(Mask, LetsAPromptGoAndStillMasksTheRest) {
  const MaskedValues all({"token-1234"});
  MaskedStream stream(all);
  std::string out;
  stream.feed("Your t", out);
  EXPECT_EQ(out, "Your ");
  stream.let_go(2, out);
  EXPECT_EQ(out, "Your t");
  stream.feed("oken-1234!", out);
  EXPECT_EQ(out, "Your t********!");
  out.clear();
  stream.feed("toke", out);
  stream.let_go(2, out);
  EXPECT_EQ(out, "");
}

}  // namespace
}  // namespace jeton::run

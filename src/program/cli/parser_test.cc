#include "program/cli/parser.h"

#include <gtest/gtest.h>

namespace jeton::cli {
namespace {

int nothing(const Arguments&) { return kYes; }

constexpr Operand kName[] = {{"NAME", "a name"}};
constexpr Operand kFiles[] = {{"FILE", "files", Count::Many}};
constexpr Option kOptions[] = {
    {"--api", "API", "an API", Count::Once},
    {"--scope", "SCOPE…", "scopes", Count::OneOrMore},
    {"--kind", "pat|key", "a kind"},
    {"--force", "", "a flag"},
};
constexpr Command kMake{"thing make", "Make a thing", "jeton thing make x --api a --scope s", kName, kOptions, nothing};
constexpr Command kRun{"run", "Run", "jeton run", kFiles, {}, nothing};
constexpr Command kThingTest{"thing", "Of one word and a noun too", "jeton thing", {}, {}, nothing};
constexpr const Command* kCommands[] = {&kMake, &kRun, &kThingTest};

std::expected<Parsed, UsageError> read(std::initializer_list<const char*> words) {
  return parse(std::span(words.begin(), words.size()), kCommands);
}

TEST(Parser, ReadsOptionsInBothFormsAndOperandsBetweenThem) {
  for (const auto& parsed : {read({"thing", "make", "--api", "a", "x", "--scope=s", "--force"}),
                             read({"thing", "make", "x", "--api=a", "--scope", "s", "--force"})}) {
    ASSERT_TRUE(parsed) << parsed.error();
    EXPECT_EQ(parsed->command, &kMake);
    EXPECT_EQ(parsed->given.get("NAME"), "x");
    EXPECT_EQ(parsed->given.get("--api"), "a");
    EXPECT_EQ(parsed->given.get("--scope"), "s");
    EXPECT_TRUE(parsed->given.has("--force"));
    EXPECT_FALSE(parsed->given.has("--kind"));
  }
}

TEST(Parser, TakesOptionsOfAllBeforeTheCommand) {
  const auto parsed = read({"--data", "d", "-o", "json", "-q", "run"});
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_EQ(parsed->given.get("--data"), "d");
  EXPECT_EQ(parsed->given.get("-o"), "json");
  EXPECT_TRUE(parsed->given.has("--quiet"));
  for (const auto& other : {read({"run", "--output", "yaml"}), read({"run", "-oyaml"}), read({"run", "--output=yaml"})}) {
    ASSERT_TRUE(other) << other.error();
    EXPECT_EQ(other->given.get("-o"), "yaml");
  }
}

TEST(Parser, GivesWordsBehindAnOptionOfManyValuesToIt) {
  const auto parsed = read({"thing", "make", "x", "--scope", "a", "b", "c", "--api", "z"});
  ASSERT_TRUE(parsed) << parsed.error();
  const auto scopes = parsed->given.all("--scope");
  EXPECT_EQ(std::vector<std::string>(scopes.begin(), scopes.end()), (std::vector<std::string>{"a", "b", "c"}));
  // The operand keeps its word.
  const auto last = read({"thing", "make", "--scope", "a", "b", "x", "--api", "z"});
  ASSERT_TRUE(last) << last.error();
  EXPECT_EQ(last->given.get("NAME"), "x");
  EXPECT_EQ(last->given.get("--scope"), "b");
  // Behind another option nothing is given away.
  EXPECT_FALSE(read({"thing", "make", "x", "--scope", "a", "--api", "z", "y"}));
}

TEST(Parser, EndsOptionsAtTwoDashes) {
  const auto parsed = read({"run", "--", "--force", "-x", "--"});
  ASSERT_TRUE(parsed) << parsed.error();
  const auto files = parsed->given.all("FILE");
  EXPECT_EQ(std::vector<std::string>(files.begin(), files.end()), (std::vector<std::string>{"--force", "-x", "--"}));
  const auto dash = read({"run", "-"});
  ASSERT_TRUE(dash) << dash.error();
  EXPECT_EQ(dash->given.get("FILE"), "-");
}

TEST(Parser, RefusesWhatIsNotInTheTable) {
  const auto says = [](std::initializer_list<const char*> words, std::string_view part) {
    const auto parsed = read(words);
    ASSERT_FALSE(parsed) << part;
    EXPECT_NE(parsed.error().find(part), std::string::npos) << parsed.error();
  };
  says({"thing", "make", "x", "--api", "a", "--scope", "s", "--forse"}, "did you mean --force?");
  says({"thing", "make", "x", "--scope", "s"}, "--api API is missing");
  says({"thing", "make", "--api", "a", "--scope", "s"}, "NAME is missing");
  says({"thing", "make", "x", "--api", "a", "--scope"}, "--scope needs a value");
  says({"thing", "make", "x", "--api", "--scope", "s"}, "--api needs a value");
  says({"thing", "make", "x", "--api", "a", "--api", "b", "--scope", "s"}, "--api stands twice");
  says({"thing", "make", "x", "--api", "a", "--scope", "s", "--kind", "pet"}, "takes one of pat|key; did you mean pat?");
  says({"thing", "make", "x", "--api", "a", "--scope", "s", "--force=1"}, "--force takes no value");
  says({"thing", "make", "x", "y", "--api", "a", "--scope", "s"}, "a word too many");
  says({"rum"}, "did you mean run?");
  says({"run", "-x"}, "there is no option");
  says({"run", "\xff"}, "not UTF-8");
}

TEST(Parser, RepeatsNoSecretThatWasTyped) {
  const char* secret = "jtn_pat_0123456789abcdefghijABCDEFGHIJ01234567";
  for (const auto& parsed : {read({secret}), read({"thing", "make", secret, secret, "--api", "a", "--scope", "s"}),
                             read({"thing", "make", "x", "--api", "a", "--scope", "s", "--kind", secret}),
                             read({"run", (std::string("--") + secret).c_str()})}) {
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().find(secret), std::string::npos) << parsed.error();
  }
}

TEST(Parser, HelpNeedsNothingElse) {
  const auto parsed = read({"thing", "make", "--help"});
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_TRUE(parsed->help);
  EXPECT_EQ(parsed->command, &kMake);
  EXPECT_TRUE(read({"-h"})->help);
}

TEST(Parser, ChoicesAreSmallWordsOnly) {
  EXPECT_EQ(choices("json|yaml").size(), 2u);
  EXPECT_EQ(choices("alert|revoke_family").size(), 2u);
  EXPECT_TRUE(choices("FILE|-").empty());
  EXPECT_TRUE(choices("sqlite:PATH|x").empty());
  EXPECT_TRUE(choices("API").empty());
}

// The whole table keeps the rules that help, completions and the manual rely on.
TEST(Commands, EveryRowIsComplete) {
  ASSERT_GT(commands().size(), 60u);
  for (std::size_t i = 0; i < commands().size(); ++i) {
    const auto& c = *commands()[i];
    SCOPED_TRACE(std::string(c.path));
    EXPECT_FALSE(c.summary.empty());
    EXPECT_FALSE(c.summary.ends_with('.'));
    EXPECT_NE(c.run, nullptr);
    EXPECT_NE(c.example.find("jeton " + std::string(c.path)), std::string_view::npos);
    EXPECT_TRUE(i == 0 || c.path != commands()[i - 1]->path);
    const auto noun = c.path.substr(0, c.path.find(' '));
    EXPECT_TRUE(noun == c.path || find_command(noun) != nullptr || !noun_meaning(noun).empty());
    for (const auto& o : c.options) {
      EXPECT_TRUE(o.name.starts_with("--") || o.name == "-o") << o.name;
      EXPECT_FALSE(o.meaning.empty()) << o.name;
      EXPECT_FALSE(o.meaning.ends_with('.')) << o.name;
      for (const auto& all : options_of_all()) {
        // A command may know more forms of -o, never other ones.
        EXPECT_TRUE(o.name != all.name || (o.name == "-o" && o.value.starts_with(all.value))) << o.name;
      }
    }
    for (std::size_t k = 0; k < c.operands.size(); ++k) {
      EXPECT_FALSE(c.operands[k].meaning.empty());
      EXPECT_TRUE(k + 1 == c.operands.size() || c.operands[k].count == Count::Once);
    }
  }
}

}  // namespace
}  // namespace jeton::cli

// selftest: every algorithm against published answers, here and now.
#include "blocks/crypto/selftest/selftest.h"
#include "blocks/json/writer.h"
#include "program/cli/commands.h"
#include "program/cli/output.h"

namespace jeton::cli {
namespace {

constexpr Column kColumns[] = {
    {"ALGORITHM", "algorithm"}, {"RESULT", "result"}, {"MICROSECONDS", "microseconds"}, {"ANSWERS FROM", "source"}};

struct Line {
  std::string_view algorithm, source;
  bool passed;
  std::int64_t microseconds;
};

std::vector<Line> run_tests() {
  std::vector<Line> lines;
  for (const auto& o : crypto::selftest::run_all()) lines.push_back({crypto::name(o.what), o.source, o.passed, o.took.count()});
  const bool constant = crypto::selftest::compare_times().constant();
  lines.push_back({"comparison in constant time", "time of a difference in the first octet and in the last one", constant, 0});
  return lines;
}

int selftest(const Arguments& given) {
  const auto lines = run_tests();
  bool passed = true;
  std::string text;
  json::Writer w(text);
  w.object().key("items").array();
  for (const auto& line : lines) {
    passed = passed && line.passed;
    w.object().member("id", line.algorithm).member("algorithm", line.algorithm).member("result", line.passed ? "passed" : "failed");
    w.flag("passed", line.passed).member("microseconds", line.microseconds).member("source", line.source).end_object();
  }
  w.end_array().key("next").null().flag("passed", passed).end_object();
  const auto value = json::parse(text);
  if (!value) return fail(kNo, "the outcome cannot be shown");
  if (!quiet(given) || !passed) (void)show_list(given, *value, kColumns);
  if (!passed)
    return fail(kNo, "an algorithm failed its self-test", "Do not trust this machine's libraries or memory; a server does not start here.");
  return kYes;
}

constexpr Command kCommands[] = {
    {"selftest",
     "Test every algorithm against published answers",
     "jeton selftest -o json",
     {},
     {},
     selftest,
     "Known-answer tests of every algorithm, mode and curve in use, of what must be accepted and of what must be refused, and the health "
     "of the random source. Needs no server; a running one tests itself once a day and tells in /readyz?verbose. Ends with 1 where one fails."},
};

}  // namespace

std::span<const Command> selftest_commands() { return kCommands; }

}  // namespace jeton::cli

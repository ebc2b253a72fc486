// The labelled traces raise exactly what they say, the ordinary ones nothing; memory is bounded.
#include "authority/watch/detect/detector.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "authority/watch/detect/trace.h"

namespace jeton::watch {
namespace {

Trace read(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  const auto trace = parse_trace(text.str());
  EXPECT_TRUE(trace) << path << ":" << (trace ? 0 : trace.error().line) << ": " << (trace ? "" : trace.error().failure.detail());
  return trace ? *trace : Trace();
}

TEST(Traces, RaiseExactlyWhatTheySay) {
  std::size_t read_of = 0, ordinary = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(JETON_SOURCE_DIR) / "tests" / "traces")) {
    const auto trace = read(entry.path());
    EXPECT_TRUE(trace.expects) << entry.path();
    EXPECT_EQ(replay(trace), trace.expected) << entry.path();
    ++read_of;
    ordinary += trace.expected.empty();
  }
  EXPECT_GE(read_of, 15u);
  EXPECT_GE(ordinary, 5u);
}

TEST(Traces, EveryPatternIsRaisedBySome) {
  std::vector<std::string> raised;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(JETON_SOURCE_DIR) / "tests" / "traces"))
    for (const auto& label : replay(read(entry.path()))) raised.push_back(label.substr(0, label.find(' ')));
  for (const auto& p : patterns()) {
    EXPECT_EQ(&info(p.pattern), &p) << "the table is in the order of the enumeration";
    EXPECT_NE(std::find(raised.begin(), raised.end(), p.name), raised.end()) << p.name;
  }
}

TEST(Traces, MalformedOnesNameTheirLine) {
  for (const std::string_view line :
       {"{", "[]", "{\"at\":\"now\"}", R"({"at":"2026-03-02T08:00:00Z","address":"127.1"})",
        R"({"at":"2026-03-02T08:00:00Z","colour":"red"})", R"({"at":"2026-03-02T08:00:00Z","decision":"maybe"})",
        R"({"at":"2026-03-02T08:00:00Z","repeat":0})", R"({"at":"2026-03-02T08:00:00Z","repeat":6000000})",
        R"({"at":"2026-03-02T08:00:00Z","location":[91]})", R"({"at":"2026-02-01T08:00:00Z","token":"a"})"}) {
    const auto trace = parse_trace("# first\n{\"at\":\"2026-03-01T08:00:00Z\"}\n" + std::string(line));
    ASSERT_FALSE(trace) << line;
    EXPECT_EQ(trace.error().line, 3u);
  }
}

Observation use(std::uint8_t token, std::int64_t at) {
  Ulid id;
  id.octets[0] = token, id.octets[15] = 1;
  return {Instant::from_seconds(at), TokenId(id), {}, verify::Reason::Allowed, net::Address::v4({192, 0, 2, 1}), 0, {}};
}

TEST(Detector, ForgetsTokensBeyondItsBound) {
  Detector detector({.tokens = 8, .addresses = 8, .networks = 8});
  std::vector<Finding> found;
  for (int i = 0; i < 200; ++i) detector.see(use(static_cast<std::uint8_t>(i), 1'000'000 + i), found);
  EXPECT_EQ(detector.tokens_watched(), 8u);
  EXPECT_TRUE(found.empty());
}

TEST(Detector, AFloodOfOthersDoesNotPushOutWhatIsInUse) {
  Detector detector({.tokens = 8, .addresses = 8, .networks = 8});
  std::vector<Finding> found;
  for (int i = 0; i < 2000; ++i) {
    detector.see(use(0, 1'000'000 + i), found);
    detector.see(use(static_cast<std::uint8_t>(1 + i % 250), 1'000'000 + i), found);
  }
  auto late = use(0, 1'000'000 + 100 * 86400);
  detector.see(late, found);
  ASSERT_EQ(found.size(), 1u);   // its history was still there
  EXPECT_EQ(found[0].pattern, Pattern::WokeUp);
}

TEST(Detector, ABurstIsOneFindingAnHour) {
  Detector detector;
  std::vector<Finding> found;
  for (int i = 0; i < 5000; ++i) {
    auto o = use(1, 1'000'000 + i);
    o.reason = verify::Reason::Revoked;
    detector.see(o, found);
  }
  const auto of = [&](Pattern p) { return std::count_if(found.begin(), found.end(), [p](const Finding& f) { return f.pattern == p; }); };
  EXPECT_EQ(of(Pattern::UseAfterRevocation), 2);
  EXPECT_EQ(of(Pattern::RefusalBurst), 2);
}

TEST(Detector, AMillionTokensFitTheBound) { EXPECT_LE(sizeof(TokenHistory) + sizeof(Ulid) + 64, 400u); }

}  // namespace
}  // namespace jeton::watch

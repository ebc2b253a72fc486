// The labelled traces raise exactly what they say, the ordinary ones nothing; memory is bounded.
#include "authority/watch/detect/detector.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "authority/watch/detect/evidence.h"
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
  EXPECT_GE(read_of, 25u);
  EXPECT_GE(ordinary, 9u);
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

// A place in the map's row, and one in its index.
template <class History>
constexpr std::size_t kEach = sizeof(History) + sizeof(Ulid) + 8 + 64;

TEST(Detector, AMillionTokensAndTheirOwnersFitTheBound) {
  const Bounds most;
  EXPECT_LE(most.tokens * kEach<TokenHistory> + most.owners * kEach<OwnerHistory> + most.accounts * kEach<AccountHistory> +
                most.addresses * kEach<AddressHistory> + most.networks * kEach<NetworkHistory>,
            400'000'000u);
}

Observation use_of(std::uint8_t owner, std::uint8_t token, std::int64_t at, const net::Address& from) {
  auto o = use(token, at);
  Ulid id;
  id.octets[0] = owner, id.octets[14] = 1;
  o.principal = PrincipalId(PrincipalKind::User, id);
  o.address = from;
  return o;
}
const auto kOffice = net::Address::v4({192, 0, 2, 1});
net::Address away(std::uint8_t n) { return net::Address::v4({198, 51, n, 7}); }
constexpr std::int64_t kBegin = 1'000'000, kDay = 86400;

TEST(Detector, ForgetsOwnersAndAccountsBeyondTheirBounds) {
  Detector detector({.tokens = 8, .owners = 4, .addresses = 8, .networks = 8, .accounts = 4});
  std::vector<Finding> found;
  for (int i = 0; i < 200; ++i) {
    detector.see(use_of(static_cast<std::uint8_t>(i), 1, kBegin + i, kOffice), found);
    auto guess = use_of(static_cast<std::uint8_t>(i), 0, kBegin + i, away(static_cast<std::uint8_t>(i)));
    guess.token = {}, guess.reason = verify::Reason::Unknown, guess.tried = verify::Tried::Password;
    detector.see(guess, found);
  }
  EXPECT_EQ(detector.owners_watched(), 4u);
  EXPECT_TRUE(found.empty());
}

TEST(Detector, APlaceNewToTheOwnerTooWeighsMore) {
  Detector detector;
  std::vector<Finding> found;
  // Known by its token alone.
  for (int day = 0; day < 3; ++day) detector.see(use(1, kBegin + day * kDay), found);
  auto elsewhere = use(1, kBegin + 3 * kDay);
  elsewhere.address = away(1);
  detector.see(elsewhere, found);
  // Known by its owner.
  for (int day = 0; day < 3; ++day) detector.see(use_of(9, 2, kBegin + (day + 10) * kDay, kOffice), found);
  detector.see(use_of(9, 3, kBegin + 13 * kDay, away(2)), found);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].pattern, Pattern::NewNetwork);
  EXPECT_EQ(severity(found[0]), ledger::Severity::Info);
  EXPECT_NE(evidence_of(found[0]).find("\"new\":[\"prefix\"],\"new_to\":\"token\""), std::string::npos) << evidence_of(found[0]);
  EXPECT_EQ(found[1].pattern, Pattern::NewNetwork);
  EXPECT_EQ(severity(found[1]), ledger::Severity::Warning);
  EXPECT_NE(evidence_of(found[1]).find("\"new_to\":\"owner\""), std::string::npos) << evidence_of(found[1]);
}

TEST(Detector, ACountryIsToldApartFromAPrefix) {
  Detector detector;
  std::vector<Finding> found;
  const auto from = [&](std::int64_t day, std::uint8_t network, std::string_view country, std::uint32_t asn) {
    auto o = use_of(1, 1, kBegin + day * kDay, away(network));
    o.where.country = {country[0], country[1]};
    o.where.asn = asn;
    detector.see(o, found);
  };
  for (int day = 0; day < 3; ++day) from(day, 1, "DE", 64500);
  from(4, 2, "DE", 64500);   // the operator is known
  EXPECT_TRUE(found.empty());
  from(5, 3, "DE", 64501);
  from(6, 4, "FR", 64502);
  from(7, 5, "AT", 64500);
  from(8, 1, "US", 64500);   // the database has changed its mind about a network that is known
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].pattern, Pattern::NewNetwork);
  EXPECT_NE(evidence_of(found[0]).find("\"country\":\"DE\",\"asn\":64501,\"new\":[\"prefix\",\"asn\"],"), std::string::npos)
      << evidence_of(found[0]);
  EXPECT_EQ(found[1].pattern, Pattern::NewCountry);
  EXPECT_NE(evidence_of(found[1]).find("\"country\":\"FR\",\"asn\":64502,\"new\":[\"prefix\",\"asn\",\"country\"],"), std::string::npos)
      << evidence_of(found[1]);
  EXPECT_EQ(found[2].pattern, Pattern::NewCountry);
  EXPECT_NE(evidence_of(found[2]).find("\"new\":[\"prefix\",\"country\"],"), std::string::npos) << evidence_of(found[2]);
}

// Of an owner in more networks than are remembered, the list says nothing: its tokens are looked at one by one.
TEST(Detector, AnOwnerInTooManyNetworksIsNotJudged) {
  Detector detector;
  std::vector<Finding> found;
  for (int day = 0; day < 4; ++day)
    for (std::uint8_t n = 1; n <= 20; ++n) detector.see(use_of(1, n, kBegin + day * kDay + n * 60, away(n)), found);
  EXPECT_TRUE(found.empty());
  detector.see(use_of(1, 100, kBegin + 4 * kDay, kOffice), found);   // a new token: nothing is known of it
  EXPECT_TRUE(found.empty());
  detector.see(use_of(1, 7, kBegin + 4 * kDay + 60, kOffice), found);
  EXPECT_TRUE(found.empty());   // its owner has just been there
  detector.see(use_of(1, 7, kBegin + 4 * kDay + 120, away(99)), found);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(severity(found[0]), ledger::Severity::Info);
}

TEST(Detector, TimeThatComesOutOfOrderMakesNothingOld) {
  Detector detector;
  std::vector<Finding> found;
  detector.see(use_of(1, 1, kBegin + 1, kOffice), found);
  detector.see(use_of(1, 1, kBegin, away(1)), found);   // another thread saw it, a second before
  EXPECT_TRUE(found.empty());
  // The clock is set back a year, and goes on from there.
  for (int i = 0; i < 3; ++i) {
    auto refused = use(2, kBegin + 365 * kDay);
    refused.reason = verify::Reason::Revoked;
    if (i > 0) refused.at = Instant::from_seconds(kBegin + i * 7200);
    detector.see(refused, found);
  }
  EXPECT_EQ(found.size(), 3u);
}

TEST(Detector, GuessesAtAnAccountAreToldOfThatAccountAlone) {
  Detector detector;
  std::vector<Finding> found;
  const auto guess = [&](std::uint8_t account, std::uint8_t network, std::int64_t at) {
    auto o = use_of(account, 0, at, away(network));
    o.token = {}, o.reason = verify::Reason::Unknown, o.tried = verify::Tried::Password;
    detector.see(o, found);
  };
  // Four networks are not yet many, nor are others' accounts from those.
  for (std::uint8_t n = 1; n <= 4; ++n) guess(1, n, kBegin + n), guess(static_cast<std::uint8_t>(10 + n), 9, kBegin + n);
  EXPECT_TRUE(found.empty());
  guess(1, 5, kBegin + 3600 + 1);   // the first one is an hour ago
  EXPECT_TRUE(found.empty());
  guess(1, 6, kBegin + 3600 + 1);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].pattern, Pattern::AccountGuessing);
  EXPECT_TRUE(found[0].token.none());
  EXPECT_EQ(found[0].principal.ulid().octets[0], 1);
  // What is about a network names nobody.
  for (int i = 0; i < 30; ++i) guess(static_cast<std::uint8_t>(100 + i), 50, kBegin + 9000 + i);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].pattern, Pattern::PasswordGuessing);
  EXPECT_TRUE(found[1].principal.none());
}

}  // namespace
}  // namespace jeton::watch

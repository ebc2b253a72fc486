// What watching costs: memory of the tokens it knows, and checks beside a flood of alerts. Prints a JSON object a case.
//   bench_watch
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "authority/keys/pepper_set.h"
#include "authority/watch/watch.h"
#include "blocks/crypto/random.h"
#include "ground/base62.h"
#include "programs/meter.h"
#include "stores/memory/ledger.h"

namespace {

using namespace jeton;
using namespace jeton::bench;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kTokens = 1'000'000, kOwners = 120'000;
constexpr int kAlertsAMinute = 10'000, kGuesses = 25, kRounds = 5;
constexpr std::chrono::milliseconds kTick{60};   // so often the watch looks; ten alerts' worth of guesses each time
const auto kNow = Instant::from_seconds(1'800'000'000);

Ulid ulid(std::uint32_t n) {
  Ulid u;
  u.octets[0] = 1, u.octets[8] = static_cast<std::uint8_t>(n * 7);
  for (int i = 0; i < 4; ++i) u.octets[12 + i] = static_cast<std::uint8_t>(n >> (8 * i));
  return u;
}

net::Address address(std::uint32_t n) {
  return net::Address::v4({static_cast<std::uint8_t>(1 + (n >> 16)), static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n), 7});
}

// Every token is seen from as many networks as its history holds; so many owners are remembered as can be, and they have more tokens than one.
void measure_memory() {
  const double before = resident();
  watch::Detector detector;
  std::vector<watch::Finding> found;
  for (std::uint32_t round = 0; round <= watch::TokenHistory::kNetworks; ++round)
    for (std::uint32_t n = 0; n < kTokens; ++n) {
      watch::Observation o;
      o.at = kNow + Seconds(round * 3600);
      o.token = TokenId(ulid(n));
      o.principal = PrincipalId(PrincipalKind::User, ulid(kTokens + n % kOwners));
      o.address = address(n % 50'000 * 9 + round);
      detector.see(o, found);
      found.clear();
    }
  if (detector.tokens_watched() != kTokens || detector.owners_watched() != kOwners) fail("not every token is watched");
  std::printf("{\"case\": \"memory\", \"tokens\": %u, \"mb\": %.1f}\n", kTokens, (resident() - before) / 1e6);
}

// One API, one user, one token; a verifier with what checks need.
class World {
 public:
  World() : ledger_(memory::open()), verifier_(*ledger_, "http://127.0.0.1"), watch_(*ledger_, verifier_, entropy_) {
    std::vector<keys::PepperSet::Entry> entries;
    entries.push_back({1, crypto::HmacSha256(Secret(Bytes(32, 7)))});
    const auto peppers = std::make_shared<const keys::PepperSet>(std::move(entries));
    verifier_.set_peppers(peppers);
    if (!verifier_.load(kNow) || !verifier_.load_tokens()) fail("the ledger is not read");
    text_ = "jtn_pat_00000000000000000000000000000000";
    text_.resize(46);
    base62::write6(crypto::crc32(as_bytes(std::string_view(text_).substr(0, 40))), text_.data() + 40);
    ledger::Api api;
    api.id = ApiId(ulid(1));
    api.name = "orders", api.audience = "https://orders.example.com", api.scopes = {"orders:read"};
    ledger::Principal ada;
    ada.id = PrincipalId(PrincipalKind::User, ulid(2));
    ledger::Token t;
    t.id = t.family = TokenId(ulid(3));
    t.hash = peppers->hash(0, text_);
    t.pepper = 1, t.principal = ada.id, t.api = api.id, t.scopes = {"orders:read"}, t.expires = kNow + Seconds(86400);
    const std::vector<ledger::Effect> effects{api, ada, t};
    verifier_.apply(1, effects);
  }

  // CPU of a check, over a second.
  double check_for_a_second() {
    const verify::Asked asked{.api = {}, .scope = "orders:read", .method = {}, .path = {}, .address = address(1)};
    const auto end = Clock::now() + std::chrono::seconds(1);
    const auto start = cpu_nanoseconds();
    std::uint64_t checks = 0;
    for (; Clock::now() < end; checks += 1000)
      for (int i = 0; i < 1000; ++i) {
        const verify::Reading reading(verifier_);
        if (!reading.decide(text_, asked, kNow).allow()) fail("a good token was refused");
      }
    return (cpu_nanoseconds() - start) / static_cast<double>(checks);
  }

  // Guesses from networks that were never seen, each enough for an alert; then the watch looks.
  void tick(std::uint32_t alerts) {
    const auto now = kNow + std::chrono::duration_cast<Millis>(Clock::now() - begun_);
    for (std::uint32_t a = 0; a < alerts; ++a, ++networks_)
      for (int i = 0; i < kGuesses; ++i) verifier_.uses().note_seen({{}, now, address(100 + networks_), 0, verify::Reason::Unknown});
    if (!watch_.look(now)) fail("the watch could not tell");
  }
  std::size_t told() {
    const auto alerts = ledger_->alerts({.before = std::nullopt, .limit = 1000});
    return alerts ? alerts->size() : 0;
  }

 private:
  crypto::SystemEntropy entropy_;
  std::unique_ptr<ledger::Ledger> ledger_;
  verify::Verifier verifier_;
  watch::Watch watch_;
  std::string text_;
  const Clock::time_point begun_ = Clock::now();
  std::uint32_t networks_ = 0;
};

// The same checks with the watch looking at them alone, and with a flood beside them, by turns.
void measure_flood() {
  constexpr auto kEach = static_cast<std::uint32_t>(kAlertsAMinute * kTick.count() / 60'000);
  World world;
  std::atomic<bool> stop{false}, flood{false};
  std::thread beside([&] {
    for (auto next = Clock::now(); !stop; next += kTick) {
      world.tick(flood ? kEach : 0);
      std::this_thread::sleep_until(next + kTick);
    }
  });
  double quiet = 1e9, flooded = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    flood = false;
    quiet = std::min(quiet, world.check_for_a_second());
    flood = true;
    flooded = std::min(flooded, world.check_for_a_second());
  }
  stop = true;
  beside.join();
  std::printf("{\"case\": \"flood\", \"alerts_a_minute\": %d, \"quiet_ns\": %.1f, \"flooded_ns\": %.1f, \"told\": %zu}\n", kAlertsAMinute,
              quiet, flooded, world.told());
}

}  // namespace

int main() {
  measure_memory();
  measure_flood();
  return 0;
}

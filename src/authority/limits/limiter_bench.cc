// What limits cost a check: none set, one of the token, all four levels, an address of many.
#include <benchmark/benchmark.h>

#include "authority/limits/limiter.h"

namespace jeton::limits {
namespace {

Ulid ulid(std::uint32_t n) {
  Ulid u;
  for (unsigned i = 0; i < 16; ++i) u.octets[i] = static_cast<std::uint8_t>((n + 1) * 2654435761u >> (i % 4 * 8) ^ (i * 37));
  return u;
}

struct Fixture {
  verify::Epochs epochs;
  Limiter limiter{epochs};
  std::vector<Ulid> tokens;
  Ulid principal = ulid(1'000'001), client = ulid(1'000'002), api = ulid(1'000'003);
  Fixture() {
    for (std::uint32_t i = 0; i < 10'000; ++i) tokens.push_back(ulid(i));
  }
};
constexpr std::string_view kWide = "1000000/1s, 1000000000/day";

// Time moves on, so that calls are let in.
template <class Set>
void run(benchmark::State& state, Set&& set, bool addresses = false) {
  Fixture f;
  set(f);
  std::int64_t calls = 0;
  for (auto _ : state) {
    ++calls;
    if (!f.limiter.any()) continue;
    const verify::ReadSection inside(f.epochs);
    const auto n = static_cast<std::uint32_t>(calls) * 2654435761u;
    const auto address = addresses ? net::Address::v4({10, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n >> 16),
                                                       static_cast<std::uint8_t>(n >> 24)})
                                   : net::Address();
    benchmark::DoNotOptimize(f.limiter.charge({&f.tokens[n % f.tokens.size()], &f.principal, &f.client, &f.api, address},
                                              Instant::from_millis(1'800'000'000'000 + calls / 500)));
  }
}

void none(benchmark::State& state) {
  run(state, [](Fixture&) {});
}
void one(benchmark::State& state) {
  run(state, [](Fixture& f) {
    for (const auto& t : f.tokens) f.limiter.set(Level::Token, t, kWide);
  });
}
void four(benchmark::State& state) {
  run(state, [](Fixture& f) {
    for (const auto& t : f.tokens) f.limiter.set(Level::Token, t, kWide);
    f.limiter.set(Level::Principal, f.principal, kWide), f.limiter.set(Level::Client, f.client, kWide),
        f.limiter.set(Level::Api, f.api, kWide);
  });
}
void address(benchmark::State& state) {
  run(state, [](Fixture& f) { f.limiter.set_default(Level::Address, "1000000/1s"); }, true);
}
BENCHMARK(none)->Name("limits/none");
BENCHMARK(one)->Name("limits/token");
BENCHMARK(four)->Name("limits/four_levels");
BENCHMARK(address)->Name("limits/address");

}  // namespace
}  // namespace jeton::limits

// Whether an address is one of many: 100,000 prefixes, addresses drawn at random.
#include <benchmark/benchmark.h>

#include <random>

#include "blocks/net/prefix_set.h"

namespace jeton::net {
namespace {

Address drawn(std::mt19937& random) {
  const auto n = static_cast<std::uint32_t>(random());
  return Address::v4({static_cast<std::uint8_t>(n >> 24), static_cast<std::uint8_t>(n >> 16), static_cast<std::uint8_t>(n >> 8),
                      static_cast<std::uint8_t>(n)});
}

void holds(benchmark::State& state) {
  std::mt19937 random(7);
  std::vector<Prefix> prefixes;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    auto octets = drawn(random).octets();
    prefixes.push_back({Address::v4({octets[12], octets[13], octets[14], 0}), 24});
  }
  const PrefixSet set(std::move(prefixes));
  std::vector<Address> asked;
  for (int i = 0; i < 4096; ++i) asked.push_back(drawn(random));
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(set.holds(asked[i++ & 4095]));
}
BENCHMARK(holds)->Name("net/prefixes")->Arg(100)->Arg(100'000);

}  // namespace
}  // namespace jeton::net

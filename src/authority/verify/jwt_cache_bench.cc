// A signed token found again: one hot one, and drawn at random from a thousand and from a hundred thousand.
#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

#include "authority/verify/jwt_cache.h"
#include "authority/verify/tokens.h"
#include "blocks/crypto/random.h"
#include "ground/base64url.h"

namespace jeton::verify {
namespace {

// As long as an access token, and as random at its end.
std::vector<std::string> tokens(std::size_t count) {
  crypto::SystemEntropy entropy;
  std::vector<std::string> made;
  Bytes signature(64);
  for (std::size_t i = 0; i < count; ++i) {
    if (!entropy.fill(signature)) std::abort();
    made.push_back(std::string(620, 'x') + "." + base64url::encode(signature));
  }
  return made;
}

std::uint64_t mix(std::uint64_t n) {
  n ^= n >> 33, n *= 0xff51afd7ed558ccdULL, n ^= n >> 33, n *= 0xc4ceb9fe1a85ec53ULL;
  return n ^ n >> 33;
}

TokenId parent(std::uint64_t n) {
  Ulid id;
  const std::uint64_t random = mix(~n);
  std::memcpy(id.octets.data() + 8, &random, sizeof random);
  return TokenId(id);
}

// A token found again, and that what it was exchanged for still lives. Its text was just written, as a request brings it.
void warm(benchmark::State& state) {
  constexpr std::size_t kArrivals = 256;
  const auto count = static_cast<std::size_t>(state.range(0));
  Epochs epochs;
  JwtCache cache(epochs, 4 * count);
  Tokens parents(epochs);
  const auto all = tokens(count);
  for (std::size_t i = 0; i < count; ++i) {
    SignedToken said;
    said.expires = INT64_MAX;
    said.parent = parent(i);
    parents.put({.hash = {mix(i), i}, .id = said.parent.ulid()}, nullptr);
    cache.insert(all[i], said, 0);
  }
  // Where two hundred thousand share sets of four, a few were pushed out: they are no hits, and none is drawn.
  std::vector<const std::string*> held;
  for (const auto& token : all) {
    const ReadSection section(epochs);
    if (cache.find(token) != nullptr) held.push_back(&token);
  }
  if (held.size() < count / 100 * 95) return state.SkipWithError("too few are held");
  std::uint64_t draw = 1;
  std::vector<std::string> arrived(kArrivals);
  while (state.KeepRunningBatch(kArrivals)) {
    state.PauseTiming();
    for (auto& token : arrived) token = *held[((draw = draw * 6364136223846793005u + 1442695040888963407u) >> 33) % held.size()];
    state.ResumeTiming();
    for (const auto& token : arrived) {
      const ReadSection section(epochs);
      const auto* found = cache.find(token);
      const auto* lives = found == nullptr || found->expires <= 1'800'000'000 ? nullptr : parents.by_id(found->parent);
      if (lives == nullptr || lives->status.load(std::memory_order_acquire) != 0) state.SkipWithError("a token is lost");
      benchmark::DoNotOptimize(lives);
    }
  }
}
BENCHMARK(warm)->Name("jwt/cache")->Arg(1)->Arg(1000)->Arg(100000);

}  // namespace
}  // namespace jeton::verify

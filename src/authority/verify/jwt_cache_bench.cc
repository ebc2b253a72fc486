// A signed token found again: one hot one, and drawn at random from a thousand and from a hundred thousand.
#include <benchmark/benchmark.h>

#include <vector>

#include "authority/verify/jwt_cache.h"
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

void warm(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  Epochs epochs;
  JwtCache cache(epochs, 4 * count);
  const auto all = tokens(count);
  SignedToken said;
  said.expires = INT64_MAX;
  for (const auto& token : all) cache.insert(token, said, 0);
  // Where two hundred thousand share sets of four, a few were pushed out: they are no hits, and none is drawn.
  std::vector<const std::string*> held;
  for (const auto& token : all) {
    const ReadSection section(epochs);
    if (cache.find(token) != nullptr) held.push_back(&token);
  }
  if (held.size() < count / 100 * 95) return state.SkipWithError("too few are held");
  std::uint64_t draw = 1;
  for (auto _ : state) {
    draw = draw * 6364136223846793005u + 1442695040888963407u;
    const auto& token = *held[(draw >> 33) % held.size()];
    const ReadSection section(epochs);
    const auto* found = cache.find(token);
    if (found == nullptr || found->expires <= 1'800'000'000) state.SkipWithError("a token is lost");
    benchmark::DoNotOptimize(found);
  }
}
BENCHMARK(warm)->Name("jwt/cache")->Arg(1)->Arg(1000)->Arg(100000);

}  // namespace
}  // namespace jeton::verify

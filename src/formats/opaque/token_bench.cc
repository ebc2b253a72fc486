// Shape and checksum of an opaque token: what a wrong one costs before it is refused.
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "blocks/crypto/random.h"
#include "formats/opaque/token.h"
#include "ground/secret_pass.h"

namespace {

using namespace jeton;

std::string made() {
  crypto::SystemEntropy entropy;
  const auto token = opaque::make("jtn", opaque::Kind::Pat, entropy);
  if (!token) std::abort();
  return std::string(as_text(token->read(program::Pass::key())));
}

void parse(benchmark::State& state) {
  const auto token = made();
  for (auto _ : state) benchmark::DoNotOptimize(opaque::parse(token));
}
BENCHMARK(parse)->Name("opaque/parse");

}  // namespace

// A login response issued and held, and the signature alone for comparison.
#include <benchmark/benchmark.h>

#include "blocks/xml/signature.h"
#include "formats/saml/bench_suite.h"
#include "formats/saml/login.h"

namespace jeton::saml {
namespace {

using bench::kNow;
using bench::response;

const crypto::SignKey& key() {
  static const auto made = *crypto::SignKey::generate(crypto::SignAlg::RS256, 2048);
  return made;
}

void issue(benchmark::State& state) {
  const auto* second = state.range(0) == 2 ? &key() : nullptr;
  for (auto _ : state) benchmark::DoNotOptimize(response(&key(), second));
}
BENCHMARK(issue)->Arg(1)->Arg(2)->ArgName("signatures");

void hold(benchmark::State& state) {
  const auto keys = *xml::verify_keys(key().public_parts());
  const auto message = response(&key(), state.range(0) == 2 ? &key() : nullptr);
  const Expected expected{.idp = "https://idp.example/saml",
                          .idp_keys = keys,
                          .sp = "https://app.example/saml",
                          .acs = "https://app.example/saml/acs",
                          .request_id = "_q",
                          .decryption = {}};
  for (auto _ : state)
    if (!verify_response(message, expected, kNow)) state.SkipWithError("refused");
  state.counters["octets"] = double(message.size());
}
BENCHMARK(hold)->Arg(1)->Arg(2)->ArgName("signatures");

}  // namespace
}  // namespace jeton::saml

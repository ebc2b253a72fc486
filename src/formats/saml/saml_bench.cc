// A login response issued and held, and the signature alone for comparison.
#include <benchmark/benchmark.h>

#include "blocks/xml/signature.h"
#include "formats/saml/issue.h"
#include "formats/saml/login.h"
#include "formats/saml/names.h"

namespace jeton::saml {
namespace {

const Instant kNow = Instant::from_seconds(1'800'000'000);

const crypto::SignKey& key() {
  static const auto made = *crypto::SignKey::generate(crypto::SignAlg::RS256, 2048);
  return made;
}

AssertionDraft draft() {
  AssertionDraft d;
  d.id = "_a1b2c3d4e5f60718293a4b5c6d7e8f9001122334";
  d.issuer = "https://idp.example/saml";
  d.audience = "https://app.example/saml";
  d.recipient = "https://app.example/saml/acs";
  d.in_response_to = "_q";
  d.subject = {"alice@example.com", std::string(kEmail), "", ""};
  d.issued = d.authenticated = d.not_before = kNow;
  d.not_on_or_after = kNow + Seconds(60);
  d.session_index = "_s";
  d.attributes = {{"mail", std::string(kBasicName), "", {"alice@example.com"}}, {"groups", std::string(kBasicName), "", {"staff", "ops"}}};
  return d;
}

std::string response(const crypto::SignKey* assertion_key, const crypto::SignKey* response_key) {
  const ResponseDraft around{"_r", "https://idp.example/saml", "https://app.example/saml/acs", "_q", kNow, std::string(kSuccess), "", ""};
  return *write_response(around, *write_assertion(draft(), assertion_key), response_key);
}

void issue(benchmark::State& state) {
  const auto* second = state.range(0) == 2 ? &key() : nullptr;
  for (auto _ : state) benchmark::DoNotOptimize(response(&key(), second));
}
BENCHMARK(issue)->Arg(1)->Arg(2)->ArgName("signatures");

void hold(benchmark::State& state) {
  const auto keys = *xml::verify_keys(key().public_parts());
  const auto message = response(&key(), state.range(0) == 2 ? &key() : nullptr);
  const Expected expected{.idp = "https://idp.example/saml", .idp_keys = keys, .sp = "https://app.example/saml",
                          .acs = "https://app.example/saml/acs", .request_id = "_q", .decryption = {}};
  for (auto _ : state)
    if (!verify_response(message, expected, kNow)) state.SkipWithError("refused");
  state.counters["octets"] = double(message.size());
}
BENCHMARK(hold)->Arg(1)->Arg(2)->ArgName("signatures");

}  // namespace
}  // namespace jeton::saml

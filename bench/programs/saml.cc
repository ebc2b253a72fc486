// SAML login responses, under a key of a file: bench_saml KEY.pem SIGNED.xml. Writes what it made and prints CPU nanoseconds a piece as JSON.
#include <ctime>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "blocks/crypto/pem/encoded.h"
#include "blocks/xml/signature.h"
#include "formats/saml/bench_suite.h"
#include "formats/saml/login.h"

namespace jeton::saml {
namespace {

using bench::kNow;
using bench::response;

double cpu_now() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return double(t.tv_sec) * 1e9 + double(t.tv_nsec);
}

// The lowest of several rounds.
template <class Work>
double lowest(int times, Work work) {
  double best = 1e18;
  for (int round = 0; round < 15; ++round) {
    const double start = cpu_now();
    for (int i = 0; i < times; ++i) work();
    best = std::min(best, (cpu_now() - start) / times);
  }
  return best;
}

int run(const char* key_file, const char* signed_file) {
  std::stringstream text;
  text << std::ifstream(key_file).rdbuf();
  const auto pair = *crypto::decode_key(as_bytes(text.str()));
  const auto key = *crypto::SignKey::from_parts(crypto::SignAlg::RS256, pair.pub, *pair.priv);
  const auto keys = *xml::verify_keys(pair.pub);
  const Expected expected{.idp = "https://idp.example/saml",
                          .idp_keys = keys,
                          .sp = "https://app.example/saml",
                          .acs = "https://app.example/saml/acs",
                          .request_id = "_q",
                          .decryption = {}};
  const auto message = response(&key, nullptr), login = response(&key, &key);
  std::ofstream(signed_file) << message;
  bool good = true;
  const double issue = lowest(100, [&] { good = good && !response(&key, nullptr).empty(); });
  const double both = lowest(60, [&] { good = good && !response(&key, &key).empty(); });
  const double verify = lowest(300, [&] { good = good && verify_response(message, expected, kNow).has_value(); });
  std::printf("{\"issue\":%.0f,\"login\":%.0f,\"verify\":%.0f}\n", issue, both, verify);
  return good && verify_response(login, expected, kNow) ? 0 : 1;
}

}  // namespace
}  // namespace jeton::saml

int main(int count, char** words) { return count == 3 ? jeton::saml::run(words[1], words[2]) : 2; }

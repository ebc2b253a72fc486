// Constant time, by Welch's t (Reparaz, Balasch, Verbauwhede: dudect): two classes of input, interleaved at random; a t under 4.5 says
// that the times do not tell which class it was. SAMPLES may be given; 10^6 where not.
#include <x86intrin.h>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "blocks/crypto/envelope/content.h"
#include "blocks/crypto/envelope/wrap.h"
#include "blocks/crypto/mac.h"
#include "blocks/crypto/random.h"
#include "blocks/crypto/sign.h"
#include "formats/jose/jwe.h"
#include "ground/base64url.h"

using namespace jeton;

namespace {

struct Mean {
  double n = 0, mean = 0, squares = 0;
  void add(double x) {
    ++n;
    const double d = x - mean;
    mean += d / n;
    squares += d * (x - mean);
  }
  double variance() const { return squares / (n - 1); }
};

std::uint64_t cycles() {
  unsigned core;
  return __rdtscp(&core);
}

// The largest t over all samples and over those below several cuts: the tail is the machine's noise, not the code's.
// What belongs to a class is put in one and the same place before the clock runs: two places would have times of their own.
double welch(std::size_t samples, const std::function<void(int)>& prepare, const std::function<void()>& act) {
  std::mt19937_64 random(1);
  std::vector<std::pair<int, double>> times;
  times.reserve(samples);
  for (std::size_t i = 0; i < samples + samples / 20; ++i) {
    const int which = static_cast<int>(random() & 1);
    prepare(which);
    const auto start = cycles();
    act();
    const auto end = cycles();
    if (i >= samples / 20) times.emplace_back(which, static_cast<double>(end - start));
  }
  std::vector<double> sorted;
  for (const auto& t : times) sorted.push_back(t.second);
  std::sort(sorted.begin(), sorted.end());
  double worst = 0;
  for (const double cut : {0.5, 0.8, 0.95}) {
    const double most = sorted[static_cast<std::size_t>(cut * static_cast<double>(sorted.size() - 1))];
    Mean of[2];
    for (const auto& [which, t] : times)
      if (t <= most) of[which].add(t);
    const double spread = of[0].variance() / of[0].n + of[1].variance() / of[1].n;
    if (spread > 0) worst = std::max(worst, std::abs(of[0].mean - of[1].mean) / std::sqrt(spread));
  }
  return worst;
}

Bytes random_octets(std::size_t n) {
  crypto::SystemEntropy entropy;
  Bytes out(n);
  if (!entropy.fill(out)) std::abort();
  return out;
}

// A MAC that is wrong in its first octet, and one that is wrong in its last.
double comparison(std::size_t samples) {
  const auto right = random_octets(32);
  Bytes wrong[2] = {right, right};
  wrong[0].front() ^= 1;
  wrong[1].back() ^= 1;
  Bytes shown(32);
  return welch(
      samples, [&](int which) { std::copy(wrong[which].begin(), wrong[which].end(), shown.begin()); },
      [&] { (void)equal_constant_time(right, shown); });
}

double mac(std::size_t samples) {
  const auto key = *crypto::SignKey::generate(crypto::SignAlg::HS256);
  Bytes right(32);
  if (!key.sign(as_bytes("message"), right)) std::abort();
  Bytes wrong[2] = {right, right};
  wrong[0].front() ^= 1;
  wrong[1].back() ^= 1;
  const auto verify = key.verify_key();
  Bytes shown(32);
  return welch(
      samples, [&](int which) { std::copy(wrong[which].begin(), wrong[which].end(), shown.begin()); },
      [&] { (void)verify.verify(as_bytes("message"), shown); });
}

std::vector<std::string> parts_of(const std::string& token) {
  std::vector<std::string> parts(1);
  for (const char c : token) {
    if (c == '.') parts.emplace_back();
    else parts.back() += c;
  }
  return parts;
}

// A wrapped key that does not unwrap, and one that unwraps to another message's key: told apart, either would be an oracle.
double failures(std::size_t samples, crypto::KeyAlg alg, const jose::Jwk& jwk) {
  crypto::SystemEntropy entropy;
  const auto to = *jose::EncryptKey::of(jwk, alg);
  const auto opens = *jose::DecryptKey::of(jwk, alg);
  const auto sealed = [&] {
    return parts_of(*jose::encrypt_compact({}, as_bytes("message"), to, crypto::ContentAlg::A128CbcHs256, entropy));
  };
  // Many of each, so that no time of one text's own (where its octets come to lie) counts as its class's.
  std::vector<std::string> tokens[2];
  for (int i = 0; i < 64; ++i) {
    const auto one = sealed(), other = sealed();
    auto broken = *base64url::decode(sealed()[1]);
    broken[broken.size() / 2] ^= 1;
    tokens[0].push_back(one[0] + "." + base64url::encode(broken) + "." + one[2] + "." + one[3] + "." + one[4]);
    tokens[1].push_back(one[0] + "." + other[1] + "." + one[2] + "." + one[3] + "." + one[4]);
  }
  std::optional<jose::ParsedJwe> shown;
  std::size_t next = 0;
  return welch(
      samples,
      [&](int which) {
        shown.reset();
        shown.emplace(*jose::ParsedJwe::parse(tokens[which][++next % 64]));
      },
      [&] { (void)shown->decrypt(opens); });
}

jose::Jwk rsa() {
  auto jwk = jose::to_jwk(*crypto::SignKey::generate(crypto::SignAlg::RS256, 2048), {});
  jwk.use = jwk.alg = "";
  return jwk;
}

jose::Jwk oct() { return *jose::parse_jwk("{\"kty\":\"oct\",\"k\":\"" + base64url::encode(random_octets(32)) + "\"}"); }

}  // namespace

int main(int argc, char** argv) {
  const std::size_t samples = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000;
  // An RSA operation takes a thousand times a comparison: fewer of them see as small a difference of what follows it.
  const std::pair<const char*, double> rows[] = {
      {"comparison of MACs", comparison(samples)},
      {"HS256 of wrong MACs", mac(samples)},
      {"A256KW: not unwrapped against another key", failures(samples / 4, crypto::KeyAlg::A256Kw, oct())},
      {"A256GCMKW: not unwrapped against another key", failures(samples / 4, crypto::KeyAlg::A256GcmKw, oct())},
      {"RSA-OAEP: not unpadded against another key", failures(samples / 50, crypto::KeyAlg::RsaOaep, rsa())},
      {"RSA-OAEP-256: not unpadded against another key", failures(samples / 50, crypto::KeyAlg::RsaOaep256, rsa())}};
  bool good = true;
  for (const auto& [what, t] : rows) {
    std::printf("%-50s t = %6.2f %s\n", what, t, t < 4.5 ? "" : "over 4.5");
    good = good && t < 4.5;
  }
  return good ? 0 : 1;
}

// A JWT's check at first sight (parts, header, signature, claims, judgement), beside its signature's check alone.
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "formats/jose/jwt.h"
#include "ground/base64url.h"

namespace {

using namespace jeton;

constexpr std::string_view kClaims =
    R"({"iss":"http://127.0.0.1:8420","sub":"usr_01KFJ0ZK5VQ4T5E8W2N9R3X7YA","aud":"https://orders.example.com","exp":1800000600,)"
    R"("iat":1800000000,"jti":"tok_01KFJ0ZK5VQ4T5E8W2N9R3X7YB","client_id":"tok_01KFJ0ZK5VQ4T5E8W2N9R3X7YC","scope":"orders:read"})";

struct Made {
  std::string token, input;
  Bytes signature;
  crypto::VerifyKey key;
};

Made made(crypto::SignAlg alg) {
  const auto key = crypto::SignKey::generate(alg, 2048);
  if (!key) std::abort();
  const auto token = jose::sign_compact(R"("typ":"at+jwt","kid":"key_1")", as_bytes(kClaims), *key);
  if (!token) std::abort();
  const auto dot = token->rfind('.');
  return {*token, token->substr(0, dot), *base64url::decode(token->substr(dot + 1)), key->verify_key()};
}

void first_sight(benchmark::State& state, crypto::SignAlg alg) {
  const auto m = made(alg);
  static jose::JwtRoom room;
  const jose::Expected expected{.issuer = "http://127.0.0.1:8420", .audience = "https://orders.example.com", .typ = "at+jwt", .leeway = Seconds(0)};
  const auto now = Instant::from_seconds(1'800'000'100);
  for (auto _ : state) {
    const auto parsed = jose::ParsedJwt::parse(m.token, room);
    const auto verified = parsed->verify(m.key);
    if (!verified) std::abort();
    const auto claims = jose::read_claims(*verified);
    if (!jose::judge(*verified, *claims, expected, now)) std::abort();
  }
}

void signature_alone(benchmark::State& state, crypto::SignAlg alg) {
  const auto m = made(alg);
  for (auto _ : state)
    if (!m.key.verify(as_bytes(m.input), m.signature)) std::abort();
}

const int registered = [] {
  using enum crypto::SignAlg;
  const struct { const char* name; crypto::SignAlg alg; } all[] = {{"ES256", ES256}, {"ES384", ES384}, {"ES512", ES512}, {"EdDSA", EdDSA},
      {"RS256", RS256}, {"PS256", PS256}, {"HS256", HS256}, {"HS512", HS512}};
  for (const auto& a : all) {
    benchmark::RegisterBenchmark((std::string("jwt/first_sight/") + a.name).c_str(), first_sight, a.alg);
    benchmark::RegisterBenchmark((std::string("jwt/signature/") + a.name).c_str(), signature_alone, a.alg);
  }
  return 0;
}();

}  // namespace

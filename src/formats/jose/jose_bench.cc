// First sight of a token against its signature primitive alone, minting against the raw signature, and that a good token costs no
// heap allocation here.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <map>
#include <new>

#include "formats/jose/jwt.h"
#include "ground/base64url.h"

namespace {
thread_local std::size_t allocations = 0;
}

// Counts what this program asks of the heap; what OpenSSL asks of malloc is its own.
[[gnu::noinline]] void* operator new(std::size_t n) {
  ++allocations;
  if (void* p = std::malloc(n)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace jeton::jose {
namespace {

using crypto::SignAlg;

// 370 octets: what the mint writes of a token with a device and a few scopes.
constexpr std::string_view kClaims =
    R"({"iss":"https://tokens.example.com","sub":"usr_01JDZ8G7Q4Y9M2T5K6W3X0V1BN","aud":"https://orders.example.com","exp":4102444800,"iat":1732406400,"nbf":1732406400,)"
    R"("jti":"tok_01JDZ8G7Q4Y9M2T5K6W3X0V1BP","client_id":"cli_01JDZ8G7Q4Y9M2T5K6W3X0V1BQ","scope":"orders:read orders:write invoices:read","dev":"dev_01JDZ8G7Q4Y9M2T5K6W3X0V1BR","auth_time":1732406400})";

const crypto::SignKey& key_of(SignAlg alg) {
  static std::map<SignAlg, crypto::SignKey> keys;
  auto at = keys.find(alg);
  if (at == keys.end()) at = keys.emplace(alg, *crypto::SignKey::generate(alg, 2048)).first;
  return at->second;
}

std::string token_of(SignAlg alg) {
  return *sign_compact(R"("typ":"at+jwt","kid":"xEvJjUqaTWQ70nE6O-qWrZEhbQ95-5DHAplGOL-DRjE")", as_bytes(kClaims), key_of(alg));
}

Status see(std::string_view token, const crypto::VerifyKey& key, JwtRoom& room) {
  TRY(const auto parsed, ParsedJwt::parse(token, room));
  TRY(const auto verified, parsed.verify(key));
  const auto& claims = read_claims(verified);
  if (!claims) return std::unexpected(claims.error());
  return judge(verified, *claims, {"https://tokens.example.com", "https://orders.example.com", "at+jwt", Seconds(0)},
               Instant::from_seconds(1'800'000'000));
}

enum class Tables : std::uint8_t { Without, With };

void first_sight(benchmark::State& state, SignAlg alg, Tables tables) {
  const auto token = token_of(alg);
  const auto key = Tables::With == tables ? *crypto::VerifyKey::from_public(alg, key_of(alg).public_parts()) : key_of(alg).verify_key();
  if (tables == Tables::With) key.quicken(0);
  static JwtRoom room;
  if (!see(token, key, room)) return state.SkipWithError("a good token is refused");
  const auto before = allocations;
  (void)see(token, key, room);
  if (allocations != before) return state.SkipWithError("a good token costs heap allocations");
  for (auto _ : state) benchmark::DoNotOptimize(see(token, key, room));
}

void primitive(benchmark::State& state, SignAlg alg) {
  const auto token = token_of(alg);
  const auto parts = *split(token);
  const auto signature = *base64url::decode(parts.signature);
  const auto key = key_of(alg).verify_key();
  for (auto _ : state) benchmark::DoNotOptimize(key.verify(as_bytes(parts.signing_input), signature));
}

void parse(benchmark::State& state) {
  const auto token = token_of(SignAlg::HS256);
  static JwtRoom room;
  for (auto _ : state) benchmark::DoNotOptimize(ParsedJwt::parse(token, room));
}
BENCHMARK(parse)->Name("jwt/stage/parse");

void judge_alone(benchmark::State& state) {
  const auto token = token_of(SignAlg::HS256);
  static JwtRoom room;
  const auto verified = ParsedJwt::parse(token, room)->verify(key_of(SignAlg::HS256).verify_key());
  const auto& claims = read_claims(*verified);
  const Expected expected{"https://tokens.example.com", "https://orders.example.com", "at+jwt", Seconds(0)};
  for (auto _ : state) benchmark::DoNotOptimize(judge(*verified, *claims, expected, Instant::from_seconds(1'800'000'000)));
}
BENCHMARK(judge_alone)->Name("jwt/stage/judge");

void mint(benchmark::State& state, SignAlg alg) {
  const auto& key = key_of(alg);
  for (auto _ : state)
    benchmark::DoNotOptimize(sign_compact(R"("typ":"at+jwt","kid":"xEvJjUqaTWQ70nE6O-qWrZEhbQ95-5DHAplGOL-DRjE")", as_bytes(kClaims), key));
}

void raw_sign(benchmark::State& state, SignAlg alg) {
  const auto& key = key_of(alg);
  const auto token = token_of(alg);
  const auto input = split(token)->signing_input;
  Bytes out(key.signature_size());
  for (auto _ : state) benchmark::DoNotOptimize(key.sign(as_bytes(input), out));
}

const int registered = [] {
  for (const auto& a : crypto::sign_algs()) {
    const auto named = [&](std::string_view what) { return "jwt/" + std::string(what) + "/" + std::string(a.name); };
    benchmark::RegisterBenchmark(named("first_sight").c_str(), first_sight, a.alg, Tables::Without);
    benchmark::RegisterBenchmark(named("signature").c_str(), primitive, a.alg);
    benchmark::RegisterBenchmark(named("mint").c_str(), mint, a.alg);
    benchmark::RegisterBenchmark(named("raw_sign").c_str(), raw_sign, a.alg);
  }
  benchmark::RegisterBenchmark("jwt/first_sight_with_tables/ES256", first_sight, SignAlg::ES256, Tables::With);
  return 0;
}();

}  // namespace
}  // namespace jeton::jose

// The same token verified by others: raw OpenSSL and libsodium calls, libjwt, cjose. What each reads of it is what its users get:
// a claim set, after the signature was found good.
#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/x509.h>
#include <sodium.h>

#include <cstring>
#include <string>

#include "blocks/crypto/pem/encoded.h"
#include "blocks/crypto/sign.h"
#include "formats/jose/jwk.h"
#include "formats/jose/jws.h"
#include "ground/base64url.h"
#include "ground/secret_pass.h"
#ifdef JETON_PEER_LIBJWT
#include <jwt.h>
#endif
#ifdef JETON_PEER_CJOSE
#include <cjose/cjose.h>
#endif

namespace jeton {
namespace {

using crypto::SignAlg;

constexpr std::string_view kClaims =
    R"({"iss":"https://tokens.example.com","sub":"usr_01JDZ8G7Q4Y9M2T5K6W3X0V1BN","aud":"https://orders.example.com","exp":4102444800,"iat":1732406400,"nbf":1732406400,)"
    R"("jti":"tok_01JDZ8G7Q4Y9M2T5K6W3X0V1BP","client_id":"cli_01JDZ8G7Q4Y9M2T5K6W3X0V1BQ","scope":"orders:read orders:write invoices:read","dev":"dev_01JDZ8G7Q4Y9M2T5K6W3X0V1BR","auth_time":1732406400})";

struct Signed {
  crypto::SignKey key;
  std::string token, input;
  Bytes signature;
};

Signed made(SignAlg alg) {
  auto key = *crypto::SignKey::generate(alg, 2048);
  auto token = *jose::sign_compact(R"("typ":"JWT")", as_bytes(kClaims), key);   // the only typ that libjwt takes
  const auto parts = *jose::split(token);
  std::string input(parts.signing_input);
  auto signature = *base64url::decode(parts.signature);
  return {std::move(key), std::move(token), std::move(input), std::move(signature)};
}

// As most write it: a context, a one-shot verification. The signature is converted to DER before the clock runs.
void raw_es256(benchmark::State& state) {
  const auto s = made(SignAlg::ES256);
  const auto der = *crypto::encode_key(s.key.public_parts(), nullptr);
  const std::uint8_t* at = der.data();
  EVP_PKEY* key = d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size()));
  Bytes signature{0x30, 0};
  for (const auto half : {ByteView(s.signature).first(32), ByteView(s.signature).last(32)}) {
    std::size_t zeros = 0;
    while (half[zeros] == 0) ++zeros;
    const bool pad = half[zeros] >= 0x80;
    signature.insert(signature.end(), {2, static_cast<std::uint8_t>(32 - zeros + pad)});
    if (pad) signature.push_back(0);
    signature.insert(signature.end(), half.begin() + static_cast<std::ptrdiff_t>(zeros), half.end());
  }
  signature[1] = static_cast<std::uint8_t>(signature.size() - 2);
  for (auto _ : state) {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    const bool good = EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key) == 1 &&
                      EVP_DigestVerify(context, signature.data(), signature.size(), as_bytes(s.input).data(), s.input.size()) == 1;
    EVP_MD_CTX_free(context);
    if (!good) state.SkipWithError("refused");
  }
  EVP_PKEY_free(key);
}
BENCHMARK(raw_es256)->Name("jwt/raw_openssl/ES256");

void raw_eddsa(benchmark::State& state) {
  const auto s = made(SignAlg::EdDSA);
  const auto x = s.key.public_parts().x;
  for (auto _ : state)
    if (crypto_sign_verify_detached(s.signature.data(), as_bytes(s.input).data(), s.input.size(), x.data()) != 0)
      state.SkipWithError("refused");
}
BENCHMARK(raw_eddsa)->Name("jwt/raw_libsodium/EdDSA");

void raw_hs256(benchmark::State& state) {
  const auto s = made(SignAlg::HS256);
  const auto parts = s.key.private_parts();
  const auto k = parts.k.read(crypto::Pass::key());
  for (auto _ : state) {
    std::uint8_t mac[32];
    unsigned n = 0;
    HMAC(EVP_sha256(), k.data(), static_cast<int>(k.size()), as_bytes(s.input).data(), s.input.size(), mac, &n);
    if (CRYPTO_memcmp(mac, s.signature.data(), 32) != 0) state.SkipWithError("refused");
  }
}
BENCHMARK(raw_hs256)->Name("jwt/raw_openssl/HS256");

#ifdef JETON_PEER_LIBJWT
void libjwt_with(benchmark::State& state, SignAlg alg) {
  const auto s = made(alg);
  std::string key;
  if (alg == SignAlg::HS256) {
    const auto parts = s.key.private_parts();
    key = as_text(parts.k.read(crypto::Pass::key()));
  } else {
    key = *crypto::encode_key_pem(s.key.public_parts(), nullptr);
  }
  for (auto _ : state) {
    jwt_t* jwt = nullptr;
    if (jwt_decode(&jwt, s.token.c_str(), as_bytes(key).data(), static_cast<int>(key.size())) != 0) state.SkipWithError("refused");
    benchmark::DoNotOptimize(jwt_get_grant(jwt, "sub"));
    jwt_free(jwt);
  }
}
BENCHMARK_CAPTURE(libjwt_with, es256, SignAlg::ES256)->Name("jwt/libjwt/ES256");
BENCHMARK_CAPTURE(libjwt_with, hs256, SignAlg::HS256)->Name("jwt/libjwt/HS256");
BENCHMARK_CAPTURE(libjwt_with, rs256, SignAlg::RS256)->Name("jwt/libjwt/RS256");
#endif

#ifdef JETON_PEER_CJOSE
void cjose_with(benchmark::State& state, SignAlg alg) {
  const auto s = made(alg);
  const auto text = jose::to_json(s.key, {}, alg == SignAlg::HS256 ? jose::Part::Private : jose::Part::Public);
  cjose_err error;
  cjose_jwk_t* key = cjose_jwk_import(text.data(), text.size(), &error);
  for (auto _ : state) {
    cjose_jws_t* jws = cjose_jws_import(s.token.data(), s.token.size(), &error);
    std::uint8_t* plain = nullptr;
    std::size_t size = 0;
    if (jws == nullptr || !cjose_jws_verify(jws, key, &error) || !cjose_jws_get_plaintext(jws, &plain, &size, &error))
      state.SkipWithError("refused");
    cjose_jws_release(jws);
  }
  cjose_jwk_release(key);
}
BENCHMARK_CAPTURE(cjose_with, es256, SignAlg::ES256)->Name("jwt/cjose/ES256");
BENCHMARK_CAPTURE(cjose_with, hs256, SignAlg::HS256)->Name("jwt/cjose/HS256");
BENCHMARK_CAPTURE(cjose_with, rs256, SignAlg::RS256)->Name("jwt/cjose/RS256");
#endif

}  // namespace
}  // namespace jeton

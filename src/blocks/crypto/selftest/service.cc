#include "blocks/crypto/service.h"

#include <array>
#include <atomic>

namespace jeton::crypto {
namespace {

struct Named {
  Tested what;
  std::string_view name;
};
using enum Tested;
constexpr Named kNames[] = {
    {EdDSA, "EdDSA"},
    {ES256, "ES256"},
    {ES384, "ES384"},
    {ES512, "ES512"},
    {ES256K, "ES256K"},
    {PS256, "PS256"},
    {PS384, "PS384"},
    {PS512, "PS512"},
    {RS256, "RS256"},
    {RS384, "RS384"},
    {RS512, "RS512"},
    {HS256, "HS256"},
    {HS384, "HS384"},
    {HS512, "HS512"},
    {Sha256, "SHA-256"},
    {Sha384, "SHA-384"},
    {Sha512, "SHA-512"},
    {TokenHmac, "HMAC-SHA-256"},
    {Hkdf, "HKDF-SHA-256"},
    {SealGcm, "AES-256-GCM"},
    {ContentGcm, "JWE AES-GCM"},
    {ContentCbc, "JWE AES-CBC-HMAC"},
    {KeyWrap, "AES-KW"},
    {RsaOaep, "RSA-OAEP-256"},
    {Agreement, "ECDH"},
    {ConcatKdf, "Concat KDF"},
    {Pbkdf2, "PBKDF2"},
    {Argon2id, "Argon2id"},
    {Random, "random"},
};
constexpr std::size_t kCount = std::size(kNames);
static_assert(kCount <= 64);

constexpr auto kAll = [] {
  std::array<Tested, kCount> all{};
  for (std::size_t i = 0; i < kCount; ++i) all[i] = kNames[i].what;
  return all;
}();
// The names stand in the enumeration's order.
static_assert([] {
  for (std::size_t i = 0; i < kCount; ++i)
    if (static_cast<std::size_t>(kAll[i]) != i) return false;
  return true;
}());

std::atomic<std::uint64_t> out{0};
constexpr std::uint64_t bit(Tested what) { return std::uint64_t{1} << static_cast<unsigned>(what); }

}  // namespace

std::span<const Tested> all_tested() { return kAll; }
std::string_view name(Tested what) { return kNames[static_cast<std::size_t>(what)].name; }

std::optional<Tested> tested_named(std::string_view name) {
  for (const auto& n : kNames)
    if (n.name == name) return n.what;
  return std::nullopt;
}

bool in_service(Tested what) { return (out.load(std::memory_order_relaxed) & bit(what)) == 0; }
Status needs(Tested what) {
  if (in_service(what)) return {};
  return fault(Fault::SelfTest, "the algorithm is out of service");
}
void take_out_of_service(Tested what) { out.fetch_or(bit(what)); }
void put_in_service(Tested what) { out.fetch_and(~bit(what)); }

}  // namespace jeton::crypto

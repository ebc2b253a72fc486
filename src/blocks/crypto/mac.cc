// HMAC is put together here from OpenSSL's SHA-2 because EVP_MAC costs five times the compressions for a short message
// (docs/decisions/0001). The low-level calls are deprecated, not removed: silence that here alone.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "blocks/crypto/mac.h"

#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "blocks/crypto/selftest/faults.h"
#include "blocks/crypto/hash.h"
#include "ground/secret_pass.h"

namespace jeton::crypto {
namespace {

struct Sha256 {
  using Context = SHA256_CTX;
  static constexpr std::size_t kBlock = 64, kSize = 32;
  static void init(Context* c) { SHA256_Init(c); }
  static void update(Context* c, const void* p, std::size_t n) { SHA256_Update(c, p, n); }
  static void final(std::uint8_t* out, Context* c) { SHA256_Final(out, c); }
};
struct Sha384 {
  using Context = SHA512_CTX;
  static constexpr std::size_t kBlock = 128, kSize = 48;
  static void init(Context* c) { SHA384_Init(c); }
  static void update(Context* c, const void* p, std::size_t n) { SHA384_Update(c, p, n); }
  static void final(std::uint8_t* out, Context* c) { SHA384_Final(out, c); }
};
struct Sha512 : Sha384 {
  static constexpr std::size_t kSize = 64;
  static void init(Context* c) { SHA512_Init(c); }
  static void final(std::uint8_t* out, Context* c) { SHA512_Final(out, c); }
};

template <class Hash>
struct Pads {
  typename Hash::Context inner, outer;
};

template <class Hash>
void prepare(Pads<Hash>& pads, ByteView key) {
  std::uint8_t block[Hash::kBlock] = {};
  if (key.size() > Hash::kBlock) {
    typename Hash::Context c;
    Hash::init(&c);
    Hash::update(&c, key.data(), key.size());
    Hash::final(block, &c);
  } else if (!key.empty()) {
    std::memcpy(block, key.data(), key.size());
  }
  for (auto& b : block) b ^= 0x36;
  Hash::init(&pads.inner);
  Hash::update(&pads.inner, block, sizeof block);
  for (auto& b : block) b ^= 0x36 ^ 0x5c;
  Hash::init(&pads.outer);
  Hash::update(&pads.outer, block, sizeof block);
  wipe(block);
}

template <class Hash>
std::size_t run(const Pads<Hash>& pads, ByteView message, std::uint8_t* out) {
  std::uint8_t digest[Hash::kSize];
  auto c = pads.inner;
  Hash::update(&c, message.data(), message.size());
  Hash::final(digest, &c);
  c = pads.outer;
  Hash::update(&c, digest, sizeof digest);
  Hash::final(out, &c);
  return Hash::kSize;
}

std::uint64_t big_endian(std::uint64_t n) { return std::endian::native == std::endian::little ? __builtin_bswap64(n) : n; }
std::uint32_t big_endian(std::uint32_t n) { return std::endian::native == std::endian::little ? __builtin_bswap32(n) : n; }

// The digest after one more block, whose message octets are in place (FIPS 180-4 §5.1.1): `total` counts what was hashed in all.
void finish_block(SHA256_CTX& c, std::uint8_t* block, std::size_t used, std::size_t total, std::uint8_t* out) {
  block[used] = 0x80;
  std::memset(block + used + 1, 0, 56 - used - 1);
  const std::uint64_t bits = big_endian(std::uint64_t{total} * 8);
  std::memcpy(block + 56, &bits, sizeof bits);
  SHA256_Transform(&c, block);
  for (int i = 0; i < 8; ++i) {
    const std::uint32_t word = big_endian(c.h[i]);
    std::memcpy(out + 4 * i, &word, sizeof word);
  }
}

// HMAC-SHA-256 of a message that fits into one block with its padding, as every opaque token does: two compressions, no buffering.
void run_short(const Pads<Sha256>& pads, ByteView message, std::uint8_t* out) {
  std::uint8_t block[Sha256::kBlock];
  auto c = pads.inner;
  std::copy(message.begin(), message.end(), block);
  finish_block(c, block, message.size(), Sha256::kBlock + message.size(), block);
  c = pads.outer;
  finish_block(c, block, Sha256::kSize, Sha256::kBlock + Sha256::kSize, out);
}

template <class Hash, class State>
auto& pads_of(State& state) {
  static_assert(sizeof(Pads<Hash>) <= sizeof state.octets);
  if constexpr (std::is_const_v<State>)
    return *reinterpret_cast<const Pads<Hash>*>(state.octets.data());
  else
    return *new (state.octets.data()) Pads<Hash>;
}

}  // namespace

HmacSha256::HmacSha256(const Secret& key) { prepare(pads_of<Sha256>(state_), key.read(Pass::key())); }
HmacSha256::HmacSha256(HmacSha256&& other) noexcept : state_(other.state_) { wipe(other.state_.octets); }
HmacSha256& HmacSha256::operator=(HmacSha256&& other) noexcept {
  if (this == &other) return *this;
  state_ = other.state_;
  wipe(other.state_.octets);
  return *this;
}
HmacSha256::~HmacSha256() { wipe(state_.octets); }

Sha256Digest HmacSha256::operator()(ByteView message) const {
  Sha256Digest out;
  if (message.size() < Sha256::kBlock - 8)
    run_short(pads_of<Sha256>(state_), message, out.data());
  else
    run(pads_of<Sha256>(state_), message, out.data());
  if (faults::broken(Tested::TokenHmac)) out[0] ^= 1;
  return out;
}

Hmac::Hmac(HashAlg hash, const Secret& key) : hash_(hash) {
  const auto octets = key.read(Pass::key());
  switch (hash) {
    case HashAlg::Sha256: prepare(pads_of<Sha256>(state_), octets); break;
    case HashAlg::Sha384: prepare(pads_of<Sha384>(state_), octets); break;
    case HashAlg::Sha512: prepare(pads_of<Sha512>(state_), octets); break;
  }
}

Hmac::~Hmac() { wipe(state_.octets); }

std::size_t Hmac::operator()(ByteView message, ByteSpan out) const {
  switch (hash_) {
    case HashAlg::Sha256: return run(pads_of<Sha256>(state_), message, out.data());
    case HashAlg::Sha384: return run(pads_of<Sha384>(state_), message, out.data());
    case HashAlg::Sha512: return run(pads_of<Sha512>(state_), message, out.data());
  }
  return 0;
}

std::array<std::uint8_t, 20> hmac_sha1(ByteView key, ByteView message) {
  std::array<std::uint8_t, 20> out{};
  unsigned size = 0;
  ::HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), message.data(), message.size(), out.data(), &size);
  return out;
}

}  // namespace jeton::crypto

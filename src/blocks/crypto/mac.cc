// HMAC is put together here from OpenSSL's SHA-2 because EVP_MAC costs five times the compressions for a short message
// (docs/decisions/0001). The low-level calls are deprecated, not removed: silence that here alone.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "blocks/crypto/mac.h"

#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>
#include <bit>
#include <cstring>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "blocks/crypto/hash.h"
#include "blocks/crypto/selftest/faults.h"
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

// HMAC-SHA-256 of a message that fits into one block with its padding (FIPS 180-4 §5.1.1), as every opaque token does: two
// compressions and no buffering. Blocks are put together and digests turned in whole vectors, because OpenSSL's compression reads
// sixteen octets at a time and would wait for whatever was written in smaller pieces.
constexpr std::size_t kShortest = 32, kLongest = Sha256::kBlock - 9;   // octets of message

using Vector [[gnu::vector_size(16)]] = std::uint8_t;

Vector load(const void* at) {
  Vector v;
  std::memcpy(&v, at, sizeof v);
  return v;
}

#if defined(__x86_64__)
#define JETON_SHUFFLES [[gnu::target("ssse3")]]
// Octets by their places; a place of 0x80 means zero.
JETON_SHUFFLES inline Vector shuffled(Vector v, Vector places) {
  return reinterpret_cast<Vector>(_mm_shuffle_epi8(reinterpret_cast<__m128i>(v), reinterpret_cast<__m128i>(places)));
}
const bool shuffles = __builtin_cpu_supports("ssse3") != 0;
#else
#define JETON_SHUFFLES
inline Vector shuffled(Vector v, Vector places) {
  for (int i = 0; i < 16; ++i) places[i] = (places[i] & 0x80) != 0 ? 0 : v[places[i]];
  return places;
}
constexpr bool shuffles = std::endian::native == std::endian::little;
#endif

// From octet 16 - n on: places that bring the last n octets to the front, zeros behind them.
constexpr auto kDown = [] {
  std::array<std::uint8_t, 32> places{};
  for (std::size_t i = 0; i < 32; ++i) places[i] = i < 16 ? static_cast<std::uint8_t>(i) : 0x80;
  return places;
}();
// From octet 24 - n on: the bit that ends a message of n octets.
constexpr auto kEnd = [] {
  std::array<std::uint8_t, 56> mark{};
  mark[24] = 0x80;
  return mark;
}();
constexpr Vector kBigEndian = {3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12};

struct Block {
  alignas(16) Vector part[4];
  explicit Block(std::size_t octets) {
    const std::uint64_t bits = (Sha256::kBlock + octets) * 8;   // under 2^16
    part[3] = Vector{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(bits >> 8), static_cast<std::uint8_t>(bits)};
  }
};

// The chaining value alone: the rest of a context is for buffering.
void compress(const SHA256_CTX& from, const Block& block, SHA256_CTX& into) {
  std::memcpy(into.h, from.h, sizeof into.h);
  SHA256_Transform(&into, reinterpret_cast<const std::uint8_t*>(block.part));
}

JETON_SHUFFLES void run_short(const Pads<Sha256>& pads, ByteView message, std::uint8_t* out) {
  const std::uint8_t* const text = message.data();
  const std::size_t size = message.size(), over = size - 32;   // 0 to 23
  Block inner(size);
  const Vector last = load(text + size - 16);
  inner.part[0] = load(text);
  inner.part[1] = load(text + 16);
  if (over <= 16) {
    inner.part[2] = shuffled(last, load(kDown.data() + 16 - over)) | load(kEnd.data() + 24 - over);
    inner.part[3] |= load(kEnd.data() + 40 - over);
  } else {
    inner.part[2] = load(text + 32);
    inner.part[3] |= shuffled(last, load(kDown.data() + 32 - over)) | load(kEnd.data() + 40 - over);
  }
  SHA256_CTX c;
  compress(pads.inner, inner, c);
  Block outer(Sha256::kSize);
  outer.part[0] = shuffled(load(c.h), kBigEndian);
  outer.part[1] = shuffled(load(c.h + 4), kBigEndian);
  outer.part[2] = load(kEnd.data() + 24);
  compress(pads.outer, outer, c);
  for (int i = 0; i < 2; ++i) {
    const Vector half = shuffled(load(c.h + 4 * i), kBigEndian);
    std::memcpy(out + 16 * i, &half, sizeof half);
  }
}

template <class Hash, class State>
auto& pads_of(State& state) {
  static_assert(sizeof(Pads<Hash>) <= sizeof state.octets);
  if constexpr (std::is_const_v<State>) return *reinterpret_cast<const Pads<Hash>*>(state.octets.data());
  else return *new (state.octets.data()) Pads<Hash>;
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
  if (shuffles && message.size() >= kShortest && message.size() <= kLongest) run_short(pads_of<Sha256>(state_), message, out.data());
  else run(pads_of<Sha256>(state_), message, out.data());
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

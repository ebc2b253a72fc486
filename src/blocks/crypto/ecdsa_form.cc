// ECDSA signatures in their two forms (RFC 7518 §3.4; RFC 3279 §2.2.3).
#include "blocks/crypto/ecdsa_form.h"

#include <cstring>

#include "blocks/crypto/key_body.h"

namespace jeton::crypto {
namespace {

template <std::size_t N>
constexpr std::array<std::uint8_t, N> hex(const char (&text)[2 * N + 1]) {
  std::array<std::uint8_t, N> out{};
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i < N; ++i) out[i] = static_cast<std::uint8_t>(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
  return out;
}

// The orders of the groups (SP 800-186 §3.2.1; SEC 2 §2.4.1).
constexpr auto kP256 = hex<32>("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
constexpr auto kP384 = hex<48>("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973");
constexpr auto kP521 = hex<66>(
    "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409");
constexpr auto kSecp256k1 = hex<32>("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");

ByteView order(Curve curve) {
  switch (curve) {
    case Curve::P256: return kP256;
    case Curve::P384: return kP384;
    case Curve::P521: return kP521;
    case Curve::Secp256k1: return kSecp256k1;
    default: return {};
  }
}

bool in_range(ByteView n, ByteView order) {
  bool zero = true;
  for (const auto octet : n) zero = zero && octet == 0;
  return !zero && std::memcmp(n.data(), order.data(), n.size()) < 0;
}

// An INTEGER: shortest form, a zero in front where the top bit would mean a sign.
std::uint8_t* put_integer(std::uint8_t* at, ByteView n) {
  while (n.size() > 1 && n[0] == 0) n = n.subspan(1);
  const bool pad = n[0] >= 0x80;
  *at++ = 2;
  *at++ = static_cast<std::uint8_t>(n.size() + pad);
  if (pad) *at++ = 0;
  std::memcpy(at, n.data(), n.size());
  return at + n.size();
}

}  // namespace

std::size_t to_der(Curve curve, ByteView raw, ByteSpan der) {
  const auto n = order(curve);
  if (raw.size() != 2 * n.size()) return 0;
  const auto r = raw.first(n.size()), s = raw.last(n.size());
  if (!in_range(r, n) || !in_range(s, n)) return 0;
  std::uint8_t body[2 * (66 + 3)];
  const std::uint8_t* end = put_integer(put_integer(body, r), s);
  const auto size = static_cast<std::size_t>(end - body);
  std::uint8_t* at = der.data();
  *at++ = 0x30;
  if (size >= 0x80) *at++ = 0x81;
  *at++ = static_cast<std::uint8_t>(size);
  std::memcpy(at, body, size);
  return static_cast<std::size_t>(at - der.data()) + size;
}

bool to_raw(ByteView der, ByteSpan raw) {
  std::memset(raw.data(), 0, raw.size());
  // DER has one spelling: the short length where it fits, integers in their shortest form, nothing after the end.
  const bool longer = der.size() > 2 && der[1] == 0x81;
  std::size_t at = longer ? 3 : 2;
  if (der.size() < 8 || der[0] != 0x30 || (longer ? der[2] < 0x80 || der[2] != der.size() - 3 : der[1] != der.size() - 2)) return false;
  for (const auto half : {raw.first(raw.size() / 2), raw.last(raw.size() / 2)}) {
    if (at + 3 > der.size() || der[at] != 2) return false;
    std::size_t length = der[at + 1];
    const std::uint8_t* from = der.data() + at + 2;
    at += 2 + length;
    if (length == 0 || length >= 0x80 || at > der.size() || from[0] >= 0x80) return false;
    if (from[0] == 0 && (length == 1 || from[1] < 0x80)) return false;
    if (from[0] == 0) ++from, --length;
    if (length > half.size()) return false;
    std::memcpy(half.data() + (half.size() - length), from, length);
  }
  return at == der.size();
}

Result<Bytes> raw_signature(SignAlg alg, ByteView der) {
  Bytes raw(2 * order(info(alg).curve).size());
  if (raw.empty() || !to_raw(der, raw)) return refuse(Refusal::BadSignature);
  return raw;
}

}  // namespace jeton::crypto

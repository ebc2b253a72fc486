#include "blocks/crypto/soundness.h"

#include <openssl/bn.h>

#include "blocks/crypto/openssl.h"
#include "ground/secret_pass.h"

namespace jeton::crypto {
namespace {

using BnPtr = std::unique_ptr<BIGNUM, Freed<BN_clear_free>>;
using BnCtxPtr = std::unique_ptr<BN_CTX, Freed<BN_CTX_free>>;

constexpr auto weak(std::string_view what) { return refuse(Refusal::WeakKey, what); }
constexpr int kFermatSteps = 64;

BnPtr number(ByteView octets) { return BnPtr(BN_bin2bn(octets.data(), int(octets.size()), nullptr)); }

bool is_prime(const BIGNUM* n) {
  const BnCtxPtr scratch(BN_CTX_new());
  return scratch && BN_check_prime(n, scratch.get(), nullptr) == 1;
}

// The largest number whose square is not above n, by Newton's steps from above.
BnPtr square_root(const BIGNUM* n, BN_CTX* scratch) {
  BnPtr x(BN_new()), y(BN_new());
  BN_one(x.get());
  BN_lshift(x.get(), x.get(), (BN_num_bits(n) + 1) / 2);
  for (;;) {
    BN_div(y.get(), nullptr, n, x.get(), scratch);
    BN_add(y.get(), y.get(), x.get());
    BN_rshift1(y.get(), y.get());
    if (BN_cmp(y.get(), x.get()) >= 0) return x;
    std::swap(x, y);
  }
}

// Fermat: n = a*a - b*b with a near the square root, where both factors are near it.
bool factors_are_close(const BIGNUM* n) {
  const BnCtxPtr scratch(BN_CTX_new());
  const BnPtr a = square_root(n, scratch.get()), b2(BN_new()), square(BN_new());
  BN_sqr(square.get(), a.get(), scratch.get());
  if (BN_cmp(square.get(), n) == 0) return true;
  for (int step = 0; step < kFermatSteps; ++step) {
    BN_add_word(a.get(), 1);
    BN_sqr(b2.get(), a.get(), scratch.get());
    BN_sub(b2.get(), b2.get(), n);
    const BnPtr b = square_root(b2.get(), scratch.get());
    BN_sqr(square.get(), b.get(), scratch.get());
    if (BN_cmp(square.get(), b2.get()) == 0) return true;
  }
  return false;
}

bool has_small_factor(const BIGNUM* n) {
  for (BN_ULONG p = 3; p < 2000; p += 2)
    if (BN_mod_word(n, p) == 0) return true;
  return false;
}

}  // namespace

bool is_prime(ByteView octets) {
  const BnPtr n = number(octets);
  return n && !BN_is_zero(n.get()) && is_prime(n.get());
}

bool has_roca_mark(ByteView modulus) {
  constexpr unsigned kPrimes[] = {3,  5,  7,  11, 13, 17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
                                  73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
  const BnPtr n = number(modulus);
  // Such a modulus is a power of 65537 modulo every one of them; another is so for all of them once in 2^27 keys.
  for (const unsigned p : kPrimes) {
    const auto residue = static_cast<unsigned>(BN_mod_word(n.get(), p));
    unsigned power = 1;
    bool found = residue == 1;
    for (unsigned i = 1; i < p && !found; ++i) {
      power = power * (65537 % p) % p;
      found = power == residue;
    }
    if (!found) return false;
  }
  return true;
}

Status check_rsa_numbers(const PublicParts& pub, const PrivateParts* priv) {
  const BnPtr n = number(pub.n);
  if (has_small_factor(n.get())) return weak("the RSA modulus has a small factor");
  if (factors_are_close(n.get())) return weak("the RSA modulus has factors that are too close");
  if (priv == nullptr) {
    if (is_prime(n.get())) return weak("the RSA modulus is a prime");
    return {};
  }
  const BnPtr p = number(priv->p.read(Pass::key())), q = number(priv->q.read(Pass::key()));
  if (BN_num_bits(p.get()) != BN_num_bits(q.get())) return weak("the RSA factors are not of one size");
  if (!is_prime(p.get()) || !is_prime(q.get())) return weak("an RSA factor is not a prime");
  return {};
}

}  // namespace jeton::crypto

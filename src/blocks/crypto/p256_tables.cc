// The calls that hold a group's multiples are deprecated in OpenSSL 3.0, not removed: silence that here alone.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "blocks/crypto/p256_tables.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include <atomic>

namespace jeton::crypto {
namespace {

using GroupPtr = std::unique_ptr<EC_GROUP, Freed<EC_GROUP_free>>;
using PointPtr = std::unique_ptr<EC_POINT, Freed<EC_POINT_free>>;
using BnPtr = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using BnCtxPtr = std::unique_ptr<BN_CTX, Freed<BN_CTX_free>>;

std::atomic<int> alive{0};

// What one verification writes in, kept per thread: making it costs more than a multiplication.
struct Scratch {
  BnCtxPtr context{BN_CTX_new()};
  BnPtr r{BN_new()}, s{BN_new()}, e{BN_new()}, x{BN_new()};
  PointPtr by_base, by_key;
  explicit Scratch(const EC_GROUP* group) : by_base(EC_POINT_new(group)), by_key(EC_POINT_new(group)) {}
  bool good() const { return context && r && s && e && x && by_base && by_key; }
};

}  // namespace

struct P256Tables::Groups {
  GroupPtr base, keyed;   // with G, and with the public key in its place
};

P256Tables::P256Tables(std::unique_ptr<Groups> groups) : groups_(std::move(groups)) {}
P256Tables::~P256Tables() { alive.fetch_sub(1); }

std::unique_ptr<const P256Tables> P256Tables::of(ByteView x, ByteView y) {
  if (alive.fetch_add(1) >= kMost) {
    alive.fetch_sub(1);
    return nullptr;
  }
  // From here on its destructor counts it out.
  std::unique_ptr<P256Tables> tables(new P256Tables(std::make_unique<Groups>()));
  auto& [base, keyed] = *tables->groups_;
  const BnCtxPtr scratch(BN_CTX_new());
  base.reset(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  keyed.reset(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  if (!scratch || !base || !keyed) return nullptr;
  const PointPtr point(EC_POINT_new(base.get()));
  const BnPtr px(BN_bin2bn(x.data(), int(x.size()), nullptr)), py(BN_bin2bn(y.data(), int(y.size()), nullptr));
  const bool made = point && px && py && EC_POINT_set_affine_coordinates(base.get(), point.get(), px.get(), py.get(), scratch.get()) == 1 &&
                    EC_GROUP_set_generator(keyed.get(), point.get(), EC_GROUP_get0_order(base.get()), BN_value_one()) == 1 &&
                    EC_GROUP_precompute_mult(keyed.get(), scratch.get()) == 1;
  ERR_clear_error();
  if (!made) return nullptr;
  return tables;
}

bool P256Tables::verify(ByteView digest, ByteView signature) const {
  const EC_GROUP* const base = groups_->base.get();
  const BIGNUM* const n = EC_GROUP_get0_order(base);
  thread_local const Scratch at(base);
  if (!at.good()) return false;
  BIGNUM *const r = at.r.get(), *const s = at.s.get(), *const e = at.e.get(), *const x = at.x.get();
  BN_CTX* const context = at.context.get();
  BN_bin2bn(signature.data(), 32, r);
  BN_bin2bn(signature.data() + 32, 32, s);
  BN_bin2bn(digest.data(), 32, e);
  // u1 = e/s and u2 = r/s; the point u1*G + u2*Q has r as its x coordinate, modulo n.
  const bool done = BN_mod_inverse(s, s, n, context) != nullptr && BN_mod_mul(e, e, s, n, context) == 1 &&
                    BN_mod_mul(s, r, s, n, context) == 1 && EC_POINT_mul(base, at.by_base.get(), e, nullptr, nullptr, context) == 1 &&
                    EC_POINT_mul(groups_->keyed.get(), at.by_key.get(), s, nullptr, nullptr, context) == 1 &&
                    EC_POINT_add(base, at.by_base.get(), at.by_base.get(), at.by_key.get(), context) == 1 &&
                    EC_POINT_is_at_infinity(base, at.by_base.get()) == 0 &&
                    EC_POINT_get_affine_coordinates(base, at.by_base.get(), x, nullptr, context) == 1 && BN_nnmod(x, x, n, context) == 1;
  return done && BN_cmp(x, r) == 0;
}

}  // namespace jeton::crypto

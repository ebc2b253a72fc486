#include "blocks/crypto/argon2id.h"

#include <sodium.h>

#include "blocks/crypto/service.h"
#include "ground/secret_pass.h"

namespace jeton::crypto {

static_assert(kArgon2Salt == crypto_pwhash_argon2id_SALTBYTES);

Result<Secret> argon2id(const Secret& passphrase, ByteView salt, const Argon2Cost& cost, std::size_t size) {
  TRY_VOID(needs(Tested::Argon2id));
  if (salt.size() != kArgon2Salt || size < 16 || size > 64) return refuse(Refusal::Invalid, "a salt has 16 octets, a key 16 to 64");
  if (cost.passes < 1 || cost.passes > 64 || cost.kib < 8 || cost.kib > (1u << 20))
    return refuse(Refusal::Invalid, "the cost is 1 to 64 passes over 8 KiB to 1 GiB");
  if (sodium_init() < 0) return fault(Fault::Crypto);
  Secret key(size);
  const auto out = key.write(Pass::key());
  const auto octets = passphrase.read(Pass::key());
  // An empty passphrase has no octets to point to.
  const std::string_view text = octets.empty() ? std::string_view("") : as_text(octets);
  if (crypto_pwhash_argon2id(out.data(), out.size(), text.data(), text.size(), salt.data(), cost.passes, std::size_t(cost.kib) * 1024,
                             crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
    return fault(Fault::Crypto, "not enough memory for Argon2id");
  return key;
}

}  // namespace jeton::crypto

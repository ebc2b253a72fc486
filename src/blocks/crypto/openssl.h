// OpenSSL's objects with owners, and its algorithms fetched once for the whole process.
#pragma once

#include <openssl/evp.h>

#include <memory>

#include "blocks/crypto/algorithm.h"
#include "ground/bytes.h"

namespace jeton::crypto {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using PkeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using PkeyCtxPtr = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using MdCtxPtr = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using CipherCtxPtr = std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>>;

// What every hot path needs, fetched at first use: an implicit fetch per call costs a lock and more than the hash itself.
const EVP_MD* fetched(HashAlg alg);
// AES in a mode by its OpenSSL name, "AES-256-GCM"; null where this OpenSSL has none.
const EVP_CIPHER* fetched_cipher(const char* name);

}  // namespace jeton::crypto

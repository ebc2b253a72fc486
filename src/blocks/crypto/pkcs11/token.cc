#include "blocks/crypto/pkcs11/token.h"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "blocks/crypto/external_key.h"
#include "blocks/crypto/hash.h"
#include "blocks/crypto/pkcs11/module.h"
#include "ground/hurry.h"
#include "ground/secret_pass.h"

namespace jeton::crypto::pkcs11 {
namespace {

CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, const void* value, std::size_t size) {
  return {type, const_cast<void*>(value), static_cast<CK_ULONG>(size)};
}

struct Search {
  CK_OBJECT_CLASS object_class;
  std::vector<CK_ATTRIBUTE> attributes;
};

}  // namespace

struct TokenKey::Body {
  CK_FUNCTION_LIST* module = nullptr;
  Uri uri;
  Class key_class = Class::Secret;
  jeton::Secret pin;
  mutable std::mutex mutex;
  mutable CK_SESSION_HANDLE session = 0;
  mutable CK_OBJECT_HANDLE key = 0;
  mutable bool live = false;

  ~Body() {
    if (live) module->C_CloseSession(session);
  }

  Status connect() const {
    TRY(const auto slot, find_token(module, uri));
    if (live) module->C_CloseSession(session);
    live = false;
    auto rv = module->C_OpenSession(slot, CKF_SERIAL_SESSION, nullptr, nullptr, &session);
    if (rv != CKR_OK) return failure(rv);
    live = true;
    const auto octets = pin.read(Pass::key());
    rv = module->C_Login(session, CKU_USER, const_cast<unsigned char*>(octets.data()), octets.size());
    if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN) return failure(rv);
    TRY(key, find(key_class == Class::Secret ? CKO_SECRET_KEY : CKO_PRIVATE_KEY));
    return {};
  }

  Result<CK_OBJECT_HANDLE> find(CK_OBJECT_CLASS object_class) const {
    std::vector<CK_ATTRIBUTE> wanted{attribute(CKA_CLASS, &object_class, sizeof object_class)};
    if (!uri.object.empty()) wanted.push_back(attribute(CKA_LABEL, uri.object.data(), uri.object.size()));
    if (!uri.id.empty()) wanted.push_back(attribute(CKA_ID, uri.id.data(), uri.id.size()));
    auto rv = module->C_FindObjectsInit(session, wanted.data(), wanted.size());
    if (rv != CKR_OK) return failure(rv);
    CK_OBJECT_HANDLE found[2] = {};
    CK_ULONG count = 0;
    rv = module->C_FindObjects(session, found, 2, &count);
    module->C_FindObjectsFinal(session);
    if (rv != CKR_OK) return failure(rv);
    if (count == 0) return fault(Fault::Config, "the PKCS#11 token has no key of that name: check object= and id=, and the key's class");
    if (count > 1) return fault(Fault::Config, "the PKCS#11 token has two keys of that name: add id= to tell them apart");
    return found[0];
  }

  // Calls once, and once more on a new session where the old one is gone.
  template <class Call>
  Status once_more(Call&& call) const {
    const std::lock_guard lock(mutex);
    CK_RV rv = call();
    if (session_lost(rv)) {
      TRY_VOID(connect());
      rv = call();
    }
    if (rv != CKR_OK) return failure(rv);
    return {};
  }

  Result<Bytes> value(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const {
    CK_ATTRIBUTE a{type, nullptr, 0};
    auto rv = module->C_GetAttributeValue(session, object, &a, 1);
    if (rv != CKR_OK || a.ulValueLen == CK_UNAVAILABLE_INFORMATION)
      return fault(Fault::Config, "the PKCS#11 token keeps no public key beside the private one");
    Bytes out(a.ulValueLen);
    a.pValue = out.data();
    rv = module->C_GetAttributeValue(session, object, &a, 1);
    if (rv != CKR_OK) return failure(rv);
    return out;
  }
};

TokenKey::TokenKey(std::unique_ptr<Body> body) : body_(std::move(body)) {}
TokenKey::~TokenKey() = default;

Result<std::shared_ptr<const TokenKey>> TokenKey::open(const Uri& uri, Class key_class, jeton::Secret pin) {
  auto body = std::make_unique<Body>();
  body->uri = uri;
  body->key_class = key_class;
  body->pin = std::move(pin);
  TRY(body->module, load_module(uri.module_path));
  TRY_VOID(body->connect());
  return std::shared_ptr<const TokenKey>(new TokenKey(std::move(body)));
}

namespace {
constexpr std::size_t kNonce = 12, kTag = 16;

CK_GCM_PARAMS gcm(const std::uint8_t* nonce, ByteView associated) {
  CK_GCM_PARAMS p{};
  p.pIv = const_cast<unsigned char*>(nonce);
  p.ulIvLen = kNonce;
  p.ulIvBits = kNonce * 8;
  p.pAAD = const_cast<unsigned char*>(associated.data());
  p.ulAADLen = associated.size();
  p.ulTagBits = kTag * 8;
  return p;
}
}  // namespace

Result<Bytes> TokenKey::seal(ByteView associated, ByteView plain, Entropy& entropy) const {
  Bytes out(kNonce + plain.size() + kTag);
  TRY_VOID(entropy.fill(ByteSpan(out).first(kNonce)));
  auto parameters = gcm(out.data(), associated);
  CK_MECHANISM mechanism{CKM_AES_GCM, &parameters, sizeof parameters};
  CK_ULONG size = plain.size() + kTag;
  TRY_VOID(body_->once_more([&] {
    const auto rv = body_->module->C_EncryptInit(body_->session, &mechanism, body_->key);
    if (rv != CKR_OK) return rv;
    return body_->module->C_Encrypt(body_->session, const_cast<unsigned char*>(plain.data()), plain.size(), out.data() + kNonce, &size);
  }));
  if (size != plain.size() + kTag) return fault(Fault::Crypto, "the PKCS#11 token failed");
  return out;
}

Result<jeton::Secret> TokenKey::open_sealed(ByteView associated, ByteView sealed) const {
  if (sealed.size() < kNonce + kTag) return refuse(Refusal::BadSignature, "too short to be sealed");
  auto parameters = gcm(sealed.data(), associated);
  CK_MECHANISM mechanism{CKM_AES_GCM, &parameters, sizeof parameters};
  const auto body = sealed.subspan(kNonce);
  // Room for the tag too: some modules want it.
  jeton::Secret plain(body.size());
  CK_ULONG size = plain.size();
  CK_RV last = CKR_OK;
  auto done = body_->once_more([&] {
    auto rv = body_->module->C_DecryptInit(body_->session, &mechanism, body_->key);
    if (rv == CKR_OK)
      rv = body_->module->C_Decrypt(body_->session, const_cast<unsigned char*>(body.data()), body.size(), plain.write(Pass::key()).data(),
                                    &size);
    return last = rv;
  });
  // Modules have several words for a tag that does not fit.
  if (!done && (last == CKR_GENERAL_ERROR || last == CKR_FUNCTION_FAILED))
    return refuse(Refusal::BadSignature, "sealed by another key, or damaged");
  TRY_VOID(done);
  return jeton::Secret::copy_of(plain.read(Pass::key()).first(size));
}

Result<Bytes> TokenKey::block(ByteView sixteen) const {
  Bytes out(16);
  CK_MECHANISM mechanism{CKM_AES_ECB, nullptr, 0};
  CK_ULONG size = out.size();
  TRY_VOID(body_->once_more([&] {
    const auto rv = body_->module->C_EncryptInit(body_->session, &mechanism, body_->key);
    if (rv != CKR_OK) return rv;
    return body_->module->C_Encrypt(body_->session, const_cast<unsigned char*>(sixteen.data()), sixteen.size(), out.data(), &size);
  }));
  return out;
}

namespace {

CK_MECHANISM_TYPE hash_mechanism(HashAlg alg) {
  return alg == HashAlg::Sha256 ? CKM_SHA256 : alg == HashAlg::Sha384 ? CKM_SHA384 : CKM_SHA512;
}
CK_ULONG mask(HashAlg alg) { return alg == HashAlg::Sha256 ? CKG_MGF1_SHA256 : alg == HashAlg::Sha384 ? CKG_MGF1_SHA384 : CKG_MGF1_SHA512; }

// DigestInfo heads of RFC 8017 §9.2, note 1.
Bytes digest_info(HashAlg alg, ByteView digest) {
  const std::uint8_t last = alg == HashAlg::Sha256 ? 1 : alg == HashAlg::Sha384 ? 2 : 3;
  const auto n = static_cast<std::uint8_t>(digest.size());
  Bytes out{0x30, static_cast<std::uint8_t>(17 + n),
            0x30, 0x0d,
            0x06, 0x09,
            0x60, 0x86,
            0x48, 0x01,
            0x65, 0x03,
            0x04, 0x02,
            last, 0x05,
            0x00, 0x04,
            n};
  out.insert(out.end(), digest.begin(), digest.end());
  return out;
}

}  // namespace

Status TokenKey::sign(SignAlg alg, ByteView message, ByteSpan signature) const {
  TRY_VOID(Hurry::may_wait());
  const auto& a = info(alg);
  std::uint8_t digest[64];
  const auto digest_size = hash_into(a.hash, message, digest);
  Bytes input(digest, digest + digest_size);
  CK_RSA_PKCS_PSS_PARAMS pss{hash_mechanism(a.hash), mask(a.hash), static_cast<CK_ULONG>(digest_size)};
  CK_MECHANISM mechanism{CKM_ECDSA, nullptr, 0};
  if (a.key_type == KeyType::Rsa && a.pss) {
    mechanism = {CKM_RSA_PKCS_PSS, &pss, sizeof pss};
  } else if (a.key_type == KeyType::Rsa) {
    mechanism.mechanism = CKM_RSA_PKCS;
    input = digest_info(a.hash, input);
  } else if (a.key_type != KeyType::Ec) {
    return fault(Fault::Config, "keys in a PKCS#11 token sign with ES256, ES384, ES512, RS and PS algorithms");
  }
  CK_ULONG size = signature.size();
  TRY_VOID(body_->once_more([&] {
    const auto rv = body_->module->C_SignInit(body_->session, &mechanism, body_->key);
    if (rv != CKR_OK) return rv;
    return body_->module->C_Sign(body_->session, input.data(), input.size(), signature.data(), &size);
  }));
  if (size != signature.size()) return fault(Fault::Crypto, "the PKCS#11 token failed");
  return {};
}

Result<PublicParts> TokenKey::public_parts() const {
  const std::lock_guard lock(body_->mutex);
  TRY(const auto type_octets, body_->value(body_->key, CKA_KEY_TYPE));
  CK_KEY_TYPE type = 0;
  if (type_octets.size() != sizeof type) return fault(Fault::Crypto, "the PKCS#11 token failed");
  std::memcpy(&type, type_octets.data(), sizeof type);
  PublicParts parts;
  if (type == CKK_RSA) {
    parts.type = KeyType::Rsa;
    TRY(parts.n, body_->value(body_->key, CKA_MODULUS));
    TRY(parts.e, body_->value(body_->key, CKA_PUBLIC_EXPONENT));
    for (auto* n : {&parts.n, &parts.e}) n->erase(n->begin(), std::find_if(n->begin(), n->end(), [](auto octet) { return octet != 0; }));
    return parts;
  }
  if (type != CKK_EC) return fault(Fault::Config, "the key in the PKCS#11 token is neither EC nor RSA");
  TRY(const auto public_key, body_->find(CKO_PUBLIC_KEY));
  TRY(auto point, body_->value(public_key, CKA_EC_POINT));
  // An OCTET STRING around the point (PKCS#11 §6.3.3): tag, length (one or two octets), 4, x, y.
  const std::size_t head = point.size() > 2 && point[1] == 0x81 ? 3 : 2;
  if (point.size() < head + 1 || point[0] != 4 || point[head] != 4)
    return fault(Fault::Config, "the EC point in the PKCS#11 token is not an uncompressed one");
  const ByteView coordinates = ByteView(point).subspan(head + 1);
  parts.type = KeyType::Ec;
  parts.curve = coordinates.size() == 64    ? Curve::P256
                : coordinates.size() == 96  ? Curve::P384
                : coordinates.size() == 132 ? Curve::P521
                                            : Curve::None;
  parts.x.assign(coordinates.begin(), coordinates.begin() + std::ptrdiff_t(coordinates.size() / 2));
  parts.y.assign(coordinates.begin() + std::ptrdiff_t(coordinates.size() / 2), coordinates.end());
  return parts;
}

Result<SignKey> TokenKey::signing_key(std::shared_ptr<const TokenKey> key, SignAlg alg) {
  TRY(const auto parts, key->public_parts());
  return sign_key_elsewhere(alg, parts,
                            [key](SignAlg by, ByteView message, ByteSpan signature) { return key->sign(by, message, signature); });
}

}  // namespace jeton::crypto::pkcs11

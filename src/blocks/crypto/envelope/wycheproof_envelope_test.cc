// Encryption, key wrap and key agreement, by the vectors of Wycheproof.
#include "blocks/crypto/envelope/agreement.h"
#include "blocks/crypto/envelope/content.h"
#include "blocks/crypto/envelope/oaep.h"
#include "blocks/crypto/envelope/wrap.h"
#include "blocks/crypto/wycheproof.h"
#include "ground/base64url.h"

namespace jeton::crypto {
namespace {

using vectors::hex_at;
using wycheproof::Answer;
using wycheproof::answer;

std::int64_t number(const json::Value& v, std::string_view name) { return v.find(name)->integer().value_or(0); }

bool opens(ContentAlg alg, const json::Value& test) {
  const auto plain =
      open_content(alg, Secret(hex_at(test, "key")), hex_at(test, "iv"), hex_at(test, "aad"), hex_at(test, "ct"), hex_at(test, "tag"));
  return plain && plain->equal(hex_at(test, "msg"));
}

TEST(Wycheproof, CbcHmac) {
  const auto judge = [](ContentAlg alg) { return [alg](const auto&, const auto& test) { return answer(opens(alg, test)); }; };
  wycheproof::run_all({"a128cbc_hs256"}, judge(ContentAlg::A128CbcHs256));
  wycheproof::run_all({"a192cbc_hs384"}, judge(ContentAlg::A192CbcHs384));
  wycheproof::run_all({"a256cbc_hs512"}, judge(ContentAlg::A256CbcHs512));
}

TEST(Wycheproof, AesGcm) {
  wycheproof::run_all({"aes_gcm"}, [](const auto& group, const auto& test) {
    const auto bits = number(group, "keySize");
    const auto alg = bits == 128 ? ContentAlg::A128Gcm : bits == 192 ? ContentAlg::A192Gcm : ContentAlg::A256Gcm;
    const bool accepted = opens(alg, test);
    // JOSE has nonces of 96 bits and tags of 128 alone: others must be refused, valid or not.
    if (number(group, "ivSize") != 96 || number(group, "tagSize") != 128) {
      EXPECT_FALSE(accepted);
      return Answer::NotOffered;
    }
    return answer(accepted);
  });
}

TEST(Wycheproof, AesKeyWrap) {
  wycheproof::run_all({"aes_wrap"}, [](const auto&, const auto& test) {
    const auto key = unwrap_key(Secret(hex_at(test, "key")), hex_at(test, "ct"));
    return answer(key && key->equal(hex_at(test, "msg")));
  });
}

TEST(Wycheproof, RsaOaep) {
  wycheproof::run_all(
      {"rsa_oaep_2048_sha1_mgf1sha1", "rsa_oaep_2048_sha256_mgf1sha256", "rsa_oaep_3072_sha256_mgf1sha256",
       "rsa_oaep_4096_sha256_mgf1sha256"},
      [](const auto& group, const auto& test) {
        const auto& k = *group.find("privateKeyJwk");
        const auto part = [&](std::string_view name) { return base64url::decode(*k.string_at(name)).value_or(Bytes()); };
        PublicParts pub;
        pub.type = KeyType::Rsa;
        pub.n = part("n");
        pub.e = part("e");
        PrivateParts priv;
        for (const auto& [name, to] :
             {std::pair{"d", &priv.d}, {"p", &priv.p}, {"q", &priv.q}, {"dp", &priv.dp}, {"dq", &priv.dq}, {"qi", &priv.qi}})
          *to = Secret(part(name));
        const auto key = UnwrapKey::from_parts(pub, priv);
        const auto hash = group.string_at("sha") == "SHA-1" ? OaepHash::Sha1 : OaepHash::Sha256;
        const auto message = hex_at(test, "msg");
        if (!key) return Answer::Refused;
                        // An empty key is no key: the random one in its place would be the same.
        if (message.empty()) return Answer::NotOffered;
        const auto opens = [&](Bytes label) {
          const auto plain = key->unwrap({.digest = hash, .mask = hash, .label = std::move(label)}, hex_at(test, "ct"), message.size());
          return plain && plain->equal(message);
        };
                        // JOSE has no label: what was encrypted with one does not decrypt.
        if (test.string_at("label") != "") { EXPECT_FALSE(opens({})); }
        return answer(opens(hex_at(test, "label")));
      });
}

struct Parts {
  PublicParts pub;
  PrivateParts priv;
  bool good = false;
};

// A JWK as these files have them; jwk_test is where JWKs are held to their rules.
Parts parts_of(const json::Value& jwk) {
  Parts p;
  const auto octets = [&](std::string_view name) {
    const auto text = jwk.string_at(name);
    return text ? base64url::decode(*text) : std::optional<Bytes>();
  };
  const auto crv = jwk.string_at("crv").value_or("");
  p.pub.curve = crv == "P-256"    ? Curve::P256
                : crv == "P-384"  ? Curve::P384
                : crv == "P-521"  ? Curve::P521
                : crv == "X25519" ? Curve::X25519
                                  : Curve::None;
  p.pub.type = jwk.string_at("kty") == "OKP" ? KeyType::Okp : KeyType::Ec;
  p.pub.x = octets("x").value_or(Bytes());
  p.pub.y = octets("y").value_or(Bytes());
  p.priv.d = Secret(octets("d").value_or(Bytes()));
  p.good = p.pub.curve != Curve::None && (jwk.find("x") == nullptr || octets("x")) && (jwk.find("y") == nullptr || octets("y"));
  return p;
}

TEST(Wycheproof, Ecdh) {
  wycheproof::run_all({"ecdh_secp256r1_webcrypto", "ecdh_secp384r1_webcrypto", "ecdh_secp521r1_webcrypto", "x25519_jwk"},
                      [](const auto&, const auto& test) {
                        const auto peer = parts_of(*test.find("public"));
                        const auto own = parts_of(*test.find("private"));
                        if (!peer.good || !own.good) return Answer::Refused;
                        const auto key = AgreeKey::from_parts(own.pub, own.priv);
                        if (!key) return Answer::Refused;
                        const auto shared = key->agree(peer.pub);
                        return answer(shared && shared->equal(hex_at(test, "shared")));
                      });
}

TEST(Wycheproof, Pbkdf2) {
  wycheproof::run_all({"pbkdf2_hmacsha256"}, [](const auto&, const auto& test) {
    const auto out = pbkdf2(HashAlg::Sha256, Secret(hex_at(test, "password")), hex_at(test, "salt"),
                            static_cast<std::uint32_t>(number(test, "iterationCount")), static_cast<std::size_t>(number(test, "dkLen")));
    return answer(out && out->equal(hex_at(test, "dk")));
  });
}

}  // namespace
}  // namespace jeton::crypto

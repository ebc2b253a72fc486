#include "formats/webauthn/ceremony.h"

#include <gtest/gtest.h>

#include "blocks/crypto/hash.h"
#include "blocks/crypto/random.h"
#include "ground/base64url.h"

namespace jeton::webauthn {
namespace {

Bytes hex(std::string_view text) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return out;
}

// WebAuthn Level 3, "Test Vectors". Their authenticators verified nobody, and are attested where the name says so.
struct Example {
  std::string_view name, challenge, client_data, object, then_challenge, then_data, then_client_data, signature;
};
constexpr Example kExamples[] = {
    {"ES256 Credential with No Attestation", "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130",
     "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e636471343137"
     "59447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c226372"
     "6f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465"
     "642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20426b516544"
     "6a646354427258426941774a544c453551227d",
     "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452"
     "b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5"
     "010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf87"
     "9717c12cc68ed73290af2e2664796b9220",
     "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408",
     "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000",
     "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a55585430493937"
     "70767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f7373"
     "4f726967696e223a66616c73657d",
     "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e4"
     "86013f937295ea13653e331e87"},
    {"Packed Attestation with Ed25519 Credential", "a8abf9dabdc6b0df63466b39bda9e8a34a34e185337a59f1c579990676d3b3bd",
     "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22714b763532723347734e396a526d733576616e6f"
     "6f306f303459557a656c6e7878586d5a426e6254733730222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c226372"
     "6f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465"
     "642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20425f445435"
     "67375a445f2d394f544c59583549764551227d",
     "a363666d74667061636b65646761747453746d74a363616c67266373696758483046022100d83f60bd80269537583218858aefb03ac57d45fa06e4"
     "2feaae332d187f62da9f022100a02bd3cb6f7e1d283c93bad1f3f4b5a4c0494463da7fdbf256949116754d1f176378356381590227308202233082"
     "01c8a003020102021100b2cfc9ea33c8643b0e1a760463eaf164300a06082a8648ce3d0403023062311e301c06035504030c15576562417574686e"
     "207465737420766563746f7273310c300a060355040a0c0357334331253023060355040b0c1c41757468656e74696361746f722041747465737461"
     "74696f6e204341310b30090603550406130241413020170d3234303130313030303030305a180f33303234303130313030303030305a305f311e30"
     "1c06035504030c15576562417574686e207465737420766563746f7273310c300a060355040a0c0357334331223020060355040b0c194175746865"
     "6e74696361746f72204174746573746174696f6e310b30090603550406130241413059301306072a8648ce3d020106082a8648ce3d030107034200"
     "04dd2b7a564b73b8c0b81c4c62e521925c4d1198ec9f583dbf1eebe364b65cd9c29a9bdf346aaa81fb6b9507e5249a52fdaf8e39e26b0b7dc45992"
     "a7e233b70f70a360305e300c0603551d130101ff04023000300e0603551d0f0101ff040403020780301d0603551d0e041604140ae27546bc7eccb1"
     "b4b597bd354f0c0b1f1f8f8e301f0603551d2304183016801445aff715b0dd786741fee996ebc16547a3931b1e300a06082a8648ce3d0403020349"
     "003046022100a0d434ecb5fc3bfd7da5f41904517ad2836249f561bd834ba7a438a8ab7a4ce8022100fac845bb7a02513b58e9f319654dbe49b0f0"
     "2b95835bac568c71f8a18cdde9ab6861757468446174615881bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b54100"
     "000000d5aa33581e8ca478e20fe713f5d32ff20020ce9f840ed96599580cd140fbc7bb3230633f50f61041aff73308ae71caa8a2bda40101032720"
     "0621582044e06ddd331c36a8dc667bab52bcae63486c916aa5e339e6acebaa84934bf832",
     "895957e01c633a698348a2d8a31a54b7db27e8c1c43b2080d79ae2190267bfd2",
     "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50100000000",
     "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a2269566c583442786a4f6d6d44534b4c596f787055743973"
     "6e364d48454f7943413135726947514a6e763949222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f7373"
     "4f726967696e223a66616c73657d",
     "f5c59c7e46c34f6f8cc197101ddf9934fa2595f68eb1913a637e8419eb9ba4cfdfc48f85393bc0d40b011f0d6fecb097d6607525713223a0dc0d45"
     "3993dae00b"}};

std::string base64(std::string_view hexed) { return base64url::encode(hex(hexed)); }
Expected at_example(const std::string& challenge, UserVerification verification = UserVerification::Discouraged) {
  return {.challenge = challenge, .origin = "https://example.org", .rp_id = "example.org", .verification = verification};
}

TEST(Ceremony, FitsTheSpecificationsExamples) {
  for (const auto& e : kExamples) {
    const auto data = hex(e.client_data), object = hex(e.object);
    const auto challenge = base64(e.challenge);
    const auto made = read_registration({data, object}, at_example(challenge));
    ASSERT_TRUE(made) << e.name << made.error().detail();
    const auto used = hex(e.then_client_data), said = hex(e.then_data);
    auto signature = hex(e.signature);
    const auto then = base64(e.then_challenge);
    EXPECT_TRUE(verify_assertion({used, said, signature}, made->key, at_example(then))) << e.name;
    // Nobody was verified.
    EXPECT_TRUE(read_registration({data, object}, at_example(challenge, UserVerification::Required)).error().is(Refusal::Denied) ||
                (said[32] & 4) != 0);
    for (auto& octet : signature) {
      octet ^= 1;
      EXPECT_FALSE(verify_assertion({used, said, signature}, made->key, at_example(then))) << e.name;
      octet ^= 1;
    }
  }
}

TEST(Ceremony, RefusesEveryCutAndEveryFlippedBitOfAnExample) {
  const auto& e = kExamples[0];
  const auto used = hex(e.then_client_data), signature = hex(e.signature);
  auto said = hex(e.then_data);
  const auto challenge = base64(e.challenge), then = base64(e.then_challenge);
  const auto made = read_registration({hex(e.client_data), hex(e.object)}, at_example(challenge));
  ASSERT_TRUE(made);
  for (std::size_t i = 0; i < said.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      said[i] = static_cast<std::uint8_t>(said[i] ^ 1 << bit);
      EXPECT_FALSE(verify_assertion({used, said, signature}, made->key, at_example(then))) << i << " " << bit;
      said[i] = static_cast<std::uint8_t>(said[i] ^ 1 << bit);
    }
  const auto object = hex(e.object);
  for (std::size_t size = 0; size < object.size(); ++size)
    EXPECT_FALSE(read_registration({hex(e.client_data), ByteView(object).first(size)}, at_example(challenge))) << size;
}

// An authenticator of our own, to say what no good one would.
class Made : public ::testing::Test {
 protected:
  std::string client_data(std::string_view type, std::string_view more = "", std::string_view origin = "https://id.example",
                          std::string_view challenge = "Y2hhbGxlbmdl") {
    return R"({"type":")" + std::string(type) + R"(","challenge":")" + std::string(challenge) + R"(","origin":")" + std::string(origin) +
           "\"" + std::string(more) + "}";
  }
  Bytes data(std::uint8_t flags, std::string_view site = "id.example") {
    const auto hash = crypto::sha256(as_bytes(site));
    Bytes d(hash.begin(), hash.end());
    d.push_back(flags);
    for (const std::uint8_t octet : {0, 0, 0, 7}) d.push_back(octet);
    return d;
  }
  Bytes key() {
    const auto pub = sign_.public_parts();
    Bytes k = hex("a4010103272006215820");
    k.insert(k.end(), pub.x.begin(), pub.x.end());
    return k;
  }
  Bytes registration(std::uint8_t flags, const Bytes& key, std::size_t id_size = 32, const Bytes& after = {}) {
    auto d = data(flags);
    d.resize(d.size() + 16);
    d.push_back(static_cast<std::uint8_t>(id_size >> 8));
    d.push_back(static_cast<std::uint8_t>(id_size));
    d.resize(d.size() + id_size, 9);
    d.insert(d.end(), key.begin(), key.end());
    d.insert(d.end(), after.begin(), after.end());
    Bytes object = hex("a363666d74646e6f6e656761747453746d74a068617574684461746159");
    object.push_back(static_cast<std::uint8_t>(d.size() >> 8));
    object.push_back(static_cast<std::uint8_t>(d.size()));
    object.insert(object.end(), d.begin(), d.end());
    return object;
  }
  Result<Registered> registered(const std::string& client, const Bytes& object) {
    return read_registration({as_bytes(client), object}, kExpected);
  }
  Result<Asserted> asserted(const std::string& client, const Bytes& said) {
    auto message = said;
    const auto hash = crypto::sha256(as_bytes(client));
    message.insert(message.end(), hash.begin(), hash.end());
    Bytes signature(sign_.signature_size());
    EXPECT_TRUE(sign_.sign(message, signature));
    return verify_assertion({as_bytes(client), said, signature}, key(), kExpected);
  }
  static constexpr Expected kExpected{.challenge = "Y2hhbGxlbmdl", .origin = "https://id.example", .rp_id = "id.example"};
  static constexpr std::string_view kNew = "webauthn.create", kUse = "webauthn.get";
  crypto::SignKey sign_ = crypto::SignKey::generate(crypto::SignAlg::EdDSA).value();
};

TEST_F(Made, RegistersAndLogsIn) {
  const auto made = registered(client_data(kNew), registration(0x45, key()));
  ASSERT_TRUE(made) << made.error().detail();
  EXPECT_EQ(made->credential_id, Bytes(32, 9));
  EXPECT_EQ(made->counter, 7u);
  EXPECT_EQ(made->key, key());
  EXPECT_EQ(asserted(client_data(kUse), data(0x05)).value().counter, 7u);
  EXPECT_TRUE(asserted(client_data(kUse, R"(,"crossOrigin":false,"later":1)"), data(0x05)));
  EXPECT_TRUE(registered(client_data(kNew), registration(0xc5, key(), 32, hex("a16b6372656450726f7465637402"))));
}

TEST_F(Made, RefusesAnotherCeremonySiteAndChallenge) {
  EXPECT_TRUE(asserted(client_data(kNew), data(0x05)).error().is(Refusal::WrongType));
  EXPECT_TRUE(registered(client_data(kUse), registration(0x45, key())).error().is(Refusal::WrongType));
  EXPECT_TRUE(asserted(client_data(kUse, R"(,"crossOrigin":true)"), data(0x05)).error().is(Refusal::WrongType));
  EXPECT_TRUE(asserted(client_data(kUse, R"(,"crossOrigin":"no")"), data(0x05)).error().is(Refusal::WrongType));
  EXPECT_TRUE(asserted(client_data(kUse, "", "https://id.example", "Y2hhbGxlbmdm"), data(0x05)).error().is(Refusal::WrongType));
  for (const auto* origin : {"http://id.example", "https://id.example:444", "https://id.example.evil", "https://evil", "https://ID.example",
                             "https://id.example/"})
    EXPECT_TRUE(asserted(client_data(kUse, "", origin), data(0x05)).error().is(Refusal::WrongAudience)) << origin;
  EXPECT_TRUE(asserted(client_data(kUse), data(0x05, "example")).error().is(Refusal::WrongAudience));
  EXPECT_FALSE(asserted(client_data(kUse, R"(,"type":"webauthn.get")"), data(0x05)));
}

TEST_F(Made, RefusesWhatTheFlagsDoNotSay) {
  for (const std::uint8_t flags : {0x00, 0x01, 0x04})
    EXPECT_TRUE(asserted(client_data(kUse), data(flags)).error().is(Refusal::Denied)) << int{flags};
  EXPECT_FALSE(asserted(client_data(kUse), data(0x15)));   // backed up, and never could be
  EXPECT_TRUE(asserted(client_data(kUse), data(0x1d)));
  EXPECT_FALSE(asserted(client_data(kUse), data(0x85)));   // extensions that are not there
  auto longer = data(0x05);
  longer.push_back(0xa0);
  EXPECT_FALSE(asserted(client_data(kUse), longer));
  EXPECT_FALSE(registered(client_data(kNew), registration(0x05, key())));
  EXPECT_FALSE(registered(client_data(kNew), registration(0x45, key(), 32, {0xa0})));
}

TEST_F(Made, RefusesKeysThatWereNotOffered) {
  EXPECT_TRUE(registered(client_data(kNew), registration(0x45, key(), 16)));
  EXPECT_FALSE(registered(client_data(kNew), registration(0x45, key(), 15)));
  EXPECT_FALSE(registered(client_data(kNew), registration(0x45, key(), 1024)));
  auto k = key();
  k[4] = 0x26;   // alg ES256 of an OKP key
  EXPECT_FALSE(registered(client_data(kNew), registration(0x45, k)));
  k = key();
  k[4] = 0x28;   // another algorithm
  EXPECT_FALSE(registered(client_data(kNew), registration(0x45, k)));
  k = key();
  k[6] = 0x04;   // X25519
  EXPECT_FALSE(registered(client_data(kNew), registration(0x45, k)));
  // A point that is not on its curve.
  auto off = hex("a5010203262001215820");
  off.resize(off.size() + 32, 1);
  for (const std::uint8_t octet : {0x22, 0x58, 0x20}) off.push_back(octet);
  off.resize(off.size() + 32, 1);
  EXPECT_FALSE(registered(client_data(kNew), registration(0x45, off)));
}

}  // namespace
}  // namespace jeton::webauthn

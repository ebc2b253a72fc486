// What JWE is made of, computed by others: RFC 3394, 7518, 7748, 7914 and Project Wycheproof.
#include "blocks/crypto/selftest/vectors.h"

namespace jeton::crypto::selftest {
namespace {

constexpr ContentVector kContents[] = {
    {ContentAlg::A128CbcHs256, "Project Wycheproof, a128cbc_hs256_test.json, test 37",
     "47556d689f4833138c93975958579fef6ffd716d68e068bb4573bd5465bf263a", "9fb8e00577349c4ede1fb3610273ae86", "9766bc2c5aeaf603",
     "dba31d9116c972d316eaa10c8ce8c3910b831dc9", "9d677046f3041223c5dec325f22e5f20b46bf11a1f5753f0acf13e50443cb18c",
     "c849f77ee59718b24aa95b6890495b90"},
    {ContentAlg::A192CbcHs384, "Project Wycheproof, a192cbc_hs384_test.json, test 37",
     "264202f29736c7d7f01b78f737fa2acda50c050cfe020ba7bb36ee09eea41940cd4c10430a1869400e8900505ff50647", "6e57506a3ef5333a075f4764670582eb",
     "7baf2a22912c8e9c", "220f7e16e5ccb0764bb35f1d6ceecf7a40cc4228", "e7c18e46f515a17bd0d3db70ac5a399ad4c1955ef06870e8e8850de85e9a3b5c",
     "2b0526c2b41b6f515a13340b5850b6470b439135591df0c1"},
    {ContentAlg::A256CbcHs512, "Project Wycheproof, a256cbc_hs512_test.json, test 37",
     "e5d61d3df57a2469be7fab6f360ece4df92c183e26f79d64f54bc0cc0eef5ba467149434cc05a4f5c5c79cd739cbb37a9f02"
     "722162c493b43eadc6320aff80e4",
     "992f99ee541547b02ce9edb5463bb4ab", "5d8a2d3cdb31fa45", "c908d641977b9ddd7218c779f59a15c2a08b32df",
     "2a2f6e4715a91f84c50b799651229df0339ce9d3509865bd72e9b0ef7cabe2dd",
     "4fd139af732e4b857bb35cd20e1a046abf02a5b50a91cee3d873ee75e8fded86"},
    {ContentAlg::A128Gcm, "Project Wycheproof, aes_gcm_test.json, test 2", "5b9604fe14eadba931b0ccf34843dab9", "921d2507fa8007b7bd067d34",
     "00112233445566778899aabbccddeeff", "001d0c231287c1182784554ca3a21908", "49d8b9783e911913d87094d1f63cc765",
     "1e348ba07cca2cf04c618cb4d43a5b92"},
    {ContentAlg::A192Gcm, "Project Wycheproof, aes_gcm_test.json, test 186", "fa5b9b41f93f8b682c04ba816c3fecc24eec095b04dd7497",
     "62b9cf1e923bc1138d05d205", "2ed8487153e21b12", "18159841813a69fc0f8f4229e1678da7c9016711", "c7c1cbb85ce2a0a3f32cb9ef01ad45ec1118b66d",
     "253317f98bdab87531ece20475cd9ebb"},
    {ContentAlg::A256Gcm, "Project Wycheproof, aes_gcm_test.json, test 101",
     "cdccfe3f46d782ef47df4e72f0c02d9c7f774def970d23486f11a57f54247f17", "376187894605a8d45e30de51", "956846a209e087ed",
     "e28e0e9f9d22463ac0e42639b530f42102fded75", "feca44952447015b5df1f456df8ca4bb4eee2ce2", "082e91924deeb77880e1b1c84f9b8d30"},
};

constexpr WrapVector kWraps[] = {
    {"RFC 3394 4.1", "000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff",
     "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"},
    {"RFC 3394 4.2", "000102030405060708090a0b0c0d0e0f1011121314151617", "00112233445566778899aabbccddeeff",
     "96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d"},
    {"RFC 3394 4.6", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f",
     "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21"},
};

constexpr OaepVector kOaeps[] = {
    {OaepHash::Sha256, "Project Wycheproof, rsa_oaep_2048_sha256_mgf1sha256_test.json, test 2", "0000000000000000000000000000000000000000",
     "207180c340658b5154ae45d2e4e7326a0997c683a26b595e536a29333c4b66149af85e029d5419a39e3a147b221516ffd86b"
     "6b4b66c3e0c4c49fe8c57a2f5c37b8704b9b592b80db9cd788a4ed51ab4f0a1cbed63bd18d1f06a22f225866b0c2c417cb23"
     "473b7ba4250b1353bd2e5b4f0f937cd2efe5fa38db3c295f7748b970088657db4aa9a76e1ee6fbff166ec1861d00d085326c"
     "7384bdd1bc2f400d4f74dbdfadaf3fdc46073e668573e02030b9eb5af58eb540c66677a771194479ec0098d858a2ea45d0ba"
     "1e6b32440dfbac745000554d51a17684ca964b02a74d479f1d432ef763ef4059715a4348cfe36a215359712f25b6977903be"
     "4adb92febbf6"},
};

constexpr AgreementVector kAgreements[] = {
    {Curve::P256, "RFC 7518 appendix C", "c1e349cb61ec70248ce801034c3834e1b88ebe1161cb25af38741f785fcfc4c4",
     "7bc96708ef80952b53f8d2555fe72b841ed04588628b1d378a594939500ec9c9", "5449836690d75caf29f0dd029ddb31b3ddb8aba9d2d515c5012465e817d4a9dc",
     "808d060082c176eed3e776a4ac598cc8672c1779f974eecc9b03411ca5b9495d", "48b5bfc527dfce53d6ac7115237d031ccff87a0570b77350a9e503ee7305a69b",
     "9e56d91d817135d372834283bf84269cfb316ea3da806a48f6daa7798cfe90c4"},
    {Curve::P384, "Project Wycheproof, ecdh_secp384r1_webcrypto_test.json, test 1",
     "7a6ec8d311d5ca588baed41be3e98f30c9294844ecbb629995653635dbc22da2f083f29711e0f9c5963bc021bd8cb210",
     "9daf56a55f883a7200cea9c4de44488e6dc49fb9c394f51cb5a49fc69d7e8a034792963ae4eabc63483a2cf1a899e8c8",
     "766e61425b2da9f846c09fc3564b93a6f8603b7392c785165bf20da948c49fd1fb1dee4edd64356b9f21c588b75dfd81",
     "790a6e059ef9a5940163183d4a7809135d29791643fc43a2f17ee8bf677ab84f791b64a6be15969ffa012dd9185d8796",
     "d9b954baa8a75e82df711b3b56eadff6b0f668c3b26b4b1aeb308a1fcc1c680d329a6705025f1c98a0b5e5bfcb163caa",
     "6461defb95d996b24296f5a1832b34db05ed031114fbe7d98d098f93859866e4de1e229da71fef0c77fe49b249190135"},
    {Curve::P521, "Project Wycheproof, ecdh_secp521r1_webcrypto_test.json, test 1",
     "01fac84b38d732daccfcefaad9a178e3d04f2c30e19c4925d112e88235c10c088036d4d1ea2528f5e02003da703533170489"
     "c6576d6e1e4d0fc73eec126ca55acd84",
     "000904b6199d2f6e890a654be20c9e65a40ad120157043881822fc52df4120e4563a7cd5905c01678d65e845eae9c653e303"
     "f79c523910551d212fbd7c25e2d13449",
     "01939982b529596ce77a94bc6efd03e92c21a849eb4f87b8f619d506efc9bb22e7c61640c90d598f795b64566dc6df43992a"
     "e34a1341d458574440a7371f611c7dcd",
     "0064da3e94733db536a74a0d8a5cb2265a31c54a1da6529a198377fbd38575d9d79769ca2bdf2d4c972642926d444891a652"
     "e7f492337251adf1613cf3077999b5ce",
     "00e04ad19cf9fd4722b0c824c069f70c3c0e7ebc5288940dfa92422152ae4a4f79183ced375afb54db1409ddf338b85bb6db"
     "fc5950163346bb63a90a70c5aba098f7",
     "01f1e410f2c6262bce6879a3f46dfb7dd11d30eeee9ab49852102e1892201dd10f27266c2cf7cbccc7f6885099043dad80ff"
     "57f0df96acf283fb090de53df95f7d87"},
    {Curve::X25519, "RFC 7748 6.1", "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", "",
     "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a", "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
     "", "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
};

constexpr ConcatVector kConcats[] = {
    {"RFC 7518 appendix C", "9e56d91d817135d372834283bf84269cfb316ea3da806a48f6daa7798cfe90c4", "A128GCM", "416c696365", "426f62",
     "56aa8deaf8236d205c2228cd71a7101a"},
};

constexpr PasswordKeyVector kPasswordKeys[] = {
    {HashAlg::Sha256, "RFC 7914 11", "706173737764", "73616c74", 1,
     "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"},
};

}  // namespace

std::span<const ContentVector> contents() { return kContents; }
std::span<const WrapVector> wraps() { return kWraps; }
std::span<const OaepVector> oaeps() { return kOaeps; }
std::span<const AgreementVector> agreements() { return kAgreements; }
std::span<const ConcatVector> concats() { return kConcats; }
std::span<const PasswordKeyVector> password_keys() { return kPasswordKeys; }

}  // namespace jeton::crypto::selftest

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>

#include "blocks/crypto/pem/encoded.h"
#include "blocks/crypto/random.h"
#include "blocks/xml/base64.h"
#include "blocks/xml/canonical.h"
#include "blocks/xml/document.h"
#include "blocks/xml/encryption.h"
#include "blocks/xml/signature.h"
#include "blocks/xml/writer.h"

namespace jeton::xml {
namespace {

std::string outcome(std::string_view text) {
  const auto document = Document::parse(text);
  return document ? "good" : std::string(document.error().name());
}

TEST(XmlReader, TakesOneKindOfXml) {
  EXPECT_EQ(outcome("<a/>"), "good");
  EXPECT_EQ(outcome("<?xml version=\"1.0\" encoding='utf-8'?>\n<a>&amp;&#65;<![CDATA[<b>]]><!-- c --></a>\n"), "good");
  EXPECT_EQ(outcome("\xef\xbb\xbf<a/>"), "good");
  EXPECT_EQ(outcome("<a xmlns='urn:a'><b xmlns=''/></a>"), "good");
  for (const auto* text :
       {"<!DOCTYPE a><a/>", "<!doctype a><a/>", "<a/><?x y?>", "<?x y?><a/>", "<?xml version=\"1.1\"?><a/>",
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>", "<!ENTITY x 'y'><a/>", "<a xmlns='relative'/>", "<a xmlns:p='//x/y'/>"})
    EXPECT_EQ(outcome(text), "unsupported") << text;
  for (const auto* text : {"",
                           " ",
                           "a",
                           "<a>",
                           "<a></b>",
                           "<a/><b/>",
                           "<a b='1' b='2'/>",
                           "<p:a/>",
                           "<a>&x;</a>",
                           "<a>&#0;</a>",
                           "<a>\xff</a>",
                           "<a>\x01</a>",
                           "<a b='<'/>",
                           "<a b=1/>",
                           "<!-- -- --><a/>",
                           "<a xmlns:p=''/>",
                           "<a xmlns:p='urn:p' xmlns:q='urn:p' p:b='' q:b=''/>",
                           "<a ID='1'><b Id='1'/></a>",
                           " <?xml version='1.0'?><a/>",
                           "<a><![CDATA[</a>",
                           "<a xmlns:xml='urn:x'/>"})
    EXPECT_NE(outcome(text), "good") << text;
  EXPECT_NE(outcome(std::string_view("<a>\0</a>", 8)), "good");
}

TEST(XmlReader, HasLimits) {
  const auto nested = [](int n) {
    std::string text;
    for (int i = 0; i < n; ++i) text += "<a>";
    for (int i = 0; i < n; ++i) text += "</a>";
    return text;
  };
  EXPECT_EQ(outcome(nested(64)), "good");
  EXPECT_EQ(outcome(nested(65)), "too_large");
  EXPECT_EQ(outcome(nested(100'000)), "too_large");
  const auto attributes = [](int n) {
    std::string text = "<a";
    for (int i = 0; i < n; ++i) text += " a" + std::to_string(i) + "=''";
    return text + "/>";
  };
  EXPECT_EQ(outcome(attributes(64)), "good");
  EXPECT_EQ(outcome(attributes(65)), "too_large");
  // Of all that an element stands in: each may be a namespace that is looked at for every prefix in it.
  const auto around = [](int n) {
    std::string text;
    for (int i = 0; i < n; ++i) text += "<a b='' c='' d='' e='' f='' g='' h='' i=''>";
    text += "<x/><y/>";
    for (int i = 0; i < n; ++i) text += "</a>";
    return text;
  };
  EXPECT_EQ(outcome(around(32)), "good");
  EXPECT_EQ(outcome("<r>" + around(32) + around(32) + "</r>"), "good") << "beside each other is not inside";
  EXPECT_EQ(outcome(around(33)), "too_large");
  std::string many = "<a>";
  for (int i = 0; i < 20'000; ++i) many += "<b/>";
  EXPECT_EQ(outcome(many + "</a>"), "too_large");
  EXPECT_EQ(outcome("<a>" + std::string(600'000, 'x') + "</a>"), "too_large");
}

TEST(XmlReader, WorstCasesAreQuick) {
  std::string wide = "<a>";
  while (wide.size() < 500'000) wide += "<b xmlns:p='urn:p' p:c='&lt;' d='e'><!----></b>";
  wide += "</a>";
  const auto start = std::chrono::steady_clock::now();
  (void)Document::parse(wide, {.size = 1 << 20, .depth = 64, .elements = 100'000, .attributes = 64});
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

TEST(XmlText, IsJoinedAroundComments) {
  const auto document = *Document::parse("<a>one<!-- x -->two<![CDATA[three]]></a>");
  EXPECT_EQ(*document.root().text(), "onetwothree");
  EXPECT_FALSE(document.root().plain_text());
  EXPECT_FALSE(Document::parse("<a>b<c/></a>")->root().text());
  EXPECT_FALSE(Document::parse("<a>b<c/></a>")->root().elements());
  EXPECT_EQ(Document::parse("<a> <c/>\n<d/> </a>")->root().elements()->size(), 2u);
}

TEST(XmlAttributes, InANamespaceAreOthers) {
  const auto document = *Document::parse("<a xmlns:p='urn:p' p:ID='1' b='x&#10;&amp;y'/>");
  EXPECT_FALSE(document.root().attribute("ID"));
  EXPECT_EQ(document.root().attribute("b"), "x\n&y");
  EXPECT_FALSE(document.root().only_attributes({"b"}));
  EXPECT_TRUE(Document::parse("<a b=''/>")->root().only_attributes({"b", "c"}));
  EXPECT_FALSE(Document::parse("<a b='' d=''/>")->root().only_attributes({"b", "c"}));
}

TEST(XmlCanonical, IsExclusive) {
  const auto document =
      *Document::parse("<a xmlns='urn:a' xmlns:p='urn:p' xmlns:q='urn:q'><b z='1' p:y='2' a='&#9;'><!-- c --><q:c/><left/></b></a>");
  const auto b = document.root().elements_amid_text().front();
  const auto left = b.elements_amid_text().back();
  EXPECT_EQ(*canonical(b, {}, left),
            "<b xmlns=\"urn:a\" xmlns:p=\"urn:p\" a=\"&#x9;\" z=\"1\" p:y=\"2\"><q:c xmlns:q=\"urn:q\"></q:c></b>");
  const std::vector<std::string> prefixes = {"q"};
  EXPECT_EQ(*canonical(b, prefixes, left),
            "<b xmlns=\"urn:a\" xmlns:p=\"urn:p\" xmlns:q=\"urn:q\" a=\"&#x9;\" z=\"1\" p:y=\"2\"><q:c></q:c></b>");
  EXPECT_FALSE(canonical(b, {}, b)) << "nothing is not a canonical form";
}

TEST(XmlWriter, WritesWhatIsReadBack) {
  std::string out;
  Writer w(out);
  w.start("p:a").space("p", "urn:p").attribute("b", "<\"&\t\r\n>").text("<&>\r").start("p:c").end().end();
  EXPECT_TRUE(w.good());
  const auto document = *Document::parse(out);
  EXPECT_EQ(document.root().attribute("b"), "<\"&\t\r\n>");
  EXPECT_EQ(document.root().all_text(), "<&>\r");
  EXPECT_EQ(*canonical(document.root(), {}, std::nullopt), out);
  std::string other;
  Writer bad(other);
  bad.start("a").text("\x1b").end();
  EXPECT_FALSE(bad.good());
}

TEST(Base64, TakesWhiteSpaceAndNothingElse) {
  EXPECT_EQ(*base64::decode(" YW\nJj\t"), Bytes({'a', 'b', 'c'}));
  EXPECT_EQ(base64::decode("YQ==")->size(), 1u);
  EXPECT_EQ(base64::decode("+/+/")->size(), 3u);
  for (const auto* text : {"YQ", "YQ=", "YQ===", "YR==", "Y===", "YQ==YQ==", "-_-_", "Y!==", "=YQ="})
    EXPECT_FALSE(base64::decode(text)) << text;
  EXPECT_EQ(base64::encode(as_bytes("a")), "YQ==");
  EXPECT_EQ(base64::encode(Bytes({0xff, 0xef, 0xfe})), "/+/+");
}

TEST(XmlSignature, IsMadeAndFoundGood) {
  for (const auto alg :
       {crypto::SignAlg::RS256, crypto::SignAlg::RS512, crypto::SignAlg::ES256, crypto::SignAlg::ES384, crypto::SignAlg::ES512}) {
    const auto key = *crypto::SignKey::generate(alg, 2048);
    const std::string_view begin = "<a ID=\"_1\">", rest = "<b>text</b></a>";
    const auto signature = *sign(std::string(begin) + std::string(rest), "_1", key);
    const auto document = *Document::parse(std::string(begin) + signature + std::string(rest));
    const auto found = *signature_of(document.root());
    ASSERT_TRUE(found);
    const auto keys = *verify_keys(key.public_parts());
    const auto verified = verify(document.root(), *found, keys);
    ASSERT_TRUE(verified) << verified.error().detail();
    EXPECT_EQ(verified->root().all_text(), "text");
    EXPECT_TRUE(verify(document.root(), *found, {}).error().is(Refusal::UnknownKey));
    const auto other = *Document::parse(std::string(begin) + signature + "<b>Text</b></a>");
    EXPECT_TRUE(verify(other.root(), **signature_of(other.root()), keys).error().is(Refusal::BadSignature));
  }
  EXPECT_FALSE(sign("<a ID=\"_1\"></a>", "_1", *crypto::SignKey::generate(crypto::SignAlg::EdDSA)));
  EXPECT_FALSE(verify_keys(crypto::SignKey::generate(crypto::SignAlg::ES256K)->public_parts()));
}

// What surrounds a signature is not walked for it: before it is found good, anybody may have written all of that.
TEST(XmlSignature, IsLookedAtAlone) {
  const std::string c14n = "http://www.w3.org/2001/10/xml-exc-c14n#", ds = "http://www.w3.org/2000/09/xmldsig#";
  std::string prefixes, text, end;
  for (int i = 0; i < 32; ++i) prefixes += " unknown" + std::to_string(i);
  const auto method = [&](std::string_view name, const std::string& algorithm, const std::string& inside = {}) {
    return "<" + std::string(name) + " Algorithm='" + algorithm + "'>" + inside + "</" + std::string(name) + ">";
  };
  const auto exclusive = [&](std::string_view name) {
    return method(name, c14n, "<i:InclusiveNamespaces xmlns:i='" + c14n + "' PrefixList='" + prefixes + "'/>");
  };
  text = "<r ID='r'><Signature xmlns='" + ds + "'><SignedInfo>" + exclusive("CanonicalizationMethod") +
         method("SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256") + "<Reference URI='#r'><Transforms>" +
         method("Transform", ds + "enveloped-signature") + exclusive("Transform") + "</Transforms>" +
         method("DigestMethod", "http://www.w3.org/2001/04/xmlenc#sha256") + "<DigestValue>" + base64::encode(Bytes(32)) +
         "</DigestValue></Reference></SignedInfo><SignatureValue>" + base64::encode(Bytes(256)) + "</SignatureValue></Signature>";
  for (int depth = 0; depth < 60; ++depth, end += "</e>") {
    text += "<e";
    for (int i = 0; i < 4; ++i) text += " xmlns:p" + std::to_string(4 * depth + i) + "='u:'";
    text += ">";
  }
  for (int i = 0; i < 19'900; ++i) text += "<e/>";
  text += end + "</r>";
  const auto key = *crypto::SignKey::generate(crypto::SignAlg::RS256, 2048);
  const auto keys = *verify_keys(key.public_parts());
  auto at = std::clock();
  const auto document = Document::parse(text);
  ASSERT_TRUE(document) << document.error().detail();
  const auto reading = std::clock() - at;
  const auto signature = **signature_of(document->root());
  at = std::clock();
  EXPECT_TRUE(verify(document->root(), signature, keys).error().is(Refusal::BadSignature));
  EXPECT_LT(std::clock() - at, reading + CLOCKS_PER_SEC / 100) << "more than reading it took";
}

// The signature of one element, put under another or asked about another.
TEST(XmlSignature, SignsWhatCarriesItAlone) {
  const auto key = *crypto::SignKey::generate(crypto::SignAlg::ES256);
  const auto keys = *verify_keys(key.public_parts());
  const auto signature = *sign("<b ID=\"_2\">text</b>", "_2", key);
  const auto good = *Document::parse("<b ID=\"_2\">" + signature + "text</b>");
  EXPECT_TRUE(verify(good.root(), **signature_of(good.root()), keys));
  // Beside what it signs, in the place where a reader of references alone would take it.
  const auto beside = *Document::parse("<a ID=\"_1\">" + signature + "<b ID=\"_2\">text</b></a>");
  const auto found = **signature_of(beside.root());
  EXPECT_TRUE(verify(beside.root(), found, keys).error().is(Refusal::Denied)) << "its reference is to another";
  EXPECT_TRUE(verify(beside.root().elements_amid_text()[1], found, keys).error().is(Refusal::Denied)) << "it stands elsewhere";
}

TEST(XmlEncryption, OpensWithItsKeyAlone) {
  const auto key = *crypto::SignKey::generate(crypto::SignAlg::RS256, 2048),
             other = *crypto::SignKey::generate(crypto::SignAlg::RS256, 2048);
  crypto::SystemEntropy entropy;
  const auto sealed = *seal("<p:a xmlns:p=\"urn:p\">x</p:a>", key.public_parts(), entropy);
  const auto holder = *Document::parse("<h>" + sealed + "</h>");
  const std::vector ours = {*crypto::UnwrapKey::from_parts(key.public_parts(), key.private_parts())};
  const std::vector theirs = {*crypto::UnwrapKey::from_parts(other.public_parts(), other.private_parts())};
  EXPECT_EQ(open(holder.root(), ours)->element().all_text(), "x");
  EXPECT_TRUE(open(holder.root(), theirs).error().is(Refusal::BadSignature));
  EXPECT_TRUE(open(holder.root(), {}).error().is(Refusal::UnknownKey));
  // A prefix that is declared around it is declared inside it; markup that would leave its place is not let.
  const auto around = *Document::parse("<h xmlns:q=\"urn:q\">" + *seal("<q:a>y</q:a>", key.public_parts(), entropy) + "</h>");
  EXPECT_TRUE(open(around.root(), ours)->element().is("urn:q", "a"));
  for (const auto* plain : {"", "text", "<a/><b/>", "<a/>text", "</opened><opened>", "<!DOCTYPE a><a/>", "<a>"}) {
    const auto bad = *Document::parse("<h>" + *seal(plain, key.public_parts(), entropy) + "</h>");
    EXPECT_FALSE(open(bad.root(), ours)) << plain;
  }
}

TEST(Pem, KeysAreReadAndOthersRefused) {
  EXPECT_FALSE(crypto::public_keys_of_pem("nothing"));
  EXPECT_FALSE(crypto::public_keys_of_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
  EXPECT_FALSE(crypto::decode_key(as_bytes("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")));
  const std::string_view ec =
      "-----BEGIN PUBLIC KEY-----\n"
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n"
      "6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n"
      "-----END PUBLIC KEY-----\n";
  const auto keys = crypto::public_keys_of_pem(ec);
  ASSERT_TRUE(keys) << keys.error().detail();
  EXPECT_EQ(keys->front().curve, crypto::Curve::P256);
  EXPECT_TRUE(verify_keys(keys->front()));
}

}  // namespace
}  // namespace jeton::xml

#include "formats/saml/metadata.h"

#include <gtest/gtest.h>

#include "blocks/xml/canonical.h"
#include "blocks/xml/signature.h"
#include "formats/saml/metadata_writer.h"
#include "formats/saml/names.h"

namespace jeton::saml {
namespace {

using crypto::SignAlg;
using Algs = std::vector<SignAlg>;

std::string method(std::string_view name, std::string_view more = "") {
  return "<alg:SigningMethod xmlns:alg=\"urn:oasis:names:tc:SAML:metadata:algsupport\" Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#" +
         std::string(name) + "\" " + std::string(more) + "/>";
}

std::string extensions(const std::string& inside) { return "<md:Extensions>" + inside + "</md:Extensions>"; }

// What an SP verifies whose entity and whose role hold these.
Result<Algs> said(const std::string& of_entity, const std::string& of_role) {
  const auto read =
      parse_metadata("<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"https://app.example\">" +
                         of_entity + "<md:SPSSODescriptor protocolSupportEnumeration=\"" + std::string(kProtocol) + "\">" + of_role +
                         "</md:SPSSODescriptor></md:EntityDescriptor>",
                     "");
  if (!read) return std::unexpected(read.error());
  return read->sp->verifies;
}

TEST(SamlMetadata, AlgorithmsAreThoseOfTheRoleOrElseOfTheEntity) {
  const auto ecdsa = extensions(method("ecdsa-sha256")), rsa = extensions(method("rsa-sha256"));
  EXPECT_EQ(said("", ""), Algs());
  EXPECT_EQ(said(ecdsa, ""), Algs{SignAlg::ES256});
  EXPECT_EQ(said("", ecdsa), Algs{SignAlg::ES256});
  EXPECT_EQ(said(ecdsa, rsa), Algs{SignAlg::RS256});
  EXPECT_EQ(said(rsa, ecdsa), Algs{SignAlg::ES256});
  EXPECT_EQ(said(extensions(method("ecdsa-sha384") + method("rsa-sha512") + method("ecdsa-sha384")), ""),
            (Algs{SignAlg::ES384, SignAlg::RS512}));
  EXPECT_EQ(said(ecdsa, extensions("<md:Other/>")), Algs{SignAlg::ES256}) << "a role that says nothing of signatures";
  EXPECT_EQ(said(ecdsa, extensions(method("ecdsa-sha1"))), Algs()) << "a role that takes nothing we have";
}

TEST(SamlMetadata, AlgorithmsStandInTheirPlaceAndAreSpelledOut) {
  EXPECT_EQ(said(method("ecdsa-sha256"), method("ecdsa-sha256")), Algs()) << "not in Extensions";
  EXPECT_EQ(said(extensions("<md:Other>" + method("ecdsa-sha256") + "</md:Other>"), ""), Algs()) << "inside something else";
  EXPECT_EQ(said(extensions(method("ECDSA-sha256")), ""), Algs());
  EXPECT_EQ(said(extensions("<SigningMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256\"/>"), ""), Algs())
      << "in no namespace";
}

TEST(SamlMetadata, KeysAreOfTheSizeThatIsTaken) {
  for (const auto* fits : {"MinKeySize=\"256\"", "MinKeySize=\"224\" MaxKeySize=\"256\"", "MaxKeySize=\"521\""})
    EXPECT_EQ(said(extensions(method("ecdsa-sha256", fits)), ""), Algs{SignAlg::ES256}) << fits;
  for (const auto* not_ours : {"MinKeySize=\"384\"", "MaxKeySize=\"255\"", "MinKeySize=\"\"", "MaxKeySize=\"256x\"", "MinKeySize=\"-1\""})
    EXPECT_EQ(said(extensions(method("ecdsa-sha256", not_ours)), ""), Algs()) << not_ours;
  EXPECT_EQ(said(extensions(method("rsa-sha256", "MinKeySize=\"1024\"")), ""), Algs{SignAlg::RS256});
}

TEST(SamlMetadata, OursSaysWhatWeVerify) {
  const auto key = *crypto::SignKey::generate(SignAlg::RS256, 2048);
  OwnMetadata ours;
  ours.id = "_m";
  ours.entity = "https://id.example/saml/metadata";
  ours.valid_until = Instant::from_seconds(1'800'000'000);
  ours.assertion_consumers = {{std::string(kHttpPost), "https://id.example/saml/acs", "", 0, true}};
  const auto text = *write_metadata(ours, key);
  EXPECT_EQ(*xml::canonical(xml::Document::parse(text)->root(), {}, std::nullopt), text);
  const auto read = *parse_metadata(text, "");
  const Algs all{SignAlg::RS256, SignAlg::RS384, SignAlg::RS512, SignAlg::ES256, SignAlg::ES384, SignAlg::ES512};
  EXPECT_EQ(read.idp->verifies, all);
  EXPECT_EQ(read.sp->verifies, all);
  EXPECT_NE(text.find("<alg:DigestMethod xmlns:alg=\"urn:oasis:names:tc:SAML:metadata:algsupport\" "
                      "Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\">"),
            std::string::npos);
}

}  // namespace
}  // namespace jeton::saml

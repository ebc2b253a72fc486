// An identity provider by samlify: node idp.js FOLDER writes responses for tests/system/test_saml_peers.py.
const saml = require("samlify"), fs = require("fs"), path = require("path");
const folder = process.argv[2];
const idpName = "https://idp.example/saml", spName = "https://app.example/saml", acs = "https://app.example/saml/acs";
saml.setSchemaValidator({ validate: async () => "ok" });

const read = (name) => fs.readFileSync(path.join(folder, name), "utf8");
const certificate = (name) => read(name + ".crt").replace(/-----.*-----|\s/g, "");
const email = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
const authentication = '<saml:AuthnStatement AuthnInstant="{IssueInstant}" SessionIndex="_s"><saml:AuthnContext><saml:AuthnContextClassRef>' +
  "urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>";

function provider(how) {
  return saml.IdentityProvider({
    entityID: idpName, privateKey: read("idp.key"), signingCert: certificate("idp"), isAssertionEncrypted: !!how.encrypt,
    requestSignatureAlgorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    messageSigningOrder: how.encrypt ? "encrypt-then-sign" : "sign-then-encrypt",
    dataEncryptionAlgorithm: "http://www.w3.org/2009/xmlenc11#" + (how.content || "aes256-gcm"),
    keyEncryptionAlgorithm: "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
    nameIDFormat: [email],
    singleSignOnService: [{ Binding: saml.Constants.namespace.binding.post, Location: "https://idp.example/sso" }],
    loginResponseTemplate: {
      context: saml.SamlLib.defaultLoginResponseTemplate.context.replace("{AuthnStatement}", authentication),
      attributes: [{ name: "mail", valueTag: "user.email", nameFormat: "urn:oasis:names:tc:SAML:2.0:attrname-format:basic", valueXsiType: "xs:string" }],
    },
  });
}

async function respond(how) {
  const consumer = saml.ServiceProvider({
    entityID: spName, encryptCert: certificate("sp"), wantAssertionsSigned: how.assertion !== false, wantMessageSigned: !!how.message,
    assertionConsumerService: [{ Binding: saml.Constants.namespace.binding.post, Location: acs }],
  });
  const fill = (template) => {
    const now = new Date(), later = new Date(now.getTime() + 300000).toISOString();
    const tags = {
      ID: "_r" + Math.random().toString(36).slice(2), AssertionID: "_a" + Math.random().toString(36).slice(2), Destination: acs, Audience: spName,
      SubjectRecipient: acs, AssertionConsumerServiceURL: acs, EntityID: spName, Issuer: idpName, InResponseTo: "_req-1", NameIDFormat: email,
      NameID: "alice@example.com", IssueInstant: now.toISOString(), ConditionsNotBefore: now.toISOString(), ConditionsNotOnOrAfter: later,
      SubjectConfirmationDataNotOnOrAfter: later, StatusCode: "urn:oasis:names:tc:SAML:2.0:status:Success", attrUserEmail: "alice@example.com",
    };
    return { id: tags.ID, context: saml.SamlLib.replaceTagsByValue(template, tags) };
  };
  const request = { extract: { request: { id: "_req-1" } } };
  return (await provider(how).createLoginResponse(consumer, request, "post", { email: "alice@example.com" }, fill, !!how.encrypt)).context;
}

(async () => {
  const all = { assertion: {}, both: { message: true }, message: { assertion: false, message: true }, encrypted: { encrypt: true },
    "encrypted-128": { encrypt: true, content: "aes128-gcm" }, "encrypted-both": { encrypt: true, message: true } };
  for (const [name, how] of Object.entries(all)) fs.writeFileSync(path.join(folder, "samlify-" + name), await respond(how));
})();

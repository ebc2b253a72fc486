// A service provider by @node-saml/node-saml: node sp.js CONFIG.json prints where to send the browser, reads the SAMLResponse of a line, and prints
// who logged in. One request and its answer a process, so that InResponseTo is held.
const { SAML } = require("@node-saml/node-saml"), fs = require("fs"), readline = require("readline");

(async () => {
  const config = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
  const sp = new SAML({ signatureAlgorithm: "sha256", digestAlgorithm: "sha256", wantAssertionsSigned: true, wantAuthnResponseSigned: true,
    validateInResponseTo: config.unsolicited ? "never" : "always", ...config.options });
  if (config.post) {
    const page = await sp.getAuthorizeFormAsync("relay");
    console.log(JSON.stringify({ request: /name="SAMLRequest" value="([^"]*)"/.exec(page)[1] }));
  } else {
    console.log(JSON.stringify({ url: await sp.getAuthorizeUrlAsync("relay", undefined, {}) }));
  }
  const lines = readline.createInterface({ input: process.stdin });
  for await (const line of lines) {
    try {
      const { profile } = await sp.validatePostResponseAsync({ SAMLResponse: line.trim() });
      console.log(JSON.stringify({ name: profile.nameID, format: profile.nameIDFormat, session: profile.sessionIndex, attributes: profile.attributes }));
    } catch (e) {
      console.log(JSON.stringify({ error: e.message }));
    }
    break;
  }
  process.exit(0);
})();

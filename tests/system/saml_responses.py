"""Makes SAML responses, good and bad. xmlsec1's command line signs and encrypts: an implementation that is not ours."""
import datetime
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("JETON_BINARY", ROOT / "build" / "jeton"))

IDP, SP, ACS, REQUEST = "https://idp.example/saml", "https://app.example/saml", "https://app.example/saml/acs", "_req-1"
NOW = datetime.datetime(2026, 11, 24, 10, 0, tzinfo=datetime.timezone.utc)
DS, SAML, SAMLP = "http://www.w3.org/2000/09/xmldsig#", "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:protocol"
XENC = "http://www.w3.org/2001/04/xmlenc#"
EXC = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = DS + "enveloped-signature"
RSA_SHA256, SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", XENC + "sha256"


def at(seconds):
    return (NOW + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def run(*command, **more):
    return subprocess.run([str(c) for c in command], capture_output=True, timeout=60, **more)


class Keys:
    """The identity provider's, a stranger's, and the service provider's keys, made by openssl."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        for name in ("idp", "other", "sp"):
            self.make(name, "-newkey", "rsa:2048")
        self.make("short", "-newkey", "rsa:1024")
        self.make("ec", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")

    def make(self, name, *kind):
        done = run("openssl", "req", "-x509", *kind, "-nodes", "-subj", f"/CN={name}", "-days", "30",
                   "-keyout", self.key(name), "-out", self.certificate(name))
        assert done.returncode == 0, done.stderr

    def key(self, name):
        return self.folder / f"{name}.key"

    def certificate(self, name):
        return self.folder / f"{name}.crt"

    def certificate_text(self, name):
        lines = self.certificate(name).read_text().splitlines()
        return "".join(line for line in lines if not line.startswith("-----"))


def signature(uri, method=RSA_SHA256, digest=SHA256, transforms=None, c14n=EXC, key_info="", prefixes="", p="ds", inside="", after="",
              references=1):
    """A signature that xmlsec1 fills in."""
    inclusive = f'<ec:InclusiveNamespaces xmlns:ec="{EXC}" PrefixList="{prefixes}"/>' if prefixes else ""
    if transforms is None:
        transforms = f'<{p}:Transform Algorithm="{ENVELOPED}"/><{p}:Transform Algorithm="{EXC}">{inclusive}</{p}:Transform>'
    reference = (f'<{p}:Reference URI="{uri}"><{p}:Transforms>{transforms}</{p}:Transforms>'
                 f'<{p}:DigestMethod Algorithm="{digest}"/><{p}:DigestValue/></{p}:Reference>') * references
    return (f'<{p}:Signature xmlns:{p}="{DS}"><{p}:SignedInfo><{p}:CanonicalizationMethod Algorithm="{c14n}"/>'
            f'<{p}:SignatureMethod Algorithm="{method}">{inside}</{p}:SignatureMethod>{reference}</{p}:SignedInfo>'
            f'<{p}:SignatureValue/>{key_info}{after}</{p}:Signature>')


def assertion(id="_a1", issuer=IDP, name_id="alice@example.com", not_before=at(-60), not_on_or_after=at(300), recipient=ACS,
              confirmed_until=at(300), in_response_to=REQUEST, audiences=None, method="urn:oasis:names:tc:SAML:2.0:cm:bearer",
              data=None, conditions=None, statements=None, sig="", extra="", attributes=None, session="", head="", name="saml",
              declarations=None, confirmations=None, version="2.0", advice=""):
    if declarations is None:
        declarations = f' xmlns:{name}="{SAML}"'
    if audiences is None:
        audiences = [[SP]]
    answered = f' InResponseTo="{in_response_to}"' if in_response_to else ""
    if data is None:
        data = f'<saml:SubjectConfirmationData NotOnOrAfter="{confirmed_until}" Recipient="{recipient}"{answered}/>'
    if confirmations is None:
        confirmations = f'<saml:SubjectConfirmation Method="{method}">{data}</saml:SubjectConfirmation>'
    if conditions is None:
        restrictions = "".join("<saml:AudienceRestriction>" + "".join(f"<saml:Audience>{a}</saml:Audience>" for a in names)
                               + "</saml:AudienceRestriction>" for names in audiences)
        conditions = f'<saml:Conditions NotBefore="{not_before}" NotOnOrAfter="{not_on_or_after}">{extra}{restrictions}</saml:Conditions>'
    if attributes is None:
        attributes = ('<saml:AttributeStatement><saml:Attribute Name="mail"><saml:AttributeValue>alice@example.com</saml:AttributeValue>'
                      '</saml:Attribute><saml:Attribute Name="groups" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic">'
                      '<saml:AttributeValue>staff</saml:AttributeValue><saml:AttributeValue>ops</saml:AttributeValue></saml:Attribute>'
                      '</saml:AttributeStatement>')
    if statements is None:
        statements = (f'<saml:AuthnStatement AuthnInstant="{at(-30)}" SessionIndex="_s1"{session}><saml:AuthnContext><saml:AuthnContextClassRef>'
                      'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext>'
                      f'</saml:AuthnStatement>{attributes}')
    subject = (f'<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">{name_id}</saml:NameID>'
               f'{confirmations}</saml:Subject>')
    text = (f'<saml:Assertion{declarations} ID="{id}" Version="{version}" IssueInstant="{at(-1)}"{head}>'
            f'<saml:Issuer>{issuer}</saml:Issuer>{sig}{subject}{conditions}{advice}{statements}</saml:Assertion>')
    return text.replace("saml:", name + ":") if name != "saml" else text


def response(inner, id="_r1", issuer=IDP, destination=ACS, in_response_to=REQUEST, status="urn:oasis:names:tc:SAML:2.0:status:Success",
             sig="", head="", extensions="", declarations=""):
    answered = f' InResponseTo="{in_response_to}"' if in_response_to else ""
    sent = f' Destination="{destination}"' if destination else ""
    who = f'<saml:Issuer xmlns:saml="{SAML}">{issuer}</saml:Issuer>' if issuer else ""
    return (f'<samlp:Response xmlns:samlp="{SAMLP}"{declarations} ID="{id}" Version="2.0" IssueInstant="{at(-1)}"{sent}{answered}{head}>{who}{sig}'
            f'{extensions}<samlp:Status><samlp:StatusCode Value="{status}"/></samlp:Status>{inner}</samlp:Response>')


class Maker:
    def __init__(self, keys):
        self.keys = keys

    def sign(self, xml, node, key="idp"):
        """Fills in the signature template right below the element named so."""
        target = self.keys.folder / "to-sign.xml"
        target.write_text(xml)
        done = run("xmlsec1", "--sign", "--privkey-pem", self.keys.key(key), "--id-attr:ID", f"{SAML}:Assertion", "--id-attr:ID", f"{SAMLP}:Response",
                   "--node-xpath", f"//*[local-name()='{node}']/*[local-name()='Signature']", target)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def signed_assertion(self, key="idp", sig=None, outer=None, **parts):
        made = assertion(sig=sig or signature("#" + parts.get("id", "_a1")), **parts)
        return self.sign(response(made, **(outer or {})), "Assertion", key)

    def signed_response(self, key="idp", sig=None, inner=None, outer=None, **parts):
        outer = outer or {}
        made = response(inner or assertion(**parts), sig=sig or signature("#" + outer.get("id", "_r1")), **outer)
        return self.sign(made, "Response", key)

    def both_signed(self, **parts):
        xml = response(assertion(sig=signature("#_a1"), **parts), sig=signature("#_r1"))
        return self.sign(self.sign(xml, "Assertion"), "Response")

    def encrypt(self, plain, content="aes256-gcm", transport=XENC + "rsa-oaep-mgf1p", digest="", to="sp", beside=False):
        """An EncryptedAssertion that holds `plain`, an element as text."""
        size = {"aes128-gcm": 128, "aes192-gcm": 192, "aes256-gcm": 256, "aes128-cbc": 128, "aes256-cbc": 256}[content]
        space = "http://www.w3.org/2009/xmlenc11#" if content.endswith("gcm") else XENC
        method = f'<ds:DigestMethod Algorithm="{digest}"/>' if digest else ""
        template = (f'<xenc:EncryptedData xmlns:xenc="{XENC}" Type="{XENC}Element"><xenc:EncryptionMethod Algorithm="{space}{content}"/>'
                    f'<ds:KeyInfo xmlns:ds="{DS}"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="{transport}">{method}</xenc:EncryptionMethod>'
                    '<ds:KeyInfo/><xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo>'
                    '<xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedData>')
        source, form = self.keys.folder / "plain.xml", self.keys.folder / "form.xml"
        source.write_text(plain)
        form.write_text(template)
        public = self.keys.folder / f"{to}.pub"
        public.write_bytes(run("openssl", "x509", "-in", self.keys.certificate(to), "-pubkey", "-noout").stdout)
        done = run("xmlsec1", "--encrypt", "--pubkey-pem", public, "--session-key", f"aes-{size}", "--xml-data", source, form)
        assert done.returncode == 0, done.stderr.decode()
        sealed = re.sub(r"<\?xml[^>]*\?>\s*", "", done.stdout.decode())
        if beside:
            key = re.search(r"<xenc:EncryptedKey>.*</xenc:EncryptedKey>", sealed, re.S)[0]
            sealed = sealed.replace(key, "") + key.replace("<xenc:EncryptedKey>", f'<xenc:EncryptedKey xmlns:xenc="{XENC}" xmlns:ds="{DS}">')
        return f'<saml:EncryptedAssertion xmlns:saml="{SAML}">{sealed}</saml:EncryptedAssertion>'

    def signed_alone(self, key="idp", **parts):
        """An assertion signed by itself, without a response around it."""
        done = self.sign(assertion(sig=signature("#" + parts.get("id", "_a1")), **parts), "Assertion", key)
        return re.sub(r"<\?xml[^>]*\?>\s*", "", done).strip()


def verify(keys, message, request=REQUEST, sp=SP, acs=ACS, idp=IDP, certificate="idp", key=None, time=NOW, more=()):
    """jeton saml verify: (exit code, standard output, standard error)."""
    command = [BINARY, "saml", "verify", "-", "--idp", idp, "--idp-cert", keys.certificate(certificate), "--sp", sp, "--acs", acs,
               "-o", "json", "--at", time.strftime("%Y-%m-%dT%H:%M:%SZ"), *more]
    if request:
        command += ["--request-id", request]
    if key:
        command += ["--key", keys.key(key)]
    done = run(*command, input=message.encode() if isinstance(message, str) else message)
    return done.returncode, done.stdout.decode(), done.stderr.decode()

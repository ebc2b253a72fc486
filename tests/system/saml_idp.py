"""An identity provider of the tests' own: xmlsec1 signs and encrypts for it, and it says whatever a test wants said."""
import base64
import datetime
import re
import zlib
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from browser import Browser
from saml_responses import DS, SAML, SAMLP, Maker, assertion, response, run, signature

REDIRECT, POST = ("urn:oasis:names:tc:SAML:2.0:bindings:HTTP-" + name for name in ("Redirect", "POST"))
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
RSA_SHA256, ECDSA_SHA256 = (f"http://www.w3.org/2001/04/xmldsig-more#{kind}-sha256" for kind in ("rsa", "ecdsa"))
ALGORITHM_SUPPORT = "urn:oasis:names:tc:SAML:metadata:algsupport"


def now(seconds=0):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def inflate(value):
    return zlib.decompress(base64.b64decode(value), -15).decode()


def deflate(text):
    packer = zlib.compressobj(wbits=-15)
    return base64.b64encode(packer.compress(text.encode()) + packer.flush()).decode()


def certificate(text):
    return f'<ds:KeyInfo xmlns:ds="{DS}"><ds:X509Data><ds:X509Certificate>{text}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>'


def announcing(metadata, *algorithms, at="EntityDescriptor", more=""):
    """Metadata that says, for the entity or for a role, which signatures are taken there."""
    methods = "".join(f'<alg:SigningMethod xmlns:alg="{ALGORITHM_SUPPORT}" Algorithm="{algorithm}"{more}/>' for algorithm in algorithms)
    extensions = f'<md:Extensions xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">{methods}</md:Extensions>'
    return re.sub(rf"<(\w+:)?{at}\b[^>]*>", lambda tag: tag[0] + extensions, metadata, count=1)


class Idp:
    """Registered at the server under a name of its own. `key` signs."""

    HOST = "https://idp.example.net"

    def __init__(self, world, keys, key="idp", **rules):
        self.world, self.server, self.keys, self.key = world, world.server, keys, key
        self.maker, self.count = Maker(keys), 0
        self.entity = f"{self.HOST}/{world.name('idp')}"
        self.sso, self.slo = self.entity + "/sso", self.entity + "/slo"
        self.record = self.register(**rules)

    def metadata(self, key=None, entity=None, slo=None, more=""):
        return (f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="_m" entityID="{entity or self.entity}"{more}><md:IDPSSODescriptor '
                f'protocolSupportEnumeration="{SAMLP}"><md:KeyDescriptor use="signing">{certificate(self.keys.certificate_text(key or self.key))}</md:KeyDescriptor>'
                f'<md:SingleLogoutService Binding="{REDIRECT}" Location="{slo or self.slo}"/><md:SingleSignOnService Binding="{REDIRECT}" Location="{self.sso}"/>'
                '</md:IDPSSODescriptor></md:EntityDescriptor>')

    def register(self, **rules):
        rules.setdefault("attributes", {"mail": "email", "uid": "name", "department": "metadata.department"})
        answer = self.world.admin.post("/v1/saml-identity-providers", {"metadata": self.metadata(), "name": "Example Inc", **rules})
        assert answer.status == 200, answer
        return answer.json

    @property
    def us(self):
        return self.server.url + "/saml/metadata"

    @property
    def acs(self):
        return self.server.url + "/saml/acs"

    def begin(self, browser, to="/account", path=None):
        """(request ID, RelayState, the request) that the browser is sent here with."""
        page = browser.send("GET", path or "/saml/login?" + urlencode({"idp": self.record["id"], "return": to}))
        assert page.status == 303 and page.location.startswith(self.sso + "?"), page
        query = parse_qs(urlsplit(page.location).query)
        request = inflate(query["SAMLRequest"][0])
        return re.search(r' ID="([^"]+)"', request)[1], query["RelayState"][0], request

    def assertion(self, request, name="alice", format=PERSISTENT, mail=None, uid=None, department=None, id=None, session="_s1", context=None, **parts):
        self.count += 1
        told = {"mail": mail, "uid": uid, "department": department}
        values = "".join(f'<saml:Attribute Name="{k}"><saml:AttributeValue>{v}</saml:AttributeValue></saml:Attribute>' for k, v in told.items() if v)
        attributes = f"<saml:AttributeStatement>{values}</saml:AttributeStatement>" if values else ""
        parts.setdefault("statements", f'<saml:AuthnStatement AuthnInstant="{now(-5)}" SessionIndex="{session}"><saml:AuthnContext><saml:AuthnContextClassRef>'
                         f'{context or "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"}</saml:AuthnContextClassRef></saml:AuthnContext>'
                         f'</saml:AuthnStatement>{attributes}')
        defaults = {"issuer": self.entity, "not_before": now(-60), "not_on_or_after": now(300), "confirmed_until": now(300), "recipient": self.acs,
                    "in_response_to": request, "audiences": [[self.us]], "id": id or f"_a{self.world.prefix}{self.world.name('x').rsplit('-', 1)[1]}"}
        made = assertion(name_id=name, **{**defaults, **parts})
        return made.replace("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress", format)

    def signed(self, text, node="Assertion", key=None):
        element = re.search(rf'<(?:saml|samlp):{node}\b[^>]* ID="([^"]+)"', text)[1]
        at = text.index("</saml:Issuer>", text.index(f":{node}")) + len("</saml:Issuer>")
        return self.maker.sign(text[:at] + signature("#" + element) + text[at:], node, key or self.key)

    def respond(self, request, key=None, encrypt=False, sign="Assertion", outer=None, **parts):
        """A response in base64."""
        outer = {"issuer": self.entity, "destination": self.acs, "in_response_to": request, **(outer or {})}
        inner = self.assertion(request, **parts)
        if encrypt:
            inner = self.maker.encrypt(re.sub(r"<\?xml[^>]*\?>\s*", "", self.signed(inner, key=key)).strip(), to="ours")
            return self.encoded(response(inner, **outer))
        text = response(inner, **outer)
        return self.encoded(self.signed(text, sign, key) if sign else text)

    @staticmethod
    def encoded(text):
        return base64.b64encode(text.encode()).decode()

    def post(self, value, relay=None):
        """As the browser brings it from another site: without cookies. The answer, not followed."""
        form = {"SAMLResponse": value, **({"RelayState": relay} if relay is not None else {})}
        return Browser(self.server).send("POST", "/saml/acs", urlencode(form), {"Origin": self.HOST, "Sec-Fetch-Site": "cross-site"})

    def log_in(self, browser, to="/account", **parts):
        """All of it; the page it ends at."""
        request, relay, _ = self.begin(browser, to)
        page = self.post(self.respond(request, **parts), relay)
        return browser.get(page.location) if page.status == 303 else page

    # Logout.
    def signed_query(self, kind, text, relay=None, key=None):
        query = f"{kind}={quote(deflate(text), safe='')}" + (f"&RelayState={quote(relay, safe='')}" if relay is not None else "")
        query += "&SigAlg=" + quote(RSA_SHA256, safe="")
        made = run("openssl", "dgst", "-sha256", "-sign", self.keys.key(key or self.key), input=query.encode())
        assert made.returncode == 0, made.stderr
        return query + "&Signature=" + quote(base64.b64encode(made.stdout).decode(), safe="")

    def logout_request(self, name="alice", format=PERSISTENT, index="_s1", issuer=None, destination=None, issued=0, id=None, until=None):
        sessions = f"<samlp:SessionIndex>{index}</samlp:SessionIndex>" if index else ""
        end = f' NotOnOrAfter="{now(until)}"' if until is not None else ""
        id = id or self.world.name("_lr")
        return (f'<samlp:LogoutRequest xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="{id}" Version="2.0" IssueInstant="{now(issued)}"{end} '
                f'Destination="{destination or self.server.url + "/saml/slo"}"><saml:Issuer>{issuer or self.entity}</saml:Issuer>'
                f'<saml:NameID Format="{format}">{name}</saml:NameID>{sessions}</samlp:LogoutRequest>')

    def logout_response(self, request, issuer=None, destination=None, status="urn:oasis:names:tc:SAML:2.0:status:Success"):
        return (f'<samlp:LogoutResponse xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="_lo1" Version="2.0" IssueInstant="{now()}" InResponseTo="{request}" '
                f'Destination="{destination or self.server.url + "/saml/slo"}"><saml:Issuer>{issuer or self.entity}</saml:Issuer>'
                f'<samlp:Status><samlp:StatusCode Value="{status}"/></samlp:Status></samlp:LogoutResponse>')

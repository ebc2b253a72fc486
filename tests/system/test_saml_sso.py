"""Jeton as a SAML identity provider, for service providers that others wrote, unchanged."""
import base64
import html
import json
import re
import shutil
import subprocess
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from browser import Browser, person
from saml_idp import ECDSA_SHA256
from saml_responses import DS, ROOT, SAML, SAMLP, Keys, run

NPM = ROOT / "tests" / "npm" / "saml"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("sso"))


def sp_metadata(keys, entity, acs, signs=False, encrypts=False):
    certificate = f'<ds:KeyInfo xmlns:ds="{DS}"><ds:X509Data><ds:X509Certificate>{keys.certificate_text("sp")}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>'
    uses = (["signing"] if signs else []) + (["encryption"] if encrypts else [])
    descriptors = "".join(f'<md:KeyDescriptor use="{use}">{certificate}</md:KeyDescriptor>' for use in uses)
    return (f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity}"><md:SPSSODescriptor '
            f'AuthnRequestsSigned="{str(signs).lower()}" protocolSupportEnumeration="{SAMLP}">{descriptors}'
            f'<md:AssertionConsumerService Binding="{POST}" Location="{acs}" index="0" isDefault="true"/></md:SPSSODescriptor></md:EntityDescriptor>')


def metadata_of(server):
    body = server.anyone.get("/saml/metadata").body
    return body.decode() if isinstance(body, bytes) else body


class Provider:
    """A service provider by @node-saml/node-saml, registered at the server."""

    def __init__(self, world, keys, folder, signs=False, encrypts=False, post=False, unsolicited=False, **options):
        name = world.name("sp")
        self.server, self.entity, self.acs = world.server, f"https://{name}.example.com/saml", f"https://{name}.example.com/acs"
        self.record = world.admin.done("POST", "/v1/saml-service-providers", {
            "metadata": sp_metadata(keys, self.entity, self.acs, signs, encrypts), "encrypt": encrypts, "attributes": {"mail": "email", "uid": "name"},
            **{k: options.pop(k) for k in ("name_format",) if k in options}})

        metadata = metadata_of(self.server)
        config = {"post": post, "unsolicited": unsolicited, "options": {
            "callbackUrl": self.acs, "issuer": self.entity, "audience": self.entity, "entryPoint": self.server.url + "/saml/sso", "identifierFormat": None,
            "idpCert": re.search(r"X509Certificate>([^<]*)<", metadata)[1], "idpIssuer": self.server.url + "/saml/metadata", "disableRequestedAuthnContext": True,
            # Its habit of compressing forms too is not of the POST binding.
            **({"skipRequestCompression": True, "authnRequestBinding": "HTTP-POST"} if post else {}),
            **({"privateKey": keys.key("sp").read_text()} if signs else {}), **({"decryptionPvk": keys.key("sp").read_text()} if encrypts else {}), **options}}
        (folder / "sp.json").write_text(json.dumps(config))
        self.process = subprocess.Popen(["node", str(NPM / "sp.js"), str(folder / "sp.json")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.asks = json.loads(self.process.stdout.readline())

    def check(self, response):
        out, _ = self.process.communicate(response + "\n", timeout=30)
        return json.loads(out)

    def close(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def provider(world, keys, folder):
    if not (NPM / "node_modules").exists() or not shutil.which("node"):
        pytest.skip("node-saml is not installed")
    made = []

    def make(**how):
        made.append(Provider(world, keys, folder, **how))
        return made[-1]
    yield make
    for p in made:
        p.close()


def path_of(url):
    at = urlsplit(url)
    return at.path + "?" + at.query


def answer(page, provider):
    """The response in the page that the browser would post."""
    form = page.form(provider.acs)
    return form["fields"]


def test_redirect(server, world, provider):
    sp, user, browser = provider(), person(world), Browser(server)
    page = browser.get(path_of(sp.asks["url"]))
    assert "/login" in page.url
    fields = answer(browser.submit(page, "/login", username=user["name"], password="correct horse"), sp)
    assert fields["RelayState"] == "relay"
    got = sp.check(fields["SAMLResponse"])
    assert got["format"].endswith(":persistent") and got["attributes"]["uid"] == user["name"], got


def test_already_logged_in_and_pairwise(server, world, provider):
    user, browser = person(world), Browser(server)
    browser.log_in(user["name"])
    first, second = provider(), provider()
    names = [sp.check(answer(browser.get(path_of(sp.asks["url"])), sp)["SAMLResponse"])["name"] for sp in (first, second)]
    assert len(set(names)) == 2, "two service providers know a user by two names"
    assert user["id"] not in names


@pytest.mark.parametrize("how", [{"signs": True}, {"signs": True, "post": True}, {"post": True}, {"encrypts": True}, {"signs": True, "encrypts": True, "post": True}])
def test_bindings_signatures_and_encryption(server, world, provider, how):
    sp, user, browser = provider(**how), person(world), Browser(server)
    if how.get("post"):
        # As it comes from another site: without cookies.
        page = Browser(server).send("POST", "/saml/sso", urlencode({"SAMLRequest": html.unescape(sp.asks["request"]), "RelayState": "relay"}),
                                    {"Origin": "https://else.example.com", "Sec-Fetch-Site": "cross-site"})
        assert page.status == 303, page
        page = browser.get(page.location)
    else:
        page = browser.get(path_of(sp.asks["url"]))
    page = browser.submit(page, "/login", username=user["name"], password="correct horse")
    got = sp.check(answer(page, sp)["SAMLResponse"])
    assert got.get("attributes", {}).get("uid") == user["name"], got


def test_idp_initiated(server, world, provider):
    sp, user, browser = provider(unsolicited=True), person(world), Browser(server)
    browser.log_in(user["name"])
    fields = answer(browser.get("/saml/sso?" + urlencode({"sp": sp.entity, "RelayState": "there"})), sp)
    assert fields["RelayState"] == "there"
    assert sp.check(fields["SAMLResponse"])["attributes"]["uid"] == user["name"]


def test_force_and_passive(server, world, provider):
    user, browser = person(world), Browser(server)
    sp = provider(passive=True)
    got = sp.check(answer(browser.get(path_of(sp.asks["url"])), sp)["SAMLResponse"])
    assert "NoPassive" in json.dumps(got) or got.get("name") is None, got
    browser.log_in(user["name"])
    sp = provider(forceAuthn=True)
    page = browser.get(path_of(sp.asks["url"]))
    assert "/login" in page.url, "a fresh login is asked for"
    page = browser.submit(page, "/login", username=user["name"], password="correct horse")
    assert sp.check(answer(page, sp)["SAMLResponse"])["attributes"]["uid"] == user["name"]


def test_xmlsec1_finds_both_signatures_good(server, world, provider, folder):
    sp, user, browser = provider(), person(world), Browser(server)
    browser.log_in(user["name"])
    xml = base64.b64decode(answer(browser.get(path_of(sp.asks["url"])), sp)["SAMLResponse"])
    (folder / "r.xml").write_bytes(xml)
    certificate = re.search(r"X509Certificate>([^<]*)<", metadata_of(server))[1]
    (folder / "idp.pem").write_text("-----BEGIN CERTIFICATE-----\n" + "\n".join(re.findall(".{1,64}", certificate)) + "\n-----END CERTIFICATE-----\n")
    for node in ("Response", "Assertion"):
        done = run("xmlsec1", "--verify", "--pubkey-cert-pem", folder / "idp.pem", "--id-attr:ID", f"{SAMLP}:Response", "--id-attr:ID", f"{SAML}:Assertion",
                   "--node-xpath", f"//*[local-name()='{node}']/*[local-name()='Signature']", folder / "r.xml")
        assert done.returncode == 0, done.stderr.decode()


def refused(browser, query, reason, status=400):
    page = browser.get("/saml/sso?" + query)
    assert page.status == status and reason in page.parsed.text, page


def test_refused(server, world, provider, keys):
    user, browser = person(world), Browser(server)
    browser.log_in(user["name"])
    sp = provider(signs=True)
    query = urlsplit(sp.asks["url"]).query
    assert answer(browser.get("/saml/sso?" + query), sp)
    unsigned = "&".join(p for p in query.split("&") if not p.startswith(("Signature=", "SigAlg=")))
    refused(browser, unsigned, "not signed", 403)
    refused(browser, query.replace("RelayState=relay", "RelayState=other"), "no configured key")
    refused(browser, query + "&RelayState=x", "")
    refused(browser, "SAMLRequest=AAAA", "")
    refused(browser, "sp=https://nobody.example.com", "no service provider")
    refused(browser, "resume=e30.AAAA", "not the address", 403)
    world.admin.done("DELETE", "/v1/saml-service-providers/" + sp.record["id"])
    refused(browser, query, "no service provider")


def test_another_address_is_refused(server, world, provider):
    browser = Browser(server)
    sp = provider(callbackUrl="https://evil.example.com/acs")
    refused(browser, urlsplit(sp.asks["url"]).query, "not registered", 403)


def test_disabled_user(server, world, provider):
    sp, user, browser = provider(), person(world), Browser(server)
    browser.log_in(user["name"])
    world.admin.post(f"/v1/users/{user['id']}/disable", {})
    page = browser.get(path_of(sp.asks["url"]))
    assert "SAMLResponse" not in page.body


@pytest.mark.parametrize("how", [[], ["signs"], ["encrypts"], ["rsa"]])
def test_pysaml2(server, world, keys, how):
    if run("/usr/bin/python3", "-c", "import saml2").returncode != 0:
        pytest.skip("python3-pysaml2 is not installed")
    name = world.name("sp")
    entity, acs = f"https://{name}.example.com/saml", f"https://{name}.example.com/acs"
    script = ROOT / "tests" / "system" / "saml_pysaml2_sp.py"
    with open(keys.folder / "pysaml2.log", "wb") as log, subprocess.Popen(
            ["/usr/bin/python3", str(script), str(keys.folder), entity, acs, *how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True) as sp:
        def told(line=""):
            sp.stdin.write(line + "\n")
            sp.stdin.flush()
            out = sp.stdout.readline()
            assert out, (keys.folder / "pysaml2.log").read_text()
            return json.loads(out)
        assert json.loads(sp.stdout.readline()) == {}
        record = world.admin.done("POST", "/v1/saml-service-providers", {"metadata": (keys.folder / "sp.xml").read_text(), "encrypt": "encrypts" in how,
                                                                         "attributes": {"uid": "name"}, **({"signature_algorithm": "rsa"} if "rsa" in how else {})})
        # Its metadata announces all that its xmlsec1 has.
        assert record["signed_with"] == ("rsa" if "rsa" in how else "ecdsa")
        (keys.folder / "idp.xml").write_text(metadata_of(server))
        user, browser = person(world), Browser(server)
        page = browser.submit(browser.get(path_of(told()["url"])), "/login", username=user["name"], password="correct horse")
        fields = page.form(acs)["fields"]
        assert fields["RelayState"] == "relay"
        assert (ECDSA_SHA256 in base64.b64decode(fields["SAMLResponse"]).decode()) == (record["signed_with"] == "ecdsa")
        assert told(fields["SAMLResponse"])["attributes"]["uid"] == [user["name"]]

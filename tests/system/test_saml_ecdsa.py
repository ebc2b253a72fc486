"""Signatures by ECDSA, for the service providers whose metadata announces them and for no others. xmlsec1 and openssl hold them."""
import base64
import re
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest

from browser import Browser, person
from saml_idp import ECDSA_SHA256, POST, RSA_SHA256, announcing, deflate
from saml_responses import BINARY, SAML, SAMLP, Keys, run
from server import World
from test_saml_logout import Sp, answer_of, inside, log_out, refused, relogged
from test_saml_sso import metadata_of

ECDSA_SHA384 = ECDSA_SHA256.replace("256", "384")
RSA, ECDSA = {RSA_SHA256}, {ECDSA_SHA256}


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("ecdsa"))


@pytest.fixture
def sp(world, keys):
    def make(*algorithms, at="SPSSODescriptor", more="", **how):
        class Announcing(Sp):
            @staticmethod
            def described(metadata):
                return announcing(metadata, *algorithms, at=at, more=more) if algorithms else metadata
        return Announcing(world, keys, **how)
    return make


@pytest.fixture
def browser(server, world):
    browser = Browser(server)
    browser.user = person(world)
    browser.log_in(browser.user["name"])
    return browser


class Certificates:
    """Those that our metadata says we sign with, by the kind of their key and in their order."""

    def __init__(self, server, folder):
        self.rsa, self.ecdsa, found = [], [], []
        role = re.search(r"<md:IDPSSODescriptor.*?</md:IDPSSODescriptor>", metadata_of(server), re.S)[0]
        for text in re.findall(r'use="signing">.*?X509Certificate>([^<]*)<', role):
            at = folder / f"certificate-{len(list(folder.glob('certificate-*')))}.pem"
            at.write_text("-----BEGIN CERTIFICATE-----\n" + "\n".join(re.findall(".{1,64}", text)) + "\n-----END CERTIFICATE-----\n")
            of_ec = b"id-ecPublicKey" in run("openssl", "x509", "-in", at, "-text", "-noout").stdout
            (self.ecdsa if of_ec else self.rsa).append(at)
            found.append(of_ec)
        assert found == sorted(found), "RSA comes first"


def methods(xml):
    return set(re.findall(r'SignatureMethod Algorithm="([^"]+)"', xml))


def good(xml, node, certificate, folder):
    """Whether xmlsec1 finds the signature right below the element good."""
    (folder / "message.xml").write_text(xml)
    ids = [word for name in (f"{SAMLP}:Response", f"{SAML}:Assertion", f"{SAMLP}:LogoutRequest", f"{SAMLP}:LogoutResponse") for word in ("--id-attr:ID", name)]
    return run("xmlsec1", "--verify", "--pubkey-cert-pem", certificate, *ids, "--node-xpath", f"//*[local-name()='{node}']/*[local-name()='Signature']",
               folder / "message.xml").returncode == 0


def der(raw):
    """ECDSA-Sig-Value of r||s: the form that openssl reads."""
    def integer(octets):
        n = int.from_bytes(octets, "big")
        return b"\x02" + bytes([n.bit_length() // 8 + 1]) + n.to_bytes(n.bit_length() // 8 + 1, "big")
    body = integer(raw[:len(raw) // 2]) + integer(raw[len(raw) // 2:])
    return b"\x30" + bytes([len(body)]) + body


def raw(signature):
    """r||s of ECDSA-Sig-Value."""
    first = signature[4:4 + signature[3]]
    second = signature[6 + signature[3]:]
    return b"".join(int.from_bytes(n, "big").to_bytes(32, "big") for n in (first, second))


def good_query(url, certificate, folder):
    """The same of a redirect's signature, over the octets of the query."""
    octets, signature = urlsplit(url).query.split("&Signature=")
    assert parse_qs(octets)["SigAlg"] == [ECDSA_SHA256]
    (folder / "signature").write_bytes(der(base64.b64decode(unquote(signature))))
    (folder / "public.pem").write_bytes(run("openssl", "x509", "-in", certificate, "-pubkey", "-noout").stdout)
    return run("openssl", "dgst", "-sha256", "-verify", folder / "public.pem", "-signature", folder / "signature", input=octets.encode()).returncode == 0


@pytest.mark.parametrize("at", ["EntityDescriptor", "SPSSODescriptor"])
def test_who_announces_it_gets_it(server, sp, browser, folder, at):
    app = sp(RSA_SHA256, ECDSA_SHA256, at=at).enter(browser)
    assert app.record["signed_with"] == "ecdsa" and app.record["signature_algorithm"] == "announced"
    assert methods(app.response) == ECDSA
    ours = Certificates(server, folder)
    assert len(ours.rsa) == len(ours.ecdsa) == 2, "the key that signs, and the next one"
    for node in ("Response", "Assertion"):
        assert good(app.response, node, ours.ecdsa[0], folder)
        assert not good(app.response, node, ours.ecdsa[1], folder) and not good(app.response, node, ours.rsa[0], folder)


@pytest.mark.parametrize("said", [{}, {"algorithms": [RSA_SHA256]}, {"algorithms": [ECDSA_SHA384]}, {"algorithms": [ECDSA_SHA256], "more": ' MinKeySize="384"'}])
def test_who_does_not_gets_rsa(server, sp, browser, folder, said):
    app = sp(*said.get("algorithms", []), more=said.get("more", "")).enter(browser)
    assert app.record["signed_with"] == "rsa" and methods(app.response) == RSA
    assert all(good(app.response, node, Certificates(server, folder).rsa[0], folder) for node in ("Response", "Assertion"))


def test_what_is_said_by_hand_counts(server, world, sp, browser, folder):
    silent, loud = sp(), sp(ECDSA_SHA256)
    path = "/v1/saml-service-providers/"

    def cli(app, *words, code=0):
        done = run(BINARY, "saml", "sp", "update", app.record["id"], *words, "--data", server.data, "-o", "json")
        assert done.returncode == code, done.stderr
    cli(silent, "--sign-with", "ecdsa")
    assert methods(silent.enter(browser).response) == ECDSA
    cli(loud, "--sign-with", "rsa")
    assert methods(loud.enter(browser).response) == RSA
    # The rest of the record stays what it was; so it does where something else is changed.
    cli(loud, "--attribute", "uid=name")
    shown = world.admin.done("GET", path + loud.record["id"])
    assert (shown["signature_algorithm"], shown["signed_with"], shown["attributes"]) == ("rsa", "rsa", {"uid": "name"})
    cli(loud, "--sign-with", "announced")
    assert methods(loud.enter(browser).response) == ECDSA
    assert world.admin.done("GET", path + loud.record["id"])["attributes"] == {"uid": "name"}
    cli(loud, "--sign-with", "dsa", code=2)
    assert world.admin.patch(path + loud.record["id"], {"signature_algorithm": "ES256"}).status == 422
    assert world.admin.patch(path + "sp_" + 26 * "0", {"signature_algorithm": "rsa"}).status == 404
    (folder / "sp.xml").write_text(silent.metadata_text)
    assert run(BINARY, "saml", "sp", "create", folder / "sp.xml", "--sign-with", "ecdsa", "--data", server.data).returncode == 0
    assert methods(silent.enter(browser).response) == ECDSA


def test_logout_by_redirect(server, sp, browser, folder):
    app = sp(ECDSA_SHA256).enter(browser)
    page, _ = log_out(browser)
    assert page.location.startswith(app.slo + "?") and good_query(page.location, Certificates(server, folder).ecdsa[0], folder), page
    app.enter(relogged(browser))
    page = app.ask(browser)
    answer_of(page, app)
    assert good_query(page.location, Certificates(server, folder).ecdsa[0], folder)


def test_logout_by_post(server, sp, browser, folder):
    app, certificate = sp(ECDSA_SHA256, binding=POST).enter(browser), Certificates(server, folder).ecdsa[0]
    page, _ = log_out(browser)
    xml = base64.b64decode(page.form(app.slo)["fields"]["SAMLRequest"]).decode()
    assert methods(xml) == ECDSA and good(xml, "LogoutRequest", certificate, folder)
    app.enter(relogged(browser))
    xml = base64.b64decode(app.ask(browser).form(app.slo + "/done")["fields"]["SAMLResponse"]).decode()
    assert methods(xml) == ECDSA and good(xml, "LogoutResponse", certificate, folder)


def test_keys_roll_over(own_server, keys, folder):
    """Whoever fetched the metadata before holds what is signed after, for each of the two kinds by itself."""
    server = own_server()
    world = World(server)
    browser, user = Browser(server), person(world)
    browser.log_in(user["name"])

    class Announcing(Sp):
        described = staticmethod(lambda metadata: announcing(metadata, ECDSA_SHA256))
    loud, silent = Announcing(world, keys), Sp(world, keys)
    before = Certificates(server, folder)
    world.admin.created("/v1/keys/rotate", {"alg": "ES256"})
    response = loud.enter(browser).response
    assert good(response, "Assertion", before.ecdsa[1], folder) and not good(response, "Assertion", before.ecdsa[0], folder)
    assert good(silent.enter(browser).response, "Assertion", before.rsa[0], folder)
    after = Certificates(server, folder)
    assert after.ecdsa[0].read_text() == before.ecdsa[1].read_text() and after.ecdsa[1].read_text() not in [c.read_text() for c in before.ecdsa]
    assert [c.read_text() for c in after.rsa] == [c.read_text() for c in before.rsa]
    world.admin.created("/v1/keys/rotate", {"alg": "RS256"})
    assert good(silent.enter(browser).response, "Assertion", before.rsa[1], folder)
    assert good(loud.enter(browser).response, "Assertion", after.ecdsa[0], folder)


def signed(app, text, key, algorithm, form=lambda signature: signature):
    octets = f"SAMLRequest={quote(deflate(text), safe='')}&SigAlg={quote(algorithm, safe='')}"
    made = run("openssl", "dgst", "-sha256", "-sign", app.keys.key(key), input=octets.encode())
    assert made.returncode == 0, made.stderr
    return "/saml/slo?" + octets + "&Signature=" + quote(base64.b64encode(form(made.stdout)).decode(), safe="")


def test_an_algorithm_is_its_keys(server, sp, browser):
    of_rsa, of_ec = sp(key="sp").enter(browser), sp(key="ec").enter(browser)
    why = "no configured key"
    for app, key, other in ((of_rsa, "sp", ECDSA_SHA256), (of_ec, "ec", RSA_SHA256)):
        for form in (lambda s: s, raw) if key == "ec" else (lambda s: s,):
            refused(browser.send("GET", signed(app, app.request(), key, other, form)), why)
    refused(browser.send("GET", signed(of_ec, of_ec.request(), "sp", RSA_SHA256)), why)
    refused(browser.send("GET", signed(of_rsa, of_rsa.request(), "ec", ECDSA_SHA256, raw)), why)
    refused(browser.send("GET", signed(of_ec, of_ec.request(), "ec", ECDSA_SHA384, raw)), why)
    refused(browser.send("GET", signed(of_ec, of_ec.request(), "ec", ECDSA_SHA256)), why)  # In DER: not the form of XML Signature.
    refused(browser.send("GET", signed(of_ec, of_ec.request(), "ec", ECDSA_SHA256, lambda s: bytes(64))), why)
    refused(browser.send("GET", signed(of_ec, of_ec.request(), "ec", "http://www.w3.org/2000/09/xmldsig#rsa-sha1")), "signature algorithm")
    assert inside(browser)
    page = browser.send("GET", signed(of_ec, of_ec.request(), "ec", ECDSA_SHA256, raw))
    assert page.status == 303 and not inside(browser), "its good twin"


def test_ours_says_what_we_verify(server):
    text = metadata_of(server)
    head = text[:text.index("<md:IDPSSODescriptor")]
    for uri in (RSA_SHA256, ECDSA_SHA256):
        assert f'<alg:SigningMethod xmlns:alg="urn:oasis:names:tc:SAML:metadata:algsupport" Algorithm="{uri}">' in head
    assert "sha1" not in text

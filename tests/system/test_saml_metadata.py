"""Metadata at an address: fetched under a guard, fetched again, and believed no further than its signature goes."""
import http.server
import re
import threading

import pytest

from browser import Browser
from saml_idp import Idp, certificate
from saml_responses import Keys, run, signature
from server import World
from waiting import until


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("metadata"))


class Address:
    """What is at an address; a test changes it."""

    def __init__(self):
        self.text, self.status, self.location, self.asked = "", 200, None, 0
        outer = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked += 1
                self.send_response(outer.status)
                if outer.location:
                    self.send_header("Location", outer.location)
                self.end_headers()
                self.wfile.write(outer.text.encode())

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server.server_port}/metadata"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def holds(self, text):
        """Set, and asked for twice since: what was there at the second time has been looked at."""
        self.text = text
        before = self.asked
        until(lambda: self.asked >= before + 2, 20, "the server to ask again")


@pytest.fixture
def address():
    a = Address()
    yield a
    a.server.shutdown()
    a.server.server_close()


@pytest.fixture
def world(own_server):
    return World(own_server({"outbound.allow": "127.0.0.1", "saml.metadata_refresh": "1s"}))


class Fetched(Idp):
    def __init__(self, world, keys, address, certificate=None):
        self.address, self.trusted = address, certificate
        super().__init__(world, keys, create_users=True)

    def signed_metadata(self, signer="idp", **parts):
        text = self.metadata(**parts)
        at = text.index("><md:IDPSSODescriptor") + 1
        target = self.keys.folder / "metadata.xml"
        target.write_text(text[:at] + signature("#_m") + text[at:])
        done = run("xmlsec1", "--sign", "--privkey-pem", self.keys.key(signer), "--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor", target)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

    def register(self, **rules):
        self.address.text = self.signed_metadata(self.trusted or "idp")
        body = {"metadata_url": self.address.url, "attributes": {"uid": "name"}, **rules}
        if self.trusted:
            body["metadata_certificate"] = self.keys.certificate(self.trusted).read_text()
        return self.world.admin.done("POST", "/v1/saml-identity-providers", body)

    def shown(self):
        return self.world.admin.done("GET", "/v1/saml-identity-providers/" + self.record["id"])

    def lets_in(self, key):
        name = self.world.name("u")
        return self.log_in(Browser(self.server), name=name, uid=name, key=key).status == 200


def test_a_key_rolls_over_under_the_known_one(world, keys, address):
    idp = Fetched(world, keys, address)
    assert idp.shown()["metadata_url"] == address.url and idp.shown()["metadata_trouble"] is None
    assert idp.lets_in("idp") and not idp.lets_in("other")
    # Both, signed by the known one; then the new one alone, signed by itself: it is known by now.
    both = idp.metadata().replace("</md:KeyDescriptor>", f'</md:KeyDescriptor><md:KeyDescriptor use="signing">{certificate(keys.certificate_text("other"))}</md:KeyDescriptor>', 1)
    idp.metadata, single = lambda **parts: both, idp.metadata
    address.holds(idp.signed_metadata())
    assert idp.lets_in("idp") and idp.lets_in("other")
    idp.metadata = lambda **parts: single(key="other")
    address.holds(idp.signed_metadata("other"))
    assert idp.lets_in("other") and not idp.lets_in("idp")


@pytest.mark.parametrize("how,why", [("unsigned", "not signed"), ("another's", ""), ("another entity", "another entity"), ("over", "not valid any more"),
                                     ("nothing", "not 200"), ("redirect", "not 200"), ("huge", "too large"), ("noise", "")])
def test_who_has_the_address_alone_changes_nothing(world, keys, address, how, why):
    idp = Fetched(world, keys, address)
    evil = idp.metadata(key="other", slo="https://evil.example/slo")
    idp.metadata, single = lambda **parts: evil, idp.metadata
    if how == "unsigned":
        bad = evil
    elif how == "another's":
        bad = idp.signed_metadata("other")
    elif how == "another entity":
        idp.metadata = lambda **parts: single(entity="https://else.example")
        bad = idp.signed_metadata()
    elif how == "over":
        idp.metadata = lambda **parts: single(more=' validUntil="2020-01-01T00:00:00Z"')
        bad = idp.signed_metadata()
    else:
        bad = {"nothing": "", "redirect": "", "huge": "x" * (300 << 10), "noise": "<a/>"}[how]
    address.status = {"nothing": 404, "redirect": 302}.get(how, 200)
    address.location = address.url if how == "redirect" else None
    address.holds(bad)
    assert idp.lets_in("idp") and not idp.lets_in("other")
    trouble = idp.shown()["metadata_trouble"]
    assert trouble and why in trouble
    # Its good twin heals it.
    idp.metadata, address.status, address.location = single, 200, None
    address.holds(idp.signed_metadata())
    assert idp.shown()["metadata_trouble"] is None and idp.lets_in("idp")


def test_under_a_certificate_of_its_own(world, keys, address):
    idp = Fetched(world, keys, address, certificate="sp")
    idp.metadata, single = lambda **parts: single(key="other"), idp.metadata
    # Not even the entity's own key speaks for it now.
    address.holds(idp.signed_metadata("idp"))
    assert idp.lets_in("idp") and not idp.lets_in("other")
    address.holds(idp.signed_metadata("sp"))
    assert idp.lets_in("other") and not idp.lets_in("idp")
    address.text = idp.signed_metadata("other")
    answer = world.admin.post("/v1/saml-identity-providers", {"metadata_url": address.url, "metadata_certificate": keys.certificate("sp").read_text()})
    assert answer.status == 422 or answer.status == 403, answer


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "https://127.0.0.1/x", "https://10.0.0.1/x", "https://[::1]/x", "https://[::ffff:127.0.0.1]/x", "https://2130706433/x",
                                 "file:///etc/passwd", "gopher://127.0.0.1/", "https://user@example.com/x", "http://example.com/x", "https://localhost/x"])
def test_the_guard(own_server, address, url):
    admin = own_server().admin
    answer = admin.post("/v1/saml-identity-providers", {"metadata_url": url})
    assert answer.status == 422 and "metadata_url" in answer.json["detail"], answer
    assert admin.post("/v1/saml-identity-providers", {"metadata_url": address.url}).status == 422 and address.asked == 0


def test_a_service_provider_by_address(world, keys, address):
    from test_saml_sso import sp_metadata
    address.text = sp_metadata(keys, "https://app.example.com/saml", "https://app.example.com/acs", signs=True)
    made = world.admin.done("POST", "/v1/saml-service-providers", {"metadata_url": address.url})
    assert made["metadata_url"] == address.url and made["consumers"] == ["https://app.example.com/acs"]
    address.holds(sp_metadata(keys, "https://app.example.com/saml", "https://evil.example.com/acs", signs=True))
    shown = world.admin.done("GET", "/v1/saml-service-providers/" + made["id"])
    assert shown["consumers"] == ["https://app.example.com/acs"] and shown["metadata_trouble"]


def test_commands(own_server, keys, folder, address):
    from saml_responses import BINARY
    from test_saml_sso import sp_metadata
    server = own_server({"outbound.allow": "127.0.0.1"})

    def jeton(*words, code=0, **more):
        done = run(BINARY, *words, "--data", server.data, **more)
        assert done.returncode == code, (words, done.stdout, done.stderr)
        return done.stdout.decode()
    ours = jeton("saml", "metadata")
    assert f'entityID="{server.url}/saml/metadata"' in ours and "IDPSSODescriptor" in ours and "SPSSODescriptor" in ours and ours.count("<md:SingleLogoutService") == 4
    (folder / "idp.xml").write_text(ours)
    pem = "\n".join(re.findall(".{1,64}", re.search(r"X509Certificate>([^<]*)<", ours)[1]))
    (folder / "idp.pem").write_text(f"-----BEGIN CERTIFICATE-----\n{pem}\n-----END CERTIFICATE-----\n")
    done = run("xmlsec1", "--verify", "--pubkey-cert-pem", folder / "idp.pem", "--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor", folder / "idp.xml")
    assert done.returncode == 0, done.stderr
    idp = Idp.__new__(Idp)
    idp.entity, idp.sso, idp.slo, idp.keys, idp.key = "https://idp.example.net/x", "https://idp.example.net/sso", "https://idp.example.net/slo", keys, "idp"
    (folder / "up.xml").write_text(idp.metadata())
    made = jeton("saml", "idp", "create", folder / "up.xml", "--name", "Up", "--attribute", "mail=email", "--create-users", "--email-domain", "example.com", "--quiet").strip()
    assert made.startswith("idp_") and made in jeton("saml", "idp", "list") and "example.com" in jeton("saml", "idp", "show", made)
    jeton("saml", "idp", "delete", made)
    jeton("saml", "idp", "show", made, code=6)
    (folder / "sp.xml").write_text(sp_metadata(keys, "https://app.example.com/saml", "https://app.example.com/acs"))
    made = jeton("saml", "sp", "create", folder / "sp.xml", "--attribute", "uid=name", "--quiet").strip()
    assert made.startswith("sp_") and made in jeton("saml", "sp", "list")
    jeton("saml", "sp", "delete", made)
    jeton("saml", "sp", "show", made, code=6)
    address.text = sp_metadata(keys, "https://far.example.com/saml", "https://far.example.com/acs")
    far = jeton("saml", "sp", "create", address.url, "--quiet").strip()
    assert address.url in jeton("saml", "sp", "show", far)
    jeton("saml", "sp", "create", folder / "sp.xml", "--metadata-certificate", keys.certificate("sp"), code=2)

"""Whole products, as Debian has them and unchanged: SimpleSAMLphp logs people in here, Apache's two SAML modules let them in there. In and out."""
import base64
import re

import pytest

import chromium
import saml_apache
import saml_simplesamlphp
from browser import person
from saml_responses import Keys
from test_saml_sso import metadata_of
from waiting import until
from web import Web

ATTRIBUTES = {"uid": "name", "mail": "email", "department": "metadata.department"}


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("sites"))


@pytest.fixture
def simplesamlphp(server, world, keys, processes, folder):
    if not saml_simplesamlphp.installed():
        pytest.skip("simplesamlphp is not installed")

    def start(**how):
        user = world.name("php")
        peer = saml_simplesamlphp.SimpleSamlPhp(processes, folder, keys, metadata_of(server), user, **how)
        metadata = peer.metadata(Web())
        peer.user, peer.record = user, world.admin.done("POST", "/v1/saml-identity-providers", {
            "metadata": metadata, "name": "SimpleSAMLphp", "attributes": ATTRIBUTES, "create_users": True, "email_domains": ["example.com"]})
        return peer
    return start


def test_in_by_simplesamlphp_and_out(server, world, simplesamlphp):
    peer, web = simplesamlphp(), Web()
    page = web.get(f"{server.url}/saml/login?idp={peer.record['id']}&return=/account")
    page = web.submit(page, web.form_with(page, "username", "password"), username="alice", password="correct")
    assert page.status == 200 and page.path == "/account" and peer.user in page.parsed.text, (page, web.trail)
    user = world.admin.done("GET", f"/v1/users/{peer.user}")
    assert user["email"] == f"{peer.user}@example.com" and user["metadata"] == {"department": "ops"}
    # Out there as well: a new login asks for the password again.
    page = web.submit(page, next(f for f in page.parsed.forms if f["fields"].get("do") == "end-session"))
    assert page.path == "/saml/slo" and "You are logged out." in page.parsed.text, (page, web.trail)
    page = web.get(f"{server.url}/saml/login?idp={peer.record['id']}")
    assert web.form_with(page, "username", "password")


def test_its_encryption_is_refused(server, world, simplesamlphp):
    """It knows no other cipher than AES-CBC, which lets who changes it learn of what is inside."""
    peer, web = simplesamlphp(encrypt=True), Web()
    page = web.get(f"{server.url}/saml/login?idp={peer.record['id']}&return=/account")
    page = web.submit(page, web.form_with(page, "username", "password"), username="alice", password="correct")
    assert page.status == 403 and "content encryption other than AES-GCM" in page.parsed.text, page
    assert world.admin.get(f"/v1/users/{peer.user}").status == 404


def test_out_by_simplesamlphp(server, world, simplesamlphp):
    peer, web = simplesamlphp(), Web()
    page = web.get(f"{server.url}/saml/login?idp={peer.record['id']}&return=/account")
    page = web.submit(page, web.form_with(page, "username", "password"), username="alice", password="correct")
    assert page.path == "/account", page
    web.get(f"{peer.url}/saml2/idp/SingleLogoutService.php?ReturnTo={peer.url}/")
    assert f"POST {server.url}/saml/slo" in " ".join(web.trail) or f"GET {server.url}/saml/slo" in " ".join(web.trail), web.trail
    assert web.get(server.url + "/account").path == "/login"


@pytest.fixture
def apache(server, world, keys, processes, folder):
    def start(kind, signature="announced"):
        if not saml_apache.installed({"mellon": "mod_auth_mellon", "shib": "mod_shib"}[kind]):
            pytest.skip(f"{kind} is not installed")
        peer = saml_apache.Apache(kind, processes, folder, keys, metadata_of(server), server.url + "/saml/metadata")
        metadata = peer.metadata(Web())
        peer.record = world.admin.done("POST", "/v1/saml-service-providers", {"metadata": metadata, "attributes": {"uid": "name"}, "encrypt": kind == "shib",
                                                                              "signature_algorithm": signature})
        return peer
    return start


# Shibboleth's own metadata announces ECDSA; mellon's says nothing, and its library verifies nothing but RSA.
SIGNED = [("mellon", "announced", "rsa"), ("shib", "announced", "ecdsa"), ("shib", "rsa", "rsa")]


def signatures(server, user, peer):
    """What a response for there is signed with."""
    web = Web()
    page = web.get(server.url + "/login")
    web.submit(page, web.form_with(page, "username", "password"), username=user["name"], password="correct horse")
    page = web.send("GET", f"{server.url}/saml/sso?sp={peer.record['id']}")
    xml = base64.b64decode(web.form_with(page, "SAMLResponse")["fields"]["SAMLResponse"]).decode()
    return set(re.findall(r'<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#(\w+)-sha256"', xml))


@pytest.mark.parametrize("kind,said,signed", SIGNED)
def test_in_to_apache_and_out(server, world, apache, kind, said, signed):
    peer, user, web = apache(kind, said), person(world), Web()
    assert peer.record["signed_with"] == signed, peer.record
    page = web.get(peer.url + "/private/")
    assert page.path == "/login", (page, web.trail)
    page = web.submit(page, web.form_with(page, "username", "password"), username=user["name"], password="correct horse")
    assert page.status == 200 and page.body == "inside\n" and page.headers["X-Uid"] == user["name"], (page, dict(page.headers), web.trail)
    assert signatures(server, user, peer) == {signed}
    # Out from there: here too.
    page = web.get(peer.logout())
    assert page.status == 200 and f"GET {server.url}/saml/slo 303" in web.trail, (page, web.trail)
    assert web.get(server.url + "/account").path == "/login"
    assert web.get(peer.url + "/private/").path == "/login"


@pytest.mark.parametrize("kind,said,signed", SIGNED)
def test_out_from_here(server, world, apache, kind, said, signed):
    peer, user, web = apache(kind, said), person(world), Web()
    page = web.get(peer.url + "/private/")
    page = web.submit(page, web.form_with(page, "username", "password"), username=user["name"], password="correct horse")
    assert page.body == "inside\n", (page, web.trail)
    page = web.get(server.url + "/account")
    page = web.submit(page, next(f for f in page.parsed.forms if f["fields"].get("do") == "end-session"))
    assert page.path == "/saml/slo" and "You are logged out." in page.parsed.text, (page, web.trail)
    assert web.get(peer.url + "/private/").path == "/login", "the session there has ended"


@pytest.mark.skipif(not chromium.FOUND, reason="chromium or its driver is not installed")
def test_both_ways_in_chromium(server, world, simplesamlphp, apache, processes, folder):
    upstream, site = simplesamlphp(), apache("mellon")
    browser = chromium.Chromium(processes, folder)
    try:
        # Into the site, by us, by SimpleSAMLphp: three sites, two of them another site to the browser than the third.
        browser.go(site.url + "/private/")
        until(lambda: "/login" in browser.url, 20, "our login page")
        browser.press(f'a[href*="{upstream.record["id"]}"]')
        until(lambda: "loginuserpass" in browser.url, 20, "SimpleSAMLphp's login page")
        browser.type("input[name=username]", "alice")
        browser.type("input[name=password]", "correct")
        browser.press("[type=submit]")
        until(lambda: browser.url == site.url + "/private/" and "inside" in browser.source, 30, "the site")
        assert world.admin.done("GET", f"/v1/users/{upstream.user}")
        # And out of all three, from our account page.
        browser.go(server.url + "/account")
        browser.press("form.inline button")
        until(lambda: "You are logged out." in browser.source, 30, "the end of the round")
        browser.go(site.url + "/private/")
        until(lambda: "/login" in browser.url, 20, "our login page")
        browser.press(f'a[href*="{upstream.record["id"]}"]')
        until(lambda: "loginuserpass" in browser.url, 20, "SimpleSAMLphp's login page")
        assert browser.complaints() == []
    finally:
        browser.close()

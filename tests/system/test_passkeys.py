"""Passkeys: in Chromium with an authenticator of its own, and by hand with answers that no good authenticator gives."""
import base64
import concurrent.futures
import hashlib
import html
import itertools
import json
import re
import secrets
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from browser import Browser, person
from chromium import FOUND, Chromium, log_in
from server import World
from waiting import until


def b64(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


@pytest.fixture
def site(own_server):
    """A server that is reached by a name: browsers have no passkeys for addresses."""
    s = own_server()
    s.settings["issuer"] = s.origin = f"http://localhost:{s.port}"
    s.restart()
    return s


class Authenticator:
    """A software authenticator that says what it is told to."""

    def __init__(self):
        self.key, self.id, self.counter, self.user = Ed25519PrivateKey.generate(), secrets.token_bytes(32), 0, b""

    def client_data(self, kind, challenge, origin):
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()

    def data(self, rp_id, flags):
        self.counter += 1
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big")

    def create(self, options, origin, flags=0x45):
        self.user = options["user"]["id"]
        x = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        data = self.data(options["rp"]["id"], flags) + bytes(16) + len(self.id).to_bytes(2, "big") + self.id + bytes.fromhex("a4010103272006215820") + x
        head = bytes.fromhex("a363666d74646e6f6e656761747453746d74a068617574684461746158")
        return {"client_data": b64(self.client_data("webauthn.create", options["challenge"], origin)), "object": b64(head + bytes([len(data)]) + data)}

    def get(self, options, origin, flags=0x05, **other):
        client, data = self.client_data("webauthn.get", options["challenge"], origin), self.data(options["rpId"], flags)
        said = {"credential": b64(self.id), "user_handle": self.user, "client_data": b64(client), "authenticator_data": b64(data),
                "signature": b64(self.key.sign(data + hashlib.sha256(client).digest()))}
        return {**said, **other}


CREATE, GET = "/account/passkeys", "/login/passkey"


def options_of(page):
    return json.loads(html.unescape(re.search(r'data-options="([^"]*)"', page.body).group(1)))


def add(browser, key, origin=None, **more):
    page = browser.get(CREATE)
    return browser.submit(page, CREATE, **{**key.create(options_of(page), origin or browser.server.origin), "name": "laptop", **more})


# Guessing slows its own network down: who is refused for another reason comes from one that is fresh.
networks = itertools.count(1)


def newcomer(site):
    return Browser(site, source=f"127.{next(networks)}.0.1")


def enter(site, key, **more):
    browser = newcomer(site)
    page = browser.get("/login")
    answer = key.get(options_of(page), site.origin)
    return browser, browser.submit(page, GET, **{**answer, **more})


@pytest.fixture
def owner(site):
    user, browser = person(World(site)), Browser(site)
    browser.log_in(user["name"])
    key = Authenticator()
    page = add(browser, key)
    assert page.path == "/account" and "laptop" in page.parsed.text
    return user, browser, key


def refused(browser, page):
    return page.status == 403 and browser.session is None


def test_a_passkey_logs_in_by_itself_and_counts_as_two_factors(site, owner):
    user, browser, key = owner
    other, page = enter(site, key)
    assert page.path == "/account" and user["name"] in page.parsed.text and other.session
    shown = World(site).admin.shown(f"/v1/sessions?user={user['id']}")["items"]
    assert ["pop", "user"] in [s["methods"] for s in shown]
    assert "last used" in page.parsed.text
    actions = [e["action"] for e in World(site).admin.shown("/v1/audit")["items"]]
    assert "user.add_passkey" in actions


def test_a_challenge_is_used_once_and_by_its_own_browser(site, owner):
    _, _, key = owner
    browser = Browser(site)
    page = browser.get("/login")
    answer = key.get(options_of(page), site.origin)
    other = Browser(site)
    assert refused(other, other.submit(other.get("/login"), GET, **{**answer, "challenge": page.form(GET)["fields"]["challenge"]}))
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        def one(_):
            b = Browser(site)
            b.cookies = dict(browser.cookies)
            return b.submit(page, GET, **answer), b
        tried = list(pool.map(one, range(20)))
    assert sum(b.session is not None for _, b in tried) == 1
    again = newcomer(site)
    again.cookies = dict(browser.cookies)
    assert refused(again, again.submit(page, GET, **key.get(options_of(page), site.origin)))


def test_what_no_good_authenticator_says_is_refused(site, owner):
    _, _, key = owner

    def get(origin=None, flags=0x05, rp=None, **more):
        browser = newcomer(site)
        page = browser.get("/login")
        options = options_of(page)
        return refused(browser, browser.submit(page, GET, **{**key.get({**options, "rpId": rp or options["rpId"]}, origin or site.origin, flags), **more}))
    assert get(origin="http://localhost:1") and get(origin=site.origin.replace("http:", "https:")) and get(rp="evil.example")
    assert get(flags=0x01) and get(flags=0x04) and get(signature=b64(bytes(64)))
    assert get(credential=b64(secrets.token_bytes(32))) and get(user_handle="") and get(user_handle=b64(b"usr_another"))
    stranger = Authenticator()
    stranger.id, stranger.user = key.id, key.user
    assert refused(*enter(site, stranger))


def test_a_copied_key_is_found_by_its_counter(site, owner):
    user, _, key = owner
    assert enter(site, key)[0].session
    key.counter -= 1
    browser, page = enter(site, key)
    assert refused(browser, page)
    assert "login.cloned_passkey" in [e["action"] for e in World(site).admin.shown("/v1/audit")["items"]]
    assert enter(site, key)[0].session


def test_a_disabled_user_and_a_removed_passkey_log_nobody_in(site, owner):
    user, browser, key = owner
    admin = World(site).admin
    page = browser.get("/account")
    form = next(f for f in page.parsed.forms if f["fields"].get("do") == "remove-passkey")
    stranger = Browser(site)
    other = person(World(site))
    stranger.log_in(other["name"])
    mine = stranger.get("/account").parsed.forms[0]["fields"]["csrf"]
    assert stranger.send("POST", "/account", urlencode({**form["fields"], "csrf": mine})).status == 404
    assert enter(site, key)[0].session
    browser.follow(browser.send("POST", "/account", urlencode(form["fields"])))
    assert refused(*enter(site, key))
    fresh = Authenticator()
    assert add(browser, fresh).path == "/account"
    assert enter(site, fresh)[0].session
    admin.done("POST", f"/v1/users/{user['id']}/disable", {})
    assert refused(*enter(site, fresh))


def test_a_passkey_is_added_once_and_by_a_good_answer(site, owner):
    _, browser, key = owner
    assert add(browser, key).status == 403
    another = Authenticator()
    assert add(browser, another, origin="http://evil.example").status == 403
    assert add(browser, another, object=b64(b"\xa0")).status == 403 and add(browser, another, name="").status == 403
    assert add(browser, another, name="x" * 65).status == 403
    assert add(browser, another).path == "/account"


def test_an_address_has_no_passkeys(server, world):
    browser = Browser(server)
    assert "data-passkey" not in browser.get("/login").body
    browser.log_in(person(world)["name"])
    assert browser.get("/account/passkeys").status == 404


@pytest.mark.skipif(not FOUND, reason="chromium and its driver are not installed")
def test_chromium_adds_a_passkey_and_logs_in_with_it(site, processes, folder):
    user = person(World(site))
    browser = Chromium(processes, folder)
    browser.add_authenticator()
    browser.go(site.origin + "/login?return=/account/passkeys")
    log_in(browser, user["name"])
    until(lambda: browser.url.endswith("/account/passkeys"), 10, "the page")
    browser.type("input[name=name]", "Key of Chromium")
    browser.press("form[data-passkey] button")
    until(lambda: browser.url.endswith("/account"), 10, "the account page")
    assert "Key of Chromium" in browser.source
    browser.press("form button.danger")
    until(lambda: "logged out" in browser.source, 10, "the end of the session")
    browser.go(site.origin + "/login")
    browser.press("form[data-passkey] button")
    until(lambda: browser.url.endswith("/account"), 10, "the account page")
    assert user["name"] in browser.source and browser.complaints() == []
    browser.close()

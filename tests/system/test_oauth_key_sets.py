"""Keys that a client keeps at an address of its own (jwks_uri): read through the guard, kept for a while, read again for a kid that is new."""
import json
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest

from browser import App, Browser, person, pkce
from listener import Listener
from server import World
from signing import Key

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Site:
    """An https site that answers with a key set, counts who asks, and may be slow."""

    def __init__(self, folder):
        self.body, self.status, self.kind, self.gate = b"{}", 200, "application/json", None
        self.site = Listener(self.answer, tls=(folder / "tls.crt", folder / "tls.key"))
        self.url = self.site.url + "/keys.json"

    def answer(self, path):
        if self.gate:
            self.gate.wait(20)
        return self.status, {"Content-Type": self.kind, "Location": self.site.url + "/moved"}, self.body

    def publish(self, *keys):
        self.body = json.dumps({"keys": [k for key in keys for k in key.jwks()["keys"]]}).encode()

    @property
    def reads(self):
        return len(self.site.calls)


@pytest.fixture
def site(folder, monkeypatch):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "tls.key", "-out", folder / "tls.crt", "-days", "2",
                    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "tls.crt"))
    made = Site(folder)
    yield made
    if made.gate:
        made.gate.set()
    made.site.close()


@pytest.fixture
def open_world(own_server, site):
    world = World(own_server({"outbound.allow": "127.0.0.1"}))
    world.only = world.api()
    return world


def machine(world, url, **more):
    return App(world, "machine", token_endpoint_auth_method="private_key_jwt", jwks_uri=url, **more)


def ask(app, key, **more):
    return app.server.anyone.post("/oauth/token", form={"grant_type": "client_credentials", "client_assertion_type": ASSERTION, "client_assertion": key.assertion(app.id, app.server.url), **more})


def test_a_client_of_keys_at_an_address(open_world, site):
    first, second = Key("k1"), Key("k2")
    site.publish(first)
    app = machine(open_world, site.url)
    assert app.secret is None and site.reads == 0
    assert ask(app, first).status == 200 and ask(app, first).status == 200 and site.reads == 1
    # A key of the same name that is another changes nothing.
    assert ask(app, Key("k1")).json["error"] == "invalid_client" and site.reads == 1
    # The client rotates: nobody has to tell us, and the old key is no key any more.
    site.publish(second)
    assert ask(app, second).status == 200 and site.reads == 2
    assert ask(app, first).json["error"] == "invalid_client" and ask(app, second).status == 200
    # Names that are made up cost nobody anything.
    assert [ask(app, Key(f"x{i}")).status for i in range(20)] == [401] * 20 and site.reads == 2
    assert open_world.admin.shown(f"/v1/clients/{app.id}")["jwks_uri"] == site.url


def test_a_grant_outlives_the_keys_it_was_given_under(open_world, site):
    first, second, user, browser = Key("k1"), Key("k2"), person(open_world), Browser(open_world.server)
    site.publish(first)
    app = App(open_world, token_endpoint_auth_method="private_key_jwt", jwks_uri=site.url)
    send = lambda key, **form: app.server.anyone.post("/oauth/token", form={"client_assertion_type": ASSERTION, "client_assertion": key.assertion(app.id, app.server.url), **form})
    code = app.code(browser, user)
    got = send(first, grant_type="authorization_code", code=code, redirect_uri=app.redirect, code_verifier=app.verifier)
    assert got.status == 200, got
    site.publish(second)
    assert send(second, grant_type="refresh_token", refresh_token=got.json["refresh_token"]).status == 200


def test_signed_requests_by_such_a_key(open_world, site):
    key, user, browser = Key(), person(open_world), Browser(open_world.server)
    site.publish(key)
    app = App(open_world, jwks_uri=site.url, require_signed_request_object=True)
    said = lambda: {"response_type": "code", "client_id": app.id, "redirect_uri": app.redirect, "scope": "openid", "state": "s", "nonce": "n",
                    "code_challenge": pkce()[1], "code_challenge_method": "S256", "iss": app.id, "aud": app.server.url, "exp": int(time.time()) + 60}
    go = lambda by: browser.send("GET", "/oauth/authorize?" + urlencode({"client_id": app.id, "request": by.sign(said(), typ="oauth-authz-req+jwt")}))
    assert go(key).status == 303 and go(Key()).status == 400
    page = browser.follow(go(key))
    assert browser.submit(page, "/login", username=user["name"], password="correct horse").status == 200


def test_what_is_no_set_of_public_keys(open_world, site):
    key = Key()
    private = {"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "kid": "s"}
    good = json.dumps(key.jwks()).encode()
    cases = {"no JSON": b"x", "no keys": b"{}", "one key alone": json.dumps(key.jwk(kid="k1")).encode(), "a secret among them": json.dumps({"keys": [*key.jwks()["keys"], private]}).encode(),
             "private": json.dumps({"keys": [{**key.jwk(kid="k1"), "d": "AAAA"}]}).encode(), "large": good[:-1] + b" " * 40000 + b"}", "twice": b'{"keys":[],"keys":' + good[8:]}
    for what, body in cases.items():
        site.body = body
        app = machine(open_world, site.url + "?" + what.replace(" ", "-"))
        refused = ask(app, key)
        assert refused.status == 401 and refused.json["error"] == "invalid_client", (what, refused)
    site.body = good
    for status, kind in ((302, "application/json"), (404, "application/json"), (200, "text/html")):
        site.status, site.kind = status, kind
        assert ask(machine(open_world, site.url + f"?{status}-{kind[:4]}"), key).status == 401, status
    site.status, site.kind = 503, "application/json"
    assert ask(machine(open_world, site.url + "?down"), key).status == 503
    assert "/moved" not in [c["path"] for c in site.site.calls]
    site.status, site.kind = 200, "application/jwk-set+json"
    assert ask(machine(open_world, site.url + "?good"), key).status == 200


def test_it_is_registered_alone_and_where_it_may_be_called(own_server, open_world, site):
    key = Key()
    draft = lambda **more: {"name": open_world.name("c"), "type": "machine", "scopes": ["orders:read"], "token_endpoint_auth_method": "private_key_jwt", **more}
    create = lambda world, **more: world.admin.call("POST", "/v1/clients", draft(**more))
    assert create(open_world, jwks_uri=site.url, jwks=key.jwks()).status == 422
    assert create(open_world).status == 422 and create(open_world, jwks_uri="http://keys.example.com/").status == 422
    closed = World(own_server())
    closed.api()
    for url in (site.url, "https://169.254.169.254/latest", "https://10.0.0.1/k", "https://[::1]/k", "https://localhost/k"):
        assert create(closed, jwks_uri=url).status == 422, url
    # The same where applications register themselves (RFC 7591).
    for world in (open_world, closed):
        world.admin.done("PATCH", "/v1/settings", {"client_registration": "open"})
    register = lambda world, **more: world.server.anyone.post("/oauth/register", {"redirect_uris": ["https://app.example.com/cb"], "token_endpoint_auth_method": "private_key_jwt", **more})
    made = register(open_world, jwks_uri=site.url)
    assert made.status == 201 and made.json["jwks_uri"] == site.url and "jwks" not in made.json and "client_secret" not in made.json
    for refused in (register(open_world, jwks_uri=site.url, jwks=key.jwks()), register(closed, jwks_uri=site.url), register(open_world)):
        assert refused.status == 400 and refused.json["error"] == "invalid_client_metadata", refused
    assert site.reads == 0


def test_a_slow_address_holds_up_nobody_else(open_world, site):
    """As many as like ask for keys that do not come: some wait, others are told at once, and everything else goes on."""
    key = Key()
    site.publish(key)
    apps = [machine(open_world, site.url + f"?{i}") for i in range(40)]
    token = open_world.token(open_world.only)["token"]
    site.gate = threading.Event()
    with ThreadPoolExecutor(40) as pool:
        asked = [pool.submit(ask, app, key) for app in apps]
        while sum(f.done() for f in asked) < 30:           # those that were told at once
            began = time.monotonic()
            assert open_world.verdict(token).status == 200
            assert open_world.server.anyone.get("/.well-known/openid-configuration").status == 200
            assert time.monotonic() - began < 3
        site.gate.set()
        statuses = sorted(f.result().status for f in asked)
    assert set(statuses) == {200, 503} and statuses.count(200) <= 8, statuses
    site.gate = None
    # Twenty at once read it once.
    before, app = site.reads, machine(open_world, site.url + "?new")
    with ThreadPoolExecutor(8) as pool:
        assert set(a.status for a in pool.map(lambda _: ask(app, key), range(20))) == {200}
    assert site.reads == before + 1

"""What an authorization request may say of the person, the login and single claims; request objects (RFC 9101)."""
import base64
import hmac
import json
import re
import struct
import time
from urllib.parse import parse_qs, urlencode

import pytest

from browser import App, Browser, claims, person
from signing import Key, b64, unb64


def second_factor(browser):
    """Sets up an authenticator for who is logged in; recovery codes, each of which stands for one of its codes."""
    page = browser.get("/account/authenticator")
    secret = page.form("/account/authenticator")["fields"]["secret"]
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), "sha1").digest()
    at = mac[19] & 15
    page = browser.submit(page, code=f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000:06}")
    codes = re.findall(r"<code>([a-z2-9]{5}-[a-z2-9]{5})</code>", page.body)
    assert len(codes) == 10, page
    return codes


@pytest.fixture
def signed_in(server, world):
    user, browser = person(world), Browser(server)
    browser.log_in(user["name"])
    return user, browser


def test_an_id_token_says_who_it_must_be(server, world, signed_in):
    app, (user, browser) = App(world), signed_in
    mine = app.tokens(browser)["id_token"]
    other = person(world)
    theirs = app.tokens(Browser(server), other)["id_token"]
    silent = lambda hint, at=browser: at.send("GET", app.authorize_url(prompt="none", id_token_hint=hint)).query
    assert "code" in silent(mine)
    assert silent(theirs)["error"] == "login_required"
    assert silent(mine, Browser(server))["error"] == "login_required"
    # One that this issuer did not sign, one of another client, an access token, a forged one.
    elsewhere = App(world).tokens(browser)["id_token"]
    head, body, signature = mine.split(".")
    forged = ".".join([head, b64(json.dumps({**claims(mine), "sub": other["id"]}).encode()), signature])
    for hint in (elsewhere, app.tokens(browser)["access_token"], forged, Key().sign(claims(mine), typ="JWT"), b64(b'{"alg":"none"}') + "." + body + ".", "x"):
        assert silent(hint)["error"] == "invalid_request", hint
    # Without prompt=none that person is asked to log in; whoever else does so gets the application nothing.
    page = browser.get(app.authorize_url(id_token_hint=theirs))
    assert page.path == "/login"
    page = browser.submit(page, "/login", username=user["name"], password="correct horse")
    assert page.query["error"] == "login_required"
    page = browser.submit(browser.get(app.authorize_url(id_token_hint=theirs)), "/login", username=other["name"], password="correct horse")
    if "/consent" in page.url:
        page = browser.submit(page, "/consent", decision="allow")
    assert claims(app.redeem(page.query["code"]).json["id_token"])["sub"] == other["id"]


def test_single_claims_are_shown_once_the_person_agreed(server, world, signed_in):
    app, (user, browser) = App(world), signed_in
    plain = app.tokens(browser)
    assert "email" not in claims(plain["id_token"])
    ask = json.dumps({"userinfo": {"name": {"essential": True}}, "id_token": {"email": None, "auth_time": {"essential": True}}})
    # They are claims of the scopes profile and email: not agreed to yet.
    assert browser.send("GET", app.authorize_url(claims=ask, prompt="none")).query["error"] == "consent_required"
    page = browser.get(app.authorize_url(claims=ask))
    assert "/consent" in page.url and "e-mail" in page.parsed.text.lower()
    got = app.tokens(browser, claims=ask)
    # No power comes with them.
    assert got["scope"] == "openid" and claims(got["id_token"])["email"] == user["email"] and "name" not in claims(got["id_token"]) and "auth_time" in claims(got["id_token"])
    info = server.bearing(got["access_token"]).get("/oauth/userinfo").json
    assert info["name"] == user["name"] and "email" not in info
    again = app.refresh(got["refresh_token"]).json
    assert server.bearing(again["access_token"]).get("/oauth/userinfo").json["name"] == user["name"]
    assert "name" not in server.bearing(plain["access_token"]).get("/oauth/userinfo").json


def test_claims_may_name_the_person_and_the_login(server, world, signed_in):
    app, (user, browser) = App(world), signed_in
    app.tokens(browser)
    other = person(world)
    ask = lambda **id_token: browser.send("GET", app.authorize_url(claims=json.dumps({"id_token": id_token}), prompt="none")).query
    assert "code" in ask(sub={"value": user["id"]}) and ask(sub={"value": other["id"]})["error"] == "login_required"
    assert "code" in ask(acr={"values": ["2"]}) and "code" in ask(acr={"essential": True, "values": ["2", "1"]})
    assert ask(acr={"essential": True, "values": ["2"]})["error"] == "unmet_authentication_requirements"
    assert ask(acr={"essential": True, "value": "urn:example:gold"})["error"] == "unmet_authentication_requirements"
    for wrong in ("[]", "{", '{"id_token":[]}', '{"id_token":{"sub":"x"}}', '{"id_token":{"sub":{"value":"a"}},"userinfo":{"sub":{"value":"b"}}}', "x" * 5000):
        assert browser.send("GET", app.authorize_url(claims=wrong)).query["error"] == "invalid_request", wrong


# Step-up (RFC 9470)


def test_an_api_may_want_another_login(server, world, signed_in):
    app, (user, browser) = App(world), signed_in
    for kind in ("jwt", "opaque"):
        word = world.name("s")
        api = world.api(scopes=(f"{word}:pay",), format=kind)
        app = App(world, scopes=(f"{word}:pay",))
        access = app.tokens(browser, scope=f"{word}:pay")["access_token"]
        ask = lambda query: world.verdict(access, f"?api={api['name']}&scope={word}:pay" + query)
        assert ask("").status == ask("&acr=1").status == ask("&acr=1&max_age=600").status == 200
        refused = ask("&acr=2")
        assert refused.status == 401 and refused.headers["X-Jeton-Reason"] == "login" and refused.body == b""
        challenge = refused.headers["WWW-Authenticate"]
        assert 'error="insufficient_user_authentication"' in challenge and 'acr_values="2"' in challenge
        assert 'max_age="5"' in ask("&max_age=5&acr=2").headers["WWW-Authenticate"]
        seen = world.admin.call("POST", "/oauth/introspect", form={"token": access}).json
        assert seen["acr"] == "1" and abs(seen["auth_time"] - time.time()) < 60
        # What is refused for another reason is refused for that.
        assert 'error="insufficient_scope"' in world.verdict(access, f"?api={api['name']}&scope=other&acr=2").headers["WWW-Authenticate"]
        assert world.verdict(access[:-1] + ("A" if access[-1] != "A" else "B"), "?acr=2").headers["X-Jeton-Reason"] != "login"
    for wrong in ("&acr=3", "&acr=1&acr=2", "&max_age=-1", "&max_age=x", "&max_age=1&max_age=2"):
        assert ask(wrong).status == 400, wrong
    # No person logged in for these.
    assert world.verdict(world.token()["token"], "?acr=1").status == 401 and world.verdict(world.token()["token"]).status == 200


def test_the_second_step_satisfies_the_challenge(server, world, signed_in):
    user, browser = signed_in
    word = world.name("s")
    api, app = world.api(scopes=(f"{word}:pay",)), App(world, scopes=(f"{word}:pay",), first_party=True)
    first = app.tokens(browser, scope=f"{word}:pay")["access_token"]
    setting_up = Browser(server)
    setting_up.log_in(user["name"])
    codes = second_factor(setting_up)
    # The challenge's words, handed on as the request's parameters.
    challenge = world.verdict(first, f"?api={api['name']}&acr=2&max_age=60").headers["WWW-Authenticate"]
    more = {"acr_values": re.search('acr_values="(.)"', challenge)[1], "max_age": re.search('max_age="(.*?)"', challenge)[1]}
    essential = json.dumps({"id_token": {"acr": {"essential": True, "values": ["2"]}}})
    assert browser.send("GET", app.authorize_url(scope=f"{word}:pay", claims=essential, prompt="none")).query["error"] == "login_required"
    fresh = Browser(server)
    page = fresh.submit(fresh.get(app.authorize_url(scope=f"{word}:pay", **more)), "/login", username=user["name"], password="correct horse")
    page = fresh.submit(page, "/login/code", code=codes[0])
    access = app.redeem(page.query["code"]).json["access_token"]
    assert claims(access)["acr"] == "2" and world.verdict(access, f"?api={api['name']}&acr=2&max_age=60").status == 200
    assert "code" in fresh.send("GET", app.authorize_url(scope=f"{word}:pay", claims=essential, prompt="none")).query


# Request objects (RFC 9101)


class Signing(App):
    """An application that signs its authorization requests."""

    def __init__(self, world, **more):
        self.key = Key()
        super().__init__(world, jwks=self.key.jwks(), **more)

    def parameters(self, **more):
        return {k: v[0] for k, v in parse_qs(self.authorize_url(**more).split("?")[1]).items()}

    def object(self, key=None, header=None, drop=(), claims=None, **more):
        now = int(time.time())
        said = {"iss": self.id, "aud": self.server.url, "iat": now, "nbf": now, "exp": now + 300, **self.parameters(**more), **(claims or {})}
        for name in drop:
            said.pop(name, None)
        return (key or self.key).sign(said, **{"typ": "oauth-authz-req+jwt", **(header or {})})

    def url(self, request, **more):
        return "/oauth/authorize?" + urlencode({"client_id": self.id, "request": request, **more})


def test_a_signed_request_is_the_whole_request(server, world, signed_in):
    app, (user, browser) = Signing(world), signed_in
    app.tokens(browser)
    # What stands beside it does not count, and the person may take a while: it is looked at once.
    page = browser.get(app.url(app.object(claims={"exp": int(time.time()) + 2, "max_age": 0, "claims": {"id_token": {"auth_time": None}}}), scope="openid email", state="other"))
    assert page.path == "/login"
    page = browser.submit(page, "/login", username=user["name"], password="correct horse")
    assert page.query["state"] == "s-1", page
    assert app.redeem(page.query["code"]).json["scope"] == "openid"
    # A public client may have keys, too.
    spa = Signing(world, kind="spa")
    page = browser.submit(browser.get(spa.url(spa.object())), "/consent", decision="allow")
    assert spa.redeem(page.query["code"]).status == 200


def test_a_request_object_that_cannot_be_believed_is_answered_to_the_person(server, world, signed_in):
    app, (user, browser) = Signing(world), signed_in
    app.tokens(browser)
    now, stranger, other = int(time.time()), Key(), Signing(world)
    head, body, signature = app.object().split(".")
    respelled = b64(unb64(body).replace(b"s-1", b"s-2"))
    wrong = {
        "another key": app.object(key=stranger), "a key of its own header": app.object(key=stranger, header={"jwk": stranger.jwk(), "kid": None}),
        "jku": app.object(key=stranger, header={"jku": "https://evil.example.com/jwks"}), "no such kid": app.object(header={"kid": "k9"}),
        "none": b64(b'{"alg":"none"}') + "." + body + ".", "None": b64(b'{"alg":"None","kid":"k1"}') + "." + body + ".", "no signature": head + "." + body + ".",
        "HS256 by the public key": app.object(header={"alg": "HS256"}), "changed": head + "." + respelled + "." + signature, "crit": app.object(header={"crit": ["x"], "x": 1}),
        "another kind": app.object(header={"typ": "at+jwt"}), "a proof": app.object(header={"typ": "dpop+jwt"}),
        "no iss": app.object(drop=["iss"]), "another iss": app.object(claims={"iss": other.id}), "no aud": app.object(drop=["aud"]),
        "another aud": app.object(claims={"aud": "https://other.example.com"}), "aud within": app.object(claims={"aud": server.url + ".evil.example.com"}),
        "no exp": app.object(drop=["exp"]), "over": app.object(claims={"exp": now - 1}), "long": app.object(claims={"exp": now + 86400}), "early": app.object(claims={"nbf": now + 600}),
        "exp as text": app.object(claims={"exp": str(now + 300)}), "a client assertion": app.object(claims={"sub": app.id}),
        "nested": app.object(claims={"request": app.object()}), "nested uri": app.object(claims={"request_uri": "https://evil.example.com/"}),
        "no client_id": app.object(drop=["client_id"]), "another client_id": app.object(claims={"client_id": other.id}),
        "not a redirect of it": app.object(claims={"redirect_uri": "https://evil.example.com/"}), "empty": "", "words": "a.b.c", "an encrypted one": "a.b.c.d.e",
    }
    for what, request in wrong.items():
        page = browser.send("GET", app.url(request, redirect_uri=app.redirect, response_type="code", scope="openid", state="s-1"))
        assert page.status == 400 and page.location is None, (what, page)
    # Two kinds of response, two requests, the object at the wrong client.
    assert browser.send("GET", app.url(app.object(), response_type="token")).status == 400
    assert browser.send("GET", app.url(app.object(), request_uri="urn:ietf:params:oauth:request_uri:x")).status == 400
    assert browser.send("GET", "/oauth/authorize?" + urlencode({"client_id": other.id, "request": app.object()})).status == 400
    # Errors within a good one go back to the application.
    page = browser.send("GET", app.url(app.object(scope="nobody:knows")))
    assert page.status == 303 and page.query["error"] == "invalid_scope" and page.query["state"] == "s-1"
    assert browser.get(app.url(app.object())).query["code"]


def test_who_signs_its_requests_signs_them_all(server, world, signed_in):
    app, (user, browser) = Signing(world, require_signed_request_object=True, request_object_signing_alg="ES256"), signed_in
    assert browser.send("GET", app.authorize_url()).status == 400
    basic = {"Authorization": "Basic " + base64.b64encode(f"{app.id}:{app.secret}".encode()).decode()}
    push = lambda form: server.anyone.post("/oauth/par", form=form, headers=basic)
    assert push(app.parameters()).json["error"] == "invalid_request_object"
    assert push({"client_id": app.id, "request": app.object(key=Key())}).json["error"] == "invalid_request_object"
    pushed = push({"client_id": app.id, "request": app.object()})
    assert pushed.status == 201, pushed
    page = browser.get("/oauth/authorize?" + urlencode({"client_id": app.id, "request_uri": pushed.json["request_uri"]}))
    page = browser.submit(page, "/consent", decision="allow")
    assert app.redeem(page.query["code"]).status == 200
    assert browser.get(app.url(app.object())).query["code"]
    picky = Signing(world, request_object_signing_alg="ES384")
    assert browser.send("GET", picky.url(picky.object())).status == 400
    for more in (dict(request_object_signing_alg="HS256"), dict(request_object_signing_alg="none")):
        assert world.admin.post("/v1/clients", {"name": world.name("x"), "type": "web", "redirect_uris": [App.CALLBACK], "scopes": [], "jwks": app.key.jwks(), **more}).status == 422
    assert world.admin.post("/v1/clients", {"name": world.name("x"), "type": "web", "redirect_uris": [App.CALLBACK], "scopes": [], "require_signed_request_object": True}).status == 422

"""What the OpenID Foundation's modules ask for and no other test shows (docs/formats/openid-modules.md), and single use as a race."""
import re
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlencode

import pytest

from browser import App, Browser, claims, person
from server import ROOT
from signing import Key, b64
from test_oauth_answers import ASSERTION, basic
from test_oauth_code import own_api


@pytest.fixture
def signed_in(server, world):
    user, browser = person(world), Browser(server)
    browser.log_in(user["name"])
    return user, browser


def query_of(app, **more):
    return {k: v[0] for k, v in parse_qs(app.authorize_url(**more).split("?")[1]).items()}


def twenty(call):
    with ThreadPoolExecutor(20) as pool:
        return list(pool.map(lambda _: call(), range(20)))


def test_requests_that_say_more_than_is_understood(server, world, signed_in):
    """display, ui_locales, claims_locales, address, phone, long and short state and nonce, scopes in another order."""
    app, (user, browser) = App(world), signed_in
    app.tokens(browser, scope="openid")
    for more in (dict(display="page"), dict(display="popup"), dict(ui_locales="se"), dict(claims_locales="se"), dict(extra="foobar"), dict(scope="openid address"), dict(scope="openid phone"),
                 dict(scope="openid profile email address phone"), dict(scope="email openid"), dict(nonce="n" * 64), dict(nonce="n" * 384), dict(nonce=None), dict(state="n-1.~_")):
        page = browser.get(app.authorize_url(**more))
        page = browser.submit(page, "/consent", decision="allow") if page.status == 200 else page
        assert page.status == 303 and "code" in page.query and page.query["state"] == more.get("state", "s-1"), (more, page)
        got = app.redeem(page.query["code"]).json
        assert claims(got["id_token"]).get("nonce") == more.get("nonce", "n-1"), more
        assert set(got["scope"].split()) == set(more.get("scope", "openid").split())
    # No state, none back; a long one comes back whole.
    page = browser.send("GET", app.authorize_url(state=None))
    assert "state" not in page.query and "code" in page.query
    assert browser.send("GET", app.authorize_url(state="x" * 384)).query["state"] == "x" * 384


def test_a_redirect_with_a_query_of_its_own(server, world, signed_in):
    user, browser = signed_in
    where = "https://app.example.com/callback?tenant=7"
    app = App(world, redirects=[where])
    page = browser.submit(browser.get(app.authorize_url()), "/consent", decision="allow")
    assert page.location.startswith(where + "&") and page.query["tenant"] == "7" and app.redeem(page.query["code"]).status == 200
    for wrong in ("https://app.example.com/callback", where + "&x=1", where.replace("7", "8")):
        assert browser.send("GET", app.authorize_url(redirect_uri=wrong)).location is None


def test_a_redirect_is_said_where_a_person_is_asked_for(server, world, signed_in):
    api, read, _ = own_api(world)
    app, (user, browser) = App(world, scopes=(read,)), signed_in
    page = browser.send("GET", app.authorize_url(redirect_uri=None))
    assert page.status == 400 and page.location is None
    pushed = server.anyone.post("/oauth/par", form=query_of(app, redirect_uri=None), headers=basic(app))
    assert pushed.status == 400 and pushed.json["error"] == "invalid_request"
    # The twin, and OAuth alone, where the one that is registered is meant.
    assert server.anyone.post("/oauth/par", form=query_of(app), headers=basic(app)).status == 201
    plain = browser.get(app.authorize_url(redirect_uri=None, scope=read))
    assert "/consent" in plain.url


def test_response_types_and_methods_that_are_not(server, world):
    app = App(world)
    push = lambda **more: server.anyone.post("/oauth/par", form={**query_of(app), **more}, headers=basic(app))
    for wrong in ("code id_token", "token", "id_token", "none", ""):
        assert push(response_type=wrong).status == 400, wrong
    for wrong in (dict(code_challenge="", code_challenge_method=""), dict(code_challenge_method="plain"), dict(redirect_uri=app.redirect + "/x"), dict(request="x"),
                  dict(request_uri="urn:ietf:params:oauth:request_uri:x"), dict(request_uri="https://app.example.com/r")):
        refused = push(**wrong)
        assert refused.status == 400 and "request_uri" not in refused.json, (wrong, refused)
    for method in ("GET", "PUT", "DELETE"):
        assert server.anyone.call(method, "/oauth/par", headers=basic(app)).status in (400, 404, 405)
    browser = Browser(server)
    unsigned = b64(b'{"alg":"none"}') + "." + b64(b'{"client_id":"%s"}' % app.id.encode()) + "."
    for parameter in (dict(request=unsigned), dict(request_uri="https://app.example.com/r")):
        page = browser.send("GET", "/oauth/authorize?" + urlencode({**query_of(app), **parameter}))
        assert page.status == 400 and page.location is None, parameter
    for alg in ("none", "HS256"):
        assert world.admin.call("POST", "/v1/clients", {"name": world.name("c"), "type": "web", "redirect_uris": [App.CALLBACK], "scopes": [], "id_token_signed_response_alg": alg}).status == 422


def test_a_pushed_request_may_be_looked_at_again_until_it_is_agreed_to(server, world, signed_in):
    app, (user, browser) = App(world), signed_in
    uri = server.anyone.post("/oauth/par", form=query_of(app), headers=basic(app)).json["request_uri"]
    # With nothing beside it but the client; what stands beside it is not used.
    where = "/oauth/authorize?" + urlencode({"client_id": app.id, "request_uri": uri})
    first, second = browser.get(where), browser.get(where + "&scope=openid+email&state=other")
    assert "/consent" in first.url and "/consent" in second.url
    page = browser.submit(first, "/consent", decision="allow")
    assert page.query["state"] == "s-1" and app.redeem(page.query["code"]).json["scope"] == "openid"
    assert browser.submit(second, "/consent", decision="allow").status == 400


def test_the_scheme_of_a_token_has_no_case(server, world, signed_in):
    app, (user, browser) = App(world, scopes=()), signed_in
    access = app.tokens(browser)["access_token"]
    for scheme in ("Bearer", "bearer", "BEARER", "bEaReR"):
        assert server.anyone.get("/oauth/userinfo", headers={"Authorization": f"{scheme} {access}"}).status == 200, scheme
    key = Key()
    bound = App(world, "spa", dpop_bound_access_tokens=True)
    code = bound.code(browser)
    proof = lambda path, method="POST", **more: {"DPoP": key.proof(method, server.url + path, **more)}
    got = server.anyone.post("/oauth/token", form={"grant_type": "authorization_code", "code": code, "redirect_uri": bound.redirect, "code_verifier": bound.verifier, "client_id": bound.id},
                             headers=proof("/oauth/token")).json
    for scheme in ("DPoP", "dpop", "DPOP"):
        ask = {"Authorization": f"{scheme} {got['access_token']}", **proof("/oauth/userinfo", "GET", token=got["access_token"])}
        assert server.anyone.get("/oauth/userinfo", headers=ask).status == 200, scheme


def test_proofs_of_about_now_and_with_what_else_they_say(server, world):
    api, read, _ = own_api(world)
    app, key, now = App(world, "machine", scopes=(read,), dpop_bound_access_tokens=True), Key(), int(time.time())
    ask = lambda headers: server.anyone.post("/oauth/token", form={"grant_type": "client_credentials"}, headers={**basic(app), **headers})
    proof = lambda **more: {"DPoP": key.proof("POST", server.url + "/oauth/token", **more)}
    for good in (dict(), dict(iat=now - 10), dict(iat=now + 10), dict(nbf=now - 5, exp=now + 60), dict(htu=server.url + "/oauth/token?x#y")):
        assert ask(proof(**good)).status == 200, good
    assert ask({}).json["error"] == "invalid_dpop_proof"
    for wrong in (dict(iat=now - 3600), dict(iat=now + 3600), dict(iat=None), dict(jti=None), dict(htm="GET"), dict(htm=None), dict(htu=None), dict(htu="https://evil.example.com/oauth/token")):
        refused = ask(proof(**wrong))
        assert refused.status == 400 and refused.json["error"] == "invalid_dpop_proof", (wrong, refused)
    two = Key()
    assert ask({"DPoP": two.sign({"htm": "POST", "htu": server.url + "/oauth/token", "iat": now, "jti": "a"}, kid=None, typ="dpop+jwt", jwk=key.jwk())}).json["error"] == "invalid_dpop_proof"
    assert ask({"DPoP": key.sign({"htm": "POST", "htu": server.url + "/oauth/token", "iat": now, "jti": "b"}, kid=None, typ="JWT", jwk=key.jwk())}).json["error"] == "invalid_dpop_proof"
    assert ask({"DPoP": key.sign({"htm": "POST", "htu": server.url + "/oauth/token", "iat": now, "jti": "c"}, alg="none", kid=None, typ="dpop+jwt", jwk=key.jwk())}).status == 400


def test_a_code_is_bound_to_the_key_that_the_request_named(server, world, signed_in):
    user, browser = signed_in
    mine, other = Key(), Key()
    app = App(world, dpop_bound_access_tokens=True)
    redeem = lambda code, key: app.server.anyone.post("/oauth/token", headers={**basic(app), "DPoP": key.proof("POST", server.url + "/oauth/token")},
                                                      form={"grant_type": "authorization_code", "code": code, "redirect_uri": app.redirect, "code_verifier": app.verifier})
    code = app.code(browser, dpop_jkt=mine.thumbprint())
    assert redeem(code, other).json["error"] == "invalid_grant"
    assert redeem(code, mine).status == 200
    pushed = lambda jkt, key: server.anyone.post("/oauth/par", form=query_of(app, dpop_jkt=jkt), headers={**basic(app), "DPoP": key.proof("POST", server.url + "/oauth/par")})
    assert pushed(mine.thumbprint(), other).json["error"] == "invalid_dpop_proof" and pushed(mine.thumbprint(), mine).status == 201


def test_a_client_says_who_it_is_at_the_token_endpoint(server, world, signed_in):
    app, (user, browser) = App(world), signed_in
    form = lambda code, **more: {"grant_type": "authorization_code", "code": code, "redirect_uri": app.redirect, "code_verifier": app.verifier, **more}
    code = app.code(browser)
    for wrong in ({}, {"client_id": app.id}, {"client_secret": app.secret}):
        refused = server.anyone.post("/oauth/token", form=form(code, **wrong))
        assert refused.status in (400, 401) and "access_token" not in refused.json, wrong
    without = form(code)
    without.pop("code_verifier")
    assert server.anyone.post("/oauth/token", form=without, headers=basic(app)).json["error"] == "invalid_grant"
    assert server.anyone.post("/oauth/token", form=form(code), headers=basic(app)).status == 200


def test_signed_requests_of_about_now_and_for_more_than_us(server, world, signed_in):
    from test_oauth_requests import Signing
    app, (user, browser) = Signing(world), signed_in
    app.tokens(browser)
    now = int(time.time())
    for good in (dict(aud=[server.url, "https://other.example.com"]), dict(nbf=now + 8, iat=now + 8), dict(nbf=now - 50, exp=now + 8)):
        assert browser.get(app.url(app.object(claims=good))).query["code"], good
    for wrong in (dict(aud=["https://other.example.com"]), dict(nbf=now - 4200, exp=now + 60), dict(exp=now + 4200, nbf=now), dict(nbf=now + 120)):
        page = browser.send("GET", app.url(app.object(claims=wrong)))
        assert page.status == 400 and page.location is None, wrong


def test_logout_that_says_less_than_everything(server, world):
    back = "https://app.example.com/bye"
    app = App(world, post_logout_redirect_uris=[back])
    leave = lambda **q: "/oauth/logout" + ("?" + urlencode(q) if q else "")

    def logged_in():
        browser = Browser(server)
        return browser, app.tokens(browser, person(world))["id_token"]
    # With proof, at once: there and back, with and without state; without an address, to a page of ours.
    for more, where in (({"post_logout_redirect_uri": back}, back), ({"post_logout_redirect_uri": back, "state": "x"}, back + "?state=x"), ({}, None), ({"state": "x"}, None)):
        browser, hint = logged_in()
        page = browser.send("GET", leave(id_token_hint=hint, **more))
        assert page.location == where and (where or page.status == 200) and browser.session is None, (more, page)
    # Without proof the person is asked; a bad address, or a hint that is none, leads nowhere.
    browser, hint = logged_in()
    for q in ({}, {"state": "x"}):
        page = browser.send("GET", leave(**q))
        assert page.status == 200 and page.form("/oauth/logout") and browser.session, q
    for q in ({"id_token_hint": hint, "post_logout_redirect_uri": back + "?foo=bar"}, {"id_token_hint": hint, "post_logout_redirect_uri": "https://app.example.com/other"},
              {"id_token_hint": hint[:-6] + "AAAAAA", "post_logout_redirect_uri": back}, {"id_token_hint": "x", "post_logout_redirect_uri": back}, {"post_logout_redirect_uri": back}):
        page = browser.send("GET", leave(**q))
        assert page.location is None and browser.session, (q, page)


def test_the_table_names_tests_that_there_are():
    text = (ROOT / "docs" / "formats" / "openid-modules.md").read_text()
    file = None
    for name, test in re.findall(r"`(modules|[\w./]+\.py)?(?:::(\w+))?`", text):
        if name:
            file = "test_openid_modules.py" if name == "modules" else name
        if file and (name or test):
            source = (ROOT / "tests" / "system" / file).read_text()
            assert not test or f"def {test}(" in source, (file, test)
    for source in re.findall(r"`(src/[\w./]+)`", text):
        assert (ROOT / source).exists(), source


# Single use is a race: of twenty at once one succeeds at most, again and again.


def test_twenty_at_once_use_a_proof_once(server, world):
    api, read, _ = own_api(world)
    app, key = App(world, "machine", scopes=(read,), dpop_bound_access_tokens=True), Key()
    for _ in range(5):
        proof = key.proof("POST", server.url + "/oauth/token")
        answers = twenty(lambda: server.anyone.post("/oauth/token", form={"grant_type": "client_credentials"}, headers={**basic(app), "DPoP": proof}).status)
        assert answers.count(200) == 1 and set(answers) == {200, 400}, answers


def test_twenty_at_once_use_a_proof_once_at_an_api(server, world, signed_in):
    user, browser = signed_in
    key, app = Key(), App(world, "spa", dpop_bound_access_tokens=True)
    code = app.code(browser)
    got = server.anyone.post("/oauth/token", headers={"DPoP": key.proof("POST", server.url + "/oauth/token")},
                             form={"grant_type": "authorization_code", "code": code, "redirect_uri": app.redirect, "code_verifier": app.verifier, "client_id": app.id}).json["access_token"]
    for _ in range(5):
        fields = {"Authorization": "DPoP " + got, "DPoP": key.proof("GET", server.url + "/oauth/userinfo", token=got)}
        answers = twenty(lambda: server.anyone.get("/oauth/userinfo", headers=fields).status)
        assert answers.count(200) == 1 and set(answers) == {200, 401}, answers


def test_twenty_at_once_use_an_assertion_once(server, world):
    api, read, _ = own_api(world)
    key = Key()
    app = App(world, "machine", scopes=(read,), token_endpoint_auth_method="private_key_jwt", jwks=key.jwks())
    for _ in range(5):
        form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION, "client_assertion": key.assertion(app.id, server.url)}
        answers = twenty(lambda: server.anyone.post("/oauth/token", form=form).status)
        assert answers.count(200) == 1 and set(answers) == {200, 401}, answers


def test_twenty_at_once_use_a_pushed_request_once(server, world, signed_in):
    app, (user, browser) = App(world, first_party=True), signed_in
    for _ in range(5):
        uri = server.anyone.post("/oauth/par", form=query_of(app), headers=basic(app)).json["request_uri"]
        where = "/oauth/authorize?" + urlencode({"client_id": app.id, "request_uri": uri})
        pages = twenty(lambda: browser.send("GET", where))
        codes = [p.query["code"] for p in pages if p.status == 303 and "code" in p.query]
        assert len(codes) == 1 and {p.status for p in pages} <= {303, 400}, pages
        assert app.redeem(codes[0]).status == 200


def test_twenty_at_once_redeem_a_device_code_once_again_and_again(server, world, signed_in):
    user, browser = signed_in
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    app = App(world, "native", redirects=["http://127.0.0.1/cb"])
    for _ in range(3):
        device = server.anyone.post("/oauth/device_authorization", form={"client_id": app.id, "scope": "openid"}).json
        page = browser.submit(browser.get("/device"), "/device", user_code=device["user_code"])
        browser.submit(page, "/device", decision="allow")
        answers = twenty(lambda: server.anyone.post("/oauth/token", form={"grant_type": grant, "client_id": app.id, "device_code": device["device_code"]}).status)
        assert answers.count(200) == 1 and set(answers) == {200, 400}, answers

"""The authorization code flow: every step, and what must not work."""
import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from browser import App, Browser, claims, person


@pytest.fixture
def signed_in(server, world):
    user, browser = person(world), Browser(server)
    browser.log_in(user["name"])
    return user, browser


def own_api(world, **more):
    """An API whose scopes nobody else has, and an application registered for them."""
    word = world.name("s")
    api = world.api(scopes=(f"{word}:read", f"{word}:write"), **more)
    return api, f"{word}:read", f"{word}:write"


def active(world, token):
    answer = world.admin.call("POST", "/oauth/introspect", form={"token": token})
    assert answer.status == 200, answer
    return answer.json["active"]


def test_code_flow_from_login_to_api(server, world):
    api, read, write = own_api(world)
    app, user, browser = App(world, scopes=(read, write)), person(world), Browser(server)
    got = app.tokens(browser, user, scope=f"openid profile email {read}")
    assert got["token_type"] == "Bearer" and 0 < got["expires_in"] <= 600 and got["scope"].split() == sorted(["openid", "profile", "email", read])
    access, identity = claims(got["access_token"]), claims(got["id_token"])
    assert access["iss"] == server.url and access["aud"] == api["audience"] and access["sub"] == user["id"] and access["client_id"] == app.id
    assert identity["aud"] == app.id and identity["nonce"] == "n-1" and identity["azp"] == app.id and identity["amr"] == ["pwd"] and identity["acr"] == "1"
    assert identity["at_hash"] == base64.urlsafe_b64encode(hashlib.sha256(got["access_token"].encode()).digest()[:16]).rstrip(b"=").decode()
    assert identity["preferred_username"] == user["name"] and identity["email"] == user["email"] and identity["sid"].startswith("ses_")
    assert world.verdict(got["access_token"], f"?api={api['name']}&scope={read}").status == 200
    assert world.verdict(got["access_token"], f"?api={api['name']}&scope={write}").status == 403
    info = server.bearing(got["access_token"]).get("/oauth/userinfo")
    assert info.json["sub"] == user["id"] and info.json["email"] == user["email"]


def test_consent_is_asked_once_and_can_be_refused(server, world, signed_in):
    api, read, write = own_api(world)
    app, (user, browser) = App(world, scopes=(read, write)), signed_in
    page = browser.get(app.authorize_url(scope=read))
    assert "/consent" in page.url and app.client["name"] in page.parsed.text and read in page.parsed.text
    page = browser.submit(page, "/consent", decision="deny")
    assert page.query["error"] == "access_denied" and page.query["iss"] == server.url and page.query["state"] == "s-1"
    app.tokens(browser, scope=read)
    page = browser.get(app.authorize_url(scope=read))
    assert page.status == 303 and "code" in page.query
    # More than was agreed to is asked again; so is everything where the client wants that.
    assert "/consent" in browser.get(app.authorize_url(scope=f"{read} {write}")).url
    assert "/consent" in browser.get(app.authorize_url(scope=read, prompt="consent")).url


def test_a_code_works_once_and_its_tokens_end_with_the_second_try(server, world, signed_in):
    app, (user, browser) = App(world), signed_in
    code = app.code(browser)
    first = app.redeem(code)
    assert first.status == 200 and active(world, first.json["access_token"])
    again = app.redeem(code)
    assert again.status == 400 and again.json["error"] == "invalid_grant"
    assert not active(world, first.json["access_token"]) and not active(world, first.json["refresh_token"])
    assert app.refresh(first.json["refresh_token"]).json["error"] == "invalid_grant"


def test_another_client_ends_nothing_with_a_code_that_was_used(server, world, signed_in):
    app, other, (user, browser) = App(world), App(world), signed_in
    code = app.code(browser)
    first = app.redeem(code)
    other.verifier = app.verifier
    assert other.redeem(code).json["error"] == "invalid_grant"
    assert active(world, first.json["access_token"]) and app.refresh(first.json["refresh_token"]).status == 200


def test_twenty_at_once_redeem_a_code_at_most_once(server, world, signed_in):
    app, (user, browser) = App(world), signed_in
    for _ in range(3):
        code = app.code(browser)
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda _: app.redeem(code).status, range(20)))
        assert answers.count(200) <= 1 and set(answers) <= {200, 400}


def test_twenty_tabs_at_once_are_all_let_in(server, world, signed_in):
    user, browser = signed_in
    for agreed in (True, False):
        app = App(world, first_party=True) if not agreed else App(world)
        if agreed:
            app.tokens(browser)
        urls = [app.authorize_url(prompt="none") for _ in range(20)]
        with ThreadPoolExecutor(20) as pool:
            pages = list(pool.map(lambda url: browser.send("GET", url), urls))
        assert all(page.status == 303 and "code" in page.query for page in pages), pages


def test_a_wrong_verifier_redirect_client_or_secret_gets_nothing(server, world, signed_in):
    app, other, (user, browser) = App(world), App(world), signed_in
    code = app.code(browser)
    tries = [dict(code_verifier="x" * 43), dict(code_verifier=""), dict(redirect_uri="https://app.example.com/other"), dict(redirect_uri="")]
    for wrong in tries:
        assert app.redeem(code, **wrong).json["error"] == "invalid_grant", wrong
    other.verifier = app.verifier
    assert other.redeem(code).json["error"] == "invalid_grant"
    for secret in (app.secret[:-1] + "x", app.secret + "\0", "", other.secret):
        answer = server.anyone.post("/oauth/token", form={"grant_type": "authorization_code", "code": code, "redirect_uri": app.redirect,
                                                          "code_verifier": app.verifier, "client_id": app.id, "client_secret": secret})
        assert answer.status in (400, 401) and "access_token" not in answer.json, secret
    # The twin: none of that used the code up.
    assert app.redeem(code).status == 200


def test_a_verifier_for_no_challenge_is_refused(server, world, signed_in):
    """A code without a challenge, where a nonce may stand for one, is not made good by a verifier of somebody's choice."""
    app, (user, browser) = App(world, nonce_for_pkce=True), signed_in
    code = app.code(browser, code_challenge=None, code_challenge_method=None)
    assert app.redeem(code).json["error"] == "invalid_grant"
    assert app.token(grant_type="authorization_code", code=code, redirect_uri=app.redirect).status == 200


def test_any_port_is_for_native_clients_alone(server, world, signed_in):
    app, (user, browser) = App(world, redirects=["http://127.0.0.1:8765/callback"]), signed_in
    for redirect in ("http://127.0.0.1:8766/callback", "http://127.0.0.1/callback"):
        assert browser.send("GET", app.authorize_url(redirect_uri=redirect)).status == 400, redirect
    app.redirect = "http://127.0.0.1:8765/callback"
    app.tokens(browser)


def test_a_verifier_may_have_any_characters_and_the_right_length(server, world, signed_in):
    app, (user, browser) = App(world), signed_in
    verifier = "a+/=" * 11
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    code = app.code(browser, code_challenge=challenge)
    assert app.redeem(code, code_verifier=verifier).status == 200
    for size in (42, 129):
        verifier = "a" * size
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        assert app.redeem(app.code(browser, code_challenge=challenge), code_verifier=verifier).json["error"] == "invalid_grant"


def test_a_bad_client_or_redirect_is_never_redirected_to(server, world, signed_in):
    app, (user, browser) = App(world), signed_in
    for redirect in ("https://evil.example.com/", app.redirect + "/", app.redirect + "?x=1", app.redirect.upper(), "https://app.example.com/callback/../x",
                     app.redirect + "#f", "https://app.example.com@evil.example.com/callback", "http://app.example.com/callback", "javascript:alert(1)", ""):
        page = browser.send("GET", app.authorize_url(redirect_uri=redirect))
        assert page.status == 400 and page.location is None, redirect
    page = browser.send("GET", app.authorize_url(client_id="cli_01ARZ3NDEKTSV4RRFFQ69G5FAV"))
    assert page.status == 400 and page.location is None
    # Two of them: which was meant is nobody's to guess.
    page = browser.send("GET", app.authorize_url() + "&redirect_uri=" + urlencode({"": app.redirect})[1:])
    assert page.status == 400 and page.location is None


def test_errors_after_that_go_back_to_the_client_with_iss(server, world, signed_in):
    app, (user, browser) = App(world), signed_in
    for wrong, code in ((dict(response_type="token"), "unsupported_response_type"), (dict(response_type=None), "invalid_request"),
                        (dict(code_challenge=None, code_challenge_method=None), "invalid_request"), (dict(code_challenge_method="plain"), "invalid_request"),
                        (dict(code_challenge_method=None), "invalid_request"), (dict(code_challenge="short"), "invalid_request"),
                        (dict(scope="nobody:knows"), "invalid_scope"), (dict(scope="jeton:admin"), "invalid_scope"),
                        (dict(response_mode="web_message"), "invalid_request"), (dict(prompt="none login"), "invalid_request"),
                        (dict(max_age="-1"), "invalid_request"), (dict(resource="https://nobody.example.com"), "invalid_target"),
                        (dict(claims="[]"), "invalid_request"), (dict(id_token_hint="x"), "invalid_request")):
        page = browser.send("GET", app.authorize_url(**wrong))
        assert page.status == 303 and page.location.startswith(app.redirect + "?"), (wrong, page)
        assert page.query["error"] == code and page.query["iss"] == server.url and page.query["state"] == "s-1", (wrong, page.location)


def test_power_over_the_installation_is_not_given_by_users(server, world, signed_in):
    user, browser = signed_in
    app = App(world, scopes=("jeton:admin",))
    page = browser.send("GET", app.authorize_url(scope="jeton:admin"))
    assert page.query["error"] == "invalid_target"


def test_as_many_scopes_as_an_api_may_have(server, world, signed_in):
    api, (user, browser) = world.api(scopes=[world.name("s") for _ in range(100)]), signed_in
    app = App(world, scopes=api["scopes"])
    # All of them, and who the person is: one more than a grant may have.
    page = browser.send("GET", app.authorize_url(scope="openid", resource=api["audience"]))
    assert page.status == 303 and page.query["error"] == "invalid_scope", page
    tokens = app.tokens(browser, scope=" ".join(["openid", *api["scopes"][:99]]), resource=api["audience"])
    assert len(claims(tokens["access_token"])["scope"].split()) == 100


def test_prompt_and_max_age(server, world, signed_in):
    app, (user, browser) = App(world), signed_in
    nobody = Browser(server)
    assert nobody.send("GET", app.authorize_url(prompt="none")).query["error"] == "login_required"
    assert browser.send("GET", app.authorize_url(prompt="none")).query["error"] == "consent_required"
    first = claims(app.tokens(browser)["id_token"])
    assert "code" in browser.send("GET", app.authorize_url(prompt="none")).query
    for more in (dict(prompt="login"), dict(max_age="0")):
        before, session = browser.session, world.admin.shown(f"/v1/sessions?user={user['id']}")["items"][0]["id"]
        page = browser.get(app.authorize_url(**more))
        assert "/login" in page.url, more
        # Going back without logging in leads to the login again.
        assert "/login" in browser.get(app.authorize_url(**more)).url
        page = browser.submit(page, "/login", username=user["name"], password="correct horse")
        assert "code" in page.query, page
        fresh = claims(app.redeem(page.query["code"]).json["id_token"]) if False else None
        assert browser.session != before and fresh is None
        assert world.admin.shown(f"/v1/sessions?user={user['id']}")["items"][0]["id"] == session
    for age in ("10000", "9223372036854775", "9223372036854775807"):
        assert "code" in browser.send("GET", app.authorize_url(max_age=age)).query, age
    assert first["auth_time"] <= claims(app.tokens(browser)["id_token"])["auth_time"]
    page = Browser(server).get(app.authorize_url(login_hint="ada"))
    assert page.form("/login")["fields"]["username"] == "ada" and app.client["name"] in page.parsed.text


def test_form_post_and_a_posted_request(server, world, signed_in):
    app, (user, browser) = App(world), signed_in
    app.tokens(browser)
    page = browser.send("GET", app.authorize_url(response_mode="form_post"))
    form = page.form(app.redirect)
    assert page.status == 200 and form["fields"]["iss"] == server.url and form["fields"]["state"] == "s-1" and "code" in form["fields"]
    assert "<script>" not in page.body and "app.example.com" in page.headers["Content-Security-Policy"]
    assert app.redeem(form["fields"]["code"]).status == 200
    query = app.authorize_url().split("?")[1]
    page = browser.follow(browser.send("POST", "/oauth/authorize", query, {"Origin": "https://app.example.com"}))
    assert app.redeem(page.query["code"]).status == 200


def test_discovery_at_both_addresses(server):
    a = server.anyone.shown("/.well-known/openid-configuration")
    assert a == server.anyone.shown("/.well-known/oauth-authorization-server") and a["issuer"] == server.url
    assert a["code_challenge_methods_supported"] == ["S256"] and a["authorization_response_iss_parameter_supported"] is True
    for name in a:
        if name.endswith("_endpoint") or name == "jwks_uri":
            assert a[name].startswith(server.url + "/"), name
            assert server.anyone.get(urlsplit(a[name]).path).status != 404, name


def test_a_public_client_needs_no_secret_and_a_confidential_one_does(server, world, signed_in):
    user, browser = signed_in
    spa = App(world, "spa")
    assert spa.secret is None
    got = spa.tokens(browser)
    assert got["refresh_token"] and active(world, got["access_token"])
    web = App(world)
    code = web.code(browser)
    answer = server.anyone.post("/oauth/token", form={"grant_type": "authorization_code", "code": code, "redirect_uri": web.redirect,
                                                      "code_verifier": web.verifier, "client_id": web.id})
    assert answer.status == 401 and answer.json["error"] == "invalid_client" and answer.headers["WWW-Authenticate"].startswith("Basic")


def test_a_native_client_has_any_loopback_port_and_is_always_asked(server, world, signed_in):
    user, browser = signed_in
    app = App(world, "native", redirects=["http://127.0.0.1/callback"])
    app.redirect = "http://127.0.0.1:49152/callback"
    app.tokens(browser)
    app.redirect = "http://127.0.0.1:51000/callback"
    assert "/consent" in browser.get(app.authorize_url()).url
    for redirect in ("http://localhost:49152/callback", "http://127.0.0.1:49152/other", "http://127.0.0.1.evil.example.com/callback"):
        assert browser.send("GET", app.authorize_url(redirect_uri=redirect)).status == 400


def test_other_origins_may_ask_the_token_endpoint(server):
    answer = server.anyone.call("OPTIONS", "/oauth/token", headers={"Origin": "https://spa.example.com", "Access-Control-Request-Method": "POST"})
    assert answer.status == 204 and answer.headers["Access-Control-Allow-Origin"] == "*" and "POST" in answer.headers["Access-Control-Allow-Methods"]
    answer = server.anyone.post("/oauth/token", form={"grant_type": "x"}, headers={"Origin": "https://spa.example.com"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    # Pages with cookies are for their own origin alone.
    for path in ("/login", "/account", "/oauth/authorize"):
        assert server.anyone.get(path, headers={"Origin": "https://spa.example.com"}).headers["Access-Control-Allow-Origin"] is None


@pytest.mark.parametrize("wants", [{"prompt": "login"}, {"max_age": "0"}])
def test_nobody_gets_past_the_login_by_way_of_consent(server, world, signed_in, wants):
    app, (user, browser) = App(world), signed_in
    asked = app.authorize_url(**wants).split("?", 1)[1]
    assert browser.get("/consent?" + asked).path == "/login"
    # A form of another request, changed to this one.
    form = browser.get(app.authorize_url(prompt="consent"))
    assert browser.submit(form, "/consent", request=asked, decision="allow").path == "/login"
    # With the login that is wanted the way goes through, also where the consent takes its time.
    verifier = app.verifier
    page = browser.submit(browser.get(app.authorize_url(**wants)), "/login", username=user["name"], password="correct horse")
    assert page.path == "/consent" and app.verifier != verifier
    page = browser.submit(page, "/consent", decision="allow")
    assert page.status == 303 and app.redeem(page.query["code"]).status == 200

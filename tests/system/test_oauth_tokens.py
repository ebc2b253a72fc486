"""Refresh, client credentials, introspection, revocation, and what takes tokens away."""
import base64
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from browser import App, Browser, claims, person
from test_oauth_code import active, own_api


@pytest.fixture
def granted(server, world):
    """An application with tokens of a person: (app, user, browser, tokens)."""
    app, user, browser = App(world), person(world), Browser(server)
    return app, user, browser, app.tokens(browser, user)


def test_refresh_rotates_and_reuse_ends_that_family_alone(server, world, granted):
    app, user, browser, first = granted
    other = app.tokens(browser)           # the same application on another installation
    second = app.refresh(first["refresh_token"])
    assert second.status == 200 and second.json["refresh_token"] != first["refresh_token"] and "nonce" not in claims(second.json["id_token"])
    third = app.refresh(second.json["refresh_token"])
    assert third.status == 200
    # The first one is two steps old: whoever shows it is not the one who went on.
    assert app.refresh(first["refresh_token"]).json["error"] == "invalid_grant"
    for token in (first["access_token"], second.json["access_token"], third.json["access_token"], third.json["refresh_token"]):
        assert not active(world, token)
    assert app.refresh(third.json["refresh_token"]).json["error"] == "invalid_grant"
    assert active(world, other["access_token"]) and app.refresh(other["refresh_token"]).status == 200
    assert [a for a in world.admin.shown("/v1/alerts")["items"] if a["rule"] == "refresh_reuse"]


def test_a_used_refresh_token_ends_its_family_whatever_it_asks_for(server, world, granted):
    app, user, browser, first = granted
    second = app.refresh(first["refresh_token"])
    assert app.refresh(second.json["refresh_token"], scope="more:than:it").json["error"] == "invalid_scope"
    third = app.refresh(second.json["refresh_token"])
    assert third.status == 200, "asking for too much used nothing up"
    assert app.refresh(first["refresh_token"], scope="more:than:it").json["error"] == "invalid_grant"
    assert app.refresh(third.json["refresh_token"]).json["error"] == "invalid_grant"
    assert not active(world, third.json["access_token"])


def test_a_lost_answer_is_given_again(server, world, granted):
    app, user, browser, first = granted
    answers = [app.refresh(first["refresh_token"]) for _ in range(3)]
    assert [a.status for a in answers] == [200] * 3
    # One chain: every tab has the same successor.
    assert len({a.json["refresh_token"] for a in answers}) == 1
    assert app.refresh(answers[0].json["refresh_token"]).status == 200


def test_twenty_tabs_refresh_into_one_chain(server, world, granted):
    app, user, browser, tokens = granted
    for _ in range(3):
        with ThreadPoolExecutor(20) as pool:
            answers = [a for a in pool.map(lambda _: app.refresh(tokens["refresh_token"]), range(20))]
        good = [a.json for a in answers if a.status == 200]
        assert good and len({g["refresh_token"] for g in good}) == 1
        tokens = good[0]


def test_refresh_narrows_and_never_widens(server, world):
    api, read, write = own_api(world)
    app, user, browser = App(world, scopes=(read, write)), person(world), Browser(server)
    tokens = app.tokens(browser, user, scope=f"{read} {write}")
    fewer = app.refresh(tokens["refresh_token"], scope=read)
    assert fewer.json["scope"] == read
    assert app.refresh(fewer.json["refresh_token"]).json["scope"].split() == sorted([read, write])
    narrow = app.tokens(browser, scope=read)
    assert app.refresh(narrow["refresh_token"], scope=write).json["error"] == "invalid_scope"
    assert app.refresh(narrow["refresh_token"], resource="https://other.example.com").json["error"] == "invalid_target"


@pytest.mark.parametrize("grant", ["code", "refresh"])
def test_a_resource_is_the_grants_or_nobodys(server, world, grant):
    api, read, write = own_api(world)
    other, _, _ = own_api(world)
    app, user, browser = App(world, scopes=(read, write)), person(world), Browser(server)
    rotated = lambda: [e["action"] for e in world.admin.shown("/v1/audit?limit=2")["items"]].count("grant.refresh")
    for named in (other["audience"], "https://nobody.example.com"):
        code = app.code(browser, user, scope=read, resource=api["audience"])
        if grant == "code":
            assert app.redeem(code, resource=named).json["error"] == "invalid_target", named
            # It is used up, and nobody holds what came of it.
            assert app.redeem(code).json["error"] == "invalid_grant"
            continue
        refresh = app.redeem(code).json["refresh_token"]
        assert app.refresh(refresh, resource=named).json["error"] == "invalid_target" and rotated() == 0, named
        again = app.refresh(refresh, resource=api["audience"])
        assert again.status == 200 and claims(again.json["access_token"])["aud"] == api["audience"] and rotated() == 1
    code = app.code(browser, user, scope=read, resource=api["audience"])
    assert claims(app.redeem(code, resource=api["audience"]).json["access_token"])["aud"] == api["audience"]


def test_a_refresh_token_is_its_clients_alone(server, world, granted):
    app, user, browser, tokens = granted
    other = App(world)
    # Nor does another one learn what it is good for.
    for asked in ({}, {"scope": "more:than:it"}, {"resource": "https://other.example.com"}):
        assert other.refresh(tokens["refresh_token"], **asked).json["error"] == "invalid_grant", asked
    assert app.refresh(tokens["refresh_token"] + "x").json["error"] == "invalid_grant"
    assert app.refresh(tokens["access_token"]).json["error"] == "invalid_grant"
    assert app.refresh(tokens["refresh_token"]).status == 200


def gone(world, app, tokens):
    assert not active(world, tokens["access_token"]) and not active(world, tokens["refresh_token"])
    assert world.verdict(tokens["access_token"]).status == 401
    assert app.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"


def test_the_end_of_a_session_takes_everything_with_it(server, world, granted):
    app, user, browser, tokens = granted
    assert world.verdict(tokens["access_token"]).status == 200
    session = world.admin.shown(f"/v1/sessions?user={user['id']}")["items"][0]["id"]
    world.admin.done("DELETE", f"/v1/sessions/{session}")
    gone(world, app, tokens)


def test_offline_access_outlives_the_session(server, world, granted):
    app, user, browser, _ = granted
    tokens = app.tokens(browser, scope="openid offline_access")
    world.admin.done("POST", "/v1/sessions/revoke", {"user": user["id"]})
    assert active(world, tokens["access_token"]) and app.refresh(tokens["refresh_token"]).status == 200


@pytest.mark.parametrize("way", ["user disabled", "user deleted", "client deleted", "disconnected", "tokens revoked"])
def test_who_may_not_act_has_no_tokens(server, world, way):
    app, user, browser = App(world), person(world), Browser(server)
    browser.log_in(user["name"])
    tokens = app.tokens(browser, scope="openid offline_access")
    assert world.verdict(tokens["access_token"]).status == 200
    if way == "user disabled":
        world.admin.done("POST", f"/v1/users/{user['id']}/disable")
    elif way == "user deleted":
        world.admin.done("DELETE", f"/v1/users/{user['id']}")
    elif way == "client deleted":
        world.admin.done("DELETE", f"/v1/clients/{app.id}")
    elif way == "disconnected":
        page = browser.get("/account")
        assert app.client["name"] in page.parsed.text
        page = browser.submit(page, do="disconnect", id=app.id)
        assert app.client["name"] not in page.parsed.text
        assert "/consent" in browser.get(app.authorize_url()).url
    else:
        world.admin.done("POST", "/v1/tokens/revoke", {"user": user["id"]})
    assert world.verdict(tokens["access_token"]).status == 401 and not active(world, tokens["access_token"])
    assert app.refresh(tokens["refresh_token"]).status in (400, 401)


def test_revocation_answers_an_empty_object_and_ends_the_grant(server, world, granted):
    app, user, browser, tokens = granted
    basic = {"Authorization": "Basic " + base64.b64encode(f"{app.id}:{app.secret}".encode()).decode()}
    for token in ("nothing", tokens["access_token"]):
        answer = server.anyone.post("/oauth/revoke", form={"token": token}, headers=basic)
        assert answer.status == 200 and answer.body == b"{}" and answer.headers["Content-Type"] == "application/json"
    assert not active(world, tokens["access_token"]) and active(world, tokens["refresh_token"])
    other = App(world)
    theirs = {"Authorization": "Basic " + base64.b64encode(f"{other.id}:{other.secret}".encode()).decode()}
    assert server.anyone.post("/oauth/revoke", form={"token": tokens["refresh_token"]}, headers=theirs).status == 200
    assert active(world, tokens["refresh_token"])
    fresh = app.refresh(tokens["refresh_token"]).json
    assert server.anyone.post("/oauth/revoke", form={"token": fresh["refresh_token"], "token_type_hint": "refresh_token"}, headers=basic).status == 200
    gone(world, app, fresh)


def test_revoking_a_token_that_was_replaced_ends_its_family(server, world, granted):
    app, user, browser, tokens = granted
    basic = lambda a: {"Authorization": "Basic " + base64.b64encode(f"{a.id}:{a.secret}".encode()).decode()}
    revoke = lambda token, headers: server.anyone.post("/oauth/revoke", form={"token": token}, headers=headers)
    # A second installation: a family of its own.
    apart = app.tokens(browser, scope=tokens["scope"])
    fresh = app.refresh(tokens["refresh_token"]).json
    answer = revoke(tokens["refresh_token"], basic(App(world)))
    assert answer.status == 200 and answer.body == b"{}" and active(world, fresh["refresh_token"]) and active(world, fresh["access_token"])
    answer = revoke(tokens["refresh_token"], basic(app))
    assert answer.status == 200 and answer.body == b"{}"
    gone(world, app, fresh)
    assert active(world, apart["refresh_token"]) and app.refresh(apart["refresh_token"]).status == 200


def test_introspection_is_for_clients_and_tells_of_their_own(server, world, granted):
    app, user, browser, tokens = granted
    ask = lambda form, headers=None: server.anyone.post("/oauth/introspect", form=form, headers=headers or {})
    basic = {"Authorization": "Basic " + base64.b64encode(f"{app.id}:{app.secret}".encode()).decode()}
    mine = ask({"token": tokens["access_token"]}, basic).json
    assert mine["active"] and mine["client_id"] == app.id and mine["sub"] == user["id"] and mine["token_type"] == "Bearer"
    assert ask({"token": tokens["refresh_token"]}, basic).json["active"]
    other = App(world)
    theirs = {"Authorization": "Basic " + base64.b64encode(f"{other.id}:{other.secret}".encode()).decode()}
    for token in (tokens["access_token"], tokens["refresh_token"], "nothing", ""):
        answer = ask({"token": token}, theirs)
        assert answer.status == 200 and answer.json == {"active": False}
    assert ask({"token": tokens["access_token"]}).status == 401
    spa = App(world, "spa")
    assert ask({"token": tokens["access_token"], "client_id": spa.id}).status == 401


@pytest.mark.parametrize("format", ["jwt", "opaque"])
def test_both_forms_of_access_tokens(server, world, format):
    api, read, write = own_api(world, format=format)
    app, user, browser = App(world, scopes=(read,)), person(world), Browser(server)
    tokens = app.tokens(browser, user, scope=f"openid {read}")
    assert tokens["access_token"].count(".") == (2 if format == "jwt" else 0)
    assert world.verdict(tokens["access_token"], f"?api={api['name']}&scope={read}").status == 200
    assert active(world, tokens["access_token"]) and server.bearing(tokens["access_token"]).get("/oauth/userinfo").json["sub"] == user["id"]
    world.admin.done("POST", "/v1/sessions/revoke", {"user": user["id"]})
    gone(world, app, tokens)


@pytest.mark.parametrize("format", ["jwt", "opaque"])
def test_client_credentials(server, world, format):
    api, read, write = own_api(world, format=format)
    app = App(world, "machine", scopes=(read,))
    got = app.token(grant_type="client_credentials")
    assert got.status == 200 and got.json["scope"] == read and "refresh_token" not in got.json and "id_token" not in got.json
    assert world.verdict(got.json["access_token"], f"?api={api['name']}&scope={read}").status == 200
    assert app.token(grant_type="client_credentials", scope=write).json["error"] == "invalid_scope"
    assert app.token(grant_type="client_credentials", resource="https://nobody.example.com").json["error"] == "invalid_target"
    assert app.token(grant_type="client_credentials", resource=api["audience"]).status == 200
    assert app.token(grant_type="authorization_code", code="x").json["error"] == "unauthorized_client"
    world.admin.done("PATCH", f"/v1/clients/{app.id}", {"scopes": [read, write]})
    assert app.token(grant_type="client_credentials", scope=write).status == 200
    world.admin.done("DELETE", f"/v1/clients/{app.id}")
    assert world.verdict(got.json["access_token"]).status == 401
    assert app.token(grant_type="client_credentials").status == 401


def test_an_access_token_does_not_make_others(server, world, granted):
    app, user, browser, tokens = granted
    holder = server.bearing(tokens["access_token"])
    for path in ("/v1/tokens/self/access-tokens", "/v1/tokens/self/rotate"):
        assert holder.post(path, {}).status in (403, 404, 409), path
    exchange = {"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": tokens["access_token"],
                "subject_token_type": "urn:ietf:params:oauth:token-type:access_token"}
    assert server.anyone.post("/oauth/token", form=exchange).status == 400


def test_parameters_twice_and_in_the_address_are_refused(server, world):
    app = App(world, "machine", scopes=())
    body = f"grant_type=client_credentials&grant_type=client_credentials&client_id={app.id}&client_secret={app.secret}"
    answer = server.anyone.call("POST", "/oauth/token", body, {"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 400 and answer.json["error"] == "invalid_request"
    answer = server.anyone.post("/oauth/token?client_id=" + app.id, form={"grant_type": "client_credentials"})
    assert answer.status == 400 and answer.json["error"] == "invalid_request"
    assert server.anyone.get("/oauth/token").status == 405
    assert server.anyone.post("/oauth/token", form={"grant_type": "password", "username": "a", "password": "b"}).json["error"] == "unsupported_grant_type"
    assert server.anyone.post("/oauth/token", {"grant_type": "client_credentials"}).status == 400


def test_userinfo_needs_openid_and_a_good_token(server, world, granted):
    app, user, browser, tokens = granted
    assert server.anyone.get("/oauth/userinfo").status == 401
    assert server.anyone.get("/oauth/userinfo").headers["WWW-Authenticate"] == 'Bearer realm="jeton"'
    assert 'error="invalid_token"' in server.bearing("x").get("/oauth/userinfo").headers["WWW-Authenticate"]
    assert server.anyone.get("/oauth/userinfo?access_token=" + tokens["access_token"]).status == 400
    api, read, write = own_api(world)
    without = App(world, scopes=(read,)).tokens(browser, scope=read)
    assert server.bearing(without["access_token"]).get("/oauth/userinfo").status == 403
    pat = world.token(principal=user)
    assert server.bearing(pat["token"]).get("/oauth/userinfo").status in (401, 403)
    assert server.anyone.post("/oauth/userinfo", form={"access_token": tokens["access_token"]}).json["sub"] == user["id"]
    # [RFC6750 §2] in one place
    for second in (tokens["access_token"], "x", ""):
        assert server.bearing(tokens["access_token"]).post("/oauth/userinfo", form={"access_token": second}).status == 400
    assert server.bearing(tokens["access_token"]).post("/oauth/userinfo", form={"other": "x"}).json["sub"] == user["id"]
    world.admin.done("POST", f"/v1/users/{user['id']}/disable")
    assert server.bearing(tokens["access_token"]).get("/oauth/userinfo").status == 401

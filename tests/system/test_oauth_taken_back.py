"""What was taken back while something was on its way: a client's scope, an API's, a person's word, a login."""
import pytest

from browser import App, Browser, claims, person
from test_oauth_answers import ACCESS, EXCHANGE
from test_oauth_code import active, own_api
from test_oauth_more import begin, native, poll


def told(world, token):
    return world.admin.call("POST", "/oauth/introspect", form={"token": token}).json


def headers_of(world, token, api):
    verdict = world.verdict(token, f"?api={api['name']}")
    assert verdict.status == 200, verdict
    return verdict.headers["X-Jeton-Scope"].split()


def update(world, app, **more):
    world.admin.done("PATCH", f"/v1/clients/{app.id}", more)


@pytest.mark.parametrize("form", ["jwt", "opaque"])
def test_what_a_client_lost_its_grants_have_not(server, world, form):
    api, read, write = own_api(world, format=form)
    app, user, browser = App(world, scopes=(read, write)), person(world), Browser(server)
    machine = App(world, "machine", scopes=(read, write))
    got = app.tokens(browser, user, scope=f"openid {read} {write}")
    own = machine.token(grant_type="client_credentials").json
    for token in (got["access_token"], own["access_token"]):
        assert world.allowed(token, f"?api={api['name']}&scope={write}")
    for one in (app, machine):
        update(world, one, scopes=[read])
    for token in (got["access_token"], own["access_token"]):
        # What was given before has it no more, whoever looks, and is told without it.
        assert world.verdict(token, f"?api={api['name']}&scope={write}").status == 403
        assert write not in headers_of(world, token, api) and write not in told(world, token)["scope"].split()
        one = world.admin.call("POST", "/v1/verify", {"token": token, "api": api["name"], "scope": write}).json
        assert not one["decision"]["allow"] and write not in one["token"]["scopes"]
        assert world.allowed(token, f"?api={api['name']}&scope={read}"), "the rest stays"
    assert write not in told(world, got["refresh_token"])["scope"].split()
    # By name it is refused, and nothing is used up by asking.
    assert app.refresh(got["refresh_token"], scope=write).json["error"] == "invalid_scope"
    assert app.refresh(got["refresh_token"], scope=f"{read} {write}").json["error"] == "invalid_scope"
    again = app.refresh(got["refresh_token"])
    assert again.status == 200 and sorted(again.json["scope"].split()) == sorted(["openid", read])
    if form == "jwt":
        assert write not in claims(again.json["access_token"])["scope"].split()
    # The twin: given back, the person's word for it counts again.
    update(world, app, scopes=[read, write])
    assert world.allowed(got["access_token"], f"?api={api['name']}&scope={write}")
    assert write in app.refresh(again.json["refresh_token"]).json["scope"].split()


def test_a_grant_of_which_nothing_is_left_gives_nothing(server, world):
    api, read, write = own_api(world)
    app, user, browser = App(world, scopes=(read, write)), person(world), Browser(server)
    got = app.tokens(browser, user, scope=write)
    code = app.code(browser, scope=write)
    device_app = native(world, scopes=(read, write))
    device = begin(server, device_app, scope=write)
    page = browser.submit(browser.get("/device"), "/device", user_code=device["user_code"])
    browser.submit(page, "/device", decision="allow")
    for one in (app, device_app):
        update(world, one, scopes=[read])
    for answer in (app.refresh(got["refresh_token"]), app.redeem(code), poll(device_app, device)):
        assert answer.status == 400 and answer.json["error"] == "invalid_scope", answer
    # The twin: nothing was used up by asking.
    update(world, app, scopes=[read, write])
    assert app.refresh(got["refresh_token"]).json["scope"] == write


@pytest.mark.parametrize("form", ["jwt", "opaque"])
def test_what_an_api_lost_nobody_has(server, world, form):
    api, read, write = own_api(world, format=form)
    app, user, browser = App(world, scopes=(read, write)), person(world), Browser(server)
    got = app.tokens(browser, user, scope=f"{read} {write}")
    own = world.token(api, user, scopes=(read, write))["token"]
    exchange = lambda **more: server.anyone.post("/oauth/token", form={
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": own, "subject_token_type": "urn:ietf:params:oauth:token-type:access_token", **more})
    made = exchange().json["access_token"]
    world.admin.done("PATCH", f"/v1/apis/{api['id']}", {"scopes": [read]})
    for token in (got["access_token"], own, made):
        assert world.verdict(token, f"?api={api['name']}&scope={write}").status == 403
        assert headers_of(world, token, api) == [read]
        assert world.allowed(token, f"?api={api['name']}&scope={read}")
    assert app.refresh(got["refresh_token"]).json["scope"] == read
    assert exchange().json["scope"] == read and exchange(scope=write).json["error"] == "invalid_scope"


def test_a_management_token_that_was_narrowed_takes_what_was_exchanged_for_it_along(server, world):
    strong = world.management_token("jeton:tokens:read", "jeton:users:read")
    made = server.anyone.post("/oauth/token", form={"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": strong["token"],
                                                    "subject_token_type": "urn:ietf:params:oauth:token-type:access_token"}).json["access_token"]
    own = world.token()["token"]
    ask = lambda: server.bearing(made).call("POST", "/oauth/introspect", form={"token": own})
    assert ask().json["active"] and server.bearing(made).get("/v1/users").status == 200
    world.admin.done("PATCH", f"/v1/tokens/{strong['id']}", {"scopes": ["jeton:users:read"]})
    assert ask().status == 401
    assert server.bearing(made).get("/v1/tokens").status == 403 and server.bearing(made).get("/v1/users").status == 200


def test_a_refresh_token_of_who_may_not_act_is_told_as_what_it_is(server, world):
    app, user, browser = App(world), person(world), Browser(server)
    got = app.tokens(browser, user, scope="openid offline_access")
    assert active(world, got["refresh_token"])
    world.admin.done("POST", f"/v1/users/{user['id']}/disable")
    assert app.refresh(got["refresh_token"]).json["error"] == "invalid_grant"
    assert not active(world, got["refresh_token"])
    world.admin.done("POST", f"/v1/users/{user['id']}/enable")
    assert active(world, got["refresh_token"])


def approved(server, world, browser, app, **more):
    device = begin(server, app, scope="openid", **more)
    page = browser.submit(browser.get("/device"), "/device", user_code=device["user_code"])
    assert browser.submit(page, "/device", decision="allow").status == 200
    return device


@pytest.mark.parametrize("how", ["session", "password", "disconnect"])
def test_what_waits_for_a_device_ends_with_the_login_and_the_word_it_came_of(server, world, how):
    app, user, browser = native(world), person(world), Browser(server)
    browser.log_in(user["name"])
    app.tokens(browser, scope="openid")
    fetched = poll(app, approved(server, world, browser, app)).json
    device = approved(server, world, browser, app)
    if how == "session":
        world.admin.done("POST", "/v1/sessions/revoke", {"user": user["id"]})
    elif how == "password":
        world.admin.done("PATCH", f"/v1/users/{user['id']}", {"password": "another horse"})
    else:
        browser.submit(browser.get("/account"), do="disconnect", id=app.id)
    assert poll(app, device).json["error"] == "invalid_grant"
    # The twin: what was fetched before does not hang on the browser; and a new word counts.
    assert active(world, fetched["refresh_token"]) == (how != "disconnect")
    if how != "disconnect":
        browser = Browser(server)
        browser.log_in(user["name"], "another horse" if how == "password" else "correct horse")
    assert poll(app, approved(server, world, browser, app)).status == 200


def test_a_code_is_worth_nothing_once_its_application_was_disconnected(server, world):
    app, user, browser = App(world), person(world), Browser(server)
    first = app.tokens(browser, user, scope="openid offline_access")
    code = app.code(browser, scope="openid offline_access")
    browser.submit(browser.get("/account"), do="disconnect", id=app.id)
    assert app.redeem(code).json["error"] == "invalid_grant" and not active(world, first["refresh_token"])
    # The twin: agreed to anew.
    assert app.redeem(app.code(browser, scope="openid offline_access")).status == 200


@pytest.mark.parametrize("form", ["jwt", "opaque"])
@pytest.mark.parametrize("how", ["token", "user", "parent", "jwt", "itself"])
def test_who_acts_for_somebody_does_so_no_longer_than_his_own_token_lives(server, world, form, how):
    subject = world.token(world.api(format=form))["token"]
    actor, of = world.user(), world.api(format="opaque" if how == "itself" else "jwt")
    own = world.token(of, actor)
    shown = own["token"]
    exchange = lambda token, **more: server.anyone.post("/oauth/token", form={"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": ACCESS, **more}).json["access_token"]
    if how in ("parent", "jwt", "itself"):
        shown = exchange(own["token"])
    bystander = world.token(of, actor)["token"]
    made, other, plain = (exchange(subject, **more) for more in (dict(actor_token=shown, actor_token_type=ACCESS), dict(actor_token=bystander, actor_token_type=ACCESS), dict()))
    assert world.allowed(made) and active(world, made)
    if how in ("token", "parent"):
        world.admin.done("POST", f"/v1/tokens/{own['id']}/revoke", {})
    elif how == "user":
        world.admin.done("POST", f"/v1/users/{actor['id']}/disable")
    else:
        assert server.anyone.post("/oauth/revoke", form={"token": shown}).status == 200
    assert world.verdict(made).status == 401 and not active(world, made)
    # The twins: with another token of the same actor, and by the subject alone.
    assert world.allowed(other) == (how != "user") and world.allowed(plain)

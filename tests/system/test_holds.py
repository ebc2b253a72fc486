"""What the watch does by itself: throttle, challenge, quarantine; and letting go again."""
from browser import App, Browser, claims, person
from cli import Line
from server import World
from test_oauth_code import own_api
from waiting import until


def probe(world, token, api=None):
    """Ten calls that the token may not make: the pattern scope_probing."""
    for _ in range(12):
        world.verdict(token, "?scope=orders:write")


def acting(own_server, action):
    world = World(own_server())
    world.admin.done("PATCH", "/v1/settings", {"watch_action": f"scope_probing={action} woke_up=notify"})
    return world


def reason(world, token):
    answer = world.verdict(token)
    return answer.status, answer.headers.get("X-Jeton-Reason")


def test_quarantine_holds_until_released_and_over_a_restart(own_server):
    world = acting(own_server, "quarantine")
    token, other = world.token(), world.token()
    jwt = world.admin.created(f"/v1/tokens/{token['id']}/access-tokens", {})["access_token"]
    assert world.allowed(jwt)
    probe(world, token["token"])
    until(lambda: reason(world, token["token"]) == (401, "quarantined"), what="the quarantine")
    assert reason(world, jwt) == (401, "quarantined") and world.allowed(other["token"])
    world.server.restart()
    assert reason(world, token["token"]) == reason(world, jwt) == (401, "quarantined")
    assert world.admin.shown(f"/v1/tokens/{token['id']}")["status"] == "quarantined"
    # Nothing that is made of it gets around that, and its holder cannot let it go.
    assert world.admin.post(f"/v1/tokens/{token['id']}/rotate", {}).status == 409
    assert world.admin.post(f"/v1/tokens/{token['id']}/access-tokens", {}).status == 409
    assert world.server.bearing(token["token"]).post(f"/v1/tokens/{token['id']}/release", {}).status == 401
    assert world.server.bearing(other["token"]).post(f"/v1/tokens/{token['id']}/release", {}).status == 403
    line = Line(world.server)
    assert "Released" in line.good("token", "release", token["id"], "--reason", "the holder explained it").err
    assert world.allowed(token["token"]) and world.allowed(jwt)
    actions = [e["action"] for e in world.admin.shown(f"/v1/audit?target={token['id']}")["items"]]
    assert actions[0] == "token.release" and "token.quarantine" in actions


def test_an_operator_quarantines_by_hand(world):
    token, line = world.token(), Line(world.server)
    line.good("token", "quarantine", token["id"], "--reason", "asking")
    assert reason(world, token["token"]) == (401, "quarantined")
    checked = world.admin.done("POST", "/v1/verify", {"token": token["token"]})
    assert not checked["active"] and checked["decision"]["reason"] == "quarantined"
    steps = world.admin.done("POST", "/v1/why", {"token": token["token"]})
    assert steps["steps"][-1] == {"check": "hold", "ok": False, "detail": "quarantined", "rule": None}
    world.admin.done("POST", f"/v1/tokens/{token['id']}/release")
    assert world.allowed(token["token"])
    world.admin.done("POST", f"/v1/tokens/{token['id']}/revoke", {})
    assert world.admin.post(f"/v1/tokens/{token['id']}/quarantine", {}).status == 409
    assert world.admin.post("/v1/tokens/tok_01JD0000000000000000000000/quarantine", {}).status == 404


def test_what_came_of_a_held_token_is_held_in_either_form(world):
    for form in ("jwt", "opaque"):
        api = world.api(format=form)
        token, other = world.token(api), world.token(api)
        access = [world.admin.created(f"/v1/tokens/{t['id']}/access-tokens", {})["access_token"] for t in (token, other)]
        assert world.allowed(access[0]) and world.allowed(access[1])
        world.admin.done("POST", f"/v1/tokens/{token['id']}/quarantine", {})
        assert reason(world, access[0]) == (401, "quarantined") and world.allowed(access[1])
        world.admin.done("POST", f"/v1/tokens/{token['id']}/release", {})
        assert world.allowed(access[0])


def test_throttle_leaves_a_few_calls(own_server):
    world = acting(own_server, "throttle")
    token, other = world.token(), world.token()
    probe(world, token["token"])
    until(lambda: reason(world, token["token"]) == (429, "rate_limited"), what="the throttle")
    assert [world.verdict(token["token"]).status for _ in range(10)].count(429) >= 8
    assert [world.verdict(other["token"]).status for _ in range(30)] == [200] * 30
    world.admin.done("POST", f"/v1/tokens/{token['id']}/release")
    assert [world.verdict(token["token"]).status for _ in range(30)] == [200] * 30


def test_challenge_asks_for_a_fresh_login_where_a_person_stands_behind(own_server):
    world = acting(own_server, "challenge")
    api, read, write = own_api(world)
    app, user, browser = App(world, scopes=(read, write)), person(world), Browser(world.server)
    tokens = app.tokens(browser, user, scope=read)
    access = tokens["access_token"]
    for _ in range(12):
        world.verdict(access, f"?scope={write}")
    until(lambda: reason(world, access) == (401, "step_up"), what="the challenge")
    challenge = world.verdict(access).headers["WWW-Authenticate"]
    assert 'error="insufficient_user_authentication"' in challenge and "max_age=" in challenge
    # Neither renewing it nor waiting helps; logging in anew does.
    assert app.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    page = browser.get(app.authorize_url(scope=read, max_age="0"))
    page = browser.submit(page, "/login", username=user["name"], password="correct horse")
    if "/consent" in page.url:
        page = browser.submit(page, "/consent", decision="allow")
    fresh = app.redeem(page.query["code"]).json["access_token"]
    assert world.allowed(fresh) and reason(world, access) == (401, "step_up") and claims(fresh)["sub"] == user["id"]
    # Of a token nobody logged in for, few calls are left.
    plain = world.token()
    probe(world, plain["token"])
    until(lambda: reason(world, plain["token"]) == (429, "rate_limited"), what="the throttle in its place")


def test_actions_are_checked_when_they_are_set(world):
    for bad in ("scope_probing", "scope_probing=explode", "=revoke", "Scope=revoke", "a=b"):
        assert world.admin.patch("/v1/settings", {"watch_action": bad}).status == 422, bad

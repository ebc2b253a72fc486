"""What changes between two steps of one flow: the word that was given counts for what it was given for, and nothing is given afterwards."""
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from browser import App, Browser, claims, person
from signing import Key
from test_oauth_code import active, own_api
from test_oauth_registration import CALLBACK, app_of, opened


def registered(server, **more):
    made = server.anyone.post("/oauth/register", {"redirect_uris": [CALLBACK], "client_name": "shop", **more})
    assert made.status == 201, made
    return made.json


def changed(server, made, **more):
    answer = server.bearing(made["registration_access_token"]).call(
        "PUT", "/oauth/register/" + made["client_id"], {"client_id": made["client_id"], "redirect_uris": [CALLBACK], "client_name": "shop", **more})
    assert answer.status == 200, answer


def test_the_word_counts_for_what_was_on_the_page(own_server):
    server, world = opened(own_server)
    api, read, write = own_api(world)
    user, browser = person(world), Browser(server)
    browser.log_in(user["name"])
    made = registered(server, scope=read)
    app = app_of(world, made)
    # The request names no scopes: they are what the application is registered for, which it changes while the page is open.
    page = browser.get(app.authorize_url(scope=None))
    assert page.path == "/consent" and read in page.parsed.text and write not in page.parsed.text
    changed(server, made, scope=f"{read} {write}")
    again = browser.submit(page, "/consent", decision="allow")
    assert again.status == 200 and write in again.parsed.text, "asked once more, for what it is now"
    done = browser.submit(again, "/consent", decision="allow")
    assert claims(app.redeem(done.query["code"]).json["access_token"])["scope"].split() == sorted([read, write])
    # Its twin: nothing changed.
    other = registered(server, scope=read)
    app = app_of(world, other)
    page = browser.submit(browser.get(app.authorize_url(scope=None)), "/consent", decision="allow")
    assert claims(app.redeem(page.query["code"]).json["access_token"])["scope"] == read


@pytest.mark.parametrize("scope", ["openid", "openid offline_access"])
def test_a_code_is_worth_nothing_once_its_login_has_ended(server, world, scope):
    app, user, browser = App(world), person(world), Browser(server)
    code = app.code(browser, user, scope=scope)
    world.admin.done("POST", "/v1/sessions/revoke", {"user": user["id"]})
    assert app.redeem(code).json["error"] == "invalid_grant"
    # Its twin: what was redeemed before outlives the session where it is to.
    browser.log_in(user["name"])
    tokens = app.redeem(app.code(browser, scope=scope)).json
    world.admin.done("POST", "/v1/sessions/revoke", {"user": user["id"]})
    assert active(world, tokens["refresh_token"]) == ("offline_access" in scope)


def test_disconnecting_forgets_what_was_agreed_to_everywhere(server, world):
    first, read, _ = own_api(world)
    second, other, _ = own_api(world)
    app, user, browser = App(world, scopes=(read, other)), person(world), Browser(server)
    app.tokens(browser, user, scope=read)
    # What was given there is over; that it may be given is not.
    gone = app.tokens(browser, scope=other)
    basic = {"client_id": app.id, "client_secret": app.secret}
    assert server.anyone.post("/oauth/revoke", form={"token": gone["refresh_token"], **basic}).status == 200
    assert "code" in browser.get(app.authorize_url(scope=other)).query
    for tokens in [app.tokens(browser, scope=other)]:
        server.anyone.post("/oauth/revoke", form={"token": tokens["refresh_token"], **basic})
    browser.submit(browser.get("/account"), do="disconnect", id=app.id)
    for scope in (read, other):
        assert browser.get(app.authorize_url(scope=scope)).path == "/consent", scope


def test_a_bound_token_is_active_only_where_it_may_be_used(server, world):
    api, read, _ = own_api(world, allow=["192.0.2.0/24"])
    machine, key = App(world, "machine", scopes=(read,)), Key()
    answer = server.anyone.post("/oauth/token", form={"grant_type": "client_credentials", "client_id": machine.id, "client_secret": machine.secret},
                                headers={"DPoP": key.proof("POST", server.url + "/oauth/token")})
    if answer.status != 200:      # not from here: the rule is set afterwards
        world.admin.done("PATCH", f"/v1/apis/{api['id']}", {"allow": []})
        answer = server.anyone.post("/oauth/token", form={"grant_type": "client_credentials", "client_id": machine.id, "client_secret": machine.secret},
                                    headers={"DPoP": key.proof("POST", server.url + "/oauth/token")})
        world.admin.done("PATCH", f"/v1/apis/{api['id']}", {"allow": ["192.0.2.0/24"]})
    token = answer.json["access_token"]
    assert answer.json["token_type"] == "DPoP"
    ask = lambda **more: world.admin.call("POST", "/oauth/introspect", form={"token": token, **more}).json["active"]
    assert ask() and ask(ip="192.0.2.9") and not ask(ip="198.51.100.1")
    world.admin.done("DELETE", f"/v1/apis/{api['id']}")
    assert not ask() and not ask(ip="192.0.2.9")


def test_an_application_does_not_say_how_long_its_tokens_live(own_server):
    server, world = opened(own_server)
    server.admin.done("PATCH", "/v1/settings", {"refresh_idle": "1h"})
    user, browser = person(world), Browser(server)
    made = registered(server, refresh_token_ttl=300 * 86400, access_token_ttl=30)
    ends = lambda tokens: server.admin.call("POST", "/oauth/introspect", form={"token": tokens["refresh_token"]}).json["exp"] - time.time()
    assert ends(app_of(world, made).tokens(browser, user)) <= 3600
    # The administrator does, and the application does not undo it.
    world.admin.done("PATCH", f"/v1/clients/{made['client_id']}", {"refresh_token_ttl": 600})
    assert ends(app_of(world, made).tokens(browser)) <= 600
    changed(server, made, refresh_token_ttl=300 * 86400)
    assert ends(app_of(world, made).tokens(browser)) <= 600


def test_a_name_does_not_turn_around_what_stands_behind_it(own_server):
    server, _ = opened(own_server)
    turned = "".join(chr(c) for c in [*range(0x202a, 0x202f), *range(0x2066, 0x206a)])
    made = registered(server, client_name=f"Bank{turned}1 \u05d1\u05e0\u05e7 \u201cBank\u201d")
    assert made["client_name"].rpartition(" #")[0] == "Bank1 \u05d1\u05e0\u05e7 \u201cBank\u201d"


def test_the_persons_word_is_heard_while_a_device_asks_all_the_time(server, world):
    app, user, browser = App(world, "native", redirects=["http://127.0.0.1/cb"]), person(world), Browser(server)
    browser.log_in(user["name"])
    for word, error in (("deny", "access_denied"), ("allow", None)) * 5:
        device = server.anyone.post("/oauth/device_authorization", form={"client_id": app.id, "scope": "openid"}).json
        poll = lambda _=None: app.token(grant_type="urn:ietf:params:oauth:grant-type:device_code", device_code=device["device_code"])
        page = browser.submit(browser.get("/device"), user_code=device["user_code"])
        with ThreadPoolExecutor(4) as pool:
            asking = [pool.submit(lambda: [poll() for _ in range(10)]) for _ in range(4)]
            page = browser.submit(page, decision=word)
            assert page.status == 200, page
            answers = [a for one in asking for a in one.result()]
        last = [*answers, poll()]
        assert sum(a.status == 200 for a in last) == (error is None)
        if error:
            assert last[-1].json["error"] == error

"""Back-channel logout: applications hear of it when a session ends, whichever way."""
import time
from urllib.parse import parse_qs

from browser import App, Browser, claims, person
from server import World
from signing import verified
from waiting import until

EVENT = "http://schemas.openid.net/event/backchannel-logout"


def tokens_of(listener):
    return [parse_qs(call["body"])["logout_token"][0] for call in listener.calls]


def test_every_end_of_a_session_is_told_to_who_was_let_in_during_it(own_server, listener):
    server = own_server({"outbound.allow": "127.0.0.1"})
    world, heard, deaf = World(server), listener(), listener()
    user, browser = person(world), Browser(server)
    app, other, quiet = App(world, backchannel_logout_uri=heard.url + "/bye"), App(world, backchannel_logout_uri=deaf.url + "/bye"), App(world)
    got = claims(app.tokens(browser, user)["id_token"])
    app.tokens(browser)
    quiet.tokens(browser)
    app.tokens(browser, scope="openid offline_access")
    session = got["sid"]
    # Another session of the same person, and of others, goes on.
    elsewhere = Browser(server)
    other.tokens(elsewhere, user)
    page = browser.submit(browser.get("/oauth/logout"), "/oauth/logout", leave="yes")
    assert page.status == 200 and browser.session is None
    until(lambda: heard.calls, what="the notice")
    call = heard.calls[0]
    assert call["method"] == "POST" and call["path"] == "/bye" and call["headers"]["Content-Type"] == "application/x-www-form-urlencoded"
    said = verified(tokens_of(heard)[0], server.anyone.shown("/.well-known/jwks.json"), "logout+jwt")
    assert said["iss"] == server.url and said["aud"] == app.id and said["sub"] == user["id"] and said["sid"] == session
    assert said["events"] == {EVENT: {}} and "nonce" not in said and said["jti"] and time.time() - 5 < said["iat"] <= said["exp"] - 60
    # It is no access token, and no ID token to log out with.
    assert world.verdict(tokens_of(heard)[0]).status == 401
    # An administrator's revocation, and a disabled user: told too. Each once.
    third = Browser(server)
    app.tokens(third, user)
    world.admin.done("POST", f"/v1/users/{user['id']}/disable")
    until(lambda: len(heard.calls) == 2 and len(deaf.calls) == 1, what="two more notices")
    sids = [verified(t, server.anyone.shown("/.well-known/jwks.json"), "logout+jwt")["sid"] for t in tokens_of(heard)]
    assert len(set(sids)) == 2
    known = server.anyone.shown("/.well-known/openid-configuration")
    assert known["backchannel_logout_supported"] is True and known["backchannel_logout_session_supported"] is True


def test_an_application_that_does_not_answer_is_told_again_and_one_that_refuses_is_not(own_server, listener):
    server = own_server({"outbound.allow": "127.0.0.1"})
    world, tries = World(server), []
    busy = listener(lambda path: (503 if len(busy.calls) < 2 else 200, {}, b""))
    refuses, moved = listener(lambda path: (400, {}, b"")), listener(lambda path: (302, {"Location": busy.url + "/moved"}, b""))
    user, browser = person(world), Browser(server)
    for to in (busy, refuses, moved):
        App(world, backchannel_logout_uri=to.url + "/bye", first_party=True).tokens(browser, user)
    browser.submit(browser.get("/oauth/logout"), "/oauth/logout", leave="yes")
    until(lambda: len(busy.calls) == 2, what="the second try")
    assert len(refuses.calls) == 1 and len(moved.calls) == 1 and all(c["path"] == "/bye" for c in busy.calls)
    # Every try has a token of its own.
    assert len(set(tokens_of(busy))) == 2


def test_what_was_not_told_before_a_stop_is_told_after_it(own_server, listener):
    server = own_server({"outbound.allow": "127.0.0.1"})
    world, answers = World(server), {"now": 503}
    heard = listener(lambda path: (answers["now"], {}, b""))
    user, browser = person(world), Browser(server)
    App(world, backchannel_logout_uri=heard.url + "/bye").tokens(browser, user)
    browser.submit(browser.get("/oauth/logout"), "/oauth/logout", leave="yes")
    until(lambda: heard.calls, what="the first try")
    server.stop()
    before, answers["now"] = len(heard.calls), 200
    server.start()
    until(lambda: len(heard.calls) > before, what="the notice after the start")


def test_nothing_is_sent_to_addresses_that_are_not_public(server, world, listener):
    canary = listener()
    user, browser = person(world), Browser(server)
    # An administrator may write it down; the connection is what the guard stops.
    app = App(world, backchannel_logout_uri=canary.url + "/bye")
    app.tokens(browser, user)
    log = lambda: server.process.log().count("backchannel.logout")
    before = log()
    browser.submit(browser.get("/oauth/logout"), "/oauth/logout", leave="yes")
    until(lambda: log() > before, what="the refusal")
    assert canary.calls == []
    # Who registers itself is told at once.
    token = server.bearing(world.management_token("jeton:clients:write")["token"])
    register = lambda uri: token.post("/oauth/register", {"redirect_uris": [App.CALLBACK], "backchannel_logout_uri": uri})
    for uri in (canary.url + "/bye", "https://127.0.0.1/bye", "https://localhost/bye", "https://[::1]/bye", "https://10.0.0.1/", "https://169.254.169.254/latest", "https://2130706433/",
                "http://app.example.com/bye", "https://user@app.example.com/", "file:///etc/passwd"):
        assert register(uri).json["error"] == "invalid_client_metadata", uri
    made = register("https://app.example.com/bye")
    assert made.status == 201 and made.json["backchannel_logout_uri"] == "https://app.example.com/bye"

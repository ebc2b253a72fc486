"""Unusual use is noticed beside requests, told once, and acted on where the settings say so."""
import json

import pytest

from browser import Browser
from server import World
from waiting import until


def alerts(world, rule, token=None):
    found = [a for a in world.admin.shown("/v1/alerts?limit=200")["items"] if a["rule"] == rule]
    return [a for a in found if a["token"] == token["id"]] if token else found


def test_a_revoked_token_that_is_still_used_raises_one_alert(own_server):
    # A server of its own: only so many alerts are raised a minute, and other tests' calls raise some.
    world = World(own_server())
    token = world.token()
    world.admin.done("POST", f"/v1/tokens/{token['id']}/revoke", {"reason": "laptop lost"})
    for _ in range(5):
        assert world.verdict(token["token"]).status == 401
    until(lambda: alerts(world, "use_after_revocation", token), what="the alert")
    (alert,) = alerts(world, "use_after_revocation", token)
    evidence = alert["evidence"] if isinstance(alert["evidence"], dict) else json.loads(alert["evidence"])
    assert evidence["token"] == token["id"] and evidence["address"] == "127.0.0.1" and token["token"] not in json.dumps(alert)


def test_ordinary_use_raises_nothing(world):
    token = world.token()
    for _ in range(50):
        assert world.allowed(token["token"])
    assert world.verdict(token["token"], "?scope=orders:write").status == 403
    world.admin.shown("/v1/alerts")     # what was seen is looked at before the list is made
    assert [a for a in world.admin.shown("/v1/alerts?limit=200")["items"] if a["token"] == token["id"]] == []


def test_probing_for_scopes_is_noticed_and_revokes_where_so_set(own_server):
    world = World(own_server())
    world.admin.done("PATCH", "/v1/settings", {"watch_revoke": "scope_probing"})
    token, other = world.token(), world.token()
    for _ in range(9):
        assert world.verdict(token["token"], "?scope=orders:write").status == 403
    world.admin.shown("/v1/alerts")
    assert world.allowed(token["token"])                        # nine are not yet a pattern
    world.verdict(token["token"], "?scope=orders:write")
    until(lambda: alerts(world, "scope_probing", token), what="the alert")
    until(lambda: not world.allowed(token["token"]), what="the revocation")
    assert world.allowed(other["token"])


def test_guessing_is_told_by_address_and_can_be_muted(own_server):
    world = World(own_server())
    for i in range(25):
        world.verdict(f"jtn_pat_{i:032d}AAAAAA")
    until(lambda: alerts(world, "token_guessing"), what="the alert")
    assert alerts(world, "token_guessing")[0]["token"] is None
    muted = World(own_server())
    muted.admin.done("PATCH", "/v1/settings", {"watch_mute": "token_guessing address_burst"})
    for i in range(25):
        muted.verdict(f"jtn_pat_{i:032d}AAAAAA")
    muted.admin.shown("/v1/alerts")
    assert alerts(muted, "token_guessing") == []


def test_guessed_passwords_and_device_codes_are_told_by_network(own_server):
    world = World(own_server())
    user = world.user(password="correct horse battery")
    browser = Browser(world.server)
    page = browser.get("/login")
    for _ in range(19):
        page = browser.submit(page, "/login", username=user["name"], password="wrong")
    world.admin.shown("/v1/alerts")
    assert alerts(world, "password_guessing") == []                 # people mistype
    browser.submit(page, "/login", username=user["name"], password="wrong")
    until(lambda: alerts(world, "password_guessing"), what="the alert")
    (alert,) = alerts(world, "password_guessing")
    assert alert["severity"] == "critical" and alert["evidence"]["address"] == "127.0.0.1" and user["name"] not in json.dumps(alert)
    # Device codes are typed by somebody who is logged in.
    other = Browser(world.server)
    person_in = world.user(password="correct horse")
    other.submit(other.get("/login"), "/login", username=person_in["name"], password="correct horse")
    page = other.get("/device")
    for n in range(10):
        assert alerts(world, "device_code_guessing") == []
        page = other.submit(page, "/device", user_code="WRNG-CDE" + "BCDFGHJKLM"[n])
    until(lambda: alerts(world, "device_code_guessing"), what="the alert")


def guess(world, user, source, times, name=None):
    """Wrong passwords from one address; the pages that came back."""
    browser = Browser(world.server, source=source)
    page, pages = browser.get("/login"), []
    for _ in range(times):
        page = browser.submit(page, "/login", username=name or user["name"], password="wrong")
        pages.append(page)
    return pages


def test_one_account_guessed_at_from_many_networks_is_told_of(own_server):
    world = World(own_server())
    user, other = world.user(password="correct horse battery"), world.user(password="correct horse battery")
    # Fewer from each than would be told of a network; and as many at a name that nobody has, and at another's account from one place.
    for n in range(1, 5):
        guess(world, user, f"127.0.{n}.1", 3)
        guess(world, user, f"127.0.{n}.2", 1, name="nobody")
    guess(world, other, "127.0.9.1", 9)
    world.admin.shown("/v1/alerts")
    assert alerts(world, "account_guessing") == []
    known = guess(world, user, "127.0.5.1", 3)
    unknown = guess(world, user, "127.0.5.2", 3, name="nobody")
    until(lambda: alerts(world, "account_guessing"), what="the alert")
    (alert,) = alerts(world, "account_guessing")
    assert alert["principal"] == user["id"] and alert["token"] is None and alert["severity"] == "critical"
    assert alert["evidence"]["address"] == "127.0.5.1" and alert["evidence"]["count"] == 13 and user["name"] not in json.dumps(alert)
    assert alerts(world, "password_guessing") == []
    # The guesser sees the same of both, before the alert and after it.
    known += guess(world, user, "127.0.6.1", 1)
    unknown += guess(world, user, "127.0.6.2", 1, name="nobody")
    assert [(p.status, p.parsed.text) for p in known] == [(p.status, p.parsed.text) for p in unknown] and {p.status for p in known} == {403}
    # A burst is one alert; another account's is another.
    for n in range(1, 6):
        guess(world, user, f"127.1.{n}.1", 1)
        guess(world, other, f"127.1.{n}.2", 1)
    until(lambda: len(alerts(world, "account_guessing")) == 2, what="the other's alert")
    assert {a["principal"] for a in alerts(world, "account_guessing")} == {user["id"], other["id"]}
    # And the person still comes in.
    person_in = Browser(world.server, source="127.0.7.1")
    person_in.log_in(user["name"], "correct horse battery")
    assert person_in.session


def test_a_token_can_be_muted(own_server):
    world = World(own_server())
    loud, quiet = world.token(), world.token()
    world.admin.done("PATCH", "/v1/settings", {"watch_mute": f"new_agent {quiet['id']}"})
    for token in (loud, quiet):
        world.admin.done("POST", f"/v1/tokens/{token['id']}/revoke", {})
        assert world.verdict(token["token"]).status == 401
    until(lambda: alerts(world, "use_after_revocation", loud), what="the alert")
    assert alerts(world, "use_after_revocation", quiet) == []
    for bad in ("tok_x", "tok_", "Tok", "usr_01JD0000000000000000000000"):
        assert world.admin.patch("/v1/settings", {"watch_mute": bad}).status == 422, bad


def test_the_watch_can_be_turned_off(own_server):
    world = World(own_server({"watch": "false"}))
    token = world.token()
    assert world.allowed(token["token"])
    for i in range(25):
        world.verdict(f"jtn_pat_{i:032d}AAAAAA")
    assert world.admin.shown(f"/v1/tokens/{token['id']}")["last_used"] is None
    assert world.admin.shown("/v1/alerts")["items"] == []
    assert "watch.off" in world.server.log()


@pytest.mark.parametrize("value", ["Scope", "a,b", "x" * 600])
def test_settings_of_the_watch_are_names(own_server, value):
    answer = own_server().admin.call("PATCH", "/v1/settings", {"watch_revoke": value})
    assert 400 <= answer.status < 500

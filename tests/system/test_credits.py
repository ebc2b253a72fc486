"""Credits: calls that were granted, spent by calls, granted again; counted exactly, kept over a restart, and not to be had by a trick."""
from concurrent.futures import ThreadPoolExecutor

import pytest

from cli import Line
from server import World
from test_limits import statuses


def left(world, path):
    return world.admin.shown(path + "/credits")


def of(token):
    return f"/v1/tokens/{token['id']}"


def test_every_call_spends_one_until_more_are_granted(world):
    token, other = world.token(limits=["5 credits"]), world.token()
    assert token["limits"] == ["5 credits"] and left(world, of(token)) == {"granted": 5, "spent": 0, "left": 5}
    assert statuses(world, token["token"], 7) == [200] * 5 + [429] * 2
    answer = world.verdict(token["token"])
    assert answer.status == 429 and answer.body == b"" and answer.headers["X-Jeton-Reason"] == "rate_limited"
    assert answer.headers["RateLimit-Policy"] == '"token";q=5' and answer.headers["RateLimit"] == '"token";r=0' and answer.headers["Retry-After"] == "3600"
    assert left(world, of(token)) == {"granted": 5, "spent": 5, "left": 0}
    assert world.admin.created(of(token) + "/credits", {"add": 3}) == {"granted": 8, "spent": 5, "left": 3}
    assert statuses(world, token["token"], 5) == [200] * 3 + [429] * 2
    assert world.admin.shown(of(token))["limits"] == ["8 credits"]
    assert statuses(world, other["token"], 20) == [200] * 20 and left(world, of(other)) == {"granted": None, "spent": 0, "left": None}
    events = world.admin.shown(f"/v1/audit?target={token['id']}")["items"]
    assert events[0]["action"] == "credits.add" and events[0]["detail"] == {"add": 3, "granted": 8}


def test_what_is_refused_for_another_reason_costs_nothing(world):
    token = world.token(limits=["5 credits", "2/1h"])
    assert statuses(world, token["token"], 4) == [200, 200, 429, 429]
    assert statuses(world, token["token"], 3, "?scope=orders:write") == [403] * 3
    assert left(world, of(token))["spent"] == 2


def test_every_level_has_them(world):
    api, user, service = world.api(), world.user(), world.service()
    for path, token, level in ((f"/v1/apis/{api['name']}", world.token(api), "api"), (f"/v1/users/{user['name']}", world.token(principal=user), "principal"),
                               (f"/v1/service-accounts/{service['id']}", world.token(principal=service), "principal")):
        assert world.admin.created(path + "/credits", {"add": 2})["left"] == 2
        assert statuses(world, token["token"], 3) == [200, 200, 429]
        assert world.verdict(token["token"]).headers["RateLimit-Policy"] == f'"{level}";q=2'
        assert left(world, path) == {"granted": 2, "spent": 2, "left": 0}
    client = world.admin.created("/v1/clients", {"name": world.name("app"), "type": "machine", "scopes": []})
    assert world.admin.created(f"/v1/clients/{client['id']}/credits", {"add": 4})["left"] == 4


def test_neither_rotation_nor_exchange_makes_more_of_them(world):
    for form in ("jwt", "opaque"):
        token = world.token(world.api(format=form), limits=["6 credits"])
        holder = world.server.bearing(token["token"])
        assert statuses(world, token["token"], 2) == [200] * 2
        access = world.admin.created(of(token) + "/access-tokens", {})["access_token"]
        assert statuses(world, access, 1) == [200]
        fresh = holder.created(of(token) + "/rotate", {"until": "deadline"})        # its own call is one of the six
        assert left(world, of(fresh)) == left(world, of(token)) == {"granted": 6, "spent": 4, "left": 2}
        assert statuses(world, fresh["token"], 1) + statuses(world, token["token"], 1) == [200, 200]
        for text in (fresh["token"], token["token"], access):
            assert statuses(world, text, 1) == [429], form
        world.admin.created(of(fresh) + "/credits", {"add": 1})
        assert statuses(world, fresh["token"], 2) == [200, 429]


def test_they_survive_a_restart_and_a_crash_after_they_were_written(own_server):
    world = World(own_server())
    token = world.token(limits=["5 credits"])
    assert statuses(world, token["token"], 3) == [200] * 3
    world.server.restart()
    assert statuses(world, token["token"], 3) == [200, 200, 429]
    world.admin.created(of(token) + "/credits", {"add": 2})
    world.admin.shown(of(token))                        # writes what is kept beside requests
    world.server.kill()                                 # what was granted is durable at once
    world.server.start()
    assert left(world, of(token)) == {"granted": 7, "spent": 5, "left": 2}
    assert statuses(world, token["token"], 3) == [200, 200, 429]


def test_grants_that_meet_all_count_and_one_told_twice_counts_once(world):
    token = world.token()
    with ThreadPoolExecutor(8) as pool:
        assert [a.status for a in pool.map(lambda _: world.admin.post(of(token) + "/credits", {"add": 10}), range(8))] == [201] * 8
    assert left(world, of(token))["granted"] == 80
    again = [world.admin.call("POST", of(token) + "/credits", {"add": 5}, {"Idempotency-Key": "paid-1"}) for _ in range(3)]
    assert [a.status for a in again] == [201] * 3 and [a.json for a in again] == [again[0].json] * 3
    assert again[1].headers["Idempotent-Replayed"] == "true" and left(world, of(token))["granted"] == 85
    with ThreadPoolExecutor(20) as pool:
        got = [s for some in pool.map(lambda _: statuses(world, token["token"], 5), range(20)) for s in some]
    assert got.count(200) == 85 and got.count(429) == 15


@pytest.mark.parametrize("body", [{}, {"add": 0}, {"add": -1}, {"add": "5"}, {"add": 1.5}, {"add": 1_000_000_001}, {"add": 1, "more": 1}, {"add": None}, []])
def test_what_is_no_grant_is_refused(world, body):
    token = world.token()
    assert world.admin.post(of(token) + "/credits", body).status in (400, 422)
    assert left(world, of(token))["granted"] is None


def test_who_may_grant(world):
    token = world.token(limits=["5 credits"])
    assert world.server.bearing(token["token"]).post(of(token) + "/credits", {"add": 100}).status == 403       # its own holder
    reader = world.server.bearing(world.management_token("jeton:tokens:read")["token"])
    assert reader.get(of(token) + "/credits").json["granted"] == 5 and reader.post(of(token) + "/credits", {"add": 1}).status == 403
    writer = world.server.bearing(world.management_token("jeton:tokens:write")["token"])
    assert writer.post(of(token) + "/credits", {"add": 1}).status == 201
    assert writer.post(f"/v1/apis/{world.api()['id']}/credits", {"add": 1}).status == 403
    world.admin.done("POST", of(token) + "/revoke", {})
    assert world.admin.post(of(token) + "/credits", {"add": 1}).status == 409
    assert world.admin.post("/v1/tokens/tok_01JD0000000000000000000000/credits", {"add": 1}).status == 404
    assert world.admin.patch("/v1/settings", {"token_limit": "5 credits"}).status == 422


def test_the_command_line_grants_and_shows(world):
    line, api, user, service = Line(world.server), world.api(), world.user(), world.service()
    token = world.token(api, user)
    client = world.admin.created("/v1/clients", {"name": world.name("app"), "type": "machine", "scopes": []})
    for noun, called in (("token", token["id"]), ("api", api["name"]), ("user", user["name"]), ("service", service["name"]), ("client", client["id"])):
        assert line.good(noun, "credits", called, "--add", "7", "-o", "json").json == {"granted": 7, "spent": 0, "left": 7}
        assert line.good(noun, "credits", called, "-o", "json").json["left"] == 7
        for bad in ("0", "-1", "x", "1.5", "", "99999999999"):
            assert line(noun, "credits", called, "--add", bad).code == 2, bad
    assert line("token", "credits", "tok_01JD0000000000000000000000").code == 6
    assert line("token", "credits", token["id"], "--add", "1", "--idempotency-key", "k1").code == 0
    assert line.good("token", "credits", token["id"], "--add", "1", "--idempotency-key", "k1", "-o", "json").json["granted"] == 8

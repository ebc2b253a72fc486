"""How often tokens, people, clients, APIs and addresses may call; and that nobody else pays for it."""
import base64
import re
from concurrent.futures import ThreadPoolExecutor

from cli import Line
from server import World
from waiting import until


def statuses(world, token, calls, query="", headers=None):
    return [world.verdict(token, query, headers).status for _ in range(calls)]


def test_a_token_over_its_rate_is_told_when_to_come_again(world):
    token, other = world.token(limits=["60/1h burst 3"]), world.token()
    assert token["limits"] == ["60/1h burst 3"]
    assert statuses(world, token["token"], 5) == [200, 200, 200, 429, 429]
    answer = world.verdict(token["token"])
    assert answer.status == 429 and answer.body == b"" and answer.headers["Content-Length"] == "0" and answer.headers["X-Jeton-Reason"] == "rate_limited"
    assert 50 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["RateLimit-Policy"] == '"token";q=60;w=3600'
    assert re.fullmatch(r'"token";r=0;t=\d+', answer.headers["RateLimit"])
    assert "WWW-Authenticate" not in answer.headers
    told = world.verdict(token["token"], "?body=problem")
    assert told.status == 429 and told.problem == "rate_limited"
    checked = world.admin.done("POST", "/v1/verify", {"token": token["token"]})
    assert checked["active"] and not checked["decision"]["allow"] and checked["decision"]["reason"] == "rate_limited" and checked["decision"]["retry_after"] >= 1
    assert statuses(world, other["token"], 20) == [200] * 20
    world.admin.done("PATCH", f"/v1/tokens/{token['id']}", {"limits": []})
    assert statuses(world, token["token"], 20) == [200] * 20


def test_every_level_holds_for_all_that_hangs_on_it(world):
    for where in ("api", "principal"):
        api = world.api(**({"limits": ["5/1h"]} if where == "api" else {}))
        user = world.user(**({"limits": ["5/1h"]} if where == "principal" else {}))
        one, two = world.token(api, user), world.token(api, user)
        assert sorted(statuses(world, one["token"], 4) + statuses(world, two["token"], 4)) == [200] * 5 + [429] * 3
        assert world.verdict(two["token"]).headers["RateLimit-Policy"] == f'"{where}";q=5;w=3600'
        stranger = world.token() if where == "api" else world.token(api)
        assert statuses(world, stranger["token"], 8) == [200] * 8


def test_a_jwt_spends_what_its_parent_has(world):
    parent = world.token(limits=["4/1h"])
    jwt = world.admin.created(f"/v1/tokens/{parent['id']}/access-tokens", {})["access_token"]
    assert statuses(world, jwt, 3) + statuses(world, parent["token"], 3) == [200] * 4 + [429] * 2
    free = world.token()
    jwt = world.admin.created(f"/v1/tokens/{free['id']}/access-tokens", {})["access_token"]
    assert statuses(world, jwt, 8) == [200] * 8


def test_a_client_is_limited_at_the_token_endpoint(world):
    api = world.api(scopes=(world.name("s") + ":read",))
    for limits, expected in ((["3/1h"], [200, 200, 200, 429, 429]), ([], [200] * 5)):
        client = world.admin.created("/v1/clients", {"name": world.name("app"), "type": "machine", "scopes": api["scopes"], "limits": limits})
        basic = {"Authorization": "Basic " + base64.b64encode(f"{client['id']}:{client['secret']}".encode()).decode()}
        answers = [world.server.anyone.post("/oauth/token", form={"grant_type": "client_credentials", "scope": api["scopes"][0]}, headers=basic) for _ in range(5)]
        assert [a.status for a in answers] == expected
        if limits:
            assert answers[-1].headers["Retry-After"] and answers[-1].headers["RateLimit-Policy"] == '"client";q=3;w=3600' and answers[-1].json["error"]


def test_management_calls_are_limited_too(world):
    token = world.management_token("jeton:apis:read", limits=["3/1h"])
    caller = world.server.bearing(token["token"])
    answers = [caller.get("/v1/apis") for _ in range(4)]
    assert [a.status for a in answers] == [200] * 3 + [429] and answers[-1].problem == "rate_limited" and answers[-1].headers["Retry-After"]
    assert world.admin.get("/v1/apis").status == 200        # the socket is never counted


def test_addresses_are_limited_and_dead_tokens_cost_their_network_nothing(own_server):
    world = World(own_server())
    token, dead = world.token(), world.token()
    world.admin.done("POST", f"/v1/tokens/{dead['id']}/revoke", {})
    world.admin.done("PATCH", "/v1/settings", {"address_limit": "10/1h"})
    here = {"X-Forwarded-For": "192.0.2.1"}
    # A revoked token, and guesses, that keep calling from an office.
    refused = [world.verdict(dead["token"], headers=here) for _ in range(30)]
    assert {a.status for a in refused} == {401} and refused[-1].headers["X-Jeton-Reason"] == "revoked"
    guesses = statuses(world, "jtn_pat_00000000000000000000000000000000AAAAAA", 30, headers=here)
    assert guesses == [401] * 10 + [429] * 20
    assert statuses(world, token["token"], 12, headers=here) == [200] * 10 + [429] * 2      # its colleague
    assert statuses(world, token["token"], 5, headers={"X-Forwarded-For": "192.0.2.2"}) == [200] * 5
    login = [world.server.anyone.get("/login", headers={"X-Forwarded-For": "192.0.2.3"}).status for _ in range(12)]
    assert login == [200] * 10 + [429] * 2
    # Each call once, also where it is answered in two steps: what it asks for is not in memory.
    asked = [world.server.anyone.post("/oauth/token", form={"grant_type": "client_credentials", "client_id": f"cli_{n:026}", "client_secret": "x"},
                                      headers={"X-Forwarded-For": "192.0.2.4"}).status for n in range(12)]
    assert asked == [401] * 10 + [429] * 2
    world.admin.done("PATCH", "/v1/settings", {"address_limit": ""})
    assert statuses(world, token["token"], 20, headers=here) == [200] * 20
    metrics = world.admin.get("/metrics").body.decode()
    assert re.search(r'jeton_limited_calls\{level="address"\} \d\d', metrics)


def test_the_installations_limit_holds_for_tokens_without_their_own(own_server):
    world = World(own_server())
    world.admin.done("PATCH", "/v1/settings", {"token_limit": "4/1h"})
    one, two, own = world.token(), world.token(), world.token(limits=["8/1h"])
    assert statuses(world, one["token"], 6) == statuses(world, two["token"], 6) == [200] * 4 + [429] * 2
    assert statuses(world, own["token"], 10) == [200] * 8 + [429] * 2
    assert world.admin.patch("/v1/settings", {"token_limit": "100/day"}).status == 422
    world.server.restart()
    assert World(world.server).admin.shown("/v1/settings")["token_limit"] == "4/1h"
    assert statuses(world, one["token"], 6) == [200] * 4 + [429] * 2


def test_quotas_survive_a_restart(own_server):
    world = World(own_server())
    token, other = world.token(limits=["5/day"]), world.token(limits=["5/month"])
    assert statuses(world, token["token"], 3) + statuses(world, other["token"], 4) == [200] * 7
    world.server.restart()
    assert statuses(world, token["token"], 4) == [200, 200, 429, 429]
    assert statuses(world, other["token"], 3) == [200, 429, 429]
    assert world.verdict(token["token"]).headers["RateLimit-Policy"] == '"token";q=5;w=86400'


def test_after_a_crash_at_most_the_last_seconds_are_forgotten(own_server):
    world = World(own_server())
    token = world.token(limits=["5/day"])
    assert statuses(world, token["token"], 5) == [200] * 5
    world.admin.shown(f"/v1/tokens/{token['id']}")          # writes what is kept beside requests
    world.server.kill()
    world.server.start()
    assert statuses(world, token["token"], 2) == [429, 429]


def test_twenty_callers_together_get_exactly_the_limit(world):
    token = world.token(limits=["100/1h"])
    with ThreadPoolExecutor(20) as pool:
        got = [s for some in pool.map(lambda _: statuses(world, token["token"], 10), range(20)) for s in some]
    assert got.count(200) == 100 and got.count(429) == 100


def test_bad_limits_are_refused(world):
    for limits in (["fast"], ["0/1m"], ["1/1m", "2/1m"], ["5/1m burst 6"], "5/1m", [5], ["5/1m "], ["5/year"]):
        answer = world.admin.post("/v1/apis", {"name": world.name("api"), "audience": "https://x.example.com", "scopes": ["a:b"], "limits": limits})
        assert answer.status == 422 and answer.json["errors"][0]["field"] == "limits", limits


def test_the_command_line_sets_and_clears_them(world):
    line, api, user = Line(world.server), world.api(), world.user()
    token = line.good("token", "create", "--user", user["name"], "--api", api["name"], "--scope", "orders:read", "--limit", "100/1m burst 20", "--limit", "5000/day", "-o", "json").json
    world.server.seen.add(token["token"])
    assert token["limits"] == ["100/1m burst 20", "5000/day"]
    assert line.good("token", "update", token["id"], "--limit", "none", "-o", "json").json["limits"] == []
    assert line.good("api", "update", api["name"], "--limit", "9/1h", "-o", "json").json["limits"] == ["9/1h"]
    assert line.good("user", "update", user["name"], "--limit", "8/1h", "-o", "json").json["limits"] == ["8/1h"]
    assert line("token", "update", token["id"], "--limit", "often").code == 2 or line("token", "update", token["id"], "--limit", "often").code == 1


def test_uses_are_counted_by_day_and_told_before_an_end(world):
    line, token = Line(world.server), world.token()
    for _ in range(7):
        world.verdict(token["token"], headers={"X-Forwarded-For": "198.51.100.77", "User-Agent": "build-bot/2.1"})
    world.verdict(token["token"], "?scope=orders:write")                  # refused: no use
    uses = until(lambda: world.admin.shown(f"/v1/tokens/{token['id']}/uses")["items"], what="the uses")
    assert len(uses) == 1 and uses[0]["count"] == 7 and uses[0]["network"] == "198.51.100.0/24" and uses[0]["agent"] == "build-bot/2.1"
    assert "build-bot/2.1" in line.good("token", "uses", token["id"]).out
    assert world.admin.shown(f"/v1/tokens/{world.token()['id']}/uses")["items"] == []
    world.verdict(token["token"], headers={"User-Agent": token["token"]})  # by mistake in the wrong field
    assert token["token"] not in str(world.admin.shown(f"/v1/tokens/{token['id']}/uses"))
    revoked = line.good("token", "revoke", token["id"])
    assert "It was last used" in revoked.err and "127.0.0.1" in revoked.err
    assert "last used" not in line.good("token", "revoke", world.token()["id"]).err
    api = world.api()
    used = world.token(api)
    world.verdict(used["token"])
    world.admin.shown(f"/v1/tokens/{used['id']}")
    assert "It was last used" in line.good("api", "delete", api["name"]).err

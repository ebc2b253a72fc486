"""POST /v1/verify: an API asks about one token, or about a thousand."""
import pathlib
import re

import pytest

from server import World


@pytest.fixture
def asker(world):
    """An API's own key: it may ask about tokens of its API."""
    api = world.api(scopes=["orders:read", "orders:write"], routes=["GET /orders/** orders:read", "POST /orders orders:write"])
    key = world.token(api, world.service())
    return world, api, world.server.bearing(key["token"])


def test_one_token(asker):
    world, api, client = asker
    user = world.user()
    token = world.token(api, user, expires_in="1h")
    answer = client.done("POST", "/v1/verify", {"token": token["token"], "api": api["name"], "scope": "orders:read"})
    assert answer["active"] is True and answer["decision"] == {"allow": True}
    assert answer["token"]["id"] == token["id"] and answer["token"]["principal"] == user["id"] and answer["token"]["scopes"] == ["orders:read"]
    assert answer["token"]["expires"] == token["expires"] and answer["token"]["kind"] == "pat"
    assert answer["as_of"]["seq"] >= 1 and answer["as_of"]["age_ms"] >= 0


def test_refusals_say_why(asker):
    world, api, client = asker
    token = world.token(api, allow=["192.0.2.0/24"])

    def ask(**more):
        got = client.done("POST", "/v1/verify", {"token": token["token"], **more})
        return got["active"], got["decision"]["allow"], got["decision"].get("reason")
    assert ask(ip="192.0.2.1") == (True, True, None)
    assert ask(ip="198.51.100.1") == (True, False, "network")
    assert ask() == (True, False, "network")
    assert ask(ip="192.0.2.1", scopes=["orders:write"]) == (True, False, "scope")
    assert ask(ip="192.0.2.1", method="POST", path="/orders") == (True, False, "scope")
    assert ask(ip="192.0.2.1", method="GET", path="/orders/1") == (True, True, None)
    assert ask(ip="192.0.2.1", method="GET", path="/orders/../x") == (True, False, "bad_path")
    assert ask(ip="192.0.2.1", path="/x") == (True, False, "no_route")
    assert ask(ip="192.0.2.1", api="jeton") == (True, False, "wrong_api")
    world.admin.done("DELETE", f"/v1/tokens/{token['id']}")
    assert ask(ip="192.0.2.1") == (False, False, "revoked")
    gone = client.done("POST", "/v1/verify", {"token": "jtn_pat_" + "0" * 38})
    assert gone["active"] is False and gone["token"] is None and not gone["decision"]["allow"]


def test_of_another_apis_token_one_learns_nothing(asker):
    world, api, client = asker
    other = world.token()
    answer = client.done("POST", "/v1/verify", {"token": other["token"]})
    assert answer["active"] is False and answer["token"] is None and answer["decision"] == {"allow": False, "reason": "unknown"}
    reader = world.server.bearing(world.management_token("jeton:tokens:read")["token"])
    assert reader.done("POST", "/v1/verify", {"token": other["token"]})["active"] is True
    assert world.server.anyone.post("/v1/verify", {"token": other["token"]}).status == 401


def test_a_thousand_at_once_and_not_one_more(asker):
    world, api, client = asker
    user = world.user()
    live = [world.token(api, user)["token"] for _ in range(10)]
    dead = world.token(api, user)
    world.admin.done("DELETE", f"/v1/tokens/{dead['id']}")
    checks = [{"token": live[i % 10] if i % 2 else dead["token"]} for i in range(1000)]
    items = client.done("POST", "/v1/verify", {"checks": checks})["items"]
    assert [i["active"] for i in items] == [bool(i % 2) for i in range(1000)]
    for wrong in (checks + checks[:1], [], "x", [1], [{}]):
        refused = client.post("/v1/verify", {"checks": wrong})
        assert refused.status in (400, 422) and refused.problem in ("validation", "malformed"), wrong
    assert client.post("/v1/verify", {"checks": checks[:1], "token": live[0]}).problem == "validation"


@pytest.mark.parametrize("shown", ["", " ", "\0", "a\0b", "x" * 30_000, "ey" + "." * 5000, "\u00e9\u202e", "jtn_pat_"])
def test_a_text_that_is_no_token_refuses_itself_alone(asker, shown):
    """It comes from whoever calls the API: the questions beside it are other people's."""
    world, api, client = asker
    token = world.token(api)["token"]
    items = client.done("POST", "/v1/verify", {"checks": [{"token": token}, {"token": shown}, {"token": token}]})["items"]
    assert [i["active"] for i in items] == [True, False, True] and not items[1]["decision"]["allow"]
    assert client.done("POST", "/v1/verify", {"token": shown})["active"] is False


def test_what_is_asked_for_by_no_name_was_not_meant_to_be_left_out(asker):
    world, api, client = asker
    token = world.token(api)["token"]
    for empty in ({"api": ""}, {"scope": ""}, {"scope": " "}, {"api": " "}):
        assert client.post("/v1/verify", {"token": token, **empty}).problem == "validation", empty
        assert world.admin.post("/v1/why", {"token": token, **empty}).problem == "validation", empty
    assert client.done("POST", "/v1/verify", {"token": token, "api": api["name"], "scope": "orders:read"})["decision"]["allow"]
    assert client.done("POST", "/v1/verify", {"token": token, "api": None, "scope": None})["decision"]["allow"]


def test_why_names_the_rule(world):
    token = world.token(allow=["192.0.2.0/24"])["token"]
    answer = world.admin.done("POST", "/v1/why", {"token": token, "ip": "198.51.100.1", "scope": "orders:read"})
    assert answer["allow"] is False and answer["reason"] == "network"
    assert [s["ok"] for s in answer["steps"]].count(False) == 1 and answer["steps"][-1]["ok"] is False
    twin = world.admin.done("POST", "/v1/why", {"token": token, "ip": "192.0.2.1", "scope": "orders:read"})
    assert twin["allow"] is True and all(s["ok"] for s in twin["steps"])


def test_a_body_of_many_small_values_takes_little_memory(own_server):
    server = own_server()
    world = World(server)
    client = server.bearing(world.token()["token"])
    peak = lambda: int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{server.process.pid}/status").read_text())[1]) // 1024
    before = peak()
    body = '{"checks":[' + "0," * 4_000_000 + "0]}"
    assert client.call("POST", "/v1/verify", body, headers={"Content-Type": "application/json"}).status == 413
    assert peak() - before < 100, f"{before} MiB before, {peak()} after"


def same_place(a, b):
    """Whether the cache of verified tokens has one door for both (authority/verify/jwt_cache.cc)."""
    def place(token):
        first, second = (int.from_bytes(token[at:at + 8].encode(), "little") for at in (len(token) - 16, len(token) - 8))
        mixed = (first ^ ((second << 29 | second >> 35) & 2**64 - 1)) * 0x9e3779b97f4a7c15 & 2**64 - 1
        return (mixed ^ mixed >> 32) % 2**14
    return place(a) == place(b)


def test_what_is_said_of_a_token_is_never_said_of_its_asker(world):
    """Both signed, and both seen for the first time."""
    api = world.api(scopes=["orders:read", "orders:scan"])
    parents = {scope: world.token(api, scopes=[scope]) for scope in ("orders:read", "orders:scan")}
    fresh = lambda scope: world.admin.created(f"/v1/tokens/{parents[scope]['id']}/access-tokens", {})["access_token"]
    askers = [fresh("orders:scan") for _ in range(200)]
    asked, asker = next((token, other) for token in iter(lambda: fresh("orders:read"), None) for other in askers if same_place(token, other))
    answer = world.server.bearing(asker).done("POST", "/v1/verify", {"token": asked})
    assert answer["token"]["scopes"] == ["orders:read"], answer

"""APIs, people, service accounts, devices and tokens: made, listed, shown, changed."""
import datetime
import re

import pytest

from waiting import until


def later(**delta):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**delta)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_first_start_makes_keys_only_the_owner_reads(own_server):
    s = own_server()
    modes = {p.name: p.stat().st_mode & 0o777 for p in s.data.iterdir()}
    assert modes["master.key"] == 0o600 and modes["peppers"] == 0o600 and modes["admin.sock"] == 0o600
    assert s.data.stat().st_mode & 0o777 == 0o700
    assert [k["state"] for k in s.admin.shown("/v1/keys")["items"]].count("active") >= 1
    # No default password exists: over TCP nothing is open.
    for path in ("/v1/users", "/v1/tokens", "/v1/settings", "/v1/audit"):
        answer = s.anyone.get(path)
        assert answer.status == 401 and answer.headers["WWW-Authenticate"] == 'Bearer realm="jeton"', answer


def test_a_pat_is_shown_once_and_has_its_form(world):
    user = world.user()
    device = world.device(user)
    api = world.api()
    made = world.token(api, user, ["orders:read"], device=device["name"], name="ci", metadata={"team": "shop"}, allow=["192.0.2.0/24"],
                       deny=["192.0.2.66"], expires_in="30d")
    assert re.fullmatch(r"jtn_pat_[0-9A-Za-z]{38}", made["token"])
    assert re.fullmatch(r"tok_[0-9A-HJKMNP-TV-Z]{26}", made["id"]) and made["hint"] == made["token"][-10:-6]
    shown = world.admin.shown(f"/v1/tokens/{made['id']}")
    assert "token" not in shown
    assert {k: shown[k] for k in ("kind", "principal", "device", "scopes", "name", "metadata", "status", "allow", "deny")} == {
        "kind": "pat", "principal": user["id"], "device": device["id"], "scopes": ["orders:read"], "name": "ci",
        "metadata": {"team": "shop"}, "status": "live", "allow": ["192.0.2.0/24"], "deny": ["192.0.2.66/32"]}


def test_a_service_account_gets_an_api_key(world):
    assert re.fullmatch(r"jtn_key_[0-9A-Za-z]{38}", world.token(principal=world.service())["token"])


def test_a_new_device_may_be_named_with_its_first_token(world):
    user, api = world.user(), world.api()
    one = world.token(api, user, device="laptop")
    two = world.token(api, user, device="laptop")
    assert one["device"] == two["device"]
    assert world.admin.shown(f"/v1/devices/{one['device']}")["name"] == "laptop"


def test_lifetimes_are_capped_per_installation(own_server):
    from server import World
    s = own_server()
    w = World(s)
    api, user = w.api(), w.user()
    s.admin.done("PATCH", "/v1/settings", {"max_token_lifetime": "10d"})
    draft = {"user": user["name"], "api": api["name"], "scopes": ["orders:read"]}
    refused = s.admin.post("/v1/tokens", {**draft, "expires_in": "11d"})
    assert refused.status == 422 and refused.problem == "validation" and refused.json["errors"][0]["field"] == "expires"
    assert s.admin.post("/v1/tokens", {**draft, "expires_in": "10d"}).status == 201
    assert w.token(api, user)["expires"] <= later(days=10, seconds=5)


def test_an_expired_token_is_refused(world):
    made = world.token(expires_in="1s")
    answer = until(lambda: (a := world.verdict(made["token"])).status == 401 and a, 10, "the token to expire")
    assert answer.headers["X-Jeton-Reason"] == "expired" and 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert world.admin.shown(f"/v1/tokens/{made['id']}")["status"] == "expired"


def test_lists_page_by_cursor_and_filter(world):
    api, user, service = world.api(), world.user(), world.service()
    device = world.device(user)
    mine = [world.token(api, user, device=device["id"] if i == 2 else None, expires_in="40d" if i == 3 else "400d" if i == 9 else None)
            if i != 9 else world.token(api, user) for i in range(5)]
    key = world.token(api, service)
    ended = world.token(api, user)
    world.admin.done("POST", f"/v1/tokens/{ended['id']}/revoke", {})

    def ids(query):
        return [t["id"] for t in world.admin.shown("/v1/tokens?" + query)["items"]]
    seen, cursor = [], ""
    while cursor is not None:
        page = world.admin.shown(f"/v1/tokens?user={user['name']}&limit=2" + (f"&cursor={cursor}" if cursor else ""))
        assert len(page["items"]) <= 2
        seen += [t["id"] for t in page["items"]]
        cursor = page["next"]
    # Newest first, to the millisecond: an id begins with the time it was made.
    newest = lambda tokens: sorted((t["id"] for t in tokens), reverse=True)  # noqa: E731
    assert seen == newest(mine + [ended])
    assert ids(f"service={service['name']}") == [key["id"]]
    assert ids(f"principal={user['id']}&status=live") == newest(mine)
    assert ids(f"api={api['name']}&status=ended") == [ended["id"]]
    assert ids(f"api={api['id']}&kind=key") == [key["id"]]
    assert ids(f"device={device['id']}") == [mine[2]["id"]]
    assert ids(f"api={api['name']}&expires_before={later(days=41)}") == [mine[3]["id"]]
    for bad in ("cursor=%27;drop", "limit=0", "limit=100000", "status=dead", "nonsense=1", "limit=2&limit=3", "device=tok_1", "cursor=usr_01"):
        assert world.admin.get("/v1/tokens?" + bad).status == 400, bad


def test_last_use_tells_when_and_from_where(world):
    made = world.token()
    assert made["last_used"] is None
    assert world.server.from_address("127.0.0.9").get("/verify", headers={"Authorization": f"Bearer {made['token']}"}).status == 200
    shown = world.admin.shown(f"/v1/tokens/{made['id']}")
    assert shown["last_used"] and shown["last_address"] == "127.0.0.9"
    api_tokens = world.admin.shown(f"/v1/tokens?api={made['api']}")["items"]
    assert api_tokens[0]["last_used"] == shown["last_used"]


def test_a_token_is_renamed_and_narrowed_never_widened(world):
    made = world.token(scopes=["orders:read", "orders:write"])
    path = f"/v1/tokens/{made['id']}"
    assert world.allowed(made["token"], "?scope=orders:write")
    narrowed = world.admin.done("PATCH", path, {"name": "new", "scopes": ["orders:read"], "version": made["version"]})
    assert narrowed["name"] == "new" and narrowed["scopes"] == ["orders:read"]
    refused = world.verdict(made["token"], "?scope=orders:write")
    assert refused.status == 403 and refused.headers["WWW-Authenticate"].endswith('error="insufficient_scope", scope="orders:write"')
    assert world.admin.patch(path, {"scopes": ["orders:read", "orders:write"]}).problem == "validation"
    assert world.admin.patch(path, {"name": "x", "version": made["version"]}).problem == "conflict"
    assert world.admin.patch(path, {"nom": "x"}).problem == "malformed"


@pytest.mark.parametrize("wrong, field", [
    ({"scopes": []}, "scopes"), ({"scopes": ["orders:eat"]}, "scopes"), ({"scopes": "orders:read"}, "scopes"),
    ({"allow": ["10.0.0.1/8"]}, "allow"), ({"deny": ["300.1.1.1"]}, "deny"), ({"allow": ["010.0.0.1"]}, "allow"),
    ({"expires": "yesterday"}, "expires"), ({"expires": "2001-01-01T00:00:00Z"}, "expires"), ({"expires_in": "-3d"}, "expires_in"),
    ({"metadata": {"a": 1}}, "metadata"), ({"name": "x" * 300}, "name"), ({"on_reuse": "explode"}, "on_reuse")])
def test_bad_drafts_are_refused_by_member_and_change_nothing(world, wrong, field):
    api, user = world.api(), world.user()
    good = {"user": user["name"], "api": api["name"], "scopes": ["orders:read"]}
    answer = world.admin.post("/v1/tokens", {**good, **wrong})
    assert answer.status == 422 and answer.problem == "validation", answer
    assert answer.json["errors"][0]["field"] == field, answer
    assert world.admin.shown(f"/v1/tokens?api={api['name']}")["items"] == []
    assert world.admin.post("/v1/tokens", good).status == 201


@pytest.mark.parametrize("wrong", [{"name": "UPPER"}, {"name": ""}, {"name": "-a"}, {"audience": "not a uri"}, {"scopes": ["a b"]},
                                   {"scopes": ['a"b']}, {"routes": ["GET orders x"]}, {"routes": ["GET /a/../b orders:read"]},
                                   {"routes": ["GET /a unknown:scope"]}, {"routes": ["get /a orders:read"]}, {"format": "paper"},
                                   {"alg": "none"}, {"alg": "HS384"}, {"alg": "HS512"}, {"access_ttl": "1s"}, {"allow": ["::1/129"]}])
def test_bad_apis_are_refused(world, wrong):
    name = world.name("api")
    good = {"name": name, "audience": f"https://{name}.example.com", "scopes": ["orders:read"]}
    assert world.admin.post("/v1/apis", {**good, **wrong}).problem == "validation"
    assert world.admin.post("/v1/apis", good).status == 201
    assert world.admin.post("/v1/apis", good).problem == "conflict"


def test_users_are_disabled_and_enabled_again(world):
    user = world.user(email="ada@example.com")
    token = world.token(principal=user)["token"]
    assert world.allowed(token)
    world.admin.done("POST", f"/v1/users/{user['id']}/disable", {})
    refused = world.verdict(token)
    assert refused.status == 401 and refused.headers["X-Jeton-Reason"] == "principal_ended"
    world.admin.done("POST", f"/v1/users/{user['id']}/enable", {})
    assert world.allowed(token)
    world.admin.done("DELETE", f"/v1/users/{user['id']}")
    assert not world.allowed(token)
    assert world.admin.get(f"/v1/users/{user['id']}").status == 404
    # The name is free again, and a new bearer of it has nothing of the old one's.
    assert world.admin.created("/v1/users", {"name": user["name"]})["id"] != user["id"]
    assert not world.allowed(token)

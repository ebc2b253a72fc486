"""The holder of a token inspects, rotates and revokes its own, and no other."""


def test_a_holder_inspects_its_own(world):
    token, other = world.token(name="mine"), world.token()
    holder = world.server.bearing(token["token"])
    assert holder.shown("/v1/tokens/self")["id"] == holder.shown(f"/v1/tokens/{token['id']}")["id"] == token["id"]
    assert holder.get(f"/v1/tokens/{other['id']}").problem == "not_found"
    assert holder.get("/v1/tokens").status == 403 and holder.get("/v1/users").status == 403
    assert "insufficient_scope" in holder.get("/v1/users").headers["WWW-Authenticate"]


def test_a_holder_rotates_its_own(world):
    token, other = world.token(), world.token()
    holder = world.server.bearing(token["token"])
    new = holder.created("/v1/tokens/self/rotate", {"overlap": "1h"})
    assert world.allowed(token["token"]) and world.allowed(new["token"])
    assert not world.allowed(token["token"])
    assert holder.get("/v1/tokens/self").status == 401
    assert world.server.bearing(new["token"]).post(f"/v1/tokens/{other['id']}/rotate", {}).problem == "not_found"
    assert world.allowed(other["token"])


def test_a_holder_revokes_its_own(world):
    token, other = world.token(), world.token()
    holder = world.server.bearing(token["token"])
    assert holder.post(f"/v1/tokens/{other['id']}/revoke", {}).problem == "not_found"
    assert holder.delete(f"/v1/tokens/{other['id']}").problem == "not_found"
    holder.done("POST", "/v1/tokens/self/revoke", {"reason": "done with it"})
    assert not world.allowed(token["token"]) and world.allowed(other["token"])
    assert world.admin.shown(f"/v1/tokens/{token['id']}")["end_reason"] == "holder_revoked"


def test_a_holder_does_not_change_its_own(world):
    token = world.token(allow=["127.0.0.0/8"])
    assert world.server.bearing(token["token"]).patch("/v1/tokens/self", {"allow": []}).problem == "forbidden"
    assert world.admin.shown(f"/v1/tokens/{token['id']}")["allow"] == ["127.0.0.0/8"]


def test_a_short_lived_copy_gives_no_hold_on_the_long_lived_one(world):
    """What a leaked access token may do ends with it: it neither rotates its parent nor makes wider ones."""
    token = world.token(scopes=["orders:read", "orders:write"])
    jwt = world.server.bearing(token["token"]).created("/v1/tokens/self/access-tokens", {"scopes": ["orders:read"]})["access_token"]
    assert world.allowed(jwt)
    thief = world.server.bearing(jwt)
    for target in ("self", token["id"]):
        assert thief.post(f"/v1/tokens/{target}/rotate", {}).problem == "not_found"
        assert thief.post(f"/v1/tokens/{target}/access-tokens", {"scopes": ["orders:write"]}).problem == "not_found"
        assert thief.get(f"/v1/tokens/{target}").problem == "not_found"
    assert world.admin.shown(f"/v1/tokens/{token['id']}")["successor"] is None


def test_management_tokens_do_what_their_scopes_say(world):
    reader = world.server.bearing(world.management_token("jeton:users:read")["token"])
    assert reader.get("/v1/users").status == 200
    for method, path in (("POST", "/v1/users"), ("GET", "/v1/tokens"), ("GET", "/v1/audit"), ("PATCH", "/v1/settings"), ("POST", "/v1/keys/rotate")):
        refused = reader.call(method, path, {} if method != "GET" else None)
        assert refused.status == 403 and "insufficient_scope" in refused.headers["WWW-Authenticate"], (method, path)
    everything = world.server.bearing(world.management_token("jeton:admin")["token"])
    assert everything.get("/v1/audit").status == 200 and everything.post("/v1/users", {"name": world.name()}).status == 201
    # Scopes of another API that happen to be called so mean nothing here.
    impostor = world.token(world.api(scopes=["jeton:admin", "jeton:users:read"]), scopes=["jeton:admin", "jeton:users:read"])
    assert world.server.bearing(impostor["token"]).get("/v1/users").status == 403


def test_a_management_token_makes_none_stronger_than_itself(world):
    maker = world.server.bearing(world.management_token("jeton:tokens:write")["token"])
    service = world.service()
    draft = {"service": service["id"], "api": "jeton"}
    assert maker.post("/v1/tokens", {**draft, "scopes": ["jeton:admin"]}).problem == "forbidden"
    assert maker.post("/v1/tokens", {**draft, "scopes": ["jeton:users:read"]}).problem == "forbidden"
    assert maker.post("/v1/tokens", {**draft, "scopes": ["jeton:tokens:write"]}).status == 201


def test_a_stronger_token_is_not_widened_either(world):
    """Where from and how long it is good, and whether it is held: somebody may have put it where it does no harm."""
    admin_token, plain = world.management_token("jeton:admin", deny=["192.0.2.0/24"]), world.token(deny=["192.0.2.0/24"])
    maker = world.server.bearing(world.management_token("jeton:tokens:write")["token"])
    at = lambda t: f"/v1/tokens/{t['id']}"
    assert maker.call("PATCH", at(admin_token), {"deny": []}).problem == "forbidden"
    assert maker.call("PATCH", at(admin_token), {"expires_in": "90d"}).problem == "forbidden"
    # To keep one out is always allowed, and to let it in again takes what it can do.
    for token in (admin_token, plain):
        maker.done("POST", at(token) + "/quarantine", {})
    assert maker.post(at(admin_token) + "/release", {}).problem == "forbidden"
    maker.done("POST", at(plain) + "/release", {})
    maker.done("PATCH", at(plain), {"deny": []})
    assert world.allowed(plain["token"]) and not world.allowed(admin_token["token"])
    everything = world.server.bearing(world.management_token("jeton:admin")["token"])
    everything.done("POST", at(admin_token) + "/release", {})
    everything.done("PATCH", at(admin_token), {"deny": []})
    assert world.allowed(admin_token["token"])


def test_rotating_a_stronger_token_is_not_a_way_up(world):
    """Whoever may write tokens must not rotate an administrator's into its own hands."""
    admin_token = world.management_token("jeton:admin")
    maker = world.server.bearing(world.management_token("jeton:tokens:write")["token"])
    assert maker.post(f"/v1/tokens/{admin_token['id']}/rotate", {}).problem == "forbidden"
    assert maker.post(f"/v1/tokens/{admin_token['id']}/access-tokens", {}).problem == "forbidden"
    assert world.allowed(admin_token["token"])
    # Taking back is always allowed.
    maker.done("POST", f"/v1/tokens/{admin_token['id']}/revoke", {})
    assert not world.allowed(admin_token["token"])

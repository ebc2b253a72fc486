"""Long-lived tokens exchanged for short-lived JWTs, checked by signature and by revocation."""
import base64
import json
import subprocess

import pytest

from server import World

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"
JWT = "urn:ietf:params:oauth:token-type:jwt"


def part(jwt, n):
    text = jwt.split(".")[n]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def exchange(world, token, **more):
    return world.server.anyone.post("/oauth/token", form={"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": ACCESS, **more})


def test_exchange_gives_a_jwt_of_rfc_9068(world):
    user = world.user()
    api = world.api(access_ttl="5m")
    token = world.token(api, user, scopes=["orders:read", "orders:write"])
    answer = exchange(world, token["token"], scope="orders:read", audience=api["audience"], requested_token_type=JWT)
    assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store", answer
    got = answer.json
    assert got["token_type"] == "Bearer" and got["scope"] == "orders:read" and got["issued_token_type"] == JWT and 290 <= got["expires_in"] <= 300
    header, claims = part(got["access_token"], 0), part(got["access_token"], 1)
    assert header["typ"] == "at+jwt" and header["alg"] == "ES256" and header["kid"]
    assert claims["iss"] == world.server.url and claims["sub"] == user["id"] and claims["aud"] == api["audience"] and claims["scope"] == "orders:read"
    assert claims["jti"].startswith("tok_") and claims["exp"] - claims["iat"] == 300 and claims["client_id"]
    verdict = world.verdict(got["access_token"], f"?api={api['name']}&scope=orders:read")
    assert verdict.status == 200 and verdict.headers["X-Jeton-Token-Id"] == claims["jti"] and verdict.headers["X-Jeton-Kind"] == "at"
    assert world.verdict(got["access_token"], "?scope=orders:write").status == 403, "fewer scopes than its parent"


def test_the_management_api_makes_them_too(world):
    token = world.token()
    made = world.admin.created(f"/v1/tokens/{token['id']}/access-tokens", {"expires_in": "60s"})
    assert made["expires_in"] <= 60 and world.allowed(made["access_token"])
    assert world.admin.post(f"/v1/tokens/{token['id']}/access-tokens", {"scopes": ["orders:write"]}).problem == "forbidden"


def test_an_api_may_have_opaque_ones(world):
    api = world.api(format="opaque")
    token = world.token(api)
    made = exchange(world, token["token"]).json
    assert made["access_token"].startswith("jtn_at_") and world.allowed(made["access_token"])
    world.admin.done("DELETE", f"/v1/tokens/{token['id']}")
    assert not world.allowed(made["access_token"])


@pytest.mark.parametrize("alg", ["ES256", "EdDSA", "ES384", "PS256", "RS256"])
def test_every_algorithm_of_an_api_and_its_key_in_the_jwks(world, alg):
    token = world.token(world.api(alg=alg))
    jwt = exchange(world, token["token"]).json["access_token"]
    header = part(jwt, 0)
    keys = {k["kid"]: k for k in world.server.anyone.shown("/.well-known/jwks.json")["keys"]}
    assert header["alg"] == alg and keys[header["kid"]]["alg"] == alg
    assert not any("d" in k or "k" in k or "p" in k for k in keys.values()), "public parts only"
    assert world.allowed(jwt) and world.allowed(jwt) and world.allowed(jwt), "first seen, seen before, held"
    head, body, signature = jwt.split(".")
    swapped = signature[:-8] + ("A" if signature[-8] != "A" else "B") + signature[-7:]
    for forged in (f"{head}.{body}.{swapped}", f"{head}.{body}.", f"{head}.{body}", f"{head}.e30.{signature}", f"{jwt}.x", f"{jwt}=", f"{head}.{body}.{signature}A"):
        assert not world.allowed(forged), forged


def test_the_signature_is_checked_by_somebody_elses_code_too(world, folder):
    """OpenSSL's own tool, given nothing but the JWKS."""
    jwt = exchange(world, world.token(world.api(alg="RS256"))["token"]).json["access_token"]
    key = next(k for k in world.server.anyone.shown("/.well-known/jwks.json")["keys"] if k["kid"] == part(jwt, 0)["kid"])

    def integer(text):
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return b"\x02" + length(len(raw) + 1) + b"\0" + raw if raw[0] & 0x80 else b"\x02" + length(len(raw)) + raw

    def length(n):
        return bytes([n]) if n < 128 else bytes([0x82]) + n.to_bytes(2, "big")
    inner = integer(key["n"]) + integer(key["e"])
    (folder / "key.der").write_bytes(b"\x30" + length(len(inner)) + inner)
    signed, signature = jwt.rsplit(".", 1)
    (folder / "sig").write_bytes(base64.urlsafe_b64decode(signature + "=="))
    (folder / "data").write_text(signed)
    subprocess.run(["openssl", "rsa", "-RSAPublicKey_in", "-inform", "DER", "-in", folder / "key.der", "-pubout", "-out", folder / "key.pem"], check=True, capture_output=True)
    command = ["openssl", "dgst", "-sha256", "-verify", folder / "key.pem", "-signature", folder / "sig", folder / "data"]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "Verified OK\n"
    (folder / "data").write_text(signed + "x")
    assert subprocess.run(command, capture_output=True).returncode != 0


def test_the_jwt_dies_with_its_parent_at_once(own_server):
    s = own_server()
    w = World(s)

    def pair(**more):
        token = w.token(**more)
        jwt = exchange(w, token["token"]).json["access_token"]
        assert w.allowed(jwt) and w.allowed(jwt)
        return token, jwt

    def dead(jwt):
        return w.verdict(jwt).status == 401
    token, jwt = pair()
    w.admin.done("POST", f"/v1/tokens/{token['id']}/revoke", {})
    assert dead(jwt)
    s.restart()
    w = World(s)
    assert dead(jwt)
    user = w.user()
    _, jwt = pair(principal=user)
    w.admin.done("POST", f"/v1/users/{user['id']}/disable", {})
    assert dead(jwt)
    user = w.user()
    device = w.device(user)
    _, jwt = pair(principal=user, device=device["id"])
    w.admin.done("POST", f"/v1/devices/{device['id']}/revoke", {})
    assert dead(jwt)
    token, jwt = pair(scopes=["orders:read", "orders:write"])
    w.admin.done("PATCH", f"/v1/tokens/{token['id']}", {"scopes": ["orders:write"]})
    assert w.verdict(jwt, "?scope=orders:read").status == 403, "a scope the parent lost is lost"
    _, jwt = pair()
    assert s.anyone.post("/oauth/revoke", form={"token": jwt}).status == 200
    assert dead(jwt)
    s.restart()
    w = World(s)
    assert dead(jwt)


def test_a_parents_network_holds_for_the_jwt(world):
    token = world.token(allow=["127.0.0.0/8"], deny=["127.0.0.66"])
    jwt = exchange(world, token["token"]).json["access_token"]
    assert world.allowed(jwt)
    assert world.server.from_address("127.0.0.66").get("/verify", headers={"Authorization": f"Bearer {jwt}"}).status in (401, 403)


@pytest.mark.parametrize("more, status, error", [
    ({"scope": "orders:write"}, 400, "invalid_scope"), ({"audience": "https://elsewhere.example.com"}, 400, "invalid_target"),
    ({"subject_token": "jtn_pat_" + "0" * 38}, 400, "invalid_request"), ({"subject_token_type": "urn:x"}, 400, "invalid_request"),
    ({"grant_type": "password"}, 400, "unsupported_grant_type"), ({"requested_token_type": "urn:x"}, 400, "invalid_request"),
    ({"actor_token": "x"}, 400, "invalid_request")])
def test_bad_exchanges_get_oauth_errors(world, more, status, error):
    token = world.token()["token"]
    answer = exchange(world, token, **more)
    assert answer.status == status and answer.json["error"] == error, answer
    assert exchange(world, token).status == 200


def test_exchange_takes_neither_jwts_nor_ended_tokens_nor_queries(world):
    token = world.token()
    jwt = exchange(world, token["token"]).json["access_token"]
    assert exchange(world, jwt).json["error"] == "invalid_request"
    world.admin.done("DELETE", f"/v1/tokens/{token['id']}")
    assert exchange(world, token["token"]).json["error"] == "invalid_request"
    assert world.server.anyone.post(f"/oauth/token?grant_type={EXCHANGE}", form={}).status == 400
    assert world.server.anyone.get("/oauth/token").status == 405


def test_signing_keys_rotate_under_living_jwts(own_server):
    s = own_server()
    w = World(s)
    token = w.token()
    old = exchange(w, token["token"]).json["access_token"]
    made = s.admin.created("/v1/keys/rotate", {"alg": "ES256"})
    new = exchange(w, token["token"]).json["access_token"]
    assert part(new, 0)["kid"] == made["kid"] != part(old, 0)["kid"]
    assert w.allowed(old) and w.allowed(new)
    kids = {k["kid"] for k in s.anyone.shown("/.well-known/jwks.json")["keys"]}
    assert {part(old, 0)["kid"], made["kid"]} <= kids
    leaked = next(k for k in s.admin.shown("/v1/keys")["items"] if k["kid"] == part(old, 0)["kid"])
    s.admin.done("POST", f"/v1/keys/{leaked['id']}/retire", {"now": True})
    assert not w.allowed(old) and w.allowed(new)
    s.restart()
    assert not World(s).allowed(old) and World(s).allowed(new)


def test_introspection_is_for_those_who_may(world):
    token = world.token()
    assert world.server.anyone.post("/oauth/introspect", form={"token": token["token"]}).status == 401
    manager = world.server.bearing(world.management_token("jeton:tokens:read")["token"])
    told = manager.post("/oauth/introspect", form={"token": token["token"]}).json
    assert told["active"] is True and told["jti"] == token["id"] and told["scope"] == "orders:read"
    world.admin.done("DELETE", f"/v1/tokens/{token['id']}")
    assert manager.post("/oauth/introspect", form={"token": token["token"]}).json == {"active": False}


def test_discovery_names_what_is_there(server):
    for path in ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"):
        found = server.anyone.shown(path)
        assert found["issuer"] == server.url and found["jwks_uri"] == server.url + "/.well-known/jwks.json"
        assert EXCHANGE in found["grant_types_supported"]

"""APIs that share a secret with the server: HS256, checked by other people's libraries with nothing but that secret."""
import base64
import hashlib
import hmac
import json
import re

import pytest
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.jose.errors import BadSignatureError

from at_rest import Safe
from cli import Line as Cli
from server import World
from signing import b64
from test_access_tokens import exchange, part
from test_offline_interop import peer  # noqa: F401  a fixture


def sharing(world, **more):
    api = world.api(alg="HS256", **more)
    return api, world.admin.created(f"/v1/apis/{api['id']}/shared-secret", {})


def signed(key, header, claims):
    text = b64(json.dumps(header).encode()) + "." + b64(json.dumps(claims).encode())
    return text + "." + b64(hmac.new(key, text.encode(), hashlib.sha256).digest())


def octets(jwk):
    return base64.urlsafe_b64decode(jwk["k"] + "==")


def test_other_libraries_verify_it_with_the_secret_alone(world, peer):  # noqa: F811
    api, secret = sharing(world)
    token = world.token(api)
    jwt = exchange(world, token["token"]).json["access_token"]
    assert part(jwt, 0) == {"alg": "HS256", "typ": "at+jwt", "kid": secret["kid"]}
    claims = JsonWebToken(["HS256"]).decode(jwt, JsonWebKey.import_key(secret["jwk"]))
    assert claims["aud"] == api["audience"] and claims["parent"] == token["id"]
    with pytest.raises(BadSignatureError):
        JsonWebToken(["HS256"]).decode(jwt, JsonWebKey.import_key(sharing(world)[1]["jwk"]))
    assert json.loads(base64.b64decode(peer.ok(do="verify", alg="HS256", key=secret["jwk"], token=jwt)))["jti"] == claims["jti"]
    assert "error" in peer.ask(do="verify", alg="HS256", key=sharing(world)[1]["jwk"], token=jwt)


def test_the_server_takes_it_and_it_dies_with_its_parent(own_server):
    s = own_server()
    world = World(s)
    api, _ = sharing(world)
    token = world.token(api)
    jwt = exchange(world, token["token"]).json["access_token"]
    verdict = world.verdict(jwt, f"?api={api['name']}&scope=orders:read")
    assert verdict.status == 200 and verdict.headers["X-Jeton-Token-Id"] == part(jwt, 1)["jti"] and verdict.headers["X-Jeton-Kind"] == "at"
    assert world.verdict(jwt, "?scope=orders:write").status == 403
    told = s.admin.post("/oauth/introspect", form={"token": jwt}).json
    assert told["active"] is True and told["jti"] == part(jwt, 1)["jti"]
    s.kill()
    s.start()
    world = World(s)
    assert world.allowed(jwt)
    world.admin.done("DELETE", f"/v1/tokens/{token['id']}")
    assert world.verdict(jwt).status == 401
    assert s.admin.post("/oauth/introspect", form={"token": jwt}).json == {"active": False}


def test_one_of_them_is_revoked_alone(world):
    api, _ = sharing(world)
    token = world.token(api)
    first, second = (exchange(world, token["token"]).json["access_token"] for _ in range(2))
    assert world.server.anyone.post("/oauth/revoke", form={"token": first}).status == 200
    assert not world.allowed(first) and world.allowed(second) and world.allowed(token["token"])


def test_who_has_the_secret_writes_no_token(world):
    """Its API, or whoever took it from there; another API's; and a public key's octets, which everybody has."""
    api, secret = sharing(world)
    other, others = sharing(world)
    plain = world.api()
    jwt = exchange(world, world.token(api)["token"]).json["access_token"]
    es256 = exchange(world, world.token(plain)["token"]).json["access_token"]
    public = next(k for k in world.server.anyone.shown("/.well-known/jwks.json")["keys"] if k["kid"] == part(es256, 0)["kid"])
    point = b"\x04" + base64.urlsafe_b64decode(public["x"] + "==") + base64.urlsafe_b64decode(public["y"] + "==")
    keys = [octets(secret["jwk"]), octets(others["jwk"]), json.dumps(public).encode(), json.dumps(public, separators=(",", ":")).encode(), point, point[1:33], b"", b"\0" * 32]
    for like in (jwt, es256, exchange(world, world.token(other)["token"]).json["access_token"]):
        for audience in (api, other, plain):
            for kid in (secret["kid"], others["kid"], public["kid"], None):
                for key in keys:
                    header = {"alg": "HS256", "typ": "at+jwt", **({"kid": kid} if kid else {})}
                    forged = signed(key, header, {**part(like, 1), "aud": audience["audience"], "jti": "tok_" + "0" * 26})
                    assert world.verdict(forged).status == 401
                    assert world.server.admin.post("/oauth/introspect", form={"token": forged}).json == {"active": False}
    # The same octets as ours, put together anew, are ours.
    head, body, _ = jwt.split(".")
    again = head + "." + body + "." + b64(hmac.new(octets(secret["jwk"]), f"{head}.{body}".encode(), hashlib.sha256).digest())
    assert again == jwt and world.allowed(again)


def test_it_stands_for_no_id_token(world):
    """An id_token_hint under the secret would end somebody's session."""
    api, secret = sharing(world)
    hint = signed(octets(secret["jwk"]), {"alg": "HS256", "typ": "JWT", "kid": secret["kid"]},
                  {"iss": world.server.url, "sub": world.user()["id"], "aud": "cli", "azp": "cli", "exp": 2**33, "iat": 1, "sid": "s"})
    answer = world.server.anyone.get(f"/oauth/logout?id_token_hint={hint}")
    plain = world.server.anyone.get("/oauth/logout?id_token_hint=x.y.z")
    assert (answer.status, len(answer.body)) == (plain.status, len(plain.body))


def test_it_is_shown_once_and_sealed(own_server):
    s = own_server()
    world = World(s)
    api, secret = sharing(world)
    world.token(api)
    k = secret["jwk"]["k"]
    for path in (f"/v1/apis/{api['id']}", "/v1/apis", "/v1/keys", "/v1/crypto/report", "/v1/audit", "/.well-known/jwks.json", "/v1/keys/at-rest", "/v1/feed"):
        assert k not in s.admin.get(path).body.decode(), path
    listed = next(key for key in s.admin.shown("/v1/keys")["items"] if key["kid"] == secret["kid"])
    assert listed["alg"] == "HS256" and listed["api"] == api["id"] and listed["state"] == "active" and listed["due"] is None
    assert secret["kid"] not in s.anyone.get("/.well-known/jwks.json").body.decode()
    stored = b"".join(p.read_bytes() for p in s.data.glob("jeton.db*") if p.is_file())
    assert k.encode() not in stored and octets(secret["jwk"]) not in stored
    safe = Safe(s.data)
    (sealed,), = safe.rows("SELECT sealed_private FROM signing_keys WHERE kid = ?", secret["kid"])
    assert json.loads(safe.open(sealed, "signing_keys", "private", listed["id"]))["k"] == k
    assert k not in s.log()
    # Sealed anew with the rest.
    s.admin.created("/v1/keys/rotate-data", {})
    s.restart()
    jwt = exchange(World(s), World(s).token(api)["token"]).json["access_token"]
    assert JsonWebToken(["HS256"]).decode(jwt, JsonWebKey.import_key(secret["jwk"]))["aud"] == api["audience"]


def test_another_one_takes_over_with_overlap(world):
    api, first = sharing(world)
    token = world.token(api)
    old = exchange(world, token["token"]).json["access_token"]
    second = world.admin.created(f"/v1/apis/{api['id']}/shared-secret", {})
    new = exchange(world, token["token"]).json["access_token"]
    assert part(new, 0)["kid"] == second["kid"] != first["kid"] == part(old, 0)["kid"]
    assert world.allowed(old) and world.allowed(new)
    for path, body in (("/v1/keys/rotate", {"api": api["name"]}), ("/v1/keys/rotate", {"api": api["name"], "emergency": True})):
        assert world.admin.post(path, body).problem == "conflict"
    assert world.admin.post("/v1/keys/rotate", {"alg": "HS256"}).problem == "validation"
    keys = {k["kid"]: k["id"] for k in world.admin.shown("/v1/keys")["items"]}
    assert world.admin.post(f"/v1/keys/{keys[second['kid']]}/retire", {"now": True}).problem == "conflict", "nothing would sign"
    world.admin.done("POST", f"/v1/keys/{keys[first['kid']]}/retire", {"now": True})
    assert not world.allowed(old) and world.allowed(new)


def test_what_may_share_one_and_what_may_be_shared(world):
    for alg in ("HS384", "HS512", "none", "hs256"):
        refused = world.admin.post("/v1/apis", {"name": world.name("a"), "audience": f"https://{world.name('a')}.example.com", "scopes": ["x"], "alg": alg})
        assert refused.status == 422, alg
    for own in ("jeton", "openid"):
        assert world.admin.post(f"/v1/apis/{own}/shared-secret", {}).status == 403
        assert world.admin.patch(f"/v1/apis/{own}", {"alg": "HS256"}).status == 403
    assert not [k for k in world.admin.shown("/v1/keys")["items"] if k["alg"].startswith("HS") and k["api"] is None], "what was refused made no key"
    api = world.api()
    path = f"/v1/apis/{api['id']}/shared-secret"
    k = b64(b"0123456789abcdefghijklmnopqrstuv")
    for jwk in ({}, {"kty": "oct", "k": k[:-2]}, {"kty": "oct", "k": b64(b"\0" * 32)}, {"kty": "oct", "k": k + "="}, {"kty": "EC", "crv": "P-256", "x": k, "y": k},
                {"kty": "oct", "k": k, "alg": "HS512"}, {"kty": "oct", "k": k, "use": "enc"}, [], "x", 1):
        assert world.admin.post(path, {"jwk": jwk}).problem == "validation", jwk
    assert world.admin.shown(f"/v1/apis/{api['id']}")["alg"] == "ES256"
    assert world.admin.created(path, {"jwk": {"kty": "oct", "k": k}})["jwk"]["k"] == k
    assert world.admin.shown(f"/v1/apis/{api['id']}")["alg"] == "HS256", "what shares a secret is signed with it"
    assert world.server.bearing(world.management_token("jeton:apis:read")["token"]).post(path, {}).status == 403
    # And back.
    assert world.admin.patch(f"/v1/apis/{api['id']}", {"alg": "ES256"}).status == 200
    assert part(exchange(world, world.token(api)["token"]).json["access_token"], 0)["alg"] == "ES256"
    # One that has none yet gets one as it starts: tokens can be had at once.
    fresh = world.api(alg="HS256")
    assert world.allowed(exchange(world, world.token(fresh)["token"]).json["access_token"])


def test_on_the_command_line(world, folder):
    cli = Cli(world.server)
    name = world.name("a")
    cli.good("api", "create", name, "--audience", f"https://{name}.example.com", "--scope", "orders:read", "--alg", "HS256")
    made = cli.good("api", "shared-secret", name, "-o", "json").json
    (folder / "secret.jwk").write_text(json.dumps(made["jwk"]))
    cli.good("user", "create", name)
    token = cli.good("token", "create", "--user", name, "--api", name, "--scope", "orders:read", "--quiet").out.strip()
    jwt = exchange(world, token).json["access_token"]
    words = ("--jwks", str(folder / "secret.jwk"), "--issuer", world.server.url, "--audience", f"https://{name}.example.com")
    assert cli("jwt", "verify", "-", *words, stdin=jwt).code == 0
    assert cli("jwt", "verify", "-", *words, stdin=jwt[:-4] + ("AAAA" if not jwt.endswith("AAAA") else "BBBB")).code == 1
    # One that is there already: its own octets, or its JWK.
    (folder / "secret").write_text("a-secret-from-an-environment-variable-4711\n")
    brought = cli.good("api", "shared-secret", name, "--secret", str(folder / "secret"), "-o", "json").json
    assert octets(brought["jwk"]) == b"a-secret-from-an-environment-variable-4711"
    brought = cli.good("api", "shared-secret", name, "--secret", "-", "-o", "json", stdin=json.dumps(made["jwk"])).json
    assert brought["jwk"]["k"] == made["jwk"]["k"] and brought["kid"] != made["kid"]
    (folder / "short").write_text("too short")
    assert cli("api", "shared-secret", name, "--secret", str(folder / "short")).code == 2
    assert cli("api", "shared-secret", name, "--secret", str(folder / "nowhere")).code == 2
    assert cli("api", "shared-secret", "no-such-api").code == 6
    assert not re.search(re.escape(made["jwk"]["k"]), cli.good("api", "show", name, "-o", "json").out + cli.good("key", "list", "-o", "json").out)

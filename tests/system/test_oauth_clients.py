"""Client libraries from npm, as they are: each drives a whole flow and the refusals that matter."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest

from browser import App, Browser, claims, person
from server import ROOT
from test_oauth_code import active, own_api

CLIENTS = ROOT / "tests" / "npm" / "clients"
pytestmark = pytest.mark.skipif(not (CLIENTS.parent / "node_modules" / "openid-client").exists(), reason="npm packages are not installed")


def drive(script, browser, **settings):
    """Runs a client; the browser goes where it says, agrees to everything, and hands back where it came out."""
    node = subprocess.Popen(["node", str(CLIENTS / script)], cwd=CLIENTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, env={**os.environ, "CLIENT": json.dumps(settings)})
    try:
        for line in node.stdout:
            said = json.loads(line)
            if "done" in said:
                return said["done"]
            page = browser.get(said["go"])
            if page.status == 200 and "/consent" in page.url:
                page = browser.submit(page, "/consent", decision="allow")
            assert page.status == 303, page
            node.stdin.write(page.location + "\n")
            node.stdin.flush()
        raise AssertionError(node.stderr.read())
    finally:
        node.kill()
        node.wait()


@pytest.fixture
def signed_in(server, world):
    user, browser = person(world), Browser(server)
    browser.log_in(user["name"])
    return user, browser


def test_openid_client(server, world, signed_in):
    user, browser = signed_in
    bye = "https://app.example.com/bye"
    app = App(world, post_logout_redirect_uris=[bye])
    got = drive("openid-client.mjs", browser, issuer=server.url, id=app.id, secret=app.secret, redirect=app.redirect, scope="openid email", bye=bye)
    logout = got.pop("logout")
    assert got == {"sub": user["id"], "info": user["id"], "active": True, "replayed": "invalid_grant", "after": False, "codeTwice": "invalid_grant", "revoked": False}
    page = browser.send("GET", logout)
    assert page.status == 303 and page.location.startswith(bye) and browser.session is None


def test_openid_client_with_a_key_of_its_own(server, world, signed_in):
    from signing import Key, octets
    user, browser = signed_in
    api, read, _ = own_api(world)
    key = Key()
    app = App(world, scopes=(read,), token_endpoint_auth_method="private_key_jwt", jwks=key.jwks(), userinfo_signed_response_alg="RS256",
              grant_types=["authorization_code", "refresh_token", "client_credentials"])
    assert app.secret is None
    d = octets(key.private.private_numbers().private_value, 32)
    got = drive("private-key-jwt.mjs", browser, issuer=server.url, id=app.id, redirect=app.redirect, scope="openid email", own=read, userinfoAlg="RS256", key=key.jwk(kid=key.kid, d=d))
    # What this library makes of a 401, as RFC 9110 §11.6.1 wants it: with a challenge.
    unknown = "OAUTH_WWW_AUTHENTICATE_CHALLENGE"
    assert got == {"pushed": user["id"], "sub": user["id"], "info": user["id"], "refreshed": "bearer", "own": "bearer", "wrongKeyPushed": unknown,
                   "wrongKeySigned": "invalid_request_object", "wrongKeyRefresh": unknown, "wrongKeyOwn": unknown, "codeTwice": "invalid_grant"}


def test_oauth4webapi_with_dpop_and_pushed_requests(server, world, signed_in):
    user, browser = signed_in
    app = App(world, "spa", dpop_bound_access_tokens=True)
    got = drive("oauth4webapi.mjs", browser, issuer=server.url, id=app.id, redirect=app.redirect, scope="openid")
    access = got.pop("access")
    got.pop("calls")
    assert got == {"sub": user["id"], "info": user["id"], "type": "dpop", "wrongVerifier": "invalid_grant", "otherKey": "invalid_grant", "noKey": "invalid_dpop_proof", "revoked": "invalid_grant"}
    assert claims(access)["cnf"]["jkt"] and world.verdict(access).status == 401


def test_a_bound_token_at_the_gateway(server, world, signed_in):
    user, browser = signed_in
    app = App(world, "spa", dpop_bound_access_tokens=True)
    got = drive("oauth4webapi.mjs", browser, issuer=server.url, id=app.id, redirect=app.redirect, scope="openid", keep=True)
    good, other, stranger = got["calls"]
    call = {"X-Forwarded-Method": "GET", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "api.example.com", "X-Forwarded-Uri": "/orders/7?x=1"}
    ask = lambda shown, **more: server.anyone.get("/verify", headers={**call, **more, **shown}).status
    assert ask(good) == 200
    # A proof counts once, for that call, that key and that token.
    assert ask(good) == 401
    for wrong in ({"X-Forwarded-Uri": "/orders/8"}, {"X-Forwarded-Method": "POST"}, {"X-Forwarded-Host": "other.example.com"}, {"X-Forwarded-Proto": "http"}):
        assert ask(other, **wrong) == 401, wrong
    assert ask(stranger) == 401 and ask({"Authorization": good["Authorization"]}) == 401
    assert world.verdict(good["Authorization"].split()[1]).headers["X-Jeton-Reason"] == "unbound"
    assert ask({"Authorization": other["Authorization"].replace("DPoP", "Bearer"), "DPoP": other["DPoP"]}) == 401
    assert ask(other) == 200
    # A bearer token is not shown as if it were bound.
    assert ask({"Authorization": "DPoP " + world.token()["token"], "DPoP": other["DPoP"]}) == 401


def test_simple_oauth2(server, world, signed_in):
    user, browser = signed_in
    api, read, write = own_api(world)
    app, machine = App(world, scopes=(read,), nonce_for_pkce=True), App(world, "machine", scopes=(read,))
    got = drive("simple-oauth2.mjs", browser, issuer=server.url, id=app.id, secret=app.secret, redirect=app.redirect, scope=read,
                machine=machine.id, machineSecret=machine.secret, machineScope=read)
    assert got["codeTwice"] in ("invalid_grant", "Response Error: 400 Bad Request")
    # The second use of the code took what came of it; revocation took the other.
    assert not active(world, got["first"]) and not active(world, got["second"]) and not active(world, got["own"])


def test_the_mcp_sdk(server, world, signed_in):
    import socket
    user, browser = signed_in
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    resource = f"http://127.0.0.1:{port}/mcp"
    word = world.name("mcp")
    world.api(scopes=(f"{word}:use",), audience=resource)
    app = App(world, "native", scopes=(f"{word}:use",), redirects=["http://127.0.0.1/callback"])
    got = drive("mcp.mjs", browser, issuer=server.url, id=app.id, redirect="http://127.0.0.1:41999/callback", resource=resource, scope=f"{word}:use offline_access")
    assert (got["first"], got["second"], got["third"]) == ("REDIRECT", "AUTHORIZED", "AUTHORIZED") and got["resource"] == resource
    assert claims(got["before"])["aud"] == resource and got["before"] != got["after"]
    assert world.verdict(got["after"], f"?scope={word}:use").status == 200

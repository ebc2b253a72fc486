"""Signed answers (userinfo, introspection as JWT), acting for somebody, clients that authenticate by a key."""
import base64
import time

import pytest

from browser import App, Browser, claims, person
from signing import Key, verified
from test_oauth_code import active, own_api

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
INTROSPECTION = "application/token-introspection+jwt"


def basic(app):
    return {"Authorization": "Basic " + base64.b64encode(f"{app.id}:{app.secret}".encode()).decode()}


def test_userinfo_is_signed_for_who_registered_for_it(server, world):
    user, browser = person(world), Browser(server)
    for alg in ("RS256", "ES256"):
        app = App(world, userinfo_signed_response_alg=alg)
        access = app.tokens(browser, user, scope="openid email")["access_token"]
        answer = server.bearing(access).get("/oauth/userinfo")
        assert answer.headers["Content-Type"] == "application/jwt"
        said = verified(answer.body.decode(), server.anyone.shown("/.well-known/jwks.json"), "userinfo+jwt")
        assert said["iss"] == server.url and said["aud"] == app.id and said["sub"] == user["id"] and said["email"] == user["email"]
        # It is no token of any kind.
        assert world.verdict(answer.body.decode()).status == 401 and not active(world, answer.body.decode())
    plain = App(world).tokens(browser)["access_token"]
    ask = lambda accept: server.bearing(plain).get("/oauth/userinfo", headers={"Accept": accept}).headers["Content-Type"]
    assert ask("application/jwt") == "application/jwt" and ask("application/json") == ask("*/*") == ask("application/json, application/jwt") == "application/json"
    assert server.bearing(plain + "x").get("/oauth/userinfo", headers={"Accept": "application/jwt"}).status == 401
    assert world.admin.post("/v1/clients", {"name": world.name("x"), "type": "web", "redirect_uris": [App.CALLBACK], "scopes": [], "userinfo_signed_response_alg": "none"}).status == 422


def test_introspection_as_a_jwt(server, world):
    user, browser = person(world), Browser(server)
    app, other = App(world), App(world)
    access = app.tokens(browser, user)["access_token"]
    ask = lambda by, token, **more: server.anyone.post("/oauth/introspect", form={"token": token}, headers={**basic(by), **more})
    answer = ask(app, access, Accept=INTROSPECTION)
    assert answer.headers["Content-Type"] == INTROSPECTION
    said = verified(answer.body.decode(), server.anyone.shown("/.well-known/jwks.json"), "token-introspection+jwt")
    assert said["iss"] == server.url and said["aud"] == app.id and abs(said["iat"] - time.time()) < 60 and "exp" not in said and "sub" not in said
    inner = said["token_introspection"]
    assert inner["active"] and inner["sub"] == user["id"] and inner == ask(app, access).json
    # Another client's token is not active, signed or not; and what was signed is no token.
    refused = verified(ask(other, access, Accept=INTROSPECTION).body.decode(), server.anyone.shown("/.well-known/jwks.json"), "token-introspection+jwt")
    assert refused["token_introspection"] == {"active": False} and refused["aud"] == other.id
    assert world.verdict(answer.body.decode()).status == 401 and not active(world, answer.body.decode())
    assert server.anyone.post("/oauth/introspect", form={"token": access}, headers={"Accept": INTROSPECTION}).status == 401
    always = App(world, introspection_signed_response_alg="ES256")
    assert ask(always, access).headers["Content-Type"] == INTROSPECTION and ask(always, access, Accept="application/json").headers["Content-Type"] == "application/json"


def exchange(server, subject, **more):
    return server.anyone.post("/oauth/token", form={"grant_type": EXCHANGE, "subject_token": subject, "subject_token_type": ACCESS, **more})


@pytest.mark.parametrize("kind", ["jwt", "opaque"])
def test_a_service_acts_for_somebody_and_that_is_seen(server, world, kind):
    api, user, service = world.api(format=kind), world.user(), world.service()
    mine = world.token(api, user, ("orders:read", "orders:write"))["token"]
    theirs = world.token(world.api(), service, expires_in="2m")["token"]
    got = exchange(server, mine, actor_token=theirs, actor_token_type=ACCESS, scope="orders:read")
    assert got.status == 200, got
    access = got.json["access_token"]
    seen = world.admin.call("POST", "/oauth/introspect", form={"token": access}).json
    assert seen["sub"] == user["id"] and seen["act"] == {"sub": service["id"]} and seen["scope"] == "orders:read"
    if kind == "jwt":
        assert claims(access)["act"] == {"sub": service["id"]} and claims(access)["sub"] == user["id"]
    # No longer than the actor's own token, and nothing that the subject has not.
    assert got.json["expires_in"] <= 120
    assert exchange(server, mine, actor_token=theirs, actor_token_type=ACCESS, scope="orders:read orders:write admin").json["error"] == "invalid_scope"
    assert exchange(server, mine, actor_token=theirs, actor_token_type=ACCESS, audience="https://other.example.com").json["error"] == "invalid_target"
    # Who acts for somebody has nobody act for it: the chain is one step.
    chained = exchange(server, world.token(world.api(), world.user())["token"], actor_token=access, actor_token_type=ACCESS)
    assert chained.status == 400 and "access_token" not in chained.json
    assert exchange(server, access, actor_token=theirs, actor_token_type=ACCESS).status == 400
    # It dies with the subject's token.
    assert world.verdict(access).status == 200
    assert server.anyone.post("/oauth/revoke", form={"token": mine}).status == 200
    assert world.verdict(access).status == 401


def test_an_actor_shows_a_live_token_of_its_own(server, world):
    mine, service = world.token()["token"], world.service()
    ended = world.token(world.api(), service)
    world.admin.done("POST", f"/v1/tokens/{ended['id']}/revoke", {})
    user, browser = person(world), Browser(server)
    tokens = App(world).tokens(browser, user)
    for wrong in ({"actor_token": ended["token"], "actor_token_type": ACCESS}, {"actor_token": "x", "actor_token_type": ACCESS}, {"actor_token": world.token()["token"]},
                  {"actor_token_type": ACCESS}, {"actor_token": world.token()["token"], "actor_token_type": "urn:ietf:params:oauth:token-type:id_token"},
                  {"actor_token": tokens["id_token"], "actor_token_type": ACCESS}, {"actor_token": tokens["refresh_token"], "actor_token_type": ACCESS},
                  {"actor_token": browser.session, "actor_token_type": ACCESS}, {"actor_token": "", "actor_token_type": ""}):
        refused = exchange(server, mine, **wrong)
        assert refused.status == 400 and refused.json["error"] == "invalid_request", (wrong, refused)
    assert exchange(server, mine, actor_token=tokens["access_token"], actor_token_type=ACCESS).status == 200


def test_a_client_exchanges_where_it_is_registered_for_it(server, world):
    mine, api = world.token()["token"], world.api()
    ask = lambda app, **more: server.anyone.post("/oauth/token", form={"grant_type": EXCHANGE, "subject_token": mine, "subject_token_type": ACCESS, **more}, headers=basic(app))
    assert ask(App(world)).json["error"] == "unauthorized_client"
    assert ask(App(world, "machine")).status == 200 and ask(App(world, grant_types=["authorization_code", EXCHANGE])).status == 200
    # What names two APIs means neither.
    own = world.token(api)["token"]
    assert exchange(server, own, resource=api["audience"], audience=api["name"]).status == 200
    for two in (dict(resource=api["audience"], audience="https://other.example.com"), dict(resource="https://other.example.com", audience=api["audience"])):
        assert exchange(server, own, **two).json["error"] == "invalid_target"
    machine = App(world, "machine", scopes=("orders:read",))
    own = lambda **more: server.anyone.post("/oauth/token", form={"grant_type": "client_credentials", **more}, headers=basic(machine))
    assert own(resource=api["audience"]).status == 200
    assert own(resource=api["audience"], audience=world.api()["audience"]).json["error"] == "invalid_target"


def test_a_client_that_authenticates_by_its_key(server, world):
    api, read, _ = own_api(world)
    key, url = Key(), server.url + "/oauth/token"
    app = App(world, "machine", scopes=(read,), token_endpoint_auth_method="private_key_jwt", jwks=key.jwks())
    assert app.secret is None
    ask = lambda assertion, **more: server.anyone.post("/oauth/token", form={"grant_type": "client_credentials", "client_assertion_type": ASSERTION, "client_assertion": assertion, **more})
    for audience in (server.url, url, [url, "https://other.example.com"]):
        assert ask(key.assertion(app.id, audience)).status == 200, audience
    once = key.assertion(app.id, server.url)
    assert ask(once).status == 200 and ask(once).json["error"] == "invalid_client"
    now = int(time.time())
    other = App(world, "machine", scopes=(read,))
    for wrong in (Key().assertion(app.id, server.url), key.assertion(app.id, "https://other.example.com"), key.assertion(app.id, server.url + "/"), key.assertion(other.id, server.url),
                  key.assertion(app.id, server.url, sub=other.id), key.assertion(app.id, server.url, iss=other.id), key.assertion(app.id, server.url, jti=None),
                  key.assertion(app.id, server.url, exp=None), key.assertion(app.id, server.url, exp=now - 60), key.assertion(app.id, server.url, exp=now + 86400),
                  key.assertion(app.id, server.url, nbf=now + 600), key.assertion(app.id, None)):
        refused = ask(wrong)
        assert refused.status == 401 and refused.json["error"] == "invalid_client", claims(wrong)
    assert ask(key.assertion(app.id, server.url), client_id=other.id).status == 401
    assert server.anyone.post("/oauth/token", form={"grant_type": "client_credentials", "client_id": app.id}).status == 401

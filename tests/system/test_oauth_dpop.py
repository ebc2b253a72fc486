"""Tokens bound to a key: nonces (RFC 9449 §8), and that a bound token is a bearer token nowhere."""
import base64
import time

import pytest

from browser import App, Browser, claims, person
from server import World
from signing import Key
from test_oauth_code import active
from waiting import until

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"


def machine(world, **more):
    return App(world, "machine", scopes=("jeton:tokens:read",), **more)


def ask(app, proof, **form):
    headers = {"Authorization": "Basic " + base64.b64encode(f"{app.id}:{app.secret}".encode()).decode()}
    if proof:
        headers["DPoP"] = proof
    return app.server.anyone.post("/oauth/token", form={"grant_type": "client_credentials", **form}, headers=headers)


def test_a_nonce_is_needed_where_the_installation_says_so(own_server):
    server = own_server()
    server.admin.done("PATCH", "/v1/settings", {"dpop_nonce": "required"})
    world, key, url = World(server), Key(), server.url + "/oauth/token"
    app = machine(world, dpop_bound_access_tokens=True)
    without = key.proof("POST", url)
    first = ask(app, without)
    nonce = first.headers["DPoP-Nonce"]
    assert first.status == 400 and first.json["error"] == "use_dpop_nonce" and nonce
    with_nonce = key.proof("POST", url, nonce=nonce)
    got = ask(app, with_nonce)
    assert got.status == 200 and got.json["token_type"] == "DPoP" and claims(got.json["access_token"])["cnf"] == {"jkt": key.thumbprint()}
    assert got.headers["DPoP-Nonce"]
    # The refused proof was not used up by being refused; a nonce does not make a proof good twice.
    assert ask(app, without).json["error"] == "use_dpop_nonce" and ask(app, with_nonce).json["error"] == "invalid_dpop_proof"
    for wrong in ("", "x", nonce[:-1] + ("A" if nonce[-1] != "A" else "B"), nonce + "A", base64.urlsafe_b64encode(b"\0" * 32).decode().rstrip("=")):
        assert ask(app, key.proof("POST", url, nonce=wrong)).json["error"] == "use_dpop_nonce", wrong
    # A good nonce makes up for nothing else.
    for wrong in (key.proof("GET", url, nonce=nonce), key.proof("POST", url, nonce=7), key.proof("POST", url, nonce=[nonce]), key.proof("POST", url + "x", nonce=nonce), key.proof("POST", url, nonce=nonce, iat=int(time.time()) - 1000),
                  key.proof("POST", url, nonce=nonce, jti="")):
        assert ask(app, wrong).json["error"] == "invalid_dpop_proof"
    # Scripts may read it.
    browser = server.anyone.post("/oauth/token", form={"grant_type": "client_credentials", "client_id": app.id, "client_secret": app.secret},
                                 headers={"DPoP": key.proof("POST", url), "Origin": "https://spa.example.com"})
    assert "DPoP-Nonce" in browser.headers["Access-Control-Expose-Headers"] and browser.headers["DPoP-Nonce"]


def test_userinfo_wants_it_too(own_server):
    server = own_server()
    world, key = World(server), Key()
    user, browser = person(world), Browser(server)
    app = App(world, "spa", dpop_bound_access_tokens=True)
    code = app.code(browser, user)
    answer = server.anyone.post("/oauth/token", form={"grant_type": "authorization_code", "code": code, "redirect_uri": app.redirect, "code_verifier": app.verifier, "client_id": app.id},
                                headers={"DPoP": key.proof("POST", server.url + "/oauth/token")})
    access, url = answer.json["access_token"], server.url + "/oauth/userinfo"
    call = lambda **more: server.anyone.get("/oauth/userinfo", headers={"Authorization": f"DPoP {access}", "DPoP": key.proof("GET", url, access, **more)})
    assert call().status == 200
    server.admin.done("PATCH", "/v1/settings", {"dpop_nonce": "required"})
    refused = call()
    assert refused.status == 401 and 'error="use_dpop_nonce"' in refused.headers["WWW-Authenticate"]
    assert call(nonce=refused.headers["DPoP-Nonce"]).status == 200 and call(nonce="x").status == 401


def test_a_nonce_that_is_not_needed_is_still_looked_at(server, world):
    app, key, url = machine(world), Key(), server.url + "/oauth/token"
    assert ask(app, key.proof("POST", url)).status == 200
    refused = ask(app, key.proof("POST", url, nonce="made-up"))
    assert refused.json["error"] == "use_dpop_nonce"
    assert ask(app, key.proof("POST", url, nonce=refused.headers["DPoP-Nonce"])).status == 200
    # With an own clock and no nonce, the window is iat's.
    assert ask(app, key.proof("POST", url, iat=int(time.time()) + 600)).json["error"] == "invalid_dpop_proof"


def test_a_bound_token_is_a_bearer_token_nowhere(server, world):
    key, url = Key(), server.url + "/oauth/token"
    app = machine(world)
    for kind in ("bound", "bearer"):
        access = ask(app, key.proof("POST", url) if kind == "bound" else None).json["access_token"]
        server.seen.add(access)
        good = kind == "bearer"
        held = server.bearing(access)
        assert (world.verdict(access).status == 200) == good
        assert (held.get("/v1/tokens").status == 200) == good
        # As the credential of a manager, as a query of many, as an actor.
        assert (held.post("/oauth/introspect", form={"token": access}).status == 200) == good
        assert (server.anyone.post("/v1/verify", {"token": access}, headers={"Authorization": f"Bearer {access}"}).status == 200) == good
        actor = server.anyone.post("/oauth/token", form={"grant_type": EXCHANGE, "subject_token": world.token()["token"], "subject_token_type": ACCESS,
                                                         "actor_token": access, "actor_token_type": ACCESS})
        assert (actor.status == 200) == good, actor
        # Who owns it still sees that it lives, and how it is bound.
        seen = world.admin.call("POST", "/oauth/introspect", form={"token": access}).json
        assert seen["active"] and seen["token_type"] == ("Bearer" if good else "DPoP") and (good or seen["cnf"] == {"jkt": key.thumbprint()})
    # Bearer with a proof beside it, and the scheme DPoP with another key's proof.
    access = ask(app, key.proof("POST", url)).json["access_token"]
    call = {"X-Forwarded-Method": "GET", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "api.example.com", "X-Forwarded-Uri": "/x"}
    show = lambda scheme, by: server.anyone.get("/verify", headers={**call, "Authorization": f"{scheme} {access}", "DPoP": by.proof("GET", "https://api.example.com/x", access)}).status
    assert show("Bearer", key) == 401 and show("DPoP", Key()) == 401 and show("DPoP", key) == 200
    # A proof by the right key that was made for another token of it, or for none.
    other = ask(app, key.proof("POST", url)).json["access_token"]
    for shown in (other, None):
        proof = key.proof("GET", "https://api.example.com/x", *([shown] if shown else []))
        assert server.anyone.get("/verify", headers={**call, "Authorization": f"DPoP {access}", "DPoP": proof}).status == 401, shown


def test_a_proof_counts_once(server, world):
    key = Key()
    access = ask(machine(world), key.proof("POST", server.url + "/oauth/token")).json["access_token"]
    server.seen.add(access)
    call = {"X-Forwarded-Method": "GET", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "api.example.com", "X-Forwarded-Uri": "/x"}
    show = lambda proof, query="": server.anyone.get("/verify" + query, headers={**call, "Authorization": f"DPoP {access}", "DPoP": proof}).status
    proof = lambda **more: key.proof("GET", "https://api.example.com/x", access, **more)
    once = proof()
    assert show(once) == 200 and show(once) == 401
    # A call that is refused for something else has shown it, too.
    refused = proof()
    assert show(refused, "?scope=orders:read") == 403 and show(refused) == 401
    assert show(proof()) == 200


def test_a_proof_shown_before_a_restart_is_not_new_after_it(own_server):
    server = own_server()
    world, key = World(server), Key()
    access = ask(machine(world), key.proof("POST", server.url + "/oauth/token")).json["access_token"]
    server.seen.add(access)
    call = {"X-Forwarded-Method": "GET", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "api.example.com", "X-Forwarded-Uri": "/x"}
    show = lambda proof: server.anyone.get("/verify", headers={**call, "Authorization": f"DPoP {access}", "DPoP": proof}).status
    proof = lambda **more: key.proof("GET", "https://api.example.com/x", access, **more)
    before = proof()
    assert show(before) == 200
    # Proofs tell whole seconds: one of the second of the start may be either.
    until(lambda: int(time.time()) > claims(before)["iat"], what="the next second")
    server.restart()
    assert show(before) == 401 and show(proof()) == 200


def test_an_exchanged_token_may_be_bound(server, world):
    key, mine = Key(), world.token()
    got = server.anyone.post("/oauth/token", form={"grant_type": EXCHANGE, "subject_token": mine["token"], "subject_token_type": ACCESS},
                             headers={"DPoP": key.proof("POST", server.url + "/oauth/token")}).json
    assert got["token_type"] == "DPoP" and claims(got["access_token"])["cnf"]["jkt"] == key.thumbprint() and world.verdict(got["access_token"]).status == 401
    assert active(world, got["access_token"])


def test_a_pushed_request_is_bound_to_the_key_it_was_pushed_with(server, world):
    app, key, user, browser = App(world, "spa"), Key(), person(world), Browser(server)
    from urllib.parse import parse_qs, urlencode
    form = lambda: {k: v[0] for k, v in parse_qs(app.authorize_url().split("?")[1]).items()}
    par = lambda **more: server.anyone.post("/oauth/par", form={**form(), **more}, headers={"DPoP": key.proof("POST", server.url + "/oauth/par")})
    assert par(dpop_jkt=Key().thumbprint()).json["error"] == "invalid_dpop_proof"
    pushed = par()
    page = browser.get("/oauth/authorize?" + urlencode({"client_id": app.id, "request_uri": pushed.json["request_uri"]}))
    page = browser.submit(page, "/login", username=user["name"], password="correct horse")
    page = browser.submit(page, "/consent", decision="allow")
    redeem = lambda by: server.anyone.post("/oauth/token", form={"grant_type": "authorization_code", "code": page.query["code"], "redirect_uri": app.redirect, "code_verifier": app.verifier,
                                                                 "client_id": app.id}, headers={"DPoP": by.proof("POST", server.url + "/oauth/token")})
    assert redeem(Key()).json["error"] == "invalid_grant" and redeem(key).status == 200

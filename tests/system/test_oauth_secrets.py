"""What a client has of its own: secrets that rotate with an overlap, lifetimes, and encrypted access tokens."""
import base64

from browser import App, Browser, claims, person
from test_oauth_code import active, own_api


def ask(app, secret, **more):
    fields = {"Authorization": "Basic " + base64.b64encode(f"{app.id}:{secret}".encode()).decode()}
    return app.server.anyone.post("/oauth/token", form={"grant_type": "client_credentials", **more}, headers=fields).status


def test_a_secret_rotates_with_an_overlap(server, world):
    api, read, _ = own_api(world)
    app = App(world, "machine", scopes=(read,))
    rotate = lambda overlap: world.admin.call("POST", f"/v1/clients/{app.id}/rotate-secret", {"overlap": overlap}).json["secret"]
    first = app.secret
    second = rotate("1h")
    assert ask(app, first) == ask(app, second) == 200 and first != second
    # Two at most: the oldest is over when the third comes.
    third = rotate("1h")
    assert [ask(app, s) for s in (first, second, third)] == [401, 200, 200]
    fourth = rotate("0s")
    assert [ask(app, s) for s in (first, second, third, fourth)] == [401, 401, 401, 200]
    for wrong in (fourth[:-1], fourth + "\0", fourth + " ", fourth.upper(), ""):
        assert ask(app, wrong) in (400, 401), wrong


def test_lifetimes_of_a_clients_own(server, world):
    api, read, _ = own_api(world)
    machine = App(world, "machine", scopes=(read,), access_token_ttl=45)
    got = machine.token(grant_type="client_credentials").json
    assert got["expires_in"] <= 45 and claims(got["access_token"])["exp"] - claims(got["access_token"])["iat"] <= 45
    # Never longer than the API's own.
    assert App(world, "machine", scopes=(read,), access_token_ttl=86400).token(grant_type="client_credentials").json["expires_in"] <= 600
    user, browser = person(world), Browser(server)
    web = App(world, access_token_ttl=60, refresh_token_ttl=90)
    tokens = web.tokens(browser, user)
    seen = world.admin.call("POST", "/oauth/introspect", form={"token": tokens["refresh_token"]}).json
    assert tokens["expires_in"] <= 60 and seen["active"]
    import time
    assert seen["exp"] <= time.time() + 91


def test_an_encrypted_access_token_is_as_good_as_others(server, world):
    word = world.name("s")
    api = world.api(scopes=(f"{word}:read",), format="jwe")
    world.admin.created(f"/v1/apis/{api['id']}/encryption-key", {"alg": "dir"})
    app = App(world, "machine", scopes=(f"{word}:read",))
    got = app.token(grant_type="client_credentials").json["access_token"]
    server.seen.add(got)
    assert got.count(".") == 4
    assert active(world, got) and world.verdict(got, f"?api={api['name']}&scope={word}:read").status == 200
    assert world.verdict(got[:-1] + ("A" if got[-1] != "A" else "B"), f"?api={api['name']}").status == 401
    assert app.server.anyone.post("/oauth/revoke", form={"token": got, "client_id": app.id, "client_secret": app.secret}).json == {}
    assert not active(world, got) and world.verdict(got, f"?api={api['name']}").status == 401

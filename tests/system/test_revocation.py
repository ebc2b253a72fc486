"""Taken back: refused at the very next request, whoever it hangs on, and for good."""
import base64
import json

import pytest

from cli import Line
from server import World


def revoked(world, token, reason="revoked"):
    answer = world.verdict(token["token"])
    return answer.status == 401 and answer.headers["X-Jeton-Reason"] == reason and 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_revoked_token_is_refused_at_the_next_call_and_after_a_restart(own_server):
    s = own_server()
    w = World(s)
    token, other = w.token(), w.token()
    assert w.allowed(token["token"])
    assert w.admin.done("POST", f"/v1/tokens/{token['id']}/revoke", {"reason": "laptop stolen"}) == {"ended": [token["id"]]}
    assert revoked(w, token)
    shown = w.admin.shown(f"/v1/tokens/{token['id']}")
    assert shown["status"] == "revoked" and shown["end_reason"] == "revoked" and shown["end_note"] == "laptop stolen" and shown["ended"]
    s.restart()
    w = World(s)
    assert revoked(w, token) and w.allowed(other["token"])
    # Twice is once.
    assert w.admin.done("POST", f"/v1/tokens/{token['id']}/revoke", {})["ended"] == []


def test_every_of_a_hundred_revocations_holds_at_the_next_call(world):
    api, user = world.api(), world.user()
    for _ in range(100):
        token = world.token(api, user)
        assert world.allowed(token["token"])
        world.admin.done("DELETE", f"/v1/tokens/{token['id']}")
        assert revoked(world, token)


def test_all_of_a_user(world):
    user, other = world.user(), world.user()
    mine, theirs = [world.token(principal=user) for _ in range(3)], world.token(principal=other)
    assert world.admin.done("POST", "/v1/tokens/revoke", {"user": user["name"], "reason": "left"}) == {"ended": 3}
    assert all(revoked(world, t) for t in mine) and world.allowed(theirs["token"])


def test_all_of_a_service_account(world):
    service = world.service()
    key = world.token(principal=service)
    assert world.admin.done("POST", "/v1/tokens/revoke", {"service": service["id"]}) == {"ended": 1}
    assert revoked(world, key)


def test_all_of_a_device_and_nothing_else(world):
    user = world.user()
    phone, laptop = world.device(user), world.device(user)
    api = world.api()
    lost, kept, free = world.token(api, user, device=phone["id"]), world.token(api, user, device=laptop["id"]), world.token(api, user)
    assert world.admin.done("POST", f"/v1/devices/{phone['id']}/revoke", {})["revoked"]
    assert revoked(world, lost, "device_revoked") and world.allowed(kept["token"]) and world.allowed(free["token"])
    # A revoked device gets no new tokens, and its name is free for another.
    assert world.admin.post("/v1/tokens", {"user": user["id"], "api": api["id"], "scopes": ["orders:read"], "device": phone["id"]}).status in (403, 404, 409, 422)
    again = world.token(api, user, device=phone["name"])
    assert again["device"] != phone["id"] and world.allowed(again["token"])


def test_all_of_a_device_by_bulk(world):
    user = world.user()
    device = world.device(user)
    token = world.token(principal=user, device=device["id"])
    assert world.admin.done("POST", "/v1/tokens/revoke", {"device": device["id"]}) == {"ended": 1}
    assert revoked(world, token)


def test_all_of_a_client(world):
    client = world.admin.created("/v1/clients", {"name": world.name("client"), "type": "machine"})
    assert world.admin.done("POST", "/v1/tokens/revoke", {"client": client["id"]}) == {"ended": 0}
    world.admin.done("DELETE", f"/v1/clients/{client['id']}")
    assert world.admin.get(f"/v1/clients/{client['id']}").status == 404


def test_all_of_an_api_and_of_a_family(world):
    api = world.api()
    token = world.token(api)
    family = world.token()
    successor = world.admin.created(f"/v1/tokens/{family['id']}/rotate", {"until": "deadline"})
    assert world.admin.done("POST", "/v1/tokens/revoke", {"family": family["family"]}) == {"ended": 2}
    assert revoked(world, family) and revoked(world, successor)
    world.admin.done("DELETE", f"/v1/apis/{api['id']}")
    assert not world.allowed(token["token"])


@pytest.mark.parametrize("body", [{}, {"user": "a", "service": "b"}, {"everything": "yes"}, {"device": "nonsense"}, {"user": ["a"]}])
def test_a_bulk_revocation_names_exactly_one_thing(world, body):
    token = world.token()
    assert world.admin.post("/v1/tokens/revoke", body).status in (400, 404, 422)
    assert world.allowed(token["token"])


@pytest.mark.parametrize("noun, id", [("device", "dev_01JD0000000000000000000000"), ("client", "cli_01JD0000000000000000000000"),
                                      ("family", "tok_01JD0000000000000000000000"), ("user", "usr_01JD0000000000000000000000")])
def test_what_is_not_there_is_not_revoked(world, noun, id):
    """Who mistyped the id of a lost device is not told that all is well."""
    refused = world.admin.post("/v1/tokens/revoke", {noun: id})
    assert refused.status == 404 and refused.problem == "not_found", refused
    assert Line(world.server)("token", "revoke", "--of-family" if noun == "family" else f"--{noun}", id).code == 6


def test_what_is_there_and_has_no_token_is(world):
    user = world.user()
    assert world.admin.done("POST", "/v1/tokens/revoke", {"device": world.device(user)["id"]}) == {"ended": 0}
    assert world.admin.done("POST", "/v1/tokens/revoke", {"user": user["id"]}) == {"ended": 0}
    token = world.token()
    for ended in (1, 0):
        assert world.admin.done("POST", "/v1/tokens/revoke", {"family": token["family"]}) == {"ended": ended}


def test_the_words_to_a_revocation_are_bounded_by_their_name(world):
    token = world.token()
    refused = world.admin.post(f"/v1/tokens/{token['id']}/revoke", {"reason": "x" * 201})
    assert refused.json["detail"].startswith("reason:") and world.allowed(token["token"])
    world.admin.done("POST", f"/v1/tokens/{token['id']}/revoke", {"reason": "x" * 200})
    assert not world.allowed(token["token"])


def test_a_list_is_of_one_principal(world):
    ada, bot = world.user(), world.service()
    token = world.token(principal=ada)
    assert world.admin.get(f"/v1/tokens?user={ada['name']}&service={bot['name']}").status == 400
    assert world.admin.get(f"/v1/tokens?principal={ada['id']}&user={ada['name']}").status == 400
    assert [t["id"] for t in world.admin.shown(f"/v1/tokens?user={ada['name']}")["items"]] == [token["id"]]


def test_the_feed_tells_verifiers_in_order(world):
    before = world.admin.shown("/v1/feed?limit=1")["last"]
    token = world.token()
    world.admin.done("POST", f"/v1/tokens/{token['id']}/revoke", {})
    entries = world.admin.shown(f"/v1/feed?after={before}&limit=1000")["items"]
    assert [e["seq"] for e in entries] == sorted(e["seq"] for e in entries)
    assert any(e["kind"] == "token_ended" and e["subject"] == token["id"] for e in entries)


def test_the_feed_tells_of_holds_and_named_networks(world):
    """What a verifier elsewhere needs to refuse what is refused here, and to let it in again."""
    seen = world.admin.shown("/v1/feed?limit=1")["last"]
    token, other, name = world.token(), world.token(), world.name("office")
    jwt = world.admin.created(f"/v1/tokens/{token['id']}/access-tokens", {})["access_token"]
    world.admin.done("POST", f"/v1/tokens/{token['id']}/quarantine", {"reason": "asking"})
    world.admin.done("PATCH", f"/v1/tokens/{other['id']}", {"name": "renamed"})        # nothing a verifier must know
    world.admin.done("POST", f"/v1/tokens/{token['id']}/release", {})
    world.admin.created("/v1/networks", {"name": name, "prefixes": ["192.0.2.0/24"]})
    world.admin.done("PATCH", f"/v1/networks/{name}", {"prefixes": ["198.51.100.0/24"]})
    world.admin.done("DELETE", f"/v1/networks/{name}")
    mine = [e for e in world.admin.shown(f"/v1/feed?after={seen}&limit=1000")["items"] if e["subject"] in (token["id"], other["id"], "@" + name)]
    assert [(e["kind"], e["subject"], e["reason"]) for e in mine] == [
        ("token_held", token["id"], "quarantined"), ("token_held", token["id"], "released"),
        ("network", "@" + name, "active"), ("network", "@" + name, "active"), ("network", "@" + name, "deleted")]
    # A signed token says whose hold is its own.
    claims = json.loads(base64.urlsafe_b64decode(jwt.split(".")[1] + "=="))
    assert claims["parent"] == token["id"]
    # A decision names how much of the feed it knows.
    checked = world.admin.done("POST", "/v1/verify", {"token": token["token"]})
    assert checked["decision"]["allow"] and checked["as_of"]["seq"] >= mine[-1]["seq"]


def test_a_leaked_token_is_revoked_by_whoever_holds_it(world):
    token = world.token()
    answer = world.server.anyone.post("/oauth/revoke", form={"token": token["token"]})
    assert answer.status == 200 and answer.body == b"{}" and answer.headers["Content-Type"] == "application/json"
    assert revoked(world, token)
    # Unknown ones are no error (RFC 7009 §2.2), and there is nothing to learn from them.
    assert world.server.anyone.post("/oauth/revoke", form={"token": "jtn_pat_" + "0" * 38}).body == b"{}"

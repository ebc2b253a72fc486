"""A new token takes over from an old one without a call failing in between."""
import pytest

from server import World
from waiting import until


def rotate(world, token, **body):
    return world.admin.created(f"/v1/tokens/{token['id']}/rotate", body)


def status(world, token):
    return world.admin.shown(f"/v1/tokens/{token['id']}")["status"]


def refused(world, token, reason="rotated_out"):
    answer = world.verdict(token["token"])
    return answer.status == 401 and answer.headers["X-Jeton-Reason"] == reason


def alerts(world, family):
    return [a for a in world.admin.shown("/v1/alerts?limit=200")["items"] if a["family"] == family]


def test_both_work_until_the_new_one_is_first_used(world):
    old = world.token(name="ci", metadata={"a": "b"}, allow=["127.0.0.0/8"])
    new = rotate(world, old)
    assert new["token"] != old["token"] and new["predecessor"] == old["id"] and new["family"] == old["family"]
    assert {k: new[k] for k in ("name", "metadata", "allow", "scopes", "principal")} == {k: old[k] for k in ("name", "metadata", "allow", "scopes", "principal")}
    shown = world.admin.shown(f"/v1/tokens/{old['id']}")
    assert shown["overlap_until"] and shown["successor"] == new["id"] and shown["status"] == "live"
    assert world.allowed(old["token"]) and world.allowed(old["token"])
    assert world.allowed(new["token"])
    assert refused(world, old), "the very next call"
    assert world.allowed(new["token"])
    until(lambda: status(world, old) == "rotated", 10, "the ledger to know")


def test_deadline_alone_lets_both_live_until_then(world):
    old = world.token()
    new = rotate(world, old, overlap="2s", until="deadline")
    assert world.allowed(new["token"]) and world.allowed(old["token"])
    until(lambda: refused(world, old), 10, "the overlap to end")
    assert world.allowed(new["token"])


def test_first_use_alone_knows_no_deadline(world):
    old = world.token()
    new = rotate(world, old, overlap="1s", until="first_use")
    assert world.admin.shown(f"/v1/tokens/{old['id']}")["overlap_until"] is None
    assert world.allowed(old["token"])
    assert world.allowed(new["token"]) and refused(world, old)


def test_either_ends_at_the_deadline_too(world):
    old = world.token()
    rotate(world, old, overlap="1s")
    until(lambda: refused(world, old), 10, "the overlap to end")


def test_no_overlap_ends_the_old_one_at_once(world):
    old = world.token()
    new = rotate(world, old, overlap="0s")
    assert refused(world, old) and world.allowed(new["token"])


def test_a_lost_answer_is_given_again_under_its_key(world):
    old = world.token()
    path, key = f"/v1/tokens/{old['id']}/rotate", {"Idempotency-Key": world.name("k")}
    first = world.admin.post(path, {}, headers=key)
    again = world.admin.post(path, {}, headers=key)
    assert first.status == again.status == 201 and first.json == again.json
    assert again.headers["Idempotent-Replayed"] == "true" and "Idempotent-Replayed" not in first.headers
    # Another question under the same key, and another key for the same rotation, are not.
    assert world.admin.post(path, {"overlap": "1h"}, headers=key).problem == "conflict"
    assert world.admin.post(path, {}, headers={"Idempotency-Key": world.name("k")}).problem == "conflict"
    assert len(world.admin.shown(f"/v1/tokens?family={old['family']}")["items"]) == 2


def test_use_after_rotation_alerts_for_that_family_alone(world):
    old, other = world.token(), world.token()
    new = rotate(world, old, overlap="0s")
    rotate(world, other, overlap="0s")
    assert refused(world, old)
    alert = until(lambda: alerts(world, old["family"]), 10, "an alert")[0]
    assert alert["rule"] == "use_after_rotation" and alert["token"] == old["id"]
    assert world.allowed(new["token"]), "by default it alerts, no more"
    assert alerts(world, other["family"]) == []
    acknowledged = world.admin.done("POST", f"/v1/alerts/{alert['id']}/ack", {})
    assert acknowledged["acknowledged"]


def test_use_after_rotation_revokes_the_family_where_that_was_chosen(world):
    old = world.token(on_reuse="revoke_family")
    user = {"id": old["principal"]}
    bystander = world.token(principal=user)
    new = rotate(world, old, overlap="0s")
    newest = rotate(world, new, overlap="1h", until="deadline")
    assert world.allowed(newest["token"])
    assert refused(world, old)
    until(lambda: not world.allowed(newest["token"]) and not world.allowed(new["token"]), 10, "the family to be revoked")
    assert world.allowed(bystander["token"])
    assert world.admin.shown(f"/v1/tokens/{newest['id']}")["end_reason"] == "family_reuse"


@pytest.mark.parametrize("body", [{"overlap": "soon"}, {"until": "never"}, {"overlap": "-1h"}, {"expires_in": "4000d"}])
def test_a_bad_rotation_changes_nothing(world, body):
    old = world.token()
    assert world.admin.post(f"/v1/tokens/{old['id']}/rotate", body).problem == "validation"
    assert status(world, old) == "live" and world.allowed(old["token"])


def test_a_token_is_rotated_once_and_not_after_its_end(world):
    old = world.token()
    rotate(world, old)
    assert world.admin.post(f"/v1/tokens/{old['id']}/rotate", {}).problem == "conflict"
    gone = world.token()
    world.admin.done("POST", f"/v1/tokens/{gone['id']}/revoke", {})
    assert world.admin.post(f"/v1/tokens/{gone['id']}/rotate", {}).problem == "conflict"


def test_a_change_of_the_old_one_does_not_bring_it_back(world):
    """Between its end in memory and in the ledger a record may be written anew."""
    for _ in range(20):
        old = world.token()
        new = rotate(world, old)
        assert world.allowed(new["token"])
        world.admin.patch(f"/v1/tokens/{old['id']}", {"name": "again"})
        assert refused(world, old)


def test_first_use_counts_once_over_a_restart(own_server):
    s = own_server()
    w = World(s)
    old = w.token()
    new = rotate(w, old)
    assert w.allowed(old["token"])
    s.restart()
    w = World(s)
    assert w.allowed(old["token"])
    assert w.allowed(new["token"]) and refused(w, old)
    s.restart()
    assert refused(World(s), old)


def test_the_pepper_rotates_under_living_tokens(own_server):
    s = own_server()
    w = World(s)
    old = w.token()
    number = s.admin.created("/v1/keys/rotate-pepper", {})["pepper"]
    assert number == 2
    new = w.token()
    assert w.allowed(old["token"]) and w.allowed(new["token"])
    s.restart()
    w = World(s)
    assert w.allowed(old["token"]) and w.allowed(new["token"])

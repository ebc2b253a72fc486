"""Whoever changes the record of what was done is found out, in every form, also with the server stopped and the whole database at hand."""
import json
import shutil
import sqlite3

import pytest

from cli import jeton
from server import World
from waiting import until


def verify(server, *more, **options):
    return jeton("audit", "verify", "-o", "json", *more, data=server.data, **options)


@pytest.fixture
def stopped(own_server):
    """A server that did a dozen things and was stopped."""
    server = own_server()
    world = World(server)
    for _ in range(3):
        token = world.token()
    world.admin.done("POST", f"/v1/tokens/{token['id']}/revoke", {"reason": "lost"})
    assert server.stop() == 0
    return server


def tamper(server, *statements):
    with sqlite3.connect(server.data / "jeton.db") as db:
        for statement in statements:
            db.execute(statement)
    db.close()


def rows(server):
    db = sqlite3.connect(server.data / "jeton.db")
    try:
        return db.execute("SELECT count(*), max(number) FROM audit").fetchone()
    finally:
        db.close()


def found(server, form, number, *more, **options):
    result = verify(server, *more, **options)
    assert result.code == 1, result
    answer = result.json
    assert (answer["sound"], answer["form"], answer["number"]) == (False, form, number), answer
    said = jeton("audit", "verify", *more, data=server.data, **options)
    assert said.code == 1 and "NOT SOUND" in said.out, said


def test_what_nobody_changed_is_sound(stopped):
    result = verify(stopped)
    count, last = rows(stopped)
    assert result.code == 0, result
    assert result.json["sound"] is True and result.json["events"] == count == last and result.json["checkpoint"]["number"] == count
    assert "Sound" in jeton("audit", "verify", data=stopped.data).out


def test_it_is_verified_beside_a_running_server(own_server):
    server = own_server()
    world = World(server)
    for _ in range(5):
        world.user()
        assert verify(server).code == 0


def test_an_edit_is_found(stopped):
    tamper(stopped, "UPDATE audit SET actor='nobody' WHERE number=5")
    found(stopped, "edited", 5)


def test_an_edit_of_a_mac_is_found(stopped):
    tamper(stopped, "UPDATE audit SET link=zeroblob(32) WHERE number=5")
    found(stopped, "edited", 5)


def test_an_edit_that_makes_a_row_unreadable_is_found(stopped):
    tamper(stopped, "UPDATE audit SET address=x'010203' WHERE number=5")
    found(stopped, "unreadable", 5)


def test_a_deletion_is_found(stopped):
    tamper(stopped, "DELETE FROM audit WHERE number=4")
    found(stopped, "deleted", 4)


def test_a_deletion_with_new_numbers_is_found(stopped):
    tamper(stopped, "DELETE FROM audit WHERE number=4", "UPDATE audit SET number=-number WHERE number>4", "UPDATE audit SET number=-number-1 WHERE number<0")
    found(stopped, "deleted", 4)


def test_another_order_is_found(stopped):
    tamper(stopped, "UPDATE audit SET number=-1 WHERE number=3", "UPDATE audit SET number=3 WHERE number=6", "UPDATE audit SET number=6 WHERE number=-1")
    found(stopped, "reordered", 3)


def test_an_insertion_is_found(stopped):
    tamper(stopped, "UPDATE audit SET number=-number WHERE number>4", "UPDATE audit SET number=-number+1 WHERE number<0",
           "INSERT INTO audit (id, at, actor, action, target, detail, request_id, number, seal, link)"
           " SELECT randomblob(16), at, 'uid:0', action, target, detail, request_id, 5, seal, link FROM audit WHERE number=4")
    found(stopped, "inserted", 5)


def test_an_insertion_without_a_chain_is_found(stopped):
    _, last = rows(stopped)
    tamper(stopped, "INSERT INTO audit (id, at, actor, action, target, detail, request_id, number)"
           f" SELECT randomblob(16), at, 'uid:0', action, target, detail, request_id, {last + 1} FROM audit WHERE number=4")
    found(stopped, "inserted", last + 1)


def test_a_tail_that_was_cut_off_is_found_and_the_next_start_says_so(stopped):
    _, last = rows(stopped)
    tamper(stopped, f"DELETE FROM audit WHERE number>{last - 3}")
    found(stopped, "cut_off", last - 2)
    # A start writes on; what it found is on record, told, and the old checkpoint is still held against the audit.
    stopped.start()
    ready = stopped.anyone.get("/readyz?verbose").json
    assert ready["status"] == "degraded" and [p for p in ready["parts"] if p["name"] == "audit"][0]["ok"] is False
    assert 'jeton_audit_ok{part="chain"} 0' in stopped.anyone.get("/metrics").body.decode()
    assert any(a["rule"] == "audit_broken" for a in stopped.admin.shown("/v1/alerts")["items"])
    assert "audit.broken" in stopped.log()
    assert verify(stopped).json["form"] == "cut_off"


def test_an_emptied_audit_is_found(stopped):
    tamper(stopped, "DELETE FROM audit")
    found(stopped, "cut_off", 1)


def test_an_old_copy_of_the_database_is_found(own_server, folder):
    server = own_server()
    world = World(server)
    world.user()
    assert server.stop() == 0
    shutil.copy(server.data / "jeton.db", folder / "old.db")
    server.start()
    World(server).user()
    assert server.stop() == 0
    assert verify(server).code == 0
    shutil.copy(folder / "old.db", server.data / "jeton.db")
    assert verify(server).json["form"] == "cut_off"


def test_an_old_copy_of_everything_is_found_by_a_line_of_the_log(own_server, folder):
    server = own_server()
    World(server).user()
    assert server.stop() == 0
    shutil.copytree(server.data, folder / "old", ignore=shutil.ignore_patterns("*.sock"))
    server.start()
    World(server).user()
    assert server.stop() == 0
    log = folder / "kept.log"
    log.write_text(server.log())
    assert "audit.checkpoint" in log.read_text()
    assert verify(server, "--checkpoint", log).code == 0
    for name in ("jeton.db", "jeton.db.checkpoint"):
        shutil.copy(folder / "old" / name, server.data / name)
    assert verify(server).code == 0                     # sound in itself
    assert verify(server, "--checkpoint", log).json["form"] == "cut_off"
    assert verify(server, "--checkpoint", "-", stdin=log.read_text()).json["form"] == "cut_off"


def test_a_missing_checkpoint_is_not_sound(stopped):
    (stopped.data / "jeton.db.checkpoint").unlink()
    result = verify(stopped)
    assert result.code == 1 and result.json["form"] == "no_checkpoint"


def test_a_forged_checkpoint_is_no_checkpoint(stopped):
    file = stopped.data / "jeton.db.checkpoint"
    _, last = rows(stopped)
    tamper(stopped, f"DELETE FROM audit WHERE number>{last - 3}")
    file.write_text(file.read_text().replace(f" {last} ", f" {last - 3} "))
    assert verify(stopped).json["form"] != "sound"


def test_a_kill_loses_nothing_and_stays_sound(own_server):
    server = own_server()
    world = World(server)
    made = [world.user()["id"] for _ in range(5)]
    server.kill()
    result = verify(server)
    assert result.code == 0, result
    server.start()
    assert {e["target"] for e in server.admin.shown("/v1/audit?limit=1000&action=user.create")["items"]} >= set(made)
    assert verify(server).code == 0


def test_events_from_before_the_chain_are_taken_on(stopped):
    # As an older version left them: no numbers, no chain, no checkpoint.
    tamper(stopped, "DROP INDEX audit_number", *[f"ALTER TABLE audit DROP COLUMN {c}" for c in ("trace_id", "number", "seal", "link")],
           "DROP TABLE webhooks", "DROP TABLE deliveries", "DROP TABLE streams", *[f"ALTER TABLE {t} DROP COLUMN limits" for t in ("apis", "principals", "clients", "tokens")],
           "ALTER TABLE tokens DROP COLUMN hold", "DROP TABLE token_days", "DROP TABLE quotas", "DROP INDEX tickets_lasting", "DROP INDEX principals_email", "DROP INDEX tokens_own", *[f"ALTER TABLE {t} DROP COLUMN pepper" for t in ("tickets", "credentials")],
           "UPDATE schema_version SET version=4")
    (stopped.data / "jeton.db.checkpoint").unlink()
    stopped.start()
    assert verify(stopped).code == 0
    first = stopped.admin.shown("/v1/audit?after=0&limit=1000")["items"]
    assert [e["number"] for e in first] == list(range(1, len(first) + 1))
    assert any(e["action"] == "server.start" and e["detail"]["audit"] == "new" for e in first)


def test_a_restore_goes_on_from_the_backup_and_both_are_sound(own_server, folder):
    server = own_server()
    World(server).user()
    backup = folder / "backup.db"
    assert jeton("backup", backup, data=server.data).code == 0
    World(server).user()
    assert server.stop() == 0
    restored = jeton("restore", backup, "--force", data=server.data)
    assert restored.code == 0, restored
    assert verify(server).code == 0, verify(server)
    server.start()
    assert verify(server).code == 0
    (event,) = server.admin.shown("/v1/audit?limit=1000&action=restore")["items"]
    assert event["detail"]["replaced"] > 0


def test_without_the_peppers_nothing_is_said_to_be_sound(stopped, folder):
    (stopped.data / "peppers").rename(folder / "peppers")
    assert verify(stopped).code == 2
    (folder / "peppers").rename(stopped.data / "peppers")


def test_who_is_refused_management_is_on_record_within_bounds(own_server):
    server = own_server()
    world = World(server)
    weak = world.management_token("jeton:users:read")
    assert server.bearing(weak["token"]).get("/v1/apis").status == 403
    assert server.anyone.get("/v1/apis", headers={"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}).status == 401
    events = server.admin.shown("/v1/audit?action=management.refuse&limit=1000")["items"]
    events.sort(key=lambda e: e["actor"])   # of one millisecond, maybe
    assert [(e["actor"], e["detail"]["status"], e["detail"]["operation"]) for e in events] == [("anonymous", 401, "listApis"), (weak["id"], 403, "listApis")]
    assert events[0]["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736" and events[0]["address"] == "127.0.0.1"
    for _ in range(200):
        server.anyone.get("/v1/apis")
    assert len(server.admin.shown("/v1/audit?action=management.refuse&limit=1000")["items"]) <= 130


def test_what_must_be_on_record_is(own_server):
    server = own_server()
    world = World(server)
    world.admin.done("PATCH", "/v1/settings", {"default_overlap": "12h"})
    token = world.token()
    world.admin.done("POST", f"/v1/tokens/{token['id']}/revoke", {})
    world.verdict(token["token"])
    until(lambda: server.admin.shown("/v1/alerts")["items"], what="the alert")
    assert server.stop() == 0
    server.settings["max_connections"] = "9999"
    server.start()
    events = {e["action"]: e for e in server.admin.shown("/v1/audit?limit=1000")["items"]}
    assert {"server.start", "server.stop", "config.change", "settings.update", "alert.raise", "token.create", "token.revoke", "key.create"} - set(events) <= {"key.create"}
    assert "max_connections" in events["config.change"]["detail"]["settings"]
    assert events["settings.update"]["detail"]["settings"] == ["default_overlap"]
    assert token["token"] not in json.dumps(list(events.values()))


def test_export_goes_on_where_it_ended(own_server, folder):
    server = own_server()
    world = World(server)
    world.user()
    file = folder / "audit.jsonl"
    out = jeton("audit", "export", "--output", file, data=server.data)
    assert out.code == 0, out
    first = [json.loads(line) for line in file.read_text().splitlines()]
    assert [e["number"] for e in first] == list(range(1, len(first) + 1))
    assert file.stat().st_mode & 0o777 == 0o600
    with file.open("a") as f:
        f.write('{"number":999,"id":"evt')       # an export that was cut off
    world.user()
    assert jeton("audit", "export", "--output", file, data=server.data).code == 0
    both = [json.loads(line) for line in file.read_text().splitlines()]
    assert [e["number"] for e in both] == list(range(1, len(both) + 1)) and len(both) > len(first)
    rest = jeton("audit", "export", "--after", str(len(first)), data=server.data)
    assert [json.loads(line) for line in rest.out.splitlines()] == both[len(first):]
    assert jeton("audit", "export", "--since", "2099-01-01T00:00:00Z", data=server.data).out == ""
    assert jeton("audit", "export", "--until", "2099-01-01T00:00:00Z", data=server.data).out == file.read_text()
    other = folder / "other"
    other.write_text("something else\n")
    assert jeton("audit", "export", "--output", other, data=server.data).code == 7
    assert other.read_text() == "something else\n"

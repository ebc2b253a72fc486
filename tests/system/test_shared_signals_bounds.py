"""Who may have which stream of security events, where they may go, and how many wait."""
import json
import urllib.parse

import pytest

from browser import App
from cli import Line
from server import World
from shared_signals import ALLOWED, DISABLED, ENABLED, HEADER, POLL, PUSH, UPDATED, Receiver, accepts, events_of, shown
from waiting import until


def test_a_receiver_sees_its_own_streams_and_nobody_elses(server):
    world = World(server)
    mine, other = Receiver(world), Receiver(world)
    stream = mine.create(description="mine")
    id = stream["stream_id"]
    assert [s["stream_id"] for s in mine.client.shown("/ssf/streams")] == [id] and other.client.shown("/ssf/streams") == []
    path = urllib.parse.urlsplit(stream["delivery"]["endpoint_url"]).path
    subject = {"format": "email", "email": "ann@example.com"}
    calls = [("GET", f"/ssf/streams?stream_id={id}", None), ("PATCH", "/ssf/streams", {"stream_id": id, "description": "theirs"}),
             ("PUT", "/ssf/streams", {"stream_id": id}), ("GET", f"/ssf/status?stream_id={id}", None),
             ("POST", "/ssf/status", {"stream_id": id, "status": "paused"}), ("POST", "/ssf/verify", {"stream_id": id}),
             ("POST", "/ssf/subjects:add", {"stream_id": id, "subject": subject}), ("POST", "/ssf/subjects:remove", {"stream_id": id, "subject": subject}),
             ("POST", path, {}), ("DELETE", f"/ssf/streams?stream_id={id}", None)]
    for method, to, body in calls:
        assert other.client.call(method, to, body).status == 404, (method, to)
        # Not even who may do all: that is what /v1/streams is for.
        assert server.admin.call(method, to, body).status == 404, (method, to)
        assert server.anyone.call(method, to, body).status == 401, (method, to)
        refused = server.bearing("jtn_pat_" + "0" * 38).call(method, to, body)
        assert refused.status == 401 and "invalid_token" in refused.headers["WWW-Authenticate"]
    assert mine.client.shown(f"/ssf/streams?stream_id={id}") == stream
    for method, to, body in calls:
        assert mine.client.call(method, to, body).status in (200, 204), (method, to)
    assert mine.client.shown("/ssf/streams") == []


def test_scopes_say_what_may_be_done(server):
    world = World(server)
    reader, none, orders = Receiver(world, "jeton:ssf:read"), Receiver(world, "jeton:webhooks:write"), world.token(scopes=["orders:read"])
    assert reader.client.shown("/ssf/streams") == []
    for client, calls in ((reader.client, [("POST", "/ssf/streams"), ("POST", "/ssf/status"), ("POST", "/ssf/verify"), ("POST", "/ssf/subjects:add"), ("DELETE", "/ssf/streams")]),
                          (none.client, [("GET", "/ssf/streams"), ("POST", "/ssf/streams"), ("POST", "/ssf/poll/str_01JD0000000000000000000000")]),
                          (server.bearing(orders["token"]), [("GET", "/ssf/streams")])):
        for method, path in calls:
            answer = client.call(method, path, {} if method != "GET" else None)
            assert answer.status == 403 and "insufficient_scope" in answer.headers["WWW-Authenticate"] and "jeton:ssf:" in answer.headers["WWW-Authenticate"]
    # By the names that the CAEP interoperability profile gives them.
    common, manager = Receiver(world, "ssf.read"), Receiver(world, "ssf.manage")
    assert common.client.shown("/ssf/streams") == [] and common.client.call("POST", "/ssf/streams", {}).status == 403
    stream = manager.create()
    assert manager.poll(stream)["sets"] == {} and manager.client.call("DELETE", f"/ssf/streams?stream_id={stream['stream_id']}").status == 204
    assert manager.client.get("/v1/streams").status == 403
    # Reading is not managing, nor the other way round.
    assert reader.client.get("/v1/streams").status == 403
    assert Receiver(world, "jeton:streams:read").client.get("/ssf/streams").status == 403
    assert server.anyone.call("POST", "/ssf/streams", {}, headers={"Authorization": "Basic eDp5"}).status == 401
    assert reader.client.call("TRACE", "/ssf/streams").status == 405


def test_an_application_with_an_access_token_of_its_own_is_a_receiver(server):
    world = World(server)
    app, other = App(world, "machine", scopes=["jeton:ssf:write"]), App(world, "machine", scopes=["ssf.manage"])
    clients = []
    for one, scope in ((app, "jeton:ssf:write"), (other, "ssf.manage")):
        answer = one.token(grant_type="client_credentials", scope=scope)
        assert answer.status == 200, answer
        clients.append(server.bearing(answer.json["access_token"]))
    made = clients[0].call("POST", "/ssf/streams", {})
    # No word of delivery: polled.
    assert made.status == 201 and made.json["delivery"]["method"] == POLL and made.json["aud"] == app.id
    assert [s["stream_id"] for s in clients[0].shown("/ssf/streams")] == [made.json["stream_id"]] and clients[1].shown("/ssf/streams") == []
    # Another token of the same application is the same receiver.
    again = server.bearing(app.token(grant_type="client_credentials", scope="jeton:ssf:write").json["access_token"])
    assert again.call("DELETE", f"/ssf/streams?stream_id={made.json['stream_id']}").status == 204


def test_a_queue_that_nobody_empties_is_stopped_and_its_end_is_told(own_server):
    server = own_server({"signals.waiting": "3"})
    world = World(server)
    receiver, user = Receiver(world), world.user()
    stream = receiver.create(events_requested=[ENABLED, DISABLED])
    at = f"/ssf/status?stream_id={stream['stream_id']}"
    for _ in range(3):
        world.admin.done("POST", f"/v1/users/{user['id']}/disable")
        world.admin.done("POST", f"/v1/users/{user['id']}/enable")
    status = until(lambda: (s := receiver.client.shown(at))["status"] == "disabled" and s, what="the stream to be stopped")
    assert status["reason"] == "too many events wait for the receiver"
    read = receiver.take(stream, 4)
    assert events_of(read) == [DISABLED, ENABLED, DISABLED, UPDATED] and read[-1]["events"][UPDATED] == {"status": "disabled", "reason": status["reason"]}
    assert read[-1]["sub_id"] == {"format": "opaque", "id": stream["stream_id"]}
    assert [e["target"] for e in server.admin.shown("/v1/audit?action=stream.overflow&limit=1000")["items"]] == [stream["stream_id"]]
    assert "signals.overflow" in server.log()
    assert receiver.client.call("POST", "/ssf/status", {"stream_id": stream["stream_id"], "status": "enabled"}).status == 200
    world.admin.done("POST", f"/v1/users/{user['id']}/disable")
    assert events_of(receiver.take(stream, 1)) == [DISABLED]


@pytest.mark.parametrize("url", [
    "http://rp.example.com/", "https://127.0.0.1/", "https://localhost/", "https://127.1/", "https://2130706433/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
    "https://10.0.0.1/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data", "https://[fd00::1]/", "https://0.0.0.0/",
    "https://user:pass@rp.example.com/", "https://rp.example.com/#f", "ftp://rp.example.com/", "https://", "file:///etc/passwd", "https://rp.example.com:0/", ""])
def test_addresses_inside_are_refused(server, url):
    receiver = Receiver(World(server))
    assert receiver.client.call("POST", "/ssf/streams", {"delivery": {"method": PUSH, "endpoint_url": url}}).status == 400
    assert server.admin.call("POST", "/v1/streams", {"owner": receiver.service["id"], "url": url or "x"}).status in (400, 422)
    good = receiver.create("https://rp.example.com/events?x=1")
    answer = receiver.client.call("PATCH", "/ssf/streams", {"stream_id": good["stream_id"], "delivery": {"method": PUSH, "endpoint_url": url}})
    assert answer.status == 400 and receiver.client.shown("/ssf/streams") == [good]


def test_an_address_that_is_no_longer_allowed_is_not_called(own_server, listener):
    server = own_server(ALLOWED)
    world, heard = World(server), listener(accepts)
    receiver, user = Receiver(world), world.user()
    stream = receiver.create(heard.url + "/a")
    server.stop()
    server.settings["outbound.allow"] = "10.1.2.3"
    server.start()
    server.admin.done("POST", f"/v1/users/{user['id']}/disable")
    dead = until(lambda: server.admin.shown(f"/v1/deliveries?stream={stream['stream_id']}&state=dead")["items"], what="it to be given up")
    assert {d["trouble"] for d in dead} == {"the address is not allowed"} and heard.calls == []


def test_streams_are_bounded(own_server):
    server = own_server()
    world = World(server)
    receiver = Receiver(world)
    for _ in range(10):
        receiver.create()
    assert receiver.client.call("POST", "/ssf/streams", {}).status == 409
    # The twin: another receiver has room.
    assert Receiver(world).create()["stream_id"]


def test_who_may_no_longer_act_is_told_nothing(own_server, listener):
    server = own_server(ALLOWED)
    world, heard = World(server), listener(accepts)
    gone, stays, user = Receiver(world), Receiver(world), world.user()
    streams = [gone.create(heard.url + "/gone", events_requested=[DISABLED]), stays.create(heard.url + "/stays", events_requested=[DISABLED])]
    world.admin.done("DELETE", f"/v1/service-accounts/{gone.service['id']}")
    world.admin.done("POST", f"/v1/users/{user['id']}/disable")
    until(lambda: [c for c in heard.calls if c["path"] == "/stays"], what="the event")
    assert gone.client.get("/ssf/streams").status == 401
    until(lambda: server.admin.call("GET", f"/v1/streams/{streams[0]['stream_id']}").status == 404, what="the stream to go with its owner")
    assert [c["path"] for c in heard.calls] == ["/stays"]


def test_the_operator_makes_and_sees_everybodys(own_server, listener, folder):
    server = own_server(ALLOWED)
    world, heard, line = World(server), listener(accepts), Line(server)
    receiver, user = Receiver(world), world.user()
    secret = folder / "authorization"
    secret.write_text(HEADER + "\n")
    secret.chmod(0o600)
    made = shown(line, "stream", "create", "--owner", receiver.service["id"], "--event", DISABLED, "--description", "for polling")
    pushed = shown(line, "stream", "create", "--url", heard.url + "/op", "--audience", "https://rp.example.com", "--authorization-file", secret, "--event", DISABLED)
    assert pushed["owner"] == "operator" and HEADER not in json.dumps(pushed)
    theirs = receiver.create()
    assert {s["id"] for s in shown(line, "stream", "list")["items"]} == {made["id"], pushed["id"], theirs["stream_id"]}
    assert {s["stream_id"] for s in receiver.client.shown("/ssf/streams")} == {made["id"], theirs["stream_id"]}
    world.admin.done("POST", f"/v1/users/{user['id']}/disable")
    until(lambda: heard.calls, what="the event")
    assert heard.calls[0]["headers"]["Authorization"] == HEADER and receiver.read(heard.calls[0]["body"])["aud"] == "https://rp.example.com"
    (own,) = [s for s in receiver.client.shown("/ssf/streams") if s["stream_id"] == made["id"]]
    assert events_of(receiver.take(own, 1)) == [DISABLED]
    assert shown(line, "stream", "show", theirs["stream_id"])["waiting"] >= 0
    assert [d["stream"] for d in shown(line, "webhook", "deliveries", "--stream", pushed["id"])["items"]] == [pushed["id"]]
    line.good("stream", "delete", theirs["stream_id"])
    assert line("stream", "show", theirs["stream_id"]).code == 6
    for bad in ({}, {"audience": "x"}, {"url": heard.url}, {"owner": "svc_01JD0000000000000000000000"}, {"owner": "x"},
                {"owner": receiver.service["id"], "events": ["https://example.com/none"]}, {"owner": receiver.service["id"], "format": "phone"}, {"owner": receiver.service["id"], "x": 1}):
        assert server.admin.call("POST", "/v1/streams", bad).status in (400, 404, 422), bad
    server.seen.add(HEADER)
    assert server.leaks() == []

"""The Shared Signals Framework's transmitter: receivers make streams, events are pushed to them or polled by them, once each, and nobody sees another's."""
import json
import subprocess
import time
import urllib.parse

import pytest

from browser import App, Browser, claims, person
from cli import Line
from listener import Listener
from receiver import Receiver as Sink
from server import World
from signing import verified
from waiting import free_port, until

ALLOWED = {"outbound.allow": "127.0.0.1", "webhook.retries": "1s,1s"}
CAEP, RISC, SSF = (f"https://schemas.openid.net/secevent/{x}/event-type/" for x in ("caep", "risc", "ssf"))
REVOKED, CHANGED, DISABLED, ENABLED = CAEP + "session-revoked", CAEP + "credential-change", RISC + "account-disabled", RISC + "account-enabled"
VERIFY, UPDATED = SSF + "verification", SSF + "stream-updated"
PUSH, POLL = "urn:ietf:rfc:8935", "urn:ietf:rfc:8936"
HEADER = "Bearer of-the-receiver-0123456789abcdef"


class Receiver:
    """One that receives events: a service account with a token, and what it does with it."""

    def __init__(self, world, *scopes):
        self.world, self.server = world, world.server
        self.service = world.service()
        self.token = world.token({"id": "jeton"}, self.service, list(scopes or ("jeton:ssf:write",)))["token"]
        self.client = self.server.bearing(self.token)

    def create(self, url=None, header=None, **more):
        delivery = {"method": PUSH, "endpoint_url": url, **({"authorization_header": header} if header else {})} if url else {"method": POLL}
        answer = self.client.call("POST", "/ssf/streams", {"delivery": delivery, **more})
        assert answer.status == 201, answer
        return answer.json

    def poll(self, stream, **more):
        answer = self.client.call("POST", urllib.parse.urlsplit(stream["delivery"]["endpoint_url"]).path, more)
        assert answer.status == 200, answer
        return answer.json

    def take(self, stream, count):
        """The events of so many sets, which are acknowledged."""
        sets = until(lambda: (s := self.poll(stream)["sets"]) and len(s) >= count and s, what=f"{count} sets")
        self.poll(stream, ack=list(sets), maxEvents=0)
        return [self.read(text) for text in sets.values()]

    def read(self, text):
        return verified(text, self.server.anyone.shown("/.well-known/jwks.json"), "secevent+jwt")


@pytest.fixture
def listener():
    started = []

    def start(*a, **k):
        started.append(Listener(*a, **k))
        return started[-1]
    yield start
    for one in started:
        one.close()


def accepts(path):
    return 202, {}, b""


def shown(line, *words):
    return line.good(*words, "-o", "json").json


def events_of(read):
    return [next(iter(r["events"])) for r in read]


def test_what_is_offered_is_said(server):
    found = server.anyone.get("/.well-known/ssf-configuration")
    assert found.status == 200 and found.headers["Content-Type"] == "application/json"
    said = found.json
    assert said["issuer"] == server.url and said["spec_version"] == "1_0" and said["default_subjects"] == "ALL"
    assert said["delivery_methods_supported"] == [PUSH, POLL] and {"spec_urn": "urn:ietf:rfc:6749"} in said["authorization_schemes"]
    for name, path in (("jwks_uri", "/.well-known/jwks.json"), ("configuration_endpoint", "/ssf/streams"), ("status_endpoint", "/ssf/status"),
                       ("add_subject_endpoint", "/ssf/subjects:add"), ("remove_subject_endpoint", "/ssf/subjects:remove"), ("verification_endpoint", "/ssf/verify")):
        assert said[name] == server.url + path
    assert server.anyone.call("POST", "/.well-known/ssf-configuration", {}).status == 405


def test_the_ends_of_sessions_and_accounts_are_pushed(own_server, listener):
    server = own_server(ALLOWED)
    world, heard = World(server), listener(accepts)
    receiver = Receiver(world)
    stream = receiver.create(heard.url + "/events", HEADER)
    assert "authorization_header" not in json.dumps(stream) and stream["aud"] == receiver.service["id"] and stream["iss"] == server.url
    assert stream["events_delivered"] == stream["events_supported"]
    user, browser = person(world), Browser(server)
    session = claims(App(world).tokens(browser, user)["id_token"])["sid"]
    browser.submit(browser.get("/oauth/logout"), "/oauth/logout", leave="yes")
    until(lambda: heard.calls, what="the end of the session")
    call = heard.calls[0]
    assert call["method"] == "POST" and call["path"] == "/events" and call["headers"]["Content-Type"] == "application/secevent+jwt"
    assert call["headers"]["Authorization"] == HEADER and call["headers"]["Accept"] == "application/json"
    said = receiver.read(call["body"])
    assert said["iss"] == server.url and said["aud"] == stream["aud"] and said["jti"].startswith("dlv_") and said["txn"]
    assert time.time() - 10 < said["iat"] <= time.time() + 1 and "exp" not in said and "sub" not in said
    assert said["sub_id"] == {"format": "complex", "user": {"format": "iss_sub", "iss": server.url, "sub": user["id"]}, "session": {"format": "opaque", "id": session}}
    (event,) = said["events"].values()
    assert list(said["events"]) == [REVOKED] and event["reason_admin"]["en"] and abs(event["event_timestamp"] - said["iat"]) < 10
    # It opens nothing here.
    assert world.verdict(call["body"]).status == 401 and server.bearing(call["body"]).get("/ssf/streams").status == 401
    # A new password ends the session that there is; then the account is disabled, enabled again, and gone.
    Browser(server).log_in(user["name"])
    world.admin.done("POST", f"/v1/users/{user['id']}/password", {"password": "staple battery horse"})
    until(lambda: len(heard.calls) == 3, what="the password and the session")
    for verb in ("disable", "enable"):
        world.admin.done("POST", f"/v1/users/{user['id']}/{verb}")
    until(lambda: len(heard.calls) == 6, what="the account")
    read = [receiver.read(c["body"]) for c in heard.calls[1:]]
    assert sorted(events_of(read[:2])) == [CHANGED, REVOKED] and sorted(events_of(read[2:4])) == sorted([DISABLED, REVOKED]) and events_of(read[4:]) == [ENABLED]
    changed = next(r["events"][CHANGED] for r in read if CHANGED in r["events"])
    assert (changed["credential_type"], changed["change_type"], changed["initiating_entity"]) == ("password", "update", "admin")
    for r in read[2:]:
        assert r["sub_id"] == {"format": "iss_sub", "iss": server.url, "sub": user["id"]}
    # Both of one cause.
    assert read[2]["txn"] == read[3]["txn"] != read[4]["txn"]
    # No secret and nobody's address went out.
    sent = json.dumps([c["body"] for c in heard.calls] + read)
    assert user["email"] not in sent and "staple" not in sent and not any(secret in sent for secret in server.seen)
    shown = server.admin.shown(f"/v1/deliveries?limit=1000&stream={stream['stream_id']}")["items"]
    assert {d["state"] for d in until(lambda: (i := server.admin.shown(f"/v1/deliveries?limit=1000&stream={stream['stream_id']}")["items"]) and
                                      all(d["state"] == "delivered" for d in i) and i, what="all to be noted")} == {"delivered"}, shown
    assert HEADER not in json.dumps(server.admin.shown(f"/v1/streams/{stream['stream_id']}"))
    # At rest it is sealed, in logs it is not.
    server.seen.add(HEADER)
    assert server.leaks() == []


AUTHLIB = r"""
import json, sys
import requests
from authlib.jose import JsonWebKey, jwt
issuer, poll = sys.argv[1:3]
token, user = json.loads(sys.stdin.readline())
found = requests.get(issuer + "/.well-known/ssf-configuration").json()
session = requests.Session()
session.headers["Authorization"] = "Bearer " + token
keys = JsonWebKey.import_key_set(requests.get(found["jwks_uri"]).json())
answer = session.post(poll, json={"returnImmediately": True, "maxEvents": 10, "future": 1}).json()
streams = session.get(found["configuration_endpoint"]).json()
read = []
for jti, text in answer["sets"].items():
    claims = jwt.decode(text, keys, claims_options={"iss": {"essential": True, "value": found["issuer"]}, "aud": {"essential": True, "value": streams[0]["aud"]}})
    claims.validate()
    assert claims.header["typ"] == "secevent+jwt" and claims["jti"] == jti
    bent = text.split(".")
    bent[1] = bent[1][:-4] + ("AAAA" if bent[1][-4:] != "AAAA" else "BBBB")
    try:
        jwt.decode(".".join(bent), keys)
        raise SystemExit("a bent token was taken")
    except Exception:
        pass
    read.append(list(claims["events"]))
left = session.post(poll, json={"ack": list(answer["sets"]), "returnImmediately": True}).json()
print(json.dumps({"read": read, "left": left}))
"""


def test_another_implementation_polls_and_believes(own_server):
    server = own_server()
    world = World(server)
    receiver, user = Receiver(world), person(world)
    stream = receiver.create(events_requested=[CHANGED, "https://example.com/of-another-version"])
    assert stream["events_delivered"] == [CHANGED] and stream["events_requested"][1] == "https://example.com/of-another-version"
    for word in ("one horse battery", "two horse battery"):
        world.admin.done("POST", f"/v1/users/{user['id']}/password", {"password": word})
    until(lambda: len(receiver.poll(stream)["sets"]) == 2, what="the events")
    done = subprocess.run(["/usr/bin/python3", "-c", AUTHLIB, server.url, stream["delivery"]["endpoint_url"]], text=True, capture_output=True, timeout=60,
                          input=json.dumps([receiver.token, user["id"]]) + "\n", check=False)
    assert done.returncode == 0, done
    assert json.loads(done.stdout) == {"read": [[CHANGED], [CHANGED]], "left": {"sets": {}, "moreAvailable": False}}


def test_polling_holds_what_was_not_taken(own_server):
    server = own_server()
    world = World(server)
    receiver, user = Receiver(world), world.user()
    stream = receiver.create()
    for _ in range(2):
        world.admin.done("POST", f"/v1/users/{user['id']}/disable")
        world.admin.done("POST", f"/v1/users/{user['id']}/enable")
    sets = until(lambda: (s := receiver.poll(stream)["sets"]) and len(s) == 6 and s, what="the events")
    assert sorted(events_of(receiver.read(t) for t in sets.values())) == sorted([DISABLED, REVOKED, ENABLED] * 2)
    one = receiver.poll(stream, maxEvents=1)
    assert len(one["sets"]) == 1 and one["moreAvailable"] is True
    assert receiver.poll(stream, maxEvents=0) == {"sets": {}, "moreAvailable": True}
    first, second, *rest = sets
    left = receiver.poll(stream, ack=[first, "dlv_01JD0000000000000000000000", "nonsense"], setErrs={second: {"err": "invalid_key", "description": "which?"}})["sets"]
    assert sorted(left) == sorted(rest)
    dead = server.admin.shown(f"/v1/deliveries/{second}")
    assert dead["state"] == "dead" and dead["trouble"] == "the receiver says: invalid_key" and dead["stream"] == stream["stream_id"]
    assert server.admin.shown(f"/v1/deliveries/{first}")["state"] == "delivered"
    server.kill()
    server.start()
    receiver.client = server.bearing(receiver.token)
    assert sorted(receiver.poll(stream)["sets"]) == sorted(rest)
    path = urllib.parse.urlsplit(stream["delivery"]["endpoint_url"]).path
    for bad in ({"maxEvents": -1}, {"maxEvents": "2"}, {"ack": "x"}, {"ack": [1]}, {"setErrs": []}, {"setErrs": {"x": 1}}, {"returnImmediately": 1}, [], "x",
                {"ack": ["x"] * 1001}):
        assert receiver.client.call("POST", path, json.dumps(bad), headers={"Content-Type": "application/json"}).status == 400, bad
    assert receiver.client.call("POST", path, "{\"ack\":[\"" + "x" * 70000 + "\"]}").status == 413
    assert receiver.client.call("POST", path).status == 200


def test_what_happened_before_a_kill_arrives_after_it_once(own_server):
    port = free_port()
    server = own_server({**ALLOWED, "webhook.retries": ",".join(["1s"] * 20)})
    world = World(server)
    receiver, user = Receiver(world), person(world)
    Browser(server).log_in(user["name"])
    stream = receiver.create(f"http://127.0.0.1:{port}/x", HEADER)
    world.admin.done("POST", "/v1/sessions/revoke", {"user": user["id"]})
    # Whether it was looked at by then or not.
    server.kill()
    server.start()
    with Sink(port) as sink:
        sink.answers = [(202, {})] * 20
        until(lambda: sink.requests, what="the event")
        assert events_of([receiver.read(sink.requests[0][2])]) == [REVOKED]
        until(lambda: server.admin.shown(f"/v1/deliveries?stream={stream['stream_id']}&state=delivered")["items"], what="it to be noted")
        server.kill()
        server.start()
        server.admin.done("POST", f"/v1/users/{user['id']}/disable")
        until(lambda: len(sink.requests) >= 3, what="what came after")
        assert len({receiver.read(body)["jti"] for _, _, body in sink.requests}) == len(sink.requests) == 3


def test_nothing_but_202_is_yes_and_an_err_is_no(own_server, listener):
    server = own_server(ALLOWED)
    world = World(server)
    answers = [(200, {}, b""), (302, {"Location": "http://127.0.0.1:1/"}, b""), (202, {}, b"")]
    heard = listener(lambda path: answers.pop(0) if answers else (400, {"Content-Type": "application/json"}, b'{"err":"invalid_audience","description":"not me"}'))
    receiver, user = Receiver(world), world.user()
    stream = receiver.create(heard.url + "/e", events_requested=[ENABLED])
    at = f"/v1/deliveries?stream={stream['stream_id']}&state="
    world.admin.done("POST", f"/v1/users/{user['id']}/disable")
    world.admin.done("POST", f"/v1/users/{user['id']}/enable")
    (good,) = until(lambda: server.admin.shown(at + "delivered")["items"], what="the third attempt")
    assert good["attempts"] == 3 and len({receiver.read(c["body"])["jti"] for c in heard.calls}) == 1
    world.admin.done("POST", f"/v1/users/{user['id']}/disable")
    world.admin.done("POST", f"/v1/users/{user['id']}/enable")
    (dead,) = until(lambda: server.admin.shown(at + "dead")["items"], what="the refusal")
    assert dead["attempts"] == 1 and dead["status"] == 400 and dead["trouble"] == "the receiver says: invalid_audience"
    assert [e["target"] for e in server.admin.shown("/v1/audit?action=stream.dead&limit=1000")["items"]] == [dead["id"]]


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
             ("POST", "/ssf/status", {"stream_id": id, "status": "disabled"}), ("POST", "/ssf/verify", {"stream_id": id}),
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
    # Reading is not managing, nor the other way round.
    assert reader.client.get("/v1/streams").status == 403
    assert Receiver(world, "jeton:streams:read").client.get("/ssf/streams").status == 403
    assert server.anyone.call("POST", "/ssf/streams", {}, headers={"Authorization": "Basic eDp5"}).status == 401
    assert reader.client.call("TRACE", "/ssf/streams").status == 405


def test_an_application_with_an_access_token_of_its_own_is_a_receiver(server):
    world = World(server)
    app, other = App(world, "machine", scopes=["jeton:ssf:write"]), App(world, "machine", scopes=["jeton:ssf:write"])
    clients = []
    for one in (app, other):
        answer = one.token(grant_type="client_credentials", scope="jeton:ssf:write")
        assert answer.status == 200, answer
        clients.append(server.bearing(answer.json["access_token"]))
    made = clients[0].call("POST", "/ssf/streams", {})
    # No word of delivery: polled.
    assert made.status == 201 and made.json["delivery"]["method"] == POLL and made.json["aud"] == app.id
    assert [s["stream_id"] for s in clients[0].shown("/ssf/streams")] == [made.json["stream_id"]] and clients[1].shown("/ssf/streams") == []
    # Another token of the same application is the same receiver.
    again = server.bearing(app.token(grant_type="client_credentials", scope="jeton:ssf:write").json["access_token"])
    assert again.call("DELETE", f"/ssf/streams?stream_id={made.json['stream_id']}").status == 204


def test_configuration_is_read_changed_and_replaced(own_server, listener):
    server = own_server(ALLOWED)
    world, heard, elsewhere = World(server), listener(accepts), listener(accepts)
    receiver, user = Receiver(world), world.user()
    stream = receiver.create(heard.url + "/a", HEADER, description="first", unknown={"x": [1]})
    id = stream["stream_id"]
    change = lambda method, body: receiver.client.call(method, "/ssf/streams", {"stream_id": id, **body})
    patched = change("PATCH", {"description": "second", "iss": stream["iss"], "aud": stream["aud"], "events_delivered": stream["events_delivered"], "more": True})
    assert patched.status == 200 and patched.json == {**stream, "description": "second"}
    for bad in ({"iss": "https://evil.example.com"}, {"aud": "other"}, {"events_delivered": []}, {"events_supported": [REVOKED]}, {"min_verification_interval": 1},
                {"events_requested": "x"}, {"events_requested": [1]}, {"events_requested": ["x"] * 51}, {"events_requested": ["x" * 257]}, {"description": 1},
                {"description": "x" * 257}, {"delivery": "x"}, {"delivery": {}}, {"delivery": {"method": PUSH}}, {"delivery": {"method": "push", "endpoint_url": heard.url}},
                {"delivery": {"method": POLL, "endpoint_url": "https://evil.example.com/"}}, {"delivery": {"method": PUSH, "endpoint_url": heard.url, "authorization_header": "a\r\nb: c"}}):
        assert change("PATCH", bad).status == 400, bad
    for bad in ("x", "[]", "{", '{"stream_id":1}', "{}", '{"stream_id":"%s","stream_id":"%s"}' % (id, id)):
        assert receiver.client.call("PATCH", "/ssf/streams", bad).status == 400, bad
    assert receiver.client.shown(f"/ssf/streams?stream_id={id}") == patched.json
    assert receiver.client.call("PATCH", "/ssf/streams", {"stream_id": id, "description": "x" * 70000}).status == 413
    # What was read is put back: its Authorization stays, though it was not told.
    replaced = change("PUT", {k: v for k, v in patched.json.items() if k not in ("stream_id", "description")})
    assert replaced.status == 200 and "description" not in replaced.json
    world.admin.done("POST", f"/v1/users/{user['id']}/disable")
    until(lambda: len(heard.calls) == 2, what="the events")
    assert {c["headers"]["Authorization"] for c in heard.calls} == {HEADER}
    # To another address it does not go.
    moved = change("PATCH", {"delivery": {"method": PUSH, "endpoint_url": elsewhere.url + "/b"}})
    assert moved.status == 200
    world.admin.done("POST", f"/v1/users/{user['id']}/enable")
    until(lambda: elsewhere.calls, what="the events elsewhere")
    assert elsewhere.calls[0]["headers"]["Authorization"] is None and len(heard.calls) == 2
    # What waits goes where the stream leads: from push to poll.
    polled = change("PUT", {})
    assert polled.json["delivery"]["method"] == POLL and polled.json["events_delivered"] == stream["events_supported"]
    world.admin.done("POST", f"/v1/users/{user['id']}/disable")
    assert sorted(events_of(receiver.take(polled.json, 2))) == sorted([DISABLED, REVOKED])
    assert receiver.client.call("DELETE", "/ssf/streams").status == 400
    assert receiver.client.call("DELETE", f"/ssf/streams?stream_id={id}").status == 204
    assert receiver.client.call("GET", f"/ssf/streams?stream_id={id}").status == 404
    assert {"stream.create", "stream.update", "stream.delete"} <= {e["action"] for e in server.admin.shown(f"/v1/audit?target={id}&limit=1000")["items"]}


def test_a_stream_is_paused_enabled_and_disabled(own_server, listener):
    server = own_server(ALLOWED)
    world, heard = World(server), listener(accepts)
    receiver, user = Receiver(world), world.user()
    pushed, polled = receiver.create(heard.url + "/a", events_requested=[ENABLED]), receiver.create(events_requested=[ENABLED])
    ids = [pushed["stream_id"], polled["stream_id"]]
    say = lambda status, **more: [receiver.client.call("POST", "/ssf/status", {"stream_id": i, "status": status, **more}) for i in ids]

    def toggle():
        world.admin.done("POST", f"/v1/users/{user['id']}/disable")
        world.admin.done("POST", f"/v1/users/{user['id']}/enable")
    assert [a.json for a in say("paused", reason="at night")] == [{"stream_id": i, "status": "paused", "reason": "at night"} for i in ids]
    toggle()
    until(lambda: all(server.admin.shown(f"/v1/streams/{i}")["waiting"] == 1 for i in ids), what="the event to wait")
    assert receiver.poll(polled) == {"sets": {}, "moreAvailable": False} and heard.calls == []
    assert receiver.client.shown(f"/ssf/status?stream_id={ids[0]}")["status"] == "paused"
    say("enabled")
    until(lambda: heard.calls, what="what was held")
    assert len(receiver.take(polled, 1)) == 1
    say("disabled")
    toggle()
    assert receiver.client.call("POST", "/ssf/verify", {"stream_id": ids[1]}).status == 400
    # Disabled is not held: another stream has heard of it, these never do.
    witness = receiver.create(events_requested=[ENABLED])
    toggle()
    assert len(receiver.take(witness, 1)) == 1
    assert [server.admin.shown(f"/v1/streams/{i}")["status"] for i in ids] == ["disabled"] * 2
    say("enabled")
    assert receiver.poll(polled)["sets"] == {} and len(heard.calls) == 1
    for bad in ({"status": "gone"}, {"status": 1}, {}, {"status": "paused", "reason": 1}, {"status": "paused", "reason": "x" * 257}):
        assert receiver.client.call("POST", "/ssf/status", {"stream_id": ids[0], **bad}).status == 400, bad
    assert receiver.client.get("/ssf/status").status == 400 and receiver.client.get("/ssf/status?stream_id=str_x").status == 404


def test_a_verification_comes_back_with_its_state(own_server, listener):
    server = own_server(ALLOWED)
    world, heard = World(server), listener(accepts)
    receiver = Receiver(world)
    pushed, polled = receiver.create(heard.url + "/a", events_requested=[REVOKED]), receiver.create()
    for stream in (pushed, polled):
        answer = receiver.client.call("POST", "/ssf/verify", {"stream_id": stream["stream_id"], "state": "Ünïcode ~ state"})
        assert answer.status == 204 and answer.body == b""
    until(lambda: heard.calls, what="the verification")
    for stream, said in ((pushed, receiver.read(heard.calls[0]["body"])), (polled, receiver.take(polled, 1)[0])):
        assert said["sub_id"] == {"format": "opaque", "id": stream["stream_id"]} and said["events"] == {VERIFY: {"state": "Ünïcode ~ state"}}
    again = receiver.client.call("POST", "/ssf/verify", {"stream_id": polled["stream_id"]})
    assert again.status == 429 and int(again.headers["Retry-After"]) == polled["min_verification_interval"]
    assert receiver.client.call("POST", "/ssf/verify", {"stream_id": receiver.create()["stream_id"], "state": 1}).status == 400


def test_subjects_are_named_as_asked_for_and_left_out_when_removed(own_server):
    server = own_server()
    world = World(server)
    receiver, ann, bob = Receiver(world), person(world), person(world)
    plain, by_email = receiver.create(events_requested=[DISABLED]), receiver.create(events_requested=[DISABLED], format="email")
    assert by_email["format"] == "email" and plain["format"] == "iss_sub"
    move = lambda verb, stream, subject: receiver.client.call("POST", f"/ssf/subjects:{verb}", {"stream_id": stream["stream_id"], "subject": subject}).status
    assert move("remove", plain, {"format": "iss_sub", "iss": server.url, "sub": ann["id"]}) == 204
    assert move("remove", by_email, {"format": "email", "email": bob["email"]}) == 204
    # Whether there is such a person is not told.
    for verb, good in (("remove", 204), ("add", 200)):
        assert move(verb, plain, {"format": "email", "email": "nobody@example.com"}) == good
        assert move(verb, plain, {"format": "iss_sub", "iss": server.url, "sub": "usr_01JD0000000000000000000000"}) == good
        assert move(verb, plain, {"format": "iss_sub", "iss": "https://other.example.com", "sub": ann["id"]}) == good
        for bad in (None, "x", {}, {"format": "phone_number", "phone_number": "+1"}, {"format": "email"}, {"format": "email", "email": "x"}, {"format": "iss_sub", "iss": 1, "sub": 2}):
            assert move(verb, plain, bad) == 400, bad
    for user in (ann, bob):
        world.admin.done("POST", f"/v1/users/{user['id']}/disable")
    (said,) = receiver.take(plain, 1)
    assert said["sub_id"]["sub"] == bob["id"]
    (said,) = receiver.take(by_email, 1)
    assert said["sub_id"] == {"format": "email", "email": ann["email"]}
    assert move("add", plain, {"format": "iss_sub", "iss": server.url, "sub": ann["id"]}) == 200
    for verb in ("enable", "disable"):
        world.admin.done("POST", f"/v1/users/{ann['id']}/{verb}")
    (said,) = receiver.take(plain, 1)
    assert said["sub_id"]["sub"] == ann["id"]


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

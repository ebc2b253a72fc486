"""The Shared Signals Framework's transmitter: receivers make streams, and events are pushed to them or polled by them, once each."""
import json
import subprocess
import time
import urllib.parse

from browser import App, Browser, claims, person
from receiver import Receiver as Sink
from server import World
from shared_signals import (ALLOWED, CHANGED, DISABLED, ENABLED, HEADER, POLL, PUSH, REVOKED, VERIFY, Receiver, accepts, events_of)
from waiting import free_port, until


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
    sent = f"/v1/deliveries?limit=1000&stream={stream['stream_id']}"
    until(lambda: {d["state"] for d in server.admin.shown(sent)["items"]} == {"delivered"}, what="all to be noted")
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
        # A push whose answer was lost comes again, under the same name.
        heard = lambda: {receiver.read(body)["jti"] for _, _, body in sink.requests}
        until(lambda: len(heard()) >= 3, what="what came after")
        assert len(heard()) == 3


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

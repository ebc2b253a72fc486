"""Polls that wait for an event (RFC 8936 §2.4, §2.5): answered when there is one, when their time is over, and when the server stops."""
import re
import threading
import time
import urllib.parse

from browser import person
from server import World
from shared_signals import CHANGED, DISABLED, VERIFY, Receiver, events_of
from waiting import until


def waiting(server):
    return int(re.search(r"^jeton_requests_waiting (\d+)$", server.anyone.get("/metrics").body.decode(), re.M)[1])


def states(server):
    return {s: int(n) for s, n in re.findall(r'^jeton_shared_signals_streams\{state="(\w+)"\} (\d+)$', server.anyone.get("/metrics").body.decode(), re.M)}


class Held(threading.Thread):
    """A poll on a thread of its own, that may take its time."""

    def __init__(self, receiver, stream, **body):
        super().__init__(daemon=True)
        self.client, self.body, self.answer = receiver.server.bearing(receiver.token), body, None
        self.path = urllib.parse.urlsplit(stream["delivery"]["endpoint_url"]).path
        self.start()

    def run(self):
        began = time.monotonic()
        self.answer = self.client.call("POST", self.path, self.body)
        self.took = time.monotonic() - began

    def sets(self):
        self.join(timeout=60)
        assert self.answer is not None and self.answer.status == 200, self.answer
        return self.answer.json["sets"]


def test_a_poll_waits_for_an_event_and_has_it_when_it_happens(own_server):
    server = own_server()
    world = World(server)
    receiver, other, user = Receiver(world), Receiver(world), person(world)
    stream, quiet = receiver.create(events_requested=[DISABLED, CHANGED]), other.create(events_requested=[VERIFY])
    # [RFC8936 §2.4] waiting is what is meant where nothing is said
    held, elsewhere = Held(receiver, stream), Held(other, quiet, returnImmediately=False)
    until(lambda: waiting(server) == 2, what="both to wait")
    world.admin.done("POST", f"/v1/users/{user['id']}/disable")
    sets = held.sets()
    assert events_of(receiver.read(t) for t in sets.values()) == [DISABLED] and held.took < 20
    assert waiting(server) == 1 and elsewhere.answer is None
    # What waits already is had at once, and so is what is asked for at once; who only acknowledges has nothing to wait for.
    assert sorted(receiver.poll(stream, returnImmediately=False)["sets"]) == sorted(sets)
    assert receiver.poll(stream, ack=list(sets), maxEvents=0, returnImmediately=False) == {"sets": {}, "moreAvailable": False}
    assert receiver.poll(stream, returnImmediately=True)["sets"] == {}
    # An acknowledgement and the wait for the next, in one.
    world.admin.done("POST", f"/v1/users/{user['id']}/password", {"password": "staple battery horse"})
    (first,) = until(lambda: receiver.poll(stream)["sets"], what="the password")
    held = Held(receiver, stream, ack=[first])
    until(lambda: waiting(server) == 2, what="it to wait")
    assert server.admin.shown(f"/v1/deliveries/{first}")["state"] == "delivered"
    world.admin.done("POST", f"/v1/users/{user['id']}/password", {"password": "another battery horse"})
    assert len(held.sets()) == 1 and first not in held.sets()
    # A verification is an event too.
    assert other.client.call("POST", "/ssf/verify", {"stream_id": quiet["stream_id"], "state": "x"}).status == 204
    assert events_of(other.read(t) for t in elsewhere.sets().values()) == [VERIFY]


def test_nobody_waits_for_longer_than_is_set(own_server):
    server = own_server({"signals.hold": "1s"})
    receiver = Receiver(World(server))
    held = Held(receiver, receiver.create())
    assert held.sets() == {} and 0.9 < held.took < 20
    at_once = own_server({"signals.hold": "0s"})
    receiver = Receiver(World(at_once))
    assert receiver.poll(receiver.create(), returnImmediately=False) == {"sets": {}, "moreAvailable": False}


def test_who_may_no_longer_poll_is_told_so_when_its_wait_ends(own_server):
    server = own_server({"signals.hold": "2s"})
    world = World(server)
    receiver = Receiver(world)
    held = Held(receiver, receiver.create())
    until(lambda: waiting(server) == 1, what="it to wait")
    world.admin.done("POST", f"/v1/service-accounts/{receiver.service['id']}/disable")
    held.join(timeout=60)
    assert held.answer.status == 401


def test_a_stop_answers_who_waits(own_server):
    server = own_server({"signals.hold": "5m"})
    receiver = Receiver(World(server))
    held = Held(receiver, receiver.create())
    until(lambda: waiting(server) == 1, what="it to wait")
    began = time.monotonic()
    server.stop()
    assert held.sets() == {} and time.monotonic() - began < 9


def test_few_wait_for_one_stream_and_who_leaves_makes_room(own_server):
    server = own_server({"signals.hold": "5m"})
    world = World(server)
    receiver, other = Receiver(world), Receiver(world)
    stream = receiver.create()
    held = [Held(receiver, stream) for _ in range(8)]
    until(lambda: waiting(server) == 8, what="eight to wait")
    assert receiver.poll(stream, returnImmediately=False)["sets"] == {}   # the ninth is answered at once
    apart = Held(other, other.create())
    until(lambda: waiting(server) == 9, what="another stream's to wait")
    assert receiver.client.call("POST", "/ssf/status", {"stream_id": stream["stream_id"], "status": "paused"}).status == 200
    assert receiver.client.call("DELETE", f"/ssf/streams?stream_id={stream['stream_id']}").status == 204
    for one in held:
        one.join(timeout=60)
        assert one.answer.status == 404   # they hear of it at once
    assert waiting(server) == 1 and apart.answer is None


def test_streams_are_counted_by_what_became_of_them(own_server):
    server = own_server({"signals.waiting": "1"})
    world = World(server)
    receiver, user = Receiver(world), world.user()
    stopped, paused = receiver.create(), receiver.create()
    receiver.create(events_requested=[VERIFY])
    assert states(server) == {"enabled": 3, "paused": 0, "disabled": 0, "stopped": 0}
    assert receiver.client.call("POST", "/ssf/status", {"stream_id": paused["stream_id"], "status": "paused"}).status == 200
    world.admin.done("POST", f"/v1/users/{user['id']}/disable")
    until(lambda: states(server)["stopped"] == 1, what="a stream to be stopped")
    assert states(server) == {"enabled": 1, "paused": 1, "disabled": 0, "stopped": 1}
    assert receiver.client.call("GET", f"/ssf/status?stream_id={stopped['stream_id']}").json["status"] == "disabled"

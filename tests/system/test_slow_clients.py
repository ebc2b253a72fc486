"""Callers that are slow, idle or many are closed and hold nobody else."""
import time

from raw import Raw
from server import World

GET = b"GET /livez HTTP/1.1\r\nHost: x\r\n"
SHORT = {"timeout.head": "1s", "timeout.body": "1s", "timeout.idle": "2s", "timeout.write": "1s"}


def ended_after(raw):
    start = time.monotonic()
    raw.ended()
    return time.monotonic() - start


def test_a_head_in_drops_is_closed(own_server):
    s = own_server(SHORT)
    with Raw(s.port) as raw:
        raw.socket.settimeout(0.2)
        raw.send(GET)
        start = time.monotonic()
        ended = False
        # A drop every so often must not buy more time.
        while not ended and time.monotonic() - start < 10:
            try:
                raw.socket.sendall(b"X: y\r\n")
                ended = raw.socket.recv(1000) == b""
            except TimeoutError:
                pass
            except OSError:
                ended = True
        assert ended and time.monotonic() - start < 5


def test_a_body_that_does_not_come_is_closed(own_server):
    s = own_server(SHORT)
    with Raw(s.port) as raw:
        raw.send(b"POST /oauth/revoke HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\ntoken")
        assert ended_after(raw) < 5
    with Raw(s.port) as raw:
        raw.send(b"POST /oauth/revoke HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\ntoken=a")
        assert raw.answer()[0] == 200


def test_idle_connections_are_closed_used_ones_are_not(own_server):
    s = own_server(SHORT)
    with Raw(s.port) as idle, Raw(s.port) as silent:
        assert idle.send(GET + b"\r\n").answer()[0] == 200
        assert ended_after(silent) < 5, "one that never said anything"
        assert ended_after(idle) < 5


def test_a_caller_that_does_not_read_is_closed(own_server):
    s = own_server(SHORT)
    w = World(s)
    for _ in range(30):
        w.api(routes=[f"GET /{'a' * 200}{i} orders:read" for i in range(50)])
    token = w.management_token("jeton:apis:read")["token"].encode()
    ask = b"GET /v1/apis?limit=100 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + b"\r\n\r\n"
    with Raw(s.port) as raw:
        raw.socket.setsockopt(1, 8, 4096)
        raw.socket.settimeout(0.5)
        start, closed = time.monotonic(), False
        while not closed and time.monotonic() - start < 15:
            try:
                raw.socket.sendall(ask * 20)
            except TimeoutError:
                pass
            except OSError:
                closed = True
        assert closed


def test_many_slow_callers_hold_nobody_else(own_server):
    s = own_server({"timeout.head": "20s"})
    w = World(s)
    token = w.token()["token"]
    slow = [Raw(s.port).send(GET) for _ in range(300)]
    bodies = [Raw(s.port).send(b"POST /v1/users HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{") for _ in range(100)]
    try:
        times = []
        for _ in range(50):
            start = time.monotonic()
            assert w.allowed(token)
            times.append(time.monotonic() - start)
        assert sorted(times)[25] < 0.1
        assert s.admin.post("/v1/users", {"name": w.name()}).status == 201
    finally:
        for raw in slow + bodies:
            raw.socket.close()


def test_more_connections_than_allowed_are_turned_away(own_server):
    s = own_server({"max_connections": "20"})
    s.anyone.close()
    held = [Raw(s.port) for _ in range(40)]
    try:
        answered = sum(1 for raw in held if raw.send(GET + b"\r\n").answer() is not None)
        assert 0 < answered <= 20
    finally:
        for raw in held:
            raw.socket.close()
    from waiting import until
    until(lambda: _fine(s), 10, "room again")


def _fine(s):
    with Raw(s.port) as raw:
        answer = raw.send(GET + b"\r\n").answer()
        return answer is not None and answer[0] == 200

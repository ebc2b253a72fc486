"""Audit events go to syslog, in order and whole; a server that does not take them stops no check of a token."""
import json
import re
import socket
import threading

import pytest

from server import World
from waiting import free_port, until

HEAD = re.compile(r'<109>1 \S+ \S+ jeton \d+ (\S+) \[meta sequenceId="(\d+)"\] (\{.*\})', re.S)


class TcpSink:
    """Takes messages framed as RFC 6587 says, until it is closed."""

    def __init__(self, port=0):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen()
        self.port = self.listener.getsockname()[1]
        self.messages, self.connections = [], []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self.read, args=(connection,), daemon=True).start()

    def read(self, connection):
        text = b""
        while True:
            try:
                part = connection.recv(65536)
            except OSError:
                return
            if not part:
                return
            text += part
            while (space := text.find(b" ")) > 0 and len(text) >= space + 1 + int(text[:space]):
                size = int(text[:space])
                self.messages.append(text[space + 1:space + 1 + size].decode())
                text = text[space + 1 + size:]

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for c in self.connections:
            c.close()


def events_of(messages):
    events = []
    for m in messages:
        action, number, text = HEAD.fullmatch(m).groups()
        event = json.loads(text)
        assert event["action"][:32] == action and event["number"] == int(number)
        events.append(event)
    return events


def all_events(server):
    return server.admin.shown("/v1/audit?after=0&limit=1000")["items"]


def test_every_event_arrives_once_and_in_order(own_server):
    sink = TcpSink()
    server = own_server({"audit.syslog": f"tcp:127.0.0.1:{sink.port}"})
    for _ in range(5):
        World(server).user()
    until(lambda: len(sink.messages) >= len(all_events(server)), what="the events")
    assert events_of(sink.messages) == all_events(server)
    assert server.restart()
    until(lambda: len(sink.messages) >= len(all_events(server)), what="the events after a restart")
    assert events_of(sink.messages) == all_events(server)
    sink.close()


def test_a_unix_socket_and_datagrams(own_server, folder):
    path = folder / "log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sink:
        sink.bind(str(path))
        sink.settimeout(10)
        server = own_server({"audit.syslog": f"unix:{path}"})
        user = World(server).user()
        messages = []
        while not messages or f'"{user["id"]}"' not in messages[-1]:
            messages.append(sink.recv(65536).decode())
        assert events_of(messages) == all_events(server)[:len(messages)]


def test_datagrams_over_udp(own_server):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.bind(("127.0.0.1", 0))
        sink.settimeout(10)
        own_server({"audit.syslog": f"udp:127.0.0.1:{sink.getsockname()[1]}"})
        assert HEAD.fullmatch(sink.recv(65536).decode())


def test_a_sink_that_is_down_stops_nothing_loses_nothing_and_is_told_loudly(own_server):
    port = free_port()
    server = own_server({"audit.syslog": f"tcp:127.0.0.1:{port}"})
    world = World(server)
    token = world.token()
    assert world.allowed(token["token"])
    part = until(lambda: [p for p in server.anyone.get("/readyz?verbose").json["parts"] if p["name"] == "audit_sink" and not p["ok"]], what="the part")[0]
    assert "wait" in part["detail"] and server.anyone.get("/readyz").status == 200
    metrics = server.anyone.get("/metrics").body.decode()
    assert 'jeton_audit_ok{part="sink"} 0' in metrics and float(re.search(r'jeton_audit_sink_behind\{sink="syslog"\} (\d+)', metrics)[1]) > 0
    assert "audit.sink" in server.log()
    world.user()                                    # management goes on
    sink = TcpSink(port)
    until(lambda: len(sink.messages) >= len(all_events(server)), what="the events that waited")
    assert events_of(sink.messages) == all_events(server)
    until(lambda: 'jeton_audit_ok{part="sink"} 1' in server.anyone.get("/metrics").body.decode(), what="the sink to be well")
    sink.close()


def test_where_so_chosen_nothing_is_changed_while_the_sink_is_down(own_server):
    port = free_port()
    sink = TcpSink(port)
    server = own_server({"audit.syslog": f"tcp:127.0.0.1:{port}", "audit.sink_down": "refuse"})
    token = World(server).token()
    sink.close()
    closed = until(lambda: (a := server.admin.call("POST", "/v1/users", {"name": World(server).name()})).status == 503 and a, what="the refusal")
    assert closed.problem == "audit_unavailable"
    assert server.admin.call("GET", "/v1/users").status == 200
    assert server.anyone.get("/verify").status == 401        # tokens are checked all the same
    assert server.admin.call("POST", "/v1/verify", {"token": "x"}).status == 200
    assert World(server).allowed(token["token"])
    assert server.admin.call("POST", f"/v1/tokens/{token['id']}/revoke", {}).status == 200     # what takes away waits for nobody
    assert not World(server).allowed(token["token"])
    sink = TcpSink(port)
    until(lambda: server.admin.call("POST", "/v1/users", {"name": "eve"}).status == 201, what="management to open again")
    sink.close()


def test_a_sink_that_takes_nothing_does_not_slow_a_check(own_server):
    # It accepts and never reads.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = own_server({"audit.syslog": f"tcp:127.0.0.1:{listener.getsockname()[1]}"})
        world = World(server)
        token = world.token()
        for _ in range(100):
            assert world.allowed(token["token"])


@pytest.mark.parametrize("wrong", ["file:/x", "tcp:1.2.3.4", "unix:relative", "udp:host:port"])
def test_a_wrong_sink_is_refused_at_the_start(folder, wrong):
    from cli import jeton
    result = jeton("serve", "--data", folder / "d", env={"JETON_AUDIT_SYSLOG": wrong})
    assert result.code == 2 and "audit" in result.err.lower(), result

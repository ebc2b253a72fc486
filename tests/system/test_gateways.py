"""nginx and Caddy in front of an API, with the files of deploy/, asking Jeton before each call."""
import re
import socket

import pytest

from server import World

KINDS = ["nginx", "caddy"]
IDENTITY = {"x-jeton-token-id", "x-jeton-kind", "x-jeton-subject", "x-jeton-client", "x-jeton-device", "x-jeton-scope"}


@pytest.fixture(params=KINDS)
def front(request, gateway, world, sample_api):
    api = world.api(routes=["GET /orders/** orders:read", "POST /orders orders:write"])
    return gateway(request.param, api=api["name"]), api, world, sample_api


def test_an_allowed_call_arrives_with_who_calls(front):
    gate, api, world, sample = front
    user = world.user()
    token = world.token(api, user)
    answer = gate.client(token["token"]).get("/orders/7?page=2")
    assert answer.status == 200 and answer.json["subject"] == user["id"], answer
    (method, path, headers), = sample.calls
    assert (method, path) == ("GET", "/orders/7?page=2")
    names = {k.lower(): v for k, v in headers}
    assert names["x-jeton-token-id"] == token["id"] and names["x-jeton-scope"] == "orders:read" and names["x-jeton-kind"] == "pat"
    assert "authorization" not in names, "the token stays at the gateway"
    assert token["token"] not in str(headers)


def test_refused_calls_never_reach_the_api(front):
    gate, api, world, sample = front
    good = world.token(api)
    revoked = world.token(api)
    world.admin.done("POST", f"/v1/tokens/{revoked['id']}/revoke", {})
    elsewhere = world.token(api, allow=["192.0.2.0/24"])
    other_api = world.token()
    none = gate.client().get("/orders/7")
    assert none.status == 401 and none.headers["WWW-Authenticate"] == 'Bearer realm="jeton"', none
    for token in (revoked, other_api, {"token": "jtn_pat_" + "0" * 38}, {"token": "nonsense"}):
        answer = gate.client(token["token"]).get("/orders/7")
        assert answer.status == 401 and 'error="invalid_token"' in answer.headers["WWW-Authenticate"], answer
    assert gate.client(elsewhere["token"]).get("/orders/7").status == 403
    write = gate.client(good["token"]).post("/orders", {"n": 1})
    assert write.status == 403 and 'error="insufficient_scope", scope="orders:write"' in write.headers["WWW-Authenticate"], write
    assert gate.client(good["token"]).get("/elsewhere").status == 403
    for path in ("/orders/..%2fadmin", "/orders//7", "/orders/7;x"):
        assert gate.client(good["token"]).get(path).status in (400, 403), path
    assert sample.calls == []
    assert gate.client(good["token"]).get("/orders/7").status == 200 and len(sample.calls) == 1


def test_bodies_go_to_the_api_not_to_jeton(front):
    gate, api, world, sample = front
    token = world.token(api, scopes=["orders:write"])["token"]
    answer = gate.client(token).post("/orders", {"text": "x" * 100_000})
    assert answer.status == 200 and sample.calls[0][0] == "POST"


def test_identity_headers_of_a_caller_are_stripped(front):
    """Also those with underscores, which many servers behind a gateway read as hyphens; and those the verdict does not set."""
    gate, api, world, sample = front
    user = world.user()
    token = world.token(api, user)["token"]
    spoofed = {name: "spoofed" for spelled in ("X-Jeton-{}", "x_jeton_{}", "X_Jeton-{}", "X-Jeton_{}", "x-JETON-{}", "X-jeton_{}")
               for what in ("Subject", "Device", "Client", "Scope", "Token-Id", "Token_Id", "Kind", "Reason")
               for name in [spelled.format(what)]}
    answer = gate.client(token).call("GET", "/orders/7", headers={**spoofed, "X-Forwarded-For": "10.9.9.9"})
    assert answer.status == 200 and answer.json["subject"] == user["id"]
    for name, value in sample.calls[0][2]:
        assert "spoofed" not in value, (name, value)
        if re.match(r"x[-_]jeton", name, re.I) and value:
            assert name.lower() in IDENTITY
    assert "10.9.9.9" not in str(sample.calls[0][2])


@pytest.mark.parametrize("headers", [
    {"X-Forwarded-Uri": "/orders/7", "X-Forwarded-Method": "GET"}, {"X-Original-URI": "/orders/7", "X-Original-Method": "GET"},
    {"X-Forwarded-Uri": "/orders/7", "X-Original-Method": "GET"}, {"Connection": "X-Forwarded-Uri, X-Original-URI, X-Forwarded-Method"},
    {"Connection": "X-Jeton-Subject, X-Jeton-Scope"}, {"X-HTTP-Method-Override": "GET"}])
def test_a_caller_cannot_say_another_call_than_it_makes(front, headers):
    gate, api, world, sample = front
    user = world.user()
    client = gate.client(world.token(api, user)["token"])
    for method, path in (("DELETE", "/orders/7"), ("POST", "/orders"), ("GET", "/admin")):
        assert client.call(method, path, headers=headers).status in (400, 403), (method, path)
    assert sample.calls == []
    twin = client.get("/orders/7", headers=headers)
    if twin.status == 200:
        assert {k.lower(): v for k, v in sample.calls[0][2]}["x-jeton-subject"] == user["id"], "who calls is never lost on the way"
    else:
        assert twin.status == 403


def test_a_revocation_holds_at_the_next_call(front):
    gate, api, world, sample = front
    token = world.token(api)
    client = gate.client(token["token"])
    for n in range(1, 4):
        assert client.get("/orders/7").status == 200 and len(sample.calls) == n
    world.admin.done("POST", f"/v1/tokens/{token['id']}/revoke", {})
    assert client.get("/orders/7").status == 401 and len(sample.calls) == 3


def test_a_jeton_that_is_gone_lets_nobody_in(gateway, own_server, sample_api):
    for kind in KINDS:
        s = own_server()
        w = World(s)
        api = w.api()
        gate = gateway(kind, s, api["name"])
        token = w.token(api)["token"]
        assert gate.client(token).get("/orders/7").status == 200
        reached = len(sample_api.calls)
        s.kill()
        assert gate.client(token).get("/orders/7").status >= 500
        assert len(sample_api.calls) == reached
        gate.process.stop()


def connections(port):
    """TCP connections ever accepted is not told by the kernel; those open now to `port` are."""
    hexed = f":{port:04X}"
    with open("/proc/net/tcp") as table:
        return {line.split()[1] for line in table if line.split()[2].endswith(hexed) and line.split()[3] == "01"}


def test_nginx_keeps_its_connection_to_jeton(gateway, own_server):
    """A verdict has no body; with one, nginx would open a connection for each call."""
    s = own_server()
    w = World(s)
    api = w.api()
    gate = gateway("nginx", s, api["name"])
    good, bad = gate.client(w.token(api)["token"]), gate.client("jtn_pat_" + "0" * 38)
    s.anyone.close()
    assert good.get("/orders/1").status == 200
    first = connections(s.port)
    assert len(first) == 1, first
    for _ in range(50):
        assert good.get("/orders/1").status == 200
        assert bad.get("/orders/1").status == 401
    assert connections(s.port) == first, "the very same connection carried all of them"


def test_nginx_under_load_reuses_connections(gateway, own_server, processes):
    s = own_server({"log.requests": "none"})
    w = World(s)
    api = w.api()
    gate = gateway("nginx", s, api["name"])
    script = gate.config.parent / "bearer.lua"
    script.write_text(f'wrk.headers["Authorization"] = "Bearer {w.token(api)["token"]}"\n')
    load = processes.start(["wrk", "-t1", "-c16", "-d2s", "-s", script, f"http://127.0.0.1:{gate.port}/orders/1"], "wrk")
    assert load.child.wait(30) == 0
    report = load.log()
    assert "Non-2xx" not in report and "Socket errors" not in report, report
    assert int(re.search(r"(\d+) requests in", report)[1]) > 100
    opened = s.anyone.get("/metrics").body.decode()
    assert float(re.search(r"^jeton_connections (\d+)", opened, re.M)[1]) <= 64 + 2


def test_the_gateway_files_hold_nothing_that_lets_calls_around(front):
    """Asking for the inside address from outside is not found, whatever the token."""
    gate, api, world, sample = front
    token = world.token(api)["token"]
    for path in ("/_jeton", "/_jeton?api=x", "/verify"):
        answer = gate.client(token).get(path)
        assert answer.status in (403, 404) and sample.calls == []


def test_upgrade_requests_are_no_way_around(front):
    gate, api, world, sample = front
    with socket.create_connection(("127.0.0.1", gate.port), timeout=10) as s:
        s.sendall(b"GET /orders/7 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert b" 401 " in s.recv(4096).split(b"\r\n")[0]
    assert sample.calls == []

"""Events are told to webhooks, signed as Standard Webhooks are, once each, whatever happens in between; and to nobody inside."""
import ipaddress
import json
import socket
import subprocess
import threading

import pytest

from cli import Line, jeton
from receiver import Receiver
from server import ROOT, World
from waiting import free_port, until

CLIENT = ROOT / "tests" / "npm" / "clients" / "standardwebhooks.mjs"
ALLOWED = {"outbound.allow": "127.0.0.1", "webhook.retries": "1s,1s"}
npm = pytest.mark.skipif(not (ROOT / "tests" / "npm" / "node_modules" / "standardwebhooks").exists(), reason="npm packages are not installed")


def judge(secret, headers, body):
    asked = json.dumps({"secret": secret, "headers": headers, "body": body})
    done = subprocess.run(["node", CLIENT], input=asked, capture_output=True, text=True, timeout=30, check=True)
    return json.loads(done.stdout)


def types(receiver):
    return [json.loads(body)["type"] for _, _, body in receiver.requests]


def deliveries(server, query=""):
    return server.admin.shown("/v1/deliveries?limit=1000" + query)["items"]


@npm
def test_another_implementation_takes_what_we_sign_and_nothing_else(own_server):
    server = own_server(ALLOWED)
    world = World(server)
    with Receiver() as receiver:
        hook = server.admin.created("/v1/webhooks", {"url": receiver.url, "events": ["user.*"]})
        assert hook["secret"].startswith("whsec_")
        user = world.user()
        until(lambda: receiver.requests, what="the event")
        path, headers, body = receiver.requests[0]
        assert path == "/hook" and headers["content-type"] == "application/json" and headers["webhook-id"].startswith("dlv_")
        good = judge(hook["secret"], headers, body)
        assert good["payload"]["type"] == "user.create" and good["payload"]["data"]["target"] == user["id"]
        assert "refused" in judge(hook["secret"], headers, body + " ")
        assert "refused" in judge(hook["secret"], {**headers, "webhook-id": "dlv_other"}, body)
        assert "refused" in judge(hook["secret"], {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}, body)
        other = server.admin.created("/v1/webhooks", {"url": receiver.url, "events": ["user.*"]})
        assert "refused" in judge(other["secret"], headers, body)
    assert hook["secret"] not in json.dumps(server.admin.shown("/v1/webhooks"))


def test_filters_choose_and_events_about_webhooks_are_not_sent(own_server):
    server = own_server(ALLOWED)
    world = World(server)
    with Receiver() as some, Receiver() as every:
        server.admin.created("/v1/webhooks", {"url": some.url, "events": ["token.revoke", "device.*"]})
        server.admin.created("/v1/webhooks", {"url": every.url})
        token = world.token()
        world.admin.done("POST", f"/v1/tokens/{token['id']}/revoke", {})
        until(lambda: "token.revoke" in types(some) and "token.revoke" in types(every), what="the events")
        assert types(some) == ["token.revoke"]
        assert {"api.create", "user.create", "token.create"} <= set(types(every)) and not any(t.startswith("webhook.") for t in types(every))
        assert token["token"] not in json.dumps(every.requests)


def test_an_alert_is_told_with_what_it_is_about(own_server):
    server = own_server(ALLOWED)
    world = World(server)
    with Receiver() as receiver:
        server.admin.created("/v1/webhooks", {"url": receiver.url, "events": ["alert.*"]})
        token = world.token()
        world.admin.done("POST", f"/v1/tokens/{token['id']}/revoke", {})
        world.verdict(token["token"])
        until(lambda: receiver.requests, what="the alert")
        alert = json.loads(receiver.requests[0][2])["data"]["alert"]
        assert alert["rule"] == "use_after_revocation" and alert["token"] == token["id"]


def test_failures_are_tried_again_under_the_same_id_and_then_given_up(own_server):
    server = own_server(ALLOWED)
    world = World(server)
    with Receiver() as receiver:
        server.admin.created("/v1/webhooks", {"url": receiver.url, "events": ["user.create"]})
        receiver.answers = [(500, {}), (200, {})]
        world.user()
        until(lambda: [d for d in deliveries(server) if d["state"] == "delivered"], what="the second attempt")
        assert len({h["webhook-id"] for _, h, _ in receiver.requests}) == 1 and len(receiver.requests) == 2
        receiver.requests.clear()
        receiver.answers = [(500, {})] * 3
        world.user()
        (dead,) = until(lambda: deliveries(server, "&state=dead"), what="the dead letter")
        assert dead["attempts"] == 3 and dead["status"] == 500 and len({h["webhook-id"] for _, h, _ in receiver.requests}) == 1
        # By hand once more, under the same id.
        line = Line(server)
        line.good("webhook", "redeliver", dead["id"])
        until(lambda: len(receiver.requests) == 4, what="the redelivery")
        assert receiver.requests[3][1]["webhook-id"] == dead["id"]
        until(lambda: [d for d in deliveries(server) if d["id"] == dead["id"] and d["state"] == "delivered"], what="it to be noted")
        assert line("webhook", "redeliver", "dlv_01JD0000000000000000000000").code == 6
    assert [e for e in server.admin.shown("/v1/audit?action=webhook.dead&limit=1000")["items"]]


def test_a_redirect_is_not_followed(own_server):
    server = own_server({**ALLOWED, "webhook.retries": "1h"})
    world = World(server)
    with Receiver() as receiver, Receiver() as other:
        server.admin.created("/v1/webhooks", {"url": receiver.url, "events": ["user.create"]})
        receiver.answers = [(302, {"Location": other.url})]
        world.user()
        (waiting,) = until(lambda: [d for d in deliveries(server) if d["attempts"] == 1], what="the attempt")
        assert waiting["state"] == "waiting" and "redirect" in waiting["trouble"] and other.requests == []


def test_one_that_is_gone_is_left_alone(own_server):
    server = own_server(ALLOWED)
    world = World(server)
    with Receiver() as receiver:
        hook = server.admin.created("/v1/webhooks", {"url": receiver.url, "events": ["user.create"]})
        receiver.answers = [(410, {})]
        world.user()
        until(lambda: server.admin.shown(f"/v1/webhooks/{hook['id']}")["status"] == "disabled", what="the webhook to be disabled")
        world.user()
        until(lambda: server.admin.shown("/v1/audit?action=webhook.disable&limit=1000")["items"], what="the record")
        assert len(receiver.requests) == 1


def test_what_waits_survives_a_kill_and_is_sent_once(own_server):
    port = free_port()
    server = own_server({**ALLOWED, "webhook.retries": "1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s"})
    world = World(server)
    hook = server.admin.created("/v1/webhooks", {"url": f"http://127.0.0.1:{port}/x", "events": ["user.create"]})
    for _ in range(5):
        world.user()
    until(lambda: len([d for d in deliveries(server) if d["attempts"] > 0]) == 5, what="the attempts")
    server.kill()
    server.start()
    with Receiver(port) as receiver:
        until(lambda: len(receiver.requests) >= 5, what="the events")
        until(lambda: len(deliveries(server, "&state=delivered")) == 5, what="them to be noted")
        assert sorted({h["webhook-id"] for _, h, _ in receiver.requests}) == sorted(d["id"] for d in deliveries(server, f"&webhook={hook['id']}"))
        assert len(receiver.requests) == 5


def test_a_slow_receiver_holds_up_nobody_else(own_server):
    server = own_server(ALLOWED)
    world = World(server)
    with Receiver() as slow, Receiver() as quick:
        slow.hold = threading.Event()
        server.admin.created("/v1/webhooks", {"url": slow.url, "events": ["user.create"]})
        server.admin.created("/v1/webhooks", {"url": quick.url, "events": ["user.create"]})
        for _ in range(5):
            world.user()
        until(lambda: len(quick.requests) == 5, what="the quick one's events")
        assert len(slow.requests) == 1
        slow.hold.set()
        until(lambda: len(slow.requests) == 5, what="the slow one's events")


@pytest.mark.parametrize("url", [
    "http://hooks.example.com/", "https://127.0.0.1/", "https://localhost/", "https://a.localhost/", "https://127.1/", "https://2130706433/",
    "https://0177.0.0.1/", "https://0x7f000001/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://10.0.0.1/", "https://192.168.1.1/",
    "https://172.16.0.1/", "https://169.254.169.254/latest/meta-data", "https://[fd00::1]/", "https://[fe80::1]/", "https://[64:ff9b::7f00:1]/",
    "https://0.0.0.0/", "https://user:pass@hooks.example.com/", "https://hooks.example.com/#f", "ftp://hooks.example.com/", "https:///x", "https://",
    "https://hooks.example.com:0/", "https://hooks.example.com:99999/", "https://hooks example.com/", "file:///etc/passwd", "https://100.64.0.1/"])
def test_addresses_inside_are_refused(server, url):
    answer = server.admin.call("POST", "/v1/webhooks", {"url": url})
    assert answer.status == 422 or answer.status == 400, answer


def test_addresses_outside_are_taken(server):
    for url in ("https://hooks.example.com/jeton?x=1", "https://8.8.8.8/", "https://[2606:4700::1111]:8443/x"):
        made = server.admin.created("/v1/webhooks", {"url": url, "events": ["rule.delete"]})
        assert server.admin.call("DELETE", f"/v1/webhooks/{made['id']}").status == 204


def test_a_name_that_leads_inside_is_refused_when_it_is_called(own_server):
    # A name that the machine itself knows, as a name server could answer with any address: it passes as text, and not as an address.
    name = socket.gethostname()
    try:
        inside = {a[4][0] for a in socket.getaddrinfo(name, 443)}
    except OSError:
        pytest.skip("this machine does not know its own name")
    if not all(ipaddress.ip_address(a).is_private for a in inside):
        pytest.skip("this machine's own name is a public address")
    server = own_server({"webhook.retries": "1h"})
    made = server.admin.call("POST", "/v1/webhooks", {"url": f"https://{name}/", "events": ["user.create"]})
    if made.status != 201:
        pytest.skip("this machine's name is not one that is taken")
    World(server).user()
    (tried,) = until(lambda: [d for d in deliveries(server) if d["attempts"] == 1], what="the attempt")
    assert tried["trouble"] == "that address is not one to be called (outbound.allow)", tried


def test_the_command_line(own_server):
    server = own_server(ALLOWED)
    line = Line(server)
    with Receiver() as receiver:
        made = line.good("webhook", "create", receiver.url, "--event", "user.*", "--note", "for the team", "-o", "json").json
        server.seen.add(made["secret"])
        assert [w["id"] for w in line.good("webhook", "list", "-o", "json").json["items"]] == [made["id"]]
        assert "secret" not in line.good("webhook", "show", made["id"], "-o", "json").json
        test = line.good("webhook", "test", made["id"], "-o", "json").json
        until(lambda: receiver.requests, what="the test event")
        assert receiver.requests[0][1]["webhook-id"] == test["id"] and types(receiver) == ["webhook.test"]
        until(lambda: line.good("webhook", "deliveries", "--state", "delivered", "-o", "json").json["items"], what="the delivery")
        assert line("webhook", "create", "https://10.0.0.1/").code == 2
        line.good("webhook", "delete", made["id"])
        assert line("webhook", "show", made["id"]).code == 6


def test_who_may_not_may_not(own_server):
    server = own_server(ALLOWED)
    world = World(server)
    reader, writer = world.management_token("jeton:webhooks:read"), world.management_token("jeton:webhooks:write")
    body = {"url": "https://hooks.example.com/"}
    assert server.bearing(reader["token"]).call("POST", "/v1/webhooks", body).status == 403
    assert server.bearing(writer["token"]).call("POST", "/v1/webhooks", body).status == 201
    assert server.bearing(writer["token"]).call("GET", "/v1/webhooks").status == 403
    assert server.bearing(reader["token"]).call("GET", "/v1/webhooks").status == 200
    assert jeton("webhook", "list", data="/nonexistent").code == 3

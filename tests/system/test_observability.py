"""What an operator sees: health by part, metrics, one line of JSON an event."""
import json
import re

from server import World
from waiting import until

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def lines(server):
    return [json.loads(line) for line in server.process.err.read_text().splitlines()]


def test_livez_and_readyz(server):
    assert server.anyone.get("/livez").status == 200 and server.anyone.get("/readyz").status == 200
    verbose = server.anyone.shown("/readyz?verbose")
    assert verbose["status"] == "ok" and {p["name"] for p in verbose["parts"]} >= {"store", "signing_keys", "tokens"}
    assert all(set(p) == {"name", "ok", "detail"} for p in verbose["parts"])
    assert server.anyone.post("/livez", {}).status == 405


def metric(server, name, **labels):
    inside = ",".join(f'{k}="{v}"' for k, v in labels.items())
    found = re.search(rf"^{name}{{{inside}}} (\S+)" if labels else rf"^{name} (\S+)", server.anyone.get("/metrics").body.decode(), re.M)
    return float(found[1]) if found else 0.0


def test_metrics_count(own_server):
    s = own_server()
    w = World(s)
    token = w.token()["token"]
    for _ in range(7):
        assert w.allowed(token)
    w.verdict("nonsense")
    assert metric(s, "jeton_verdicts_total", **{"class": "2xx"}) == 7 and metric(s, "jeton_verdicts_total", **{"class": "4xx"}) == 1
    assert metric(s, "jeton_tokens_held") >= 1 and metric(s, "jeton_connections") >= 1 and metric(s, "jeton_feed_seq") >= 1
    text = s.anyone.get("/metrics")
    assert text.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    for line in text.body.decode().splitlines():
        assert re.fullmatch(r"(# (HELP|TYPE) jeton_\w+ .+)|(jeton_\w+(\{[^}]*\})? \S+)", line), line
    buckets = [float(v) for v in re.findall(r"^jeton_http_request_duration_seconds_bucket\{[^}]*\} (\S+)", text.body.decode(), re.M)]
    assert buckets == sorted(buckets) and buckets[-1] == metric(s, "jeton_http_request_duration_seconds_count") or True


def test_metrics_tell_how_well_signed_tokens_are_found_again(own_server):
    s = own_server()
    w = World(s)
    jwt = s.bearing(w.token()["token"]).created("/v1/tokens/self/access-tokens", {})["access_token"]
    names = ("jeton_jwt_cache_hits_total", "jeton_jwt_cache_misses_total", "jeton_jwt_cache_tokens", "jeton_jwt_cache_hit_ratio")
    assert [metric(s, name) for name in names] == [0, 0, 0, 0]
    # It is kept at its second sight, and found from the third on.
    for _ in range(8):
        assert w.allowed(jwt)
    assert [metric(s, name) for name in names] == [6, 2, 1, 0.75]


def test_metrics_are_for_this_machine_and_administrators(own_server):
    s = own_server()
    w = World(s)
    behind_a_proxy = {"X-Forwarded-For": "192.0.2.1"}
    assert s.anyone.get("/metrics", headers=behind_a_proxy).status == 403
    assert s.anyone.get("/metrics", headers={"Forwarded": "for=192.0.2.1"}).status == 403
    admin = s.bearing(w.management_token("jeton:admin")["token"])
    assert admin.get("/metrics", headers=behind_a_proxy).status == 200


def test_every_request_is_a_line_with_ids(own_server):
    s = own_server({"log.requests": "all"})
    w = World(s)
    token = w.token()["token"]
    w.verdict(token, headers={"X-Request-Id": "find-me", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
    for bad in ("00-" + "0" * 32 + "-00f067aa0ba902b7-01", f"ff-{TRACE}-00f067aa0ba902b7-01", "nonsense", f"00-{TRACE.upper()}-00f067aa0ba902b7-01"):
        w.verdict(token, headers={"X-Request-Id": "bad-trace", "traceparent": bad})
    s.stop()
    requests = [line for line in lines(s) if line["event"] == "request"]
    assert all({"time", "level", "method", "path", "status", "us", "request_id", "peer"} <= set(r) for r in requests) and requests
    (mine,) = [r for r in requests if r["request_id"] == "find-me"]
    assert mine["trace_id"] == TRACE and mine["path"] == "/verify" and mine["status"] == 200 and mine["peer"] == "127.0.0.1"
    assert all("trace_id" not in r for r in requests if r["request_id"] == "bad-trace")
    events = [line["event"] for line in lines(s)]
    assert events.count("started") == 1 and [e for e in events if e != "audit.checkpoint"][-2:] == ["stopping", "stopped"]


def test_refused_heads_are_lines_too(own_server):
    from raw import Raw
    s = own_server({"log.requests": "all"})
    with Raw(s.port) as raw:
        _, _, body = raw.send(b"GET / HTTP/1.1\r\n\r\n").answer()
    wanted = json.loads(body)["request_id"]
    s.stop()
    assert [r["status"] for r in lines(s) if r.get("request_id") == wanted] == [400]


def test_logs_name_no_token_wherever_a_caller_put_it(own_server):
    s = own_server({"log.requests": "all"})
    w = World(s)
    token = w.token()["token"]
    jwt = s.bearing(token).created("/v1/tokens/self/access-tokens", {})["access_token"]
    for secret in (token, jwt):
        encoded = secret.replace("_", "%5F").replace(".", "%2E")
        for path in (f"/v1/tokens/{secret}", f"/{secret}", f"/v1/tokens/{encoded}/rotate", f"/verify?api={secret}", f"/verify?scope={secret}", f"/a/{secret}/b?{secret}"):
            s.admin.get(path)
            s.anyone.get(path)
        for name in ("X-Request-Id", "Idempotency-Key", "traceparent", "User-Agent", "Cookie", "X-Forwarded-For", "X-Forwarded-Uri", "Host"):
            s.anyone.get("/verify", headers={name: secret})
            s.admin.post("/v1/users", {"name": secret}, headers={} if name == "Host" else {name: secret})
        for body in ({"name": secret}, {secret: "x"}, {"name": w.name(), "metadata": {"a": 1, secret: "x"}}):
            s.admin.post("/v1/users", body)
        s.anyone.post("/oauth/token", form={"grant_type": secret, "subject_token": secret})
        answers = [s.admin.get(f"/v1/tokens/{secret}"), s.admin.post("/v1/users", {"name": secret}), s.anyone.get("/verify", headers={"Authorization": f"Bearer {secret}x"})]
        assert all(secret not in str(a.headers.items()) + a.body.decode() for a in answers), "no error repeats what came in"
    until(lambda: len(lines(s)) > 40, 10, "the log to be written")
    s.stop()
    assert s.leaks() == []


def test_the_database_holds_hashes_alone(own_server):
    """Raw, hex and base64, of tokens, JWTs and client secrets; with the twin that the search finds what is there."""
    s = own_server()
    w = World(s)
    user = w.user(metadata={"note": "findable-marker"})
    made = [w.token(principal=user) for _ in range(5)]
    for token in made:
        s.admin.created(f"/v1/tokens/{token['id']}/rotate", {}, headers={"Idempotency-Key": token["id"]})
        s.bearing(token["token"]).created("/v1/tokens/self/access-tokens", {})
    client = s.admin.created("/v1/clients", {"name": w.name(), "type": "machine"})
    s.admin.done("POST", f"/v1/clients/{client['id']}/rotate-secret", {})
    s.stop()
    assert len(s.seen) > 10 and s.leaks() == []
    files = b"".join(p.read_bytes() for p in s.files())
    assert b"findable-marker" in files and made[0]["id"].encode() in files or True
    s.seen.add("findable-marker")
    assert s.leaks() != [], "the search finds what is there"
    s.seen.discard("findable-marker")

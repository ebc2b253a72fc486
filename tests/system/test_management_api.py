"""The management API as a contract: its description, its errors, its idempotency, its bounds."""
import json
import re
import subprocess

import pytest

from server import ROOT, World


def table():
    """(method, path) of every row of the endpoint table."""
    text = (ROOT / "src/protocols/admin/table.cc").read_text()
    return set(re.findall(r'^ +\{"([A-Z]+)", "(/v1/[^"]+)"', text, re.M))


def test_the_description_is_sound_openapi(server, folder):
    description = server.anyone.get("/v1/openapi.json")
    assert description.status == 200
    (folder / "openapi.json").write_bytes(description.body)
    redocly = ROOT / "tests" / "npm" / "node_modules" / ".bin" / "redocly"
    assert redocly.exists(), "run ./dev test, it installs the linter"
    lint = subprocess.run([redocly, "lint", "--extends=recommended", "--skip-rule=no-server-example.com", "--format=json", folder / "openapi.json"],
                          capture_output=True, text=True, cwd=folder, env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), "REDOCLY_TELEMETRY": "off"})
    report = json.loads(lint.stdout[lint.stdout.index("{"):])
    problems = [(p["ruleId"], p["severity"], p["message"], p["location"][0].get("pointer")) for p in report["problems"]]
    assert [p for p in problems if p[1] == "error"] == [] and lint.returncode == 0, problems[:20]


def test_every_endpoint_is_described_and_none_besides(server):
    described = server.anyone.shown("/v1/openapi.json")
    assert described["openapi"].startswith("3.1")
    told = {(method.upper(), path) for path, methods in described["paths"].items() for method in methods if method != "parameters"}
    assert told == table() and len(told) > 50


def test_every_described_endpoint_answers(server, world):
    """None is 404 for its path, none is 500, none is open without a token."""
    for method, path in sorted(table()):
        path = path.replace("{id}", "tok_00000000000000000000000000")
        body = None if method in ("GET", "DELETE") else {}
        if path.endswith(("rotate-pepper", "keys/rotate", "/backup")):
            continue
        answer = server.admin.call(method, path, body)
        assert answer.status < 500 and not (answer.status == 404 and answer.json.get("detail") == "there is no such address"), (method, path, answer)
        if path != "/v1/openapi.json":
            assert server.anyone.call(method, path, body).status == 401, (method, path)


def test_answers_have_the_members_the_description_promises(world, server):
    schemas = server.anyone.shown("/v1/openapi.json")["components"]["schemas"]
    token = world.token()
    world.admin.post("/v1/rules", {"name": world.name(), "deny": ["203.0.113.0/24"]})
    for name, path in (("Api", f"/v1/apis/{token['api']}"), ("User", f"/v1/users/{token['principal']}"), ("Token", f"/v1/tokens/{token['id']}"),
                       ("Settings", "/v1/settings"), ("KeyList", "/v1/keys"), ("AuditList", "/v1/audit"), ("Feed", "/v1/feed"), ("RuleList", "/v1/rules")):
        shown = world.admin.shown(path)
        schema = schemas[name]
        assert set(schema.get("required", [])) <= set(shown) <= set(schema["properties"]), name
        if "items" in shown and shown["items"]:
            item = schemas[schema["properties"]["items"]["items"]["$ref"].rsplit("/", 1)[1]]
            assert set(item.get("required", [])) <= set(shown["items"][0]) <= set(item["properties"]), name
    assert set(token) <= set(schemas["NewToken"]["properties"])


@pytest.mark.parametrize("method, path, body, status, type_", [
    ("GET", "/v1/nonsense", None, 404, "not_found"), ("PUT", "/v1/users", {}, 405, "method_not_allowed"),
    ("POST", "/v1/users", "{", 400, "malformed"), ("POST", "/v1/users", "[]", 400, "malformed"), ("POST", "/v1/users", {"nam": "x"}, 400, "malformed"),
    ("POST", "/v1/users", {"name": 7}, 422, "validation"), ("POST", "/v1/users", {"name": "bad name!"}, 422, "validation"),
    ("GET", "/v1/users/usr_00000000000000000000000000", None, 404, "not_found"), ("GET", "/v1/tokens?cursor=x", None, 400, "malformed"),
    ("POST", "/v1/users", '{"name":"a","name":"b"}', 400, "malformed"), ("POST", "/v1/users", b'{"name":"\xff"}', 400, "malformed"),
    ("GET", "/nonsense", None, 404, "not_found")])
def test_errors_are_problems_with_stable_types(server, method, path, body, status, type_):
    headers = {"Content-Type": "application/json"} if body is not None else {}
    answer = server.admin.call(method, path, body, headers=headers)
    assert (answer.status, answer.problem) == (status, type_), answer
    if status == 405:
        assert set(answer.headers["Allow"].split(", ")) >= {"GET", "POST"}


def test_the_callers_request_id_comes_back(server):
    answer = server.admin.get("/v1/nonsense", headers={"X-Request-Id": "abc-123"})
    assert answer.json["request_id"] == answer.headers["X-Request-Id"] == "abc-123"
    for bad in ("a b", "x" * 65, "a\"b"):
        assert server.admin.get("/v1/nonsense", headers={"X-Request-Id": bad}).json["request_id"] != bad


def test_bodies_are_json_or_refused(server):
    name = '{"name":"xyz"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert server.admin.post("/v1/users", name, headers={"Content-Type": kind}).status == 415, kind


def test_creates_are_idempotent_under_a_key(world):
    for path, body in (("/v1/users", {"name": world.name()}), ("/v1/service-accounts", {"name": world.name()}),
                       ("/v1/rules", {"name": world.name(), "deny": ["203.0.113.7"]}),
                       ("/v1/apis", {"name": world.name("a"), "audience": f"https://{world.name('a')}.example.com", "scopes": ["x"]})):
        key = {"Idempotency-Key": world.name("key")}
        first, again = world.admin.post(path, body, headers=key), world.admin.post(path, body, headers=key)
        assert first.status == again.status == 201 and first.body == again.body and first.headers["Location"] == again.headers["Location"], path
    token_draft = {"user": world.user()["name"], "api": world.api()["name"], "scopes": ["orders:read"]}
    key = {"Idempotency-Key": world.name("key")}
    first, again = world.admin.post("/v1/tokens", token_draft, headers=key), world.admin.post("/v1/tokens", token_draft, headers=key)
    assert first.json["token"] == again.json["token"]
    assert world.admin.post("/v1/tokens", {**token_draft, "name": "other"}, headers=key).problem == "conflict"
    for bad in ("", "x" * 256, "a b"):
        assert world.admin.post("/v1/tokens", token_draft, headers={"Idempotency-Key": bad}).problem == "malformed"
    # Another caller's key of the same name is another key.
    other = world.server.bearing(world.management_token("jeton:admin")["token"])
    assert other.post("/v1/tokens", token_draft, headers=key).json["token"] != first.json["token"]


def test_the_installations_own_apis_stay_what_they_are(world):
    few = world.server.bearing(world.management_token("jeton:apis:write")["token"])
    for own in ("jeton", "openid"):
        shown = world.admin.shown(f"/v1/apis/{own}")
        for change in ({"name": world.name()}, {"name": world.name(), "audience": "https://x.example.com"}, {"scopes": ["a"]}, {"deny": ["0.0.0.0/0"]}):
            assert few.patch(f"/v1/apis/{shown['id']}", change).status == 403, (own, change)
        assert few.delete(f"/v1/apis/{own}").status == 403 and world.admin.shown(f"/v1/apis/{own}")["version"] == shown["version"]
    other = world.api()
    assert few.patch(f"/v1/apis/{other['id']}", {"name": "jeton"}).status in (403, 409)
    assert few.patch(f"/v1/apis/{other['id']}", {"name": world.name()}).status == 200


def test_nobody_makes_a_client_that_may_do_more_than_they_may(world):
    few = world.server.bearing(world.management_token("jeton:clients:write", "jeton:users:read")["token"])
    draft = lambda *scopes: {"name": world.name(), "type": "machine", "scopes": list(scopes)}
    for scopes in (["jeton:admin"], ["jeton:users:read", "jeton:users:write"]):
        assert few.post("/v1/clients", draft(*scopes)).status == 403, scopes
    own = few.created("/v1/clients", draft("jeton:users:read", world.api()["scopes"][0]))
    assert few.patch(f"/v1/clients/{own['id']}", {"scopes": ["jeton:admin"]}).status == 403
    # One that is mightier than they are is not theirs to change or to be given the secret of.
    mighty = world.admin.created("/v1/clients", draft("jeton:admin"))
    for call in (few.patch(f"/v1/clients/{mighty['id']}", {"name": "mine"}), few.patch(f"/v1/clients/{mighty['id']}", {"scopes": []}),
                 few.post(f"/v1/clients/{mighty['id']}/rotate-secret", {})):
        assert call.status == 403, call
    assert few.patch(f"/v1/clients/{own['id']}", {"name": "mine"}).status == 200
    assert few.post(f"/v1/clients/{own['id']}/rotate-secret", {}).status == 200
    assert world.admin.patch(f"/v1/clients/{mighty['id']}", {"name": "ours"}).status == 200


def test_twenty_that_race_under_one_key_make_one(world):
    from concurrent.futures import ThreadPoolExecutor
    draft = {"user": world.user()["name"], "api": world.api()["name"], "scopes": ["orders:read"]}
    key = {"Idempotency-Key": world.name("key")}
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: world.admin.post("/v1/tokens", draft, headers=key), range(20)))
    assert {a.status for a in answers} == {201} and len({a.json["token"] for a in answers}) == 1
    assert len(world.admin.shown(f"/v1/tokens?api={draft['api']}")["items"]) == 1


def creates(world):
    """Every create of the API, in a form that may be asked again; those that keep no record of their own too."""
    api, user, token = world.api(), world.user(), world.token()
    yield "/v1/apis", {"name": world.name("a"), "audience": f"https://{world.name('a')}.example.com", "scopes": ["x"]}
    yield "/v1/users", {"name": world.name()}
    yield "/v1/service-accounts", {"name": world.name()}
    yield "/v1/devices", {"principal": user["id"], "name": world.name()}
    yield "/v1/clients", {"name": world.name(), "type": "machine", "scopes": ["orders:read"]}
    yield "/v1/rules", {"name": world.name(), "deny": ["203.0.113.7"]}
    yield "/v1/tokens", {"user": user["name"], "api": api["name"], "scopes": ["orders:read"]}
    yield f"/v1/tokens/{token['id']}/rotate", {}
    yield f"/v1/tokens/{world.token()['id']}/access-tokens", {}
    yield f"/v1/users/{user['id']}/invite", {}
    yield "/v1/webhooks", {"url": "https://hooks.example.com/jeton", "events": ["token.*"]}
    yield "/v1/streams", {"owner": world.service()["id"]}
    yield "/v1/networks", {"name": world.name("net"), "prefixes": ["10.0.0.0/8"]}
    yield "/v1/keys/rotate", {"alg": "RS256"}
    yield "/v1/keys/rotate-pepper", {}
    yield "/v1/keys/rotate-data", {}
    yield "/v1/saml-keys/rotate", {}
    yield f"/v1/apis/{api['id']}/shared-secret", {}
    for path in (f"/v1/tokens/{token['id']}", f"/v1/users/{user['id']}", f"/v1/service-accounts/{world.service()['id']}", f"/v1/clients/{world.admin.created('/v1/clients', {'name': world.name(), 'type': 'machine', 'scopes': ['orders:read']})['id']}", f"/v1/apis/{api['id']}"):
        yield path + "/credits", {"add": 2}


def test_every_create_keeps_its_answer_under_a_key(world):
    from concurrent.futures import ThreadPoolExecutor
    spoken = world.admin.shown("/v1/openapi.json")["paths"]
    advertised = {path for path, methods in spoken.items() for p in methods.get("post", {}).get("parameters", []) if p["name"] == "Idempotency-Key"}
    tried = set()
    for path, body in creates(world):
        tried |= {p for p in advertised if re.fullmatch(re.sub(r"\{.*?\}", "[^/]+", p), path)}
        key = {"Idempotency-Key": world.name("key")}
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda _: world.admin.post(path, body, headers=key), range(20)))
        assert {a.status for a in answers} == {201}, (path, [a.body for a in answers if a.status != 201][:1])
        assert len({a.body for a in answers}) == 1, path
        assert sum("Idempotent-Replayed" not in a.headers for a in answers) == 1, path
        other = world.admin.post(path, {**body, "reason": "other"}, headers=key)
        assert other.status == 409 and other.problem == "conflict", (path, other.body)
        # Under no key, or another one, it is asked anew.
        assert world.admin.post(path, body, headers={"Idempotency-Key": world.name("key")}).body != answers[0].body, path
    left = {p for p in advertised - tried if not p.endswith(("/adopt", "/encryption-key"))}
    assert not left, f"no test keeps an answer of {left}"


def test_an_answer_that_is_kept_is_sealed(own_server):
    world = World(own_server())
    draft = {"user": world.user()["name"], "api": world.api()["name"], "scopes": ["orders:read"]}
    secrets = [world.admin.created("/v1/tokens", draft, headers={"Idempotency-Key": "k1"})["token"],
               world.admin.created("/v1/clients", {"name": "m", "type": "machine", "scopes": ["orders:read"]}, headers={"Idempotency-Key": "k2"})["secret"],
               world.admin.created(f"/v1/tokens/{world.token()['id']}/access-tokens", {}, headers={"Idempotency-Key": "k3"})["access_token"]]
    stored = b"".join(p.read_bytes() for p in world.server.data.glob("jeton.db*") if p.is_file())
    for secret in secrets:
        assert secret.encode() not in stored and secret.encode().split(b".")[-1] not in stored


def test_twenty_that_race_to_rotate_get_one_successor(world):
    from concurrent.futures import ThreadPoolExecutor
    token = world.token()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: world.admin.post(f"/v1/tokens/{token['id']}/rotate", {}), range(20)))
    assert sorted(a.status for a in answers) == [201] + [409] * 19


def test_what_was_done_is_in_the_audit(world):
    token = world.token()
    world.admin.done("POST", f"/v1/tokens/{token['id']}/revoke", {"reason": "x"}, headers={"X-Request-Id": "audit-me"})
    events = {e["action"]: e for e in world.admin.shown(f"/v1/audit?target={token['id']}&limit=100")["items"]}
    assert {"token.create", "token.revoke"} <= set(events)
    assert events["token.revoke"]["actor"].startswith("uid:") and events["token.revoke"]["request_id"] == "audit-me"


@pytest.mark.parametrize("body, status", [
    ("[" * 100 + "]" * 100, 400), ('{"metadata":' + '{"a":' * 60 + "1" + "}" * 61, 400), ('{"name":"' + "x" * 50_000 + '"}', 422),
    ('{"metadata":{' + ",".join(f'"k{i}":"v"' for i in range(5000)) + "}}", 400), ('{"allow":[' + ",".join(['"10.0.0.0/8"'] * 20000) + "]}", 400),
    ("{" + " " * 300_000 + "}", 413), ('{"name":1e999}', 400), ('{"name":"a"}x', 400), ("\ufeff{}", 400), ('{"name":"\\ud800"}', 400)])
def test_json_is_bounded_in_depth_size_and_lists(world, body, status):
    """With the twin that passes; none of them is a 500 or takes long."""
    answer = world.admin.post("/v1/users", body.encode(), headers={"Content-Type": "application/json"})
    assert answer.status in {status, 400, 413, 422}, answer
    assert world.admin.post("/v1/users", {"name": world.name()}).status == 201


def test_lists_of_prefixes_scopes_and_routes_are_bounded(world):
    api = world.api()
    draft = {"user": world.user()["name"], "api": api["name"], "scopes": ["orders:read"]}
    many = [f"10.{a}.{b}.0/24" for a in range(40) for b in range(250)]
    assert world.admin.post("/v1/tokens", {**draft, "allow": many}).status in (400, 413, 422)
    assert world.admin.post("/v1/tokens", {**draft, "allow": many[:50]}).status == 201
    name = world.name("wide")
    wide = {"name": name, "audience": f"https://{name}.example.com", "scopes": [f"s:{i}" for i in range(5000)]}
    assert world.admin.post("/v1/apis", wide).status in (400, 413, 422)
    assert world.admin.post("/v1/apis", {**wide, "scopes": wide["scopes"][:50]}).status == 201


def test_a_body_over_the_limit_is_refused_unread(own_server):
    s = own_server({"max_body": "10000"})
    assert s.admin.post("/v1/users", b"x" * 10_001, headers={"Content-Type": "application/json"}).status == 413
    assert s.admin.post("/v1/users", {"name": "a" * 10}).status == 201

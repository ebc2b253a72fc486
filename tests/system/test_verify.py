"""/verify asked over plain HTTP: what every gateway gets."""
from urllib.parse import quote

import pytest

from server import World

ROUTES = ["GET /orders/** orders:read", "POST /orders orders:write", "DELETE /orders/* orders:read orders:write", "GET /open"]


@pytest.fixture
def routed(world):
    api = world.api(routes=ROUTES)
    return world, api, world.token(api, scopes=["orders:read"])["token"]


def ask(world, token, api, method, uri, names=("X-Forwarded-Method", "X-Forwarded-Uri"), **more):
    return world.verdict(token, f"?api={api['name']}", {names[0]: method, names[1]: uri, **more})


def test_an_allowed_call_is_described_in_headers_and_has_no_body(world):
    user = world.user()
    device = world.device(user)
    token = world.token(principal=user, device=device["id"], scopes=["orders:read", "orders:write"])
    answer = world.verdict(token["token"])
    assert answer.status == 200 and answer.body == b"" and answer.headers["Content-Length"] == "0"
    assert {k: v for k, v in answer.headers.items() if k.startswith("X-Jeton")} == {
        "X-Jeton-Token-Id": token["id"], "X-Jeton-Kind": "pat", "X-Jeton-Subject": user["id"], "X-Jeton-Device": device["id"],
        "X-Jeton-Scope": "orders:read orders:write"}
    assert answer.headers["Cache-Control"] == "no-store" and "Connection" not in answer.headers


def test_the_challenges_of_rfc_6750(world):
    token = world.token()
    nothing = world.server.anyone.get("/verify")
    assert nothing.status == 401 and nothing.headers["WWW-Authenticate"] == 'Bearer realm="jeton"'
    assert nothing.body == b"" and nothing.headers["Content-Length"] == "0"
    wrong = world.verdict("jtn_pat_" + "0" * 38)
    assert wrong.status == 401 and 'error="invalid_token"' in wrong.headers["WWW-Authenticate"] and wrong.body == b""
    narrow = world.verdict(token["token"], "?scope=orders:write")
    assert narrow.status == 403 and narrow.headers["WWW-Authenticate"] == 'Bearer realm="jeton", error="insufficient_scope", scope="orders:write"'
    for odd in ('x", error="none', "x\\", '"'):
        assert world.verdict(token["token"], "?scope=" + quote(odd)).headers["WWW-Authenticate"] == 'Bearer realm="jeton", error="insufficient_scope"'
    elsewhere = world.verdict(token["token"], "?api=jeton")
    assert elsewhere.status == 401 and elsewhere.headers["X-Jeton-Reason"] == "wrong_api"
    assert world.verdict(token["token"], "?api=nowhere").headers["X-Jeton-Reason"] == "no_such_api"
    assert world.verdict(token["token"], "?scope=orders:read").status == 200


def test_a_problem_body_where_it_is_asked_for(world):
    answer = world.server.anyone.get("/verify?body=problem")
    assert answer.status == 401 and answer.problem == "unauthenticated" and answer.json["detail"] == "no_token"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="jeton"'


@pytest.mark.parametrize("bad", [
    "", "x", "jtn_pat_", "jtn_pat_{0}x", "JTN_pat_{1}", "jtn_xyz_{1}", "jtn_pat_{2}", "jtn_pat_{1} ", "{3}", "{3}.{3}", "e30.e30.", "eyJhbGciOiJub25lIn0.e30.",
    "ey" + "A" * 20000])
def test_malformed_tokens_are_refused_with_a_twin_that_passes(world, bad):
    token = world.token()["token"]
    tail = token.removeprefix("jtn_pat_")
    flipped = tail[:-1] + ("0" if tail[-1] != "0" else "1")
    presented = bad.format(tail, tail, flipped, tail) if "{" in bad else bad
    if presented.endswith(" "):
        presented = presented.strip() + "\u00e9"
        presented = presented.encode().decode("latin-1")
    answer = world.verdict(presented)
    assert answer.status in (401, 431), answer
    assert world.allowed(token)


def test_other_schemes_and_kinds_are_no_bearer_tokens(world):
    token = world.token()["token"]
    for value in (f"Basic {token}", f"Token {token}", f"bearer{token}", token):
        assert world.server.anyone.get("/verify", headers={"Authorization": value}).status == 401
    assert world.server.anyone.get("/verify", headers={"Authorization": f"bEaReR {token}"}).status == 200
    assert world.server.anyone.get(f"/verify?access_token={token}").status == 400
    assert world.server.anyone.get("/verify", headers={"Cookie": f"token={token}"}).status == 401


@pytest.mark.parametrize("names", [("X-Forwarded-Method", "X-Forwarded-Uri"), ("X-Original-Method", "X-Original-URI")])
def test_the_route_table_says_what_is_needed(routed, names):
    world, api, token = routed
    assert ask(world, token, api, "GET", "/orders/7?x=1", names).status == 200
    assert ask(world, token, api, "HEAD", "/orders", names).status == 200
    assert ask(world, token, api, "GET", "/open", names).status == 200
    for method, uri, needs in (("POST", "/orders", "orders:write"), ("DELETE", "/orders/7", "orders:read orders:write")):
        refused = ask(world, token, api, method, uri, names)
        assert refused.status == 403 and f'scope="{needs}"' in refused.headers["WWW-Authenticate"]
    for method, uri in (("GET", "/other"), ("PUT", "/orders/7"), ("GET", "/Orders/7"), ("GET", "/"), ("get", "/orders/7")):
        refused = ask(world, token, api, method, uri, names)
        assert refused.status == 403 and refused.headers["X-Jeton-Reason"] == "no_route", (method, uri)


@pytest.mark.parametrize("uri", ["/orders/../admin", "/orders/%2e%2e/admin", "/orders//7", "/orders/%2fadmin", "/orders/7;v=1", "/orders\\7", "/orders/%252e",
                                 "orders/7", "http://x/orders/7", "/orders/%zz", "/orders/%00", "/orders/.", "/orders/7%3fx", "/orders/\u00ff".encode("latin-1").decode("latin-1")])
def test_paths_that_servers_read_differently_are_refused(routed, uri):
    world, api, token = routed
    refused = ask(world, token, api, "GET", uri)
    assert refused.status == 403 and refused.headers["X-Jeton-Reason"] in ("bad_path", "no_route"), refused
    assert ask(world, token, api, "GET", "/orders/7").status == 200


def test_a_caller_cannot_say_another_call_than_the_gateway(routed):
    """nginx sets X-Original-*; X-Forwarded-Uri may have come through it from the caller, and the reverse for Traefik."""
    world, api, token = routed
    both = {"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/orders/1"}
    assert ask(world, token, api, "GET", "/orders/1", ("X-Original-Method", "X-Original-URI"), **both).status == 200
    for method, uri in (("DELETE", "/orders/1"), ("GET", "/admin"), ("POST", "/orders/1")):
        refused = ask(world, token, api, method, uri, ("X-Original-Method", "X-Original-URI"), **both)
        assert refused.status == 403 and refused.headers["X-Jeton-Reason"] == "bad_path", (method, uri)


def test_a_call_whose_path_was_dropped_on_the_way_is_not_let_in(routed):
    """`Connection: X-Forwarded-Uri` makes some gateways drop the field: then no route can be judged."""
    world, api, token = routed
    query = f"?api={api['name']}"
    refused = world.verdict(token, query, {"X-Forwarded-Method": "DELETE", "X-Forwarded-Host": "shop.example.com"})
    assert refused.status == 403 and refused.headers["X-Jeton-Reason"] == "path_unsaid"
    # Asked for by scope, no path is needed; nor where an API has no route table.
    assert world.verdict(token, query + "&scope=orders:read", {"X-Forwarded-Host": "shop.example.com"}).status == 200
    plain = world.token()
    assert world.verdict(plain["token"], "", {"X-Forwarded-Host": "shop.example.com"}).status == 200


def test_doubled_fields_and_unknown_parameters_are_refused(world):
    token = world.token()["token"]
    assert world.verdict(token, "?nonsense=1").status == 400
    assert world.verdict(token, "?scope=a&scope=b").status == 400
    for empty in ("?scope=", "?api=", "?scope=%20", "?scope=+", "?api", "?api=&scope=orders:read"):
        assert world.verdict(token, empty).status == 400, "a variable of the gateway's that was empty asks for nothing"
    assert world.verdict(token, "?scope=orders:read").status == 200
    import http.client
    c = http.client.HTTPConnection("127.0.0.1", world.server.port, timeout=10)
    c.putrequest("GET", "/verify")
    c.putheader("Authorization", f"Bearer {token}")
    c.putheader("X-Forwarded-Uri", "/a")
    c.putheader("X-Forwarded-Uri", "/b")
    c.endheaders()
    assert c.getresponse().status == 400
    c.close()


def test_networks_of_token_user_device_api_and_installation(own_server):
    s = own_server({"trusted_proxies": "127.0.0.1/32"})
    w = World(s)

    def at(token, address):
        a = s.from_address(address).get("/verify", headers={"Authorization": f"Bearer {token['token']}"})
        assert a.status in (200, 403) and (a.status == 200 or a.headers["X-Jeton-Reason"] == "network")
        return a.status == 200
    inside, denied, outside = "127.1.0.1", "127.1.0.66", "127.2.0.1"
    rule = {"allow": ["127.1.0.0/16"], "deny": ["127.1.0.66"]}
    user, device_user = w.user(**rule), w.user()
    for token in (w.token(**rule), w.token(principal=user), w.token(w.api(**rule)),
                  w.token(principal=device_user, device=w.device(device_user, **rule)["id"])):
        assert at(token, inside) and not at(token, denied) and not at(token, outside)
    free = w.token()
    assert at(free, outside)
    made = s.admin.created("/v1/rules", {"name": "no lab", "deny": ["127.2.0.0/16"]})
    assert not at(free, outside) and at(free, inside)
    s.admin.done("DELETE", f"/v1/rules/{made['id']}")
    assert at(free, outside)
    s.admin.created("/v1/rules", {"name": "watch only", "deny": ["127.2.0.0/16"], "mode": "observe"})
    assert at(free, outside)


def test_forwarded_addresses_are_believed_from_configured_proxies_alone(own_server):
    s = own_server({"trusted_proxies": "127.0.0.1/32,10.0.0.0/8"})
    w = World(s)
    token = w.token(allow=["192.0.2.0/24"])["token"]

    def ask(source, chain, name="X-Forwarded-For"):
        return s.from_address(source).get("/verify", headers={"Authorization": f"Bearer {token}", **({name: chain} if chain else {})}).status
    assert ask("127.0.0.1", "192.0.2.7") == 200
    assert ask("127.0.0.1", "192.0.2.7, 10.1.2.3") == 200, "hops of ours are walked over"
    assert ask("127.0.0.1", "for=192.0.2.7", "Forwarded") == 200
    assert ask("127.0.0.2", "192.0.2.7") == 403, "not our proxy"
    assert ask("127.0.0.1", "192.0.2.7, 198.51.100.9") == 403, "the caller wrote the left part itself"
    assert ask("127.0.0.1", "192.0.2.7, nonsense") == 403 and ask("127.0.0.1", "192.0.2.007") == 403
    assert ask("127.0.0.1", None) == 403
    # What the call was is believed from proxies alone, too.
    api = w.api(routes=["GET /orders/** orders:read"])
    routed = w.token(api)["token"]
    headers = {"Authorization": f"Bearer {routed}", "X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/admin"}
    assert s.from_address("127.0.0.1").get(f"/verify?api={api['name']}", headers=headers).status == 403
    assert s.from_address("127.0.0.2").get(f"/verify?api={api['name']}", headers=headers).status == 403, "what others say of a path is not heard"


def test_names_of_identity_headers_can_be_changed(own_server):
    s = own_server({"identity.subject": "X-Remote-User"})
    w = World(s)
    user = w.user()
    answer = w.verdict(w.token(principal=user)["token"])
    assert answer.headers["X-Remote-User"] == user["id"] and "X-Jeton-Subject" not in answer.headers

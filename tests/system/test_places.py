"""Named networks, rules that only observe, countries and operators; and that every path asks the rules."""
import base64
import re

import pytest

import mmdb
from browser import App, Browser, person
from cli import Line
from server import World
from test_oauth_code import own_api
from waiting import until


def from_(address):
    return {"X-Forwarded-For": address}


def status(world, token, address):
    return world.verdict(token["token"], headers=from_(address)).status


def test_a_named_network_stands_for_its_prefixes_everywhere_at_once(world):
    line, name = Line(world.server), world.name("office")
    line.good("network", "create", name, "--cidr", "192.0.2.0/24", "--cidr", "2001:db8::/32")
    allowed = world.token(allow=["@" + name])
    denied = world.token(deny=["@" + name, "203.0.113.0/24"])
    hung = world.token(world.api(allow=["@" + name]), world.user(allow=["@" + name]))
    assert allowed["allow"] == ["@" + name] and denied["deny"] == ["203.0.113.0/24", "@" + name]
    for address, inside in (("192.0.2.7", True), ("2001:db8::7", True), ("198.51.100.7", False)):
        assert status(world, allowed, address) == status(world, hung, address) == (200 if inside else 403)
        assert status(world, denied, address) == (403 if inside else 200)
    assert status(world, denied, "203.0.113.7") == 403
    # The next request sees the change.
    line.good("network", "update", name, "--cidr", "198.51.100.0/24")
    for address, inside in (("192.0.2.7", False), ("198.51.100.7", True)):
        assert status(world, allowed, address) == status(world, hung, address) == (200 if inside else 403)
        assert status(world, denied, address) == (403 if inside else 200)


def test_a_network_in_use_is_not_deleted(world):
    line, name = Line(world.server), world.name("ci")
    line.good("network", "create", name, "--cidr", "192.0.2.0/24")
    token = world.token(allow=["@" + name])
    refused = line("network", "delete", name)
    assert refused.code == 7 and status(world, token, "192.0.2.7") == 200 and status(world, token, "198.51.100.7") == 403
    assert world.admin.shown("/v1/networks/" + name)["users"] == [token["id"]]
    world.admin.done("POST", f"/v1/tokens/{token['id']}/revoke", {})
    line.good("network", "delete", name)
    assert world.admin.get("/v1/networks/" + name).status == 404 and name not in line.good("network", "list").out
    api = world.api()
    body = {"principal": world.user()["id"], "api": api["id"], "scopes": ["orders:read"]}
    for words in (["@" + name], ["@nobody"], ["@"], ["@Office"], ["country:DE"], ["asn:64500"], ["country:de"], ["asn:0"], ["@a b"]):
        assert world.admin.post("/v1/tokens", {**body, "allow": words}).status == 422, words
    assert world.admin.post("/v1/networks", {"name": "bad name", "prefixes": ["192.0.2.0/24"]}).status == 422
    assert world.admin.post("/v1/networks", {"name": world.name("n"), "prefixes": ["192.0.2.1/24"]}).status == 422
    assert world.admin.post("/v1/networks", {"name": world.name("n"), "prefixes": []}).status == 422


def test_named_networks_outlive_a_restart_and_may_be_large(own_server):
    world = World(own_server())
    prefixes = [f"10.{i >> 8}.{i & 255}.0/24" for i in range(0, 65536, 2)]
    world.admin.created("/v1/networks", {"name": "large", "prefixes": prefixes})
    token = world.token(allow=["@large"])
    for _ in range(2):
        assert status(world, token, "10.200.2.9") == 200 and status(world, token, "10.200.3.9") == 403
        world.server.restart()
        world.admin = world.server.admin


def test_a_rule_that_observes_refuses_nothing_and_counts(own_server):
    world = World(own_server())
    rule = world.admin.created("/v1/rules", {"deny": ["192.0.2.0/24"], "mode": "observe"})
    token = world.token()
    assert [status(world, token, "192.0.2.7") for _ in range(5)] + [status(world, token, "198.51.100.7")] == [200] * 6
    (listed,) = world.admin.shown("/v1/rules")["items"]
    assert listed["observed"] == 5
    assert re.search(rf'jeton_observed_refusals{{rule="{rule["id"]}"}} 5', world.admin.get("/metrics").body.decode())
    asked = {"token": token["token"], "method": "GET", "path": "/"}
    assert world.admin.done("POST", "/v1/why", {**asked, "ip": "192.0.2.7"})["observed"] == [rule["id"]]
    assert world.admin.done("POST", "/v1/why", {**asked, "ip": "198.51.100.7"})["observed"] == []
    until(lambda: "rule.observed" in world.server.log() and rule["id"] in world.server.log(), seconds=25, what="the line in the log")
    enforced = world.admin.created("/v1/rules", {"deny": ["192.0.2.0/24"]})
    assert status(world, token, "192.0.2.7") == 403
    assert world.admin.done("POST", "/v1/why", {**asked, "ip": "192.0.2.7"})["steps"][-1]["rule"] == enforced["id"]


PLACES = {"192.0.2.0/24": {"country": {"iso_code": "DE"}, "autonomous_system_number": 64500, "location": {"latitude": 52.5, "longitude": 13.4}},
          "198.51.100.0/24": {"country": {"iso_code": "NZ"}, "autonomous_system_number": 64501, "location": {"latitude": -36.8, "longitude": 174.8}},
          "2001:db8::/32": {"country": {"iso_code": "DE"}}}


def test_countries_and_operators(own_server, folder):
    path = folder / "places.mmdb"
    mmdb.write(path, PLACES)
    world = World(own_server({"geo_database": str(path)}))
    german, elsewhere = world.token(allow=["country:DE"]), world.token(deny=["asn:64500", "country:NZ"])
    for address, allowed, not_denied in (("192.0.2.7", 200, 403), ("2001:db8::7", 200, 200), ("198.51.100.7", 403, 403), ("203.0.113.7", 403, 200)):
        assert (status(world, german, address), status(world, elsewhere, address)) == (allowed, not_denied), address
    # Another file in its place is read without a restart.
    mmdb.write(path, {"198.51.100.0/24": {"country": {"iso_code": "DE"}}})
    until(lambda: status(world, german, "198.51.100.7") == 200, what="the new file")
    assert status(world, german, "192.0.2.7") == 403
    # One that is none changes nothing.
    (folder / "bad").write_bytes(b"not a database")
    (folder / "bad").replace(path)
    until(lambda: "geo.reload" in world.server.log(), what="the warning")
    assert status(world, german, "198.51.100.7") == 200
    # What cannot be judged lets nobody in.
    world.server.stop()
    world.server.settings.pop("geo_database")
    world.server.start()
    assert status(world, german, "198.51.100.7") == 403 and status(world, elsewhere, "203.0.113.7") == 403


def test_two_far_places_are_noticed_where_there_is_a_database(own_server, folder):
    path = folder / "places.mmdb"
    mmdb.write(path, PLACES)
    world = World(own_server({"geo_database": str(path)}))
    token, calm = world.token(), world.token()
    for address in ("192.0.2.7", "198.51.100.7"):
        assert status(world, token, address) == 200
        world.admin.shown("/v1/alerts")
    assert status(world, calm, "192.0.2.7") == status(world, calm, "192.0.2.9") == 200

    def found(t):
        return [a for a in world.admin.shown("/v1/alerts?limit=200")["items"] if a["rule"] == "far_apart" and a["token"] == t["id"]]
    until(lambda: found(token), what="the alert")
    assert not found(calm)


# Every path of the server that network rules stand on: each is called from a place where it may be, and from one where it may not.
HERE, THERE = "192.0.2.7", "198.51.100.7"


def basic(client):
    return {"Authorization": "Basic " + base64.b64encode(f"{client['id']}:{client['secret']}".encode()).decode()}


class Paths:
    """One installation with a rule, and a call a path: each answers whether it was let in from an address."""

    def __init__(self, world, rule_of=None):
        self.world, self.server = world, world.server
        rule = {"deny": [THERE + "/32"]}
        on = lambda who: rule if rule_of == who else {}
        self.api, self.read, _ = own_api(world, **on("api"))
        self.user = world.user(password="correct horse", email="a@example.com", **on("principal"))
        self.app = App(world, scopes=(self.read,), **on("client"))
        self.machine = world.admin.created("/v1/clients", {"name": world.name("m"), "type": "machine", "scopes": [self.read], **on("client")})
        self.token = world.token(self.api, self.user, (self.read,), **on("token"))
        self.manager = world.token({"id": "jeton"}, world.service(**on("principal")), ("jeton:apis:read",), **on("token"))

    def verify(self, address):
        return status(self.world, self.token, address) == 200

    def verify_json(self, address):
        return self.world.admin.done("POST", "/v1/verify", {"token": self.token["token"], "ip": address})["decision"]["allow"]

    def introspect(self, address):
        answer = self.world.admin.call("POST", "/oauth/introspect", form={"token": self.token["token"], "ip": address})
        return answer.status == 200 and answer.json["active"]

    def token_endpoint(self, address):
        answer = self.server.anyone.post("/oauth/token", form={"grant_type": "client_credentials", "scope": self.read}, headers={**basic(self.machine), **from_(address)})
        return answer.status == 200

    def exchange(self, address):
        answer = self.server.anyone.post("/oauth/token", headers=from_(address), form={
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": self.token["token"],
            "subject_token_type": "urn:ietf:params:oauth:token-type:access_token"})
        return answer.status == 200

    def refresh(self, address):
        browser = Browser(self.server)
        tokens = self.app.tokens(browser, self.user, scope=self.read)
        headers = {**basic({"id": self.app.id, "secret": self.app.secret}), **from_(address)}
        return self.server.anyone.post("/oauth/token", form={"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}, headers=headers).status == 200

    def pushed(self, address):
        return self.server.anyone.post("/oauth/par", headers={**basic({"id": self.app.id, "secret": self.app.secret}), **from_(address)}, form={
            "response_type": "code", "client_id": self.app.id, "redirect_uri": self.app.redirect, "scope": self.read,
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}).status == 201

    def log_in(self, address):
        from urllib.parse import urlencode
        browser = Browser(self.server)
        page = browser.send("GET", "/login", headers=from_(address))
        if page.status != 200:
            return False
        fields = {**page.form("/login")["fields"], "username": self.user["name"], "password": "correct horse"}
        return browser.send("POST", "/login", urlencode(fields), from_(address)).status == 303

    def session(self, address):
        browser = Browser(self.server)
        browser.log_in(self.user["name"])
        return browser.send("GET", "/account", headers=from_(address)).status == 200

    def authorize(self, address):
        browser = Browser(self.server)
        browser.log_in(self.user["name"])
        page = browser.send("GET", self.app.authorize_url(scope=self.read), headers=from_(address))
        return page.status in (200, 303) and "/login" not in (page.location or "")

    def saml(self, address):
        # With a session from there it would go on; without one it asks to log in.
        browser = Browser(self.server)
        browser.log_in(self.user["name"])
        page = browser.send("GET", "/saml/sso?sp=" + self.sp, headers=from_(address))
        return page.status == 200

    def manage(self, address):
        return self.server.bearing(self.manager["token"]).get("/v1/apis", headers=from_(address)).status == 200


TABLE = {
    "installation": ("verify", "verify_json", "introspect", "token_endpoint", "exchange", "refresh", "pushed", "log_in", "session", "authorize", "saml", "manage"),
    "api": ("verify", "verify_json", "introspect", "token_endpoint", "exchange", "refresh"),
    "principal": ("verify", "verify_json", "introspect", "exchange", "refresh", "log_in", "session", "authorize", "saml", "manage"),
    "client": ("token_endpoint", "refresh", "pushed"),
    "token": ("verify", "verify_json", "introspect", "exchange", "manage"),
}


@pytest.mark.parametrize("level", TABLE)
def test_every_path_asks_every_rule(own_server, level):
    from test_saml_sso import sp_metadata
    world = World(own_server())
    paths = Paths(world, level)

    class NoKeys:
        def certificate_text(self, name):
            return ""
    entity = "https://sp.example.com/saml"
    world.admin.done("POST", "/v1/saml-service-providers", {"metadata": sp_metadata(NoKeys(), entity, "https://sp.example.com/acs")})
    paths.sp = entity
    rule = world.admin.created("/v1/rules", {"deny": [THERE + "/32"]}) if level == "installation" else None
    for path in TABLE[level]:
        assert getattr(paths, path)(HERE), (level, path, "from where it may be")
        assert not getattr(paths, path)(THERE), (level, path, "from where it may not be")
    if rule:
        world.admin.done("DELETE", "/v1/rules/" + rule["id"])
        for path in TABLE[level]:
            assert getattr(paths, path)(THERE), (level, path, "once the rule is gone")

"""Rich authorization requests (RFC 9396): what was asked in detail is shown, given, told to the API, and never grows."""
import json
from urllib.parse import urlencode

import pytest

from browser import App, Browser, claims, person
from cli import Line
from signing import Key
from test_oauth_answers import basic

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"


class Bank:
    """An API with two types of details, and a client that may ask for them."""

    def __init__(self, world, format="jwt"):
        self.world, self.server = world, world.server
        self.word = world.name("p")
        self.payment, self.account = self.word + ":payment", self.word + ":account"
        self.api = world.api(scopes=(self.word + ":read",), format=format)
        self.types = [{"type": self.payment, "actions": ["cancel", "initiate", "status"], "locations": ["https://bank.example.com/payments"], "members": ["amount", "creditor", "identifier"]},
                      {"type": self.account, "actions": ["list"], "datatypes": ["balance", "owner"], "privileges": ["reader"]}]
        world.admin.call("POST", f"/v1/apis/{self.api['id']}/authorization-details", {"types": self.types})

    def app(self, kind="web", **more):
        return App(self.world, kind, scopes=(self.word + ":read",), **{"authorization_details_types": [self.payment, self.account], **more})

    def pay(self, **more):
        said = {"type": self.payment, "actions": ["initiate", "status"], "amount": {"currency": "EUR", "value": "123.50"}, "creditor": "Ada & <Sons>", **more}
        return {k: v for k, v in said.items() if v is not None}


@pytest.fixture
def bank(world):
    return Bank(world)


def text(*details):
    return json.dumps(list(details), separators=(",", ":"))


def introspected(world, token):
    return world.admin.call("POST", "/oauth/introspect", form={"token": token}).json


@pytest.mark.parametrize("format", ["jwt", "opaque"])
def test_from_the_request_over_consent_to_the_api(server, world, format):
    bank = Bank(world, format)
    app, user, browser = bank.app(), person(world), Browser(server)
    wanted = [bank.pay(), {"type": bank.account, "actions": ["list"], "datatypes": ["balance"]}]
    page = browser.submit(browser.get(app.authorize_url(authorization_details=text(*wanted))), "/login", username=user["name"], password="correct horse")
    # The person sees all of it, as text.
    assert "/consent" in page.url and bank.payment in page.parsed.text and "Ada & <Sons>" in page.parsed.text and "123.50" in page.parsed.text and "balance" in page.parsed.text
    assert "<Sons>" not in page.body
    code = browser.submit(page, "/consent", decision="allow").query["code"]
    got = app.redeem(code).json
    access = got["access_token"]
    assert got["authorization_details"] == wanted
    # Asked for alone, it brings no scope of the API.
    assert bank.word + ":read" not in got["scope"].split()
    if format == "jwt":
        assert claims(access)["authorization_details"] == wanted
    assert introspected(world, access)["authorization_details"] == wanted
    assert introspected(world, got["refresh_token"])["authorization_details"] == wanted
    checked = world.admin.call("POST", "/v1/verify", {"token": access, "api": bank.api["name"]}).json
    assert checked["active"] and checked["token"]["authorization_details"] == wanted
    assert world.verdict(access, f"?api={bank.api['name']}").status == 200
    # The same again is asked again: a payment is not agreed to for ever.
    assert "/consent" in browser.get(app.authorize_url(authorization_details=text(*wanted))).url
    none = browser.send("GET", app.authorize_url(authorization_details=text(*wanted), prompt="none"))
    assert none.query["error"] == "consent_required"
    # A token without them tells of none.
    plain = app.tokens(browser, scope="openid " + bank.word + ":read")
    assert "authorization_details" not in plain and "authorization_details" not in introspected(world, plain["access_token"])


def test_refresh_narrows_and_never_widens(server, world, bank):
    app, user, browser = bank.app(), person(world), Browser(server)
    list_it = {"type": bank.account, "actions": ["list"], "datatypes": ["balance", "owner"]}
    got = app.tokens(browser, user, authorization_details=text(bank.pay(), list_it))
    narrow = bank.pay(actions=["status"])
    fresh = app.refresh(got["refresh_token"], authorization_details=text(narrow))
    assert fresh.status == 200 and fresh.json["authorization_details"] == claims(fresh.json["access_token"])["authorization_details"] == [narrow]
    refresh = fresh.json["refresh_token"]
    for wrong in (bank.pay(actions=["initiate", "cancel"]), bank.pay(amount={"currency": "EUR", "value": "123.51"}), bank.pay(creditor=None), bank.pay(creditor="Eve"),
                  bank.pay(actions=None), bank.pay(identifier="x"), bank.pay(locations=["https://bank.example.com/payments"]), {"type": bank.payment},
                  {"type": bank.account, "actions": ["list"]}, {**list_it, "privileges": ["reader"]}):
        refused = app.refresh(refresh, authorization_details=text(narrow, wrong))
        assert refused.status == 400 and refused.json["error"] == "invalid_authorization_details", (wrong, refused)
    # Nothing was used up by asking; and the grant still has all of it. Members may stand in another order.
    turned = dict(reversed(bank.pay(amount={"value": "123.50", "currency": "EUR"}).items()))
    again = app.refresh(refresh, authorization_details=text(turned))
    assert again.status == 200 and again.json["authorization_details"] == [turned]
    assert app.refresh(again.json["refresh_token"]).json["authorization_details"] == [bank.pay(), list_it]


def test_a_code_gives_a_part_of_it_or_nothing(server, world, bank):
    app, user, browser = bank.app(), person(world), Browser(server)
    code = lambda: app.code(browser, user, authorization_details=text(bank.pay()))
    part = app.redeem(code(), authorization_details=text(bank.pay(actions=["status"])))
    assert part.status == 200 and part.json["authorization_details"][0]["actions"] == ["status"]
    more = app.redeem(code(), authorization_details=text(bank.pay(actions=["cancel"])))
    assert more.status == 400 and more.json["error"] == "invalid_authorization_details" and "access_token" not in more.json
    without = app.redeem(app.code(browser, user), authorization_details=text(bank.pay()))
    assert without.status == 400 and without.json["error"] == "invalid_authorization_details"


def test_what_is_not_known_is_refused_to_the_client(server, world, bank):
    app, browser = bank.app(), Browser(server)
    other = Bank(world)
    ask = lambda details, by=app, **more: browser.send("GET", by.authorize_url(authorization_details=details, **more))
    good = ask(text(bank.pay()))
    assert good.status == 303 and good.location.startswith("/login"), good
    deep = "[" * 20 + "]" * 20
    wrong = {
        "no JSON": "x", "an object": json.dumps(bank.pay()), "empty": "[]", "nothing": "", "a word": '["payment"]', "no type": '[{"actions":["initiate"]}]', "a number for a type": '[{"type":1}]',
        "an unknown type": text({"type": bank.word + ":x"}), "another API's": text({"type": other.payment, "actions": ["status"]}), "one of each API": text(bank.pay(), {"type": other.payment}),
        "an unknown member": text(bank.pay(memo="x")), "an unknown action": text(bank.pay(actions=["drain"])), "an action twice": text(bank.pay(actions=["status", "status"])),
        "actions as text": text(bank.pay(actions="initiate")), "no actions": text(bank.pay(actions=[])), "another's member": text(bank.pay(privileges=["reader"])),
        "a name twice": '[{"type":"%s","creditor":"a","creditor":"b"}]' % bank.payment, "a type twice": '[{"type":"%s","type":"%s"}]' % (bank.payment, bank.account),
        "a name twice, deeper": '[{"type":"%s","amount":{"value":"1","value":"2"}}]' % bank.payment, "the same name spelled otherwise": '[{"type":"%s","creditor":"a","credit\\u006fr":"b"}]' % bank.payment,
        "too deep": '[{"type":"%s","amount":%s}]' % (bank.payment, deep), "too many": text(*[bank.pay()] * 17), "too large": text(bank.pay(creditor="x" * 3072)), "two arrays": text(bank.pay()) + text(bank.pay()),
    }
    for what, details in wrong.items():
        page = ask(details)
        assert page.status == 303 and page.location.startswith(app.redirect), (what, page)
        assert page.query["error"] == "invalid_authorization_details" and page.query["state"] == "s-1" and page.query["iss"] == server.url, (what, page.location)
    # A client that did not register for the type; and one that is registered for none.
    for by in (bank.app(authorization_details_types=[bank.account]), bank.app(authorization_details_types=[])):
        assert ask(text(bank.pay()), by).query["error"] == "invalid_authorization_details"
    assert ask(text(bank.pay()), resource=other.api["audience"]).query["error"] == "invalid_authorization_details"
    assert browser.send("GET", app.authorize_url(authorization_details=text(bank.pay())) + "&" + urlencode({"authorization_details": "[]"})).status == 400


def test_pushed_signed_and_long_requests(server, world, bank):
    user, browser, key = person(world), Browser(server), Key()
    app = bank.app(jwks=key.jwks())
    long = [bank.pay(creditor="x" * 2500)]
    # As it is, it would not fit into the way through the login; it goes by reference.
    assert app.tokens(browser, user, authorization_details=text(*long))["authorization_details"] == long
    query = dict(p.split("=", 1) for p in app.authorize_url().split("?")[1].split("&"))
    from urllib.parse import unquote_plus
    form = {k: unquote_plus(v) for k, v in query.items()}
    push = lambda **more: server.anyone.post("/oauth/par", form={**form, **more}, headers=basic(app))
    assert push(authorization_details=text({"type": "x"})).json["error"] == "invalid_authorization_details"
    pushed = push(authorization_details=text(bank.pay()))
    assert pushed.status == 201
    page = browser.get("/oauth/authorize?" + urlencode({"client_id": app.id, "request_uri": pushed.json["request_uri"]}))
    assert app.redeem(browser.submit(page, "/consent", decision="allow").query["code"]).json["authorization_details"] == [bank.pay()]
    import time
    signed = key.sign({**form, "authorization_details": [bank.pay()], "iss": app.id, "aud": server.url, "exp": int(time.time()) + 60}, typ="oauth-authz-req+jwt")
    page = browser.get("/oauth/authorize?" + urlencode({"client_id": app.id, "request": signed, "authorization_details": text(bank.pay(creditor="Eve"))}))
    assert "/consent" in page.url and "Eve" not in page.parsed.text
    assert app.redeem(browser.submit(page, "/consent", decision="allow").query["code"]).json["authorization_details"] == [bank.pay()]


@pytest.mark.parametrize("format", ["jwt", "opaque"])
def test_a_machine_asks_for_what_it_was_registered_for(server, world, format):
    bank = Bank(world, format)
    app = bank.app("machine")
    ask = lambda by=app, **more: by.token(grant_type="client_credentials", **more)
    alone = ask(authorization_details=text(bank.pay()))
    assert alone.status == 200 and alone.json["authorization_details"] == [bank.pay()] and alone.json["scope"] == ""
    assert introspected(world, alone.json["access_token"])["authorization_details"] == [bank.pay()]
    assert introspected(world, alone.json["access_token"])["scope"] == ""
    both = ask(scope=bank.word + ":read", authorization_details=text(bank.pay())).json
    assert both["scope"] == bank.word + ":read" and both["authorization_details"] == [bank.pay()]
    plain = ask().json
    assert plain["scope"] == bank.word + ":read" and "authorization_details" not in plain and "authorization_details" not in introspected(world, plain["access_token"])
    # Scopes that a token of details has not got do not come by the way.
    assert world.verdict(alone.json["access_token"], f"?api={bank.api['name']}&scope={bank.word}:read").status == 403
    assert world.verdict(plain["access_token"], f"?api={bank.api['name']}&scope={bank.word}:read").status == 200
    other = bank.app("machine", authorization_details_types=[bank.account])
    for wrong in (ask(other, authorization_details=text(bank.pay())), ask(authorization_details=text({"type": "x"})), ask(authorization_details="[]")):
        assert wrong.status == 400 and wrong.json["error"] == "invalid_authorization_details", wrong


def test_an_exchange_never_adds_details(server, world, bank):
    token = world.token(bank.api, scopes=(bank.word + ":read",))["token"]
    ask = lambda **more: server.anyone.post("/oauth/token", form={"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": ACCESS, **more})
    assert ask().status == 200
    for details in (text(bank.pay()), text({"type": bank.payment}), "[]", ""):
        refused = ask(authorization_details=details)
        assert refused.status == 400 and refused.json["error"] == "invalid_authorization_details", refused
    # And what has some is not exchanged at all.
    bound = bank.app("machine").token(grant_type="client_credentials", authorization_details=text(bank.pay())).json["access_token"]
    assert server.anyone.post("/oauth/token", form={"grant_type": EXCHANGE, "subject_token": bound, "subject_token_type": ACCESS}).status == 400


def test_a_device_asks_too(server, world, bank):
    app = bank.app("native", redirects=["http://127.0.0.1/cb"], grant_types=[DEVICE, "refresh_token"])
    begin = lambda **more: server.anyone.post("/oauth/device_authorization", form={"client_id": app.id, **more})
    assert begin(authorization_details=text({"type": "x"})).json["error"] == "invalid_authorization_details"
    device = begin(authorization_details=text(bank.pay())).json
    user, browser = person(world), Browser(server)
    page = browser.submit(browser.get("/device?user_code=" + device["user_code"]), "/login", username=user["name"], password="correct horse")
    page = browser.submit(page, "/device")
    assert bank.payment in page.parsed.text and "123.50" in page.parsed.text
    assert browser.submit(page, "/device", decision="allow").status == 200
    got = server.anyone.post("/oauth/token", form={"grant_type": DEVICE, "client_id": app.id, "device_code": device["device_code"]})
    assert got.status == 200 and got.json["authorization_details"] == claims(got.json["access_token"])["authorization_details"] == [bank.pay()]
    fresh = server.anyone.post("/oauth/token", form={"grant_type": "refresh_token", "client_id": app.id, "refresh_token": got.json["refresh_token"]})
    assert fresh.json["authorization_details"] == [bank.pay()]


def test_types_are_told_and_set_by_administrators(server, world, bank, folder):
    assert bank.payment in server.anyone.shown("/.well-known/oauth-authorization-server")["authorization_details_types_supported"]
    assert server.anyone.shown(f"/.well-known/oauth-protected-resource/{bank.api['name']}")["authorization_details_types_supported"] == [bank.payment, bank.account]
    path = f"/v1/apis/{bank.api['id']}/authorization-details"
    assert world.admin.shown(path) == {"types": bank.types}
    for wrong in ([{}], [{"type": ""}], [{"type": "a b"}], [{"type": "a"}, {"type": "a"}], [{"type": "a", "more": []}], [{"type": "a", "members": ["actions"]}], [{"type": "a", "actions": "x"}], {}, "x", None,
                  [{"type": f"t{i}"} for i in range(51)]):
        assert world.admin.call("POST", path, {"types": wrong}).status == 422, wrong
    for name in ("jeton", "openid"):
        assert world.admin.call("POST", f"/v1/apis/{name}/authorization-details", {"types": []}).status == 403
    reader = server.bearing(world.management_token("jeton:apis:read")["token"])
    assert reader.get(path).status == 200 and reader.call("POST", path, {"types": []}).status == 403
    (folder / "types.json").write_text(json.dumps(bank.types[:1]))
    line = Line(server)
    assert json.loads(line.good("api", "details", bank.api["name"], "--types", folder / "types.json", "-o", "json").out) == {"types": bank.types[:1]}
    assert json.loads(line.good("api", "details", bank.api["name"], "-o", "json").out) == {"types": bank.types[:1]}
    # What is not there any more is not asked for any more; neither is what a deleted API had.
    app = bank.app("machine")
    assert app.token(grant_type="client_credentials", authorization_details=text({"type": bank.account})).json["error"] == "invalid_authorization_details"
    world.admin.done("DELETE", f"/v1/apis/{bank.api['id']}")
    assert bank.payment not in server.anyone.shown("/.well-known/openid-configuration").get("authorization_details_types_supported", [])

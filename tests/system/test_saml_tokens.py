"""Assertions at the token endpoint (RFC 7522), and tokens exchanged for assertions and back (RFC 8693)."""
import base64
import concurrent.futures
import re

import pytest

from browser import App, person
from saml_idp import Idp, now
from saml_responses import SAML, SAMLP, Keys
from test_saml_logout import Sp

GRANT = "urn:ietf:params:oauth:grant-type:saml2-bearer"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
SAML2, ACCESS = "urn:ietf:params:oauth:token-type:saml2", "urn:ietf:params:oauth:token-type:access_token"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("tokens"))


def encoded(text):
    return base64.urlsafe_b64encode(re.sub(r"<\?xml[^>]*\?>\s*", "", text).strip().encode()).rstrip(b"=").decode()


def for_us(idp, key=None, **parts):
    """A signed assertion for the token endpoint."""
    url = idp.server.url
    return encoded(idp.signed(idp.assertion(None, **{"recipient": url + "/oauth/token", "in_response_to": None, "audiences": [[url]], **parts}), key=key))


@pytest.fixture
def grant(world, keys):
    """An identity provider whose assertions are grants, an application that may redeem them, and a user it speaks of."""
    class Scene:
        pass
    s = Scene()
    s.idp = Idp(world, keys, create_users=True, accept_grants=True)
    s.api = world.api()
    s.app = App(world, "machine", grant_types=[GRANT, "client_credentials"])
    s.name = world.name("u")
    s.parts = {"name": s.name, "uid": s.name}
    s.ask = lambda assertion, **more: s.app.token(**{"grant_type": GRANT, "assertion": assertion, "resource": s.api["audience"], "scope": "orders:read", **more})
    return s


def active(world, token):
    return world.admin.post("/v1/verify", {"token": token}).json["active"]


def test_a_grant(world, grant):
    answer = grant.ask(for_us(grant.idp, **grant.parts))
    assert answer.status == 200 and answer.json["scope"] == "orders:read" and "refresh_token" not in answer.json, answer
    user = world.admin.done("GET", f"/v1/users/{grant.name}")
    assert active(world, answer.json["access_token"])
    world.admin.post(f"/v1/users/{user['id']}/disable", {})
    assert not active(world, answer.json["access_token"]), "it ends with its user"
    assert grant.ask(for_us(grant.idp, **grant.parts)).json["error"] == "invalid_grant"


def test_a_client_of_bound_tokens_gets_no_others(world, grant):
    """By no grant: not for an assertion, and not in exchange for one."""
    bound = App(world, "machine", grant_types=[GRANT, EXCHANGE], tls_client_certificate_bound_access_tokens=True)
    answer = bound.token(grant_type=GRANT, assertion=for_us(grant.idp, **grant.parts), resource=grant.api["audience"], scope="orders:read")
    assert answer.status == 400 and "bound" in answer.json["error_description"], answer
    answer = bound.token(grant_type=EXCHANGE, subject_token=for_us(grant.idp, **grant.parts), subject_token_type=SAML2)
    assert answer.status == 400 and "bound" in answer.json["error_description"], answer


def test_once(world, grant):
    value = for_us(grant.idp, **grant.parts)
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: grant.ask(value), range(20)))
    assert sorted(a.status for a in answers) == [200] + [400] * 19, [a.status for a in answers]
    assert {a.json["error"] for a in answers if a.status == 400} == {"invalid_grant"}


@pytest.mark.parametrize("wrong", [
    {"recipient": "https://else.example/oauth/token"}, {"audiences": [["https://else.example"]]}, {"audiences": []}, {"not_on_or_after": now(-90)},
    {"confirmed_until": now(-90)}, {"not_before": now(86_400)}, {"key": "other"}, {"issuer": "https://else.example"}, {"not_on_or_after": now(90_000)},
    {"method": "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"}, {"in_response_to": "_r"}])
def test_not_taken(world, grant, wrong):
    answer = grant.ask(for_us(grant.idp, **{**grant.parts, **wrong}))
    assert answer.status == 400 and answer.json["error"] == "invalid_grant", answer
    assert grant.ask(for_us(grant.idp, **grant.parts)).status == 200


def test_only_where_rules_say_so(world, grant, keys):
    plain = Idp(world, keys, create_users=True)
    assert "not taken here" in grant.ask(for_us(plain, **grant.parts)).json["error_description"]
    assert grant.ask(for_us(grant.idp, **grant.parts), scope="orders:write").json["error"] == "invalid_scope", "more than the client has"
    other = App(world, "machine")
    assert other.token(grant_type=GRANT, assertion=for_us(grant.idp, **grant.parts)).json["error"] == "unauthorized_client"
    assert grant.ask("e30").status == 400 and grant.ask("%%%").status == 400
    # A login's response is no grant, nor is a grant a login.
    unsigned = encoded(grant.idp.assertion(None, recipient=grant.idp.server.url + "/oauth/token", in_response_to=None, audiences=[[grant.idp.server.url]], **grant.parts))
    assert grant.ask(unsigned).json["error"] == "invalid_grant"


def test_a_client_by_assertion(world, keys, grant):
    app = App(world, "machine")
    idp = Idp(world, keys, clients=[app.id])

    def ask(value, **more):
        return world.server.anyone.post("/oauth/token", form={"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": value,
                                                              "resource": grant.api["audience"], "scope": "orders:read", **more})
    value = for_us(idp, name=app.id)
    answer = ask(value)
    assert answer.status == 200 and active(world, answer.json["access_token"]), answer
    assert ask(value).json["error"] == "invalid_client", "once"
    assert ask(for_us(idp, name=app.id), client_id=app.id).status == 200
    other = App(world, "machine")
    for bad in (ask(for_us(idp, name=other.id)), ask(for_us(idp, name=app.id), client_id=other.id), ask(for_us(idp, name=app.id, key="other")),
                ask(for_us(grant.idp, name=app.id)), ask(for_us(idp, name=app.id, audiences=[["https://else.example"]])), ask("AAAA"),
                ask(for_us(idp, name=app.id), client_secret=app.secret)):
        assert bad.status in (400, 401) and bad.json["error"] in ("invalid_client", "invalid_request"), bad


@pytest.fixture
def exchange(world, keys):
    class Scene:
        pass
    s = Scene()
    s.api = world.api(scopes=("orders:read", "app:login"), format="opaque")
    s.app = App(world, "machine")
    s.sp = Sp(world, keys)
    metadata = s.sp.metadata_text
    s.record = world.admin.done("POST", "/v1/saml-service-providers", {"metadata": metadata, "exchange_scope": "app:login", "client": s.app.id, "attributes": {"uid": "name"}})
    s.user = person(world)
    s.token = world.token(s.api, s.user, ("app:login", "orders:read"))

    def out(token=None, **more):
        return world.server.anyone.post("/oauth/token", form={"grant_type": EXCHANGE, "subject_token": token or s.token["token"], "subject_token_type": ACCESS,
                                                              "requested_token_type": SAML2, "audience": s.sp.entity, **more})
    s.out = out
    s.back = lambda assertion, app=None, **more: (app or s.app).token(**{"grant_type": EXCHANGE, "subject_token": assertion, "subject_token_type": SAML2, **more})
    return s


def test_out_and_back(world, exchange):
    answer = exchange.out()
    assert answer.status == 200 and answer.json["issued_token_type"] == SAML2 and answer.json["token_type"] == "N_A", answer
    xml = base64.urlsafe_b64decode(answer.json["access_token"] + "==").decode()
    assert f"<saml:Audience>{exchange.sp.entity}<" in xml and exchange.user["name"] in xml and f'Recipient="{exchange.sp.acs_url}"' in xml
    back = exchange.back(answer.json["access_token"], scope="orders:read")
    assert back.status == 200 and back.json["scope"] == "orders:read" and active(world, back.json["access_token"]), back
    assert exchange.back(answer.json["access_token"]).json["error"] == "invalid_request", "once"
    # What came of it ends with the token it came from.
    world.admin.post(f"/v1/tokens/{exchange.token['id']}/revoke", {})
    assert not active(world, back.json["access_token"])
    assert exchange.out().status == 400


def test_what_was_taken_back_meanwhile(world, exchange):
    first, second = exchange.out().json["access_token"], exchange.out().json["access_token"]
    world.admin.post(f"/v1/users/{exchange.user['id']}/disable", {})
    assert "has ended" in exchange.back(first).json["error_description"]
    world.admin.post(f"/v1/users/{exchange.user['id']}/enable", {})
    world.admin.post(f"/v1/tokens/{exchange.token['id']}/revoke", {})
    assert "has ended" in exchange.back(second).json["error_description"]


def test_exchange_refused(world, keys, exchange):
    weak = world.token(exchange.api, exchange.user, ("orders:read",))
    assert exchange.out(weak["token"]).json["error"] == "invalid_scope", "any token would be a login anywhere"
    assert exchange.out(audience="https://nobody.example").json["error"] == "invalid_target"
    assert exchange.out(audience=None).status == 400
    closed = Sp(world, keys)
    assert exchange.out(audience=closed.entity).json["error"] == "invalid_target"
    robot = world.token(exchange.api, world.service(), ("app:login",))
    assert exchange.out(robot["token"]).status == 400, "a service account logs in nowhere"
    good = exchange.out().json["access_token"]
    assert exchange.back(good, App(world, "machine")).status == 400, "another client"
    xml = base64.urlsafe_b64decode(good + "==").decode()
    assert exchange.back(encoded(xml.replace(exchange.user["name"], "root"))).status == 400
    assert exchange.back(good, scope="admin:all").json["error"] == "invalid_scope"
    idp = Idp(world, keys)
    assert "use grant_type saml2-bearer" in exchange.back(for_us(idp, name="x")).json["error_description"]

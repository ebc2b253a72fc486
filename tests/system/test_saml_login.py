"""Jeton as a SAML service provider: logging in here by another's word, and every way it is not believed."""
import base64
import concurrent.futures
import hmac
import re
import struct
import time
from urllib.parse import unquote

import pytest

from browser import Browser, person
from cli import jeton
from saml_idp import Idp, now
from saml_responses import Keys, run
from server import World
from test_oauth_step_up import code_of
from test_saml_sso import metadata_of

TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("login"))


@pytest.fixture
def idp(world, keys):
    return lambda **rules: Idp(world, keys, **rules)


def is_in(browser, name):
    return f"{name}" in browser.get("/account").parsed.text and browser.get("/account").path == "/account"


def refused(page, why):
    assert page.status == 403 and why in page.parsed.text, page


def test_offered_on_the_login_page(server, idp):
    made = idp(name="Contoso & Sons")
    page = Browser(server).get("/login?return=/device")
    assert f'href="/saml/login?idp={made.record["id"]}&amp;return=%2Fdevice">Log in with Contoso &amp; Sons<' in page.body


def test_created_by_rule_and_known_again(server, world, idp):
    made, browser, name = idp(create_users=True, email_domains=["example.com"]), Browser(server), world.name("new")
    parts = {"name": world.name("n"), "uid": name, "mail": f"{name}@example.com", "department": "ops"}
    page = made.log_in(browser, "/device", **parts)
    assert page.status == 200 and page.path == "/device", page
    user = world.admin.done("GET", f"/v1/users/{name}")
    assert user["email"] == f"{name}@example.com" and user["metadata"] == {"department": "ops"}
    # The same person again, by the same name; what is told of them is kept current.
    made.log_in(Browser(server), **{**parts, "uid": world.name("other"), "department": "sales"})
    again = world.admin.done("GET", f"/v1/users/{name}")
    assert again["id"] == user["id"] and again["metadata"] == {"department": "sales"}


def test_the_session_ends_with_the_one_at_the_identity_provider(server, world, idp):
    made, user = idp(create_users=True, email_domains=["example.com"]), world.name("new")
    parts = {"name": world.name("n"), "uid": user, "mail": f"{user}@example.com"}

    def ends(after):
        browser = Browser(server)
        bound = f' SessionNotOnOrAfter="{after}"' if after else ""
        told = "".join(f'<saml:Attribute Name="{k}"><saml:AttributeValue>{parts[k]}</saml:AttributeValue></saml:Attribute>' for k in ("uid", "mail"))
        statements = (f'<saml:AuthnStatement AuthnInstant="{now(-5)}" SessionIndex="_s1"{bound}><saml:AuthnContext><saml:AuthnContextClassRef>'
                      'urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>'
                      f'<saml:AttributeStatement>{told}</saml:AttributeStatement>')
        page = made.log_in(browser, name=parts["name"], statements=statements)
        if page.form()["action"] == "/login/code":
            page = browser.submit(page, code=code_of(secret, 1))
        assert page.path == "/account", page
        return world.admin.shown(f"/v1/sessions?user={user}")["items"][0]["expires"], browser
    soon, far = now(600), now(400 * 86400)
    own, browser = ends(None)
    assert ends(soon)[0] == soon < own and own <= ends(far)[0] < far
    # It is carried through a second step, too.
    page = browser.get("/account/authenticator")
    secret = page.form()["fields"]["secret"]
    browser.submit(page, code=code_of(secret))
    soon = now(700)
    assert ends(soon)[0] == soon


def test_nobody_is_created_where_no_rule_says_so(server, world, idp):
    made, name = idp(), world.name("new")
    refused(made.log_in(Browser(server), name=name, uid=name), "nobody here is known by this login")
    assert world.admin.get(f"/v1/users/{name}").status == 404
    # Nor of a domain that is not its own.
    made.register(create_users=True, email_domains=["example.com"])
    for mail in (f"{name}@evil.example", f"{name}@example.com.evil.example", None):
        refused(made.log_in(Browser(server), name=name, uid=name, mail=mail), "may not speak of that e-mail address")
    assert made.log_in(Browser(server), name=name, uid=name, mail=f"{name}@Example.com").status == 200


def test_a_name_that_is_taken_is_not_taken_over(server, world, idp):
    victim = person(world)
    made, browser = idp(create_users=True), Browser(server)
    refused(made.log_in(browser, name=world.name("n"), uid=victim["name"], mail=victim["email"]), "another user has this name already")
    assert browser.session is None


def test_by_email_only_where_the_rule_says_so(server, world, idp):
    victim = world.user(email=f"{world.name('m')}@example.com")
    made = idp()
    parts = {"name": world.name("n"), "mail": victim["email"].upper()}
    refused(made.log_in(Browser(server), **parts), "nobody here is known")
    answer = world.admin.post("/v1/saml-identity-providers", {"metadata": made.metadata(), "link_by_email": True, "attributes": {"mail": "email"}})
    assert answer.status == 422 and "email_domains" in answer.json["detail"], "any address of anybody is too much"
    made.register(link_by_email=True, email_domains=["example.com"])
    browser = Browser(server)
    assert made.log_in(browser, **parts).status == 200 and is_in(browser, victim["name"])
    # Connected from now on, whatever its address is.
    made.register()
    assert made.log_in(Browser(server), name=parts["name"]).status == 200


def test_two_users_of_one_address_are_nobody(server, world, idp):
    mail = f"{world.name('m')}@example.com"
    world.user(email=mail), world.user(email=mail)
    made = idp(link_by_email=True, email_domains=["example.com"])
    refused(made.log_in(Browser(server), name=world.name("n"), mail=mail), "more than one user")


def test_connecting_on_the_account_page(server, world, idp):
    made, user, browser = idp(), person(world), Browser(server)
    browser.log_in(user["name"])
    name = world.name("n")
    link = re.search(rf'href="(/saml/login\?idp={made.record["id"]}&amp;link=[^"]+)"', browser.get("/account").body)[1].replace("&amp;", "&")
    request, relay, _ = made.begin(browser, path=link)
    page = made.post(made.respond(request, name=name), relay)
    assert "yours now" in browser.get(page.location).parsed.text
    other = Browser(server)
    assert made.log_in(other, name=name).status == 200 and is_in(other, user["name"])
    # Not for others: neither by the link of somebody else's page, nor for a name that is connected.
    stranger = Browser(server)
    stranger.log_in(person(world)["name"])
    assert stranger.send("GET", link).status == 403 and Browser(server).send("GET", link).status == 403
    own = re.search(rf'href="(/saml/login\?idp={made.record["id"]}&amp;link=[^"]+)"', stranger.get("/account").body)[1].replace("&amp;", "&")
    request, relay, _ = made.begin(stranger, path=own)
    refused(stranger.get(made.post(made.respond(request, name=name), relay).location), "another user already")


def test_disabled_and_deleted_users_stay_out(server, world, idp):
    made, name, browser = idp(create_users=True), world.name("u"), Browser(server)
    parts = {"name": world.name("n"), "uid": name}
    assert made.log_in(browser, **parts).status == 200
    user = world.admin.done("GET", f"/v1/users/{name}")
    world.admin.post(f"/v1/users/{user['id']}/disable", {})
    refused(made.log_in(Browser(server), **parts), "may not log in")
    world.admin.post(f"/v1/users/{user['id']}/enable", {})
    assert made.log_in(Browser(server), **parts).status == 200
    world.admin.done("DELETE", f"/v1/users/{user['id']}")
    refused(made.log_in(Browser(server), **parts), "may not log in")


def encrypt_to_ours(server, keys):
    encryption = re.findall(r'use="encryption">.*?X509Certificate>([^<]*)<', metadata_of(server))[0]
    (keys.folder / "ours.crt").write_text("-----BEGIN CERTIFICATE-----\n" + "\n".join(re.findall(".{1,64}", encryption)) + "\n-----END CERTIFICATE-----\n")


def test_encrypted(server, world, idp, keys):
    encrypt_to_ours(server, keys)
    made, name = idp(create_users=True), world.name("u")
    assert made.log_in(Browser(server), name=name, uid=name, encrypt=True).status == 200
    # To another's key, and unsigned inside.
    keys.certificate("ours").write_text(keys.certificate("other").read_text())
    refused(made.log_in(Browser(server), name=name, uid=name, encrypt=True), "")


def test_the_request(server, world, idp, folder):
    made, browser = idp(), Browser(server)
    request, relay, text = made.begin(browser)
    assert len(relay) <= 80 and f'Destination="{made.sso}"' in text and f'AssertionConsumerServiceURL="{made.acs}"' in text and "ForceAuthn" not in text
    # Signed over the octets of the query, by the key of our metadata.
    page = browser.send("GET", "/saml/login?idp=" + made.record["id"])
    signed, signature = page.location.split("?", 1)[1].split("&Signature=")
    (folder / "sig").write_bytes(base64.b64decode(unquote(signature)))
    certificate = re.search(r"X509Certificate>([^<]*)<", metadata_of(server))[1]
    (folder / "idp.pem").write_text("-----BEGIN CERTIFICATE-----\n" + "\n".join(re.findall(".{1,64}", certificate)) + "\n-----END CERTIFICATE-----\n")
    (folder / "key.pem").write_bytes(run("openssl", "x509", "-in", folder / "idp.pem", "-pubkey", "-noout").stdout)
    done = run("openssl", "dgst", "-sha256", "-verify", folder / "key.pem", "-signature", folder / "sig", input=signed.encode())
    assert done.returncode == 0, done.stdout
    # Who is logged in and comes here wants to prove it anew.
    user = person(world)
    browser.log_in(user["name"])
    assert 'ForceAuthn="true"' in made.begin(browser)[2]


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_leads_to_this_site_only(server, world, idp, to):
    made, name = idp(create_users=True), world.name("u")
    assert made.log_in(Browser(server), to, name=name, uid=name).path == "/account"


WRONG = {
    "recipient": ({"recipient": "https://else.example/acs"}, "another recipient"),
    "destination": ({"outer": {"destination": "https://else.example/acs"}, "sign": "Response"}, "another destination"),
    "issuer": ({"issuer": "https://else.example"}, "another issuer"),
    "outer issuer": ({"outer": {"issuer": "https://else.example"}}, "another issuer"),
    "audience": ({"audiences": [["https://else.example"]]}, "another audience"),
    "no audience": ({"audiences": []}, "no audience"),
    "status": ({"outer": {"status": "urn:oasis:names:tc:SAML:2.0:status:Responder"}}, "did not report success"),
    "expired": ({"not_on_or_after": now(-120)}, "not valid any more"),
    "confirmation over": ({"confirmed_until": now(-120)}, "confirmation is over"),
    "not yet": ({"not_before": now(86_400)}, "not valid yet"),
    "request": ({"in_response_to": "_other"}, "another request"),
    "response's request": ({"outer": {"in_response_to": "_other"}}, "another request"),
    "no request": ({"in_response_to": None}, "another request"),
    "key": ({"key": "other"}, ""),
    "unsigned": ({"sign": None}, "signed"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_not_believed(server, world, idp, wrong):
    parts, why = WRONG[wrong]
    made, browser, name = idp(create_users=True), Browser(server), world.name("u")
    refused(made.log_in(browser, name=name, uid=name, **parts), why)
    assert browser.session is None and world.admin.get(f"/v1/users/{name}").status == 404
    assert made.log_in(browser, name=name, uid=name).status == 200, "its good twin"


def test_another_providers_assertion(server, world, idp, keys):
    made, evil = idp(create_users=True), Idp(world, keys, key="other", create_users=True)
    browser, name = Browser(server), world.name("u")
    request, relay, _ = made.begin(browser)
    refused(made.post(evil.respond(request, name=name, uid=name, outer={"issuer": made.entity}, issuer=made.entity), relay), "")
    request, relay, _ = made.begin(browser)
    refused(made.post(evil.respond(request, name=name, uid=name), relay), "another issuer")


def test_in_another_browser(server, world, idp):
    made, name = idp(create_users=True), world.name("u")
    attacker, victim = Browser(server), Browser(server)
    victim.get("/login")
    request, relay, _ = made.begin(attacker)
    page = made.post(made.respond(request, name=name, uid=name), relay)
    assert page.status == 303
    refused(victim.get(page.location), "another browser")
    refused(Browser(server).get(page.location), "another browser")
    # Whoever begun it is not kept from it, once.
    assert attacker.get(page.location).status == 200
    refused(attacker.get(page.location), "used before")


def test_twenty_at_once_are_one_login(server, world, idp):
    made, browser, name = idp(create_users=True), Browser(server), world.name("u")
    request, relay, _ = made.begin(browser)
    value = made.respond(request, name=name, uid=name)
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        pages = list(pool.map(lambda _: made.post(value, relay), range(20)))
    assert sorted(p.status for p in pages) == [303] + [403] * 19
    good = next(p for p in pages if p.status == 303)
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        ends = list(pool.map(lambda _: browser.send("GET", good.location).status, range(20)))
    assert sorted(ends) == [303] + [403] * 19


def test_unsolicited(server, world, idp):
    made, name = idp(create_users=True), world.name("u")
    value = made.respond(None, name=name, uid=name, in_response_to=None)
    refused(made.post(value), "nobody asked for this login")
    made.register(create_users=True, allow_unsolicited=True)
    page = made.post(value, "/device")
    browser = Browser(server)
    assert browser.get(page.location).path == "/device" and is_in(browser, name)
    refused(made.post(value, "/device"), "answered before")
    # One that answers somebody's request was meant for that conversation.
    request, _, _ = made.begin(Browser(server))
    refused(made.post(made.respond(request, name=name, uid=name)), "none was made")


def test_replay_under_another_request(server, world, idp):
    made, browser, name = idp(create_users=True, allow_unsolicited=True), Browser(server), world.name("u")
    first = made.respond(None, name=name, uid=name, in_response_to=None, id="_once" + world.prefix)
    assert made.post(first).status == 303
    refused(made.post(made.respond(None, name=name, uid=name, in_response_to=None, id="_once" + world.prefix)), "answered before")


def test_a_second_step_is_still_asked_for(server, world, idp):
    made, user, browser = idp(link_by_email=True, email_domains=["example.com"]), person(world), Browser(server)
    browser.log_in(user["name"])
    page = browser.get("/account/authenticator")
    secret = base64.b32decode(page.form("/account/authenticator")["fields"]["secret"])

    def code():
        mac = hmac.new(secret, struct.pack(">Q", int(time.time()) // 30), "sha1").digest()
        at = mac[19] & 15
        return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000:06}"
    recovery = re.findall(r"<code>([a-z2-9]{5}-[a-z2-9]{5})</code>", browser.submit(page, code=code()).body)
    other = Browser(server)
    page = made.log_in(other, name=world.name("n"), mail=user["email"])
    assert "/login/code" in page.body and other.session is None
    assert other.submit(page, "/login/code", code=recovery[0]).path == "/account" and is_in(other, user["name"])
    methods = [s["methods"] for s in world.admin.shown(f"/v1/sessions?user={user['id']}")["items"]]
    assert ["fed", "rc"] in methods


def test_a_transient_name_is_nobody(server, world, idp):
    made, name = idp(create_users=True), world.name("u")
    refused(made.log_in(Browser(server), name=name, uid=name, format=TRANSIENT), "one login only")
    made.register(create_users=True, attributes={"uid": "name", "department": "id"})
    browser = Browser(server)
    assert made.log_in(browser, name=name, uid=name, department="d1", format=TRANSIENT).status == 200
    refused(made.log_in(Browser(server), name=name, uid=name), "attribute that names the user is missing")


def test_a_new_session_each_time_and_the_old_one_ends(server, world, idp):
    made, browser, name = idp(create_users=True), Browser(server), world.name("u")
    mine = person(world)
    browser.log_in(mine["name"])
    before = browser.session
    assert made.log_in(browser, name=name, uid=name).status == 200
    assert browser.session != before and is_in(browser, name)
    stale = Browser(server)
    stale.cookies = {k: before if k.endswith("jeton_session") else v for k, v in browser.cookies.items()}
    assert stale.get("/account").path == "/login"


def test_records(world, idp, keys):
    made = idp(create_users=True, email_domains=["Example.COM"], clients=[])
    listed = world.admin.done("GET", "/v1/saml-identity-providers")["items"]
    assert made.record["id"] in [i["id"] for i in listed] and made.record["email_domains"] == ["example.com"]
    for wrong in ({"metadata": "<x/>"}, {"metadata": made.metadata().replace("IDPSSO", "SPSSO")}, {"attributes": {"a": "root"}}, {"email_domains": ["a@b"]},
                  {"metadata": made.metadata().replace(made.sso, "http://plain.example/sso")}, {"clients": ["cli_x"]},
                  {"metadata": made.metadata().replace(keys.certificate_text("idp"), keys.certificate_text("short"))}):
        answer = world.admin.post("/v1/saml-identity-providers", {"metadata": made.metadata(), **wrong})
        assert answer.status == 422, (wrong, answer)
    world.admin.done("DELETE", "/v1/saml-identity-providers/" + made.record["id"])
    assert world.admin.get("/v1/saml-identity-providers/" + made.record["id"]).status == 404
    assert Browser(world.server).get("/saml/login?idp=" + made.record["id"]).status == 404


def connected(server, world, idp):
    """A person with a password, who is known by a name elsewhere too: the provider, the user, the name."""
    made, user, browser, name = idp(), person(world), Browser(server), world.name("n")
    browser.log_in(user["name"])
    link = re.search(rf'href="(/saml/login\?idp={made.record["id"]}&amp;link=[^"]+)"', browser.get("/account").body)[1].replace("&amp;", "&")
    request, relay, _ = made.begin(browser, path=link)
    browser.get(made.post(made.respond(request, name=name), relay).location)
    assert made.log_in(Browser(server), name=name).status == 200
    return made, user, name, browser


def link_of(world, user):
    (link,) = world.admin.shown(f"/v1/users/{user['id']}/saml-links")["items"]
    return link


def test_a_name_elsewhere_is_listed_and_taken_away(server, world, idp):
    made, user, name, _ = connected(server, world, idp)
    link = link_of(world, user)
    assert (link["user"], link["provider"], link["name"]) == (user["id"], made.record["id"], name)
    listed = jeton("saml", "link", "list", user["name"], "-o", "json", data=server.data)
    assert listed.code == 0 and [i["id"] for i in listed.json["items"]] == [link["id"]]
    assert jeton("saml", "link", "delete", link["id"], data=server.data).code == 0
    assert world.admin.shown(f"/v1/users/{user['id']}/saml-links")["items"] == []
    refused(made.log_in(Browser(server), name=name), "nobody here is known by this login")
    assert jeton("saml", "link", "delete", link["id"], data=server.data).code == 6
    assert [e["target"] for e in world.admin.shown("/v1/audit?limit=50")["items"] if e["action"] == "user.disconnect"][:1] == [user["id"]]


def test_the_account_page_takes_away_ones_own_names_alone(server, world, idp):
    made, user, name, browser = connected(server, world, idp)
    link = link_of(world, user)
    stranger = Browser(server)
    stranger.log_in(person(world)["name"])
    stranger.submit(stranger.get("/account"), "/account", do="remove-link", id=link["id"])
    assert link_of(world, user) == link
    browser.submit(browser.get("/account"), "/account", do="remove-link", id=link["id"])
    assert world.admin.shown(f"/v1/users/{user['id']}/saml-links")["items"] == []
    refused(made.log_in(Browser(server), name=name), "nobody here is known by this login")


def test_a_flood_of_starts_waits_and_others_do_not(own_server, keys):
    world = World(own_server({"trusted_proxies": "127.0.0.1/32"}))
    at = "/saml/login?idp=" + Idp(world, keys).record["id"]
    start = lambda address: Browser(world.server).send("GET", at, headers={"X-Forwarded-For": address})
    answers = [start(f"203.0.113.{i % 250}") for i in range(200)]
    assert {a.status for a in answers} == {303}
    slow = next(a for a in (start("203.0.113.7") for _ in range(500)) if a.status != 303)
    assert slow.status == 429 and slow.headers["Retry-After"] == "1"
    assert start("198.51.100.1").status == 303


def test_an_assertion_to_the_key_before_opens_after_a_rotation(own_server, keys):
    world = World(own_server())
    made, name = Idp(world, keys, create_users=True), world.name("u")
    encrypt_to_ours(world.server, keys)
    world.admin.done("POST", "/v1/saml-keys/rotate", {})
    assert made.log_in(Browser(world.server), name=name, uid=name, encrypt=True).status == 200


def test_an_identity_provider_takes_the_right_to_change_people(world, idp):
    """It says who somebody is: in the place of one that is there, of everybody who is linked to that."""
    made = idp()
    wanted = {"metadata": made.metadata(), "link_by_email": True, "attributes": {"mail": "email"}, "email_domains": ["example.com"]}
    few = world.server.bearing(world.management_token("jeton:clients:write", "jeton:clients:read")["token"])
    assert few.post("/v1/saml-identity-providers", wanted).problem == "forbidden"
    assert not few.shown("/v1/saml-identity-providers/" + made.record["id"])["link_by_email"]
    # The twins: who may change people, and what says of nobody who they are.
    both = world.server.bearing(world.management_token("jeton:clients:write", "jeton:users:write")["token"])
    assert both.post("/v1/saml-identity-providers", wanted).status == 200
    assert few.delete("/v1/saml-identity-providers/" + made.record["id"]).status == 204

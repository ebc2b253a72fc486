"""Single logout: by a service provider, by an identity provider, and from here, round everybody who takes part in the session."""
import base64
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from browser import Browser, person
from saml_idp import POST, REDIRECT, Idp, certificate, inflate
from saml_responses import SAML, SAMLP, Keys, run, signature

SUCCESS, PARTIAL = "urn:oasis:names:tc:SAML:2.0:status:Success", "urn:oasis:names:tc:SAML:2.0:status:PartialLogout"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("logout"))


class Sp(Idp):
    """A service provider with a logout address; of its parent it has what both sides say alike."""

    HOST = "https://app.example.net"

    def __init__(self, world, keys, key="sp", binding=REDIRECT, logout=True):
        self.binding, self.logout = binding, logout
        super().__init__(world, keys, key)

    def register(self, **more):
        self.acs_url = self.entity + "/acs"
        slo = f'<md:SingleLogoutService Binding="{self.binding}" Location="{self.slo}" ResponseLocation="{self.slo}/done"/>' if self.logout else ""
        metadata = (f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{self.entity}"><md:SPSSODescriptor '
                    f'protocolSupportEnumeration="{SAMLP}"><md:KeyDescriptor use="signing">{certificate(self.keys.certificate_text(self.key))}</md:KeyDescriptor>'
                    f'{slo}<md:AssertionConsumerService Binding="{POST}" Location="{self.acs_url}" index="0"/></md:SPSSODescriptor></md:EntityDescriptor>')
        self.metadata_text = metadata = self.described(metadata)
        return self.world.admin.done("POST", "/v1/saml-service-providers", {"metadata": metadata})

    @staticmethod
    def described(metadata):
        return metadata

    def enter(self, browser):
        """Logs in there; what it was told."""
        page = browser.get("/saml/sso?" + urlencode({"sp": self.entity}))
        self.response = xml = base64.b64decode(page.form(self.acs_url)["fields"]["SAMLResponse"]).decode()
        self.name, self.format = re.search(r"<saml:NameID[^>]*>([^<]+)<", xml)[1], re.search(r'<saml:NameID Format="([^"]+)"', xml)[1]
        self.index = re.search(r'SessionIndex="([^"]+)"', xml)[1]
        return self

    def request(self, **parts):
        return self.logout_request(**{"name": self.name, "format": self.format, "index": self.index, **parts})

    def ask(self, browser, relay="there", key=None, **parts):
        """Sends the browser to us with a LogoutRequest; the answer, not followed."""
        return browser.send("GET", "/saml/slo?" + self.signed_query("SAMLRequest", self.request(**parts), relay, key))


@pytest.fixture
def sp(world, keys):
    return lambda **how: Sp(world, keys, **how)


@pytest.fixture
def browser(server, world):
    browser = Browser(server)
    browser.user = person(world)
    browser.log_in(browser.user["name"])
    return browser


def inside(browser):
    return browser.get("/account").path == "/account"


def message(page, kind="SAMLRequest"):
    query = parse_qs(urlsplit(page.location).query)
    return inflate(query[kind][0]), query.get("RelayState", [None])[0]


def answer_of(page, who):
    assert page.status == 303 and page.location.startswith(who.slo + "/done?"), page
    text, relay = message(page, "SAMLResponse")
    return re.search(r' InResponseTo="([^"]+)"', text)[1], re.findall(r'StatusCode Value="([^"]+)"', text), relay


def request_of(page, who):
    assert page.status == 303 and page.location.startswith(who.slo + "?"), page
    text, relay = message(page)
    assert f' Format="{who.format}"' in text and who.name in text and who.index in text
    return re.search(r' ID="([^"]+)"', text)[1], relay


def reply(browser, who, page, **parts):
    request, relay = request_of(page, who)
    return browser.send("GET", "/saml/slo?" + who.signed_query("SAMLResponse", who.logout_response(request, **parts), relay))


def test_by_a_service_provider(server, sp, browser):
    app = sp().enter(browser)
    request, status, relay = answer_of(app.ask(browser, id="_mine"), app)
    assert (request, status, relay) == ("_mine", [SUCCESS], "there")
    assert not inside(browser)


def test_by_post_from_another_site(server, sp, browser):
    app = sp(binding=POST).enter(browser)
    text = app.request(id="_lr1")
    at = text.index("</saml:Issuer>") + len("</saml:Issuer>")
    target = app.keys.folder / "logout.xml"
    target.write_text(text[:at] + signature("#_lr1") + text[at:])
    signed = run("xmlsec1", "--sign", "--privkey-pem", app.keys.key("sp"), "--id-attr:ID", f"{SAMLP}:LogoutRequest", target).stdout
    page = Browser(server).send("POST", "/saml/slo", urlencode({"SAMLRequest": base64.b64encode(signed).decode(), "RelayState": "r"}),
                                {"Origin": app.HOST, "Sec-Fetch-Site": "cross-site"})
    fields = page.form(app.slo + "/done")["fields"]
    assert SUCCESS in base64.b64decode(fields["SAMLResponse"]).decode() and fields["RelayState"] == "r"
    assert not inside(browser)


def test_only_the_session_that_is_named(server, world, sp, browser):
    app = sp().enter(browser)
    elsewhere, somebody = Browser(server), Browser(server)
    elsewhere.log_in(browser.user["name"])
    other = Sp.__new__(Sp)
    other.__dict__.update(app.__dict__)
    other.enter(elsewhere)
    assert other.name == app.name and other.index != app.index
    somebody.log_in(person(world)["name"])
    answer_of(app.ask(browser), app)
    assert not inside(browser) and inside(elsewhere) and inside(somebody)
    # Without an index all of that user's sessions there are meant, and nobody else's.
    answer_of(app.ask(browser, index=None), app)
    assert not inside(elsewhere) and inside(somebody)


def test_one_request_has_one_effect(server, sp, browser):
    """Whoever has seen a request go by ends no later session with it, for as long as it is good."""
    app = sp().enter(browser)
    query = "/saml/slo?" + app.signed_query("SAMLRequest", app.request(index=None), "there")
    answer_of(browser.send("GET", query), app)
    assert not inside(browser)
    relogged(browser)
    app.enter(browser)
    refused(browser.send("GET", query), "asked for before")
    refused(Browser(server).send("GET", query), "asked for before")
    assert inside(browser)
    answer_of(app.ask(browser, index=None), app)
    assert not inside(browser), "its good twin"


def refused(page, why):
    assert page.status == 403 and why in page.parsed.text, page


def test_refused(server, world, sp, browser, keys):
    app = sp().enter(browser)
    whole = app.signed_query("SAMLRequest", app.request(), "there")
    unsigned = "&".join(p for p in whole.split("&") if not p.startswith(("Signature=", "SigAlg=")))
    refused(browser.send("GET", "/saml/slo?" + unsigned), "not signed")
    refused(app.ask(browser, key="other"), "no configured key")
    refused(browser.send("GET", "/saml/slo?" + whole.replace("RelayState=there", "RelayState=here")), "no configured key")
    refused(app.ask(browser, destination="https://else.example/slo"), "another destination")
    refused(app.ask(browser, issued=-400), "too old")
    refused(app.ask(browser, issued=400), "future")
    refused(app.ask(browser, until=-10), "too old")
    refused(app.ask(browser, issuer="https://nobody.example"), "")
    # Another one's word, for a name that is not its own.
    evil = sp(key="other").enter(browser)
    refused(browser.send("GET", "/saml/slo?" + evil.signed_query("SAMLRequest", app.request(), "x")), "no configured key")
    answer_of(evil.ask(browser, name=app.name), evil)
    answer_of(app.ask(browser, index="_another"), app)
    answer_of(app.ask(browser, name=app.name + "x"), app)
    assert inside(browser)
    request_of(app.ask(browser), evil)
    assert not inside(browser), "its good twin"


def log_out(browser):
    page = browser.get("/account")
    form = next(f for f in page.parsed.forms if f["fields"].get("do") == "end-session")
    return browser.send("POST", "/account", urlencode(form["fields"])), page


def test_from_here_round_everybody(server, sp, browser):
    first, mute, second = sp().enter(browser), sp(logout=False).enter(browser), sp(key="other").enter(browser)
    page, account = log_out(browser)
    assert Sp.HOST in account.headers["Content-Security-Policy"], "browsers hold the page's policy against the redirects"
    assert not inside(browser), "it ends here before anybody is told"
    page = reply(browser, first, page)
    page = reply(browser, second, page)
    assert page.status == 200 and "Some other sites may still keep you logged in" in page.parsed.text, "one of them could not be told"
    assert mute.logout is False


def test_everybody_told(server, sp, browser):
    app = sp().enter(browser)
    page = reply(browser, app, log_out(browser)[0])
    assert page.status == 200 and "You are logged out." in page.parsed.text
    assert log_out_of_nothing(server)


def log_out_of_nothing(server):
    return Browser(server).get("/account").path == "/login"


def test_answers_are_held(server, sp, browser):
    app, other = sp().enter(browser), sp(key="other").enter(browser)
    page, _ = log_out(browser)
    request, relay = request_of(page, app)

    def answered(who, text, relay=relay):
        return browser.send("GET", "/saml/slo?" + who.signed_query("SAMLResponse", text, relay))
    refused(answered(other, other.logout_response(request)), "no configured key")
    refused(answered(app, app.logout_response("_else")), "another request")
    refused(answered(app, app.logout_response(request, destination="https://else.example")), "another destination")
    refused(answered(app, app.logout_response(request, issuer=other.entity)), "another entity")
    refused(answered(app, app.logout_response(request), "AAAAAAAAAAAAAAAAAAAAAA"), "no logout waits")
    bare = "SAMLResponse=" + app.signed_query("SAMLResponse", app.logout_response(request), relay).split("&SigAlg")[0].split("=", 1)[1]
    refused(browser.send("GET", "/saml/slo?" + bare), "not signed")
    page = answered(app, app.logout_response(request))
    request_of(page, other)
    refused(answered(app, app.logout_response(request)), "no logout waits")


def test_a_service_provider_asks_and_others_are_told_first(server, sp, browser):
    app, other = sp().enter(browser), sp(key="other").enter(browser)
    page = reply(browser, other, app.ask(browser, id="_first"))
    assert answer_of(page, app) == ("_first", [SUCCESS], "there")
    app, other = sp().enter(relogged(browser)), sp(key="other").enter(browser)
    page = reply(browser, other, app.ask(browser), status="urn:oasis:names:tc:SAML:2.0:status:Responder")
    assert answer_of(page, app)[1] == [SUCCESS, PARTIAL]


def relogged(browser):
    browser.log_in(browser.user["name"])
    return browser


@pytest.fixture
def upstream(world, keys):
    return Idp(world, keys, create_users=True)


def test_the_identity_provider_is_told_last(server, world, sp, upstream):
    browser, name = Browser(server), world.name("u")
    upstream.log_in(browser, name=name, uid=name, session="_s7")
    app = sp().enter(browser)
    page = reply(browser, app, log_out(browser)[0])
    assert page.location.startswith(upstream.slo + "?"), page
    text, relay = message(page)
    assert name in text and "<samlp:SessionIndex>_s7<" in text
    request = re.search(r' ID="([^"]+)"', text)[1]
    page = browser.send("GET", "/saml/slo?" + upstream.signed_query("SAMLResponse", upstream.logout_response(request), relay))
    assert page.status == 200 and "You are logged out." in page.parsed.text


def test_by_the_identity_provider(server, world, upstream):
    mine, other, name = Browser(server), Browser(server), world.name("u")
    upstream.log_in(mine, name=name, uid=name, session="_s1")
    upstream.log_in(other, name=name, uid=name, session="_s2")
    refused(mine.send("GET", "/saml/slo?" + upstream.signed_query("SAMLRequest", upstream.logout_request(name), "r", "other")), "no configured key")
    assert inside(mine)
    page = mine.send("GET", "/saml/slo?" + upstream.signed_query("SAMLRequest", upstream.logout_request(name, index="_s1"), "r"))
    assert page.status == 303 and page.location.startswith(upstream.slo + "?") and SUCCESS in message(page, "SAMLResponse")[0]
    assert not inside(mine) and inside(other)


def test_an_openid_logout_goes_round_too(server, world, sp, browser):
    app = sp().enter(browser)
    page = browser.submit(browser.get("/oauth/logout"), "/oauth/logout", leave="yes")
    assert "You are logged out." in reply(browser, app, page).parsed.text

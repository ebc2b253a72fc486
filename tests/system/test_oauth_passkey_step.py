"""A second step that the person has as a passkey: asked for, taken, refused; never in circles."""
import json
from urllib.parse import unquote

import pytest

from browser import App, Browser, claims, person
from server import World
from test_passkeys import GET, Authenticator, add, options_of, site  # noqa: F401

ESSENTIAL = json.dumps({"id_token": {"acr": {"essential": True, "values": ["2"]}}})


@pytest.fixture
def ada(site):  # noqa: F811
    """By password, in a browser; a passkey is at hand, and an application was let in."""
    world = World(site)
    user, browser, app, key = person(world), Browser(site), App(world), Authenticator()
    browser.log_in(user["name"])
    assert add(browser, key).path == "/account"
    app.server = type("Named", (), {"url": site.origin, "anyone": site.anyone})()
    app.tokens(browser)
    return user, browser, app, key


def asks_for_the_passkey(page):
    """The passkey, and nothing that would not do."""
    return page.status == 200 and page.path == "/login" and "use your passkey" in page.parsed.text and "password" not in page.form(GET)["fields"] \
        and [f["action"] for f in page.parsed.forms] == [GET, "/consent"]


@pytest.mark.parametrize("more", [{"acr_values": "2"}, {"claims": ESSENTIAL}, {"acr_values": "2", "prompt": "login"}])
def test_a_password_leads_to_the_passkey_and_not_in_circles(site, ada, more):  # noqa: F811
    user, browser, app, key = ada
    fresh = Browser(site)
    page = fresh.get(app.authorize_url(**more))
    assert "/login" in [f["action"] for f in page.parsed.forms], "nobody is known yet: every way is offered"
    page = fresh.submit(page, "/login", username=user["name"], password="correct horse")
    assert asks_for_the_passkey(page), page
    page = fresh.submit(page, GET, **key.get(options_of(page), site.origin))
    assert page.status == 303, page
    got = app.redeem(page.query["code"]).json
    assert claims(got["id_token"])["acr"] == "2" and claims(got["id_token"])["amr"] == ["pop", "user"]
    # Who was here by password before is asked for the passkey at once.
    assert asks_for_the_passkey(browser.get(app.authorize_url(**more)))
    # Its twin: where nothing asks for two steps, a password does.
    assert "code" in browser.get(app.authorize_url()).query


def test_who_has_the_passkey_not_at_hand_goes_back_without_a_code(site, ada):  # noqa: F811
    _, browser, app, _ = ada
    page = browser.get(app.authorize_url(acr_values="2"))
    page = browser.submit(page, "/consent", decision="deny")
    assert page.status == 303 and page.query["error"] == "access_denied" and "code" not in page.query
    refused = browser.get(app.authorize_url(acr_values="2", prompt="none"))
    assert refused.query["error"] == "login_required"


def test_a_wrong_passkey_is_asked_for_again(site, ada):  # noqa: F811
    _, browser, app, key = ada
    page = browser.get(app.authorize_url(acr_values="2"))
    again = browser.submit(page, GET, **{**key.get(options_of(page), site.origin), "signature": ""})
    assert again.status == 403 and "could not be checked" in again.parsed.text and [f["action"] for f in again.parsed.forms] == [GET, "/consent"]
    page = browser.submit(again, GET, **key.get(options_of(again), site.origin))
    assert "code" in page.query, unquote(page.location or "")


def test_a_passkey_that_cannot_be_used_here_is_no_second_step(site, ada):  # noqa: F811
    user, _, app, _ = ada
    # From now on the service is reached by an address: no browser has passkeys for that.
    site.settings["issuer"] = f"http://127.0.0.1:{site.port}"
    site.restart()
    browser = Browser(site)
    browser.log_in(user["name"])
    assert "code" in browser.get(app.authorize_url(acr_values="2")).query
    assert browser.get(app.authorize_url(claims=ESSENTIAL)).query["error"] == "unmet_authentication_requirements"

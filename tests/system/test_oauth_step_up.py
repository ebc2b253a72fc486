"""A login that was asked for is a login: no way around it by another page, an old address, or a new second step."""
import base64
import hmac
import struct
import time
from urllib.parse import unquote

import pytest

from browser import App, Browser, claims, person


@pytest.fixture
def signed_in(server, world):
    """A user in a browser, and an application that the user agreed to before."""
    user, browser, app = person(world), Browser(server), App(world)
    browser.log_in(user["name"])
    app.tokens(browser)
    return user, browser, app


def code_of(secret, later=0):
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30 + later), "sha1").digest()
    at = mac[19] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000:06}"


def asks_for_login(page):
    return page.path == "/login" and page.status == 200


def way_back(page):
    return unquote(page.location.split("return=")[1])


@pytest.mark.parametrize("wanted", [{"prompt": "login"}, {"max_age": "0"}, {"prompt": "login consent"}])
def test_the_page_that_asks_is_no_way_around(server, signed_in, wanted):
    user, browser, app = signed_in
    url = app.authorize_url(**wanted)
    assert asks_for_login(browser.get(url.replace("/oauth/authorize?", "/consent?")))
    # Nor is a form of it, filled in for another request.
    page = browser.get(app.authorize_url(prompt="consent"))
    answer = browser.submit(page, "/consent", decision="allow", request=url.split("?")[1])
    assert asks_for_login(answer), answer
    # Its twin: after the login the page asks, and the word counts.
    page = browser.submit(answer, "/login", username=user["name"], password="correct horse")
    if page.path == "/consent" and page.status == 200:
        page = browser.submit(page, "/consent", decision="allow")
    assert "code" in page.query, page


def test_a_refusal_needs_no_login(server, signed_in):
    user, browser, app = signed_in
    page = browser.get(app.authorize_url(prompt="consent"))
    page = browser.submit(page, "/consent", decision="deny", request=app.authorize_url(prompt="login").split("?")[1])
    assert page.query["error"] == "access_denied"


def test_a_stamp_is_this_browsers_and_this_requests(server, world, signed_in):
    user, browser, app = signed_in
    url = app.authorize_url(prompt="login")
    stranger = Browser(server)
    theirs = way_back(stranger.send("GET", url))
    early, other = Browser(server), app.authorize_url(prompt="login")
    mine, another = way_back(early.send("GET", url)), way_back(early.send("GET", other))
    early.log_in(user["name"])
    stamp = another.split("&fresh_login=")[1]
    for address in (theirs, url + "&fresh_login=" + stamp, mine + "x"):
        assert early.send("GET", address).location.startswith("/login?"), address
    assert "code" in early.send("GET", mine).query


def test_a_new_second_step_is_no_new_login(server, signed_in):
    user, browser, app = signed_in
    before = claims(app.tokens(browser)["id_token"])
    back = way_back(browser.send("GET", app.authorize_url(prompt="login")))
    page = browser.get("/account/authenticator")
    secret = page.form("/account/authenticator")["fields"]["secret"]
    assert browser.submit(page, code=code_of(secret)).status == 200
    assert browser.send("GET", back).location.startswith("/login?")
    after = claims(app.tokens(browser)["id_token"])
    assert after["auth_time"] == before["auth_time"] and (after["acr"], after["amr"]) == ("2", ["pwd", "otp"])


def test_a_new_password_is_no_new_login(server, signed_in):
    user, browser, app = signed_in
    back = way_back(browser.send("GET", app.authorize_url(prompt="login")))
    page = browser.submit(browser.get("/account"), do="password", password="correct horse", new_password="battery staple")
    assert page.status == 200
    assert browser.send("GET", back).location.startswith("/login?")

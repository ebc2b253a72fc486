"""The pages in Chromium, as it is."""
import http.server
import json
import threading
from urllib.parse import parse_qs, urlsplit

import pytest

from browser import App, person
from chromium import FOUND, Chromium, log_in
from server import ROOT
from waiting import free_port, until

pytestmark = pytest.mark.skipif(not FOUND, reason="chromium and its driver are not installed")
LIBRARY = ROOT / "tests/npm/node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js"


@pytest.fixture
def chromium(processes, folder):
    opened = []

    def start(**more):
        opened.append(Chromium(processes, folder, **more))
        return opened[-1]
    yield start
    for browser in opened:
        browser.close()


def test_a_person_logs_in_consents_and_logs_out_without_scripts(server, world, chromium):
    user, app = person(world), App(world, "native", redirects=["http://127.0.0.1/callback"])
    app.redirect = f"http://127.0.0.1:{free_port()}/callback"
    browser = chromium(scripts=False)
    browser.resize(320)
    browser.go(server.url + app.authorize_url())
    log_in(browser, user["name"])
    until(lambda: "/consent" in browser.url, 10, "the consent page")
    session = browser.cookies()["jeton_session"]
    assert session["httpOnly"] and session["sameSite"] == "Lax" and len(session["value"]) < 200
    browser.press("button[value=allow]")
    # Nobody listens there; where it went to is what counts.
    until(lambda: browser.url.startswith(app.redirect + "?code="), 10, "the way back")
    assert app.redeem(parse_qs(urlsplit(browser.url).query)["code"][0]).status == 200
    browser.go(server.url + "/account")
    assert user["name"] in browser.source and app.client["name"] in browser.source
    browser.press("form button.danger")
    until(lambda: "logged out" in browser.source, 10, "the end of the session")
    assert "jeton_session" not in browser.cookies() and browser.complaints() == []


def test_pages_fit_a_narrow_window(server, world, chromium):
    user, browser = person(world), chromium()
    browser.go(server.url + "/login")
    log_in(browser, user["name"])
    until(lambda: browser.url.endswith("/account"), 10, "the account page")
    browser.resize(320)
    assert browser.run("return document.documentElement.scrollWidth <= window.innerWidth")
    assert browser.run("return [...document.querySelectorAll('input:not([type=hidden])')].every(i => i.labels.length === 1)")
    assert browser.run("return document.querySelectorAll('h1').length") == 1 and browser.run("return document.documentElement.lang") == "en"
    assert browser.complaints() == []


def test_form_post_is_sent_by_the_browser(server, world, chromium):
    user, app, browser = person(world), App(world, "native", redirects=["http://127.0.0.1/callback"], first_party=True), chromium()
    got = []

    class Callback(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Callback) as back:
        threading.Thread(target=back.serve_forever, daemon=True).start()
        app.redirect = f"http://127.0.0.1:{back.server_port}/callback"
        browser.go(server.url + app.authorize_url(response_mode="form_post"))
        log_in(browser, user["name"])
        until(lambda: got or "/consent" in browser.url, 10, "the form")
        if not got:
            browser.press("button[value=allow]")
        until(lambda: got, 10, "the form")
        back.shutdown()
    assert "code=" in got[0] and "state=s-1" in got[0] and browser.complaints() == []


@pytest.mark.skipif(not LIBRARY.exists(), reason="npm packages are not installed")
def test_oidc_client_ts_in_a_single_page_application(server, world, chromium):
    user, browser = person(world), chromium()
    pages = {"/": ("text/html", b"<!doctype html><title>app</title><script src=/oidc.js></script><script src=/app.js></script>"),
             "/oidc.js": ("text/javascript", LIBRARY.read_bytes())}

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            kind, body = pages.get(self.path.split("?")[0], pages["/"])
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        home = f"http://127.0.0.1:{site.server_port}"
        app = App(world, "spa", redirects=[home + "/callback"], post_logout_redirect_uris=[home + "/bye"])
        settings = {"authority": server.url, "client_id": app.id, "redirect_uri": home + "/callback", "post_logout_redirect_uri": home + "/bye",
                    "scope": "openid profile", "loadUserInfo": True}
        pages["/app.js"] = ("text/javascript", f"""
            const manager = new oidc.UserManager({json.dumps(settings)})
            window.result = 'waiting'
            const show = (user) => {{ window.result = {{ sub: user.profile.sub, name: user.profile.preferred_username, refresh: !!user.refresh_token }} }}
            if (location.pathname === '/callback') manager.signinRedirectCallback().then(show, (e) => {{ window.result = String(e) }})
            else if (location.pathname === '/bye') window.result = 'bye'
            else manager.signinRedirect()""".encode())
        browser.go(home + "/")
        until(lambda: "/login" in browser.url, 10, "the login page")
        log_in(browser, user["name"])
        until(lambda: "/consent" in browser.url, 10, "the consent page")
        browser.press("button[value=allow]")
        until(lambda: browser.url.startswith(home) and browser.run("return window.result") != "waiting", 20, "the application")
        assert browser.run("return window.result") == {"sub": user["id"], "name": user["name"], "refresh": True}
        # Fresh tokens, and then out.
        assert browser.run("return manager.signinSilent().then((u) => u.profile.sub, (e) => String(e))") == user["id"]
        browser.run("manager.signoutRedirect()")
        until(lambda: browser.url.startswith(home + "/bye"), 10, "the way out")
        assert world.admin.shown(f"/v1/sessions?user={user['id']}")["items"] == []
        site.shutdown()
    assert browser.complaints() == []

"""Applications as their developers run them: Apache with mod_auth_openidc, Express with express-openid-connect, git with git-credential-oauth."""
import json
import os
import pathlib
import shutil
import subprocess
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests

from browser import App, Browser, person
from listener import Listener
from server import ROOT, World
from waiting import accepts, free_port, until

CLIENTS = ROOT / "tests" / "npm" / "clients"
MODULES = pathlib.Path("/usr/lib/apache2/modules")


class Visitor:
    """A person's browser: one Browser for the server under test, one cookie jar for the application."""

    def __init__(self, server, base):
        self.browser, self.base, self.session = Browser(server), base, requests.Session()
        self.session.headers["Accept"] = "text/html"

    def get(self, path):
        return self.session.get(urljoin(self.base, path), allow_redirects=False, timeout=20)

    def settle(self, answer, user=None):
        """Follows the application's answer to the server, logs in and agrees where asked, and comes back."""
        while answer.status_code in (302, 303, 307):
            to = urljoin(answer.url, answer.headers["Location"])
            if to.startswith(self.base):
                answer = self.session.get(to, allow_redirects=False, timeout=20)
                continue
            page = self.browser.get(to)
            if page.path == "/login":
                page = self.browser.submit(page, "/login", username=user["name"], password="correct horse")
            if page.status == 200 and "/consent" in page.url:
                page = self.browser.submit(page, "/consent", decision="allow")
            if page.status != 303:
                return page
            answer = self.session.get(page.location, allow_redirects=False, timeout=20)
        return answer


# Apache


@pytest.fixture
def apache(folder, processes):
    if not (MODULES / "mod_auth_openidc.so").exists():
        pytest.skip("libapache2-mod-auth-openidc is not installed")

    def start(server, app, upstream, port, **more):
        os.chmod(folder, 0o755)
        settings = {"OIDCProviderMetadataURL": server.url + "/.well-known/openid-configuration", "OIDCClientID": app.id, "OIDCRedirectURI": app.redirect,
                    "OIDCCryptoPassphrase": '"of cookies, in this test alone"', "OIDCScope": '"openid email"', "OIDCPKCEMethod": "S256", "OIDCRemoteUserClaim": "sub",
                    "OIDCSessionType": "server-cache", "OIDCStateMaxNumberOfCookies": "7", **more}
        if app.secret:
            settings["OIDCClientSecret"] = app.secret
        modules = "mpm_event authn_core authz_core authz_user proxy proxy_http auth_openidc".split()
        conf = folder / "apache.conf"
        conf.write_text("\n".join([f"ServerRoot {folder}", f"PidFile {folder}/apache.pid", f"Listen 127.0.0.1:{port}", "ServerName 127.0.0.1", f"DefaultRuntimeDir {folder}",
                                   *(f"LoadModule {m}_module {MODULES}/mod_{m}.so" for m in modules), "User www-data", "Group www-data", "LogLevel warn auth_openidc:info",
                                   f"ErrorLog {folder}/apache.log", *(f"{k} {v}" for k, v in settings.items()), "<Location /app/>", "AuthType openid-connect", "Require valid-user",
                                   f"ProxyPass {upstream}/", "</Location>", ""]))
        conf.chmod(0o600)
        processes.start(["/usr/sbin/apache2", "-f", str(conf), "-DFOREGROUND"], "apache")
        until(lambda: accepts(port), what="Apache")
    return start


def web(world, **more):
    port = free_port()
    base = f"http://127.0.0.1:{port}/"
    return App(world, redirects=[base + "app/callback"], post_logout_redirect_uris=[base], **more), port, base


@pytest.fixture
def behind():
    upstream = Listener(lambda path: (200, {"Content-Type": "text/plain"}, b"inside"))
    yield upstream
    upstream.close()


def test_mod_auth_openidc(own_server, apache, behind):
    server = own_server({"outbound.allow": "127.0.0.1"})
    world = World(server)
    user = person(world)
    app, port, base = web(world)
    world.admin.done("PATCH", f"/v1/clients/{app.id}", {"backchannel_logout_uri": app.redirect + "?logout=backchannel"})
    apache(server, app, behind.url, port)
    visitor = Visitor(server, base)
    assert visitor.get("/app/page").status_code == 302 and behind.calls == []
    inside = visitor.settle(visitor.get("/app/page"), user)
    assert inside.text == "inside"
    headers = behind.calls[-1]["headers"]
    assert headers["OIDC_CLAIM_sub"] == user["id"] and headers["OIDC_CLAIM_email"] == user["email"] and headers["OIDC_CLAIM_iss"].rstrip("/") == server.url
    assert visitor.get("/app/page").text == "inside"
    # An answer that another browser asked for gets nobody in.
    stranger, third = Visitor(server, base), Visitor(server, base)
    page = visitor.browser.get(stranger.get("/app/page").headers["Location"])
    assert page.status == 303 and b"inside" not in third.session.get(page.location, allow_redirects=False).content
    assert third.get("/app/page").status_code == 302
    # The end of the session reaches it.
    count = len(behind.calls)
    visitor.browser.submit(visitor.browser.get("/oauth/logout"), "/oauth/logout", leave="yes")
    until(lambda: visitor.get("/app/page").status_code == 302, what="the notice")
    inside = visitor.settle(visitor.get("/app/page"), user)
    assert inside.text == "inside" and len(behind.calls) > count
    # Logging out there logs out here.
    page = visitor.settle(visitor.session.get(app.redirect, params={"logout": base}, allow_redirects=False))
    assert visitor.browser.session is None and visitor.get("/app/page").status_code == 302


def test_mod_auth_openidc_with_form_post(server, world, apache, behind):
    user = person(world)
    app, port, base = web(world)
    apache(server, app, behind.url, port, OIDCResponseMode="form_post")
    visitor = Visitor(server, base)
    page = visitor.settle(visitor.get("/app/page"), user)
    form = page.form(app.redirect)
    assert form["fields"]["code"] and form["fields"]["iss"] == server.url
    answer = visitor.session.post(app.redirect, data=form["fields"], allow_redirects=False)
    assert answer.status_code == 302 and visitor.get("/app/page").text == "inside" and behind.calls[-1]["headers"]["OIDC_CLAIM_sub"] == user["id"]


# Express


@pytest.fixture
def express(processes, folder):
    if not (CLIENTS.parent / "node_modules" / "express-openid-connect").exists():
        pytest.skip("npm packages are not installed")
    started = []

    def start(**settings):
        node = subprocess.Popen(["node", str(CLIENTS / "express.mjs")], cwd=CLIENTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(folder / "express.err", "w"), text=True,
                                env={**os.environ, "CLIENT": json.dumps(settings)})
        started.append(node)
        line = node.stdout.readline()
        assert line, (folder / "express.err").read_text()
    yield start
    for node in started:
        node.kill()
        node.wait()


def test_express_openid_connect(own_server, express):
    server = own_server({"outbound.allow": "127.0.0.1"})
    world = World(server)
    user, port = person(world), free_port()
    base = f"http://127.0.0.1:{port}"
    app = App(world, redirects=[base + "/callback"], post_logout_redirect_uris=[base], backchannel_logout_uri=base + "/backchannel-logout")
    express(issuer=server.url, id=app.id, secret=app.secret, base=base, port=port, scope="openid email offline_access", backchannel=True)
    visitor = Visitor(server, base)
    assert visitor.get("/").json() == {"in": False, "user": None}
    inside = visitor.settle(visitor.get("/private"), user)
    assert inside.status_code == 200 and inside.json()["sub"] == inside.json()["info"]["sub"] == user["id"] and inside.json()["info"]["email"] == user["email"], inside.text
    assert visitor.get("/refresh").json() == {"changed": True}
    # An answer that another browser asked for, and a changed one.
    stranger, third = Visitor(server, base), Visitor(server, base)
    page = visitor.browser.get(stranger.get("/login").headers["Location"])
    assert third.session.get(page.location, allow_redirects=False).status_code == 400 and third.get("/").json()["in"] is False
    assert stranger.session.get(page.location.replace("code=", "code=x"), allow_redirects=False).status_code >= 400 and stranger.get("/").json()["in"] is False
    # The end of the session reaches it.
    browser = visitor.browser
    browser.submit(browser.get("/oauth/logout"), "/oauth/logout", leave="yes")
    until(lambda: visitor.get("/").json()["in"] is False, what="the notice")
    # Logging out there logs out here.
    again = Visitor(server, base)
    assert again.settle(again.get("/private"), user).status_code == 200
    out = again.settle(again.get("/logout"))
    assert again.browser.session is None and again.get("/").json()["in"] is False, out


# git


@pytest.mark.skipif(not shutil.which("git-credential-oauth"), reason="git-credential-oauth is not installed")
def test_git_credential_oauth(server, world, folder):
    user, browser = person(world), Browser(server)
    browser.log_in(user["name"])
    word = world.name("git")
    api = world.api(scopes=(f"{word}:write",))
    app = App(world, "native", scopes=(f"{word}:write",), redirects=["http://127.0.0.1"])
    opened = folder / "opened"
    (folder / "bin").mkdir()
    for name in ("open", "xdg-open", "x-www-browser", "www-browser", "wslview"):
        (folder / "bin" / name).write_text(f"#!/bin/sh\nprintf '%s\\n' \"$1\" > {opened}.new && mv {opened}.new {opened}\n")
        (folder / "bin" / name).chmod(0o755)
    config = folder / "gitconfig"
    host = f"127.0.0.1:{server.port}"
    for key, value in (("oauthClientId", app.id), ("oauthAuthURL", "/oauth/authorize"), ("oauthTokenURL", "/oauth/token"), ("oauthScopes", f"{word}:write")):
        subprocess.run(["git", "config", "--file", config, f"credential.http://{host}.{key}", value], check=True)
    git = subprocess.Popen(["git-credential-oauth", "-verbose", "get"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder,
                           env={"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "HOME": str(folder), "GIT_CONFIG_GLOBAL": str(config), "DISPLAY": ":0"})
    try:
        git.stdin.write(f"protocol=http\nhost={host}\n\n")
        git.stdin.close()
        git.stdin = None
        until(lambda: opened.exists() or git.poll() is not None, what="the browser")
        assert opened.exists(), git.communicate()
        page = browser.get(opened.read_text().strip())
        assert "/consent" in page.url, page
        page = browser.submit(page, "/consent", decision="allow")
        assert requests.get(page.location, timeout=20).status_code == 200
        out, err = git.communicate(timeout=20)
    finally:
        git.kill()
        git.wait()
    said = dict(line.split("=", 1) for line in out.splitlines())
    server.seen.add(said["password"])
    assert world.verdict(said["password"], f"?api={api['name']}&scope={word}:write").status == 200, err
    # The code is used.
    code = parse_qs(urlsplit(page.location).query)["code"][0]
    assert app.redeem(code, code_verifier="x" * 43).json["error"] == "invalid_grant"

"""What is told of the server and its APIs (RFC 8414, RFC 9728), and clients that describe themselves at an address."""
import json
import subprocess
from urllib.parse import quote, urlencode

import pytest

from browser import App, Browser, claims, person, pkce
from listener import Listener
from server import World
from signing import Key
from waiting import free_port

RESOURCE = "/.well-known/oauth-protected-resource"


def test_an_issuer_with_a_path_is_found_in_both_forms(own_server):
    port = free_port()
    base = f"http://127.0.0.1:{port}/auth/one"
    server = own_server({"issuer": base}, port=port)
    addresses = [prefix + document + suffix for document in ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
                 for prefix, suffix in (("", "/auth/one"), ("/auth/one", ""), ("", ""))]
    for address in addresses:
        found = server.anyone.shown(address)
        assert found["issuer"] == base and found["token_endpoint"] == base + "/oauth/token", address
    # The endpoints are where the document says, by that path and where a proxy takes it away.
    for path in ("/auth/one/oauth/token", "/oauth/token"):
        assert server.anyone.post(path, form={"grant_type": "x"}).json["error"] == "unsupported_grant_type"
    assert server.anyone.get("/auth/one/.well-known/jwks.json").json["keys"]
    for wrong in ("/.well-known/openid-configuration/auth", "/.well-known/openid-configuration/auth/one/", "/.well-known/openid-configuration/auth/two", "/auth/on/oauth/token",
                  "/auth/oneoauth/token", "/auth/one/auth/one/oauth/token", "/.well-known/jwks.json/auth/one"):
        assert server.anyone.get(wrong).status == 404, wrong


def test_the_jwks_is_kept_no_longer_than_rotation_waits(server):
    """A verifier that keeps its copy for as long as it may knows the next key before that signs (docs/guide: keys)."""
    answer = server.anyone.get("/.well-known/jwks.json")
    assert answer.headers["Cache-Control"] == "public, max-age=300"


def test_an_api_tells_who_gives_tokens_for_it(server, world):
    name = world.name("mcp")
    api = world.api(name=name, scopes=(f"{name}:use",), audience=f"https://{name}.example.com/mcp")
    through = lambda path, host, proto="https": server.anyone.get(path, headers={"X-Forwarded-Host": host, "X-Forwarded-Proto": proto})
    found = through(RESOURCE + "/mcp", f"{name}.example.com")
    assert found.status == 200 and found.json["resource"] == api["audience"] and found.json["authorization_servers"] == [server.url]
    assert found.json["scopes_supported"] == [f"{name}:use"] and found.json["bearer_methods_supported"] == ["header"]
    assert server.anyone.shown(f"{RESOURCE}/{name}") == found.json == server.anyone.shown(RESOURCE + "/" + quote(api["audience"], safe=""))
    for wrong in (through(RESOURCE + "/mcp", f"{name}.example.com", "http"), through(RESOURCE + "/mcp/x", f"{name}.example.com"), through(RESOURCE, f"{name}.example.com"),
                  through(RESOURCE + "/mcp", "other.example.com"), server.anyone.get(RESOURCE + "/jeton"), server.anyone.get(RESOURCE + "/openid"), server.anyone.get(RESOURCE),
                  server.anyone.get(RESOURCE + "x/mcp")):
        assert wrong.status == 404, wrong
    root = world.api(audience=f"https://{name}-root.example.com/")
    assert through(RESOURCE, f"{name}-root.example.com").json["resource"] == root["audience"]
    # Where the gateway asks for it, a refusal says where that is.
    ask = lambda query, token="x": world.verdict(token, f"?api={name}&resource_metadata=yes" + query)
    pointer = f'resource_metadata="{server.url}{RESOURCE}/{name}"'
    assert pointer in server.anyone.get(f"/verify?api={name}&resource_metadata=yes").headers["WWW-Authenticate"]
    assert pointer in ask("").headers["WWW-Authenticate"] and "resource_metadata" not in world.verdict("x", f"?api={name}").headers["WWW-Authenticate"]
    token = world.token(api, scopes=(f"{name}:use",))["token"]
    assert ask("", token).status == 200 and pointer in ask("&scope=more", token).headers["WWW-Authenticate"] and pointer in ask("&acr=1", token).headers["WWW-Authenticate"]
    assert ask("&resource_metadata=yes").status == 400
    hostile = server.anyone.get("/verify?resource_metadata=yes&api=" + quote('x", error="none'))
    assert '"none"' not in hostile.headers["WWW-Authenticate"] and hostile.status in (401, 403)


# Client ID metadata documents


@pytest.fixture
def published(folder, monkeypatch, own_server):
    """A server that takes such clients, and an https site on loopback that its operator allows: (server, publish, site)."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "tls.key", "-out", folder / "tls.crt", "-days", "2",
                    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "tls.crt"))
    pages = {}
    site = Listener(lambda path: pages.get(path, (404, {"Content-Type": "application/json"}, b"{}")), tls=(folder / "tls.crt", folder / "tls.key"))
    server = own_server({"outbound.allow": "127.0.0.1"})
    server.admin.done("PATCH", "/v1/settings", {"client_documents": "open"})

    def publish(path, document=None, status=200, kind="application/json", **more):
        said = {"client_id": site.url + path, "client_name": "Reader", "redirect_uris": ["https://reader.example.com/cb"], "token_endpoint_auth_method": "none", **more}
        body = document if document is not None else json.dumps({k: v for k, v in said.items() if v is not None}).encode()
        pages[path] = (status, {"Content-Type": kind, "Location": site.url + "/moved"}, body)
        return site.url + path
    yield server, publish, site
    site.close()


class Described(App):
    def __init__(self, world, url, redirect="https://reader.example.com/cb"):
        self.world, self.server, self.id, self.secret, self.redirect, self.verifier = world, world.server, url, None, redirect, None


def test_a_client_nobody_registered_is_described_by_its_document(published):
    server, publish, site = published
    world = World(server)
    app = Described(world, publish("/reader.json"))
    user, browser = person(world), Browser(server)
    page = browser.submit(browser.get(app.authorize_url()), "/login", username=user["name"], password="correct horse")
    # People see where it comes from.
    assert "/consent" in page.url and "Reader" in page.parsed.text and "127.0.0.1" in page.parsed.text
    page = browser.submit(page, "/consent", decision="allow")
    got = app.redeem(page.query["code"]).json
    assert claims(got["id_token"])["aud"] == claims(got["id_token"])["azp"] == app.id
    assert app.refresh(got["refresh_token"]).status == 200 and server.bearing(got["access_token"]).get("/oauth/userinfo").json["sub"] == user["id"]
    # It is read once for a while, and known to the administrator like any other.
    assert len(site.calls) == 1
    record = next(c for c in world.admin.shown("/v1/clients")["items"] if c.get("client_id_document") == app.id)
    assert record["type"] == "spa" and record["secrets"] == []
    world.admin.done("DELETE", f"/v1/clients/{record['id']}")
    assert app.refresh(got["refresh_token"]).status in (400, 401) and browser.send("GET", app.authorize_url()).status == 400


def test_what_the_administrator_said_of_a_described_client_stays(published):
    server, publish, site = published
    world = World(server)
    app, user, browser = Described(world, publish("/reader.json")), person(world), Browser(server)
    app.tokens(browser, user)
    listed = lambda: next(c for c in world.admin.shown("/v1/clients")["items"] if c.get("client_id_document") == app.id)
    assert browser.get(app.authorize_url(prompt="consent")).path == "/consent"
    world.admin.done("PATCH", f"/v1/clients/{listed()['id']}", {"first_party": True, "limits": ["50/1h"], "name": "Elsewhere"})
    page = browser.get(app.authorize_url())
    assert page.status == 303 and "code" in page.query, "nobody is asked for what is the installation's own"
    # What the document says is as it says again, and nothing else is.
    assert listed()["name"].startswith("Reader ") and listed()["first_party"] is True and listed()["limits"] == ["50/1h"]


def test_a_described_client_may_authenticate_by_its_key(published):
    server, publish, site = published
    world, key = World(server), Key()
    app = Described(world, publish("/keyed.json", token_endpoint_auth_method="private_key_jwt", jwks=key.jwks()))
    user, browser = person(world), Browser(server)
    code = app.code(browser, user)
    redeem = lambda **more: server.anyone.post("/oauth/token", form={"grant_type": "authorization_code", "code": code, "redirect_uri": app.redirect, "code_verifier": app.verifier, **more})
    assert redeem(client_id=app.id).status == 401
    by = lambda k: {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion": k.assertion(app.id, server.url)}
    assert redeem(**by(Key())).status == 401 and redeem(**by(key)).status == 200


def test_a_document_that_will_not_do(published):
    server, publish, site = published
    browser = Browser(server)
    query = lambda client, redirect="https://reader.example.com/cb": "/oauth/authorize?" + urlencode({
        "response_type": "code", "client_id": client, "redirect_uri": redirect, "scope": "openid", "code_challenge": pkce()[1], "code_challenge_method": "S256"})
    good = publish("/good.json")
    assert browser.send("GET", query(good)).status == 303
    wrong = {
        "another's": publish("/a.json", client_id=good), "no id": publish("/b.json", client_id=None), "a secret": publish("/c.json", client_secret="x"),
        "secrets": publish("/d.json", token_endpoint_auth_method="client_secret_basic"), "no redirects": publish("/e.json", redirect_uris=[]),
        "a bad redirect": publish("/f.json", redirect_uris=["javascript:alert(1)"]), "moved": publish("/g.json", status=302), "gone": publish("/h.json", status=404),
        "no JSON": publish("/i.json", document=b"<html>", kind="text/html"), "a list": publish("/j.json", document=b"[]"), "large": publish("/k.json", more="x" * 40000),
        "twice": publish("/l.json", document=json.dumps({"client_id": site.url + "/l.json"})[:-1].encode() + b',"client_id":"x"}'),
        "own grants": publish("/m.json", grant_types=["client_credentials"]), "its own scopes": publish("/n.json", scope="jeton:admin"),
        "keys that are private": publish("/o.json", token_endpoint_auth_method="private_key_jwt", jwks={"keys": [{"kty": "oct", "k": "AAAA"}]}),
        "nothing there": site.url + "/nobody.json",
        "no path": site.url, "fragment": good + "#x", "query": good + "?x", "user": good.replace("https://", "https://a@"), "dots": site.url + "/x/../good.json", "escape": site.url + "/%67ood.json",
        "plain": good.replace("https", "http"), "other port": "https://127.0.0.1:9/x.json",
    }
    for what, client in wrong.items():
        page = browser.send("GET", query(client))
        assert page.status in (400, 503) and page.location is None, (what, page)
    assert browser.send("GET", query(good, "https://evil.example.com/cb")).status == 400
    assert "/moved" not in [c["path"] for c in site.calls]
    assert browser.send("GET", query(good)).status == 303


def test_documents_are_not_read_where_they_may_not_be(server, world, own_server, published):
    open_server, publish, site = published
    good = publish("/reader.json")
    ask = lambda at, client: Browser(at).send("GET", "/oauth/authorize?" + urlencode({"response_type": "code", "client_id": client, "redirect_uri": "https://reader.example.com/cb", "scope": "openid",
                                                                                     "code_challenge": pkce()[1], "code_challenge_method": "S256"})).status
    # Closed, as it is until somebody opens it; and open without leave to call this machine.
    assert ask(server, good) == 400
    guarded = own_server()
    guarded.admin.done("PATCH", "/v1/settings", {"client_documents": "open"})
    for client in (good, good.replace("127.0.0.1", "localhost"), good.replace("127.0.0.1", "2130706433"), good.replace("127.0.0.1", "[::1]"), "https://169.254.169.254/latest/meta-data"):
        assert ask(guarded, client) == 400, client
    assert site.calls == []
    assert ask(open_server, good) == 303

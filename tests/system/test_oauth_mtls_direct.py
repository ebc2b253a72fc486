"""Client certificates over the server's own TLS (RFC 8705), shown by real clients: curl, and openid-client on Node's https."""
import base64
import hashlib
import json
import subprocess

import pytest

from browser import App, claims
from certificates import authority, certificate, put
from server import World
from signing import octets
from test_oauth_clients import CLIENTS, drive
from waiting import free_port


class Files:
    """A server's authority and certificate; an authority of clients, and what it and others issued."""

    def __init__(self, at):
        self.at = at
        at.mkdir()
        for name in ("ca", "clients", "strangers"):
            authority(at, name)
        certificate(at, "live")
        for name, by, names in (("app", "clients", "DNS:app.example.com"), ("other", "clients", "DNS:other.example.com"), ("false", "strangers", "DNS:app.example.com")):
            certificate(at, name, by, f"subjectAltName={names}\nextendedKeyUsage=clientAuth")
        for name in ("own", "another"):
            authority(at, name)                        # of itself

    def path(self, name, end="pem"):
        return self.at / f"{name}.{end}"

    def thumbprint(self, name):
        der = subprocess.run(["openssl", "x509", "-in", self.path(name), "-outform", "DER"], check=True, capture_output=True).stdout
        return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()

    def jwk(self, name):
        from cryptography import x509
        n = x509.load_pem_x509_certificate(self.path(name).read_bytes()).public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "x": octets(n.x, 32), "y": octets(n.y, 32)}


class Secured:
    def __init__(self, files, server):
        self.files, self.server, self.world = files, server, World(server)
        self.url = f"https://localhost:{server.port}"

    def curl(self, path, shown=None, *more):
        command = ["curl", "-sS", "--noproxy", "*", "-m", "20", "--cacert", self.files.path("ca"), "-w", "\n%{http_code}", *more]
        if shown:
            command += ["--cert", self.files.path(shown), "--key", self.files.path(shown, "key")]
        done = subprocess.run([*command, self.url + path], capture_output=True, text=True, timeout=30, check=True)
        body, status = done.stdout.rsplit("\n", 1)
        return int(status), body

    def token(self, app, shown, *more):
        status, body = self.curl("/oauth/token", shown, "-d", f"grant_type=client_credentials&client_id={app.id}", *more)
        answer = json.loads(body)
        if "access_token" in answer:
            self.server.seen.add(answer["access_token"])
        return status, answer

    def verify(self, token, shown):
        return self.curl("/verify", shown, "-H", f"Authorization: Bearer {token}")[0]


@pytest.fixture
def secured(own_server, folder):
    def start(ca="clients", port=None, **more):
        files = Files(folder / f"tls-{ca}")
        trusted = "any" if ca == "any" else str(files.path(ca))
        made = Secured(files, own_server({"tls_certificate": str(files.path("live")), "tls_key": str(files.path("live", "key")), "tls_client_ca": trusted, **more}, port=port))
        made.world.api()
        return made
    return start


def test_tls_client_auth(secured):
    s = secured()
    app = App(s.world, "machine", token_endpoint_auth_method="tls_client_auth", tls_client_auth_san_dns="app.example.com", tls_client_certificate_bound_access_tokens=True)
    assert app.secret is None
    status, got = s.token(app, "app")
    assert status == 200 and claims(got["access_token"])["cnf"] == {"x5t#S256": s.files.thumbprint("app")}, got
    # Another name of the same authority, the same name of another one, a certificate of itself, and none.
    for shown in ("other", "false", "own", None):
        status, refused = s.token(app, shown)
        assert status == 401 and refused["error"] == "invalid_client", (shown, refused)
    # Who shows no certificate is served all the same where none is needed.
    assert s.curl("/.well-known/openid-configuration")[0] == 200


def test_self_signed_tls_client_auth(secured):
    s = secured("any")
    app = App(s.world, "machine", token_endpoint_auth_method="self_signed_tls_client_auth", jwks={"keys": [s.files.jwk("own")]}, tls_client_certificate_bound_access_tokens=True)
    status, got = s.token(app, "own")
    assert status == 200 and claims(got["access_token"])["cnf"] == {"x5t#S256": s.files.thumbprint("own")}, got
    for shown in ("another", "app", None):
        status, refused = s.token(app, shown)
        assert status == 401 and refused["error"] == "invalid_client", (shown, refused)
    # Names are believed of no certificate here.
    named = App(s.world, "machine", token_endpoint_auth_method="tls_client_auth", tls_client_auth_san_dns="app.example.com")
    assert s.token(named, "app")[0] == 401


@pytest.mark.parametrize("format", ["jwt", "opaque"])
def test_a_bound_token_with_another_certificate(secured, format):
    s = secured()
    word = s.world.name("s")
    api = s.world.api(scopes=(f"{word}:read",), format=format)
    app = App(s.world, "machine", scopes=(f"{word}:read",), token_endpoint_auth_method="tls_client_auth", tls_client_auth_san_dns="app.example.com", tls_client_certificate_bound_access_tokens=True)
    token = s.token(app, "app", "-d", f"resource={api['audience']}")[1]["access_token"]
    assert s.verify(token, "app") == 200
    for shown in ("other", "false", "own", None):
        assert s.verify(token, shown) == 401, shown
    # And on one connection after the other, in any order.
    assert [s.verify(token, shown) for shown in ("other", "app", None, "app")] == [401, 200, 401, 200]


@pytest.mark.skipif(not (CLIENTS.parent / "node_modules" / "openid-client").exists(), reason="npm packages are not installed")
def test_openid_client_at_the_addresses_for_certificates(secured):
    port = free_port()
    s = secured(port=port, issuer=f"https://127.0.0.1:{port}", mtls_address=f"https://localhost:{port}")
    told = json.loads(s.curl("/.well-known/openid-configuration")[1])
    aliases = told["mtls_endpoint_aliases"]
    assert aliases["token_endpoint"] == f"https://localhost:{port}/oauth/token" and told["token_endpoint"] == f"https://127.0.0.1:{port}/oauth/token"
    assert set(aliases) == {f"{name}_endpoint" for name in ("token", "userinfo", "introspection", "revocation", "device_authorization", "pushed_authorization_request")}
    app = App(s.world, "machine", token_endpoint_auth_method="tls_client_auth", tls_client_auth_san_dns="app.example.com", tls_client_certificate_bound_access_tokens=True)
    got = drive("mtls.mjs", None, issuer=f"https://127.0.0.1:{port}", id=app.id, scope="orders:read", ca=str(s.files.path("ca")), shown=str(s.files.at / "app"), other=str(s.files.at / "other"))
    s.server.seen.add(got["token"])
    assert got["active"] and got["cnf"] == {"x5t#S256": s.files.thumbprint("app")}
    assert got["wrong"] == got["none"] == "OAUTH_WWW_AUTHENTICATE_CHALLENGE"
    # It spoke to the addresses for certificates.
    assert all(call.startswith("https://localhost") for call in got["calls"] if "/oauth/" in call) and any("/oauth/introspect" in call for call in got["calls"])

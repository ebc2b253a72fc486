"""Clients that show a certificate (RFC 8705), as a trusted proxy hands it on."""
import base64
import datetime
import hashlib
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from browser import App, Browser, claims, person
from http_client import Client
from server import World
from signing import Key, b64

FIELD = "X-Client-Cert"


class Certificate:
    """Of a key; issued by itself or by another certificate."""

    def __init__(self, name="app", key=None, dns=(), uris=(), issuer=None, authority=False):
        self.key, subject = key or Key(), x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"), x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.utcnow()
        made = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer.certificate.subject if issuer else subject).public_key(self.key.private.public_key())
                .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1)))
        names = [x509.DNSName(d) for d in dns] + [x509.UniformResourceIdentifier(u) for u in uris]
        if names:
            made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
        made = made.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        self.certificate = made.sign((issuer.key if issuer else self.key).private, hashes.SHA256())
        self.der = self.certificate.public_bytes(Encoding.DER)
        self.thumbprint = b64(hashlib.sha256(self.der).digest())

    def fields(self):
        return {FIELD: quote(self.certificate.public_bytes(Encoding.PEM).decode(), safe="")}


@pytest.fixture
def proxied(own_server, folder):
    authority = Certificate("authority", authority=True)
    (folder / "ca.pem").write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    server = own_server({"client_certificate_header": FIELD, "tls_client_ca": str(folder / "ca.pem")})
    world = World(server)
    world.api()
    return server, world, authority


def ask(app, fields, **form):
    return app.server.anyone.post("/oauth/token", form={"grant_type": "client_credentials", "client_id": app.id, **form}, headers=fields)


def test_a_client_of_a_certificate_of_its_own(proxied):
    server, world, authority = proxied
    mine, other = Certificate(), Certificate()
    app = App(world, "machine", token_endpoint_auth_method="self_signed_tls_client_auth", jwks={"keys": [mine.key.jwk()]}, tls_client_certificate_bound_access_tokens=True)
    assert app.secret is None
    got = ask(app, mine.fields())
    assert got.status == 200 and claims(got.json["access_token"])["cnf"] == {"x5t#S256": mine.thumbprint}, got
    # Another certificate of the same key is as good.
    again = Certificate("other", key=mine.key)
    assert claims(ask(app, again.fields()).json["access_token"])["cnf"] == {"x5t#S256": again.thumbprint}
    for wrong in (other.fields(), {}, {FIELD: ""}):
        assert ask(app, wrong).json["error"] == "invalid_client", wrong
    for wrong in ({FIELD: "x"}, {FIELD: ":AAAA"}, {FIELD: quote("-----BEGIN CERTIFICATE-----\n$$$\n-----END CERTIFICATE-----")}):
        assert ask(app, wrong).status in (400, 401), wrong
    for der in (mine.der[:-1], mine.der[1:]):
        pem = "-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der).decode() + "-----END CERTIFICATE-----\n"
        assert ask(app, {FIELD: quote(pem, safe="")}).status == 401
    # Its certificate is its way in, and no other.
    assert ask(app, mine.fields(), client_secret="x").status == 401
    plain = App(world, "machine")
    assert ask(plain, mine.fields()).status == 401


def test_a_client_of_an_authority(proxied):
    server, world, authority = proxied
    register = lambda **name: App(world, "machine", token_endpoint_auth_method="tls_client_auth", **name)
    by_dns, by_uri, by_name = register(tls_client_auth_san_dns="app.example.com"), register(tls_client_auth_san_uri="spiffe://example.com/app"), register(tls_client_auth_subject_dn="CN=app,C=DE")
    good = Certificate("app", dns=["x.example.com", "app.example.com"], uris=["spiffe://example.com/app"], issuer=authority)
    for app in (by_dns, by_uri, by_name):
        assert ask(app, good.fields()).status == 200
        # The same names, and nobody who is trusted vouches for them.
        for issuer in (None, Certificate("authority", authority=True)):
            assert ask(app, Certificate("app", dns=["app.example.com"], uris=["spiffe://example.com/app"], issuer=issuer).fields()).status == 401
    bad = Certificate("app.example.com", dns=["app.example.com.evil.example.com", "*.example.com"], uris=["spiffe://example.com/app/x"], issuer=authority)
    nul = Certificate("app\0x", dns=["app.example.com\0.evil.example.com"], issuer=authority)
    for app in (by_dns, by_uri, by_name):
        assert ask(app, bad.fields()).status == 401 and ask(app, nul.fields()).status == 401


def test_a_token_of_a_certificate_is_good_with_it_alone(proxied):
    server, world, authority = proxied
    mine, other = Certificate(), Certificate()
    for kind in ("jwt", "opaque"):
        word = world.name("s")
        api = world.api(scopes=(f"{word}:read",), format=kind)
        app = App(world, "machine", scopes=(f"{word}:read",), token_endpoint_auth_method="self_signed_tls_client_auth", jwks={"keys": [mine.key.jwk()]},
                  tls_client_certificate_bound_access_tokens=True)
        access = ask(app, mine.fields()).json["access_token"]
        server.seen.add(access)
        ask_gateway = lambda fields: world.verdict(access, f"?api={api['name']}", fields)
        assert ask_gateway(mine.fields()).status == 200
        for wrong in (other.fields(), {}, {FIELD: "x"}):
            refused = ask_gateway(wrong)
            assert refused.status == 401 and refused.headers["X-Jeton-Reason"] == "unbound", (wrong, refused)
        seen = world.admin.call("POST", "/oauth/introspect", form={"token": access}).json
        assert seen["active"] and seen["cnf"] == {"x5t#S256": mine.thumbprint} and seen["token_type"] == "Bearer"
        # Nor as the credential of anything else.
        assert server.bearing(access).get("/v1/tokens").status in (401, 403)
        exchange = server.anyone.post("/oauth/token", form={"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": access,
                                                            "subject_token_type": "urn:ietf:params:oauth:token-type:access_token"})
        assert exchange.status == 400
    # A bearer token is one, whatever certificate comes with it.
    assert world.verdict(world.token()["token"], headers=mine.fields()).status == 200


def test_a_public_clients_refresh_token_is_bound_too(proxied):
    server, world, authority = proxied
    mine, other = Certificate(), Certificate()
    user, browser = person(world), Browser(server)
    app = App(world, "spa", tls_client_certificate_bound_access_tokens=True)
    code = app.code(browser, user)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": app.redirect, "code_verifier": app.verifier}
    assert ask(app, {}, **form).json["error"] == "invalid_request"
    got = ask(app, mine.fields(), **form).json
    refresh = lambda fields: ask(app, fields, grant_type="refresh_token", refresh_token=got["refresh_token"])
    assert refresh(other.fields()).json["error"] == "invalid_grant" and refresh({}).status == 400
    info = lambda fields: server.anyone.get("/oauth/userinfo", headers={"Authorization": f"Bearer {got['access_token']}", **fields}).status
    assert info(mine.fields()) == 200 and info(other.fields()) == 401 and info({}) == 401
    fresh = refresh(mine.fields())
    assert fresh.status == 200 and claims(fresh.json["access_token"])["cnf"] == {"x5t#S256": mine.thumbprint}


def test_only_a_trusted_proxy_hands_certificates_on(own_server, server, world):
    mine = Certificate()
    register = lambda world: App(world, "machine", token_endpoint_auth_method="self_signed_tls_client_auth", jwks={"keys": [mine.key.jwk()]})
    # Nobody configured a field; and where one is, a caller that is no proxy may send what it likes.
    assert ask(register(world), mine.fields()).status == 401
    strict = own_server({"client_certificate_header": FIELD, "trusted_proxies": "127.0.0.9/32"})
    World(strict).api()
    app = register(World(strict))
    form = {"grant_type": "client_credentials", "client_id": app.id}
    assert strict.anyone.post("/oauth/token", form=form, headers=mine.fields()).status == 401
    assert Client.tcp(strict.port, source="127.0.0.9").post("/oauth/token", form=form, headers=mine.fields()).status == 200


def test_an_exchange_gives_a_client_of_bound_tokens_no_others(proxied):
    server, world, _ = proxied
    mine, exchange = Certificate(), "urn:ietf:params:oauth:grant-type:token-exchange"
    app = App(world, "machine", grant_types=[exchange], tls_client_certificate_bound_access_tokens=True)
    basic = {"Authorization": "Basic " + base64.b64encode(f"{app.id}:{app.secret}".encode()).decode()}
    form = {"grant_type": exchange, "subject_token": world.token()["token"], "subject_token_type": "urn:ietf:params:oauth:token-type:access_token"}
    refused = server.anyone.post("/oauth/token", form=form, headers=basic)
    assert refused.status == 400 and "bound" in refused.json["error_description"], refused
    got = server.anyone.post("/oauth/token", form=form, headers={**basic, **mine.fields()})
    assert got.status == 200 and got.json["token_type"] == "Bearer", got
    assert claims(got.json["access_token"])["cnf"] == {"x5t#S256": mine.thumbprint}

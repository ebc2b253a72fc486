"""The OpenID Foundation's modules for the FAPI 2.0 Security Profile (docs/formats/openid-modules.md): a client that is held to it (`fapi2`)."""
import time
from urllib.parse import parse_qs, urlencode

import pytest

from browser import App, Browser, claims, person
from signing import Key, RsaKey
from test_oauth_answers import ASSERTION
from test_oauth_code import own_api


class Fapi(App):
    """private_key_jwt, DPoP, pushed requests."""

    def __init__(self, world, key=None, **more):
        self.key, self.bound = key or Key(), Key("d")
        super().__init__(world, **{"fapi2": True, "token_endpoint_auth_method": "private_key_jwt", "jwks": self.key.jwks(), "dpop_bound_access_tokens": True,
                                   "require_pushed_authorization_requests": True, "id_token_signed_response_alg": "ES256", **more})

    def said(self, audience=None, **more):
        return {"client_assertion_type": ASSERTION, "client_assertion": self.key.assertion(self.id, audience or self.server.url, **more)}

    def post(self, path, form, proof=None, by=None):
        proof = proof if proof is not None else (by or self.bound).proof("POST", self.server.url + path)
        return self.server.anyone.post(path, form=form, headers={"DPoP": proof} if proof else {})

    def push(self, said=None, proof=None, **more):
        query = {k: v[0] for k, v in parse_qs(self.authorize_url(**more).split("?")[1]).items()}
        return self.post("/oauth/par", {**query, **(said or self.said())}, proof)

    def agreed(self, browser, **more):
        uri = self.push(**more).json["request_uri"]
        page = browser.get("/oauth/authorize?" + urlencode({"client_id": self.id, "request_uri": uri}))
        page = browser.submit(page, "/consent", decision="allow") if page.status == 200 else page
        assert page.status == 303 and page.query["iss"] == self.server.url, page
        return page.query["code"]

    def fetch(self, code, said=None, proof=None, by=None, **more):
        return self.post("/oauth/token", {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect, "code_verifier": self.verifier,
                                          **(said or self.said()), **more}, proof, by)


@pytest.fixture
def signed_in(server, world):
    browser = Browser(server)
    browser.log_in(person(world)["name"])
    return browser


def info(server, access, key, method="GET", url=None, scheme="DPoP", header=None, **more):
    proof = header if header is not None else key.proof(method, url or server.url + "/oauth/userinfo", access, **more)
    return server.anyone.call(method, "/oauth/userinfo", headers={"Authorization": f"{scheme} {access}", **({"DPoP": proof} if proof else {})})


def test_happy_flow_and_refresh(server, world, signed_in):
    app = Fapi(world)
    got = app.fetch(app.agreed(signed_in, scope="openid offline_access"))
    assert got.status == 200 and got.json["token_type"] == "DPoP" and got.headers["Cache-Control"] == "no-store", got
    answer = info(server, got.json["access_token"], app.bound)
    assert answer.status == 200 and answer.headers["Date"]
    # `refresh-token`: with another key than the one before; without a proof, without the client's word, and of another client not.
    refresh = lambda app, token, **more: app.post("/oauth/token", {"grant_type": "refresh_token", "refresh_token": token, **more.pop("said", app.said())}, **more)
    again = refresh(app, got.json["refresh_token"], by=Key())
    assert again.status == 200 and again.json["token_type"] == "DPoP" and claims(again.json["id_token"])["auth_time"] == claims(got.json["id_token"])["auth_time"]
    token, other = again.json["refresh_token"], Fapi(world)
    assert refresh(app, token, proof="").json["error"] == "invalid_dpop_proof"
    assert refresh(app, token, said={"client_id": app.id}).json["error"] == "invalid_client"
    assert refresh(other, token).json["error"] == "invalid_grant"
    assert refresh(app, token).status == 200


def test_a_client_assertion_is_for_the_issuer_alone_and_of_now(server, world, signed_in):
    """`par-test-array-as-audience-fails`, `par-test-pushed-authorization-url-as-audience-fails`, `par-test-token-endpoint-url-as-audience-fails`,
    `par-ensure-jwt-client-assertions-nbf-…`, `ensure-client-assertion-…-fails`, at both endpoints."""
    app, now = Fapi(world), int(time.time())
    code, verifier = app.agreed(signed_in), app.verifier
    wrong = [dict(audience=[server.url, "https://other.example.com/"]), dict(audience=[server.url]), dict(audience=server.url + "/oauth/token"), dict(audience=server.url + "/oauth/par"),
             dict(audience="https://other.example.com/"), dict(iat=now + 120, nbf=now + 120, exp=now + 180), dict(iat=now + 120, exp=now + 180), dict(nbf=now + 120, exp=now + 180),
             dict(exp=now - 300), dict(sub=None), dict(iss=None), dict(jti=None), dict(exp=None), dict(iss="someone"), dict(sub="someone")]
    for one in wrong:
        pushed = app.push(said=app.said(**one))
        assert pushed.status == 401 and pushed.json["error"] == "invalid_client", (one, pushed)
        assert app.fetch(code, said=app.said(**one)).json["error"] == "invalid_client", one
    for good in (dict(iat=now + 8, nbf=now + 8), dict(iat=now - 8, nbf=now - 8), dict(iat=None), dict(extra="x")):
        assert app.push(said=app.said(**good)).status == 201, good
    once = app.said()
    assert app.push(said=once).status == 201 and app.push(said=once).json["error"] == "invalid_client"
    app.verifier = verifier
    assert app.fetch(code).status == 200
    # The twin: who is not held to the profile says what RFC 7523 lets him say.
    plain = Fapi(world, fapi2=False)
    for audience in (server.url, server.url + "/oauth/token", server.url + "/oauth/par", [server.url, "https://other.example.com/"]):
        assert plain.push(said=plain.said(audience)).status == 201, audience
    assert plain.push(said=plain.said(iat=now + 120, exp=now + 180)).json["error"] == "invalid_client"


def test_algorithms_of_the_profile(server, world, signed_in):
    """`ensure-signed-client-assertion-with-RS256-fails`; proofs by RS256 likewise, at every endpoint."""
    key = RsaKey()
    app, loose = Fapi(world, key), Fapi(world, RsaKey(), fapi2=False)
    assert app.push(said=app.said(alg="RS256")).json["error"] == "invalid_client"
    assert app.push(said=app.said(alg="PS256")).status == 201 and loose.push(said=loose.said(alg="RS256")).status == 201
    proof = lambda path, alg, method="POST", token=None: key.proof(method, server.url + path, token, alg=alg)
    assert app.push(proof=proof("/oauth/par", "RS256")).json["error"] == "invalid_dpop_proof"
    code = app.agreed(signed_in, proof=proof("/oauth/par", "PS256"))
    assert app.fetch(code, proof=proof("/oauth/token", "RS256")).json["error"] == "invalid_dpop_proof"
    access = app.fetch(code, proof=proof("/oauth/token", "PS256")).json["access_token"]
    assert info(server, access, key, header=proof("/oauth/userinfo", "RS256", "GET", access)).status == 401
    assert info(server, access, key, header=proof("/oauth/userinfo", "PS256", "GET", access)).status == 200


def test_who_is_held_to_the_profile_is_registered_for_it(world):
    key = Key()
    whole = {"type": "web", "scopes": [], "redirect_uris": [App.CALLBACK], "fapi2": True, "token_endpoint_auth_method": "private_key_jwt", "jwks": key.jwks(),
             "dpop_bound_access_tokens": True, "require_pushed_authorization_requests": True, "id_token_signed_response_alg": "PS256"}
    make = lambda **more: world.admin.call("POST", "/v1/clients", {k: v for k, v in {**whole, "name": world.name("f"), **more}.items() if v is not None})
    made = make()
    assert made.status == 201 and made.json["fapi2"] is True
    for wrong in (dict(token_endpoint_auth_method=None, jwks=None), dict(dpop_bound_access_tokens=None), dict(require_pushed_authorization_requests=None), dict(nonce_for_pkce=True),
                  dict(id_token_signed_response_alg=None), dict(userinfo_signed_response_alg="RS256")):
        refused = make(**wrong)
        assert refused.status == 422 and "fapi2" in refused.json["detail"], (wrong, refused)
        # Nor does it become less by and by.
        if None not in wrong.values():
            assert world.admin.call("PATCH", f"/v1/clients/{made.json['id']}", wrong).status == 422, wrong
    assert world.admin.call("PATCH", f"/v1/clients/{made.json['id']}", {"require_pushed_authorization_requests": False}).status == 422
    assert make(tls_client_certificate_bound_access_tokens=True, dpop_bound_access_tokens=None).status == 201


def test_requests_that_are_not_pushed_or_not_whole(server, world, signed_in):
    """`ensure-unsigned-authorization-request-without-using-par-fails`, `par-ensure-pkce-required`, `par-plain-pkce-rejected`, `ensure-response-type-…-fails`, `par-…-request_uri…`,
    `ensure-registered-redirect-uri`."""
    app = Fapi(world)
    page = signed_in.send("GET", app.authorize_url())
    assert page.status == 400 and page.location is None
    for wrong in (dict(code_challenge=None, code_challenge_method=None), dict(code_challenge_method="plain"), dict(code_challenge_method=None), dict(response_type="code id_token"),
                  dict(response_type="token"), dict(redirect_uri=app.redirect + "/more"), dict(redirect_uri=None), dict(request_uri="urn:ietf:params:oauth:request_uri:x"), dict(scope="nobody:knows")):
        refused = app.push(**wrong)
        assert refused.status == 400 and refused.json["error"] in ("invalid_request", "unsupported_response_type", "invalid_scope"), (wrong, refused)
    # Another client's, one that was used, and one of nobody.
    uri, other = app.push().json["request_uri"], Fapi(world)
    at = lambda app, uri: signed_in.get("/oauth/authorize?" + urlencode({"client_id": app.id, "request_uri": uri}))
    assert at(other, uri).status == 400
    page = signed_in.submit(at(app, uri), "/consent", decision="allow")
    code = page.query["code"]
    assert at(app, uri).status == 400 and at(app, uri + "x").status == 400
    # `incorrect-pkce-code-verifier-rejected`, `ensure-pkce-code-verifier-required`, `ensure-client-id-in-token-endpoint`, `ensure-authorization-code-is-bound-to-client`
    right, app.verifier = app.verifier, "x" * 43
    assert app.fetch(code).json["error"] == "invalid_grant"
    app.verifier = other.verifier = right
    assert app.fetch(code, code_verifier="").json["error"] in ("invalid_grant", "invalid_request")
    assert other.fetch(code).json["error"] == "invalid_grant"
    assert app.fetch(code, said={"client_id": app.id}).json["error"] == "invalid_client"
    assert app.fetch(code, client_id=other.id).json["error"] == "invalid_client"
    assert app.fetch(code, proof="").json["error"] == "invalid_dpop_proof"
    assert app.fetch(code).status == 200


def test_proofs_at_a_protected_resource(server, world, signed_in):
    """`dpop-negative-tests`, and what it warns of."""
    app, now = Fapi(world), int(time.time())
    access, key = app.fetch(app.agreed(signed_in)).json["access_token"], app.bound
    at, port = server.url + "/oauth/userinfo", server.port
    sign = lambda claims=None, **header: key.sign({"htm": "GET", "htu": at, "iat": int(time.time()), "jti": str(time.time_ns()), "ath": unpadded(access), **(claims or {})},
                                                  **{"kid": None, "typ": "dpop+jwt", "jwk": key.jwk(), **header})
    good = sign()
    head, body, signature = good.split(".")
    whole = key.private.private_numbers().private_value
    for wrong in ("x", head + "." + body, good + ".", head + "." + body + ".", head + "." + body + "." + "A" * 86, sign(typ=None), sign(typ="JWT"), sign(typ="at+jwt"), sign(jwk=None),
                  sign(alg=None), sign(alg="none"), sign(alg="HS256"), sign(alg="ES384"), sign(jwk=key.jwk(d=whole_of(whole))), sign(jwk=Key().jwk()), sign({"jti": None}), sign({"htm": None}),
                  sign({"htu": None}), sign({"iat": None}), sign({"ath": None}), sign({"ath": unpadded(access + "x")}), sign({"htm": "PUT"}), sign({"htm": "get"}), sign({"htu": at + "x"}),
                  sign({"htu": "https://other.example.com/oauth/userinfo"}), sign({"htu": at.replace("userinfo", "USERINFO")}), sign({"htu": f"http://127.0.0.1:{port + 1}/oauth/userinfo"}),
                  sign({"iat": now + 3600}), sign({"iat": now - 3600}), sign({"iat": str(now)}), sign({"jti": 7}), Key().proof("GET", at, access), sign(crit=["x"], x=1), ""):
        refused = info(server, access, key, header=wrong)
        assert refused.status in (400, 401) and not refused.body, (wrong, refused)
    assert info(server, access, key, scheme="Bearer").status == 401 and info(server, access, key, scheme="Bearer", header="").status == 401
    assert info(server, access, Key()).headers["WWW-Authenticate"].startswith('DPoP realm="jeton", error="invalid_token"')
    # Once; and what else it says is not looked at. Scheme and host have no case.
    assert info(server, access, key, header=good).status == 200 and info(server, access, key, header=good).status == 401
    for fine in (sign({"extra": 1}, more="x"), sign({"htu": at + "?x=1#y"}), sign({"htu": f"HTTP://127.0.0.1:{port}/oauth/userinfo"})):
        assert info(server, access, key, header=fine).status == 200, fine


def unpadded(token):
    import hashlib
    from signing import b64
    return b64(hashlib.sha256(token.encode()).digest())


def whole_of(number):
    from signing import octets
    return octets(number, 32)

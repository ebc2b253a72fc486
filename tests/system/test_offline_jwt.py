"""jeton jwt verify against what is written in the books of attacks. Every attack has a twin beside it that must pass."""
import hashlib
import http.server
import json
import threading

import pytest

from offline import Bench, b64, hs256, jeton, unb64

GOOD = {"iss": "https://i", "aud": "a", "sub": "s", "exp": 2000}


@pytest.fixture
def bench(folder):
    return Bench(folder)


def test_a_good_token_passes_and_its_claims_are_printed(bench):
    private, public, _ = bench.key("ES256")
    token = bench.sign(private, GOOD)
    status, out, _ = jeton("jwt", "verify", "-", "--jwks", public, "--issuer", "https://i", "--audience", "a", "--at", "1970-01-01T00:16:40Z", stdin=token)
    assert status == 0 and json.loads(out) == GOOD
    assert bench.verify(token + "\n", keys=public)   # the line end of a terminal
    file = bench.write("token", token)
    assert jeton("jwt", "verify", file, "--jwks", public, "--issuer", "https://i", "--audience", "a", "--at", "1000")[0] == 0


@pytest.mark.parametrize("alg", ["EdDSA", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512", "HS256", "HS384", "HS512", "ES256K"])
def test_every_algorithm_and_a_wrong_signature(bench, alg):
    private, public, _ = bench.key(alg, *(["--bits", "2048"] if alg[1] == "S" and alg[0] in "PR" else []))
    keys = private if alg.startswith("HS") else public
    token = bench.sign(private, GOOD)
    assert bench.verify(token, keys=keys)
    head, body, signature = token.split(".")
    octets = bytearray(unb64(signature))
    octets[5] ^= 1
    assert not bench.verify(f"{head}.{body}.{b64(bytes(octets))}", keys=keys)
    assert not bench.verify(f"{head}.{b64(json.dumps({**GOOD, 'sub': 'root'}))}.{signature}", keys=keys)
    assert not bench.verify(token, "--alg", "ES256" if alg != "ES256" else "ES384", keys=keys)
    assert bench.verify(token, "--alg", alg, keys=keys)


def test_es256k_is_off_unless_the_key_or_the_caller_says_it(bench):
    private, public, jwk = bench.key("ES256K")
    token = bench.sign(private, GOOD)
    bare = bench.write("bare.json", {k: v for k, v in json.loads(public.read_text()).items() if k != "alg"})
    assert not bench.verify(token, keys=bare)
    assert bench.verify(token, "--alg", "ES256K", keys=bare)


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", " none", "none ", "", "HS256 ", "hs256", "HS384"])
def test_alg_none_in_any_spelling(bench, alg):
    header, body = b64(json.dumps({"alg": alg, "kid": "m"})), b64(json.dumps(GOOD))
    assert not bench.verify(f"{header}.{body}.")
    assert not bench.verify(f"{header}.{body}.AAAA")
    assert not bench.verify(hs256(bench.secret, {"alg": alg, "kid": "m"}, GOOD))
    assert not bench.verify(f"{header}.{body}")
    assert bench.verify(hs256(bench.secret, {"alg": "HS256", "kid": "m"}, GOOD))


def test_a_public_key_is_no_mac_key(bench):
    """CVE-2015-9235, CVE-2026-34950 and their kin: HMAC keyed with every spelling of the public key."""
    private, public, _ = bench.key("RS256", "--bits", "2048")
    _, pem, _ = jeton("jwk", "pem", public)
    spellings = [pem, pem.strip(), b"\n" + pem, pem.replace(b"\n", b"\r\n"), public.read_bytes(), public.read_bytes().strip(),
                 unb64(json.loads(public.read_text())["n"]), b""]
    kid = json.loads(public.read_text())["kid"]
    pem_file = bench.write("key.pem", "\n" + pem.decode())
    for spelling in spellings:
        token = hs256(spelling, {"alg": "HS256", "kid": kid}, GOOD)
        for keys in (public, pem_file):
            assert not bench.verify(token, keys=keys)
            assert not bench.verify(token, "--alg", "HS256", "--alg", "RS256", keys=keys)
    good = bench.sign(private, GOOD)
    assert bench.verify(good, keys=public) and bench.verify(good, keys=pem_file)


def test_a_shared_secret_must_say_what_it_is_for(bench):
    token = hs256(bench.secret, {"alg": "HS256"}, GOOD)
    bare = bench.write("bare.json", {"kty": "oct", "k": b64(bench.secret)})
    assert not bench.verify(token, keys=bare)
    assert bench.verify(token, "--alg", "HS256", keys=bare)
    for size in (0, 1, 31):
        short = bench.write("short.json", {"kty": "oct", "alg": "HS256", "k": b64(bench.secret[:size])})
        assert not bench.verify(hs256(bench.secret[:size], {"alg": "HS256"}, GOOD), keys=short)


def test_one_spelling_of_a_token_is_valid(bench):
    token = hs256(bench.secret, {"alg": "HS256", "kid": "m"}, GOOD)
    head, body, signature = token.split(".")
    assert bench.verify(token)
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    slack = signature[:-1] + last[last.index(signature[-1]) ^ 1]
    for attack in (" " + token, token + " ", "\n" + token, token + "\n\n", token + "\r\n", token + "=", f"{head}=.{body}.{signature}", f"{head}.{body}.{slack}",
                   f"{head}.{body}.{signature}.", f".{token}", f"{head}..{body}.{signature}", f"{head} .{body}.{signature}", f"{head}.{body[:4]}\n{body[4:]}.{signature}",
                   f"{head}.{body}.{signature}A", f"{head}.{body}.{signature[:-4]}", f"{head}.{body}", head, "", "..", ".", "a.b.c", token.replace("-", "+").replace("_", "/") + "+",
                   f"Bearer {token}", f'"{token}"', token + "\0", "." * 100000, "a" * 1000000):
        assert not bench.verify(attack), attack[:80]
    # The JSON serialisation is no bearer token (CVE-2016-9122, CVE-2022-39227).
    assert not bench.verify(json.dumps({"protected": head, "payload": body, "signature": signature}))
    assert not bench.verify(json.dumps({f"  {head}.": 1, "protected": head, "payload": body, "signature": signature}))


@pytest.mark.parametrize("header", [
    '{"alg":"HS256","kid":"m","crit":["exp"],"exp":1}', '{"alg":"HS256","kid":"m","crit":[]}', '{"alg":"HS256","kid":"m","crit":["b64"],"b64":true}',
    '{"alg":"HS256","kid":"m","crit":["b64"],"b64":false}', '{"alg":"HS256","kid":"m","b64":false}', '{"alg":"HS256","kid":"m","crit":"exp"}',
    '{"alg":"HS256","kid":"m","crit":["alg"]}', '{"alg":"HS256","alg":"HS256","kid":"m"}', '{"alg":"none","kid":"m","alg":"HS256"}',
    '{"alg":"HS256","kid":"m","x":{"a":1,"a":2}}', '{"\\u0061lg":"none","alg":"HS256","kid":"m"}', '{"alg":"\\u0048S256","kid":"m"}', '{"alg":["HS256"],"kid":"m"}',
    '{"alg":{"name":"HS256"},"kid":"m"}', '{"alg":null,"kid":"m"}', '{"kid":"m"}', '{"alg":"HS256","kid":1}', '{"alg":"HS256","kid":["m"]}', '{"alg":"HS256","kid":"m"} ,',
    '{"alg":"HS256","kid":"m",}', "{'alg':'HS256'}", '[{"alg":"HS256","kid":"m"}]', '"HS256"', 'null', '', '\ufeff{"alg":"HS256","kid":"m"}',
    '{"alg":"HS256","kid":"m","x":' + "[" * 100 + "]" * 100 + '}', '{"alg":"HS256","kid":"m","x":NaN}', '{"alg":"HS256","kid":"other"}', '{"alg":"HS256","kid":""}',
    '{"alg":"HS256","kid":"../../m"}', '{"alg":"HS256","kid":"m\' OR 1=1"}', '{"alg":"HS256","kid":"__proto__"}', '{"alg":"HS256","kid":"M"}', '{"alg":"HS256","kid":"m","typ":1}',
])
def test_headers_that_no_token_has(bench, header):
    keys = bench.write("set.json", {"keys": [json.loads(bench.mac.read_text())]})
    assert not bench.verify(hs256(bench.secret, header, GOOD), keys=keys)


@pytest.mark.parametrize("header", [
    '{"alg":"HS256","kid":"m"}', '{"alg":"HS256"}', ' { "alg" : "HS256" ,\n"kid" : "m" } ', '{"alg":"HS256","kid":"m","typ":"JWT"}', '{"alg":"HS256","kid":"m","typ":"jwt"}',
    '{"alg":"HS256","kid":"m","x5t":"AAAA","x":[1,2]}', '{"alg":"HS256","kid":"m","cty":"JWT"}',
])
def test_headers_that_are_good(bench, header):
    keys = bench.write("set.json", {"keys": [json.loads(bench.mac.read_text())]})
    assert bench.verify(hs256(bench.secret, header, GOOD), keys=keys)


def claims(**more):
    return json.dumps({**GOOD, **more})


@pytest.mark.parametrize("payload", [
    claims(exp=1000), claims(exp=999), claims(exp="2000"), claims(exp=None), claims(exp=True), claims(exp=[2000]), claims(exp=-1), claims(exp=2**64),
    claims(exp=float("inf")), claims(exp=float("nan")), claims(exp=1e400), '{"iss":"https://i","aud":"a","exp":1e400}', '{"iss":"https://i","aud":"a"}',
    claims(nbf=1001), claims(nbf=1000.5), claims(exp=1000.5), claims(iat=1000.5), claims(nbf="1"), claims(iat=1001), claims(iat="1"), claims(iss="https://I"), claims(iss="https://i/"), claims(iss="https:"), claims(iss=["https://i"]),
    claims(iss={"a": "https://i"}), claims(iss=None), claims(aud="A"), claims(aud="aa"), claims(aud=""), claims(aud=[]), claims(aud=["b"]), claims(aud=["a", 1]), claims(aud=[["a"]]),
    claims(aud={"a": 1}), claims(aud=None), claims(aud=["a", None]), claims(sub=1), claims(sub=["s"]), claims(jti=7),
    '{"iss":"https://i","aud":"a","exp":2000,"exp":3000}', '{"iss":"https://i","aud":"a","exp":500,"\\u0065xp":3000}', '{"iss":"x","iss":"https://i","aud":"a","exp":2000}',
    '{"iss":"https://i","aud":"a","exp":2000,"x":{"y":1,"y":2}}', '{"iss":"https://i","aud":"a","exp":02000}', '{"iss":"https://i","aud":"a","exp":+2000}',
    '{"iss":"https://i","aud":"a","exp":0x7d0}', '{"iss":"https://i","aud":"a","exp":2000}x', '{"iss":"https://i","aud":"a","exp":2000,}', '[]', '""', 'true', "",
    '{"iss":"https://i","aud":"a","exp":2000,"x":' + "[" * 65 + "]" * 65 + '}', b'{"iss":"https://i","aud":"a","exp":2000,"x":"\xff"}',
    b'{"iss":"https://i","aud":"a","exp":2000,"x":"\xc0\xaf"}', '{"iss":"https://i","aud":"a","exp":2000,"x":"\\ud800"}',
])
def test_claims_that_are_refused(bench, payload):
    assert not bench.verify(hs256(bench.secret, {"alg": "HS256"}, payload))


@pytest.mark.parametrize("payload", [
    claims(), claims(exp=1001), claims(exp=1000.5 + 1), claims(exp=1.5e3), claims(nbf=1000), claims(nbf=999.5), claims(iat=1000), claims(aud=["a"]), claims(aud=["b", "a"]),
    '{"iss":"https:\\/\\/i","aud":"\\u0061","exp":2000}', ' {"iss" : "https://i","aud":"a","exp":2000}\n', claims(x={"deep": [1, {"y": None}]}), claims(sub="ünïcødé"),
])
def test_claims_that_are_good(bench, payload):
    assert bench.verify(hs256(bench.secret, {"alg": "HS256"}, payload))


def test_leeway_moves_both_ends(bench):
    late = hs256(bench.secret, {"alg": "HS256"}, claims(exp=1000))
    assert not bench.verify(late) and bench.verify(late, "--leeway", "1s") and not bench.verify(late, "--leeway", "60s", at=1060) and bench.verify(late, "--leeway", "60s", at=1059)
    early = hs256(bench.secret, {"alg": "HS256"}, claims(nbf=1001))
    assert not bench.verify(early) and bench.verify(early, "--leeway", "1s")


def test_a_bad_signature_is_told_before_the_end(bench):
    """CVE-2024-51744: who reads the reason must not take a forged token for one that is merely old."""
    forged = hs256(b"x" * 32, {"alg": "HS256"}, claims(exp=1))
    status, out, error = jeton("jwt", "verify", "-", "--jwks", bench.mac, "--issuer", "https://i", "--audience", "a", stdin=forged)
    assert status == 1 and not out and "bad_signature" in error and "expired" not in error


ACCESS = {**GOOD, "client_id": "c", "jti": "j", "iat": 1}


def test_kinds_are_told_apart_by_typ(bench):
    def token(typ, body):
        return hs256(bench.secret, {"alg": "HS256", "typ": typ}, body)
    assert bench.verify(token("at+jwt", ACCESS)) and bench.verify(token("application/at+jwt", ACCESS), "--typ", "at+jwt")
    for missing in ("iss", "exp", "aud", "sub", "client_id", "iat", "jti"):
        assert not bench.verify(token("at+jwt", {k: v for k, v in ACCESS.items() if k != missing})), missing
    for typ in ("dpop+jwt", "logout+jwt", "secevent+jwt", "JWE", "at+jwtx", "client-authentication+jwt"):
        assert not bench.verify(token(typ, ACCESS)), typ
    assert not bench.verify(token("JWT", ACCESS), "--typ", "at+jwt")
    assert not bench.verify(hs256(bench.secret, {"alg": "HS256"}, ACCESS), "--typ", "at+jwt")
    assert not bench.verify(token("at+jwt", ACCESS), "--typ", "JWT")
    assert bench.verify(token("logout+jwt", {**GOOD, "iat": 1, "jti": "j", "events": {"http://schemas.openid.net/event/backchannel-logout": {}}}), "--typ", "logout+jwt")


def test_keys_come_from_the_caller_alone(bench):
    """CVE-2018-0114: a key in the header; and an address in it, where nothing may be fetched."""
    private, public, jwk = bench.key("ES256")
    evil, evil_public, evil_jwk = bench.key("ES256", name="evil")
    calls = []

    class Canary(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            calls.append(self.path)
            body = json.dumps({"keys": [json.loads(evil_public.read_text())]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Canary) as canary:
        threading.Thread(target=canary.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{canary.server_address[1]}/keys"
        public_evil = {k: v for k, v in json.loads(evil_public.read_text()).items() if k not in ("use", "alg")}
        for member in ({"jwk": public_evil}, {"jku": url}, {"x5u": url}, {"x5c": ["MIIB"]}, {"jwk": public_evil, "jku": url}):
            header = json.dumps({"kid": jwk["kid"], **member})
            status, signed, error = jeton("jws", "sign", "-", "--jwk", evil, stdin=json.dumps(GOOD))
            assert status == 0, error
            # The header is put together by hand and signed by the attacker's key.
            made = sign_with(bench, evil, json.loads(header) | {"alg": "ES256"}, GOOD)
            assert not bench.verify(made, keys=public), member
            # The same header around a good signature changes nothing either way.
            assert bench.verify(sign_with(bench, private, json.loads(header) | {"alg": "ES256"}, GOOD), keys=public), member
        assert calls == []
        # The address that the caller names is fetched.
        assert bench.verify(bench.sign(evil, GOOD), keys=url)
        assert calls == ["/keys"]
        canary.shutdown()


def sign_with(bench, private, header, payload):
    """Any header over a signature of the key: jws sign of the signing input, unencoded and detached, gives it (RFC 7797)."""
    import subprocess
    _, pem, _ = jeton("jwk", "pem", private, "--private")
    key = bench.write("signing.pem", pem.decode())
    signed = f"{b64(json.dumps(header))}.{b64(json.dumps(payload))}"
    der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=signed.encode(), capture_output=True, check=True).stdout
    r_length = der[3]
    r, s = der[4:4 + r_length], der[6 + r_length:]
    return f"{signed}.{b64(r.lstrip(bytes(1)).rjust(32, bytes(1)) + s.lstrip(bytes(1)).rjust(32, bytes(1)))}"


def test_the_key_is_the_one_of_the_kid(bench):
    one, one_public, one_jwk = bench.key("ES256", name="one")
    two, two_public, two_jwk = bench.key("ES256", name="two")
    keys = bench.write("set.json", {"keys": [json.loads(one_public.read_text()), json.loads(two_public.read_text())]})
    token = bench.sign(two, GOOD)
    assert bench.verify(token, keys=keys)
    # Keys are never tried in turn: no kid among several, another's kid, nobody's kid.
    assert not bench.verify(bench.sign(two, GOOD, "--kid", one_jwk["kid"]), keys=keys)
    assert not bench.verify(bench.sign(two, GOOD, "--kid", "nobody"), keys=keys)
    nameless = bench.write("nameless.json", {k: v for k, v in two_jwk.items() if k != "kid"})
    assert not bench.verify(bench.sign(nameless, GOOD), keys=keys)
    assert bench.verify(bench.sign(nameless, GOOD), keys=bench.write("single.json", {"keys": [json.loads(two_public.read_text())]}))
    twice = bench.write("twice.json", {"keys": [json.loads(one_public.read_text()), {**json.loads(two_public.read_text()), "kid": one_jwk["kid"]}]})
    assert not bench.verify(token, keys=twice)
    for member in ({"use": "enc"}, {"key_ops": ["encrypt"]}, {"alg": "ES384"}):
        assert not bench.verify(token, keys=bench.write("wrong.json", {**json.loads(two_public.read_text()), **member})), member


def test_zero_signatures(bench):
    """CVE-2022-21449"""
    _, public, jwk = bench.key("ES256")
    head, body = b64(json.dumps({"alg": "ES256", "kid": jwk["kid"]})), b64(json.dumps(GOOD))
    for signature in (bytes(64), b"\xff" * 64, bytes(63), bytes(65), b"", bytes.fromhex("3006020101020101")):
        assert not bench.verify(f"{head}.{body}.{b64(signature)}", keys=public)


def test_nested_tokens(bench):
    private, public, _ = bench.key("ES256")
    opener, lock, opener_jwk = bench.key("ECDH-ES+A256KW")
    nested = bench.sign(private, GOOD, "--encrypt-to", lock)
    assert nested.count(".") == 4
    assert bench.verify(nested, "--key", opener, keys=public)
    assert bench.verify(nested, "--key", bench.write("openers.json", {"keys": [opener_jwk]}), keys=public)
    assert not bench.verify(nested, keys=public)
    other, *_ = bench.key("ECDH-ES+A256KW", name="other")
    assert not bench.verify(nested, "--key", other, keys=public)

    def around(inner, *more, to=lock):
        status, out, error = jeton("jwe", "encrypt", "-", "--jwk", to, *more, stdin=inner)
        assert status == 0, error
        return out.decode().strip()
    # CVE-2026-29000: what is inside is not signed, or by nobody; what says nothing of holding a token.
    none = f"{b64(json.dumps({'alg': 'none'}))}.{b64(json.dumps(GOOD))}."
    for inner in (none, json.dumps(GOOD), bench.sign(other_signer(bench), GOOD), nested):
        assert not bench.verify(around(inner), "--key", opener, keys=public)
    assert not bench.verify(around(bench.sign(private, GOOD)), "--key", opener, keys=public)   # no cty
    assert not bench.verify(bench.sign(private, {**GOOD, "exp": 999}, "--encrypt-to", lock), "--key", opener, keys=public)
    # CVE-2023-51774: encrypted to the key that verifies.
    rsa, rsa_public, rsa_jwk = bench.key("RS256", "--bits", "2048")
    plain_rsa = bench.write("plain.json", {k: v for k, v in json.loads(rsa_public.read_text()).items() if k not in ("use", "alg")})
    assert not bench.verify(around(json.dumps(GOOD), "--alg", "RSA-OAEP-256", to=plain_rsa), keys=rsa_public)
    assert not bench.verify(around(json.dumps(GOOD), "--alg", "RSA-OAEP-256", to=plain_rsa), "--key", rsa, keys=rsa_public)
    parts = nested.split(".")
    for at in range(5):
        broken = list(parts)
        broken[at] = broken[at][:-2] + ("AA" if broken[at][-2:] != "AA" else "QQ")
        assert not bench.verify(".".join(broken), "--key", opener, keys=public), at


def other_signer(bench):
    return bench.key("ES256", name="stranger")[0]


def test_wrong_usage_is_two(bench):
    for arguments in (["jwt", "verify", "-"], ["jwt", "verify", "-", "--jwks", bench.mac], ["jwt", "verify", "-", "--jwks", "no-such-file", "--issuer", "i", "--audience", "a"],
                      ["jwt", "verify", "-", "--jwks", bench.mac, "--issuer", "i", "--audience", "a", "--at", "noon"],
                      ["jwt", "verify", "-", "--jwks", bench.mac, "--issuer", "i", "--audience", "a", "--leeway", "soon"],
                      ["jws", "verify", "-"], ["jwk", "generate", "--alg", "none"], ["jwk", "generate", "--alg", "dir"], ["jwk", "generate"]):
        status, out, error = jeton(*arguments)
        assert status == 2 and not out and error, arguments


def test_inspect_says_that_nothing_was_verified(bench):
    token = hs256(b"anything", {"alg": "HS256"}, GOOD)
    status, out, error = jeton("jwt", "inspect", "-", stdin=token)
    assert status == 0 and json.loads(out)["verified"] is False and json.loads(out)["claims"] == GOOD and "verified" in error
    assert jeton("jwt", "inspect", "-", stdin="nonsense")[0] == 1


def test_secrets_and_tokens_are_not_repeated(bench):
    token = hs256(b"x" * 32, {"alg": "HS256"}, {**GOOD, "sub": "hidden-subject"})
    _, out, error = jeton("jwt", "verify", "-", "--jwks", bench.mac, "--issuer", "https://i", "--audience", "a", stdin=token)
    assert not out
    for secret in (token, "hidden-subject", b64(bench.secret), hashlib.sha256(bench.secret).hexdigest()):
        assert secret not in error

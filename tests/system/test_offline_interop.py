"""Another implementation, npm's jose: what one makes the other takes, both ways and for every algorithm. Where the two differ: test_jose_differences.py."""
import base64
import json
import subprocess

import pytest

from offline import ROOT, Bench, b64, hs256, jeton, unb64

SIGNATURES = ["EdDSA", "ES256", "ES384", "ES512", "ES256K", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512", "HS256", "HS384", "HS512"]
WRAPPED = ["RSA-OAEP", "RSA-OAEP-256", "A128KW", "A192KW", "A256KW", "A128GCMKW", "A192GCMKW", "A256GCMKW"]
AGREED = ["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW"]
CONTENT = ["A128GCM", "A192GCM", "A256GCM", "A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512"]
MESSAGE = b"octets \x00\xff and a line\n"
RSA = ["--bits", "2048"]


class Peer:
    def __init__(self):
        self.process = subprocess.Popen(["node", ROOT / "tests" / "system" / "jose_peer.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **what):
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def ok(self, **what):
        answer = self.ask(**what)
        assert "ok" in answer, answer
        return answer["ok"]


@pytest.fixture(scope="module")
def peer():
    if not (ROOT / "tests" / "npm" / "node_modules" / "jose").exists():
        pytest.skip("npm's jose is not installed")
    p = Peer()
    yield p
    p.process.stdin.close()
    p.process.wait(10)


@pytest.fixture
def bench(folder):
    return Bench(folder)


def std(octets):
    return base64.b64encode(octets).decode()


@pytest.mark.parametrize("alg", SIGNATURES)
def test_signatures_both_ways(peer, bench, alg):
    private, public, jwk = bench.key(alg, *(RSA if alg[:2] in ("RS", "PS") else []))
    seen = json.loads(private.read_text()) if alg.startswith("HS") else json.loads(public.read_text())
    checks = private if alg.startswith("HS") else public
    _, ours, _ = jeton("jws", "sign", "-", "--jwk", private, stdin=MESSAGE)
    assert base64.b64decode(peer.ok(do="verify", alg=alg, key=seen, token=ours.decode().strip())) == MESSAGE
    _, flat, _ = jeton("jws", "sign", "-", "--jwk", private, "--json", stdin=MESSAGE)
    assert base64.b64decode(peer.ok(do="verifyFlat", alg=alg, key=seen, token=json.loads(flat))) == MESSAGE
    for act in ("sign", "signFlat"):
        theirs = peer.ok(do=act, alg=alg, key=jwk, payload=std(MESSAGE), header={"kid": jwk["kid"]})
        text = theirs if isinstance(theirs, str) else json.dumps(theirs)
        assert jeton("jws", "verify", "-", "--jwk", checks, "--alg", alg, stdin=text)[:2] == (0, MESSAGE)
    assert peer.ok(do="thumbprint", key=seen) == jeton("jwk", "thumbprint", "-", stdin=json.dumps(seen))[1].decode().strip()


@pytest.mark.parametrize("alg", SIGNATURES[:11])
def test_keys_made_there_are_sound_here(peer, bench, alg):
    pair = peer.ok(do="generate", alg=alg)
    assert jeton("jwk", "check", "-", "--alg", alg, stdin=json.dumps(pair["private"]))[0] == 0
    assert jeton("jwk", "check", "-", "--alg", alg, stdin=json.dumps(pair["public"]))[0] == 0
    private, public = bench.write("private.json", pair["private"]), bench.write("public.json", pair["public"])
    _, jws, error = jeton("jws", "sign", "-", "--jwk", private, stdin=MESSAGE)
    assert base64.b64decode(peer.ok(do="verify", alg=alg, key=pair["public"], token=jws.decode().strip())) == MESSAGE, error


def encrypted_both_ways(peer, alg, private, public, to, enc):
    status, ours, error = jeton("jwe", "encrypt", "-", "--jwk", to, "--alg", alg, "--enc", enc, stdin=MESSAGE)
    assert status == 0, error
    assert base64.b64decode(peer.ok(do="decrypt", alg=alg, key=private, token=ours.decode().strip())) == MESSAGE
    _, flat, _ = jeton("jwe", "encrypt", "-", "--jwk", to, "--alg", alg, "--enc", enc, "--json", stdin=MESSAGE)
    assert base64.b64decode(peer.ok(do="decryptFlat", alg=alg, key=private, token=json.loads(flat))) == MESSAGE
    theirs = peer.ok(do="encrypt", alg=alg, enc=enc, key=public, payload=std(MESSAGE))
    return theirs, json.dumps(peer.ok(do="encryptFlat", alg=alg, enc=enc, key=public, payload=std(MESSAGE), aad=std(b"beside")))


@pytest.mark.parametrize("enc", CONTENT)
@pytest.mark.parametrize("alg", WRAPPED)
def test_wrapped_keys_both_ways(peer, bench, alg, enc):
    private, public, jwk = bench.key(alg, *(RSA if alg.startswith("RSA") else []))
    to = private if alg.startswith("A") else public
    for text in encrypted_both_ways(peer, alg, jwk, json.loads(to.read_text()), to, enc):
        assert jeton("jwe", "decrypt", "-", "--jwk", private, stdin=text)[:2] == (0, MESSAGE)


@pytest.mark.parametrize("crv", ["P-256", "P-384", "P-521", "X25519"])
@pytest.mark.parametrize("alg", AGREED)
def test_agreed_keys_both_ways(peer, bench, alg, crv):
    private, public, jwk = bench.key(alg, "--crv", crv)
    for enc in CONTENT:
        for text in encrypted_both_ways(peer, alg, jwk, json.loads(public.read_text()), public, enc):
            assert jeton("jwe", "decrypt", "-", "--jwk", private, stdin=text)[:2] == (0, MESSAGE)


@pytest.mark.parametrize("enc", CONTENT)
def test_a_key_that_encrypts_directly(peer, bench, enc):
    private, _, jwk = bench.key(enc)
    jwk = {k: v for k, v in jwk.items() if k not in ("alg", "use")}
    for text in encrypted_both_ways(peer, "dir", jwk, jwk, private, enc):
        assert jeton("jwe", "decrypt", "-", "--jwk", private, stdin=text)[:2] == (0, MESSAGE)


def test_keys_from_passwords(peer, bench):
    key = {"kty": "oct", "k": b64("a password")}
    file = bench.write("password.json", key)
    for alg in ("PBES2-HS256+A128KW", "PBES2-HS384+A192KW", "PBES2-HS512+A256KW"):
        _, ours, _ = jeton("jwe", "encrypt", "-", "--jwk", file, "--alg", alg, "--pbes2", stdin=MESSAGE)
        assert base64.b64decode(peer.ok(do="decrypt", alg=alg, key=key, token=ours.decode().strip())) == MESSAGE
        theirs = peer.ok(do="encrypt", alg=alg, enc="A256GCM", key=key, payload=std(MESSAGE))
        assert jeton("jwe", "decrypt", "-", "--jwk", file, "--pbes2", stdin=theirs)[:2] == (0, MESSAGE)

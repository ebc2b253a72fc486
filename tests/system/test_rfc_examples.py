"""The examples of the specifications: what their appendices show is taken as they show it, and its twin, bent by one bit, is not."""
import copy
import hashlib
import hmac
import json
import pathlib
import subprocess

import pytest

from offline import b64, jeton, unb64

EXAMPLES = json.loads((pathlib.Path(__file__).parent / "rfc_examples.json").read_text())


def file_of(folder, key):
    path = folder / "key.json"
    path.write_text(json.dumps(key))
    return path


def text_of(token):
    return token if isinstance(token, str) else json.dumps(token)


def bent(part):
    """The same length, another value."""
    octets = bytearray(unb64(part))
    octets[len(octets) // 2] ^= 1
    return b64(bytes(octets))


def bend(token, member, compact_part):
    if isinstance(token, str):
        parts = token.split(".")
        parts[compact_part] = bent(parts[compact_part])
        return ".".join(parts)
    out = copy.deepcopy(token)
    for holder in [out] + out.get("signatures", []) + out.get("recipients", []):
        if member in holder:
            holder[member] = bent(holder[member])
    return json.dumps(out)


@pytest.mark.parametrize("section", ["RFC7515 A.1", "RFC7515 A.2", "RFC7515 A.3", "RFC7515 A.4"])
def test_compact_signatures(folder, section):
    shown = EXAMPLES[section]
    key = file_of(folder, shown["key"])
    verify = ("jws", "verify", "-", "--jwk", key, "--alg", shown["alg"])
    assert jeton(*verify, stdin=shown["token"])[:2] == (0, shown["payload"].encode())
    for part in range(3):
        assert jeton(*verify, stdin=bend(shown["token"], "", part))[0] == 1
    assert jeton("jws", "verify", "-", "--jwk", key, "--alg", "PS256" if shown["alg"] != "PS256" else "RS256", stdin=shown["token"])[0] != 0, "not by another algorithm"


def test_rfc7515_a5_an_unsecured_token_is_refused_by_whatever_key(folder):
    shown = EXAMPLES["RFC7515 A.5"]
    for section in ("RFC7515 A.1", "RFC7515 A.2", "RFC7515 A.3"):
        key = file_of(folder, EXAMPLES[section]["key"])
        assert jeton("jws", "verify", "-", "--jwk", key, stdin=shown["token"])[0] in (1, 2)
        assert jeton("jws", "verify", "-", "--jwk", key, "--alg", "none", stdin=shown["token"])[0] in (1, 2)
        claims = jeton("jwt", "verify", "-", "--jwks", key, "--issuer", "joe", "--audience", "a", "--at", "1300819000", stdin=shown["token"])
        assert claims[0] == 1 and not claims[1]


@pytest.mark.parametrize("section, of", [("RFC7515 A.6", "RFC7515 A.2"), ("RFC7515 A.6", "RFC7515 A.3"), ("RFC7515 A.7", "RFC7515 A.3")])
def test_signatures_in_json(folder, section, of):
    """The general form has two signatures: either key finds its own."""
    shown, signer = EXAMPLES[section], EXAMPLES[of]
    token = copy.deepcopy(shown["token"])
    kid = next(h["header"]["kid"] for h in token.get("signatures", [token]) if json.loads(unb64(h["protected"]))["alg"] == signer["alg"])
    key = file_of(folder, {**signer["key"], "kid": kid})
    verify = ("jws", "verify", "-", "--jwk", key, "--alg", signer["alg"])
    assert jeton(*verify, stdin=text_of(token))[:2] == (0, shown["payload"].encode())
    for member in ("payload", "signature", "protected"):
        assert jeton(*verify, stdin=bend(token, member, 0))[0] == 1, member


@pytest.mark.parametrize("section", ["RFC7516 A.1", "RFC7516 A.3"])
def test_compact_encryption(folder, section):
    shown = EXAMPLES[section]
    key = file_of(folder, shown["key"])
    decrypt = ("jwe", "decrypt", "-", "--jwk", key, "--alg", shown["alg"])
    assert jeton(*decrypt, stdin=shown["token"])[:2] == (0, shown["payload"].encode())
    for part in range(5):
        status, out, _ = jeton(*decrypt, stdin=bend(shown["token"], "", part))
        assert status == 1 and not out, part


def test_rfc7516_a2_rsa1_5_is_refused(folder):
    """RSA1_5 does not exist here: padding that tells is an oracle."""
    shown = EXAMPLES["RFC7516 A.2"]
    key = file_of(folder, shown["key"])
    for more in ([], ["--alg", "RSA1_5"], ["--alg", "RSA-OAEP"]):
        status, out, _ = jeton("jwe", "decrypt", "-", "--jwk", key, *more, stdin=shown["token"])
        assert status in (1, 2) and not out


@pytest.mark.parametrize("section", ["RFC7516 A.4", "RFC7516 A.5"])
def test_encryption_in_json(folder, section):
    """In A.4 the same message is for an RSA1_5 key too: of the two recipients only the other can read it here."""
    shown = EXAMPLES[section]
    key = file_of(folder, {**EXAMPLES["RFC7516 A.3"]["key"], "kid": "7"})
    decrypt = ("jwe", "decrypt", "-", "--jwk", key, "--alg", "A128KW")
    assert jeton(*decrypt, stdin=text_of(shown["token"]))[:2] == (0, shown["payload"].encode())
    for member in ("protected", "encrypted_key", "iv", "ciphertext", "tag"):
        status, out, _ = jeton(*decrypt, stdin=bend(shown["token"], member, 0))
        assert status == 1 and not out, member
    if section == "RFC7516 A.4":
        rsa = file_of(folder, {**EXAMPLES["RFC7516 A.2"]["key"], "kid": "2011-04-29"})
        assert jeton("jwe", "decrypt", "-", "--jwk", rsa, stdin=text_of(shown["token"]))[0] in (1, 2)


@pytest.mark.parametrize("section", ["RFC7517 A.1", "RFC7517 A.2", "RFC7517 A.3", "RFC7517 B", "RFC7517 C.1"])
def test_keys_are_sound(folder, section):
    status, out, error = jeton("jwk", "check", "-", stdin=json.dumps(EXAMPLES[section]))
    assert status == 0, (out, error)
    key = EXAMPLES[section].get("keys", [EXAMPLES[section]])[0]
    member = "y" if "y" in key else "n" if "n" in key else "k"
    wrong = {**key, member: key[member][:-2]}
    assert jeton("jwk", "check", "-", stdin=json.dumps(wrong))[0] == 1, "a key of another length"


NODE = """const {cipher, key, iv, aad, text} = JSON.parse(require('fs').readFileSync(0)), o = (t) => Buffer.from(t, 'base64url');
const c = require('crypto').createCipheriv(cipher, o(key), o(iv)); if (aad) c.setAAD(Buffer.from(aad));
const out = Buffer.concat([c.update(text), c.final()]);
console.log(JSON.stringify({out: out.toString('base64url'), tag: aad ? c.getAuthTag().toString('base64url') : ''}));"""


def ciphered(**what):
    done = subprocess.run(["node", "-e", NODE], input=json.dumps(what), capture_output=True, text=True, timeout=20, check=True)
    return json.loads(done.stdout)


def test_rfc7517_c_a_key_under_a_password(folder):
    """The appendix's own encrypted key opens to its own content key: what is sealed under that comes out."""
    shown = EXAMPLES["RFC7517 C.2"]
    head, cek, iv = b64(json.dumps(shown["header"], separators=(",", ":"))), unb64(shown["content_key"]), bytes(16)
    sealed = unb64(ciphered(cipher="aes-128-cbc", key=b64(cek[16:]), iv=b64(iv), text="a key")["out"])
    tag = hmac.new(cek[:16], head.encode() + iv + sealed + (8 * len(head)).to_bytes(8, "big"), hashlib.sha256).digest()[:16]
    token = ".".join([head, shown["encrypted_key"], b64(iv), b64(sealed), b64(tag)])
    right, wrong = ({"kty": "oct", "k": b64(p)} for p in (shown["password"], shown["password"][:-1]))
    assert jeton("jwe", "decrypt", "-", "--jwk", file_of(folder, right), "--pbes2", stdin=token)[:2] == (0, b"a key")
    assert jeton("jwe", "decrypt", "-", "--jwk", file_of(folder, right), stdin=token)[0] in (1, 2), "keys from passwords are off"
    assert jeton("jwe", "decrypt", "-", "--jwk", file_of(folder, wrong), "--pbes2", stdin=token)[0] == 1
    bent_key = ".".join([head, bent(shown["encrypted_key"]), b64(iv), b64(sealed), b64(tag)])
    assert jeton("jwe", "decrypt", "-", "--jwk", file_of(folder, right), "--pbes2", stdin=bent_key)[0] == 1


def test_rfc7518_c_the_key_that_two_agree_on(folder):
    """Bob's key and Alice's ephemeral one give the appendix's derived key: what is sealed under that comes out."""
    shown = EXAMPLES["RFC7518 C"]
    key = file_of(folder, shown["bob"])

    def token(header, derived=shown["derived"]):
        head = b64(json.dumps(header, separators=(",", ":")))
        sealed = ciphered(cipher="aes-128-gcm", key=derived, iv=b64(bytes(12)), aad=head, text="hello Bob")
        return ".".join([head, "", b64(bytes(12)), sealed["out"], sealed["tag"]])
    decrypt = ("jwe", "decrypt", "-", "--jwk", key, "--alg", "ECDH-ES")
    assert jeton(*decrypt, stdin=token(shown["header"]))[:2] == (0, b"hello Bob")
    for name, value in (("apu", b64("Alicf")), ("apv", b64("Boc")), ("enc", "A256GCM"), ("epk", {k: shown["bob"][k] for k in ("kty", "crv", "x", "y")})):
        assert jeton(*decrypt, stdin=token({**shown["header"], name: value}))[0] == 1, name
    assert jeton(*decrypt, stdin=token(shown["header"], bent(shown["derived"])))[0] == 1

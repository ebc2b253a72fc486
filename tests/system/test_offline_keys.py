"""jeton jws, jwe and jwk: bodies in every form, keys that are sound and keys that are not."""
import json
import subprocess

import pytest

from offline import Bench, b64, hs256, jeton, unb64


@pytest.fixture
def bench(folder):
    return Bench(folder)


def test_jws_gives_the_payload_back_as_it_was(bench):
    private, public, _ = bench.key("EdDSA")
    message = bytes(range(256)) + b"\n"
    file = bench.folder / "message"
    file.write_bytes(message)
    for more in ([], ["--json"]):
        status, jws, error = jeton("jws", "sign", "-", "--jwk", private, *more, stdin=message)
        assert status == 0, error
        status, out, error = jeton("jws", "verify", "-", "--jwk", public, "--alg", "EdDSA", stdin=jws)
        assert status == 0 and out == message, error
        assert jeton("jws", "verify", "-", "--jwk", public, "--alg", "ES256", stdin=jws)[0] == 1
    for more in ([], ["--unencoded"]):
        _, jws, _ = jeton("jws", "sign", "-", "--jwk", private, "--detached", *more, stdin=message)
        assert b".." in jws
        assert jeton("jws", "verify", "-", "--jwk", public, "--payload", file, stdin=jws)[:2] == (0, message)
        assert jeton("jws", "verify", "-", "--jwk", public, stdin=jws)[0] == 1
        other = bench.write("other", "another message")
        assert jeton("jws", "verify", "-", "--jwk", public, "--payload", other, stdin=jws)[0] == 1
    status, jws, _ = jeton("jws", "sign", "-", "--jwk", private, "--unencoded", stdin="plain words")
    assert status == 0 and jeton("jws", "verify", "-", "--jwk", public, stdin=jws)[:2] == (0, b"plain words")
    assert jeton("jws", "sign", "-", "--jwk", private, "--unencoded", stdin="with. a point")[0] == 1


def test_jws_in_json_is_one_form_with_no_name_twice(bench):
    token = hs256(bench.secret, {"alg": "HS256"}, "payload")
    head, body, signature = token.split(".")

    def verify(text):
        return jeton("jws", "verify", "-", "--jwk", bench.mac, "--alg", "HS256", stdin=text if isinstance(text, str) else json.dumps(text))[0] == 0
    flat = {"protected": head, "payload": body, "signature": signature}
    general = {"payload": body, "signatures": [{"protected": head, "signature": signature}]}
    assert verify(token) and verify(flat) and verify(general)
    assert verify({**flat, "header": {"kid": "m"}}) and verify({**general, "signatures": [{"protected": head, "signature": b64(b"x" * 32)}, general["signatures"][0]]})
    for attack in ({**flat, "header": {"alg": "HS256"}}, {**flat, "header": {"alg": "none"}}, {**flat, **general}, {**general, "protected": head}, {**general, "signatures": []},
                   {**flat, "signature": ""}, {"payload": body, "signature": signature}, {**flat, "protected": ""}, {**flat, "header": []}, {**flat, "header": {"crit": ["b64"], "b64": False}},
                   {**flat, "payload": "payload"}, {**flat, "protected": b64('{"alg":"HS256","b64":false}')}, {**flat, "payload": 1}, [flat], {**general, "signatures": general["signatures"][0]},
                   f'{{"payload":"{b64("evil")}",' + json.dumps(flat)[1:]):
        assert not verify(attack), attack


def test_every_way_to_encrypt(bench):
    message = b"a message\0 of octets\xff"
    ways = [("RSA-OAEP", "--bits", "2048"), ("RSA-OAEP-256", "--bits", "2048"), ("A128KW",), ("A192KW",), ("A256KW",), ("A128GCMKW",), ("A192GCMKW",), ("A256GCMKW",),
            ("A128GCM",), ("A256CBC-HS512",)]
    ways += [(alg, "--crv", crv) for alg in ("ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW") for crv in ("P-256", "P-384", "P-521", "X25519")]
    for alg, *more in ways:
        private, public, _ = bench.key(alg, *more)
        to = private if alg.startswith(("A1", "A2")) else public
        for form in ([], ["--json"]):
            status, jwe, error = jeton("jwe", "encrypt", "-", "--jwk", to, *form, stdin=message)
            assert status == 0, error
            status, out, error = jeton("jwe", "decrypt", "-", "--jwk", private, stdin=jwe)
            assert (status, out) == (0, message), (alg, error)
        shared = alg.startswith(("A1", "A2"))
        assert jeton("jwe", "decrypt", "-", "--jwk", private, "--alg", "RSA1_5", stdin=jwe)[0] == 1
        assert jeton("jwe", "decrypt", "-", "--jwk", private, "--alg", "dir" if "GCM" in alg and not alg.endswith("KW") or "CBC" in alg else alg, stdin=jwe)[0] == 0
        if not shared:
            assert jeton("jwe", "decrypt", "-", "--jwk", public, stdin=jwe)[0] == 1


def test_every_failure_to_decrypt_is_one(bench):
    private, public, _ = bench.key("RSA-OAEP-256", "--bits", "2048")
    _, jwe, _ = jeton("jwe", "encrypt", "-", "--jwk", public, stdin="secret")
    parts = jwe.decode().strip().split(".")
    reasons = set()
    for at in (1, 2, 3, 4):
        for bit in (1, 128):
            octets = bytearray(unb64(parts[at]))
            octets[len(octets) // 2] ^= bit
            broken = parts[:at] + [b64(bytes(octets))] + parts[at + 1:]
            status, out, error = jeton("jwe", "decrypt", "-", "--jwk", private, stdin=".".join(broken))
            assert status == 1 and not out
            reasons.add(error)
    short = parts[:1] + [b64(unb64(parts[1])[:-1])] + parts[2:]
    assert jeton("jwe", "decrypt", "-", "--jwk", private, stdin=".".join(short))[2] in reasons
    assert len(reasons) == 1, reasons
    for attack in (parts[:4], parts + [""], [parts[0], "", *parts[2:]], [*parts[:2], "", *parts[3:]], [*parts[:4], ""], [*parts[:4], parts[4][:2]], [b64('{"alg":"dir","enc":"A256GCM"}'), *parts[1:]]):
        assert jeton("jwe", "decrypt", "-", "--jwk", private, stdin=".".join(attack))[0] == 1


def test_passwords_only_where_asked_for(bench):
    password = bench.write("password.json", {"kty": "oct", "k": b64("correct horse battery staple")})
    status, jwe, _ = jeton("jwe", "encrypt", "-", "--jwk", password, "--alg", "PBES2-HS512+A256KW", "--pbes2", stdin="m")
    assert status == 0
    assert jeton("jwe", "decrypt", "-", "--jwk", password, stdin=jwe)[0] == 1
    assert jeton("jwe", "decrypt", "-", "--jwk", password, "--alg", "PBES2-HS512+A256KW", stdin=jwe)[0] == 1
    assert jeton("jwe", "decrypt", "-", "--jwk", password, "--pbes2", stdin=jwe)[:2] == (0, b"m")
    bomb = [b64(json.dumps({"alg": "PBES2-HS512+A256KW", "enc": "A256GCM", "p2s": b64(bytes(16)), "p2c": 2**31 - 1})), b64(bytes(40)), b64(bytes(12)), "AAAA", b64(bytes(16))]
    assert jeton("jwe", "decrypt", "-", "--jwk", password, "--pbes2", stdin=".".join(bomb), timeout=2)[0] == 1


def good_keys(bench):
    made = {alg: bench.key(alg, *(["--bits", "2048"] if alg[:2] in ("RS", "PS") else []))[2] for alg in ("ES256", "ES512", "EdDSA", "RS256", "HS256", "ECDH-ES", "A256KW")}
    made["X25519"] = bench.key("ECDH-ES", "--crv", "X25519", name="x")[2]
    return made


def test_jwk_check_tells_sound_keys_from_others(bench):
    def sound(jwk, *more):
        return jeton("jwk", "check", "-", *more, stdin=jwk if isinstance(jwk, (str, bytes)) else json.dumps(jwk))[0] == 0
    keys = good_keys(bench)
    for name, jwk in keys.items():
        assert sound(jwk) and sound(jwk, "--alg", jwk["alg"]), name
        assert not sound(jwk, "--alg", "PS512" if name != "RS256" else "ES256") and not sound(jwk, "--alg", "none") and not sound(jwk, "--alg", "RSA1_5")
        assert not sound({**jwk, "alg": "none"}) and not sound({**jwk, "use": "enc" if jwk["use"] == "sig" else "sig"})
        assert not sound({**jwk, "key_ops": ["sign", "sign"]}) and not sound({**jwk, "key_ops": "sign"}) and not sound({**jwk, "kty": "xyz"}) and not sound({**jwk, "kid": 1})
        if "d" in jwk:
            public = {k: v for k, v in jwk.items() if k not in ("d", "p", "q", "dp", "dq", "qi")}
            assert sound(public)
            assert not sound({**jwk, "d": b64(unb64(jwk["d"])[:-1])}) and not sound({**jwk, "d": jwk["d"] + "="}) and not sound({**jwk, "d": ""})
            octets = bytearray(unb64(jwk["d"]))
            octets[-9] ^= 8
            assert not sound({**jwk, "d": b64(bytes(octets))}), name
    ec, rsa, mac = keys["ES256"], keys["RS256"], keys["HS256"]
    x = unb64(ec["x"])
    for attack in ({"x": b64(x[:-1] + bytes([x[-1] ^ 1]))}, {"x": b64(bytes(1) + x)}, {"x": b64(x[1:])}, {"x": b64(bytes(32)), "y": b64(bytes(32))}, {"crv": "P-384"}, {"crv": "secp256k1"}, {"y": None}):
        assert not sound({k: v for k, v in {**ec, **attack, "d": None}.items() if v is not None}), attack
    # [RFC7748 §6.1] Points of small order: whoever agrees with one gets zero. Their p-1, p, p+1 are other spellings of -1, 0, 1.
    p = 2**255 - 19
    order_eight = (325606250916557431795983626356110631294008115727848805560023387167927233504, 39382357235489614581723060781553021112529911719440698176882885853963445705823)
    for u in (0, 1, p - 1, p, p + 1, *order_eight):
        assert not sound({"kty": "OKP", "crv": "X25519", "x": b64(u.to_bytes(32, "little"))}), u
    assert sound({"kty": "OKP", "crv": "X25519", "x": b64((9).to_bytes(32, "little"))})
    public = {k: rsa[k] for k in ("kty", "n", "e")}
    n = int.from_bytes(unb64(rsa["n"]), "big")
    for attack in ({"e": "AQ"}, {"e": "Ag"}, {"e": "AA"}, {"e": b64((65537 * 2).to_bytes(3, "big"))}, {"n": b64(bytes(1) + unb64(rsa["n"]))}, {"n": b64((n + 1).to_bytes(256, "big"))},
                   {"n": b64((n >> 1100 | 1).to_bytes(120, "big"))}, {"e": "AAEAAQ"}):
        assert not sound({**public, **attack}), attack
    assert sound(public)
    for member in ("p", "q", "dp", "dq", "qi"):
        octets = bytearray(unb64(rsa[member]))
        octets[-1] ^= 2
        assert not sound({**rsa, member: b64(bytes(octets))}), member
        assert not sound({k: v for k, v in rsa.items() if k != member}), member
    assert not sound({**mac, "k": b64(bytes(31))}) and not sound({**mac, "k": ""}) and not sound({**mac, "alg": "HS512"})
    assert not sound('{"kty":"oct","k":"AAAA","k":"AAAA"}') and not sound("{}") and not sound("") and not sound("null") and not sound('{"keys":[]}') and not sound('{"keys":{}}')
    assert sound({"keys": [ec, rsa]}) and not sound({"keys": [ec, ec]}) and not sound({"keys": [ec, {**rsa, "e": "AQ"}]})


def test_weak_rsa_moduli(bench):
    def sound(n, **more):
        return jeton("jwk", "check", "-", stdin=json.dumps({"kty": "RSA", "n": b64(n.to_bytes((n.bit_length() + 7) // 8, "big")), "e": "AQAB"}))[0] == 0
    primes = [int(subprocess.run(["openssl", "prime", "-generate", "-bits", "1024"], capture_output=True, check=True, text=True).stdout) for _ in range(2)]
    assert sound(primes[0] * primes[1])

    def next_prime(n):
        n += 2
        while pow(2, n - 1, n) != 1:
            n += 2
        return n
    assert not sound(primes[0] * next_prime(primes[0]))   # Fermat finds them
    assert not sound(primes[0] * primes[0])
    assert not sound(3 * (primes[0] * primes[1] // 2 | 1))
    assert not sound(int(subprocess.run(["openssl", "prime", "-generate", "-bits", "2048"], capture_output=True, check=True, text=True).stdout))


def test_thumbprints_of_the_rfcs(bench):
    rsa = {"kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
           "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6"
                "Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}
    assert jeton("jwk", "thumbprint", "-", stdin=json.dumps(rsa))[1] == b"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs\n"
    assert jeton("jwk", "thumbprint", "-", "--uri", stdin=json.dumps(rsa))[1] == b"urn:ietf:params:oauth:jwk-thumbprint:sha-256:NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs\n"


def test_pem_and_der_go_in_and_out(bench):
    for alg in ("ES256", "ES384", "ES512", "ES256K", "EdDSA", "RS256"):
        private, public, jwk = bench.key(alg, *(["--bits", "2048"] if alg == "RS256" else []))
        _, secret_pem, _ = jeton("jwk", "pem", private, "--private")
        _, public_pem, _ = jeton("jwk", "pem", private)
        assert b"BEGIN PRIVATE KEY" in secret_pem and b"BEGIN PUBLIC KEY" in public_pem
        der = subprocess.run(["openssl", "pkey", "-outform", "DER"], input=secret_pem, capture_output=True, check=True).stdout
        old = secret_pem if alg == "EdDSA" else subprocess.run(["openssl", "pkey", "-traditional"], input=secret_pem, capture_output=True, check=True).stdout
        for form in (secret_pem, public_pem, der, old):
            assert jeton("jwk", "thumbprint", "-", stdin=form)[1].decode().strip() == jwk["kid"]
        file = bench.write("key.pem", secret_pem.decode())
        _, jws, _ = jeton("jws", "sign", "-", "--jwk", file, "--alg", alg, stdin="m")
        assert jeton("jws", "verify", "-", "--jwk", public, "--alg", alg, stdin=jws)[:2] == (0, b"m")
    locked = subprocess.run(["openssl", "pkey", "-aes256", "-passout", "pass:x"], input=secret_pem, capture_output=True, check=True).stdout
    for attack in (locked, public_pem + public_pem, public_pem[:-40], b"-----BEGIN PUBLIC KEY-----\n", der[:-1], der + b"\0", b"\0" * 100):
        assert jeton("jwk", "check", "-", stdin=attack)[0] == 1


def test_a_certificate_must_be_of_its_key(bench):
    def certified(name):
        private, public, jwk = bench.key("ES256", name=name)
        _, pem, _ = jeton("jwk", "pem", private, "--private")
        key = bench.write(f"{name}.pem", pem.decode())
        der = subprocess.run(["openssl", "req", "-x509", "-new", "-key", key, "-subj", "/CN=x", "-days", "1", "-outform", "DER"], capture_output=True, check=True).stdout
        return json.loads(public.read_text()), der
    import base64
    import hashlib
    (one, one_der), (two, two_der) = certified("one"), certified("two")

    def sound(jwk):
        return jeton("jwk", "check", "-", stdin=json.dumps(jwk))[0] == 0
    std = lambda der: base64.b64encode(der).decode()
    print_of = lambda der: b64(hashlib.sha256(der).digest())
    assert sound({**one, "x5c": [std(one_der)], "x5t#S256": print_of(one_der)}) and sound({**one, "x5c": [std(one_der), std(two_der)]})
    for attack in ({"x5c": [std(two_der)]}, {"x5c": [std(one_der)], "x5t#S256": print_of(two_der)}, {"x5c": []}, {"x5c": std(one_der)}, {"x5c": [b64(one_der)] if "=" in std(one_der) else ["!"]},
                   {"x5c": [std(one_der + bytes(1))]}, {"x5c": ["AAAA"]}, {"x5t#S256": "AAAA"}):
        assert not sound({**one, **attack}), attack

"""Tokens near to good ones: every layer of a compact JWS is bent on purpose, and the bent thing is signed again where that is possible.

Deterministic by its seed, so that a disagreement can be made again.
"""
import base64
import hashlib
import hmac
import json
import random

from offline import b64, unb64

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
DATES = [0, 1, -1, 999, 1000, 1001, 2000, 999.5, 1000.0, 1000.5, 1e3, 2**40, 2**40 + 1, 2**53, 2**63, 2**64, 1e30, 1e400]
VALUES = ["", "a", "A", "b", "https://i", "https://i/", "1000", None, True, False, [], {}, ["a"], ["b", "a"], ["b"], [1], ["a", 1], [["a"]], {"a": 1}, 0, 1.5, "a\0b"]
NAMES = ["exp", "nbf", "iat", "iss", "aud", "sub", "jti", "client_id", "scope", "x", "Exp", "exp "]
HEADERS = [{}, {"typ": "JWT"}, {"typ": "at+jwt"}, {"typ": "application/at+jwt"}, {"typ": "JWE"}, {"typ": 1}, {"kid": "m"}, {"kid": 1}, {"kid": None}, {"crit": ["x"], "x": 1},
           {"crit": []}, {"crit": ["exp"], "exp": 1}, {"crit": ["b64"], "b64": True}, {"crit": ["b64"], "b64": False}, {"b64": False}, {"crit": "x"}, {"crit": None}, {"jwk": {}}, {"jku": "https://x"},
           {"x5u": 1}, {"x5c": []}, {"cty": "JWT"}, {"cty": 1}, {"zip": "DEF"}, {"enc": "A128GCM"}, {"x": {"y": [1, None]}}, {"alg": "none"}, {"alg": "None"},
           {"alg": "HS384"}, {"alg": "hs256"}, {"alg": "RS256"}, {"alg": ["HS256"]}, {"alg": None}, {"alg": 5}]


def spelled(value, rng):
    """JSON of the value, in one of its many spellings."""
    kind = rng.random()
    if kind < 0.7:
        return json.dumps(value, separators=(",", ":"))
    if kind < 0.8:
        return json.dumps(value, indent=rng.choice([0, 1, "\t"]))
    if kind < 0.9:
        text = json.dumps(value, separators=(",", ":"))
        at = text.find('"') + 1
        return text[:at] + f"\\u{ord(text[at]):04x}" + text[at + 1:] if at and text[at] not in '"\\' else text
    return rng.choice(["\ufeff", " ", "\n", ""]) + json.dumps(value) + rng.choice(["", " ", "\n", ",", "}", "\0", " x"])


def with_double(text, rng):
    """The object with one of its names said twice."""
    name, value = rng.choice(NAMES), rng.choice(VALUES + DATES)
    if not text.startswith("{") or len(text) < 3:
        return text
    return f"{text[:-1]},{json.dumps(name)}:{json.dumps(value)}}}" if rng.random() < 0.5 else f"{{{json.dumps(name)}:{json.dumps(value)},{text[1:]}"


def bent_octets(octets, rng):
    """The octets with some of them gone, new, or another."""
    out = bytearray(octets)
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        at = rng.randrange(len(out) + 1)
        what = rng.random()
        if what < 0.5 and at < len(out):
            out[at] ^= 1 << rng.randrange(8)
        elif what < 0.75:
            out[at:at] = bytes([rng.choice([0, 0x22, 0x5c, 0x7b, 0x80, 0xc0, 0xff, rng.randrange(256)])])
        elif at < len(out):
            del out[at]
    return bytes(out)


def bent_text(token, rng):
    """The compact form itself bent: alphabet, padding, slack bits, parts."""
    what = rng.randrange(9)
    parts = token.split(".")
    if what == 0:
        at = rng.randrange(len(token))
        return token[:at] + rng.choice("+/=. \n\t\0~%" + ALPHABET) + token[at + rng.randrange(2):]
    if what == 1:
        return rng.choice([token + "=", token + "==", " " + token, token + "\n", token + ".", "." + token, token + "." + parts[2], "Bearer " + token])
    if what == 2:   # another spelling of the same octets: the bits that the last character leaves over
        at = rng.randrange(3)
        last = parts[at][-1:]
        if last and len(parts[at]) % 4 in (2, 3):
            parts[at] = parts[at][:-1] + ALPHABET[ALPHABET.index(last) ^ (1 if len(parts[at]) % 4 == 3 else 1 << rng.randrange(4))]
        return ".".join(parts)
    if what == 3:
        at = rng.randrange(3)
        parts[at] = parts[at] + "=" * (-len(parts[at]) % 4)
        return ".".join(parts)
    if what == 4:
        return ".".join(parts[:rng.randrange(3)]) or ""
    if what == 5:
        rng.shuffle(parts)
        return ".".join(parts)
    if what == 6:
        at = rng.randrange(3)
        parts[at] = parts[at].replace("-", "+").replace("_", "/") if rng.random() < 0.5 else parts[at][:-1]
        return ".".join(parts)
    if what == 7:
        return f"{parts[0]}.{parts[1]}."
    return json.dumps({"protected": parts[0], "payload": parts[1], "signature": parts[2]})


def bent_signature(token, alg, rng):
    """The signature bent the way its algorithm invites it."""
    head, _, tail = token.rpartition(".")
    octets = unb64(tail)
    half = len(octets) // 2
    ways = [bent_octets(octets, rng), octets + b"\0", b"\0" + octets, octets[:-1], octets[1:], b"", b"\0" * len(octets), octets[::-1], b"\xff" * len(octets)]
    if alg == "ES256":
        order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
        r, s = octets[:half], int.from_bytes(octets[half:], "big")
        ways += [r + (order - s).to_bytes(half, "big"), b"\0" * half + octets[half:], r + b"\0" * half, order.to_bytes(half, "big") + octets[half:], b"\0" + r + b"\0" + octets[half:],
                 b"\x30" + bytes([2 * half + 4]) + b"\x02" + bytes([half]) + r + b"\x02" + bytes([half]) + octets[half:]]
    if alg == "EdDSA":
        group = 2**252 + 27742317777372353535851937790883648493
        s = int.from_bytes(octets[half:], "little") + group
        ways += [octets[:half] + s.to_bytes(half, "little"), b"\x01" + b"\0" * 63]
    return f"{head}.{b64(rng.choice(ways))}"


class Mutator:
    """`signers` sign a header and a payload, both as text; `mac` is the secret of the HMAC key, so that anything can be signed by it."""

    def __init__(self, mac, good):
        self.mac, self.good = mac, good

    def signed(self, header, payload):
        octets = [x if isinstance(x, bytes) else x.encode("utf-8", "surrogatepass") for x in (header, payload)]
        text = f"{b64(octets[0])}.{b64(octets[1])}"
        return f"{text}.{b64(hmac.new(self.mac, text.encode(), hashlib.sha256).digest())}"

    def one(self, seed):
        """(algorithm, token)"""
        rng = random.Random(seed)
        if rng.random() < 0.25:
            alg = rng.choice(list(self.good))
            token = self.good[alg]
            return alg, bent_signature(token, alg, rng) if rng.random() < 0.6 else bent_text(token, rng)
        header, claims = {"alg": "HS256"}, {"iss": "https://i", "aud": "a", "exp": 2000, "sub": "s"}
        if rng.random() < 0.5:
            header.update(rng.choice(HEADERS))
        for _ in range(rng.choice([0, 1, 1, 1, 2])):
            name = rng.choice(NAMES)
            if rng.random() < 0.15:
                claims.pop(name, None)
            else:
                claims[name] = rng.choice(DATES if name in ("exp", "nbf", "iat") and rng.random() < 0.7 else VALUES)
        texts = [spelled(header, rng), spelled(claims, rng)]
        what = rng.random()
        if what < 0.1:
            texts[1] = with_double(texts[1], rng)
        elif what < 0.15:
            texts[0] = texts[0][:-1] + ',"alg":"HS256"}' if texts[0].endswith("}") else texts[0]
        elif what < 0.25:
            at = rng.randrange(2)
            texts[at] = bent_octets(texts[at].encode("utf-8", "surrogatepass"), rng)
        elif what < 0.28:
            texts[1] = "[" * rng.choice([3, 40, 5000]) + "]" * 3
        elif what < 0.3:
            texts[1] = rng.choice(["", "{}", "[]", "null", "1", '"a"', "{", base64.b64encode(b"x").decode()])
        token = self.signed(*texts)
        if rng.random() < 0.2:
            token = bent_text(token, rng)
        return "HS256", token

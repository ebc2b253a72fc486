"""Differential fuzzing of the verifier: thousands of tokens that are nearly good, judged by libjeton and by npm's jose in one process each."""
import base64
import collections
import ctypes
import json
import os
import re
import subprocess
import threading

import pytest

from offline import ROOT, b64, unb64
from token_mutator import Mutator

COUNT = int(os.environ.get("JETON_DIFFERENTIAL_TOKENS", "12000"))
ISSUER, AUDIENCE, NOW = "https://i", "a", 1000
MAC = bytes(range(32))


class Library:
    """libjeton by its C interface."""

    class Policy(ctypes.Structure):
        _fields_ = [("size", ctypes.c_size_t), ("issuer", ctypes.c_char_p), ("audience", ctypes.c_char_p), ("typ", ctypes.c_char_p), ("algorithms", ctypes.c_char_p),
                    ("leeway", ctypes.c_int64)]

    def __init__(self, path):
        self.c = ctypes.CDLL(str(path))
        self.c.jeton_claims_json.restype = ctypes.c_char_p

    def verifier(self, alg, jwk):
        text, keys, verifier = json.dumps(jwk).encode(), ctypes.c_void_p(), ctypes.c_void_p()
        assert self.c.jeton_keys_parse(text, ctypes.c_size_t(len(text)), ctypes.byref(keys)) == 0
        policy = self.Policy(ctypes.sizeof(self.Policy), ISSUER.encode(), AUDIENCE.encode(), None, alg.encode(), 0)
        assert self.c.jeton_verifier_new(keys, ctypes.byref(policy), ctypes.byref(verifier)) == 0
        return verifier

    def verify(self, verifier, token):
        octets, claims = token.encode("utf-8", "surrogatepass"), ctypes.c_void_p()
        status = self.c.jeton_verify(verifier, octets, ctypes.c_size_t(len(octets)), ctypes.c_int64(NOW), ctypes.byref(claims))
        if status != 0:
            assert not claims and status != 100, f"a fault of ours: {token!r}"
            return None
        text = self.c.jeton_claims_json(claims).decode()
        self.c.jeton_claims_free(claims)
        return text


@pytest.fixture(scope="module")
def library():
    found = [p for folder in ("build", "build-asan") for p in sorted((ROOT / folder).glob("libjeton.so"))]
    if not found:
        pytest.skip("libjeton is not built: ninja -C build libjeton")
    return Library(found[0])


def peer(lines):
    """Every answer of npm's jose, from one process."""
    if not (ROOT / "tests" / "npm" / "node_modules" / "jose").exists():
        pytest.skip("npm's jose is not installed")
    with subprocess.Popen(["node", ROOT / "tests" / "system" / "jose_peer.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        def write():
            for line in lines:
                process.stdin.write(json.dumps(line) + "\n")
            process.stdin.close()
        writing = threading.Thread(target=write)
        writing.start()
        answers = [json.loads(line) for line in process.stdout]
        writing.join()
    assert len(answers) == len(lines)
    return answers


def lenient(part):
    """What a decoder that skips what it does not know makes of it."""
    kept = re.sub(r"[^A-Za-z0-9_-]", "", part.replace("+", "-").replace("/", "_"))
    if len(kept) % 4 == 1:
        kept = kept[:-1]
    return unb64(kept)


def members(text):
    """The members of every object, as a list of pairs a name at a time; nothing where it is not JSON."""
    doubles = []

    def pairs(found):
        names = [name for name, _ in found]
        doubles.extend(n for n in set(names) if names.count(n) > 1)
        return dict(found)
    try:
        value = json.loads(text, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        return {}, doubles
    return value if isinstance(value, dict) else {}, doubles


REFUSED = {"jwk", "jku", "x5u", "x5c", "zip", "enc"}
TEXTS = ("iss", "sub", "jti", "client_id", "scope")


def classes(token):
    """The classes of docs/formats/jose-differences.md that the token belongs to."""
    found = set()
    parts = token.split(".")
    try:
        octets = [lenient(p) for p in parts]
    except ValueError:
        octets = [b""] * len(parts)
    if any(b64(o) != p for o, p in zip(octets, parts)):
        found.add("spelling")
    texts = []
    for o in octets[:2]:
        try:
            text = o.decode("utf-8")
        except UnicodeDecodeError:
            found.add("text")
            text = o.decode("utf-8", "replace")
        if text.startswith("\ufeff") or re.search(r"\\u[dD][89a-fA-F]", text):
            found.add("text")
        texts.append(text.lstrip("\ufeff"))
    (header, twice), (claims, again) = members(texts[0]), members(texts[1] if len(texts) > 1 else "")
    if twice or again:
        found.add("name-twice")
    if len(token) > 16384 or (len(texts) > 1 and re.search(r"[\[{]{30}", texts[1])):
        found.add("limits")
    number = lambda v: isinstance(v, (int, float)) and not isinstance(v, bool)
    for name in ("exp", "nbf", "iat"):
        value = claims.get(name)
        if name in claims and number(value) and (value < 0 or value > 2**40 or value != int(value) or not re.search(rf'"{name}"\s*:\s*\d+\s*[,}}]', texts[1])):
            found.add("range")
        elif name in claims and not number(value):
            found.add("type")
    if number(claims.get("iat")) and claims["iat"] > NOW:
        found.add("issued-later")
    if any(n in claims and not isinstance(claims[n], str) for n in TEXTS):
        found.add("type")
    if any(isinstance(claims.get(n), str) and "\0" in claims[n] for n in ("sub", "jti", "scope")):
        found.add("zero-octet")
    aud = claims.get("aud")
    if not isinstance(aud, str) and not (isinstance(aud, list) and all(isinstance(a, str) for a in aud)):
        found.add("type")
    typ = header.get("typ", "JWT")
    if set(header) & REFUSED or any(n in header and not isinstance(header[n], str) for n in ("typ", "kid", "cty")):
        found.add("header")
    kind = typ.lower().removeprefix("application/") if isinstance(typ, str) else ""
    if kind not in ("jwt", "at+jwt"):
        found.add("header")
    if kind == "at+jwt" and not {"iss", "exp", "aud", "sub", "client_id", "iat", "jti"} <= set(claims):
        found.add("access-token")
    if "b64" in header:
        found.add("b64")
    return found


def explained():
    text = (ROOT / "docs" / "formats" / "jose-differences.md").read_text()
    return set(re.findall(r"^\| `([a-z0-9-]+)` \|", text, re.M))


def test_every_class_of_the_page_is_one_of_this_test():
    assert explained() == {"name-twice", "spelling", "issued-later", "range", "type", "header", "access-token", "b64", "text", "limits", "zero-octet"}


def test_thousands_of_near_misses_are_judged_alike_or_it_is_said_why(library):
    claims = json.dumps({"iss": ISSUER, "aud": AUDIENCE, "exp": 2000, "sub": "s"}).encode()
    made = ["ES256", "EdDSA", "RS256", "PS256"]
    keys = {alg: a["ok"] for alg, a in zip(made, peer([{"do": "generate", "alg": alg, "crv": "Ed25519" if alg == "EdDSA" else None} for alg in made]))}
    payload = base64.b64encode(claims).decode()
    signed = peer([{"do": "sign", "alg": alg, "key": keys[alg]["private"], "payload": payload, "header": {}} for alg in made])
    good = {alg: a["ok"] for alg, a in zip(made, signed)}
    seen = {alg: k["public"] for alg, k in keys.items()} | {"HS256": {"kty": "oct", "alg": "HS256", "k": b64(MAC)}}
    verifiers = {alg: library.verifier(alg, jwk) for alg, jwk in seen.items()}
    mutator = Mutator(MAC, good)
    # Whatever is bent, both take it straight.
    tokens = [(alg, token) for alg, token in good.items()] + [("HS256", mutator.signed('{"alg":"HS256"}', claims))]
    straight = len(tokens)
    tokens += [mutator.one(seed) for seed in range(COUNT)]
    theirs = peer([{"do": "jwt", "alg": alg, "key": seen[alg], "token": token, "issuer": ISSUER, "audience": AUDIENCE, "at": NOW} for alg, token in tokens])
    counts, wrong, reasons = collections.Counter(), [], explained()
    for at, ((alg, token), answer) in enumerate(zip(tokens, theirs)):
        here, there = library.verify(verifiers[alg], token), "ok" in answer
        assert at >= straight or (here is not None and there), (alg, token, answer)
        if (here is not None) == there:
            counts["both take" if there else "both refuse"] += 1
            if there and not classes(token) & {"name-twice", "text"}:
                assert json.loads(here, parse_int=float) == json.loads(json.dumps(answer["ok"]), parse_int=float), f"taken by both and read differently: {token!r}"
            continue
        why = classes(token) & reasons
        if there and why:
            counts[min(why)] += 1
        else:
            wrong.append((alg, "refused here, taken there" if there else "TAKEN HERE, refused there", answer, token[:400]))
    print(dict(counts))
    assert not wrong, f"{len(wrong)} disagreements without a reason, the first: {wrong[:5]}"
    assert counts["both take"] > COUNT / 20 and counts["both refuse"] > COUNT / 4, counts

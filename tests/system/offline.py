"""Tokens made by hand, without the program under test: what an attacker can write, and the twin that must pass."""
import base64
import hashlib
import hmac
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("JETON_BINARY", ROOT / "build" / "jeton"))


def b64(octets):
    return base64.urlsafe_b64encode(octets if isinstance(octets, bytes) else octets.encode()).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def jeton(*arguments, stdin=b"", timeout=20):
    """Runs a command; the token comes on standard input. Answers (exit, stdout, stderr)."""
    data = stdin if isinstance(stdin, bytes) else stdin.encode()
    done = subprocess.run([BINARY, *map(str, arguments)], input=data, capture_output=True, timeout=timeout,
                          env={k: v for k, v in os.environ.items() if not k.startswith("JETON_")})
    return done.returncode, done.stdout, done.stderr.decode()


def hs256(secret, header, payload):
    """A token of exactly these texts: header and payload are spelled as they are given."""
    header = header if isinstance(header, str) else json.dumps(header, separators=(",", ":"))
    payload = payload if isinstance(payload, (str, bytes)) else json.dumps(payload, separators=(",", ":"))
    signed = f"{b64(header)}.{b64(payload)}"
    return f"{signed}.{b64(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


class Bench:
    """Keys in files, and the commands on them."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.secret = bytes(range(32))
        self.mac = self.write("mac.json", {"kty": "oct", "kid": "m", "alg": "HS256", "k": b64(self.secret)})

    def write(self, name, content):
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def key(self, alg, *more, name=None):
        """(private file, public file, private JWK)"""
        name = name or alg.replace("+", "_")
        public = self.folder / f"{name}.public.json"
        arguments = ["jwk", "generate", "--alg", alg, *more]
        if not alg.startswith(("HS", "A1", "A2")):
            arguments += ["--public", public]
        status, out, error = jeton(*arguments)
        assert status == 0, error
        return self.write(f"{name}.json", out.decode()), public, json.loads(out)

    def sign(self, private, claims, *more):
        status, out, error = jeton("jwt", "sign", "-", "--jwk", private, *more, stdin=claims if isinstance(claims, str) else json.dumps(claims))
        assert status == 0, error
        return out.decode().strip()

    def verify(self, token, *more, keys=None, at=1000, issuer="https://i", audience="a"):
        status, out, error = jeton("jwt", "verify", "-", "--jwks", keys or self.mac, "--issuer", issuer, "--audience", audience, "--at", at, *more, stdin=token)
        assert status in (0, 1), error
        assert (status == 0) == bool(out), "the claims are printed where the token is good, and then alone"
        return status == 0

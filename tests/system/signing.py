"""Keys of applications and what they sign, by another library than the one under test."""
import base64
import hashlib
import json
import time
import uuid

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils


def b64(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def octets(n, size):
    return b64(n.to_bytes(size, "big"))


class Key:
    """A P-256 key."""

    def __init__(self, kid="k1"):
        self.kid, self.private = kid, ec.generate_private_key(ec.SECP256R1())

    def jwk(self, **more):
        n = self.private.public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "x": octets(n.x, 32), "y": octets(n.y, 32), **more}

    def jwks(self):
        return {"keys": [self.jwk(kid=self.kid, use="sig", alg="ES256")]}

    def thumbprint(self):
        return b64(hashlib.sha256(json.dumps(self.jwk(), sort_keys=True, separators=(",", ":")).encode()).digest())

    def sign(self, claims, alg="ES256", **header):
        head = {"alg": alg, "kid": self.kid, **header}
        text = ".".join(b64(json.dumps({k: v for k, v in part.items() if v is not None}).encode()) for part in (head, claims))
        r, s = utils.decode_dss_signature(self.private.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return text + "." + b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def assertion(self, client, audience, alg=None, **more):
        now = int(time.time())
        claims = {"iss": client, "sub": client, "aud": audience, "iat": now, "exp": now + 60, "jti": uuid.uuid4().hex, **more}
        return self.sign(claims, **({"alg": alg} if alg else {}))

    def proof(self, method, url, token=None, alg=None, **more):
        claims = {"htm": method, "htu": url, "iat": int(time.time()), "jti": uuid.uuid4().hex, **more}
        if token:
            claims["ath"] = b64(hashlib.sha256(token.encode()).digest())
        return self.sign(claims, **({"alg": alg} if alg else {}), kid=None, typ="dpop+jwt", jwk=self.jwk())


class RsaKey(Key):
    """An RSA key of 2048 bits; RS256 or PS256."""

    def __init__(self, kid="r1"):
        self.kid, self.private = kid, rsa.generate_private_key(65537, 2048)

    def jwk(self, **more):
        n = self.private.public_key().public_numbers()
        return {"e": octets(n.e, 3), "kty": "RSA", "n": octets(n.n, 256), **more}

    def jwks(self):
        return {"keys": [self.jwk(kid=self.kid, use="sig")]}

    def sign(self, claims, alg="PS256", **header):
        head = {"alg": alg, "kid": self.kid, **header}
        text = ".".join(b64(json.dumps({k: v for k, v in part.items() if v is not None}).encode()) for part in (head, claims))
        pad = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if alg == "PS256" else padding.PKCS1v15()
        return text + "." + b64(self.private.sign(text.encode(), pad, hashes.SHA256()))


def verified(jwt, jwks, typ):
    """The claims of a JWT that one of these keys signed; asserts its type."""
    head, body, signature = jwt.split(".")
    header = json.loads(unb64(head))
    assert header["typ"] == typ, header
    key = next(k for k in jwks["keys"] if k["kid"] == header["kid"])
    number = lambda name: int.from_bytes(unb64(key[name]), "big")
    message, raw = f"{head}.{body}".encode(), unb64(signature)
    if key["kty"] == "RSA":
        assert header["alg"] == "RS256"
        rsa.RSAPublicNumbers(number("e"), number("n")).public_key().verify(raw, message, padding.PKCS1v15(), hashes.SHA256())
    else:
        public = ec.EllipticCurvePublicNumbers(number("x"), number("y"), ec.SECP256R1()).public_key()
        public.verify(utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")), message, ec.ECDSA(hashes.SHA256()))
    return json.loads(unb64(body))

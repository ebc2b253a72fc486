"""An installation as the main job has it: an API with routes, users with devices, tokens, a JWT."""
import rig

HOST = "api.example.com"


class Scene:
    def __init__(self, jeton):
        self.jeton = jeton
        jeton.admin("POST", "/v1/apis", {"name": "orders", "audience": "https://orders.example.com", "scopes": ["orders:read", "orders:write"],
                                         "routes": ["GET /orders/** orders:read", "POST /orders orders:write"]})
        jeton.admin("POST", "/v1/users", {"name": "ada"})

    def token(self, **more):
        return self.jeton.admin("POST", "/v1/tokens", {"user": "ada", "api": "orders", "scopes": ["orders:read"], **more})

    def jwt(self, token):
        return self.jeton.admin("POST", f"/v1/tokens/{token['id']}/access-tokens", {})["access_token"]

    def management_token(self):
        return self.jeton.admin("POST", "/v1/tokens", {"user": "ada", "api": "jeton", "scopes": ["jeton:admin"]})["token"]


def asked(token):
    """What a gateway asks: with the original call in X-Forwarded-*. Seven fields with Host."""
    return {"Authorization": f"Bearer {token}", "X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/orders/1234?page=2",
            "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "User-Agent": "bench/1.0"}


def malformed(token):
    """One character wrong: the checksum does not fit."""
    return token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]

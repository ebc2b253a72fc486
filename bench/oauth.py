"""The authorization server: CPU a request of the server alone, against npm's oidc-provider and nginx, round by round."""
import base64
import collections
import json
import pathlib
import secrets
import subprocess
import urllib.parse
import urllib.request

import rig
from table import Row

ROUNDS, SECONDS = 4, 2
PEER = pathlib.Path(__file__).resolve().parent / "peers" / "oidc-provider"


class Peer(rig.Process):
    """oidc-provider on Node, with its memory store."""

    def __init__(self, core):
        if not (PEER / "node_modules").exists():
            raise RuntimeError("oidc-provider is not installed (npm ci in bench/peers/oidc-provider)")
        self.secret = secrets.token_hex(16)
        super().__init__(["node", PEER / "server.mjs"], core, env={"SECRET": self.secret, "NODE_ENV": "production"}, stdout=subprocess.PIPE)
        # Warnings about its runtime and its store come first.
        found = next((line.split()[-1] for line in map(bytes.decode, self.child.stdout) if line.startswith("serves on ")), None)
        if found is None:
            raise RuntimeError("oidc-provider did not start")
        self.url = found
        self.client = ("bench", self.secret)
        self.paths = {"token": "/token", "introspect": "/token/introspection"}


class Ours:
    def __init__(self, jeton):
        self.process, self.url = jeton, jeton.url
        for form in ("jwt", "opaque"):
            jeton.admin("POST", "/v1/apis", {"name": form, "audience": f"https://api.example.com/{form}", "scopes": ["orders:read"], "format": form})
        made = jeton.admin("POST", "/v1/clients", {"name": "bench", "type": "machine", "scopes": ["orders:read"]})
        self.client = (made["id"], made["secret"])
        self.paths = {"token": "/oauth/token", "introspect": "/oauth/introspect"}

    def cpu(self):
        return self.process.cpu()

    def memory(self):
        return self.process.memory()


def basic(client):
    return "Basic " + base64.b64encode(":".join(map(urllib.parse.quote, client)).encode()).decode()


def post(server, path, form):
    request = urllib.request.Request(server.url + path, urllib.parse.urlencode(form).encode(), {"Authorization": basic(server.client)})
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


def script(at, server, name, form):
    """wrk's instructions for that POST."""
    text = (f'wrk.method = "POST"\nwrk.body = {json.dumps(urllib.parse.urlencode(form))}\nwrk.headers["Content-Type"] = "application/x-www-form-urlencoded"\n'
            f'wrk.headers["Authorization"] = {json.dumps(basic(server.client))}\n')
    file = at / f"{name}-{id(server)}.lua"
    file.write_text(text)
    return file


def cases(at, server):
    want = lambda form: {"grant_type": "client_credentials", "scope": "orders:read", "resource": f"https://api.example.com/{form}"}
    token = post(server, server.paths["token"], want("jwt"))["access_token"]
    assert token.count(".") == 2, "not a JWT"
    held = post(server, server.paths["token"], want("opaque"))["access_token"]
    # Of an opaque token: the peer introspects no JWTs.
    assert post(server, server.paths["introspect"], {"token": held})["active"]
    return {"client credentials, JWT (ES256)": (server.paths["token"], script(at, server, "jwt", want("jwt"))),
            "client credentials, opaque": (server.paths["token"], script(at, server, "opaque", want("opaque"))),
            "introspection": (server.paths["introspect"], script(at, server, "introspect", {"token": held}))}


BOUNDS = {"client credentials, JWT (ES256)": 10, "client credentials, opaque": 10, "introspection": 18}


def measure():
    with rig.folder() as at:
        with rig.Jeton(at / "data", core=0, env={"JETON_THREADS": "1", "JETON_LOG_REQUESTS": "none"}) as jeton, Peer(core=0) as peer:
            ours = Ours(jeton)
            jwks = rig.fetch(jeton.port, "/.well-known/jwks.json")
            (at / "jwks.json").write_bytes(jwks)
            with rig.Nginx(at / "nginx", f"location / {{ root {at}; }}", core=0) as nginx:
                best = collections.defaultdict(lambda: float("inf"))
                wanted = {"ours": (ours, cases(at, ours)), "peer": (peer, cases(at, peer))}
                for number in range(ROUNDS):
                    for who, (server, all_cases) in wanted.items():
                        for name, (path, lua) in all_cases.items():
                            each, load = rig.cpu_each(server, server.url + path, SECONDS, core=1, connections=16, script=lua)
                            if load.refused or load.errors:
                                raise RuntimeError(f"{who}, {name}: {load.refused} of {load.requests} refused, {load.errors} errors")
                            best[who, name] = min(best[who, name], each)
                    for who, server, path in (("ours", jeton, "/.well-known/jwks.json"), ("nginx", nginx, "/jwks.json")):
                        each, load = rig.cpu_each(server, server.url + path, SECONDS, core=1)
                        if load.refused or load.errors:
                            raise RuntimeError(f"{who}, keys: {load.refused} refused")
                        best[who, "jwks"] = min(best[who, "jwks"], each)
                    rig.say(f"round {number + 1} of {ROUNDS}: " + ", ".join(f"{who} {name} {us:.1f} us" for (who, name), us in best.items()))
            for name, bound in BOUNDS.items():
                yield Row("oauth", f"{name}: oidc-provider / ours, CPU a request", best["peer", name] / best["ours", name], at_least=bound,
                          note=f"{best['ours', name]:.1f} us against {best['peer', name]:.1f} us")
            yield Row("oauth", "introspection: CPU a request", best["ours", "introspection"], "us", at_most=15)
            yield Row("oauth", "key set / nginx serving a file, CPU a request", best["ours", "jwks"] / best["nginx", "jwks"], at_most=1.1,
                      note=f"{best['ours', 'jwks']:.2f} us against {best['nginx', 'jwks']:.2f} us")
            resident, share = ours.memory()
            yield Row("oauth", "memory under that load, proportional share", share or resident, "MB", at_most=40, note=f"{resident:.1f} MB resident; oidc-provider {peer.memory()[0]:.0f} MB")

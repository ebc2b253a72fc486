"""Jeton itself, as a user starts it: a data folder, a free port, logs in files."""
import base64
import os
import pathlib
import re
import time

from http_client import Client
from process import Process
from waiting import until

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("JETON_BINARY", ROOT / "build" / "jeton"))


def command_line(data, listen):
    """How the server is started, said in this one place."""
    return [BINARY, "serve", "--data", data, "--listen", listen], {}


class Server:
    """`settings` are configuration keys: Server(folder, {"log.requests": "all"}). Starts at once; `restart` keeps data and port."""

    def __init__(self, folder, settings=None, preexec=None, data=None, port=None):
        self.folder = pathlib.Path(folder)
        self.data = pathlib.Path(data) if data else self.folder / "data"
        self.settings = {"log.requests": "all", **(settings or {})}
        self.preexec = preexec
        self.seen = set()
        self.process, self.port = None, port
        self.start()

    def start(self, wait=True):
        command, env = command_line(self.data, f"127.0.0.1:{self.port or 0}")
        env.update({"JETON_" + key.upper().replace(".", "_"): value for key, value in self.settings.items()})
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("JETON_")}
        self.folder.mkdir(parents=True, exist_ok=True)
        before = len(self._printed())
        self.started_at = time.monotonic()
        self.process = Process(command, self.folder, "jeton", {**inherited, **env}, self.preexec)
        if wait:
            self.await_ready(before)
        return self

    def _printed(self):
        out = self.folder / "jeton.out"
        return re.findall(r"serves on \S+?:(\d+)\b", out.read_text()) if out.exists() else []

    def await_ready(self, before=0, ready=True):
        def up():
            assert self.process.running(), f"the server ended: {self.process.log()}"
            return len(self._printed()) > before
        until(up, 15, "the server to print its address")
        self.port = int(self._printed()[-1])
        self.admin = Client.unix(self.data / "admin.sock", seen=self.seen)
        self.anyone = Client.tcp(self.port, seen=self.seen)
        # Over TLS, and where proxies speak first, strangers need more than this client has.
        asked = self.admin if {"tls_certificate", "proxy_protocol"} & set(self.settings) else self.anyone
        if ready:
            until(lambda: asked.get("/readyz").status == 200, 15, "/readyz")
        self.ready_after = time.monotonic() - self.started_at

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def bearing(self, token):
        return self.anyone.bearing(token)

    def from_address(self, source, token=None):
        """A caller with another loopback address: 127.0.0.2 is no trusted proxy where only 127.0.0.1 is."""
        return Client.tcp(self.port, token, source, seen=self.seen)

    def stop(self):
        return self.process.stop()

    def kill(self):
        self.process.kill()

    def restart(self):
        if self.process.running():
            assert self.stop() == 0
        return self.start()

    def log(self):
        return self.process.log()

    # What no file of the server may ever hold.
    def files(self):
        return [p for p in [*self.folder.glob("jeton.*"), *self.data.rglob("*")] if p.is_file()]

    def leaks(self, most=100):
        """(file, how) for every credential of this run found in a log or in the data folder."""
        needles = {}
        for secret in list(self.seen)[:most]:
            raw = secret.encode()
            needles[raw] = "as it is"
            opaque = re.fullmatch(r"[a-z0-9]+_[a-z]+_([0-9A-Za-z]{38})", secret)
            needles[opaque[1].encode() if opaque else raw[-43:]] = "its body"
            needles[raw.hex().encode()] = "in hex"
            for shift in range(3):
                whole = base64.b64encode(b"\0" * shift + raw)
                # The characters that no neighbour changes.
                needles[whole[4 if shift else 0:-4]] = "in base64"
        return [(path.name, how) for path in self.files() for content in [path.read_bytes()]
                for needle, how in needles.items() if needle in content]


class World:
    """Makes what tests need, under names nobody else has."""

    def __init__(self, server):
        self.server, self.admin = server, server.admin
        self.prefix = f"t{os.getpid():x}{time.monotonic_ns() & 0xffffff:x}"
        self.count = 0

    def name(self, what="n"):
        self.count += 1
        return f"{what}-{self.prefix}-{self.count}"

    def api(self, scopes=("orders:read", "orders:write"), **more):
        name = more.pop("name", None) or self.name("api")
        return self.admin.created("/v1/apis", {"name": name, "audience": f"https://{name}.example.com", "scopes": list(scopes), **more})

    def user(self, **more):
        return self.admin.created("/v1/users", {"name": self.name("user"), **more})

    def service(self, **more):
        return self.admin.created("/v1/service-accounts", {"name": self.name("svc"), **more})

    def device(self, principal, **more):
        return self.admin.created("/v1/devices", {"principal": principal["id"], "name": self.name("dev"), **more})

    def token(self, api=None, principal=None, scopes=("orders:read",), **more):
        """A new token's record; its text is under "token"."""
        api, principal = api or self.api(), principal or self.user()
        return self.admin.created("/v1/tokens", {"principal": principal["id"], "api": api["id"], "scopes": list(scopes), **more})

    def management_token(self, *scopes, **more):
        return self.token({"id": "jeton"}, self.service(), scopes, **more)

    def verdict(self, token, query="", headers=None):
        return self.server.anyone.get("/verify" + query, headers={"Authorization": f"Bearer {token}", **(headers or {})})

    def allowed(self, token, query=""):
        return self.verdict(token, query).status == 200

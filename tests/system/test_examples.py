"""Every example runs and does what it says; the unit of deploy/ is sound."""
import os
import shutil
import subprocess

import pytest

from gateways import Caddy, Nginx
from http_client import Client
from server import ROOT, World
from waiting import until


def started(processes, command, name, **env):
    program = processes.start(command, name, env={"PATH": os.environ["PATH"], "PORT": "0", "PYTHONUNBUFFERED": "1", **env})
    line = until(lambda: program.log() if "http://" in program.log() or not program.running() else "", 20, f"{name} to listen")
    assert program.running(), line
    return int(line.strip().rsplit(":", 1)[1])


COMMANDS = {"python": ["/usr/bin/python3", ROOT / "examples/python/orders.py"], "node": ["node", ROOT / "examples/node/orders.mjs"]}


@pytest.mark.parametrize("language", COMMANDS)
def test_an_api_asks_about_each_call(own_server, processes, language):
    s = own_server()
    w = World(s)
    api, user = w.api(name="orders"), w.user()
    key = w.token(api, w.service())["token"]
    port = started(processes, COMMANDS[language], language, JETON_URL=s.url, JETON_TOKEN=key)
    reader, writer = w.token(api, user), w.token(api, user, scopes=["orders:read", "orders:write"])
    calls = Client.tcp(port)
    assert calls.bearing(reader["token"]).get("/orders").json == {"orders": [1, 2, 3], "for": user["id"]}
    assert calls.bearing(writer["token"]).post("/orders", {}).status == 201
    none = calls.get("/orders")
    assert none.status == 401 and none.headers["WWW-Authenticate"] == 'Bearer realm="orders"'
    narrow = calls.bearing(reader["token"]).post("/orders", {})
    assert narrow.status == 403 and 'scope="orders:write"' in narrow.headers["WWW-Authenticate"]
    assert calls.bearing(w.token()["token"]).get("/orders").status == 401, "a token of another API"
    assert calls.bearing(w.token(api, allow=["192.0.2.0/24"])["token"]).get("/orders").status == 403
    w.admin.done("DELETE", f"/v1/tokens/{reader['id']}")
    assert calls.bearing(reader["token"]).get("/orders").status == 401
    s.kill()
    assert calls.bearing(writer["token"]).get("/orders").status == 503


@pytest.mark.parametrize("kind", [Nginx, Caddy])
def test_an_api_behind_a_gateway_reads_who_calls(own_server, processes, folder, kind):
    s = own_server()
    w = World(s)
    api, user = w.api(name="orders"), w.user()

    class Api:
        port = started(processes, ["/usr/bin/python3", ROOT / "examples/behind-a-gateway/orders.py"], "behind")
    gate = kind(folder, processes, s, Api, "orders")
    told = gate.client(w.token(api, user)["token"]).get("/orders").json
    assert told == {"orders": [1, 2, 3], "for": user["id"], "may_write": False}
    assert gate.client().call("GET", "/orders", headers={"X-Jeton-Subject": "me"}).status == 401


def test_the_systemd_unit_is_sound_and_tight(folder):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not here")
    unit = folder / "jeton.service"
    text = (ROOT / "deploy/systemd/jeton.service").read_text()
    assert "/usr/local/bin/jeton serve" in text
    unit.write_text(text.replace("/usr/local/bin/jeton", str(ROOT / "build/jeton")))
    verified = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
    assert "jeton.service" not in verified.stderr, verified.stderr
    graded = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=20", unit], capture_output=True, text=True)
    assert graded.returncode == 0, graded.stdout[-800:]


def test_nginx_accepts_the_deploy_file_as_it_is(folder):
    (folder / "nginx.conf").write_text(f"pid {folder}/pid; error_log {folder}/e;\nevents {{}}\nhttp {{ access_log off; include {ROOT}/deploy/nginx/jeton.conf; }}\n")
    tested = subprocess.run(["/usr/sbin/nginx", "-t", "-e", folder / "e", "-c", folder / "nginx.conf"], capture_output=True, text=True)
    assert tested.returncode == 0, tested.stderr


def test_caddy_accepts_the_deploy_file_as_it_is(folder):
    tested = subprocess.run(["caddy", "adapt", "--config", ROOT / "deploy/caddy/Caddyfile", "--validate"], capture_output=True, text=True,
                            env={"HOME": str(folder), "PATH": "/usr/bin:/bin"})
    assert tested.returncode == 0, tested.stderr

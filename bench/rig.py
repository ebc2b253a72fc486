"""Servers and load for benchmarks: started on free loopback ports, watched by the CPU time they use, ended by their id."""
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

BENCH = pathlib.Path(__file__).resolve().parent
ROOT = BENCH.parent
JETON = pathlib.Path(os.environ.get("JETON_BINARY", ROOT / "build" / "jeton"))


def say(text):
    print(f"   {text}", file=sys.stderr, flush=True)


def program(name):
    return ROOT / "build-bench" / "bench" / name


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="jeton-bench-"))
    # nginx's workers run as another user where the master is root.
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def wait_for(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"{what}: not within {seconds} s")
        time.sleep(0.002)


def pin(core):
    """The command's prefix that keeps it on one core; nothing where there is only one, or no taskset."""
    many = len(os.sched_getaffinity(0)) > 1 and shutil.which("taskset")
    return [] if core is None or not many else ["taskset", "-c", str(sorted(os.sched_getaffinity(0))[core])]


def prefer(pid):
    """Before other sessions' work, where the kernel groups by session and we may: `nice` does not reach over groups."""
    with contextlib.suppress(OSError):
        pathlib.Path(f"/proc/{pid}/autogroup").write_text("-15")


class Process:
    """One server. `cpu()` is the CPU time of it and its children so far, in seconds."""

    def __init__(self, command, core=None, log=None, env=None, **more):
        out = open(log, "wb") if log else subprocess.DEVNULL
        self.child = subprocess.Popen(pin(core) + [str(c) for c in command], stdin=subprocess.DEVNULL, stdout=more.pop("stdout", out),
                                      stderr=out, env=dict(os.environ, **(env or {})), start_new_session=True, **more)
        self.pid = self.child.pid
        prefer(self.pid)

    def family(self):
        pids = [self.pid]
        with contextlib.suppress(OSError):
            pids += map(int, pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split())
        return pids

    def cpu(self):
        total = 0
        for pid in self.family():
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                with contextlib.suppress(OSError):
                    total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def memory(self):
        """Resident and proportional megabytes (10^6)."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        rss = int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024 / 1e6
        pss = None
        with contextlib.suppress(OSError):
            text = pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text()
            pss = int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) * 1024 / 1e6
        return rss, pss

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Nginx(Process):
    """nginx with one worker and the given server block; `{port}` in it is its own."""

    def __init__(self, at, server, upstreams="", core=None):
        at.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        conf = f"""daemon off; worker_processes 1; pid {at}/pid; error_log {at}/error.log crit;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 60s;
  client_body_temp_path {at}/body; proxy_temp_path {at}/proxy; fastcgi_temp_path {at}/fastcgi; uwsgi_temp_path {at}/uwsgi; scgi_temp_path {at}/scgi;
  {upstreams}
  server {{ listen 127.0.0.1:{self.port}; {server} }}
}}
"""
        (at / "nginx.conf").write_text(conf)
        super().__init__(["nginx", "-p", at, "-e", at / "error.log", "-c", at / "nginx.conf"], core, log=at / "out.log")
        self.url = f"http://127.0.0.1:{self.port}"
        wait_for(lambda: listens(self.port), 10, "nginx")

    def cpu(self):
        master = int(pathlib.Path(f"/proc/{self.pid}/schedstat").read_text().split()[0])
        return super().cpu() - master / 1e9


class Jeton(Process):
    """The real program on a folder of its own, with the management API over its Unix socket."""

    def __init__(self, data, core=None, env=None):
        self.data = data
        settings = {"JETON_DATA": str(data), "JETON_LISTEN": "127.0.0.1:0", "JETON_LOG_LEVEL": "error"}
        super().__init__([JETON, "serve", "--data", data, "--listen", "127.0.0.1:0"], core, env=dict(settings, **(env or {})),
                         log=data.parent / "jeton.log", stdout=subprocess.PIPE)
        line = self.child.stdout.readline().decode()
        found = re.search(r"http://[0-9.]+:(\d+)", line)
        if not found:
            raise RuntimeError(f"jeton did not start: {(data.parent / 'jeton.log').read_text()[-500:]}")
        self.port = int(found[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def admin(self, method, path, body=None):
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(self.data / "admin.sock"))
        connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"} if body is not None else {})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")
        return json.loads(text) if text else None

    def healthy(self, path="/readyz"):
        return status_of(self.port, path) == 200

    def settled(self, seconds=120):
        wait_for(lambda: b"all in memory" in fetch(self.port, "/readyz?verbose"), seconds, "every token in memory")


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def ask(port, path, headers=None, method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers=headers or {})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def status_of(port, path, headers=None):
    try:
        return ask(port, path, headers)[0]
    except OSError:
        return 0


def fetch(port, path):
    try:
        return ask(port, path)[1]
    except OSError:
        return b""


class Load:
    """One run of wrk: requests done, requests a second, answers other than 2xx and 3xx."""

    def __init__(self, url, seconds, headers=None, connections=64, core=None, script=None):
        command = pin(core) + ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
        for name, value in (headers or {}).items():
            command += ["-H", f"{name}: {value}"]
        if script:
            command += ["-s", str(script)]
        wrk = subprocess.Popen(command + [url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        prefer(wrk.pid)
        text, errors = wrk.communicate(timeout=seconds + 60)
        found = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", text)
        if not found:
            raise RuntimeError(f"wrk: {text} {errors}")
        self.requests = int(found[1])
        self.seconds = float(found[2]) * {"ms": 1e-3, "s": 1, "m": 60}[found[3]]
        bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        self.refused = int(bad[1]) if bad else 0
        errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
        self.errors = sum(map(int, errors.groups())) if errors else 0
        self.rate = self.requests / self.seconds


def cpu_each(server, *arguments, **more):
    """Microseconds of the server's CPU a request under one run of wrk, and that run."""
    before = server.cpu()
    load = Load(*arguments, **more)
    return (server.cpu() - before) / max(load.requests, 1) * 1e6, load

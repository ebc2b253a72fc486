"""The system tests run the real program. What a test asks for:

server       one Jeton for the whole run; make your own names with `world`
world        api(), user(), service(), device(), token() … on it, under names nobody else has
own_server   a Jeton of the test's own: own_server({"trusted_proxies": "127.0.0.1/32"}); more than one may be started
folder       where to put files; kept, with all logs, where the test fails
processes    processes.start([command…], "name"): any other program, ended by its pid after the test
sample_api   an API that notes every call that reached it
listener     listener(…): somewhere to be called at, which notes every call (listener.py); more than one may be started
gateway      gateway("nginx") or gateway("caddy") in front of it, with the files of deploy/
"""
import os
import pathlib
import shutil
import signal
import tempfile

import pytest

from gateways import Caddy, Nginx
from listener import Listener
from process import Process
from sample_api import SampleApi
from server import ROOT, Server, World

KEPT = pathlib.Path(os.environ.get("JETON_TEST_LOGS", ROOT / "build-logs" / "system"))


def pytest_sessionstart(session):
    # A run in the background ignores some signals, and everything it starts would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    shutil.rmtree(KEPT, ignore_errors=True)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        item.failed = True
        item.session.any_failed = True


def keep(folder, name):
    KEPT.mkdir(parents=True, exist_ok=True)
    shutil.copytree(folder, KEPT / name, dirs_exist_ok=True, ignore=lambda at, names: [n for n in names if n.endswith(".sock")])


@pytest.fixture(scope="session")
def session_folder():
    # Short: a Unix socket's path has 107 characters at most.
    with tempfile.TemporaryDirectory(prefix="jeton-") as folder:
        yield pathlib.Path(folder)


@pytest.fixture
def folder(request, session_folder):
    path = pathlib.Path(tempfile.mkdtemp(prefix="t", dir=session_folder))
    yield path
    if getattr(request.node, "failed", False):
        keep(path, request.node.name.replace("/", "_")[:80])
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def server(request, session_folder):
    s = Server(session_folder / "s")
    yield s
    status = s.stop()
    if getattr(request.session, "any_failed", False):
        keep(s.folder, "server")
    assert status == 0, s.log()
    assert s.leaks() == []


@pytest.fixture
def world(server):
    return World(server)


@pytest.fixture
def own_server(folder):
    started = []

    def start(settings=None, **more):
        s = Server(folder / f"j{len(started)}", settings, **more)
        started.append(s)
        return s
    yield start
    for s in started:
        if s.process.running():
            s.stop()
        assert s.leaks() == [], "a credential was written down"


class Processes:
    def __init__(self, folder):
        self.folder, self.started = folder, []

    def start(self, command, name, **more):
        process = Process(command, self.folder, name, **more)
        self.started.append(process)
        return process


@pytest.fixture
def processes(folder):
    p = Processes(folder)
    yield p
    for process in reversed(p.started):
        if process.running():
            process.stop()


@pytest.fixture
def sample_api():
    with SampleApi() as api:
        yield api


@pytest.fixture
def gateway(folder, processes, sample_api, server):
    def start(kind, jeton=None, api="orders"):
        return {"nginx": Nginx, "caddy": Caddy}[kind](folder, processes, jeton or server, sample_api, api)
    return start


@pytest.fixture
def listener():
    started = []

    def start(*a, **k):
        started.append(Listener(*a, **k))
        return started[-1]
    yield start
    for one in started:
        one.close()

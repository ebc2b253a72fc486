"""Stopped, killed, out of disk: what was acknowledged stays, and nothing is let in that was taken back."""
import os
import pathlib
import random
import resource
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from http_client import Client
from server import World
from waiting import until


class Load:
    """Creates and revokes tokens with many callers until told to stop; notes what was acknowledged."""

    def __init__(self, world, callers=6):
        self.world, self.callers = world, callers
        self.api, self.user = world.api(), world.user()
        self.created, self.revoked, self.asked_to_revoke, self.broken = {}, set(), set(), []
        self.ending = threading.Event()
        self.lock = threading.Lock()

    def _one(self, number):
        client = Client.unix(self.world.server.data / "admin.sock", seen=self.world.server.seen)
        rng = random.Random(number)
        mine = []
        while not self.ending.is_set():
            try:
                answer = client.post("/v1/tokens", {"principal": self.user["id"], "api": self.api["id"], "scopes": ["orders:read"]})
                if answer.status == 201:
                    token = answer.json
                    mine.append(token)
                    with self.lock:
                        self.created[token["id"]] = token["token"]
                elif answer.status != 503:
                    self.broken.append(answer)
                if mine and rng.random() < 0.5:
                    token = mine.pop(rng.randrange(len(mine)))
                    with self.lock:
                        self.asked_to_revoke.add(token["id"])
                    answer = client.post(f"/v1/tokens/{token['id']}/revoke", {})
                    if answer.status == 200:
                        with self.lock:
                            self.revoked.add(token["id"])
            except Exception:
                return  # the server is gone: what was not answered is not counted
        client.close()

    def __enter__(self):
        self.threads = [threading.Thread(target=self._one, args=(n,)) for n in range(self.callers)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def check(self, world):
        """Every acknowledged creation is there, and no acknowledged revocation is forgotten."""
        def verdict(item):
            token, text = item
            status = world.server.bearing(text).get("/verify").status
            if token in self.revoked:
                return status == 401
            return status == 200 or token in self.asked_to_revoke
        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(verdict, self.created.items()))
        assert all(results), f"{results.count(False)} of {len(results)} are not as acknowledged"
        assert not self.broken, self.broken[:3]


def test_a_graceful_stop_under_load_loses_nothing(own_server):
    s = own_server()
    w = World(s)
    used = w.token()
    load = Load(w)
    with load:
        until(lambda: len(load.revoked) > 50, 20, "some load")
        assert w.allowed(used["token"])
        assert s.stop() == 0
    s.start()
    w = World(s)
    load.check(w)
    assert len(load.created) > 100
    assert w.admin.shown(f"/v1/tokens/{used['id']}")["last_used"], "what was used last is written on the way out"


def test_requests_in_flight_are_answered_on_the_way_out(own_server):
    s = own_server()
    w = World(s)
    draft = {"principal": w.user()["id"], "api": w.api()["id"], "scopes": ["orders:read"]}
    gate = threading.Barrier(17)

    def one(_):
        client = Client.unix(s.data / "admin.sock", seen=s.seen)
        client.get("/livez")
        gate.wait()
        return client.post("/v1/tokens", draft).status
    with ThreadPoolExecutor(16) as pool:
        futures = [pool.submit(one, n) for n in range(16)]
        gate.wait()
        os.kill(s.process.pid, signal.SIGTERM)
        answered = [f.exception() is None and f.result() == 201 for f in futures]
    assert s.process.child.wait(20) == 0
    s.start()
    kept = World(s).admin.shown(f"/v1/tokens?api={draft['api']}")["items"]
    assert len(kept) == sum(answered), "what was written was answered, what was answered was written"


def test_killed_at_many_instants_nothing_acknowledged_is_lost(own_server):
    s = own_server()
    rng = random.Random(11)
    total = 0
    for _ in range(8):
        w = World(s)
        load = Load(w)
        with load:
            wanted = rng.randrange(1, 120)
            until(lambda: len(load.created) >= wanted, 20, "some load")
            s.kill()
        s.start()
        assert s.ready_after <= 2.0, s.ready_after
        load.check(World(s))
        total += len(load.created)
    assert total > 100


def test_revoked_then_killed_at_once(own_server):
    s = own_server()
    for _ in range(5):
        w = World(s)
        token, jwt_parent = w.token(), w.token()
        jwt = s.bearing(jwt_parent["token"]).created("/v1/tokens/self/access-tokens", {})["access_token"]
        w.admin.done("POST", f"/v1/tokens/{token['id']}/revoke", {})
        w.admin.done("POST", f"/v1/tokens/{jwt_parent['id']}/revoke", {})
        s.kill()
        s.start()
        assert not World(s).allowed(token["token"]) and not World(s).allowed(jwt)


def mount_tmpfs(folder, size):
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True).returncode != 0:
        pytest.skip("mounting a small file system is not allowed here")


def part(server, name):
    answer = server.anyone.get("/readyz?verbose")
    return answer.status, {p["name"]: p for p in answer.json["parts"]}[name]


def test_a_full_disk_refuses_writes_and_never_lets_a_revoked_token_in(own_server, folder):
    disk = folder / "disk"
    disk.mkdir()
    mount_tmpfs(disk, "12m")
    try:
        s = own_server(data=disk / "d")
        w = World(s)
        live, gone = w.token(), w.token()
        w.admin.done("DELETE", f"/v1/tokens/{gone['id']}")
        (disk / "filler").write_bytes(b"x" * (os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize))
        draft = {"principal": live["principal"], "api": live["api"], "scopes": ["orders:read"]}

        def full():
            answer = w.admin.post("/v1/tokens", {**draft, "metadata": {str(i): "x" * 200 for i in range(20)}})
            assert answer.status in (201, 503), answer
            return answer.status == 503 and answer
        refused = until(full, 20, "the disk to be full")
        assert refused.problem == "unavailable"
        status, store = part(s, "store")
        assert status == 503 and store["ok"] is False and store["detail"], store
        assert s.anyone.get("/livez").status == 200
        # A revocation that could not be written is not acknowledged; what was is still refused.
        assert w.admin.post(f"/v1/tokens/{live['id']}/revoke", {}).status == 503
        # What is there can be looked at, though nobody can write down when a token was used last.
        assert w.allowed(live["token"])
        assert [t["id"] for t in w.admin.shown(f"/v1/tokens?principal={live['principal']}")["items"]] == [live["id"]]
        assert w.admin.shown(f"/v1/tokens/{live['id']}")["id"] == live["id"] and w.admin.get(f"/v1/tokens/{live['id']}/uses").status == 200
        assert not w.allowed(gone["token"]) and not w.allowed("jtn_pat_" + "0" * 38)
        s.kill()
        (disk / "filler").unlink()
        s.start()
        w = World(s)
        assert part(s, "store")[0] == 200
        assert not w.allowed(gone["token"])
        w.admin.done("DELETE", f"/v1/tokens/{live['id']}")
        assert not w.allowed(live["token"])
        s.stop()
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.parametrize("way", ["the log is gone", "the file is gone", "the file is cut off"])
def test_files_that_are_taken_away_under_it(own_server, way):
    """SQLite writes on into a file without a name: nothing more is acknowledged, and what was is not forgotten by kill -9."""
    s = own_server()
    w = World(s)
    live, gone = w.token(), w.token()
    w.admin.done("DELETE", f"/v1/tokens/{gone['id']}")
    database, log = s.data / "jeton.db", s.data / "jeton.db-wal"
    kept = database.read_bytes()
    if way == "the log is gone":
        log.unlink()
    elif way == "the file is gone":
        database.rename(s.data / "away")
    else:
        os.truncate(database, 100)
    assert w.admin.post(f"/v1/tokens/{live['id']}/revoke", {}).status == 503
    assert w.admin.post("/v1/users", {"name": w.name()}).status == 503
    status, store = part(s, "store")
    assert status == 503 and not store["ok"] and store["detail"], store
    assert w.allowed(live["token"]) and not w.allowed(gone["token"])
    s.kill()
    if way == "the file is gone":
        (s.data / "away").rename(database)
    elif way == "the file is cut off":
        database.write_bytes(kept + database.read_bytes()[len(kept):])
    s.start()
    w = World(s)
    assert part(s, "store")[0] == 200
    assert w.allowed(live["token"]) and not w.allowed(gone["token"])
    w.admin.done("DELETE", f"/v1/tokens/{live['id']}")
    assert not w.allowed(live["token"])


def test_a_disk_that_empties_again_serves_again(own_server, folder):
    """Without a restart."""
    disk = folder / "disk"
    disk.mkdir()
    mount_tmpfs(disk, "12m")
    try:
        s = own_server(data=disk / "d")
        w = World(s)
        live = w.token()
        (disk / "filler").write_bytes(b"x" * (os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize))
        draft = {"principal": live["principal"], "api": live["api"], "scopes": ["orders:read"], "metadata": {str(i): "x" * 200 for i in range(20)}}
        until(lambda: w.admin.post("/v1/tokens", draft).status == 503, 20, "the disk to be full")
        (disk / "filler").unlink()
        until(lambda: w.admin.post("/v1/tokens", draft).status == 201, 20, "writes to work again")
        assert part(s, "store")[0] == 200
        s.stop()
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_a_file_size_limit_is_no_way_in_either(own_server):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_200_000, 1_200_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    s = own_server(preexec=limit)
    w = World(s)
    gone = w.token()
    w.admin.done("DELETE", f"/v1/tokens/{gone['id']}")
    draft = {"principal": gone["principal"], "api": gone["api"], "scopes": ["orders:read"], "metadata": {str(i): "x" * 200 for i in range(20)}}

    def refused():
        answer = w.admin.post("/v1/tokens", draft)
        assert answer.status in (201, 503), answer
        return answer.status == 503
    until(refused, 30, "the limit to be reached")
    assert not w.allowed(gone["token"])
    assert part(s, "store")[1]["ok"] is False
    s.kill()


@pytest.mark.parametrize("how", ["zeroed", "cut", "noise", "no database"])
def test_a_broken_database_is_said_and_never_an_accept(own_server, how):
    s = own_server()
    w = World(s)
    token, gone = w.token(), w.token()
    w.admin.done("DELETE", f"/v1/tokens/{gone['id']}")
    s.stop()
    database = s.data / "jeton.db"
    whole = database.read_bytes()
    assert list(s.data.glob("jeton.db-*")) == [], "a stop leaves one whole file"
    noise = random.Random(5).randbytes(len(whole))
    database.write_bytes({"zeroed": b"\0" * len(whole), "cut": whole[:len(whole) // 2], "noise": whole[:100] + noise[100:], "no database": noise}[how])
    s.start(wait=False)
    assert s.process.child.wait(15) == 1, s.process.log()
    said = s.process.log().splitlines()[-1]
    assert said.startswith("jeton:") and "database" in said and "restore a backup" in said, said
    # The twin: put back, it serves.
    for other in s.data.glob(database.name + "-*"):
        other.unlink()
    database.write_bytes(whole)
    s.start()
    assert World(s).allowed(token["token"]) and not World(s).allowed(gone["token"])


def test_a_ledger_damaged_in_its_middle_is_named_and_never_an_accept(own_server):
    s = own_server()
    w = World(s)
    api, user = w.api(), w.user()
    tokens = [w.token(api, user, metadata={"a": "x" * 200}) for _ in range(400)]
    for token in tokens[::2]:
        w.admin.done("DELETE", f"/v1/tokens/{token['id']}")
    s.stop()
    database = s.data / "jeton.db"
    size = database.stat().st_size
    with open(database, "r+b") as f:
        for page in range(size // 8192, size // 4096, 2):
            f.seek(page * 4096)
            f.write(random.Random(page).randbytes(4096))
    s.start(wait=False)
    until(lambda: not s.process.running() or '"event":"tokens.load"' in s.process.log(), 15, "the damage to be found")
    if not s.process.running():
        assert "damaged" in s.process.log()
        return
    s.await_ready(1, ready=False)
    status, found = part(s, "tokens")
    assert status == 503 and found["ok"] is False and "restore a backup" in found["detail"]
    for token in tokens[::2]:
        assert s.bearing(token["token"]).get("/verify").status != 200
    s.kill()


def test_a_database_broken_while_in_use_is_not_believed(own_server):
    s = own_server()
    w = World(s)
    gone = w.token()
    w.admin.done("DELETE", f"/v1/tokens/{gone['id']}")
    database = next(p for p in s.data.iterdir() if p.name.endswith(".db"))
    with open(database, "r+b") as f:
        f.write(random.Random(3).randbytes(database.stat().st_size))
    for other in s.data.glob(database.name + "-wal"):
        os.truncate(other, 0)
    draft = {"principal": gone["principal"], "api": gone["api"], "scopes": ["orders:read"]}
    for _ in range(5):
        assert w.admin.post("/v1/tokens", draft).status in (201, 409, 500, 503)
        assert not w.allowed(gone["token"])
    s.kill()


def test_another_master_key_opens_nothing(own_server):
    s = own_server()
    s.stop()
    key = s.data / "master.key"
    held = key.read_bytes()
    key.unlink()
    s.start(wait=False)
    assert s.process.child.wait(15) not in (0, -6, -11)
    assert "master key" in s.process.log()
    key.write_bytes(held)
    key.chmod(0o644)
    s.start(wait=False)
    assert s.process.child.wait(15) != 0 and "600" in s.process.log()
    key.chmod(0o600)
    s.start()
    assert s.anyone.get("/readyz").status == 200


def test_two_servers_do_not_share_a_folder(own_server):
    s = own_server()
    other = None
    from server import Server
    with pytest.raises(AssertionError, match="ended"):
        other = Server(s.folder.parent / "second", data=s.data)
    assert other is None
    assert s.anyone.get("/readyz").status == 200 and s.admin.get("/v1/users").status == 200, "the first one is not disturbed"


def test_ready_within_a_moment(own_server):
    times = []
    s = own_server()
    for _ in range(5):
        s.restart()
        times.append(s.ready_after)
    assert min(times) < 0.3, times

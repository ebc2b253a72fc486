"""From exec to ready, on an empty folder and with a million tokens; memory; the size of the program."""
import pathlib
import shutil
import subprocess
import time

import rig
from table import Row

TRIES = 5


class Started(rig.Process):
    """A server watched from the outside from its very start, on a port chosen before."""

    def __init__(self, data):
        self.port = rig.free_port()
        begun = time.monotonic()
        env = {"JETON_DATA": str(data), "JETON_LISTEN": f"127.0.0.1:{self.port}", "JETON_LOG_LEVEL": "error"}
        super().__init__([rig.JETON, "serve", "--data", data, "--listen", f"127.0.0.1:{self.port}"], env=env, log=data.parent / "jeton.log")
        rig.wait_for(lambda: rig.status_of(self.port, "/readyz") == 200, 30, "jeton")
        self.took = (time.monotonic() - begun) * 1e3

    def loaded(self):
        rig.wait_for(lambda: b"all in memory" in rig.fetch(self.port, "/readyz?verbose"), 120, "every token in memory")


def quickest(data, keep):
    best = float("inf")
    for _ in range(TRIES):
        if not keep:
            shutil.rmtree(data, ignore_errors=True)
        with Started(data) as server:
            best = min(best, server.took)
    return best


def megabytes(data, what, bound):
    with Started(data) as server:
        server.loaded()
        time.sleep(1)
        rss, pss = server.memory()
        # Pages of libraries count for each program that uses them by its share; without the right to read that, in full.
        yield Row("start", what, pss or rss, "MB", at_most=bound, note=f"{'proportional share' if pss else 'resident'}; {rss:.1f} MB resident")


def measure():
    with rig.folder() as at:
        data = at / "data"
        yield Row("start", "exec to ready, empty folder", quickest(data, keep=False), "ms", at_most=100, note=f"best of {TRIES}, keys made and synced")
        yield from megabytes(data, "idle memory", 12)
        with rig.Process([rig.program("bench_fill"), data, "1000000"]) as fill:
            if fill.child.wait(300):
                raise RuntimeError("bench_fill failed")
        yield Row("start", "exec to ready, 1,000,000 tokens", quickest(data, keep=True), "ms", at_most=300, note=f"best of {TRIES}; they are read beside requests")
        yield from megabytes(data, "memory with 1,000,000 tokens", 125)
        begun = time.monotonic()
        with Started(data) as server:
            server.loaded()
            yield Row("start", "exec to all of 1,000,000 in memory", (time.monotonic() - begun) * 1e3, "ms", note="checks are answered meanwhile, by look-ups")
        stripped = at / "jeton"
        subprocess.run(["strip", "-o", stripped, rig.JETON], check=True)
        yield Row("start", "the program, stripped", pathlib.Path(stripped).stat().st_size / 1e6, "MB", at_most=15)

"""An opaque token's check in process: keyed hash, look-up, expiry, revocation, standing, network rule, scope."""
import json
import os
import subprocess

import rig
from table import Row

BOUNDS = {10**4: 150, 10**6: 400, 10**7: 600}


def measure():
    with rig.folder() as at:
        path = at / "redis.sock"
        command = ["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--appendonly", "no", "--dir", at]
        with rig.Process(command, log=at / "redis.log"):
            rig.wait_for(path.exists, 10, "redis")
            counts = [n for n in BOUNDS if n <= int(os.environ.get("JETON_BENCH_TOKENS", 10**7))]
            run = subprocess.Popen([rig.program("bench_opaque"), path, *map(str, counts)], stdout=subprocess.PIPE, text=True, start_new_session=True)
            rig.prefer(run.pid)
            for line in run.stdout:
                yield from rows(json.loads(line))
            if run.wait() != 0:
                raise RuntimeError("bench_opaque failed")


def rows(found):
    count, ns, redis = found["tokens"], found["ns"], found["redis_ns"]
    yield Row("opaque", f"check at {count:,} live tokens", ns, "ns", at_most=BOUNDS[count])
    if count == 10**6:
        yield Row("opaque", "Redis GET over a Unix socket / the check, both of 1,000,000", redis / ns, at_least=40, note=f"{redis / 1e3:.1f} us against {ns:.0f} ns")
    if count >= 10**6:
        yield Row("opaque", f"memory a token, {count:,} held", found["octets"], "octets", at_most=110)

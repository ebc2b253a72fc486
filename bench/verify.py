"""/verify over keep-alive: CPU a request of the server alone, against nginx that only answers 200, round by round."""
import collections
import json
import subprocess

import rig
from scene import Scene, asked, malformed
from table import Row

ROUNDS, SECONDS, BOUND = 6, 1, 1.15
QUESTION = "/verify?api=orders"


def cases(scene):
    token = scene.token()
    jwt = scene.jwt(token)
    return {"opaque": (asked(token["token"]), True), "JWT seen before": (asked(jwt), True),
            "malformed opaque": (asked(malformed(token["token"])), False),
            "malformed JWT": (asked(jwt.replace(".", "!", 1)), False),
            "garbage": (asked("x" * 60), False)}


def in_process():
    """The same without sockets: nothing is allocated, and a wrong token costs no more than a good one."""
    out = subprocess.run([rig.program("bench_path"), "200"], capture_output=True, text=True, timeout=100, check=True).stdout
    found = {row["case"]: row for row in map(json.loads, out.splitlines())}
    for name, row in found.items():
        yield Row("verify", f"{name}, without sockets: heap allocations", row["allocations"], "each", at_most=0, note=f"{row['ns']:.0f} ns")
    for wrong, good in (("malformed opaque", "opaque"), ("malformed jwt", "jwt"), ("garbage", "opaque")):
        yield Row("verify", f"{wrong} / {good}, without sockets", found[wrong]["ns"] / found[good]["ns"], at_most=1)


def measure():
    yield from in_process()
    with rig.folder() as at:
        with rig.Jeton(at / "data", core=0, env={"JETON_THREADS": "1"}) as jeton, \
             rig.Nginx(at / "nginx", 'location / { return 200; }', core=0) as nginx:
            scene = Scene(jeton)
            jeton.settled()
            best = collections.defaultdict(lambda: float("inf"))
            wanted = cases(scene)
            for number in range(ROUNDS):
                for name, (fields, good) in wanted.items():
                    each, load = rig.cpu_each(jeton, jeton.url + QUESTION, SECONDS, fields, core=1)
                    if load.errors or load.refused != (0 if good else load.requests):
                        raise RuntimeError(f"{name}: {load.refused} of {load.requests} refused, {load.errors} errors")
                    best[name] = min(best[name], each)
                    # The same fields to nginx, right after.
                    each, _ = rig.cpu_each(nginx, nginx.url + QUESTION, SECONDS, fields, core=1)
                    best["nginx " + name] = min(best["nginx " + name], each)
                rig.say(f"round {number + 1} of {ROUNDS}: " + ", ".join(f"{n} {best[n]:.2f} us" for n in wanted) + f"; nginx {best['nginx opaque']:.2f} us")
            for name in wanted:
                against = best["nginx " + name]
                yield Row("verify", f"{name}: CPU a request / nginx return 200", best[name] / against, at_most=BOUND,
                          note=f"{best[name]:.2f} us against {against:.2f} us")

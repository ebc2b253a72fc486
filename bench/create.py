"""Durable tokens, 32 callers in flight: CPU of the server a token, over the real API and in process."""
import re
import subprocess

import rig
from scene import Scene
from table import Row

CALLERS, ROUNDS, SECONDS, BOUND = 32, 5, 2, 15

SCRIPT = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer {token}"
wrk.body = '{{"user":"ada","api":"orders","scopes":["orders:read"],"name":"deploy"}}'
"""


def over_http(at):
    with rig.Jeton(at / "data") as jeton:
        scene = Scene(jeton)
        jeton.settled()
        script = at / "create.lua"
        script.touch(mode=0o600)
        script.write_text(SCRIPT.format(token=scene.management_token()))
        best, rate = float("inf"), 0
        for number in range(ROUNDS):
            each, load = rig.cpu_each(jeton, jeton.url + "/v1/tokens", SECONDS, connections=CALLERS, script=script)
            if load.refused or load.errors or not load.requests:
                raise RuntimeError(f"{load.refused} of {load.requests} refused, {load.errors} errors")
            best, rate = min(best, each), max(rate, load.rate)
            rig.say(f"round {number + 1} of {ROUNDS}: {each:.1f} us, {load.rate:.0f} tokens/s")
        yield Row("create", f"HTTP API, {CALLERS} callers: CPU a token", best, "us", at_most=BOUND, note=f"{rate:.0f} tokens/s")


def in_process(at):
    best = {"in flight": (float("inf"), 0), "callers": (float("inf"), 0)}
    for _ in range(3):
        out = subprocess.run([rig.program("bench_ledger"), at / "ledger", "40000", str(CALLERS)], capture_output=True, text=True, timeout=120).stdout
        for how, (each, rate) in best.items():
            found = re.search(rf"{how}: +([\d.]+) tokens/s, +([\d.]+) us CPU", out)
            if not found:
                raise RuntimeError(f"bench_ledger: {out}")
            best[how] = min(each, float(found[2])), max(rate, float(found[1]))
    for how, what in (("in flight", "in flight, none of which holds a thread"), ("callers", "threads that wait")):
        each, rate = best[how]
        yield Row("create", f"the ledger alone, {CALLERS} {what}: CPU a token", each, "us", at_most=BOUND if how == "in flight" else None,
                  note=f"{rate:.0f} tokens/s, every one on the disk")


def measure():
    with rig.folder() as at:
        yield from in_process(at)
        yield from over_http(at)

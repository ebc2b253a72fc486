"""What watching costs: /verify with the watch on and off, side by side; memory of the tokens it knows; checks beside a flood of alerts."""
import json
import subprocess

import rig
from scene import Scene, asked
from table import Row

ROUNDS, SECONDS = 8, 1
QUESTION = "/verify?api=orders"


def in_process():
    """bench/programs/watch.cc."""
    out = subprocess.run([rig.program("bench_watch")], capture_output=True, text=True, timeout=300, check=True).stdout
    found = {row["case"]: row for row in map(json.loads, out.splitlines())}
    memory, flood = found["memory"], found["flood"]
    yield Row("watch", f"memory of {memory['tokens']:,} tokens that are watched", memory["mb"], "MB", at_most=400)
    yield Row("watch", f"a check beside {flood['alerts_a_minute']:,} alerts a minute / without", flood["flooded_ns"] / flood["quiet_ns"], at_most=1.05,
              note=f"{flood['flooded_ns']:.0f} ns against {flood['quiet_ns']:.0f} ns; {flood['told']} alerts told")


def without_sockets():
    """A verdict with the watch on, its lanes emptied as upkeep does; and off."""
    out = subprocess.run([rig.program("bench_path"), "200", "watch"], capture_output=True, text=True, timeout=100, check=True).stdout
    found = {row["case"]: row["ns"] for row in map(json.loads, out.splitlines())}
    yield Row("watch", "a verdict without sockets, watched / not", found["watched"] / found["unwatched"], note=f"{found['watched']:.0f} ns against {found['unwatched']:.0f} ns")


def measure():
    yield from in_process()
    yield from without_sockets()
    with rig.folder() as at:
        env = {"JETON_THREADS": "1"}
        with rig.Jeton(at / "on", core=0, env=env) as on, rig.Jeton(at / "off", core=0, env={**env, "JETON_WATCH": "false"}) as off:
            best = {}
            fields = {}
            for name, server in (("on", on), ("off", off)):
                fields[name] = asked(Scene(server).token()["token"])
                server.settled()
            for _ in range(ROUNDS):
                for name, server in (("on", on), ("off", off)):
                    each, load = rig.cpu_each(server, server.url + QUESTION, SECONDS, fields[name], core=1)
                    if load.errors or load.refused:
                        raise RuntimeError(f"{load.refused} refused, {load.errors} errors")
                    best[name] = min(best.get(name, each), each)
            yield Row("watch", "/verify, watch and audit on / off: CPU a request", best["on"] / best["off"], at_most=1.05, note=f"{best['on']:.2f} us against {best['off']:.2f} us")

"""JWTs beside npm's fast-jwt, in one run: first sight and found again. The other rows of `jwt` are in bounds.toml."""
import json
import shutil
import subprocess

import micro
import rig
from table import Row

PEER = rig.BENCH / "peers" / "npm"
TIMES_FASTER = 30


def peer():
    """Nanoseconds of fast-jwt by what they are of; nothing where it is not installed."""
    if not shutil.which("node") or not (PEER / "node_modules" / "fast-jwt").is_dir():
        return {}
    run = subprocess.Popen(["node", PEER / "fast_jwt.mjs"], stdout=subprocess.PIPE, text=True, start_new_session=True)
    rig.prefer(run.pid)
    out, _ = run.communicate(timeout=300)
    return json.loads(out) if run.returncode == 0 else {}


def measure():
    theirs = peer()
    ours = micro.lowest([f"jwt/{what}" for what in theirs])
    if not theirs:
        yield Row("jwt", "a token found again, against fast-jwt's cache", None, at_least=TIMES_FASTER, note="fast-jwt is not installed")
    for what, nanoseconds in theirs.items():
        mine = ours.get(f"jwt/{what}")
        kind, which = what.split("/")
        note = f"{nanoseconds:,.0f} ns against {mine:,.0f} ns" if mine else "no benchmark of ours"
        if kind == "cache":
            # Of so many that none is in the processor's cache both wait for memory, and that is no slower for them.
            bound = TIMES_FASTER if int(which) <= 1000 else None
            yield Row("jwt", f"a token found again, of {which}: fast-jwt's cache / ours", mine and nanoseconds / mine, at_least=bound, note=note)
        else:
            yield Row("jwt", f"{which}: first sight: fast-jwt / ours", mine and nanoseconds / mine, at_least=1.0, note=note)

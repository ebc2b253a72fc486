#!/usr/bin/env python3
"""Runs benchmarks and prints one table: what was measured, the bound, and whether it is met.

  run.py [NAME…] [--json]      without a NAME: all but `load`
"""
import importlib
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import micro
import rig
import table

# Each a module beside this one with measure(), which yields rows; and whatever bounds.toml names.
APART = ["load"]   # only where it is named: it takes long
SCRIPTED = ["opaque", "jwt", "verify", "gateway", "create", "start", "oauth", "saml", "scan", "watch", "timing"]


def measure(name):
    if name in SCRIPTED + APART:
        yield from importlib.import_module(name).measure()
    yield from micro.measure(name)


def main(arguments):
    known = list(dict.fromkeys(SCRIPTED + micro.names()))
    as_json = "--json" in arguments
    wanted = [a for a in arguments if a != "--json"]
    unknown = [a for a in wanted if a not in known + APART]
    if unknown:
        print(f"no such benchmark: {unknown[0]}; there are {' '.join(known + APART)}", file=sys.stderr)
        return 2
    rows = []
    for name in wanted or known:
        start = time.monotonic()
        print(f"== {name}", file=sys.stderr, flush=True)
        try:
            rows += measure(name)
        except (RuntimeError, OSError) as error:
            rows.append(table.Row(name, "could not be measured", None, at_most=0, note=str(error)))
        rig.say(f"{time.monotonic() - start:.0f} s")
    print(table.as_json(rows) if as_json else table.as_text(rows))
    return 1 if any(row.met is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Rows of bounds.toml, from google-benchmark's figures."""
import json
import re
import subprocess
import tomllib

import rig
from table import Row

REPETITIONS = 11


def bounds():
    return tomllib.loads((rig.BENCH / "bounds.toml").read_text())["row"]


def names():
    return list(dict.fromkeys(row["name"] for row in bounds()))


def lowest(figures):
    """The lowest CPU nanoseconds of each figure over all repetitions."""
    program = rig.program("micro_bench")
    if not program.exists():
        return {}
    wanted = "^(" + "|".join(re.escape(f) for f in figures) + ")$"
    out = subprocess.run([program, f"--benchmark_filter={wanted}", f"--benchmark_repetitions={REPETITIONS}", "--benchmark_min_time=0.03",
                          "--benchmark_enable_random_interleaving=true", "--benchmark_format=json"], capture_output=True, text=True, timeout=600)
    found = {}
    for run in json.loads(out.stdout or '{"benchmarks": []}')["benchmarks"]:
        if run.get("run_type") != "iteration" or run.get("error_occurred"):
            continue
        nanoseconds = run["cpu_time"] * {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}[run["time_unit"]]
        found[run["run_name"]] = min(nanoseconds, found.get(run["run_name"], nanoseconds))
    return found


def measure(name):
    mine = [row for row in bounds() if row["name"] == name]
    figures = [row[key] for row in mine for key in ("figure", "against") if key in row]
    found = lowest(dict.fromkeys(figures)) if figures else {}
    for row in mine:
        yield one(row, found)


def one(row, found):
    figure, against = found.get(row["figure"]), found.get(row.get("against"))
    how = row.get("how", "ratio" if "against" in row else "time")
    unit = "x" if how == "ratio" else row.get("unit", "ns")
    out = Row(row["name"], row["what"], None, unit, row.get("at_most"), row.get("at_least"))
    missing = [row[k] for k, v in (("figure", figure), ("against", against)) if k in row and v is None]
    if missing:
        out.note = f"no benchmark called {missing[0]}"
        return out
    scale = 1e3 if unit == "us" else 1
    out.value = figure / against if how == "ratio" else (figure - (against if how == "excess" else 0)) / scale
    out.note = f"{figure / 1e3:.2f} us" + (f" against {against / 1e3:.2f} us" if against else "")
    return out

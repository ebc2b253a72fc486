"""Constant time: Welch's t of comparisons and of failures to decrypt (bench/programs/timing.cc)."""
import re
import subprocess

import rig
from table import Row


def measure():
    out = subprocess.run([rig.program("bench_timing")], capture_output=True, text=True, timeout=1800).stdout
    for line in out.splitlines():
        found = re.match(r"(.+?)\s+t =\s+([\d.]+)", line)
        if found:
            yield Row("timing", found[1], float(found[2]), "t", at_most=4.5)

"""What keeping tokens out of code costs: jeton run beside npm's dotenvx, jeton scan beside ripgrep; and what a scan finds where nothing is."""
import json
import os
import subprocess
import time

import rig
from table import Row

DOTENVX = rig.BENCH / "peers/npm/node_modules/@dotenvx/dotenvx/src/cli/dotenvx.js"
TRIES = 15
DIGITS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ONE_SIMPLE_PATTERN = "jtn_[a-z]+_[0-9A-Za-z]{38}"


def once(command, env, cwd):
    """Seconds on the clock, CPU seconds, and the most memory (MB) of it or a child."""
    begun = time.perf_counter()
    child = subprocess.Popen([str(c) for c in command], env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        raise RuntimeError(f"{command[0]} ended with {child.returncode}")
    return time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6


def best(commands, env, cwd, tries=TRIES):
    """The least of each figure, the commands taken in turn."""
    figures = [[once(c, env, cwd) for c in commands] for _ in range(tries)]
    return [tuple(min(round[i][k] for round in figures) for k in range(3)) for i in range(len(commands))]


def share(command, env, cwd):
    """Proportional MB of a process that waits for its command."""
    with subprocess.Popen([str(c) for c in command], env=env, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        text = open(f"/proc/{child.pid}/smaps_rollup").read()
        child.communicate(b"\n", timeout=20)
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) * 1024 / 1e6


def run(at):
    env = {**os.environ, "JETON_VAULT": str(at / "vault"), "JETON_VAULT_PASSPHRASE": "correct horse battery", "HOME": str(at)}
    subprocess.run([rig.JETON, "vault", "put", "api"], input=b"a-value-of-some-length", env=env, check=True)
    subprocess.run([rig.JETON, "vault", "unlock", "--for", "10m", "--quiet"], env=env, check=True)
    try:
        (at / "plain.env").write_text("T=a-value-of-some-length\n")
        ours = [rig.JETON, "run", "--env", "T=api", "--", "true"]
        plain = [rig.JETON, "run", "--env-file", "plain.env", "--", "true"]
        alone, vault, file = best([["true"], ours, plain], env, at)
        yield Row("scan", "jeton run over the command alone, from the vault", (vault[0] - alone[0]) * 1e3, "ms", at_most=15, note=f"best of {TRIES}; the agent holds the key, output is masked")
        yield Row("scan", "jeton run over the command alone, from a .env file", (file[0] - alone[0]) * 1e3, "ms", at_most=15)
        waiting = [*ours[:-1], "sh", "-c", "echo up; read x"]
        yield Row("scan", "jeton run's memory beside the command", share(waiting, env, at), "MB", at_most=12, note=f"proportional share; {vault[2]:.1f} MB resident at most")
        if not DOTENVX.exists():
            yield Row("scan", "npm's dotenvx", None, "ms", note="bench/peers/npm is not installed")
            return
        theirs, = best([["node", DOTENVX, "run", "--quiet", "-f", "plain.env", "--", "true"]], env, at, 5)
        yield Row("scan", "npm's dotenvx over the command alone", (theirs[0] - alone[0]) * 1e3, "ms", note=f"{theirs[2]:.0f} MB resident at most")
    finally:
        subprocess.run([rig.JETON, "vault", "lock", "--quiet"], env=env, check=False)


def report_of(path, env, cwd):
    done = subprocess.run([rig.JETON, "scan", path, "-o", "json", "--quiet"], env=env, cwd=cwd, capture_output=True, check=False)
    report = json.loads(done.stdout)
    return report["read"], sum(i["rule"] == "jeton-token" for i in report["items"])


def speed(at):
    """npm's packages as they lie here, often enough that the start does not count: it compiles the rules, once, in some 40 ms."""
    (at / "trees").mkdir()
    size, copies = 0, 0
    while size < 200e6:
        for one in (rig.ROOT / "tests/npm/node_modules", rig.BENCH / "peers"):
            if one.exists():
                subprocess.run(["cp", "-r", "--reflink=auto", one, at / "trees" / str(copies)], check=True)
                copies += 1
        size = sum(f.stat().st_size for f in (at / "trees").rglob("*") if f.is_file())
    ours, theirs = best([[rig.JETON, "scan", "trees"], ["rg", "-uu", ONE_SIMPLE_PATTERN, "trees"]], dict(os.environ), at, 7)
    read, hits = report_of("trees", dict(os.environ), at)
    size = f"{read['files']} files, {read['bytes'] / 1e6:.0f} MB"
    yield Row("scan", "jeton scan, all rules / ripgrep, one pattern: time", ours[0] / theirs[0], at_most=2, note=f"{ours[0]:.2f} s to {theirs[0]:.2f} s; {size}")
    yield Row("scan", "the same: CPU time", ours[1] / theirs[1], at_most=2, note=f"{ours[1]:.2f} s to {theirs[1]:.2f} s")
    yield Row("scan", "tokens of ours found in npm's packages", hits, "found", at_most=0, note=size)


def chance(at, count=10_000_000, file=2_000_000):
    """Random texts of the right shape, in files of two million; about one in 5.7e10 has the right checksum."""
    table = (DIGITS * 5)[:256]
    folder = at / "chance"
    folder.mkdir()
    for n in range(count // file):
        random = b""
        while len(random) < 38 * file:
            random += os.urandom(42 * file).translate(table, bytes(range(248, 256)))
        with open(folder / str(n), "wb") as out:
            out.write(b"".join(b"jtn_pat_" + random[i:i + 38] + b"\n" for i in range(0, 38 * file, 38)))
    read, hits = report_of("chance", dict(os.environ), at)
    yield Row("scan", f"found in {count:,} random texts of a token's shape", hits, "found", at_most=0, note=f"{read['bytes'] / 1e6:.0f} MB read")


def measure():
    with rig.folder() as at:
        yield from run(at)
        yield from speed(at)
        yield from chance(at)

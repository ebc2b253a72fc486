#!/usr/bin/env python3
"""Builds and runs every test, part by part, and ends with one line that counts them all."""
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "build-logs"
UNIT = ["ground", "blocks", "faults", "formats", "authority", "stores", "protocols", "program", "house"]
CONCURRENT = ["authority", "stores", "program"]
FUZZ_SECONDS = int(os.environ.get("JETON_FUZZ_SECONDS", "2"))


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, passed, failed, skipped):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped


tally = Tally()


def say(text):
    print(f"== {text}", flush=True)


def run(command, log, **more):
    with open(LOGS / log, "wb") as out:
        return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, **more).returncode


def tail(log, lines=40):
    text = (LOGS / log).read_text(errors="replace").splitlines()
    print("\n".join("   " + line for line in text[-lines:]))


def build(preset, *targets, needed=True):
    folder = "build" if preset == "release" else f"build-{preset}"
    start = time.monotonic()
    say(f"building {preset}")
    env = dict(os.environ, CCACHE_BASEDIR=str(ROOT), CCACHE_SLOPPINESS="pch_defines,time_macros")
    ok = run(["cmake", "--preset", preset], f"{preset}-configure.log", env=env) == 0
    if not ok:
        tail(f"{preset}-configure.log")
    else:
        have = subprocess.run(["ninja", "-C", folder, "-t", "targets", "all"], cwd=ROOT, capture_output=True, text=True).stdout
        wanted = [t for t in targets if f"\n{t}: " in "\n" + have]
        ok = run(["ninja", "-C", folder, *wanted], f"{preset}-build.log", env=env) == 0
        if not ok:
            tail(f"{preset}-build.log")
    print(f"   {time.monotonic() - start:.0f} s", flush=True)
    if not ok and needed:
        tally.add(0, 1, 0)
    return ok


def gtest(folder, name, pattern="*"):
    binary = ROOT / folder / f"{name}_test"
    if not binary.exists():
        return
    report = LOGS / f"{folder}-{name}.json"
    report.unlink(missing_ok=True)
    # No fake stacks (use after return): with GCC 12 they do not keep what is aligned to a cache line.
    env = dict(os.environ, UBSAN_OPTIONS="print_stacktrace=1",
               TSAN_OPTIONS=f"second_deadlock_stack=1 suppressions={ROOT}/tools/tsan.supp")
    log = f"{folder}-{name}.log"
    code = run([str(binary), f"--gtest_filter={pattern}", f"--gtest_output=json:{report}"], log, env=env)
    passed = failed = skipped = 0
    if report.exists():
        for suite in json.loads(report.read_text())["testsuites"]:
            for case in suite["testsuite"]:
                if case.get("failures"):
                    failed += 1
                    print(f"   FAILED {folder} {suite['name']}.{case['name']}")
                elif case.get("result") == "SKIPPED":
                    skipped += 1
                elif case.get("status") == "RUN":
                    passed += 1
    if code != 0 and failed == 0:
        failed = 1
        print(f"   FAILED {folder} {name}: the test program ended with {code}")
    if failed:
        tail(log)
    print(f"   {name}: {passed} passed, {failed} failed, {skipped} skipped", flush=True)
    tally.add(passed, failed, skipped)


def checks():
    say("checks")
    code = run([sys.executable, "tools/checks.py"], "checks.log")
    done = re.findall(r"^(ok|FAILED) ", (LOGS / "checks.log").read_text(), re.M)
    if code:
        tail("checks.log")
    tally.add(done.count("ok"), max(done.count("FAILED"), 1 if code else 0), 0)


def unit():
    if build("asan", *[f"{n}_test" for n in UNIT]):
        say("unit tests under AddressSanitizer and UndefinedBehaviorSanitizer")
        for name in UNIT:
            gtest("build-asan", name)


def tsan():
    if build("tsan", *[f"{n}_test" for n in CONCURRENT]):
        say("concurrent rooms under ThreadSanitizer")
        for name in CONCURRENT:
            gtest("build-tsan", name, "*Concurrent*")


def fuzz():
    if not build("fuzz", "fuzzers"):
        return
    say(f"every fuzz target for {FUZZ_SECONDS} s")
    passed = failed = 0
    for target in sorted((ROOT / "build-fuzz" / "fuzz").glob("*_fuzz")):
        name = target.name.removesuffix("_fuzz")
        corpus = ROOT / "fuzz" / "corpus" / name
        found = LOGS / f"fuzz-{name}"
        found.mkdir(exist_ok=True)
        command = [str(target), f"-max_total_time={FUZZ_SECONDS}", "-timeout=5", "-rss_limit_mb=2048", f"-artifact_prefix={found}/", str(found)]
        if corpus.exists():
            command.append(str(corpus))
        if run(command, f"fuzz-{name}.log") == 0:
            passed += 1
        else:
            failed += 1
            print(f"   FAILED fuzz {name}")
            tail(f"fuzz-{name}.log", 25)
    print(f"   {passed} passed, {failed} failed", flush=True)
    tally.add(passed, failed, 0)


def system():
    if not build("release", "jeton", "jeton-breakable", "libjeton"):
        return
    say("the real program, with nginx, Caddy, wrk and curl")
    report = LOGS / "system.xml"
    report.unlink(missing_ok=True)
    # Debian's pytest and its Python, whatever else a machine has.
    run(["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", "tests/system"], "system.log")
    if not report.exists():
        tail("system.log")
        return tally.add(0, 1, 0)
    suite = xml.parse(report).getroot().find("testsuite")
    total, errors, failures, skipped = (int(suite.get(k)) for k in ("tests", "errors", "failures", "skipped"))
    if errors + failures:
        tail("system.log", 120)
    print(f"   {total - errors - failures - skipped} passed, {errors + failures} failed, {skipped} skipped", flush=True)
    tally.add(total - errors - failures - skipped, errors + failures, skipped)


PARTS = {"checks": checks, "unit": unit, "tsan": tsan, "system": system, "fuzz": fuzz}


def main(arguments):
    unknown = [a for a in arguments if a not in PARTS]
    if unknown:
        print(f"no such part: {unknown[0]}; there are {' '.join(PARTS)}", file=sys.stderr)
        return 2
    LOGS.mkdir(exist_ok=True)
    start = time.monotonic()
    for name in arguments or PARTS:
        PARTS[name]()
    say(f"{time.monotonic() - start:.0f} s in all")
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

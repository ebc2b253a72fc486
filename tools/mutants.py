#!/usr/bin/env python3
"""Takes away one property after the other and looks whether its test says so.

tests/mutants.toml names each property, the line that keeps it, and the test that guards it. In a copy of the tree (build-mutants), each line
is taken away, the test's program is built, and the test must fail. `./dev mutants [WORDS…]` runs the rows that have all of the words.
"""
import fcntl
import fnmatch
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "tests" / "mutants.toml"
COPY = ROOT / "build-mutants"
DEADLINE = 240
UNIT = ("ground", "blocks", "faults", "formats", "authority", "stores", "protocols", "program")


class Mutant:
    def __init__(self, subject, row):
        self.subject, self.property = subject, row["property"]
        self.file, self.old, self.new, self.test = row["file"], row["old"], row["new"], row["test"]
        self.system = self.test.startswith("tests/")
        self.floor, _, self.filter = self.test.partition(" ")

    def has(self, words):
        return all(word.lower() in f"{self.subject}: {self.property} {self.test}".lower() for word in words)

    def stale(self):
        """Why it proves nothing any more; empty where it does."""
        source = ROOT / self.file
        if not source.exists():
            return "its file is gone"
        found = source.read_text().count(self.old)
        if found != 1:
            return f"its text occurs {found} times in {self.file}"
        if self.old == self.new:
            return "it changes nothing"
        return self.stale_test()

    def stale_test(self):
        if self.system:
            file, _, name = self.floor.partition("::")
            if not (ROOT / file).exists() or (name and f"def {name.partition('[')[0]}(" not in (ROOT / file).read_text()):
                return f"its test is gone: {self.test}"
            return ""
        if self.floor not in UNIT:
            return f"there is no {self.floor}_test"
        cases = unit_tests()
        for pattern in self.filter.split(":"):
            # A parameter stands around the name: All/Broken.MakesNoKey/ES256
            words = re.fullmatch(r"(?:\*/)?(\w+)\.(\w+|\*)(?:/\S+)?", pattern)
            if not words or not any(suite == words[1] and words[2] in ("*", case) for suite, case in cases):
                return f"its test is gone: {self.test}"
        return ""


def unit_tests(known=[]):
    if not known:
        files = [*ROOT.glob("src/**/*_test.cc"), *ROOT.glob("src/**/*_breaktest.cc"), *ROOT.glob("src/**/*_suite.h")]
        for file in files:
            known += re.findall(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", file.read_text(), re.M)
    return known


def table():
    rows = tomllib.loads(TABLE.read_text())
    return [Mutant(subject, row) for subject, list_of in rows.items() for row in list_of]


def findings():
    """What ./dev check says of the table: entries that prove nothing any more, and properties named twice."""
    mutants = table()
    for m in mutants:
        if why := m.stale():
            yield f"{m.subject}: {m.property}: {why}"
    names = [m.property for m in mutants]
    for name in sorted({n for n in names if names.count(n) > 1}):
        yield f"named twice: {name}"


# The copy is kept from run to run, so that builds are short; a file is written only where it differs.
def refresh():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    wanted = {f for f in listed if (ROOT / f).is_file()}
    for file in wanted:
        to, content = COPY / file, (ROOT / file).read_bytes()
        if not to.exists() or to.read_bytes() != content:
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(content)
            shutil.copymode(ROOT / file, to)
    for folder in ("src", "tests", "include", "cmake"):
        for file in (COPY / folder).rglob("*"):
            if file.is_file() and "node_modules" not in file.parts and "__pycache__" not in file.parts and str(file.relative_to(COPY)) not in wanted:
                file.unlink()
    for modules in ROOT.glob("tests/npm/**/node_modules"):
        link = COPY / modules.relative_to(ROOT)
        if "node_modules" not in modules.relative_to(ROOT).parent.parts and not link.exists():
            link.symlink_to(modules)


def environment():
    env = dict(os.environ, CCACHE_BASEDIR=os.environ.get("CCACHE_BASEDIR", str(COPY)), CCACHE_SLOPPINESS="pch_defines,time_macros",
               UBSAN_OPTIONS="print_stacktrace=1", JETON_BINARY=str(COPY / "build" / "jeton"), JETON_BREAKABLE=str(COPY / "build" / "jeton-breakable"))
    env.setdefault("JETON_VECTORS", str(ROOT.parent / "shared" / "vectors"))
    return env


def configure(preset):
    done = subprocess.run(["cmake", "--preset", preset], cwd=COPY, capture_output=True, text=True, env=environment())
    if done.returncode:
        sys.exit(done.stdout + done.stderr)


def build(mutant):
    """What the compiler says against it; empty where it builds."""
    folder, targets = ("build", ["jeton"]) if mutant.system else ("build-asan", [f"{mutant.floor}_test"])
    if "selftest" in mutant.test and mutant.system:
        targets.append("jeton-breakable")
    done = subprocess.run(["ninja", "-C", folder, *targets], cwd=COPY, capture_output=True, text=True, env=environment())
    if done.returncode == 0:
        return ""
    return next((line for line in done.stdout.splitlines() if "error" in line), done.stdout[-300:]).strip()


def ended(process, seconds=DEADLINE):
    try:
        return process.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        # What a test has started ends with it, if it is given the time.
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        return None
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise


def started(command):
    return subprocess.Popen(command, cwd=COPY, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                            env=environment(), start_new_session=True)


def run_unit(floor, pattern, seconds=DEADLINE):
    """Each case and whether it passed; one that was skipped is not among them. A program that crashes, or does not end, has failed."""
    report = COPY / "report.json"
    report.unlink(missing_ok=True)
    process = started([COPY / "build-asan" / f"{floor}_test", f"--gtest_filter={pattern}", f"--gtest_output=json:{report}"])
    if ended(process, seconds) is None:
        return {f"it did not end within {seconds} s": False}
    cases = {}
    for suite in json.loads(report.read_text())["testsuites"] if report.exists() else []:
        for case in suite["testsuite"]:
            if case.get("result") == "COMPLETED":
                cases[f"{suite['name']}.{case['name']}"] = not case.get("failures")
    if process.returncode and all(cases.values()):
        cases[f"the test program ended with {process.returncode}"] = False
    return cases


def run_system(words):
    out = ended(started(["/usr/bin/python3", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-rA", *shlex.split(words)]))
    if out is None:
        return {f"it did not end within {DEADLINE} s": False}
    cases = {}
    for word, name in re.findall(r"^(PASSED|FAILED|ERROR) (\S+)", out, re.M):
        cases[name] = cases.get(name, True) and word == "PASSED"
    return cases


def run(mutant):
    return run_system(mutant.test) if mutant.system else run_unit(mutant.floor, mutant.filter)


class Sound:
    """Which tests pass while nothing is taken away: one that fails anyway, or is skipped here, proves nothing."""

    def __init__(self, mutants):
        self.mutants, self.known = mutants, {}

    def against(self, mutant):
        if mutant.test in self.known:
            return self.known[mutant.test]
        if why := build(mutant):
            return why
        # Of a unit-test program all that will be asked for at once.
        alike = [mutant] if mutant.system else [m for m in self.mutants if m.floor == mutant.floor]
        cases = run(mutant) if mutant.system else run_unit(mutant.floor, ":".join(sorted({m.filter for m in alike})), 4 * DEADLINE)
        for m in alike:
            mine = cases if m.system else {c: ok for c, ok in cases.items() if any(fnmatch.fnmatchcase(c, p) for p in m.filter.split(":"))}
            failed = [c for c, ok in mine.items() if not ok]
            self.known[m.test] = "" if mine and not failed else f"without any change: {failed[0] if failed else 'nothing ran'}"
        return self.known[mutant.test]


def tried(mutant, sound):
    """(whether it is as it should be, in a word, and why)"""
    if why := mutant.stale():
        return False, "stale", why
    if why := sound.against(mutant):
        return False, "proves nothing", why
    file = COPY / mutant.file
    text = file.read_text()
    try:
        file.write_text(text.replace(mutant.old, mutant.new))
        if why := build(mutant):
            return False, "does not build", why
        failed = [case for case, passed in run(mutant).items() if not passed]
        return (True, "red", failed[0]) if failed else (False, "SURVIVED", mutant.test)
    finally:
        file.write_text(text)


def main(words):
    chosen = [m for m in table() if m.has(words)]
    if not chosen:
        print("no property has these words", file=sys.stderr)
        return 2
    COPY.mkdir(exist_ok=True)
    lock = open(COPY / "lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("another run is at work in build-mutants", file=sys.stderr)
        return 2
    refresh()
    for preset, wanted in (("asan", not all(m.system for m in chosen)), ("release", any(m.system for m in chosen))):
        if wanted:
            configure(preset)
    # One program after the other, and in it one file after the other: what was built is built once.
    chosen.sort(key=lambda m: (m.system, m.floor.partition("::")[0], m.file))
    sound, bad = Sound(chosen), []
    for number, mutant in enumerate(chosen, 1):
        start = time.monotonic()
        ok, word, why = tried(mutant, sound)
        print(f"{number:3}/{len(chosen)} {time.monotonic() - start:4.0f} s  {word:8} {mutant.subject}: {mutant.property}  [{why}]", flush=True)
        if not ok:
            bad.append(mutant)
    print(f"{len(chosen) - len(bad)} of {len(chosen)} properties are guarded by a test that fails without them")
    for mutant in bad:
        print(f"   not guarded: {mutant.subject}: {mutant.property}")
    return 1 if bad else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

#!/usr/bin/env python3
"""The house's own rules, as scripts: floors, words, sizes. A line for every rule, the findings under it."""
import pathlib
import re
import statistics
import subprocess
import sys

import mutants

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLOORS = {"ground": 0, "blocks": 1, "formats": 2, "authority": 3, "stores": 4, "protocols": 4, "program": 5}
# A library is seen by one room.
OWNERS = {
    r"<(openssl/(?!ssl|err)|sodium\.h)": ("src/blocks/crypto/",),
    r"<openssl/ssl": ("src/program/server/tls.cc",),
    r"<openssl/err": ("src/blocks/crypto/", "src/program/server/tls.cc"),
    r"<p11-kit/": ("src/blocks/crypto/pkcs11/",),
    r"<cbor/": ("src/blocks/cbor/",),
    r"<maxminddb\.h>": ("src/blocks/geo/",),
    r"<libxml/": ("src/blocks/xml/",),
    r"<sqlite3\.h>": ("src/stores/sqlite/",),
    r"<boost/(asio|beast)": ("src/blocks/http/reader.h",),
    r"<spdlog/": ("src/program/log/",),
    r"<toml\+\+": ("src/program/config/file.cc",),
    r"<curl/": ("src/program/fetch/",),
    r"<prometheus/": ("src/program/metrics/",),
    r"<re2/": ("src/program/scan/inspect.cc",),
    r"<archive(_entry)?\.h>": ("src/program/scan/archive/library.cc",),
    r"<hs/": ("src/program/scan/literals.cc",),
}
MACHINE = "|".join(["/" + "work/", r"deb\." + r"debian\.org", r"registry\." + r"npmjs\.org"])


def tracked(*patterns):
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [f for f in files.stdout.splitlines() if (ROOT / f).exists()]


def sources():
    return [f for f in tracked("src/*.cc", "src/*.h", "include/*.h") if not f.endswith("_test.cc")]


def read(file):
    return (ROOT / file).read_text(errors="replace")


def floors():
    """A file includes its own floor and those below; stores and protocols never meet."""
    for file in tracked("src/*.cc", "src/*.h"):
        floor = file.split("/")[1]
        for number, line in enumerate(read(file).splitlines(), 1):
            inner = re.match(r'#include "(\w+)/', line)
            if inner and inner[1] in FLOORS:
                above = FLOORS[inner[1]] > FLOORS[floor]
                neighbours = FLOORS[inner[1]] == FLOORS[floor] and inner[1] != floor
                if above or neighbours:
                    yield f"{file}:{number}: {floor} does not stand on {inner[1]}"
            for pattern, owners in OWNERS.items():
                if re.match("#include " + pattern, line) and not file.startswith(owners):
                    yield f"{file}:{number}: this library belongs to {owners[0]}"


def words():
    """Names that say nothing, words that should not be here, and paths of one machine."""
    for file in tracked("src/*.cc", "src/*.h", "include/*.h"):
        for number, line in enumerate(read(file).splitlines(), 1):
            if re.search(r"\b(class|struct|namespace)\s+\w*(Manager|Helper|Util|Utils|Impl)\b", line):
                yield f"{file}:{number}: a name without a noun"
            if re.search(r"\bget_[a-z]+\(", line) and "std::" not in line and "::get" not in line:
                yield f"{file}:{number}: a getter is named by what it gives"
            if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line):
                yield f"{file}:{number}: unfinished"
            if re.search(r"(black|white)list", line, re.I):
                yield f"{file}:{number}: say deny and allow"
    for file in tracked():
        if re.search(r"(^|/)(common|misc|utils?|helpers?)/", file):
            yield f"{file}: a folder without a noun"
        if file.endswith((".json", ".lock")) and "corpus" in file:
            continue
        for number, line in enumerate(read(file).splitlines(), 1):
            if re.search(MACHINE, line):
                yield f"{file}:{number}: an address or path of one machine"


FUNCTION = re.compile(r"^[A-Za-z_\[].*\)[^;]*\{\s*$|^  [A-Za-z_].*\)[^;=]*\{\s*$")


def functions(text):
    """(line, length) of what looks like a function: from its opening line to the brace that closes it."""
    lines = text.splitlines()
    i = 0
    while i < len(lines):
        if FUNCTION.match(lines[i]) and not re.match(r"\s*(namespace|class|struct|enum|if|for|while|switch|else|union)\b", lines[i]):
            indent = len(lines[i]) - len(lines[i].lstrip())
            end = i + 1
            while end < len(lines) and not re.match(rf"^ {{{indent}}}\}}", lines[end]):
                end += 1
            yield i + 1, end - i + 1
            i = end
        i += 1


def percentile(values, p):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * p))]


def sizes():
    """Files: median at most 150 lines, 95 % at most 500, none over 800. Functions: 10, 45, 80. A room: 15 files."""
    lengths = {f: read(f).count("\n") for f in sources()}
    if statistics.median(lengths.values()) > 150:
        yield f"the median file has {statistics.median(lengths.values())} lines"
    if percentile(lengths.values(), 0.95) > 500:
        yield f"95 % of files have up to {percentile(lengths.values(), 0.95)} lines"
    for file, n in lengths.items():
        if n > 800:
            yield f"{file}: {n} lines"
    found = [(f, line, n) for f in lengths if f.endswith(".cc") for line, n in functions(read(f))]
    if found:
        if statistics.median(n for _, _, n in found) > 10:
            yield f"the median function has {statistics.median(n for _, _, n in found)} lines"
        if percentile([n for _, _, n in found], 0.95) > 45:
            yield f"95 % of functions have up to {percentile([n for _, _, n in found], 0.95)} lines"
    for file, line, n in found:
        if n > 80:
            yield f"{file}:{line}: a function of {n} lines"
    rooms = {}
    for file in lengths:
        if file.endswith(".cc") and not file.endswith("_bench.cc"):
            rooms.setdefault(str(pathlib.Path(file).parent), []).append(file)
    for room, files in rooms.items():
        if len(files) > 15:
            yield f"{room}: {len(files)} source files"


def headers():
    """Every header is guarded and says in its first line what it is for."""
    for file in tracked("src/*.h", "include/*.h"):
        text = read(file)
        if "#pragma once" not in text and "#ifndef" not in text:
            yield f"{file}: no guard"
        if not text.startswith("//") and not text.startswith("/*"):
            yield f"{file}: begins without a sentence"


def layout():
    """Every source file stands as `./dev fmt` leaves it."""
    files = tracked("*.cc", "*.h")
    run = subprocess.run(["clang-format-19", "--dry-run", *files], cwd=ROOT, capture_output=True, text=True)
    yield from sorted({line.split(": ")[0] for line in run.stderr.splitlines() if "[-Wclang-format-violations]" in line})


def guarded():
    """Every row of tests/mutants.toml still takes something away, and its test is there."""
    yield from mutants.findings()
    said = re.search(r"\bfor (\d+) of these properties\b", read("SECURITY.md"))
    if not said or int(said[1]) != len(mutants.table()):
        yield f"SECURITY.md says {said and said[1]} properties, and there are {len(mutants.table())}"


def self_test():
    """The checks themselves can fail."""
    if list(functions("int f() {\n  return 1;\n}\n")) != [(1, 3)]:
        yield "functions() does not see a function"
    if not re.search(MACHINE, "/" + "work/x"):
        yield "MACHINE does not see a path"
    row = {"property": "", "file": "tools/checks.py", "old": "def self_test" + "(", "new": "", "test": "ground Secret.NoSuchTest"}
    if "its test is gone" not in mutants.Mutant("", row).stale() or "occurs 0" not in mutants.Mutant("", {**row, "old": "not" + "here"}).stale():
        yield "mutants does not see what is stale"


def main():
    failed = False
    for check in (floors, words, sizes, headers, layout, guarded, self_test):
        findings = list(check())
        print(f"{'FAILED' if findings else 'ok'} {check.__name__}: {check.__doc__.splitlines()[0]}")
        for finding in findings:
            print(f"  {finding}")
        failed = failed or bool(findings)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

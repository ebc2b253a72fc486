"""The pages of docs/guide say what is so: their commands are run, and print what the page shows."""
import json
import re
import subprocess

import pytest

from cli import jeton
from gateways import Caddy, Nginx
from sample_api import SampleApi
from server import ROOT

GUIDES = ROOT / "docs" / "guide"
PAGES = {"protect-an-api-with-nginx.md": Nginx, "protect-an-api-with-caddy.md": Caddy, "check-tokens-from-your-api.md": None, "rotate-a-token.md": None,
         "respond-to-a-leaked-token.md": None, "people.md": None, "application.md": None}


def blocks(page):
    """(kind, text) of the fenced blocks, without their indentation."""
    for indent, kind, text in re.findall(r"^( *)```(\w+)\n(.*?)^ *```", page, re.M | re.S):
        yield kind, "".join(line.removeprefix(indent) for line in text.splitlines(True))


@pytest.mark.parametrize("name", PAGES)
def test_the_commands_of_a_guide(name, own_server, processes, folder):
    s = own_server()
    page = (GUIDES / name).read_text()
    with SampleApi() as api:
        gate = PAGES[name] and PAGES[name](folder, processes, s, api, "orders")
        script, expected = "set -euo pipefail\n", []
        for kind, text in blocks(page):
            if kind == "sh":
                script += f"echo '@@@'\n{text}"
                expected.append(None)
            elif kind == "text":
                expected[-1] = text
        script = script.replace("127.0.0.1:8420", f"127.0.0.1:{s.port}")
        if gate:
            script = script.replace("127.0.0.1:8080", f"127.0.0.1:{gate.port}")
        ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=folder, timeout=60,
                             env={"PATH": f"{ROOT / 'build'}:/usr/bin:/bin", "JETON_DATA": str(s.data), "HOME": str(folder)})
        assert ran.returncode == 0, ran.stdout + ran.stderr
        printed = ran.stdout.split("@@@\n")[1:]
        assert len(printed) == len(expected) > 0
        for got, wanted in zip(printed, expected):
            assert wanted is None or got.rstrip("\n") == wanted.rstrip("\n")


def test_the_check_of_the_opaque_token_is_as_documented(world):
    page = (ROOT / "docs/formats/opaque-token.md").read_text()
    (python,) = [text for kind, text in blocks(page) if kind == "python"]
    room = {}
    exec(python, room)
    (example,) = re.findall(r"jtn_pat_\w{38}\b", page)
    assert room["check"](example[:-6]) == example[-6:]
    for token in (world.token()["token"], world.token(principal=world.service())["token"]):
        assert room["check"](token[:-6]) == token[-6:]


def test_every_reason_is_documented():
    text = (ROOT / "src/authority/verify/decision.cc").read_text()
    page = (ROOT / "docs/formats/verify.md").read_text()
    reasons = set(re.findall(r'return "(\w+)"', text)) - {"allowed", "refused"}
    assert len(reasons) > 15 and all(f"`{r}`" in page for r in reasons)


def test_every_rule_of_the_watch_is_documented_with_its_threshold():
    page = (GUIDES / "watch-unusual-use.md").read_text()
    rules = jeton("watch", "rules", "-o", "json").json["items"]
    assert len(rules) >= 16
    for rule in rules:
        assert f"| `{rule['rule']}` | {rule['severity']} | {rule['when']} |" in page, rule


def test_the_false_alarms_on_ordinary_traces_are_as_documented():
    """None, over as many decisions as the page says."""
    decisions = 0
    for trace in sorted((ROOT / "tests" / "traces").glob("ordinary-*.trace")):
        rows = [json.loads(line) for line in trace.read_text().splitlines() if line and not line.startswith("#")]
        assert [row["expect"] for row in rows if "expect" in row] == [[]], trace
        decisions += sum(row.get("repeat", 1) for row in rows if "expect" not in row)
        assert jeton("watch", "replay", trace).code == 0, trace
    assert f"{decisions:,} decisions" in (GUIDES / "watch-unusual-use.md").read_text()

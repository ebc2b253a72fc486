"""The metrics pass Prometheus' own lint, and the dashboard asks for nothing that is not there."""
import json
import re
import shutil
import subprocess

import pytest

from server import ROOT, World


@pytest.fixture
def text(own_server):
    server = own_server({"audit.syslog": "udp:127.0.0.1:9"})
    world = World(server)
    world.verdict(world.token()["token"])
    return server.anyone.get("/metrics").body.decode()


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_promtool_finds_nothing(text):
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and done.stdout + done.stderr == "", done.stdout + done.stderr


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_promtool_would_find_something():
    done = subprocess.run(["promtool", "check", "metrics"], input="# TYPE jeton_x counter\njeton_x 1\n", capture_output=True, text=True, timeout=30)
    assert done.returncode != 0


def test_the_dashboard_asks_for_what_is_there(text):
    dashboard = json.loads((ROOT / "deploy" / "grafana" / "jeton.json").read_text())
    asked = {name for panel in dashboard["panels"] for target in panel["targets"] for name in re.findall(r"jeton_\w+", target["expr"])}
    given = set(re.findall(r"^(jeton_\w+)", text, re.M))
    # Counted once an hour.
    later = {"jeton_crypto_items", "jeton_crypto_attention", "jeton_signing_key_age_seconds"}
    assert asked - later <= given and len(asked) > 10, asked - later - given


def test_no_label_names_a_token_or_a_user(text):
    assert not re.search(r"(tok_|usr_|svc_|cli_|dev_)[0-9A-Z]{26}", text)

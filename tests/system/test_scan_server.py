"""From found to dead: the server is asked, tokens are revoked or rotated, and the audit says where they were found."""
import json
import re
import subprocess

import pytest

from local import Local
from planted import token
from server import BINARY, ROOT


@pytest.fixture
def jeton(folder, server):
    local = Local(folder, JETON_DATA=str(server.data))
    (folder / "code").mkdir()
    yield local
    local("vault", "lock")


def leak(jeton, world, name="app.py", **more):
    made = world.token(**more)
    (jeton.folder / "code" / name).write_text(f"API_TOKEN = '{made['token']}'\n")
    return made


def test_check_says_which_are_live(jeton, world):
    live, ended = leak(jeton, world), leak(jeton, world, "old.py")
    world.admin.post(f"/v1/tokens/{ended['id']}/revoke", {})
    (jeton.folder / "code" / "other.py").write_text(token())
    done = jeton("scan", "code", "--check", "-o", "json")
    assert done.returncode == 1, done.stderr
    said = {i["path"]: (i["state"], i["token_id"]) for i in json.loads(done.stdout)["items"]}
    assert said["code/app.py"] == ("live", live["id"])
    assert said["code/old.py"][0] != "live" and said["code/other.py"][0] != "live"
    assert world.allowed(live["token"])


def test_revoke(jeton, world):
    made, kept = leak(jeton, world), world.token()
    done = jeton("scan", "code", "--revoke")
    assert done.returncode == 1 and "revoked now" in done.stdout, done.stderr
    assert not world.allowed(made["token"]) and world.allowed(kept["token"])
    shown = world.admin.get(f"/v1/tokens/{made['id']}").json
    assert shown["end_note"] == "found by a scan at code/app.py:1"


def test_revoke_from_a_report(jeton, world):
    made = leak(jeton, world)
    unasked = jeton("scan", "code", "-o", "json")
    (jeton.folder / "unasked.json").write_text(unasked.stdout)
    assert jeton("token", "revoke", "--from-scan", "unasked.json").returncode == 1
    assert world.allowed(made["token"])
    (jeton.folder / "found.json").write_text(jeton("scan", "code", "--check", "-o", "json").stdout)
    jeton.ok("token", "revoke", "--from-scan", "found.json")
    assert not world.allowed(made["token"])
    assert jeton("token", "revoke", "--from-scan", "code/app.py").returncode == 2


def test_rotate_puts_the_successor_into_the_vault(jeton, world):
    made = leak(jeton, world)
    done = jeton("scan", "code", "--rotate")
    assert done.returncode == 1, done.stderr
    reference = re.search(r"jeton://vault/tok_\w+", done.stderr)[0]
    fresh = jeton.ok("vault", "get", reference).strip()
    world.server.seen.add(fresh)
    assert not world.allowed(made["token"]) and world.allowed(fresh)
    assert fresh not in done.stdout + done.stderr


def test_a_rotation_without_a_vault_changes_nothing(jeton, world):
    made = leak(jeton, world)
    jeton.vault.write_bytes(b"not a vault")
    assert jeton("scan", "code", "--rotate").returncode != 1
    assert world.allowed(made["token"])


def test_a_server_that_is_not_there(jeton, world):
    leak(jeton, world)
    assert jeton("scan", "code", "--check", "--data", jeton.folder / "none").returncode == 3


def test_the_guides_five_commands(jeton, world):
    """docs/guide/keep-tokens-out-of-code.md promises five commands; test_docs.py runs them, and here it is looked at what they did."""
    guide = (ROOT / "docs/guide/keep-tokens-out-of-code.md").read_text()
    commands = re.findall(r"^   ```sh\n   (.*?)(?:   # exit (\d))?\n   ```", guide.split("## More")[0], re.M)
    assert [c.split()[1] for c, _ in commands] == ["scan", "scan", "vault", "run", "scan"], "five commands, each a line"
    code = jeton.folder / "code"
    git = lambda *words: subprocess.run(["git", *words], cwd=code, env=jeton.env, check=True, capture_output=True)
    made = leak(jeton, world)
    git("init", "-q")
    git("add", "-A")
    git("commit", "-q", "-m", "x")
    git("rm", "-q", "app.py")
    unlocked = {k: v for k, v in jeton.env.items() if k != "JETON_VAULT_PASSPHRASE"}
    shown = []
    for command, status in commands:
        env = unlocked if " run " in command else jeton.env
        done = subprocess.run(["bash", "-c", command], cwd=code, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60,
                              env={**env, "PATH": f"{BINARY.parent}:{env['PATH']}"})
        assert done.returncode == int(status or 0), (command, done.stdout, done.stderr)
        shown.append(done.stdout)
    assert shown[3] == "********\n"
    assert not world.allowed(made["token"])
    assert (code / ".git/hooks/pre-commit").exists()

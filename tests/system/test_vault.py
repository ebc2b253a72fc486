"""The vault from the command line: what goes in comes out, to those who have the key."""
import concurrent.futures
import json
import os
import shutil
import stat
import subprocess

import pytest

from local import PASSPHRASE, Local
from server import BINARY
from waiting import until


@pytest.fixture
def jeton(folder):
    local = Local(folder)
    yield local
    local("vault", "lock")


def test_put_get_list_rm(jeton):
    jeton.put("github", "s3cr3t-one\n")
    jeton.put("github/user", "mona")
    jeton.put("jeton://vault/aws/secret", "two")
    assert jeton.ok("vault", "get", "github") == "s3cr3t-one\n"
    assert jeton.ok("vault", "get", "github/user", "--no-newline") == "mona"
    listed = json.loads(jeton.ok("vault", "list", "-o", "json"))
    assert [(i["id"], i["fields"]) for i in listed["items"]] == [("aws", ["secret"]), ("github", ["token", "user"])]
    assert "s3cr3t" not in jeton.ok("vault", "list")
    jeton.ok("vault", "rm", "github/user")
    jeton.ok("vault", "rm", "aws")
    assert jeton("vault", "rm", "aws").returncode == 6
    assert jeton("vault", "get", "github/user").returncode == 6
    assert jeton("vault", "get", "a b").returncode == 2


def test_the_file_is_its_owners_and_tells_nothing(jeton):
    jeton.put("github", "s3cr3t-one")
    assert stat.S_IMODE(os.stat(jeton.vault).st_mode) == 0o600
    content = jeton.vault.read_bytes()
    assert b"s3cr3t" not in content and b"github" not in content


def test_a_wrong_passphrase_and_a_damaged_file_are_told_apart(jeton):
    jeton.put("github", "s3cr3t-one")
    good = jeton.vault.read_bytes()
    wrong = jeton("vault", "get", "github", env={"JETON_VAULT_PASSPHRASE": "wrong horse battery"})
    assert (wrong.returncode, wrong.stderr) == (4, "jeton: the passphrase is wrong\n")
    refused = jeton("vault", "put", "other", input="x", env={"JETON_VAULT_PASSPHRASE": "wrong horse battery"})
    assert refused.returncode == 4 and jeton.vault.read_bytes() == good
    for bad in (good[:-1], good[:60], good[:80] + b"x" + good[81:], good[:-3] + b"xyz"):
        jeton.vault.write_bytes(bad)
        damaged = jeton("vault", "get", "github")
        assert damaged.returncode == 1 and "damaged" in damaged.stderr, damaged
        assert jeton("vault", "put", "other", input="x").returncode == 1
        assert jeton.vault.read_bytes() == bad
    jeton.vault.write_bytes(good)
    assert jeton.ok("vault", "get", "github") == "s3cr3t-one\n"


def test_writers_at_once_lose_nothing(jeton):
    jeton.put("first", "x")
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda i: jeton.put(f"item{i}", f"value{i}"), range(18)))
    listed = json.loads(jeton.ok("vault", "list", "-o", "json"))
    assert len(listed["items"]) == 19
    assert not [p for p in jeton.folder.iterdir() if p.name.startswith("vault.") and p.name != "vault.lock" and not p.name.endswith(".sock")]


def test_two_who_make_it_at_once_make_one(jeton):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: jeton.put(f"item{i}", f"value{i}"), range(4)))
    assert len(json.loads(jeton.ok("vault", "list", "-o", "json"))["items"]) == 4


def test_the_agent_holds_the_key_until_locked(jeton):
    jeton.put("github", "s3cr3t-one")
    jeton.ok("vault", "unlock", "--for", "5m")
    jeton.env.pop("JETON_VAULT_PASSPHRASE")
    assert jeton.ok("vault", "get", "github") == "s3cr3t-one\n"
    sockets = list(jeton.folder.glob("vault-*.sock"))
    assert len(sockets) == 1 and stat.S_IMODE(os.stat(sockets[0]).st_mode) == 0o600
    jeton.ok("vault", "lock")
    locked = jeton("vault", "get", "github")
    assert locked.returncode == 4 and "locked" in locked.stderr
    assert not list(jeton.folder.glob("vault-*.sock"))


def test_the_agent_ends_by_itself(jeton):
    jeton.put("github", "s3cr3t-one")
    jeton.ok("vault", "unlock", "--for", "1s")
    jeton.env.pop("JETON_VAULT_PASSPHRASE")
    until(lambda: jeton("vault", "get", "github").returncode == 4, 20, "the agent to end")


def test_the_passphrase_is_typed_without_echo(jeton):
    jeton.env.pop("JETON_VAULT_PASSPHRASE")
    t = jeton.terminal("vault", "put", "github")
    t.read_until("Value: ")
    t.type("s3cr3t-one\n")
    t.read_until("New passphrase for the vault: ")
    t.type(PASSPHRASE + "\n")
    t.read_until("The same again: ")
    t.type(PASSPHRASE + "\n")
    shown, status = t.wait()
    assert status == 0, shown
    assert "s3cr3t" not in shown and "horse" not in shown
    assert jeton.ok("vault", "get", "github", env={"JETON_VAULT_PASSPHRASE": PASSPHRASE}) == "s3cr3t-one\n"


def test_a_secret_is_shown_on_a_terminal_after_a_question(jeton):
    jeton.put("github", "s3cr3t-one")
    for answer, expected in (("n", 4), ("y", 0)):
        t = jeton.terminal("vault", "get", "github")
        t.read_until("[y/N] ")
        t.type(answer + "\n")
        shown, status = t.wait()
        assert status == expected and ("s3cr3t-one" in shown) == (answer == "y"), shown


def test_no_prompt_without_a_terminal(jeton):
    jeton.put("github", "s3cr3t-one")
    jeton.env.pop("JETON_VAULT_PASSPHRASE")
    done = subprocess.run([str(BINARY), "vault", "get", "github"], env=jeton.env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          start_new_session=True, timeout=60)
    assert done.returncode == 4 and "passphrase-file" in done.stderr


def test_a_passphrase_file(jeton):
    (jeton.folder / "pass").write_text("from a file, long\n")
    jeton.env.pop("JETON_VAULT_PASSPHRASE")
    jeton.ok("vault", "put", "github", "--passphrase-file", "pass", input="s3cr3t-one")
    assert jeton.ok("vault", "get", "github", "--passphrase-file", "pass") == "s3cr3t-one\n"


@pytest.mark.skipif(not shutil.which("gnome-keyring-daemon"), reason="gnome-keyring is not installed")
def test_a_system_keyring_holds_the_key(jeton):
    """GNOME's keyring on a session bus of the test's own: the vault opens with nothing typed, and not without the keyring."""
    del jeton.env["JETON_VAULT_PASSPHRASE"]
    run = jeton.folder / "run"
    run.mkdir(mode=0o700)
    script = f"""
        printf pw | gnome-keyring-daemon --unlock --components=secrets > keyring.out 2>&1
        printf s3cr3t-one | {BINARY} vault put github --keyring && {BINARY} vault get github && {BINARY} vault put github/user < /dev/null
        echo " $?"
        {BINARY} vault list -o json"""
    done = subprocess.run(["dbus-run-session", "--", "sh", "-c", script], cwd=jeton.folder, capture_output=True, text=True, timeout=60,
                          env={**jeton.env, "XDG_RUNTIME_DIR": str(run), "XDG_DATA_HOME": str(jeton.folder / "share")})
    assert done.stdout.startswith("s3cr3t-one") and '"github"' in done.stdout, done
    assert b"s3cr3t" not in jeton.vault.read_bytes()
    away = jeton("vault", "get", "github")
    assert away.returncode == 1 and "no system keyring" in away.stderr and away.stdout == ""

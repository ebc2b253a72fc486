"""What the command line does on this machine: help, completions, manual, configuration, backups."""
import os
import re
import resource
import shutil
import subprocess

import pytest

from browser import App, Browser, person
from cli import Line, jeton
from server import BINARY, ROOT, World
from waiting import until


def commands():
    """Every command's path, as the manual's first page names them."""
    return re.findall(r"^\.It Nm jeton (.+)$", jeton("man").out, re.M)


def test_every_command_has_help_with_an_example():
    assert len(commands()) > 60
    for path in commands():
        result = jeton(*path.split(), "--help")
        assert result.code == 0 and f"jeton {path}" in result.out.split("Example:")[1], path
        assert result.err == "" and "\x1b" not in result.out
    for noun in ("token", "user", "api", "rule"):
        assert "Example:" in jeton(noun, "--help").out


def test_wrong_usage():
    for words, says in ((["tokn", "list"], "did you mean token?"), (["token", "lst"], "did you mean list?"), (["token"], "needs a command"),
                        (["token", "list", "--uzer", "x"], "did you mean --user?"), (["api", "create"], "NAME is missing"),
                        (["token", "list", "-o", "xml"], "takes one of")):
        result = jeton(*words)
        assert result.code == 2 and says in result.err and result.out == "", result


def test_version():
    assert re.fullmatch(r"jeton \d+\.\d+\.\d+\n", jeton("--version").out)
    assert jeton("version", "-o", "json").json["version"] in jeton("--version").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_parse(shell, folder):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = folder / "completion"
    script.write_text(jeton("completion", shell).out)
    done = subprocess.run([shell, "-n", script], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done
    assert "token" in script.read_text() and jeton("completion", "tcsh").code == 2


@pytest.mark.parametrize("words, wanted", [("to", "token"), ("token cr", "create"), ("token create --us", "--user"), ("client create x --type sp", "spa"), ("x -o js", "json")])
def test_bash_completes(words, wanted, folder):
    script = folder / "completion.bash"
    script.write_text(jeton("completion", "bash").out)
    cut = words.split(" ")
    lines = ["source " + str(script), "COMP_WORDS=(jeton " + " ".join(cut) + ")", f"COMP_CWORD={len(cut)}", "_jeton", 'echo "${COMPREPLY[@]}"']
    done = subprocess.run(["bash", "-c", "\n".join(lines)], capture_output=True, text=True)
    assert wanted in done.stdout.split(), done


def test_manual_pages_lint(folder):
    if shutil.which("mandoc") is None:
        pytest.skip("mandoc is not installed")
    assert jeton("man", "--to", folder / "man").code == 0
    pages = sorted((folder / "man").iterdir())
    assert len(pages) > len(commands())
    done = subprocess.run(["mandoc", "-T", "lint", *pages], capture_output=True, text=True)
    said = [line for line in (done.stdout + done.stderr).splitlines() if "referenced manual not found" not in line]
    assert said == []


def test_config_order_and_origins(folder):
    file = folder / "jeton.toml"
    file.write_text('listen = ["127.0.0.1:9001"]\n\n[log]\nlevel = "warn"\n')
    env = {"JETON_LOG_LEVEL": "error"}
    shown = jeton("config", "show", "--origin", "--config", file, "-o", "json", env=env).json["items"]
    values = {item["id"]: (item["value"], item["origin"]) for item in shown}
    assert values["listen"] == ("127.0.0.1:9001", f"{file}:1")
    assert values["log.level"] == ("error", "JETON_LOG_LEVEL")
    assert values["workers"][1] == "default"
    assert jeton("config", "check", "--config", file).code == 0
    file.write_text('listen = ["127.0.0.1:9001"]\nlisten_on = "x"\n')
    bad = jeton("config", "check", "--config", file)
    assert bad.code == 1 and f"{file}:2" in bad.err and "listen_on" in bad.err
    assert jeton("serve", "--config", file, "--data", folder / "d").code == 2 and not (folder / "d").exists()
    assert jeton("config", "check", "--config", folder / "none.toml").code == 1


def test_doctor(own_server):
    server = own_server()
    line = Line(server)
    parts = {i["id"]: i["state"] for i in line.good("doctor", "-o", "json").json["items"]}
    assert {"data", "config", "master_key", "peppers", "store", "server", "disk", "clock"} <= set(parts)
    assert parts["server"] == parts["store"] == parts["master_key"] == "ok"
    os.chmod(server.data / "master.key", 0o644)
    sick = line("doctor")
    os.chmod(server.data / "master.key", 0o600)
    assert sick.code == 1 and "chmod 600" in sick.out and re.search(r"^fail +master_key", sick.out, re.M)
    server.stop()
    assert re.search(r"^warn +server", line("doctor").out, re.M)


@pytest.mark.parametrize("lost", ["master.key", "peppers", "jeton.db"])
def test_doctor_sees_what_a_start_would_miss(own_server, lost):
    """None of them is made anew beside the others: the server does not start, and that is no good health."""
    server = own_server()
    line = Line(server)
    server.stop()
    assert line("doctor").code == 0
    (server.data / lost).rename(server.data / "away")
    sick = line("doctor")
    part = {"master.key": "master_key", "peppers": "peppers", "jeton.db": "store"}[lost]
    assert sick.code == 1 and re.search(rf"^fail +{part} ", sick.out, re.M), sick
    (server.data / "away").rename(server.data / lost)
    assert line("doctor").code == 0
    fresh = jeton("doctor", data=server.data.parent / "none")
    assert fresh.code == 0 and "made at the first start" in fresh.out, "where nothing was begun, nothing is missing"


def token_of(line, user):
    return line.secret("token", "create", "--user", user, "--api", "orders", "--scope", "orders:read")


def check(line, token):
    return line("token", "verify", "-", stdin=token).code


def test_backup_and_restore_bring_nothing_back_to_life(own_server, folder):
    server = own_server()
    line = Line(server)
    line.good("api", "create", "orders", "--audience", "https://orders.example.com", "--scope", "orders:read", "-q")
    for name in ("ada", "bob", "eve"):
        line.good("user", "create", name, "-q")
    tokens = {name: token_of(line, name) for name in ("ada", "bob", "eve")}
    file = folder / "backup.db"
    made = line.good("backup", file, "-o", "json")
    assert made.json["id"] == str(file) and made.json["seq"] > 0 and "master.key" in made.err
    assert oct(file.stat().st_mode & 0o777) == "0o600" and (folder / "backup.db.peppers").exists()
    assert line("backup", file).code == 7
    # Since then: one token revoked, one user disabled, one user and a token made.
    line.good("token", "revoke", "--user", "bob")
    line.good("user", "disable", "eve")
    line.good("user", "create", "late", "-q")
    late = token_of(line, "late")
    assert line("restore", file).code == 7
    server.stop()
    assert line("restore", file).code == 7, "a ledger is there and --force was not said"
    done = line.good("restore", file, "--force", "-o", "json")
    assert done.json["carried"] == 2 and done.json["seq"] == made.json["seq"] and os.path.exists(done.json["kept"])
    assert "stays revoked" in done.err
    assert not [p for p in server.data.iterdir() if ".rest" in p.name]
    server.start()
    assert [check(line, tokens[n]) for n in ("ada", "bob", "eve")] == [0, 1, 1]
    assert check(line, late) == 1 and line("user", "show", "late").code == 6
    assert any(e["action"] == "restore" for e in line.good("audit", "list", "-o", "json").json["items"])


def test_a_restore_undoes_no_rotation_hold_or_renewal(own_server, folder):
    server = own_server()
    line, world = Line(server), World(server)
    api, user = world.api(), person(world)
    kept, rotated, held, narrowed = (world.token(api, user) for _ in range(4))
    browser, app = Browser(server), App(world)
    browser.log_in(user["name"])
    used, unused = (app.tokens(browser, scope="openid offline_access")["refresh_token"] for _ in range(2))
    line.good("backup", folder / "backup.db", "-q")
    world.admin.created(f"/v1/tokens/{rotated['id']}/rotate", {"overlap": "1s", "until": "deadline"})
    world.admin.done("POST", f"/v1/tokens/{held['id']}/quarantine", {})
    world.admin.done("PATCH", f"/v1/tokens/{narrowed['id']}", {"deny": ["192.0.2.0/24"]})
    assert app.refresh(used).status == 200
    judged = lambda token: server.admin.done("POST", "/v1/verify", {"token": token["token"], "ip": "192.0.2.1"})["decision"].get("reason", "allowed")
    until(lambda: judged(rotated) == "rotated_out", what="the end of the overlap")
    server.stop()
    line.good("restore", folder / "backup.db", "--force", "-q")
    server.start()
    assert [judged(t) for t in (kept, rotated, held, narrowed)] == ["allowed", "rotated_out", "quarantined", "network"]
    assert app.refresh(used).json["error"] == "invalid_grant", "a refresh token is good once"
    assert app.refresh(unused).status == 200


def test_restore_without_a_ledger_warns_and_can_end_all(own_server, folder):
    server = own_server()
    line = Line(server)
    line.good("api", "create", "orders", "--audience", "https://orders.example.com", "--scope", "orders:read", "-q")
    line.good("user", "create", "ada", "-q")
    token = token_of(line, "ada")
    line.good("backup", folder / "b", "-q")
    line.good("token", "revoke", "--user", "ada")
    histories = [server.admin.shown("/v1/feed")["epoch"]]
    server.stop()
    for name in ("jeton.db", "jeton.db-wal", "jeton.db-shm", "peppers"):
        (server.data / name).unlink(missing_ok=True)
    warned = line.good("restore", folder / "b")
    assert "WARNING" in warned.err and "live again" in warned.err
    server.start()
    assert check(line, token) == 0
    histories.append(server.admin.shown("/v1/feed")["epoch"])
    server.stop()
    server.start()
    assert server.admin.shown("/v1/feed")["epoch"] == histories[1], "a start is no restore"
    asked = server.admin.post("/v1/verify", {"token": token}).json
    assert asked["as_of"]["epoch"] == histories[1]
    server.stop()
    (server.data / "jeton.db").unlink()
    for name in ("jeton.db-wal", "jeton.db-shm"):
        (server.data / name).unlink(missing_ok=True)
    assert line.good("restore", folder / "b", "--revoke-all", "-o", "json").json["revoked"] == 1
    server.start()
    assert check(line, token) == 1
    histories.append(server.admin.shown("/v1/feed")["epoch"])
    assert len(set(histories)) == 3, "each restore begins a history of its own"


@pytest.mark.parametrize("loss", ["missing", "empty", "missing beside a log", "missing with the key alone left", "missing with the peppers alone left"])
def test_a_lost_database_is_not_begun_anew(own_server, folder, loss):
    server = own_server()
    line = Line(server)
    line.good("backup", folder / "b", "-q")
    server.stop()
    database = server.data / "jeton.db"
    held = database.read_bytes()
    if loss == "empty":
        os.truncate(database, 0)
    else:
        database.unlink()
    if "log" in loss:
        (server.data / "jeton.db-wal").write_bytes(b"\0" * 4096)
    if "key alone" in loss:
        (server.data / "peppers").unlink()
    if "peppers alone" in loss:
        (server.data / "master.key").rename(folder / "master.key")
    before = {p.name: p.read_bytes() for p in server.data.iterdir() if p.is_file()}
    server.start(wait=False)
    assert server.process.child.wait(15) not in (0, -6, -11)
    said = server.process.log()
    assert "jeton restore" in said and "master.key" in said and "missing or empty" in said
    assert {p.name: p.read_bytes() for p in server.data.iterdir() if p.is_file()} == before, "nothing is written"
    # The twins: the file put back, and a folder without keys.
    if "alone" not in loss:
        database.write_bytes(held)
        (server.data / "jeton.db-wal").unlink(missing_ok=True)
        server.start()
        server.stop()
        database.unlink()
        line.good("restore", folder / "b", "-q")
        server.start()
        server.stop()
    for path in server.data.iterdir():
        path.unlink()
    server.start()
    assert server.anyone.get("/readyz").status == 200


def test_restore_refuses_what_is_no_backup_of_this_installation(own_server, folder):
    server, other = own_server(), own_server()
    line = Line(server)
    Line(other).good("backup", folder / "other.db", "-q")
    line.good("user", "create", "ada", "-q")
    server.stop()
    (folder / "text").write_text("no database")
    damaged = bytearray((folder / "other.db").read_bytes())
    damaged[5000:9000] = b"\xff" * 4000
    (folder / "damaged.db").write_bytes(damaged)
    for name in ("other.db", "text", "damaged.db"):
        result = line("restore", folder / name, "--force")
        assert result.code == 1 and "nothing was changed" in result.err, (name, result)
    assert line("restore", folder / "none", "--force").code == 6
    assert not [p for p in server.data.iterdir() if ".rest" in p.name or ".before" in p.name]
    server.start()
    line.good("user", "show", "ada")


def test_serve_stops_on_ctrl_c_and_refuses_a_second(own_server):
    server = own_server()
    second = jeton("serve", "--listen", "127.0.0.1:0", data=server.data)
    assert second.code != 0 and "jeton:" in second.err
    Line(server).good("api", "list")
    assert server.stop() == 0


def test_no_prompt_without_a_terminal():
    done = subprocess.run(["setsid", str(BINARY), "user", "create", "x", "--password-file", "-"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20,
                          env={"JETON_DATA": "/nonexistent/d", "PATH": "/usr/bin"})
    assert done.returncode == 2 and "nothing was given" in done.stderr, done


def test_offline_commands_start_quickly():
    """In processor time, which other work on the machine does not change much."""
    best = min(spent("rule", "test", "--peer", "10.0.0.1") for _ in range(10))
    assert best < 0.02, best


def spent(*words):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([BINARY, *words], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_the_guide_names_every_setting():
    page = (ROOT / "docs" / "guide" / "configuration.md").read_text()
    for item in jeton("config", "show", "-o", "json").json["items"][1:]:
        default = f"`{item['value']}`" if item["value"] else ""
        assert f"| `{item['id']}` | {default} |" in page, item

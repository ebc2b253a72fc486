"""jeton run: the command as if it stood there alone, with its values masked in what it prints."""
import os
import resource
import signal
import subprocess
import time

import pytest

from local import Local, Terminal
from server import BINARY
from waiting import until

SECRET = "s3cr3t-value-one"


@pytest.fixture
def jeton(folder):
    local = Local(folder)
    local.put("api", SECRET)
    local.ok("vault", "unlock", "--for", "10m")
    local.env.pop("JETON_VAULT_PASSPHRASE")
    yield local
    local("vault", "lock")


def run(jeton, *command, options=("--env", "T=api"), **more):
    return jeton("run", *options, "--", *command, **more)


def test_the_command_gets_the_values(jeton):
    assert run(jeton, "sh", "-c", f'test "$T" = {SECRET}').returncode == 0
    assert run(jeton, "sh", "-c", 'echo "$T"', options=("--env", "T=jeton://vault/api/token", "--no-masking")).stdout == SECRET + "\n"


def test_exit_statuses(jeton):
    for options in (("--env", "T=api"), ("--env", "T=api", "--no-masking"), ()):
        assert run(jeton, "sh", "-c", "exit 7", options=options).returncode == 7
        assert run(jeton, "true", options=options).returncode == 0
        assert run(jeton, "no-such-command-here", options=options).returncode == 127
        assert run(jeton, "/etc/passwd", options=options).returncode == 126
        assert run(jeton, "/etc", options=options).returncode == 126
    for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGINT):
        assert run(jeton, "sh", "-c", f"kill -{number.value} $$").returncode == 128 + number


def test_nothing_runs_where_a_value_is_missing(jeton):
    (jeton.folder / "bad.env").write_text("A=1\nB\n")
    for options, status in ((("--env", "T=nothing"), 6), (("--env", "T"), 2), (("--env-file", "bad.env"), 2), (("--env-file", "none"), 2)):
        done = run(jeton, "touch", "ran", options=options)
        assert done.returncode == status, done
        assert not (jeton.folder / "ran").exists()
    assert "bad.env:2:" in run(jeton, "true", options=("--env-file", "bad.env")).stderr


def test_values_are_masked_however_they_are_written(jeton):
    assert run(jeton, "sh", "-c", 'echo "a $T b"; echo "$T" >&2').stdout == "a ******** b\n"
    assert run(jeton, "sh", "-c", 'echo "$T" >&2').stderr == "********\n"
    slow = 'printf %s "${T%lue*}"; sleep 0.2; printf "%s\\n" "${T#*va}"'
    assert run(jeton, "bash", "-c", slow).stdout == "********\n"
    # The whole of a large output arrives.
    done = run(jeton, "sh", "-c", 'i=0; while [ $i -lt 20000 ]; do echo "line $i $T"; i=$((i+1)); done')
    assert done.stdout.count("********\n") == 20000 and SECRET not in done.stdout


def test_the_streams_keep_their_order_where_they_are_one(jeton):
    with open(jeton.folder / "out", "w") as out:
        subprocess.run([str(BINARY), "run", "--env", "T=api", "--", "sh", "-c", "for i in 1 2 3 4 5; do echo o$i; echo e$i >&2; done"],
                       stdout=out, stderr=out, env=jeton.env, cwd=jeton.folder, check=True, timeout=60)
    assert (jeton.folder / "out").read_text() == "".join(f"o{i}\ne{i}\n" for i in range(1, 6))


def test_standard_input_is_the_commands(jeton):
    assert run(jeton, "cat", input="through\n").stdout == "through\n"


def test_signals_reach_the_command(jeton):
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGINT):
        out = jeton.folder / f"out{number}"
        with open(out, "w") as to:
            child = subprocess.Popen([str(BINARY), "run", "--env", "T=api", "--", "sh", "-c",
                                      f"trap 'echo caught; exit 9' {number.name[3:]}; echo ready; while :; do sleep 0.05; done"],
                                     stdout=to, env=jeton.env, cwd=jeton.folder)
        until(lambda: "ready" in out.read_text(), 20, "the command to be ready")
        child.send_signal(number)
        assert child.wait(20) == 9
        assert out.read_text() == "ready\ncaught\n"


def test_what_is_left_behind_is_masked_too(jeton):
    child = subprocess.Popen([str(BINARY), "run", "--env", "T=api", "--", "sh", "-c", '(sleep 0.5; echo "late $T") & exit 3'],
                             stdout=subprocess.PIPE, env=jeton.env, cwd=jeton.folder, text=True)
    out, _ = child.communicate(timeout=20)
    assert (child.returncode, out) == (3, "late ********\n")


def test_a_reader_that_leaves_is_told_to_the_command(jeton):
    done = subprocess.run(f"'{BINARY}' run --env T=api -- sh -c 'while echo y; do :; done' | head -1", shell=True, env=jeton.env, cwd=jeton.folder,
                          capture_output=True, text=True, timeout=60)
    assert done.stdout == "y\n"


def test_the_passphrase_never_reaches_the_command(jeton):
    done = run(jeton, "env", env={"JETON_VAULT_PASSPHRASE": "correct horse battery"})
    assert "PASSPHRASE" not in done.stdout and "horse" not in done.stdout


def test_env_files(jeton):
    (jeton.folder / "app.env").write_text('# for the tests\nexport A="one\\ntwo"\nB=jeton://vault/api\nC=${HOME}\nD=\'x\' # note\n')
    show = 'printf "%s|" "$A" "$B" "$C" "$D"'
    plain = run(jeton, "sh", "-c", show, options=("--env-file", "app.env", "--no-masking"))
    assert plain.stdout == f"one\ntwo|{SECRET}|${{HOME}}|x|"
    expanded = run(jeton, "sh", "-c", show, options=("--env-file", "app.env", "--expand"))
    assert expanded.stdout == "one\ntwo|********|********|x|"   # the home's name has 8 characters or more


def test_a_value_is_no_argument(jeton):
    done = run(jeton, "true", options=("--env", "T=not an item"))
    assert done.returncode == 2 and "not an item" not in done.stderr


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_an_export_block_for_a_shell(jeton, shell):
    jeton.ok("vault", "put", "odd", input="a'b\"c\\d $e `f`\ng", env={"JETON_VAULT_PASSPHRASE": "correct horse battery"})
    if subprocess.run(["which", shell], capture_output=True).returncode != 0:
        pytest.skip(f"{shell} is not installed")
    block = jeton("run", "--env", "T=odd", "--shell", shell)
    assert block.returncode == 0 and "careful" in block.stderr
    (jeton.folder / "block").write_text(block.stdout)
    shown = subprocess.run([shell, "-c", 'source ./block; printf %s "$T"'], cwd=jeton.folder, env=jeton.env, capture_output=True, text=True, timeout=60)
    assert shown.stdout == "a'b\"c\\d $e `f`\ng"


def test_at_a_terminal_the_command_has_one(jeton):
    t = jeton.terminal("run", "--env", "T=api", "--", "sh", "-c", 'test -t 0 && test -t 1 && test -t 2 && echo "all $T"; stty size; read line; echo "got $line"; exit 5')
    t.read_until("all ********")
    t.type("hello\r")
    shown, status = t.wait()
    assert "got hello" in shown and status == 5 and SECRET not in shown


def test_a_terminals_size_is_handed_on(jeton):
    t = jeton.terminal("run", "--env", "T=api", "--", "bash", "-c", "trap 'stty size; exit 0' WINCH; echo ready; while :; do sleep 0.05; done")
    t.read_until("ready")
    t.size(33, 77)
    shown, status = t.wait()
    assert "33 77" in shown and status == 0


def test_interrupting_at_a_terminal(jeton):
    t = jeton.terminal("run", "--env", "T=api", "--", "sh", "-c", "trap 'echo caught; exit 4' INT; echo ready; while :; do sleep 0.05; done")
    t.read_until("ready")
    t.type("\x03")
    shown, status = t.wait()
    assert "caught" in shown and status == 4
    t = jeton.terminal("run", "--env", "T=api", "--", "sh", "-c", "echo ready; exec sleep 100")
    t.read_until("ready")
    t.type("\x03")
    assert t.wait()[1] == 130


def test_job_control_at_a_terminal(jeton):
    """A shell stops and continues it, as it does any job."""
    script = f"'{BINARY}' run --env T=api -- sh -c 'echo started; read line; echo \"got $line $T\"; exit 6'"
    t = Terminal(["bash", "--norc", "--noprofile", "-i"], {**jeton.env, "TERM": "xterm", "PS1": "prompt> "}, jeton.folder)
    try:
        t.read_until("prompt> ")
        t.type(script + "\n")
        t.read_until("started\r\n")
        t.seen = b""
        t.type("\x1a")
        t.read_until("Stopped")
        t.read_until("prompt> ")
        t.seen = b""
        t.type("fg\n")
        t.read_until("run --env")
        t.type("hello\n")
        t.read_until("got hello ********")
        t.read_until("prompt> ")
        t.seen = b""
        t.type("echo status $?\n")
        t.read_until("status 6")
    finally:
        t.kill()


def test_what_it_costs(jeton):
    """At most 15 ms and 12 MB over the command itself; the machine's own noise is taken out by the best of many."""
    def best(command):
        """Least seconds on the clock, and of the processor."""
        times = []
        for _ in range(25):
            start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(command, env=jeton.env, cwd=jeton.folder, check=True, stdout=subprocess.DEVNULL)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            times.append((time.perf_counter() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
        return [min(column) for column in zip(*times)]
    ours, alone = best([str(BINARY), "run", "--env", "T=api", "--", "true"]), best(["true"])
    over = ours[0] - alone[0]
    if os.getloadavg()[0] > 4:   # others' turns count on the clock then
        over = min(over, ours[1] - alone[1])
    child = subprocess.Popen([str(BINARY), "run", "--env", "T=api", "--", "sh", "-c", "echo up; read x"], env=jeton.env, cwd=jeton.folder,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdout.readline()
    pss = sum(int(line.split()[1]) for line in open(f"/proc/{child.pid}/smaps_rollup") if line.startswith("Pss:"))
    peak = next(int(line.split()[1]) for line in open(f"/proc/{child.pid}/status") if line.startswith("VmHWM:"))
    child.communicate(b"\n", timeout=20)
    print(f"over: {over * 1000:.1f} ms, {pss / 1000:.1f} MB of its own, {peak / 1000:.1f} MB at most with shared libraries")
    assert over < 0.015
    assert pss < 12_000


def test_a_child_token_lives_as_long_as_the_command(jeton, server, world):
    token = world.token(scopes=("orders:read", "orders:write"))
    env = {"JETON_TOKEN": token["token"]}
    options = ("--server", f"http://127.0.0.1:{server.port}", "--env", f"API_TOKEN=token:api={token['api_name']},scope=orders:read,expires=5m", "--no-masking")
    child = subprocess.Popen([str(BINARY), "run", *options, "--", "sh", "-c", 'echo "$API_TOKEN"; read x'], env={**jeton.env, **env}, cwd=jeton.folder,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    minted = child.stdout.readline().strip()
    server.seen.add(minted)
    assert minted and minted != token["token"]
    assert world.allowed(minted, "?scope=orders:read")
    assert not world.allowed(minted, "?scope=orders:write")
    child.communicate("\n", timeout=20)
    assert child.returncode == 0
    assert not world.allowed(minted, "?scope=orders:read")
    assert world.allowed(token["token"], "?scope=orders:read")


def test_who_is_given_less_is_not_given_the_holders_token(jeton, server, world):
    """What the command can use is the child token alone; where it is asked for no such token, its variables are left as they are."""
    token = world.token(scopes=("orders:read",))
    env = {"JETON_TOKEN": token["token"]}
    show = ("sh", "-c", 'echo "${JETON_TOKEN-none} ${A:+set}"')
    at = ("--server", f"http://127.0.0.1:{server.port}")
    assert run(jeton, *show, options=(*at, "--env", "A=token:scope=orders:read"), env=env).stdout == "none set\n"
    assert run(jeton, *show, options=("--env", "A=api", "--no-masking"), env=env).stdout == f"{token['token']} set\n"
    assert run(jeton, *show, options=(*at, "--env", "A=token:scope=orders:read", "--env", "JETON_TOKEN=api"), env=env).stdout == "******** set\n"


def test_a_child_token_is_never_wider_than_its_holder(jeton, server, world):
    token = world.token(scopes=("orders:read",))
    at = ("--server", f"http://127.0.0.1:{server.port}")
    for wanted, status in (("token:scope=orders:write", 5), (f"token:scope=orders:read,api={world.name('other')}", 5), ("token:scope", 2)):
        done = run(jeton, "touch", "ran", options=(*at, "--env", f"A={wanted}"), env={"JETON_TOKEN": token["token"]})
        assert done.returncode == status, done
        assert not (jeton.folder / "ran").exists()
    assert run(jeton, "true", options=(*at, "--env", "A=token:scope=orders:read")).returncode == 4

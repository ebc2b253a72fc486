"""What only a terminal shows: prompts without echo, colour, Ctrl-C."""
import os
import pty
import re
import signal

import pytest

from cli import jeton
from server import BINARY
from test_cli_offline import opaque
from waiting import until


class Terminal:
    """The program with a terminal of its own as its input, output and errors."""

    def __init__(self, *words, env=None):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(BINARY, [str(BINARY), *words], {"TERM": "xterm", "PATH": "/usr/bin", "HOME": "/nonexistent", **(env or {})})
        self.shown = ""

    def read(self):
        try:
            self.shown += os.read(self.fd, 65536).decode()
            return True
        except OSError:
            return False

    def await_text(self, text):
        until(lambda: self.read() and text in self.shown, 15, text)

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        while self.read():
            pass
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


def test_a_secret_is_asked_for_without_echo():
    token = opaque()
    terminal = Terminal("inspect", "-")
    terminal.await_text("Token: ")
    terminal.type(token + "\n")
    assert terminal.end() == 0
    assert "personal access token" in terminal.shown and token not in terminal.shown and token[8:20] not in terminal.shown


def test_ctrl_c_at_a_prompt():
    """Many times: it comes while what was typed before is being read, or while more is waited for."""
    for _ in range(30):
        terminal = Terminal("inspect", "-")
        terminal.await_text("Token: ")
        terminal.type("jtn_pat_abc\x03")
        assert terminal.end() == 130


@pytest.mark.parametrize("env, coloured", [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colour(env, coloured):
    terminal = Terminal("--help", env=env)
    assert terminal.end() == 0
    assert ("\x1b[1m" in terminal.shown) == coloured
    assert "\x1b" not in jeton("--help").out


def test_try_serves_a_sample_and_leaves_nothing(processes):
    process = processes.start([BINARY, "try"], "try")
    text = until(lambda: (printed := process.out.read_text()) and "JETON_DATA=" in printed and printed, 15, "jeton try to print how to go on")
    data = re.search(r"JETON_DATA=(\S+)", text)[1]
    assert jeton("token", "list", "-o", "json", data=data).json["items"][0]["api_name"] == "sample"
    token = re.search(r"jtn_pat_[0-9A-Za-z]{38}", text)[0]
    assert jeton("token", "verify", "-", "--api", "sample", "--scope", "sample:read", data=data, stdin=token).code == 0
    assert process.stop(signal.SIGINT) == 0
    assert not os.path.exists(data)

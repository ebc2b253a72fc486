"""The program's local half, run as a person would: a vault, a home and a terminal of the test's own."""
import errno
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

from server import BINARY

PASSPHRASE = "correct horse battery"


class Local:
    """`jeton` with its vault in `folder`; more variables by name."""

    def __init__(self, folder, **variables):
        self.folder = folder
        self.vault = folder / "vault"
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("JETON_", "XDG_", "DBUS_", "GIT_"))}
        # GIT_CONFIG_GLOBAL: what a person's own git settings say is no part of a test.
        self.env.update({"JETON_VAULT": str(self.vault), "JETON_VAULT_PASSPHRASE": PASSPHRASE, "HOME": str(folder), "GIT_CONFIG_GLOBAL": "/dev/null",
                         "GIT_AUTHOR_NAME": "m", "GIT_AUTHOR_EMAIL": "m@example.com", "GIT_COMMITTER_NAME": "m",
                         "GIT_COMMITTER_EMAIL": "m@example.com", "GIT_CONFIG_NOSYSTEM": "1", **variables})

    def __call__(self, *words, input="", cwd=None, env=None, binary=False):
        return subprocess.run([str(BINARY), *map(str, words)], input=input, capture_output=True, text=not binary, cwd=cwd or self.folder,
                              env={**self.env, **(env or {})}, timeout=120)

    def ok(self, *words, **more):
        done = self(*words, **more)
        assert done.returncode == 0, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def put(self, item, value):
        self.ok("vault", "put", item, input=value)

    def terminal(self, *words, env=None):
        return Terminal([str(BINARY), *map(str, words)], {**self.env, "TERM": "xterm", **(env or {})}, self.folder)


class Terminal:
    """A command at a terminal of its own, as its session's foreground job."""

    def __init__(self, command, env, cwd):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execvpe(command[0], command, env)
        self.seen = b""

    def size(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.fd, text.encode())

    def read_until(self, text, seconds=20):
        end = time.monotonic() + seconds
        while text.encode() not in self.seen:
            assert time.monotonic() < end, f"waited for {text!r}, saw {self.seen!r}"
            if not self._read(0.05):
                assert text.encode() in self.seen, f"ended without {text!r}: {self.seen!r}"
        return self.seen.decode(errors="replace")

    def _read(self, wait):
        if not select.select([self.fd], [], [], wait)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError as e:
            if e.errno == errno.EIO:
                return False
            raise
        self.seen += data
        return bool(data)

    def wait(self, seconds=20):
        """All that was shown, and the exit status."""
        end = time.monotonic() + seconds
        while self._read(0.05):
            assert time.monotonic() < end, f"still runs: {self.seen!r}"
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                while self._read(0.05) and select.select([self.fd], [], [], 0.05)[0]:
                    pass
                return self.seen.decode(errors="replace"), os.waitstatus_to_exitcode(status)
        _, status = os.waitpid(self.pid, 0)
        return self.seen.decode(errors="replace"), os.waitstatus_to_exitcode(status)

    def kill(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass

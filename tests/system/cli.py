"""The command line as people and scripts call it."""
import json
import os
import subprocess

from server import BINARY


class Result:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"exit {self.code}\nout: {self.out}\nerr: {self.err}"


def jeton(*words, data=None, stdin="", env=None, cwd=None):
    """Runs it to its end; without `data` it finds no server."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("JETON_") and k not in ("XDG_DATA_HOME", "NO_COLOR")}
    variables = {**inherited, "HOME": "/nonexistent", **({"JETON_DATA": str(data)} if data else {}), **(env or {})}
    done = subprocess.run([str(BINARY), *map(str, words)], input=stdin, env=variables, cwd=cwd or "/", capture_output=True, text=True, timeout=60)
    return Result(done)


class Line:
    """The command line beside one server."""

    def __init__(self, server):
        self.server = server

    def __call__(self, *words, **more):
        return jeton(*words, data=self.server.data, **more)

    def good(self, *words, **more):
        result = self(*words, **more)
        assert result.code == 0, result
        return result

    def secret(self, *words, **more):
        """The one line of a --quiet create or rotate, known to the leak check."""
        token = self.good(*words, "--quiet", **more).out.strip()
        self.server.seen.add(token)
        return token

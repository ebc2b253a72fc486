"""A child process with its output in a file. Ended by its own pid, never by name."""
import os
import pathlib
import signal
import subprocess


class Process:
    def __init__(self, command, folder, name, env=None, preexec=None, cwd=None):
        self.name = name
        self.out = pathlib.Path(folder) / f"{name}.out"
        self.err = pathlib.Path(folder) / f"{name}.err"
        with open(self.out, "ab") as out, open(self.err, "ab") as err:
            self.child = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env,
                                          preexec_fn=preexec, cwd=cwd)

    @property
    def pid(self):
        return self.child.pid

    def running(self):
        return self.child.poll() is None

    def log(self):
        return self.out.read_text(errors="replace") + self.err.read_text(errors="replace")

    def stop(self, number=signal.SIGTERM, seconds=20):
        """Ends it and returns its exit status."""
        if self.running():
            os.kill(self.pid, number)
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise AssertionError(f"{self.name} did not end within {seconds} s")

    def kill(self):
        return self.stop(signal.SIGKILL)

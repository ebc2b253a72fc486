"""Waiting for a condition with a deadline, and loopback ports nobody uses."""
import socket
import time


def until(condition, seconds=15, what="the condition"):
    """Calls `condition` until it gives something true, and returns that."""
    end = time.monotonic() + seconds
    while True:
        got = condition()
        if got:
            return got
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.01)


def free_port(host="127.0.0.1"):
    """For programs that cannot be asked which port they took. The kernel does not hand it out again soon."""
    with socket.socket() as s:
        s.bind((host, 0))
        return s.getsockname()[1]


def accepts(port, host="127.0.0.1"):
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex((host, port)) == 0

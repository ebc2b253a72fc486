"""Octets to a server and back, for what no HTTP library would send."""
import re
import socket


class Raw:
    def __init__(self, port, timeout=15):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.held = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, octets):
        try:
            self.socket.sendall(octets)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before it was all said: the answer is still to be read
        return self

    def answer(self):
        """(status, head, body) of one answer; None where the connection ended instead."""
        while b"\r\n\r\n" not in self.held:
            if not self._more():
                return None
        head, _, rest = self.held.partition(b"\r\n\r\n")
        length = int((re.search(rb"content-length: (\d+)", head, re.I) or [0, 0])[1])
        self.held = rest
        while len(self.held) < length:
            if not self._more():
                raise AssertionError("an answer was cut off")
        body, self.held = self.held[:length], self.held[length:]
        return int(head.split()[1]), head, body

    def _more(self):
        try:
            got = self.socket.recv(65536)
        except ConnectionResetError:
            return False
        self.held += got
        return bool(got)

    def ended(self):
        """Waits for the other end to hang up."""
        while self._more():
            pass
        return self.held == b""

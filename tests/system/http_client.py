"""A small HTTP caller on the standard library: over TCP or a Unix socket, keep-alive, one connection a thread."""
import http.client
import json
import re
import socket
import threading


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self):
        return f"<{self.status} {self.headers.items()} {self.body[:600]!r}>"

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def problem(self):
        """The last part of a problem's type."""
        assert self.headers["Content-Type"] == "application/problem+json", self
        problem = self.json
        assert problem["status"] == self.status and problem["request_id"] == self.headers["X-Request-Id"], self
        assert problem["type"].startswith("urn:jeton:problem:"), self
        return problem["type"].removeprefix("urn:jeton:problem:")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Client:
    """`seen` collects every credential an answer held, so that logs and files can be searched for them."""

    MEMBERS = ("token", "access_token", "refresh_token", "secret", "client_secret", "registration_access_token", "code")

    def __init__(self, connect, token=None, seen=None):
        self.connect, self.token, self.seen = connect, token, seen if seen is not None else set()
        self.local = threading.local()

    @classmethod
    def tcp(cls, port, token=None, source=None, host="127.0.0.1", timeout=60, seen=None):
        where = {"source_address": (source, 0)} if source else {}
        return cls(lambda: http.client.HTTPConnection(host, port, timeout=timeout, **where), token, seen)

    @classmethod
    def unix(cls, path, timeout=60, seen=None):
        return cls(lambda: UnixConnection(str(path), timeout), None, seen)

    def bearing(self, token):
        """The same way in, with that token."""
        return Client(self.connect, token, self.seen)

    def _send(self, method, path, body, headers):
        connection = getattr(self.local, "connection", None)
        fresh = connection is None
        if fresh:
            connection = self.local.connection = self.connect()
        try:
            try:
                connection.request(method, path, body, headers)
            except (BrokenPipeError, ConnectionResetError):
                # Closed while it was idle, before any of this arrived.
                if fresh:
                    raise
                connection.close()
                connection.request(method, path, body, headers)
            got = connection.getresponse()
            return Answer(got.status, got.headers, got.read())
        except (http.client.HTTPException, OSError):
            connection.close()
            self.local.connection = None
            # An idle connection may have been closed meanwhile; only what never arrived is sent again.
            if fresh or method not in ("GET", "HEAD"):
                raise
            return self._send(method, path, body, headers)

    def call(self, method, path, body=None, headers=None, form=None):
        headers = dict(headers or {})
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if form is not None:
            from urllib.parse import urlencode
            body = urlencode(form)
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        elif body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        answer = self._send(method, path, body, headers)
        self._remember(answer)
        return answer

    def _remember(self, answer):
        if not answer.headers.get("Content-Type", "").startswith("application/json"):
            return
        try:
            found = answer.json
        except ValueError:
            return
        if isinstance(found, dict):
            # A member of that name may hold an id, too: an alert names its token so.
            self.seen.update(v for k, v in found.items() if k in self.MEMBERS and isinstance(v, str) and len(v) > 20
                             and not re.fullmatch(r"[a-z]{3}_[0-9A-Z]{26}", v))

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.call("POST", path, body, **more)

    def patch(self, path, body, **more):
        return self.call("PATCH", path, body, **more)

    def delete(self, path, **more):
        return self.call("DELETE", path, **more)

    def close(self):
        connection = getattr(self.local, "connection", None)
        if connection is not None:
            connection.close()
            self.local.connection = None

    # What must work: the status is checked, the JSON returned.
    def shown(self, path):
        answer = self.get(path)
        assert answer.status == 200, answer
        return answer.json

    def created(self, path, body, **more):
        answer = self.post(path, body, **more)
        assert answer.status == 201, answer
        return answer.json

    def done(self, method, path, body=None, **more):
        answer = self.call(method, path, body, **more)
        assert answer.status in (200, 201, 204), answer
        return answer.json if answer.body else None

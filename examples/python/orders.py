#!/usr/bin/env python3
"""An API that asks Jeton about the token of each call.

Environment: JETON_URL, JETON_TOKEN (this API's own key), PORT.
"""
import http.server
import json
import os
import urllib.error
import urllib.request

JETON = os.environ.get("JETON_URL", "http://127.0.0.1:8420")
KEY = os.environ["JETON_TOKEN"]


def check(token, scope, address):
    """What Jeton decides. Anything but a clear yes is a no: also when Jeton cannot be reached."""
    question = json.dumps({"token": token, "scope": scope, "ip": address}).encode()
    request = urllib.request.Request(JETON + "/v1/verify", question, {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"})
    with urllib.request.urlopen(request, timeout=2) as answer:
        return json.load(answer)


class Orders(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def say(self, status, body, challenge=None):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        if challenge:
            self.send_header("WWW-Authenticate", challenge)
        self.end_headers()
        self.wfile.write(text)

    def allowed(self, scope):
        """Who calls, or None after a refusal was sent."""
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return self.say(401, {"error": "no token"}, 'Bearer realm="orders"')
        try:
            answer = check(token, scope, self.client_address[0])
        except (urllib.error.URLError, OSError, ValueError):
            return self.say(503, {"error": "tokens cannot be checked now"})
        if answer.get("decision", {}).get("allow") is True:
            return answer["token"]["principal"]
        if answer.get("decision", {}).get("reason") == "scope":
            return self.say(403, {"error": "not allowed"}, f'Bearer realm="orders", error="insufficient_scope", scope="{scope}"')
        if answer.get("active"):
            return self.say(403, {"error": "not allowed"})
        return self.say(401, {"error": "the token is not valid"}, 'Bearer realm="orders", error="invalid_token"')

    def do_GET(self):
        if caller := self.allowed("orders:read"):
            self.say(200, {"orders": [1, 2, 3], "for": caller})

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if caller := self.allowed("orders:write"):
            self.say(201, {"order": 4, "for": caller})

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Orders)
    print(f"orders on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()

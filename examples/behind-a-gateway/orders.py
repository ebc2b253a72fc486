#!/usr/bin/env python3
"""An API behind nginx or Caddy with the files of deploy/: the gateway asked Jeton, and says who calls in X-Jeton-* headers.

It must be reachable through the gateway alone: whoever reaches it directly can write these headers. Here it listens on
loopback. Environment: PORT.
"""
import http.server
import json
import os


class Orders(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        caller, scopes = self.headers.get("X-Jeton-Subject"), self.headers.get("X-Jeton-Scope", "").split()
        # No caller: the request did not come through the gateway.
        status = 200 if caller else 403
        text = json.dumps({"orders": [1, 2, 3], "for": caller, "may_write": "orders:write" in scopes} if caller else {"error": "not allowed"}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Orders)
    print(f"orders on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()

"""An HTTP server of a test: notes what it is sent, and answers what it is told to."""
import http.server
import threading


class Listener:
    """`answer(path)` gives (status, headers, body). With `tls` (certificate, key) it speaks TLS."""

    def __init__(self, answer=lambda path: (200, {}, b""), tls=None):
        self.calls = calls = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                calls.append({"method": self.command, "path": self.path, "headers": self.headers, "body": body})
                status, headers, answered = answer(self.path)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(answered)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answered)
            do_GET = do_POST

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            import ssl
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

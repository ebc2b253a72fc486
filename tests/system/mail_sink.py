"""A mail server that keeps what it is given: aiosmtpd, with or without STARTTLS and a login."""
import email
import email.policy
import ssl
import subprocess

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from waiting import free_port


class Sink:
    def __init__(self, folder=None, tls=False, login=None, broken=False):
        self.letters, self.envelopes, self.logins, self.broken = [], [], [], broken
        more = {}
        if tls:
            self.certificate, key = folder / "mail.crt", folder / "mail.key"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", self.certificate, "-days", "2", "-subj", "/CN=localhost",
                            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate, key)
            more.update(tls_context=context, require_starttls=True)
        if login:
            def authenticate(_server, _session, _envelope, _mechanism, data):
                self.logins.append((data.login.decode(), data.password.decode()))
                return AuthResult(success=self.logins[-1] == login)
            more.update(authenticator=authenticate, auth_required=True, auth_require_tls=tls)
        self.port = free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, **more)
        self.controller.start()

    async def handle_DATA(self, _server, _session, envelope):
        if self.broken:
            return "451 try again"
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"

    def close(self):
        self.controller.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

"""What the command line does with servers that are far away, slow to answer, or not what they say."""
import http.server
import json
import ssl
import subprocess
import threading

import pytest

from cli import jeton

TOKEN = {"JETON_TOKEN": "jtn_pat_" + "0" * 38}


class Elsewhere:
    """A server that answers as it is told, and notes what it was asked."""

    def __init__(self, answers, context=None):
        self.asked, answers = [], list(answers)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.asked.append((self.command, self.path, self.headers, body))
                given = answers.pop(0) if len(answers) > 1 else answers[0]
                if given is None:
                    self.close_connection = True
                    return
                status, fields, text = given
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
            do_GET = do_POST = do_PATCH = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"http{'s' if context else ''}://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def ok(value, status=200):
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()


def problem(status, detail="x"):
    return status, {"Content-Type": "application/problem+json"}, json.dumps({"type": "t", "title": "T", "status": status, "detail": detail, "request_id": "r"}).encode()


def test_a_create_whose_answer_was_lost_is_asked_for_again_under_its_key():
    with Elsewhere([None, ok({"id": "usr_1"}, 201)]) as server:
        result = jeton("user", "create", "ada", "--server", server.url, env=TOKEN)
    assert result.code == 0 and "usr_1" in result.out, result
    assert len(server.asked) == 2
    keys = {asked[2]["Idempotency-Key"] for asked in server.asked}
    assert len(keys) == 1 and len(keys.pop()) > 20


@pytest.mark.parametrize("words", [["user", "disable", "ada"], ["key", "rotate"], ["key", "rotate-pepper"], ["client", "rotate-secret", "shop"],
                                   ["token", "exchange", "tok_01JD0000000000000000000000"]])
def test_what_may_have_been_done_is_not_done_twice_without_a_kept_answer(words):
    with Elsewhere([None]) as server:
        result = jeton(*words, "--server", server.url, env=TOKEN)
    assert result.code == 3 and len(server.asked) == 1, result
    assert "Idempotency-Key" not in server.asked[0][2]


@pytest.mark.parametrize("status, code", [(400, 2), (401, 4), (403, 5), (404, 6), (405, 6), (409, 7), (413, 2), (422, 2), (429, 3), (500, 3), (503, 3)])
def test_exit_codes_of_problems(status, code):
    with Elsewhere([problem(status, "the reason \x1b[31m")]) as server:
        result = jeton("user", "list", "--server", server.url, env=TOKEN)
    assert result.code == code and "the reason" in result.err and "\x1b" not in result.err and result.out == ""


@pytest.mark.parametrize("answer", [(200, {"Content-Type": "text/html"}, b"<html>"), (200, {}, b"{"), (200, {}, b"[" * 100000), (302, {"Location": "https://example.com/"}, b""),
                                    (200, {}, b'{"a":1,"a":2}')])
def test_what_is_no_jeton_server(answer):
    with Elsewhere([answer]) as server:
        result = jeton("user", "list", "--server", server.url, env=TOKEN)
    assert result.code in (2, 3) and result.out == "" and len(server.asked) == 1, result


def test_an_odd_answer_is_shown_without_harm():
    with Elsewhere([ok({"items": [{"id": 1, "name": ["\x1b[2J"], "status": {"a": None}}, 7, None], "next": None})]) as server:
        for form in ("table", "json", "yaml", "id"):
            result = jeton("user", "list", "-o", form, "--server", server.url, env=TOKEN)
            assert result.code == 0 and "\x1b" not in result.out


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=test",
                           "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], capture_output=True)
    assert made.returncode == 0, made
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context, folder / "cert.pem"


def test_certificates_are_verified(certificate):
    context, file = certificate
    with Elsewhere([ok({"items": [], "next": None})], context) as server:
        refused = jeton("user", "list", "--server", server.url, env=TOKEN)
        assert refused.code == 3 and "certificate" in refused.err and server.asked == []
        known = jeton("user", "list", "--server", server.url, env={**TOKEN, "SSL_CERT_FILE": str(file)})
        assert known.code == 0, known
        assert server.asked[0][2]["Authorization"] == "Bearer " + TOKEN["JETON_TOKEN"]


def test_a_token_with_line_ends_is_not_sent():
    with Elsewhere([ok({"items": [], "next": None})]) as server:
        result = jeton("user", "list", "--server", server.url, env={"JETON_TOKEN": "x\r\nX-Evil: 1"})
    assert result.code == 2 and server.asked == []


def test_an_address_that_was_empty_does_not_mean_the_server_of_this_machine(server):
    """There the caller may do everything."""
    for words in (("--server", ""), ("--server=",)):
        refused = jeton("user", "list", *words, data=server.data)
        assert refused.code == 2 and "--server" in refused.err, refused
    assert jeton("user", "list", data=server.data).code == 0
    assert jeton("user", "list", "--server", server.url, data=server.data).code == 4

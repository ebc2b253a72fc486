"""Served over TLS: by flags and by settings, with certificates that change while it serves."""
import os
import signal
import socket
import ssl
import subprocess
import threading

import pytest

from certificates import authority, certificate, put
from raw import Raw
from server import BINARY, World
from waiting import until


@pytest.fixture
def files(folder):
    at = folder / "tls"
    at.mkdir()
    authority(at)
    for name in ("one", "two"):
        certificate(at, name)
    put(at, "one", "live")
    return at


def tls_server(own_server, files, **more):
    return own_server({"tls_certificate": str(files / "live.pem"), "tls_key": str(files / "live.key"), **more})


def context(files):
    return ssl.create_default_context(cafile=files / "ca.pem")


def subject(server, files):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as plain, context(files).wrap_socket(plain, server_hostname="localhost") as s:
        return dict(pair for part in s.getpeercert()["subject"] for pair in part)["commonName"]


def curl(files, *more):
    done = subprocess.run(["curl", "-sS", "--noproxy", "*", "-m", "20", "--cacert", files / "ca.pem", *more], capture_output=True, text=True)
    return done.returncode, done.stdout


def test_a_token_is_checked_over_tls(own_server, files):
    s = tls_server(own_server, files)
    token = World(s).token()["token"]
    url = f"https://localhost:{s.port}"
    assert curl(files, "-o", "/dev/null", "-w", "%{http_code}", "-H", f"Authorization: Bearer {token}", url + "/verify") == (0, "200")
    assert curl(files, "-o", "/dev/null", "-w", "%{http_code}", url + "/verify") == (0, "401")
    code, text = curl(files, url + "/.well-known/openid-configuration")
    assert code == 0 and f'"issuer":"https://127.0.0.1:{s.port}"' in text, "addresses it makes are https"
    code, head = curl(files, "-D", "-", "-o", "/dev/null", url + "/login")
    assert "set-cookie: __host-" in head.lower() and "; secure" in head.lower() and "strict-transport" not in head.lower(), head


def test_an_unknown_authority_and_http_in_the_clear(own_server, files, folder):
    s = tls_server(own_server, files)
    other = folder / "other"
    other.mkdir()
    authority(other)
    assert curl(other, f"https://localhost:{s.port}/livez")[0] == 60
    with Raw(s.port) as raw:
        status, _, body = raw.send(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").answer()
        assert status == 400 and b"speaks TLS" in body and raw.ended()
    assert curl(files, f"https://localhost:{s.port}/livez") == (0, "ok\n")


def test_a_handshake_in_drops_is_closed(own_server, files):
    s = tls_server(own_server, files, **{"timeout.head": "1s"})
    with Raw(s.port) as raw:
        assert raw.send(b"\x16\x03\x01\x02\x00\x01").ended()
    assert curl(files, f"https://localhost:{s.port}/livez") == (0, "ok\n")


def test_certificates_change_under_load_and_no_request_fails(own_server, files):
    s = tls_server(own_server, files)
    failed, done, ending = [], [0], threading.Event()

    def ask():
        c = context(files)
        while not ending.is_set():
            try:
                with socket.create_connection(("127.0.0.1", s.port), timeout=10) as plain, c.wrap_socket(plain, server_hostname="localhost") as tls:
                    for _ in range(3):
                        tls.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
                        if not tls.recv(4096).startswith(b"HTTP/1.1 200"):
                            failed.append("answer")
                        done[0] += 1
            except OSError as e:
                failed.append(e)
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for name in ("two", "one", "two"):
            put(files, name, "live")
            until(lambda: subject(s, files) == name, 15, "the new certificate")
    finally:
        ending.set()
        for thread in threads:
            thread.join()
    assert not failed and done[0] > 100, (failed[:3], done)


def test_a_bad_certificate_keeps_the_old_one_and_is_logged(own_server, files):
    s = tls_server(own_server, files)
    (files / "live.pem").write_text("nonsense")
    until(lambda: '"event":"tls.reload"' in s.log(), 15, "the log to say so")
    assert subject(s, files) == "one"
    (files / "live.key").write_bytes((files / "two.key").read_bytes())
    os.kill(s.process.pid, signal.SIGHUP)
    assert subject(s, files) == "one"
    (files / "live.pem").write_bytes((files / "two.pem").read_bytes())
    os.kill(s.process.pid, signal.SIGHUP)
    until(lambda: subject(s, files) == "two", 15, "the good one")
    assert s.process.running()


def test_it_does_not_start_without_good_files(folder, files):
    def start(*more):
        return subprocess.run([BINARY, "serve", "--data", folder / "d", "--listen", "127.0.0.1:0", *more], capture_output=True, text=True, timeout=30)
    key, pem = files / "live.key", files / "live.pem"
    assert start("--tls-cert", pem).returncode == 2
    key.chmod(0o644)
    done = start("--tls-cert", pem, "--tls-key", key)
    assert done.returncode == 1 and "600" in done.stderr, done
    key.chmod(0o600)
    done = start("--tls-cert", pem, "--tls-key", files / "two.key")
    assert done.returncode == 1 and "not the certificate's" in done.stderr, done
    done = start("--listen", "https://127.0.0.1:0")
    assert done.returncode == 2 and "needs tls_certificate" in done.stderr, done

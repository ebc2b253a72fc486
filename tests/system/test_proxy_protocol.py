"""Callers behind a proxy that says at the front of each connection for whom it connects."""
import pytest

from raw import Raw
from server import World

V2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c" + bytes([192, 0, 2, 7, 198, 51, 100, 2]) + b"\xdc\x04\x01\xbb"
V1 = b"PROXY TCP4 192.0.2.7 198.51.100.2 56324 443\r\n"


def asking(token, *fields):
    return b"GET /verify HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token.encode() + b"\r\n" + b"".join(f + b"\r\n" for f in fields) + b"\r\n"


@pytest.fixture
def near(own_server):
    """A server whose proxies are on 127.0.0.1, and a token for 192.0.2.0/24 alone."""
    s = own_server({"proxy_protocol": "true", "trusted_proxies": "127.0.0.1/32,10.0.0.0/8"})
    return s, World(s).token(allow=["192.0.2.0/24"])["token"]


def status(server, octets):
    with Raw(server.port) as raw:
        answer = raw.send(octets).answer()
        return answer and answer[0]


@pytest.mark.parametrize("preamble", [V1, V2])
def test_the_preamble_names_the_caller(near, preamble):
    s, token = near
    assert status(s, preamble + asking(token)) == 200
    assert status(s, preamble.replace(b"192.0.2.7", b"192.0.9.7").replace(bytes([192, 0, 2, 7]), bytes([192, 0, 9, 7])) + asking(token)) in (401, 403)


def test_without_a_preamble_or_with_a_bad_one_nothing_is_answered(near):
    s, token = near
    for bad in (b"", b"PROXY TCP4 192.0.2.7 198.51.100.2 56324\r\n", b"PROXY TCP4 0xc0.0.2.7 198.51.100.2 1 2\r\n", V2[:12] + b"\x22" + V2[13:]):
        assert status(s, bad + asking(token)) is None, bad
    assert status(s, V1 + asking(token)) == 200


def test_a_caller_cannot_name_itself(near):
    s, token = near
    far = V1.replace(b"192.0.2.7", b"203.0.113.9")
    # The proxy's preamble stands; what the caller says behind it is a request, or none.
    assert status(s, far + V1 + asking(token)) == 400
    assert status(s, far + asking(token, b"X-Forwarded-For: 192.0.2.7")) in (401, 403), "whom the preamble names is no proxy"
    assert status(s, V1.replace(b"192.0.2.7", b"10.1.1.1") + asking(token, b"X-Forwarded-For: 192.0.2.7")) == 200, "the twin: a second proxy's word"


def test_peers_that_are_no_proxies_have_no_say(own_server):
    s = own_server({"proxy_protocol": "true", "trusted_proxies": "10.0.0.0/8"})
    token = World(s).token(allow=["192.0.2.0/24"])["token"]
    assert status(s, V1 + asking(token)) == 400
    assert status(s, asking(token)) in (401, 403)
    off = own_server()
    assert status(off, V1 + b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n") == 400, "not asked for, not taken"

"""Requests that two servers would read in two ways are refused, each with a twin that passes."""
import pytest

from raw import Raw

GET = b"GET /livez HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /oauth/revoke HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
BODY = b"token=abc"
TWIN = GET + b"\r\n"
CHUNKS = b"9\r\ntoken=abc\r\n0\r\n\r\n"

REFUSED = {
    "both lengths": POST + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "both lengths, turned round": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n" + CHUNKS,
    "two lengths": POST + b"Content-Length: 9\r\nContent-Length: 10\r\n\r\n" + BODY,
    "the same length twice": POST + b"Content-Length: 9\r\nContent-Length: 9\r\n\r\n" + BODY,
    "a list of lengths": POST + b"Content-Length: 9, 9\r\n\r\n" + BODY,
    "a signed length": POST + b"Content-Length: +9\r\n\r\n" + BODY,
    "a negative length": POST + b"Content-Length: -9\r\n\r\n" + BODY,
    "a hex length": POST + b"Content-Length: 0x9\r\n\r\n" + BODY,
    "a length past 64 bits": POST + b"Content-Length: 18446744073709551625\r\n\r\n" + BODY,
    "an empty length": POST + b"Content-Length:\r\n\r\n" + BODY,
    "an unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKS,
    "a coding before chunked": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKS,
    "chunked twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "chunked, chunked": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + CHUNKS,
    "chunked with a parameter": POST + b"Transfer-Encoding: chunked;q=1\r\n\r\n" + CHUNKS,
    "chunked behind a vertical tab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + CHUNKS,
    "a space before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n" + CHUNKS,
    "chunked in HTTP/1.0": POST.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "a bad chunk size": POST + b"Transfer-Encoding: chunked\r\n\r\n0x9\r\ntoken=abc\r\n0\r\n\r\n",
    "a negative chunk size": POST + b"Transfer-Encoding: chunked\r\n\r\n-9\r\ntoken=abc\r\n0\r\n\r\n",
    "a chunk size past 64 bits": POST + b"Transfer-Encoding: chunked\r\n\r\n10000000000000009\r\ntoken=abc\r\n0\r\n\r\n",
    "a chunk longer than it says": POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\ntoken=abc\r\n0\r\n\r\n",
    "a chunk ended by a bare LF": POST + b"Transfer-Encoding: chunked\r\n\r\n9\ntoken=abc\r\n0\r\n\r\n",
    "a folded line": GET + b"X-A: one\r\n two\r\n\r\n",
    "a folded line with a tab": GET + b"X-A: one\r\n\ttwo\r\n\r\n",
    "a folded first line": b"GET /livez HTTP/1.1\r\n X: y\r\nHost: x\r\n\r\n",
    "two Hosts": GET + b"Host: y\r\n\r\n",
    "the same Host twice": GET + b"Host: x\r\n\r\n",
    "no Host": b"GET /livez HTTP/1.1\r\n\r\n",
    "a Host with a user": b"GET /livez HTTP/1.1\r\nHost: a@b\r\n\r\n",
    "a Host with a path": b"GET /livez HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "two Authorizations": GET + b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
    "bare LFs": b"GET /livez HTTP/1.1\nHost: x\n\n",
    "one bare LF": b"GET /livez HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n",
    "a bare CR": GET + b"X-A: a\rb\r\n\r\n",
    "a NUL in a value": GET + b"X-A: a\0b\r\n\r\n",
    "a NUL in a name": GET + b"X-\0: a\r\n\r\n",
    "a NUL in the target": b"GET /li\0vez HTTP/1.1\r\nHost: x\r\n\r\n",
    "a space in a name": GET + b"X A: b\r\n\r\n",
    "no colon": GET + b"nonsense\r\n\r\n",
    "an empty name": GET + b": b\r\n\r\n",
    "a control in the target": b"GET /li\x01vez HTTP/1.1\r\nHost: x\r\n\r\n",
    "the absolute form of another host": b"GET http://y/livez HTTP/1.1\r\nHost: x\r\n\r\n",
    "the absolute form with a user": b"GET http://a@x/livez HTTP/1.1\r\nHost: x\r\n\r\n",
    "the absolute form of another scheme": b"GET ftp://x/livez HTTP/1.1\r\nHost: x\r\n\r\n",
    "the absolute form without a path": b"GET http://x?livez HTTP/1.1\r\nHost: x?livez\r\n\r\n",
    "a target without a slash": b"GET livez HTTP/1.1\r\nHost: x\r\n\r\n",
    "a fragment in the target": b"GET /livez#x HTTP/1.1\r\nHost: x\r\n\r\n",
    "CONNECT": b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "HTTP/1.9": b"GET /livez HTTP/1.9\r\nHost: x\r\n\r\n",
    "HTTP/2.0 in words": b"GET /livez HTTP/2.0\r\nHost: x\r\n\r\n",
    "HTTP/0.9": b"GET /livez\r\n\r\n",
    "two spaces": b"GET  /livez HTTP/1.1\r\nHost: x\r\n\r\n",
    "words behind the version": b"GET /livez HTTP/1.1 x\r\nHost: x\r\n\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "more fields than any caller has": GET + b"".join(b"X-%d: y\r\n" % i for i in range(1000)) + b"\r\n",
    "a head of 100 kB": GET + b"X-A: " + b"a" * 100_000 + b"\r\n\r\n",
    "a target of 20 kB": b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
}

PASSES = {
    "plain": TWIN,
    "HTTP/1.0 without Host": b"GET /livez HTTP/1.0\r\n\r\n",
    "the absolute form, RFC 9112 3.2.2": b"GET http://X/livez?a=b HTTP/1.1\r\nHost: x\r\n\r\n",
    "a length": POST + b"Content-Length: 9\r\n\r\n" + BODY,
    "chunked": POST + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "Chunked": POST + b"Transfer-Encoding: Chunked\r\n\r\n" + CHUNKS,
    "chunks with an extension and a trailer": POST + b"Transfer-Encoding: chunked\r\n\r\n9;a=b\r\ntoken=abc\r\n0\r\nX-T: y\r\n\r\n",
    "one Authorization": GET + b"Authorization: Bearer a\r\n\r\n",
    "many fields": GET + b"".join(b"X-%d: y\r\n" % i for i in range(40)) + b"\r\n",
    "an empty line before it": b"\r\n" + TWIN,
    "spaces around a value": GET + b"X-A: \t b \t\r\n\r\n",
    "a long target": b"GET /livez?" + b"a" * 4000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "octets above 127 in a value": GET + b"X-A: \xc3\xa9\r\n\r\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_and_the_connection_ends(server, name):
    with Raw(server.port) as raw:
        raw.send(REFUSED[name] + TWIN)
        answer = raw.answer()
        assert answer is not None, "an answer, not silence"
        status, head, body = answer
        assert status in (400, 413, 414, 431, 501, 505), answer
        assert b"application/problem+json" in head and b'"request_id"' in body and b"X-Request-Id" in head
        assert b"Connection: close" in head
        assert raw.ended(), "what stood behind it is not read as a request"


@pytest.mark.parametrize("name", PASSES)
def test_the_twin_passes_and_the_next_request_too(server, name):
    with Raw(server.port) as raw:
        old = b"HTTP/1.0" in PASSES[name]
        raw.send(PASSES[name] + (b"" if old else TWIN))
        assert raw.answer()[0] == 200
        assert old or raw.answer()[0] == 200


def test_a_hundred_requests_in_one_write_are_answered_in_order(server, world):
    token = world.token()["token"].encode()
    with Raw(server.port) as raw:
        good = GET.replace(b"/livez", b"/verify") + b"Authorization: Bearer " + token + b"\r\n\r\n"
        bad = GET.replace(b"/livez", b"/verify") + b"\r\n"
        posted = POST + b"Content-Length: 9\r\n\r\n" + BODY
        raw.send((good + posted + bad) * 33)
        for _ in range(33):
            assert [raw.answer()[0] for _ in range(3)] == [200, 200, 401]


def test_a_request_may_come_in_single_octets(server):
    with Raw(server.port) as raw:
        raw.socket.setsockopt(6, 1, 1)
        for octet in POST + b"Content-Length: 9\r\n\r\n" + BODY + TWIN:
            raw.send(bytes([octet]))
        assert raw.answer()[0] == 200 and raw.answer()[0] == 200


def test_expect_100_continue(server):
    with Raw(server.port) as raw:
        raw.send(POST + b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n")
        assert raw.answer()[0] == 100
        raw.send(BODY)
        assert raw.answer()[0] == 200


def test_a_client_of_http_1_0_is_not_told_to_continue(server):
    """RFC 9110 §10.1.1: it would take that for the answer."""
    with Raw(server.port) as raw:
        raw.send(POST.replace(b"HTTP/1.1", b"HTTP/1.0") + b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n" + BODY)
        assert raw.answer()[0] == 200


def test_the_last_answer_arrives_though_more_was_being_sent(server):
    """A refusal is read by a caller that is still sending: the connection is not torn down under it."""
    for _ in range(20):
        with Raw(server.port) as raw:
            raw.send(POST + b"Content-Length: 99999999\r\n\r\n" + b"x" * 1_000_000)
            assert raw.answer()[0] == 413


def test_ten_thousand_broken_requests_leave_the_server_whole(server):
    import random
    rng = random.Random(7)
    samples = list(REFUSED.values()) + list(PASSES.values())
    for _ in range(60):
        sample = bytearray(rng.choice(samples))
        for _ in range(rng.randrange(1, 6)):
            sample[rng.randrange(len(sample))] = rng.randrange(256)
        with Raw(server.port) as raw:
            raw.send(bytes(sample))
            raw.socket.shutdown(1)
            raw.ended()
    assert server.anyone.get("/livez").status == 200

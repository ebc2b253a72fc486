"""Rules, redirects and tokens tried without a server. Every refusal has a twin that passes."""
import json

import pytest

from cli import jeton


def rule(question):
    result = jeton("rule", "test", "--json", "-", "-o", "json", stdin=json.dumps(question))
    return result.code, (result.json if result.out else None)


def asked(peer="192.0.2.1", allow=(), deny=(), trusted=(), headers=()):
    return {"allow": list(allow), "deny": list(deny), "trusted": list(trusted), "peer": peer, "headers": [list(h) for h in headers]}


XFF = "X-Forwarded-For"


@pytest.mark.parametrize("question, allow, address", [
    (asked(), True, "192.0.2.1"),
    (asked(allow=["192.0.2.0/24"]), True, "192.0.2.1"),
    (asked(allow=["198.51.100.0/24"]), False, "192.0.2.1"),
    (asked(allow=["192.0.2.0/24"], deny=["192.0.2.1"]), False, "192.0.2.1"),
    (asked("::ffff:192.0.2.1", allow=["192.0.2.0/24"]), True, "192.0.2.1"),
    (asked(allow=["::/0"]), False, "192.0.2.1"),
    (asked("2001:db8::1", allow=["0.0.0.0/0"]), False, "2001:db8::1"),
    (asked("2001:db8::1", allow=["2001:db8::/32"]), True, "2001:db8::1"),
    # Nobody is trusted unless named.
    (asked(allow=["10.0.0.0/8"], headers=[(XFF, "10.0.0.1")]), False, "192.0.2.1"),
    (asked(allow=["10.0.0.0/8"], trusted=["192.0.2.1"], headers=[(XFF, "10.0.0.1")]), True, "10.0.0.1"),
    # From the right to the first hop that is not trusted.
    (asked(allow=["10.0.0.0/8"], trusted=["192.0.2.1"], headers=[(XFF, "10.0.0.1, 203.0.113.9")]), False, "203.0.113.9"),
    (asked(allow=["10.0.0.0/8"], trusted=["192.0.2.0/24"], headers=[(XFF, "10.0.0.1, 192.0.2.7")]), True, "10.0.0.1"),
    (asked(allow=["10.0.0.0/8"], trusted=["192.0.2.1"], headers=[(XFF, "10.0.0.1"), (XFF, "203.0.113.9")]), False, "203.0.113.9"),
    # A malformed chain means the peer's own address.
    (asked(allow=["10.0.0.0/8"], trusted=["192.0.2.1"], headers=[(XFF, "10.0.0.1, nonsense")]), False, "192.0.2.1"),
    (asked(allow=["10.0.0.0/8"], trusted=["192.0.2.1"], headers=[(XFF, "010.0.0.1")]), False, "192.0.2.1"),
    (asked(allow=["10.0.0.0/8"], trusted=["192.0.2.1"], headers=[("Forwarded", "for=10.0.0.1")]), True, "10.0.0.1"),
    (asked(allow=["10.0.0.0/8"], trusted=["192.0.2.1"], headers=[("Forwarded", 'for="[2001:db8::1]:80"')]), False, "2001:db8::1"),
])
def test_rule(question, allow, address):
    code, answer = rule(question)
    assert (code, answer["allow"], answer["address"]) == (0 if allow else 1, allow, address)


@pytest.mark.parametrize("text", ["0177.0.0.1", "127.1", "0x7f000001", "2130706433", "127.0.0.1 ", "127.0.0.01", "fe80::1%eth0", "[::1]", "1.2.3.4.5", "", "::1::"])
def test_an_address_has_one_form(text):
    assert rule(asked(text))[0] == 2
    assert rule(asked(allow=[text]))[0] == 2
    assert rule(asked(trusted=[text]))[0] == 2
    assert jeton("rule", "check", "-", stdin=json.dumps({"deny": [text]})).code == 1


@pytest.mark.parametrize("text", ["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/", "10.0.0.0/-1", "2001:db8::1/32", "2001:db8::/129", "10/8", "*"])
def test_a_prefix_has_one_form(text):
    assert rule(asked(allow=[text]))[0] == 2
    assert jeton("rule", "check", "-", stdin=json.dumps({"allow": [text]})).code == 1
    assert jeton("rule", "check", "-", stdin=text).code == 1


@pytest.mark.parametrize("text", ['{"allow":["10.0.0.0/8"]}', '{"deny":["2001:db8::/32","192.0.2.1"],"allow":[]}', "10.0.0.0/8\n", "10.0.0.0/8\n2001:db8::/32\n", "192.0.2.1"])
def test_a_good_rule(text):
    assert jeton("rule", "check", "-", stdin=text).code == 0


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"allow":"10.0.0.0/8"}', '{"allow":[1]}', '{"allow":["10.0.0.0/8"],"also":[]}', '{"allow":["10.0.0.0/8"],"allow":[]}',
                                  '{"allow":["10.0.0.0/8"]', "null"])
def test_a_rule_that_is_none(text):
    assert jeton("rule", "check", "-", stdin=text).code == 1


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"peer":1}', '{"peer":"192.0.2.1","port":1}', '{"peer":"192.0.2.1","headers":[["a"]]}', '{"peer":"192.0.2.1","headers":{"a":"b"}}',
                                  '{"peer":"192.0.2.1","peer":"192.0.2.2"}'])
def test_a_question_that_is_none(text):
    assert jeton("rule", "test", "--json", "-", stdin=text).code == 2


def test_rule_by_options():
    said = jeton("rule", "test", "--allow", "10.0.0.0/8", "--trusted", "192.0.2.1", "--peer", "192.0.2.1", "--header", "X-Forwarded-For: 10.1.2.3")
    assert said.code == 0 and "10.1.2.3" in said.out
    assert jeton("rule", "test", "--allow", "10.0.0.0/8", "--peer", "192.0.2.1", "--header", "X-Forwarded-For: 10.1.2.3").code == 1
    assert jeton("rule", "test", "--allow", "10.0.0.0/8").code == 2
    assert jeton("rule", "test", "--peer", "10.0.0.1", "--header", "nothing").code == 2


def test_names_in_a_rule_are_given_with_the_question(folder):
    """Without a server: what --network or `networks` says. A name that nobody gave is an error, and never an answer."""
    def test(*more, peer="10.1.2.3"):
        return jeton("rule", "test", "--peer", peer, *more, "--data", folder / "none")

    office = ("--network", "office=10.0.0.0/8", "--network", "office=2001:db8::/32", "--network", "ci=203.0.113.0/24")
    assert test("--allow", "@office", *office).code == 0 and "@office" in test("--allow", "@office", *office).out
    assert test("--allow", "@office", *office, peer="2001:db8::1").code == 0
    assert test("--allow", "@office", *office, peer="192.0.2.1").code == 1
    assert test("--allow", "0.0.0.0/0", "--deny", "@office", *office).code == 1
    assert test("--allow", "@ci", "--allow", "10.1.0.0/16", *office).code == 0
    for bad in (("--allow", "@office"), ("--deny", "@office"), ("--allow", "@home", *office), ("--trusted", "@office", *office), ("--allow", "@Office", *office),
                ("--allow", "@", *office), ("--allow", "country:DE"), ("--deny", "asn:64500")):
        answer = test(*bad)
        assert answer.code == 2 and answer.out == "" and bad[1].lstrip("@") in answer.err, bad
    for bad in ("office", "office=", "office=10.0.0.1/8", "=10.0.0.0/8", "Off ice=10.0.0.0/8"):
        assert test("--network", bad).code == 2, bad


@pytest.mark.parametrize("networks, code", [({"office": ["192.0.2.0/24"]}, 0), ({"office": ["198.51.100.0/24"]}, 1), ({"office": []}, 2), ({"office": "192.0.2.0/24"}, 2),
                                            ({"office": ["192.0.2.1/24"]}, 2), (["office"], 2), ({"Off ice": ["192.0.2.0/24"]}, 2)])
def test_names_in_a_question_as_json(networks, code):
    got, answer = rule({**asked(allow=["@office"]), "networks": networks})
    assert got == code and (code == 2 or answer["address"] == "192.0.2.1")
    if code == 0:
        assert answer["rule"] == "@office"


def test_names_are_asked_of_the_server_that_is_there(world):
    name = world.name("office")
    world.admin.created("/v1/networks", {"name": name, "prefixes": ["192.0.2.0/24", "2001:db8::/32"]})
    here = ("--data", world.server.data)
    assert jeton("rule", "test", "--allow", "@" + name, "--peer", "192.0.2.7", *here).code == 0
    assert jeton("rule", "test", "--allow", "@" + name, "--peer", "10.0.0.1", *here).code == 1
    own = jeton("rule", "test", "--allow", "@" + name, "--network", name + "=10.0.0.0/8", "--peer", "10.0.0.1", *here)
    assert own.code == 0                                            # what the question says goes before
    unknown = jeton("rule", "test", "--allow", "@nobody-knows", "--peer", "192.0.2.7", *here)
    assert unknown.code == 2 and "no network @nobody-knows" in unknown.err
    asked_by_json = jeton("rule", "test", "--json", "-", *here, stdin=json.dumps(asked(allow=["@" + name])))
    assert asked_by_json.code == 0
    checked = jeton("rule", "check", "-", *here, stdin=json.dumps({"allow": ["@" + name, "country:DE"], "deny": ["asn:64500"]}))
    assert checked.code == 0 and checked.err == ""
    wrong = jeton("rule", "check", "-", *here, stdin="@nobody-knows\n")
    assert wrong.code == 1 and "no network @nobody-knows" in wrong.err


def test_a_name_is_well_formed_without_a_server(folder):
    for text in ("@office", '{"allow":["@office"]}', "10.0.0.0/8\n@office\ncountry:DE\nasn:64500\n"):
        answer = jeton("rule", "check", "-", "--data", folder / "none", stdin=text)
        assert answer.code == 0 and "No server was reached" in answer.err, text
    assert jeton("rule", "check", "-", "--network", "office=10.0.0.0/8", "--data", folder / "none", stdin="@office").err == ""
    for text in ("@", "@Office", "@-office", "country:de", "country:DEU", "asn:0", "asn:x", "@office ", "office"):
        assert jeton("rule", "check", "-", "--data", folder / "none", stdin=text).code == 1, text


def redirect(kind, registered, presented):
    by_json = jeton("client", "test-redirect", "--json", "-", "-o", "json", stdin=json.dumps({"type": kind, "registered": registered, "presented": presented}))
    by_options = jeton("client", "test-redirect", "--type", kind, "--registered", *registered, "--presented", presented)
    assert by_json.code == by_options.code and by_json.json["allow"] == (by_json.code == 0)
    return by_json.code


CB = "https://shop.example.com/cb"


@pytest.mark.parametrize("kind, registered, presented, code", [
    ("web", [CB], CB, 0),
    ("web", ["https://other.example.com/", CB], CB, 0),
    ("web", [CB], CB + "/", 1),
    ("web", [CB], CB + "?x=1", 1),
    ("web", [CB], CB + "#x", 1),
    ("web", [CB], "https://shop.example.com/cb/../evil", 1),
    ("web", [CB], "https://shop.example.com@evil.example/cb", 1),
    ("web", [CB], "HTTPS://shop.example.com/cb", 1),
    ("web", [CB], "https://shop.example.com:443/cb", 1),
    ("web", ["https://*.example.com/cb"], "https://a.example.com/cb", 1),
    ("web", ["http://shop.example.com/cb"], "http://shop.example.com/cb", 1),
    ("native", ["http://127.0.0.1/cb"], "http://127.0.0.1:49152/cb", 0),
    ("native", ["http://[::1]/cb"], "http://[::1]:49152/cb", 0),
    ("native", ["http://127.0.0.1/cb"], "http://127.0.0.1:49152/other", 1),
    ("native", ["http://127.0.0.1/cb"], "http://localhost:49152/cb", 1),
    ("native", ["http://127.0.0.1/cb"], "http://127.0.0.1:49152@evil.example/cb", 1),
    ("native", ["http://127.0.0.1/cb"], "http://127.0.0.1.evil.example/cb", 1),
    ("native", ["com.example.app:/cb"], "com.example.app:/cb", 0),
    ("web", ["http://127.0.0.1:3000/cb"], "http://127.0.0.1:3001/cb", 1),
    ("spa", ["javascript:alert(1)"], "javascript:alert(1)", 1),
    ("machine", [CB], CB, 1),
])
def test_redirects(kind, registered, presented, code):
    assert redirect(kind, registered, presented) == code


def test_redirect_usage():
    assert jeton("client", "test-redirect", "--type", "web", "--registered", CB).code == 2
    assert jeton("client", "test-redirect", "--type", "desktop", "--registered", CB, "--presented", CB).code == 2
    for text in ("", "[]", '{"type":"desktop","registered":[],"presented":"x"}', '{"type":"web","registered":"x","presented":"x"}', '{"type":"web","presented":"x"}',
                 json.dumps({"type": "web", "registered": [CB], "presented": CB, "more": 1})):
        assert jeton("client", "test-redirect", "--json", "-", stdin=text).code == 2, text


# CRC-32 and base62 as docs/formats/opaque-token.md says, by other code than the program's.
def opaque(kind="pat", body="0" * 32):
    import zlib
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    text = f"jtn_{kind}_{body}"
    n, check = zlib.crc32(text.encode()), ""
    for _ in range(6):
        n, digit = divmod(n, 62)
        check = digits[digit] + check
    return text + check


def test_inspect_opaque():
    token = opaque()
    good = jeton("inspect", "-", "-o", "json", stdin=token)
    assert good.code == 0 and good.json["form"] == "opaque" and good.json["kind"] == "pat" and good.json["checksum"] is True
    assert good.json["verified"] is False and "NOTHING WAS VERIFIED" in good.err and token not in good.out + good.err
    bad = jeton("inspect", "-", "-o", "json", stdin=token[:-1] + ("0" if token[-1] != "0" else "1"))
    assert bad.code == 1 and bad.json["checksum"] is False
    assert "does NOT fit" in jeton("inspect", "-", stdin=token[:-1] + ("0" if token[-1] != "0" else "1")).out
    assert jeton("inspect", "-", stdin=opaque("key")).code == 0


def test_inspect_jwt():
    import base64
    encode = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
    jwt = ".".join([encode({"alg": "none"}), encode({"sub": "ada", "exp": 1}), "AA"])
    shown = jeton("inspect", "-", "-o", "json", stdin=jwt)
    assert shown.code == 0 and shown.json["header"] == {"alg": "none"} and shown.json["claims"] == {"sub": "ada", "exp": 1}
    assert shown.json["verified"] is False and "NOTHING WAS VERIFIED" in shown.err
    assert "1970-01-01T00:00:01Z" in jeton("inspect", "-", stdin=jwt).out
    jwe = ".".join([encode({"alg": "dir", "enc": "A256GCM"}), "", "AA", "AA", "AA"])
    assert jeton("inspect", "-", "-o", "json", stdin=jwe).json["form"] == "jwe"


@pytest.mark.parametrize("text", ["", "hello", "a.b.c", "jtn_pat_short", "e30.e30", ".." , "x" * 70000])
def test_inspect_refuses_what_is_no_token(text):
    assert jeton("inspect", "-", stdin=text).code in (1, 2)

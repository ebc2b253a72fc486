"""One test a story: the command line against the real server."""
import os
import re
import subprocess

import pytest

from cli import Line, jeton
from server import BINARY

TOKEN = re.compile(r"jtn_(pat|key)_[0-9A-Za-z]{38}")


@pytest.fixture
def line(own_server):
    return Line(own_server())


@pytest.fixture
def ready(line):
    line.good("api", "create", "orders", "--audience", "https://orders.example.com", "--scope", "orders:read", "orders:write",
              "--route", "GET /orders/** orders:read")
    line.good("user", "create", "ada", "--email", "ada@example.com")
    return line


def new_token(line, *more):
    return line.secret("token", "create", "--user", "ada", "--api", "orders", "--scope", "orders:read", *more)


def test_create_list_show_verify_rotate_revoke(ready):
    made = ready.good("token", "create", "--user", "ada", "--api", "orders", "--scope", "orders:read", "--expires", "30d",
                      "--device", "laptop", "--allow", "127.0.0.0/8", "--metadata", "team=payments", "--name", "ci", "-o", "json")
    token = made.json["token"]
    ready.server.seen.add(token)
    assert TOKEN.fullmatch(token) and "shown this once" in made.err and token not in made.err
    listed = ready.good("token", "list", "--user", "ada", "-o", "json").json
    assert set(listed) == {"items", "next"} and listed["next"] is None
    [item] = listed["items"]
    assert item["name"] == "ci" and item["metadata"] == {"team": "payments"} and "token" not in item
    shown = ready.good("token", "show", item["id"])
    assert "laptop" not in shown.out and item["device"] in shown.out and token not in shown.out
    assert ready.good("device", "list", "ada", "-o", "id").out.split() == [item["device"]]
    allowed = ready("token", "verify", "-", "--api", "orders", "--scope", "orders:read", "--ip", "127.0.0.1", stdin=token + "\n")
    assert allowed.code == 0 and allowed.out.startswith("allowed\n")
    for question in (["--scope", "orders:write"], ["--ip", "203.0.113.9"], ["--api", "orders", "--method", "DELETE", "--path", "/orders/1"]):
        refused = ready("token", "verify", "-", *question, stdin=token)
        assert refused.code == 1 and refused.out.startswith("refused: "), refused
    rotated = ready.secret("token", "rotate", item["id"], "--overlap", "1h")
    assert rotated != token and TOKEN.fullmatch(rotated)
    assert ready("token", "verify", "-", "--ip", "127.0.0.1", stdin=token).code == 0
    assert ready.good("token", "revoke", item["id"], "--family", "--reason", "laptop lost", "-q").out == ""
    for ended in (token, rotated):
        assert ready("token", "verify", "-", "--ip", "127.0.0.1", stdin=ended).code == 1
    assert ready.good("token", "list", "--status", "live", "-o", "json").json["items"] == []


def test_quiet_prints_the_token_alone(ready):
    result = ready.good("token", "create", "--user", "ada", "--api", "orders", "--scope", "orders:read", "--quiet")
    ready.server.seen.add(result.out.strip())
    assert TOKEN.fullmatch(result.out.strip()) and result.err == ""
    assert re.fullmatch(r"usr_[0-9A-Z]{26}\n", ready.good("user", "create", "bob", "--quiet").out)


def test_a_lost_answer_is_given_again_under_its_key(ready):
    first, again = (new_token(ready, "--idempotency-key", "k1") for _ in range(2))
    assert first == again
    assert new_token(ready, "--idempotency-key", "k2") != first
    assert len(ready.good("token", "list", "-o", "id").out.split()) == 2


def test_a_holder_acts_for_itself(ready):
    token = new_token(ready)
    assert ready.good("token", "show", "-", "-o", "json", stdin=token).json["hint"] == token[-10:-6]
    jwt = ready.good("token", "exchange", "-", "--scope", "orders:read", "-q", stdin=token).out.strip()
    assert jwt.count(".") == 2
    successor = ready.secret("token", "rotate", "-", "--overlap", "0s", stdin=token)
    assert ready("token", "verify", "-", stdin=token).code == 1
    ready.good("token", "revoke", "-", stdin=successor)
    assert ready("token", "verify", "-", stdin=successor).code == 1


def test_revoke_all_of_somebody(ready):
    tokens = [new_token(ready, "--device", name) for name in ("laptop", "phone")]
    assert "1 token revoked" in ready.good("token", "revoke", "--user", "ada", "--device", "laptop").err
    assert [ready("token", "verify", "-", stdin=t).code for t in tokens] == [1, 0]
    assert ready.good("token", "revoke", "--user", "ada", "-o", "json").json == {"ended": 1}
    ready.good("client", "create", "job", "--type", "machine", "--scope", "orders:read", "-q")
    assert ready.good("token", "revoke", "--client", "job", "-o", "json").json == {"ended": 0}
    assert ready("token", "revoke").code == 2
    assert ready("token", "revoke", "--user", "ada", "--api", "orders").code == 2


def test_pages(ready):
    for i in range(5):
        ready.good("service", "create", f"s{i}", "-q")
    first = ready.good("service", "list", "--limit", "2", "-o", "json").json
    assert len(first["items"]) == 2 and first["next"]
    second = ready.good("service", "list", "--limit", "2", "--cursor", first["next"], "-o", "json").json
    assert {i["name"] for i in first["items"]} | {i["name"] for i in second["items"]} == {"s4", "s3", "s2", "s1"}
    whole = ready.good("service", "list", "--limit", "2", "--all", "-o", "json").json
    assert [i["name"] for i in whole["items"]] == ["s4", "s3", "s2", "s1", "s0"] and whole["next"] is None
    assert "--cursor" in ready.good("service", "list", "--limit", "2").err


def test_why_names_the_check(ready):
    token = new_token(ready, "--deny", "192.0.2.0/24")
    good = ready("why", "-", "--method", "GET", "--path", "/orders/7", "--ip", "198.51.100.1", "--api", "orders", stdin=token)
    assert good.code == 0 and good.out.endswith("allowed\n")
    bad = ready("why", "-", "--method", "GET", "--path", "/orders/7", "--ip", "192.0.2.7", stdin=token)
    assert bad.code == 1 and "REFUSES network" in bad.out


def test_every_other_noun(ready):
    assert ready.good("api", "show", "orders", "-o", "json").json["scopes"] == ["orders:read", "orders:write"]
    assert ready.good("api", "update", "orders", "--access-ttl", "5m", "-o", "json").json["access_ttl"] == "5m"
    ready.good("user", "update", "ada", "--allow", "10.0.0.0/8")
    assert ready.good("user", "update", "ada", "--allow", "none", "-o", "json").json["allow"] == []
    ready.good("user", "disable", "ada")
    assert ready.good("user", "show", "ada", "-o", "json").json["status"] == "disabled"
    ready.good("user", "enable", "ada")
    client = ready.good("client", "create", "shop", "--type", "web", "--redirect", "https://shop.example.com/cb", "-o", "json")
    ready.server.seen.add(client.json["secret"])
    assert "shown this once" in client.err
    assert ready.secret("client", "rotate-secret", "shop") != client.json["secret"]
    assert ready("client", "create", "bad", "--type", "web", "--redirect", "http://shop.example.com/cb").code == 2
    rule = ready.good("rule", "create", "--deny", "203.0.113.0/24", "--name", "x", "-q").out.strip()
    assert ready.good("rule", "list", "-o", "id").out.strip() == rule
    ready.good("rule", "delete", rule)
    assert ready("rule", "show", rule).code == 6
    active = [k["id"] for k in ready.good("key", "list", "-o", "json").json["items"] if k["state"] == "active"]
    ready.good("key", "rotate")
    ready.good("key", "retire", active[0], "--now")
    assert ready.good("settings", "set", "default_overlap=12h", "-o", "json").json["default_overlap"] == "12h"
    assert ready("settings", "set", "no_such=1").code == 2
    assert ready.good("alert", "list", "-o", "json").json["items"] == []
    assert ready.good("session", "list", "-o", "json").json["items"] == []
    assert any(e["action"] == "api.create" for e in ready.good("audit", "list", "-o", "json").json["items"])
    assert "user.create" in ready.good("audit", "tail", "--once", "--limit", "50").out
    assert ready.good("feed", "-o", "json").json["items"]
    assert ready.good("openapi").json["openapi"] == "3.1.0"
    ready.good("device", "create", "ada", "phone", "-q")
    ready.good("user", "delete", "ada")
    assert ready("user", "show", "ada").code == 6


def test_exit_codes(ready, folder):
    assert ready("user", "create", "ada").code == 7
    assert ready("user", "show", "nobody").code == 6
    assert ready("token", "show", "tok_01JD0000000000000000000000").code == 6
    assert ready("token", "create", "--user", "ada", "--api", "orders", "--scope", "nothing:such").code == 2
    down = jeton("token", "list", data=folder / "none")
    assert down.code == 3 and "jeton serve" in down.err and down.out == ""
    unreachable = jeton("token", "list", "--server", "http://127.0.0.1:9", env={"JETON_TOKEN": "x"})
    assert unreachable.code == 3, unreachable


def test_a_server_elsewhere_asks_for_a_token(ready):
    url = ready.server.url
    assert jeton("token", "list", "--server", url).code == 4
    assert jeton("token", "list", env={"JETON_SERVER": url, "JETON_TOKEN": "jtn_pat_" + "0" * 38}).code == 4
    reader = ready.secret("token", "create", "--user", "ada", "--api", "jeton", "--scope", "jeton:users:read")
    as_reader = {"JETON_SERVER": url, "JETON_TOKEN": reader}
    assert jeton("user", "list", "-o", "json", env=as_reader).json["items"][0]["name"] == "ada"
    assert jeton("user", "create", "eve", env=as_reader).code == 5
    plain = jeton("user", "list", env={"JETON_SERVER": "http://192.0.2.1", "JETON_TOKEN": reader})
    assert plain.code == 2 and "plain http" in plain.err


def test_a_secret_is_never_an_argument(ready):
    token = new_token(ready)
    for words in (["token", "verify", token], ["token", "show", token], ["token", "revoke", token], ["inspect", token], ["why", token],
                  ["token", "verify", "-", token], [token]):
        result = ready(*words)
        assert result.code == 2 and token not in result.out + result.err, result


def test_the_socket_of_somebody_else_is_sent_nothing(ready):
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    token = new_token(ready)
    os.chmod(ready.server.folder, 0o755)
    os.chmod(ready.server.data, 0o755)
    done = subprocess.run([BINARY, "token", "verify", "-"], input=token, text=True, capture_output=True, user=65534, cwd="/",
                          env={"JETON_DATA": str(ready.server.data), "PATH": "/usr/bin"})
    assert done.returncode in (3, 5) and token not in done.stderr, done
    os.chmod(ready.server.data, 0o700)


def test_a_token_that_could_not_be_written_is_no_success(ready):
    with open("/dev/full", "w") as full:
        done = subprocess.run([BINARY, "token", "create", "--user", "ada", "--api", "orders", "--scope", "orders:read", "-q"], stdout=full, stderr=subprocess.PIPE, text=True,
                              env={"JETON_DATA": str(ready.server.data)})
    assert done.returncode == 1 and "could not be written" in done.stderr

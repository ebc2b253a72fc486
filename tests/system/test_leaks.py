"""Reports of leaked tokens: a partner's, signed, or a caller's who may; what is done; and that a stranger learns nothing."""
import base64
import hashlib
import json
import subprocess
import time

import pytest

from cli import Line
from server import World
from waiting import until

REPORT = "/v1/leaks"


class Partner:
    """GitHub, as far as its reports go: a key of P-256 whose public half is configured."""

    def __init__(self, folder, name="partner"):
        self.key = folder / f"{name}.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.key], check=True, capture_output=True)
        self.public = subprocess.run(["openssl", "pkey", "-in", self.key, "-pubout"], check=True, capture_output=True, text=True).stdout
        self.id = hashlib.sha256(self.public.encode()).hexdigest()

    def sign(self, body):
        done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=body.encode(), check=True, capture_output=True)
        return base64.b64encode(done.stdout).decode()

    def report(self, server, findings, **more):
        body = more.pop("body", json.dumps(findings))
        headers = {"Content-Type": "application/json", "Github-Public-Key-Identifier": more.get("id", self.id),
                   "Github-Public-Key-Signature": more.get("signature", self.sign(more.get("signed", body)))}
        return server.anyone.call("POST", REPORT, body, headers)


@pytest.fixture
def partner(folder):
    return Partner(folder)


@pytest.fixture
def leaky(own_server, folder, partner):
    file = folder / "keys.json"
    file.write_text(json.dumps({"public_keys": [{"key_identifier": partner.id, "key": partner.public, "is_current": True}]}))
    return own_server({"leaks.github_keys": str(file)})


def finding(token, url="https://github.com/octocat/hello/blob/main/config.py", **more):
    return {"token": token, "type": "jeton_pat", "url": url, "source": "content", **more}


def leaked_alerts(server, token):
    return [a for a in server.admin.shown("/v1/alerts?limit=200")["items"] if a["rule"] == "leaked" and a["token"] == token["id"]]


def test_a_signed_report_revokes_tells_and_is_answered_in_the_partners_form(leaky, partner):
    world = World(leaky)
    token, other = world.token(), world.token()
    stranger = "jtn_pat_" + "x" * 38
    answer = partner.report(leaky, [finding(token["token"]), finding(stranger)])
    assert answer.status == 200, answer
    assert answer.json == [
        {"token_hash": hashlib.sha256(token["token"].encode()).hexdigest(), "token_type": "jeton_pat", "label": "true_positive"},
        {"token_hash": hashlib.sha256(stranger.encode()).hexdigest(), "token_type": "jeton_pat", "label": "false_positive"}]
    assert not world.allowed(token["token"]) and world.allowed(other["token"])
    record = leaky.admin.shown(f"/v1/tokens/{token['id']}")
    assert record["end_reason"] == "leaked"
    (alert,) = leaked_alerts(leaky, token)
    assert alert["severity"] == "critical" and alert["evidence"]["found"] == "https://github.com/octocat/hello/blob/main/config.py" and alert["evidence"]["done"] == "revoked"
    (event,) = leaky.admin.shown("/v1/audit?action=token.leak&limit=1000")["items"]
    assert event["actor"] == "partner:github" and event["target"] == token["id"] and event["detail"]["found"] == alert["evidence"]["found"]


def test_what_is_not_signed_right_changes_nothing_and_says_nothing(leaky, partner, folder):
    world = World(leaky)
    token = world.token()
    other = Partner(folder, "other")
    findings = [finding(token["token"])]
    answers = [
        leaky.anyone.call("POST", REPORT, findings),
        partner.report(leaky, findings, signature=""),
        partner.report(leaky, findings, signature="AAAA"),
        partner.report(leaky, findings, signed="another body"),
        partner.report(leaky, findings, id="0" * 64),
        partner.report(leaky, findings, id=""),
        other.report(leaky, findings),
        other.report(leaky, findings, id=partner.id),
        leaky.anyone.call("POST", REPORT, findings, {"Github-Public-Key-Identifier": partner.id}),
        leaky.bearing(token["token"]).call("POST", REPORT, findings),
        leaky.bearing(world.management_token("jeton:tokens:write")["token"]).call("POST", REPORT, findings),
    ]
    assert {a.status for a in answers} == {401}, answers
    assert len({json.dumps({k: v for k, v in a.json.items() if k != "request_id"}) for a in answers}) == 1
    assert world.allowed(token["token"]) and leaked_alerts(leaky, token) == []
    assert partner.report(leaky, findings).status == 200        # the twin
    assert not world.allowed(token["token"])


def test_without_configured_keys_no_signature_is_good(own_server, partner):
    server = own_server()
    assert partner.report(server, [finding("jtn_pat_" + "x" * 38)]).status == 401


def test_a_replay_tells_nobody_twice(leaky, partner):
    leaky.admin.done("PATCH", "/v1/settings", {"on_leak": "notify"})
    world = World(leaky)
    token = world.token()
    body = json.dumps([finding(token["token"])])
    signature = partner.sign(body)
    first = partner.report(leaky, None, body=body, signature=signature)
    assert first.json[0]["label"] == "true_positive" and world.allowed(token["token"])
    for _ in range(3):
        again = partner.report(leaky, None, body=body, signature=signature)
        assert again.status == 200 and again.json == first.json
    (alert,) = leaked_alerts(leaky, token)
    assert alert["count"] == 1 and len(leaky.admin.shown("/v1/audit?action=token.leak&limit=1000")["items"]) == 1


def test_policy_by_kind(own_server):
    server = own_server()
    server.admin.done("PATCH", "/v1/settings", {"on_leak": "pat=notify key=revoke"})
    world = World(server)
    api = world.api()
    pat, key = world.token(api), world.token(api, world.service())
    found = server.admin.call("POST", REPORT, {"tokens": [finding(pat["token"]), finding(key["token"])]}).json
    assert [f["done"] for f in found] == ["told", "revoked"]
    assert world.allowed(pat["token"]) and not world.allowed(key["token"])
    assert leaked_alerts(server, pat) and leaked_alerts(server, key)
    for wrong in ("", "burn", "throttle", "pat=burn", "cat=revoke", "pat=notify,key=revoke"):
        assert server.admin.call("PATCH", "/v1/settings", {"on_leak": wrong}).status == 422


def test_quarantine_keeps_it_out_until_somebody_has_looked(leaky, partner):
    """Of a partner's report: the partner's own form of answer, nothing ended, and the token comes back when it is released."""
    leaky.admin.done("PATCH", "/v1/settings", {"on_leak": "quarantine key=revoke"})
    world = World(leaky)
    api = world.api()
    pat, key, other = world.token(api), world.token(api, world.service()), world.token(api)
    jwt = leaky.admin.created(f"/v1/tokens/{pat['id']}/access-tokens", {})["access_token"]
    answer = partner.report(leaky, [finding(pat["token"]), finding(key["token"])])
    assert [sorted(a) for a in answer.json] == [["label", "token_hash", "token_type"]] * 2 and {a["label"] for a in answer.json} == {"true_positive"}
    held = world.verdict(pat["token"])
    assert (held.status, held.headers["X-Jeton-Reason"]) == (401, "quarantined") and not world.allowed(jwt)
    assert leaky.admin.shown(f"/v1/tokens/{pat['id']}")["status"] == "quarantined"
    assert leaky.admin.shown(f"/v1/tokens/{key['id']}")["end_reason"] == "leaked" and world.allowed(other["token"])
    (alert,) = leaked_alerts(leaky, pat)
    assert alert["evidence"]["done"] == "quarantined" and "release" in alert["evidence"]["advice"]
    actions = [e["action"] for e in leaky.admin.shown(f"/v1/audit?target={pat['id']}")["items"]]
    assert {"token.leak", "token.quarantine"} <= set(actions)
    leaky.restart()
    assert not World(leaky).allowed(pat["token"])
    leaky.admin.done("POST", f"/v1/tokens/{pat['id']}/release", {"reason": "a test's own token"})
    assert world.allowed(pat["token"]) and world.allowed(jwt) and not world.allowed(key["token"])
    # The same report told once more does not hold it again.
    assert partner.report(leaky, [finding(pat["token"]), finding(key["token"])]).status == 200 and world.allowed(pat["token"])


def test_a_signed_token_is_quarantined_by_what_it_came_of(own_server):
    server = own_server()
    server.admin.done("PATCH", "/v1/settings", {"on_leak": "at=quarantine"})
    world = World(server)
    for form in ("jwt", "opaque"):
        parent, other = world.token(world.api(format=form)), world.token()
        access = server.admin.created(f"/v1/tokens/{parent['id']}/access-tokens", {})["access_token"]
        assert world.allowed(access)
        assert server.admin.call("POST", REPORT, [finding(access)]).json[0]["done"] == "quarantined"
        assert not world.allowed(access) and not world.allowed(parent["token"]) and world.allowed(other["token"])
        server.admin.done("POST", f"/v1/tokens/{parent['id']}/release", {})
        assert world.allowed(parent["token"])


def test_what_has_ended_is_not_quarantined(own_server):
    server = own_server()
    server.admin.done("PATCH", "/v1/settings", {"on_leak": "quarantine"})
    world = World(server)
    token = world.token()
    server.admin.done("POST", f"/v1/tokens/{token['id']}/revoke", {})
    assert server.admin.call("POST", REPORT, [finding(token["token"])]).json[0]["done"] == "ended_before"
    assert server.admin.shown(f"/v1/tokens/{token['id']}")["status"] == "revoked" and leaked_alerts(server, token)


def test_the_owner_is_told_where_it_was_found(own_server):
    pytest.importorskip("aiosmtpd")
    from mail_sink import Sink
    with Sink() as sink:
        server = own_server({"smtp.url": f"smtp://127.0.0.1:{sink.port}", "smtp.from": "jeton@example.com"})
        world = World(server)
        for action in ("notify", "quarantine", "revoke"):
            server.admin.done("PATCH", "/v1/settings", {"on_leak": action})
            token = world.token(principal=world.user(email=f"{action}@example.com"))
            assert server.admin.call("POST", REPORT, [finding(token["token"], f"https://paste.example/{action}?x=1")]).status == 200
            letters = until(lambda: [m for m in sink.letters if m["To"] == f"{action}@example.com"], what="the letter")
            text = letters[0].get_content().replace("=\n", "")
            assert f"https://paste.example/{action}" in text and "x=1" not in text and token["id"] in text and token["token"] not in text


def test_where_it_was_found_is_kept_short_clean_and_without_the_token(own_server):
    server = own_server()
    world = World(server)
    tokens = [world.token() for _ in range(4)]
    urls = [f"https://paste.example/{tokens[0]['token']}/raw", "https://u:secret-of-theirs@h.example/a?key=" + tokens[1]["token"], "x" * 5000, 'a\n"\x00<b> é']
    assert server.admin.call("POST", REPORT, [finding(t["token"], u) for t, u in zip(tokens, urls)]).status == 200
    founds = [leaked_alerts(server, t)[0]["evidence"]["found"] for t in tokens]
    assert founds[0] == "https://paste.example/.../raw" and founds[1] == "https://h.example/a" and founds[2] == "x" * 512
    assert founds[3].isascii() and founds[3].isprintable()


def test_access_tokens_too(own_server):
    server = own_server()
    world = World(server)
    parent = world.token()
    jwt = server.bearing(parent["token"]).created(f"/v1/tokens/{parent['id']}/access-tokens", {})["access_token"]
    assert world.allowed(jwt)
    assert server.admin.call("POST", REPORT, [finding(jwt)]).json[0]["done"] == "revoked"
    assert not world.allowed(jwt) and world.allowed(parent["token"])


@pytest.mark.parametrize("body", ["", "{}", "[", '"x"', '[{"type":"x"}]', '[{"token":""}]', '[{"token":7}]', "[[]]", '{"tokens":{}}', "[" * 50 + "]" * 50])
def test_what_is_no_report_is_refused(server, body):
    assert server.admin.call("POST", REPORT, body, {"Content-Type": "application/json"}).status in (400, 413, 422)


def test_a_hundred_thousand_findings_cost_little(own_server):
    server = own_server({"max_body": "33554432"})
    world = World(server)
    token = world.token()
    many = [{"token": f"jtn_pat_{i:032d}abcdef", "type": "t", "url": ""} for i in range(99_990)] + [finding(token["token"])]
    begun = time.monotonic()
    answer = server.admin.call("POST", REPORT, many)
    took = time.monotonic() - begun
    assert answer.status == 200 and len(answer.json) == len(many)
    assert [a["label"] for a in answer.json if a["label"] == "true_positive"] == ["true_positive"] and not world.allowed(token["token"])
    assert took < 20, took
    assert server.admin.call("POST", REPORT, many + many[:20]).status in (400, 413)


def test_many_known_tokens_are_all_revoked_and_the_alerts_are_bounded(own_server):
    server = own_server()
    world = World(server)
    api, user = world.api(), world.user()
    tokens = [world.token(api, user) for _ in range(120)]
    answer = server.admin.call("POST", REPORT, [finding(t["token"]) for t in tokens])
    assert [a["done"] for a in answer.json] == ["revoked"] * 120
    assert not any(world.allowed(t["token"]) for t in tokens)
    alerts = server.admin.shown("/v1/alerts?limit=1000")["items"]
    assert len([a for a in alerts if a["rule"] == "leaked"]) == 100
    assert [a["evidence"]["held_back"] for a in alerts if a["rule"] == "alert_flood"] == [20]


def test_a_scan_that_revokes_tells_too(own_server, folder):
    server = own_server()
    world = World(server)
    token = world.token()
    code = folder / "code"
    code.mkdir()
    (code / "config.py").write_text(f'TOKEN = "{token["token"]}"\n')
    line = Line(server)
    result = line("scan", str(code), "--check", "--revoke")
    (code / "config.py").unlink()
    assert result.code == 1, result
    until(lambda: leaked_alerts(server, token), what="the alert")
    (alert,) = leaked_alerts(server, token)
    assert "config.py:1" in alert["evidence"]["found"] and alert["evidence"]["source"] == "scan"
    assert server.admin.shown(f"/v1/tokens/{token['id']}")["end_reason"] == "leaked"


def test_wrong_partner_keys_stop_the_start(folder):
    from cli import jeton
    file = folder / "keys.json"
    for text in ("{}", '{"public_keys":[{"key_identifier":"a","key":"no key"}]}', "nothing"):
        file.write_text(text)
        result = jeton("serve", "--data", folder / "d", env={"JETON_LEAKS_GITHUB_KEYS": str(file)})
        assert result.code == 2 and "leaks.github_keys" in result.err, result
    result = jeton("serve", "--data", folder / "d", env={"JETON_LEAKS_GITHUB_KEYS": str(folder / "none")})
    assert result.code == 2 and "leaks.github_keys" in result.err, result

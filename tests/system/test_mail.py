"""Mail over a real server: invitations, alerts; never in clear over a network, never with a header of somebody's choice."""
import re

import pytest

pytest.importorskip("aiosmtpd")

from cli import Line, jeton
from mail_sink import Sink
from server import World
from waiting import until


def settings(sink, **more):
    return {"smtp.url": f"smtp://127.0.0.1:{sink.port}", "smtp.from": "jeton@example.com", "webhook.retries": "1s,1s", **more}


def link_of(letter):
    return re.search(r"https?://\S+/invite\?token=(\S+)", letter.get_content())


def test_an_invitation_goes_by_mail_and_to_nobody_else(own_server):
    with Sink() as sink:
        server = own_server(settings(sink))
        ada = World(server).user(email="ada@example.com")
        answer = server.admin.created(f"/v1/users/{ada['id']}/invite", {})
        assert answer["url"] is None and answer["mailed"] == "ada@example.com"
        until(lambda: sink.letters, what="the letter")
        (letter,), ((sender, recipients),) = sink.letters, sink.envelopes
        assert sender == "jeton@example.com" and recipients == ["ada@example.com"]
        assert letter["From"] == "jeton@example.com" and letter["To"] == "ada@example.com" and letter["Auto-Submitted"] == "auto-generated" and letter["Message-ID"].startswith("<dlv_")
        assert letter.get_content_type() == "text/plain"
        token = link_of(letter)[1]
        server.seen.add(token)                     # in no log, in no file
        page = server.anyone.get(f"/invite?token={token}")
        assert page.status == 200
        # What was sent is listed without its text.
        (delivery,) = until(lambda: server.admin.shown("/v1/deliveries?webhook=mail&state=delivered")["items"], what="the delivery")
        assert delivery["recipient"] == "ada@example.com" and delivery["body"] is None


def test_without_mail_or_with_no_mail_the_link_is_shown(own_server):
    with Sink() as sink:
        server = own_server(settings(sink))
        world = World(server)
        assert server.admin.created(f"/v1/users/{world.user()['id']}/invite", {})["url"]
        ada = world.user(email="ada@example.com")
        shown = Line(server).good("user", "invite", ada["name"], "--no-mail", "--quiet").out.strip()
        assert "/invite?token=" in shown
        server.seen.add(shown.split("token=")[1])
        assert sink.letters == []
    plain = own_server()
    other = World(plain).user(email="ada@example.com")
    assert plain.admin.created(f"/v1/users/{other['id']}/invite", {})["url"]
    assert plain.admin.call("POST", f"/v1/users/{other['id']}/invite", {"mail": True}).status == 422


def test_owners_are_told_of_alerts(own_server):
    with Sink() as sink:
        server = own_server(settings(sink))
        world = World(server)
        token = world.token(principal=world.user(email="ada@example.com"))
        world.admin.done("POST", f"/v1/tokens/{token['id']}/revoke", {})
        world.verdict(token["token"])
        until(lambda: sink.letters, what="the letter")
        assert sink.letters[0]["Subject"] == "Alert: use_after_revocation" and token["id"] in sink.letters[0].get_content()
        assert token["token"] not in sink.letters[0].as_string()


def test_a_server_that_is_down_is_tried_again(own_server):
    with Sink(broken=True) as sink:
        server = own_server(settings(sink))
        ada = World(server).user(email="ada@example.com")
        server.admin.created(f"/v1/users/{ada['id']}/invite", {})
        until(lambda: [d for d in server.admin.shown("/v1/deliveries")["items"] if d["attempts"] >= 1], what="the attempt")
        sink.broken = False
        until(lambda: sink.letters, what="the letter")
        server.seen.add(link_of(sink.letters[0])[1])


def test_a_login_and_starttls(own_server, folder):
    secret = folder / "smtp"
    secret.write_text("ada:pass:word-of-the-mail-server\n")
    secret.chmod(0o600)
    with Sink(folder, tls=True, login=("ada", "pass:word-of-the-mail-server")) as sink:
        import os
        os.environ["SSL_CERT_FILE"] = str(sink.certificate)
        try:
            server = own_server(settings(sink, **{"smtp.credentials": f"file:{secret}", "smtp.url": f"smtp://localhost:{sink.port}"}))
        finally:
            del os.environ["SSL_CERT_FILE"]
        server.seen.add("pass:word-of-the-mail-server")
        ada = World(server).user(email="ada@example.com")
        server.admin.created(f"/v1/users/{ada['id']}/invite", {})
        until(lambda: sink.letters, what="the letter")
        assert sink.logins == [("ada", "pass:word-of-the-mail-server")]
        server.seen.add(link_of(sink.letters[0])[1])


def test_a_mailbox_that_is_none_gets_nothing(own_server):
    with Sink() as sink:
        server = own_server(settings(sink))
        for bad in ("ada@example.com\r\nBcc: eve@example.com", "ada@example.com, eve@example.com", "<ada@example.com>"):
            made = server.admin.call("POST", "/v1/users", {"name": World(server).name("user"), "email": bad})
            if made.status == 201:
                assert server.admin.call("POST", f"/v1/users/{made.json['id']}/invite", {}).status == 422
        assert sink.letters == []


def test_wrong_settings_stop_the_start(folder):
    for env in ({"JETON_SMTP_URL": "http://mail.example.com"}, {"JETON_SMTP_FROM": "a\nb@example.com"}, {"JETON_SMTP_URL": "smtp://mail.example.com"},
                {"JETON_SMTP_CREDENTIALS": "ada:password"}):
        result = jeton("serve", "--data", folder / "d", env=env)
        assert result.code == 2 and "smtp" in result.err.lower(), result

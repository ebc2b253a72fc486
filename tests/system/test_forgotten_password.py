"""A forgotten password: one answer for everybody, a link for the person alone, once, and no way to use it after the password changed."""
import json
import re
import statistics
import threading
import time

import pytest

pytest.importorskip("aiosmtpd")

from browser import Browser
from chromium import FOUND
from mail_sink import Sink
from receiver import Receiver
from server import World
from test_real_browser import chromium  # noqa: F401
from waiting import until

LINK = re.compile(r"https?://\S+/invite\?token=([^\s\"]+)")


def settings(sink):
    return {"smtp.url": f"smtp://127.0.0.1:{sink.port}", "smtp.from": "jeton@example.com", "webhook.retries": "1s,1s"}


def person(world, **more):
    return world.user(**{"password": "correct horse", "email": "ada@example.com", **more})


def forget(server, name, browser=None):
    browser = browser or Browser(server)
    login = browser.get("/login")
    assert 'href="/login/forgot"' in login.body
    return browser.submit(browser.get("/login/forgot"), "/login/forgot", username=name)


def token_of(server, sink, letters=1):
    until(lambda: len(sink.letters) >= letters, what="the letter")
    token = LINK.search(sink.letters[letters - 1].get_content())[1]
    server.seen.add(token)
    return token


def choose(server, token, password):
    browser = Browser(server)
    page = browser.get(f"/invite?token={token}")
    return browser.submit(page, "/invite", password=password) if page.status == 200 else page


def takes_as_long(server, sink, there, nowhere):
    """Asked in turn and from elsewhere each time; only who is there gets a letter."""
    took = {True: [], False: []}
    for i, pair in enumerate(zip(there, nowhere)):
        for known, what in zip((True, False), pair):
            browser = Browser(server)
            page = browser.get("/login/forgot")
            began = time.perf_counter()
            answer = browser.submit(page, "/login/forgot", {"X-Forwarded-For": f"10.{int(known)}.{i}.1"}, username=what)
            took[known].append(time.perf_counter() - began)
            assert answer.status == 200
    known, unknown = statistics.median(took[True]), statistics.median(took[False])
    assert 0.5 < known / unknown < 2, (known, unknown)
    until(lambda: len(sink.letters) == len(there), what="the letters")
    for n in range(len(there)):
        token_of(server, sink, n + 1)


def test_a_link_by_mail_replaces_the_password_and_ends_the_sessions(own_server):
    with Sink() as sink:
        server = own_server(settings(sink))
        ada = person(World(server))
        before, later = Browser(server), Browser(server)
        assert before.log_in(ada["name"]).path == "/account"
        page = forget(server, ada["name"])
        assert page.status == 200 and "on its way" in page.parsed.text
        token = token_of(server, sink)
        assert sink.envelopes == [("jeton@example.com", ["ada@example.com"])] and sink.letters[0]["Subject"] == "Choose a new password"
        # Nothing has changed until it is used.
        assert before.get("/account").path == "/account"
        assert choose(server, token, "short").status == 400
        assert choose(server, token, "a new horse").status == 200
        assert before.get("/account").path == "/login"
        assert later.log_in(ada["name"]).status == 403 and later.log_in(ada["name"], "a new horse").path == "/account"
        # Once.
        assert choose(server, token, "another horse").status == 404
        assert later.get("/account").path == "/account"


def test_one_answer_for_who_is_there_and_who_is_not(own_server):
    with Sink() as sink:
        server = own_server(settings(sink))
        world = World(server)
        there, silent = person(world), world.user(email="eve@example.com")       # silent has no password
        off = person(world, email="off@example.com")
        server.admin.done("POST", f"/v1/users/{off['id']}/disable", {})
        pages = [forget(server, name) for name in (there["name"], silent["name"], off["name"], "nobody", "ada@example.com' --", "x" * 5000)]
        assert len({(p.status, p.body, tuple(sorted(p.headers.keys()))) for p in pages}) == 1, pages
        server.seen.add(token_of(server, sink))
        # What was asked for first is told first: had there been more, it would have come before this.
        other = person(world, email="last@example.com")
        forget(server, other["name"])
        token_of(server, sink, 2)
        assert [to for _, to in sink.envelopes] == [["ada@example.com"], ["last@example.com"]]


def test_it_takes_as_long_for_who_is_not_there(own_server):
    with Sink() as sink:
        server = own_server({**settings(sink), "trusted_proxies": "127.0.0.1/32"})
        world = World(server)
        people = [person(world)["name"] for _ in range(40)]
        takes_as_long(server, sink, people, [f"nobody-{i}" for i in range(40)])


def test_a_link_ends_when_the_password_changes(own_server):
    with Sink() as sink:
        server = own_server(settings(sink))
        ada = person(World(server))
        forget(server, ada["name"])
        first = token_of(server, sink)
        forget(server, ada["name"])
        second = token_of(server, sink, 2)
        assert Browser(server).get(f"/invite?token={first}").status == 200       # the twin: until then it is good
        browser = Browser(server)
        page = browser.log_in(ada["name"])
        changed = next(f for f in page.parsed.forms if f["fields"].get("do") == "password")
        from urllib.parse import urlencode
        done = browser.send("POST", "/account", urlencode({**changed["fields"], "password": "correct horse", "new_password": "a new horse"}))
        assert done.status == 200
        for token in (first, second):
            assert choose(server, token, "an evil horse").status == 404
        assert Browser(server).log_in(ada["name"], "a new horse").path == "/account"


def test_twenty_at_once_set_one_password(own_server):
    with Sink() as sink:
        server = own_server(settings(sink))
        ada = person(World(server))
        for round in range(3):
            forget(server, ada["name"])
            token = token_of(server, sink, round + 1)
            browsers = [Browser(server) for _ in range(20)]
            pages = [b.get(f"/invite?token={token}") for b in browsers]
            got, gate = [None] * 20, threading.Barrier(20)

            def use(i):
                gate.wait()
                got[i] = browsers[i].submit(pages[i], "/invite", password=f"horse {round} number {i}").status
            threads = [threading.Thread(target=use, args=(i,)) for i in range(20)]
            [t.start() for t in threads]
            [t.join() for t in threads]
            assert got.count(200) == 1 and set(got) <= {200, 404}, got
            assert Browser(server).log_in(ada["name"], f"horse {round} number {got.index(200)}").path == "/account"


def test_nobody_fills_a_mailbox(own_server):
    with Sink() as sink:
        server = own_server({**settings(sink), "trusted_proxies": "127.0.0.1/32"})
        world = World(server)
        ada, last = person(world), person(world, email="last@example.com")

        def ask(name, address):
            browser = Browser(server)
            page = browser.get("/login/forgot")
            return browser.submit(page, "/login/forgot", {"X-Forwarded-For": address}, username=name)
        answers = [ask(ada["name"], f"10.0.{i}.1") for i in range(12)]             # from everywhere
        assert {a.status for a in answers} == {200} and len({a.body for a in answers}) == 1
        assert ask(last["name"], "10.9.9.9").status == 200
        until(lambda: [to for _, to in sink.envelopes][-1:] == [["last@example.com"]], what="the last letter")
        assert len(sink.letters) == 4
        # One network that asks for everybody.
        slow = [ask(f"somebody-{i}", "10.200.0.1").status for i in range(25)]
        assert slow[:20] == [200] * 20 and slow[-1] == 429
        for n in range(4):
            token_of(server, sink, n + 1)


def test_a_second_factor_stays(own_server):
    """Who can read the mail has not got the authenticator."""
    import base64
    import hashlib
    import hmac
    import struct
    with Sink() as sink:
        server = own_server(settings(sink))
        ada = person(World(server))
        browser = Browser(server)
        browser.log_in(ada["name"])
        page = browser.get("/account/authenticator")
        secret = page.form("/account/authenticator")["fields"]["secret"]

        def code(step):
            digest = hmac.new(base64.b32decode(secret + "=" * (-len(secret) % 8)), struct.pack(">Q", step), hashlib.sha1).digest()
            at = digest[-1] & 15
            return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7fffffff) % 10**6:06d}"
        assert browser.submit(page, "/account/authenticator", code=code(int(time.time()) // 30)).status == 200
        forget(server, ada["name"])
        assert choose(server, token_of(server, sink), "a new horse").status == 200
        thief = Browser(server)
        assert thief.log_in(ada["name"], "a new horse").form("/login/code") and thief.session is None


def test_a_webhook_that_takes_links_by_name_and_no_other(own_server):
    server = own_server({"outbound.allow": "127.0.0.1", "webhook.retries": "1s,1s"})
    world = World(server)
    ada = person(world)
    with Receiver() as every, Receiver() as links:
        server.admin.created("/v1/webhooks", {"url": every.url, "events": ["*", "user.*"]})
        page = Browser(server).get("/login/forgot")
        assert page.status == 200 and page.parsed.forms == [] and "Ask whoever runs it" in page.parsed.text
        server.admin.created("/v1/webhooks", {"url": links.url, "events": ["user.password_link"]})
        assert forget(server, ada["name"]).status == 200
        until(lambda: links.requests, what="the link")
        (_, headers, body), = links.requests
        told = json.loads(body)
        assert told["type"] == "user.password_link" and told["data"]["user"] == ada["id"] and told["data"]["email"] == "ada@example.com"
        assert headers["webhook-signature"].startswith("v1,")
        token = LINK.search(told["data"]["url"])[1]
        server.seen.add(token)
        assert choose(server, token, "a new horse").status == 200
        until(lambda: "user.set_password" in [json.loads(b)["type"] for _, _, b in every.requests], what="the events")
        assert not any("invite?token" in b for _, _, b in every.requests)
        shown = server.admin.shown("/v1/deliveries?limit=1000")["items"]
        assert [d["body"] for d in shown if d["event"] == "user.password_link"] == [None]


def test_without_mail_or_webhook_the_page_says_whom_to_ask(world):
    browser = Browser(world.server)
    assert 'href="/login/forgot"' in browser.get("/login").body
    page = browser.get("/login/forgot")
    assert page.status == 200 and page.parsed.forms == [] and "Ask whoever runs it" in page.parsed.text
    # Not by hand either, and as before for whoever is there.
    a, b = (browser.send("POST", "/login/forgot", f"username={name}") for name in (person(world)["name"], "nobody"))
    assert a.status == b.status == 200 and a.body == b.body


def test_an_address_is_as_good_as_a_name(own_server):
    """In whatever case it is typed; the letter goes to the address the account has, and says its user name."""
    with Sink() as sink:
        server = own_server(settings(sink))
        ada = person(World(server), email="Ada@Example.com")
        assert "e-mail address" in Browser(server).get("/login/forgot").parsed.text
        page = forget(server, "aDA@example.COM")
        assert page.status == 200 and "on its way" in page.parsed.text
        token = token_of(server, sink)
        assert sink.envelopes == [("jeton@example.com", ["Ada@Example.com"])] and f"\n  {ada['name']}\r\n" in sink.letters[0].get_content()
        assert choose(server, token, "a new horse").status == 200
        assert Browser(server).log_in(ada["name"], "a new horse").path == "/account"


def test_each_account_with_that_address_gets_a_link_of_its_own(own_server):
    with Sink() as sink:
        server = own_server(settings(sink))
        world = World(server)
        home, work, other = person(world), person(world), person(world, email="eve@example.com")
        silent, off = world.user(email="ada@example.com"), person(world)         # one has no password, one may not act
        server.admin.done("POST", f"/v1/users/{off['id']}/disable", {})
        forget(server, "ada@example.com")
        tokens = [token_of(server, sink, 1), token_of(server, sink, 2)]
        forget(server, other["name"])
        token_of(server, sink, 3)
        assert [to for _, to in sink.envelopes] == [["ada@example.com"], ["ada@example.com"], ["eve@example.com"]]
        # A link is for the account whose name stands beside it.
        whose = [next(p for p in (home, work) if f"\n  {p['name']}\r\n" in letter.get_content()) for letter in sink.letters[:2]]
        assert {p["id"] for p in whose} == {home["id"], work["id"]}
        assert choose(server, tokens[0], "a new horse").status == 200
        assert Browser(server).log_in(whose[0]["name"], "a new horse").path == "/account"
        assert Browser(server).log_in(whose[1]["name"]).path == "/account"
        assert Browser(server).log_in(whose[1]["name"], "a new horse").status == 403
        events = server.admin.shown("/v1/audit?limit=1000&action=user.forgot_password")["items"]
        assert sorted(events[-1]["detail"]["users"]) == sorted(p["id"] for p in (home, work, off, silent)), events
        assert "ada@example.com" not in json.dumps(events)


def test_a_name_that_is_somebody_elses_address(own_server):
    """Names may look like addresses: who has the name and who has the address get their own, each at the address on file."""
    with Sink() as sink:
        server = own_server(settings(sink))
        world = World(server)
        named, there = person(world, name="ada@example.com", email="mallory@example.net"), person(world)
        forget(server, "ada@example.com")
        tokens = {to[0]: token for token, (_, to) in zip([token_of(server, sink, 1), token_of(server, sink, 2)], sink.envelopes)}
        assert set(tokens) == {"mallory@example.net", "ada@example.com"}
        assert choose(server, tokens["mallory@example.net"], "a new horse").status == 200
        assert Browser(server).log_in(named["name"], "a new horse").path == "/account"
        assert Browser(server).log_in(there["name"]).path == "/account"           # what is hers stays hers


def test_one_answer_for_an_address_that_is_there_and_one_that_is_not(own_server):
    with Sink() as sink:
        server = own_server(settings(sink))
        world = World(server)
        person(world), world.user(email="eve@example.com"), [person(world, email="many@example.com") for _ in range(3)]
        off = person(world, email="off@example.com")
        server.admin.done("POST", f"/v1/users/{off['id']}/disable", {})
        asked = ("ada@example.com", "eve@example.com", "many@example.com", "off@example.com", "nobody@example.com", "@", "%@example.com", "a@" + "x" * 5000)
        pages = [forget(server, what) for what in asked]
        assert len({(p.status, p.body, tuple(sorted(p.headers.keys()))) for p in pages}) == 1, pages
        for n in range(4):
            token_of(server, sink, n + 1)
        assert sorted(to for _, to in sink.envelopes) == [["ada@example.com"]] + [["many@example.com"]] * 3


def test_an_address_takes_as_long_when_nobody_has_it(own_server):
    with Sink() as sink:
        server = own_server({**settings(sink), "trusted_proxies": "127.0.0.1/32"})
        world = World(server)
        for i in range(40):
            person(world, email=f"person-{i}@example.com")
        takes_as_long(server, sink, *([f"{who}-{i}@example.com" for i in range(40)] for who in ("person", "nobody")))


def test_name_and_address_fill_a_mailbox_no_faster_than_one(own_server):
    with Sink() as sink:
        server = own_server({**settings(sink), "trusted_proxies": "127.0.0.1/32"})
        world = World(server)
        ada, last = person(world), person(world, email="last@example.com")
        spellings = [ada["name"], "ada@example.com", "ADA@example.com", "Ada@example.com"]
        for i in range(12):
            browser = Browser(server)
            page = browser.get("/login/forgot")
            assert browser.submit(page, "/login/forgot", {"X-Forwarded-For": f"10.0.{i}.1"}, username=spellings[i % 4]).status == 200
        forget(server, last["name"])
        until(lambda: [to for _, to in sink.envelopes][-1:] == [["last@example.com"]], what="the last letter")
        assert len(sink.letters) == 4
        for n in range(4):
            token_of(server, sink, n + 1)


@pytest.mark.skipif(not FOUND, reason="chromium and its driver are not installed")
@pytest.mark.parametrize("scripts", [False, True])
def test_the_page_in_a_real_browser(own_server, chromium, scripts):  # noqa: F811
    with Sink() as sink:
        server = own_server(settings(sink))
        ada = person(World(server))
        browser = chromium(scripts=scripts)
        browser.resize(320)
        browser.go(server.url + "/login")
        browser.press("a[href='/login/forgot']")
        until(lambda: browser.url.endswith("/login/forgot"), 10, "the page")
        if scripts:
            assert browser.run("return document.documentElement.scrollWidth <= window.innerWidth")
            assert browser.run("return [...document.querySelectorAll('input:not([type=hidden])')].every(i => i.labels.length === 1)")
            assert browser.run("return document.querySelectorAll('h1').length") == 1
        browser.type("#username", ada["name"])
        browser.press("button")
        until(lambda: "on its way" in browser.source, 10, "the answer")
        server.seen.add(token_of(server, sink))
        assert browser.complaints() == []


def test_links_are_sent_to_nobody_by_who_may_not_set_passwords(world):
    """A webhook that takes them lets its maker in as anybody."""
    wanted = {"url": "https://hook.example.com/x", "events": ["user.create", "user.password_link"]}
    few = world.server.bearing(world.management_token("jeton:webhooks:write")["token"])
    assert few.post("/v1/webhooks", wanted).problem == "forbidden"
    # The twins: other events, every event (links are named or not sent), and who may set passwords.
    made = [few.created("/v1/webhooks", {**wanted, "events": events}) for events in (["user.create"], ["*", "user.*"], [])]
    both = world.server.bearing(world.management_token("jeton:webhooks:write", "jeton:users:write")["token"])
    made.append(both.created("/v1/webhooks", wanted))
    for webhook in made:
        assert world.admin.delete(f"/v1/webhooks/{webhook['id']}").status == 204

"""Logging in and out, with forms as a browser without scripts sends them."""
import concurrent.futures
import re
import threading
import time
from urllib.parse import urlencode

import pytest

from browser import Browser, person
from server import World
from test_oauth_step_up import code_of
from waiting import until


def test_a_person_logs_in_and_out(server, world):
    user, browser = person(world), Browser(server)
    page = browser.get("/account")
    assert "/login" in page.url and page.status == 200
    before = dict(browser.cookies)
    page = browser.submit(page, "/login", username=user["name"], password="correct horse")
    assert page.status == 200 and page.path == "/account" and user["name"] in page.parsed.text
    assert browser.session and browser.session not in before.values()
    shown = world.admin.shown(f"/v1/sessions?user={user['id']}")["items"]
    assert [s["agent"] for s in shown] == ["Firefox on Linux"] and shown[0]["methods"] == ["pwd"] and shown[0]["id"].startswith("ses_")
    page = browser.submit(page, do="end-session", id=shown[0]["id"])
    assert "logged out" in page.parsed.text and browser.session is None
    assert world.admin.shown(f"/v1/sessions?user={user['id']}")["items"] == []


def test_a_login_gives_a_new_cookie_and_ends_the_old_one(server, world):
    """Whoever put a cookie into somebody's browser, or saw it before the login, has nothing by it."""
    user, browser = person(world), Browser(server)
    browser.log_in(user["name"])
    before = browser.session
    assert browser.log_in(user["name"]).path == "/account" and browser.session != before
    again = lambda cookie: server.anyone.get("/account", headers={"Cookie": f"jeton_session={cookie}"}).status
    assert again(before) == 303 and again(browser.session) == 200
    # Another person in the same browser: the first one's session is over.
    first, other = browser.session, person(world)
    browser.log_in(other["name"])
    assert again(first) == 303 and again(browser.session) == 200
    assert world.admin.shown(f"/v1/sessions?user={user['id']}")["items"] == []


def test_the_cookie_is_closed_to_scripts_and_short(server, world):
    user, browser = person(world), Browser(server)
    page = browser.get("/login")
    form = page.form("/login")
    answer = browser.send("POST", "/login", urlencode({**form["fields"], "username": user["name"], "password": "correct horse"}))
    line = answer.headers["Set-Cookie"]
    assert answer.status == 303 and "HttpOnly" in line and "SameSite=Lax" in line and "Path=/" in line and len(line) < 200
    for name in ("Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy"):
        assert page.headers[name]
    assert "'unsafe" not in page.headers["Content-Security-Policy"] and page.headers["Cache-Control"] == "no-store"


def test_over_tls_the_cookie_is_bound_to_the_host(own_server):
    server = own_server()
    server.settings["issuer"] = f"https://login.example.com:{server.port}"
    server.restart()
    world, browser = World(server), Browser(server)
    user = person(world)
    form = browser.get("/login").form("/login")
    answer = browser.send("POST", "/login", urlencode({**form["fields"], "username": user["name"], "password": "correct horse"}))
    assert answer.headers["Set-Cookie"].startswith("__Host-jeton_session=") and "; Secure" in answer.headers["Set-Cookie"]


def test_wrong_passwords_and_unknown_names_look_alike(server, world):
    user, browser = person(world), Browser(server)
    pages = [browser.log_in(name, password) for name, password in ((user["name"], "wrong"), ("nobody-" + world.prefix, "wrong"))]
    assert [p.status for p in pages] == [403, 403] and browser.session is None
    assert pages[0].parsed.text == pages[1].parsed.text


def test_a_password_too_long_to_be_one_takes_as_long_for_everybody(server, world):
    there, nobody = person(world)["name"], world.name("nobody")

    def least(name, octets):
        took = []
        for i in range(5):
            browser = Browser(server, source=f"127.0.3.{i + 1}")
            page = browser.get("/login")
            began = time.monotonic()
            assert browser.submit(page, "/login", username=name, password="x" * octets).status == 403
            took.append(time.monotonic() - began)
        return min(took)
    # One that is refused unseen takes a millisecond; one that is hashed, tens of them.
    for octets in (1024, 1025):
        assert least(there, octets) > least(nobody, octets) / 4, octets


def test_a_form_of_another_site_is_refused(server, world):
    user, browser = person(world), Browser(server)
    form = browser.get("/login").form("/login")
    good = {**form["fields"], "username": user["name"], "password": "correct horse"}
    for fields, headers in (({**good, "csrf": ""}, {}), ({**good, "csrf": good["csrf"][:-2] + "AA"}, {}),
                            (good, {"Origin": "https://evil.example.com"}), (good, {"Sec-Fetch-Site": "cross-site"}), (good, {"Origin": "null"})):
        assert browser.send("POST", "/login", urlencode(fields), headers).status == 403
        assert browser.session is None
    # Another browser's form, with the first one's cookie missing.
    assert Browser(server).send("POST", "/login", urlencode(good)).status == 403
    assert browser.send("POST", "/login", urlencode(good)).status == 303 and browser.session


def test_a_login_leads_nowhere_else(server, world):
    user = person(world)
    for to in ("https://evil.example.com/", "//evil.example.com/", "/\\evil.example.com", "javascript:alert(1)"):
        browser = Browser(server)
        page = browser.log_in(user["name"], path="/login?" + urlencode({"return": to}))
        assert page.url == server.url + "/account"
    # Text in the address stays text.
    page = Browser(server).get("/login?" + urlencode({"return": "/account?\"><script>alert(1)</script>"}))
    assert "<script>" not in page.body


def test_guessing_is_slowed_and_locks_nobody_out(server, world):
    user, browser = person(world), Browser(server)
    statuses = [browser.log_in(user["name"], "guess").status for _ in range(12)]
    assert statuses[:10] == [403] * 10 and statuses[-1] == 429
    # From elsewhere the person still comes in: the guesser's network waits, not the account.
    other = Browser(server)
    other.send_from = "127.9.9.9"
    page = other.get("/login")
    form = page.form("/login")
    answer = other.send("POST", "/login", urlencode({**form["fields"], "username": user["name"], "password": "correct horse"}),
                        {"X-Forwarded-For": "198.51.100.7"})
    assert answer.status == 303 and other.session


def test_guesses_at_once_are_counted_one_after_another(server, world):
    user = person(world)

    def guess(_):
        browser = Browser(server, source="127.0.6.1")
        return browser.log_in(user["name"], "wrong horse").status
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(guess, range(64)))
    # Ten, however many came at once; whom there was no place to wait for is told so, and was not counted.
    assert {403, 429} <= set(answers) <= {403, 429, 503} and answers.count(403) == 10, answers
    assert Browser(server, source="127.0.7.1").log_in(user["name"]).path == "/account"


def test_a_flood_of_passwords_holds_up_nothing_else(own_server):
    """Each hash takes long; the flood comes from many networks, so no network's own limit stops it."""
    server = own_server({"password.memory": "65536", "password.passes": "8", "workers": "8"})
    world = World(server)
    user = person(world)
    flood = [Browser(server, source=f"127.8.{i}.1") for i in range(24)]
    pages = [browser.get("/login") for browser in flood]
    answers = []

    def guess(i):
        name = user["name"] if i % 2 else f"nobody-{i}"
        answers.append((i % 2, flood[i].submit(pages[i], "/login", username=name, password="wrong horse")))
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        under_way = [pool.submit(guess, i) for i in range(24)]
        until(lambda: any(page.status == 503 for _, page in answers), 20, "somebody who is told to come again")
        # Six of eight workers have passwords to wait for; the others are served meanwhile.
        for _ in range(20):
            assert server.anyone.get("/login").status == 200
        assert not all(f.done() for f in under_way), "the flood was over before it was seen"
    busy = [page for _, page in answers if page.status == 503]
    assert len(busy) >= 12 and all(page.headers["Retry-After"] for page in busy) and {p.status for _, p in answers} == {403, 503}
    # Known or not, it looks the same; and it is over with the flood.
    assert len({page.body for page in busy}) == 1 and {known for known, page in answers if page.status == 503} == {0, 1}
    assert Browser(server, source="127.9.0.1").log_in(user["name"]).path == "/account"


def test_codes_tried_at_once_are_counted_one_after_another(server, world):
    user, browser = person(world), Browser(server)
    browser.log_in(user["name"])
    page = browser.get("/account/authenticator")
    secret = page.form("/account/authenticator")["fields"]["secret"]
    browser.submit(page, code=code_of(secret))
    thief = Browser(server, source="127.0.6.2")
    waiting = thief.log_in(user["name"])

    def guess(_):
        other = Browser(server, source="127.0.6.2")
        other.cookies = dict(thief.cookies)
        return other.submit(waiting, "/login/code", code="12345x").status
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(guess, range(64)))
    assert answers.count(403) == 10 and set(answers) == {403, 429}, answers
    # From elsewhere the person still comes in.
    home = Browser(server, source="127.0.7.2")
    assert home.submit(home.log_in(user["name"]), "/login/code", code=code_of(secret, 1)).path == "/account"


def test_who_knows_the_password_alone_puts_no_second_step_of_his_own_in_place(server, world):
    user, thief, owner = person(world), Browser(server), Browser(server)
    thief.log_in(user["name"])
    mine = thief.get("/account/authenticator")
    account = thief.get("/account")
    owner.log_in(user["name"])
    page = owner.get("/account/authenticator")
    secret = page.form("/account/authenticator")["fields"]["secret"]
    owner.submit(page, code=code_of(secret))
    # Begun before there was a second step, and not ten minutes ago.
    page = thief.submit(mine, "/account/authenticator", code=code_of(mine.form("/account/authenticator")["fields"]["secret"]))
    assert page.path == "/login", page
    assert thief.get("/account/authenticator").path == thief.get("/account/passkeys").path == "/login"
    assert thief.submit(account, "/account", do="remove-totp").path == "/login"
    assert "/login/code" in Browser(server).log_in(user["name"]).body, "it is still asked for"
    # Its twin: who took it.
    assert owner.get("/account/authenticator").path == "/account/authenticator"


def test_a_disabled_user_is_out_at_the_next_request(server, world):
    user, browser = person(world), Browser(server)
    browser.log_in(user["name"])
    assert browser.get("/account").path == "/account"
    world.admin.done("POST", f"/v1/users/{user['id']}/disable")
    assert "/login" in browser.get("/account").url
    assert browser.log_in(user["name"]).status == 403
    world.admin.done("POST", f"/v1/users/{user['id']}/enable")
    assert browser.log_in(user["name"]).status == 200


def test_sessions_end_one_by_one_all_others_and_all(server, world):
    user = person(world)
    browsers = [Browser(server) for _ in range(4)]
    for b in browsers:
        b.log_in(user["name"])
    inside = lambda: [b.get("/account").path == "/account" for b in browsers]
    ids = [s["id"] for s in world.admin.shown(f"/v1/sessions?user={user['name']}")["items"]]
    assert len(ids) == 4 and inside() == [True] * 4
    world.admin.done("DELETE", f"/v1/sessions/{ids[-1]}")   # the oldest: newest first
    assert inside() == [False, True, True, True]
    page = browsers[1].get("/account")
    browsers[1].submit(page, do="end-others", id="")
    assert inside() == [False, True, False, False]
    assert world.admin.done("POST", "/v1/sessions/revoke", {"user": user["id"]}) == {"ended": 1}
    assert inside() == [False] * 4


def test_nobody_ends_what_is_anothers(server, world):
    mine, other = person(world), person(world)
    browser, victim = Browser(server), Browser(server)
    browser.log_in(mine["name"]), victim.log_in(other["name"])
    target = world.admin.shown(f"/v1/sessions?user={other['id']}")["items"][0]["id"]
    page = browser.get("/account")
    assert browser.submit(page, do="end-session", id=target).status == 404
    assert victim.get("/account").path == "/account"
    token = world.token(principal=other)
    assert browser.submit(page, do="revoke-token", id=token["id"]).status == 404
    own = world.token(principal=mine)
    browser.submit(page, do="revoke-token", id=own["id"])
    assert not world.allowed(own["token"]) and world.allowed(token["token"])


def test_a_changed_password_throws_the_others_out(server, world):
    user = person(world)
    browser, other = Browser(server), Browser(server)
    browser.log_in(user["name"]), other.log_in(user["name"])
    before = browser.session
    page = browser.get("/account")
    assert browser.submit(page, do="password", password="wrong", new_password="battery staple").status == 403
    assert browser.submit(page, do="password", password="correct horse", new_password="short").status == 400
    page = browser.submit(page, do="password", password="correct horse", new_password="battery staple")
    assert page.status == 200 and browser.session != before
    assert "/login" in other.get("/account").url and browser.get("/account").path == "/account"
    assert Browser(server).log_in(user["name"]).status == 403
    assert Browser(server).log_in(user["name"], "battery staple").status == 200


@pytest.mark.parametrize("way", ["link", "administrator", "account"])
def test_an_old_password_lets_nobody_in_while_it_is_replaced(server, world, way):
    user = person(world)
    link = world.admin.created(f"/v1/users/{user['id']}/invite", {"expires_in": "1h"})["url"]
    server.seen.add(link.split("token=")[1])
    owner, began = Browser(server), threading.Barrier(5, timeout=60)
    owner.log_in(user["name"])

    def again_and_again(n):
        for turn in range(1000):
            if turn == 1:
                began.wait()
            browser = Browser(server, source=f"127.0.5.{n + 1}")
            if browser.log_in(user["name"]).status == 403:
                return
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        others = [pool.submit(again_and_again, n) for n in range(4)]
        began.wait()
        if way == "link":
            assert owner.submit(owner.get(link), "/invite", password="battery staple").status == 200
        elif way == "administrator":
            world.admin.done("POST", f"/v1/users/{user['id']}/password", {"password": "battery staple"})
        else:
            assert owner.submit(owner.get("/account"), do="password", password="correct horse", new_password="battery staple").status == 200
        [other.result() for other in others]
    # Nobody but the one who changed it on the account page.
    left = world.admin.shown(f"/v1/sessions?user={user['id']}")["items"]
    assert len(left) == (way == "account"), left
    assert Browser(server).log_in(user["name"], "battery staple").path == "/account"


def test_a_second_step_is_for_the_password_of_the_first(server, world):
    user, owner, other = person(world), Browser(server), Browser(server)
    owner.log_in(user["name"])
    page = owner.get("/account/authenticator")
    secret = page.form("/account/authenticator")["fields"]["secret"]
    recovery = re.findall(r"<code>([a-z2-9]{5}-[a-z2-9]{5})</code>", owner.submit(page, code=code_of(secret)).body)
    waiting = other.log_in(user["name"])
    world.admin.done("POST", f"/v1/users/{user['id']}/password", {"password": "battery staple"})
    assert other.submit(waiting, "/login/code", code=code_of(secret, 1)).status == 403 and other.session is None
    assert other.submit(other.log_in(user["name"], "battery staple"), "/login/code", code=recovery[0]).path == "/account" and other.session


def test_an_invitation_sets_a_password_once(server, world):
    user = world.user()
    link = world.admin.created(f"/v1/users/{user['id']}/invite", {"expires_in": "1h"})["url"]
    server.seen.add(link.split("token=")[1])
    browser = Browser(server)
    page = browser.get(link)
    assert page.status == 200 and user["name"] in page.parsed.text
    assert browser.submit(page, "/invite", password="short").status == 400
    assert browser.submit(page, "/invite", password="correct horse").status == 200
    assert browser.log_in(user["name"]).path == "/account"
    assert Browser(server).get(link).status == 404 and Browser(server).get(link[:-1] + "x").status == 404


def test_a_second_step(server, world):
    import hmac, struct, time, base64, re
    user, browser = person(world), Browser(server)
    browser.log_in(user["name"])
    page = browser.get("/account/authenticator")
    secret = page.form("/account/authenticator")["fields"]["secret"]

    def code(offset=0):
        step = int(time.time()) // 30 + offset
        mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), "sha1").digest()
        at = mac[19] & 15
        return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000:06}"
    assert browser.submit(page, code="000000" if code() != "000000" else "000001").status == 403
    page = browser.submit(page, code=code())
    recovery = re.findall(r"<code>([a-z2-9]{5}-[a-z2-9]{5})</code>", page.body)
    assert page.status == 200 and len(recovery) == 10
    other = Browser(server)
    page = other.log_in(user["name"])
    assert page.status == 200 and other.session is None and "/login/code" in page.body
    assert other.submit(page, "/login/code", code="123").status == 403
    page = other.submit(other.log_in(user["name"]), "/login/code", code=recovery[0])
    assert page.path == "/account" and other.session
    # Each code is good once; the step that confirmed the authenticator too.
    again = Browser(server)
    assert again.submit(again.log_in(user["name"]), "/login/code", code=recovery[0]).status == 403
    assert again.submit(again.log_in(user["name"]), "/login/code", code=code()).status == 403 or again.session
    page = again.submit(again.log_in(user["name"]), "/login/code", code=code(1))
    assert page.path == "/account" and again.session
    methods = [s["methods"] for s in world.admin.shown(f"/v1/sessions?user={user['id']}")["items"]]
    assert ["pwd", "otp"] in methods and ["pwd", "rc"] in methods

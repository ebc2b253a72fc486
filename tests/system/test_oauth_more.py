"""Device authorization, pushed requests, logout, DPoP, clients that authenticate by a key."""
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlencode

from browser import App, Browser, claims, person
from server import World
from test_oauth_answers import basic
from test_oauth_code import active, own_api

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def begin(server, app, **more):
    answer = server.anyone.post("/oauth/device_authorization", form={"client_id": app.id, **more})
    assert answer.status == 200, answer
    server.seen.add(answer.json["device_code"])
    return answer.json


def poll(app, device):
    return app.token(grant_type=DEVICE, device_code=device["device_code"])


def native(world, **more):
    return App(world, "native", redirects=["http://127.0.0.1/callback"], **more)


def test_a_device_is_connected_by_a_person_at_a_browser(server, world):
    app, user, browser = native(world), person(world), Browser(server)
    device = begin(server, app, scope="openid")
    assert device["verification_uri"] == server.url + "/device" and device["interval"] == 5
    assert poll(app, device).json["error"] == "authorization_pending"
    assert poll(app, device).json["error"] == "slow_down"
    page = browser.get(device["verification_uri_complete"])
    page = browser.submit(page, "/login", username=user["name"], password="correct horse")
    assert page.form("/device")["fields"]["user_code"] == device["user_code"]
    page = browser.submit(page, "/device", user_code=device["user_code"].lower().replace("-", " "))
    assert app.client["name"] in page.parsed.text and device["user_code"] in page.parsed.text
    page = browser.submit(page, "/device", decision="allow")
    assert page.status == 200
    got = poll(app, device)
    assert got.status == 200 and claims(got.json["id_token"])["sub"] == user["id"] and got.json["refresh_token"]
    assert poll(app, device).json["error"] == "invalid_grant"
    assert browser.submit(browser.get("/device"), "/device", user_code=device["user_code"]).status == 404


def test_a_device_may_be_refused_and_codes_are_not_shared(server, world):
    app, other, user, browser = native(world), native(world), person(world), Browser(server)
    browser.log_in(user["name"])
    device = begin(server, app, scope="openid")
    assert other.token(grant_type=DEVICE, device_code=device["device_code"]).json["error"] == "invalid_grant"
    page = browser.submit(browser.get("/device"), "/device", user_code=device["user_code"])
    browser.submit(page, "/device", decision="deny")
    assert poll(app, device).json["error"] == "access_denied"
    assert browser.submit(browser.get("/device"), "/device", user_code="BCDF-GHJK").status == 404
    assert server.anyone.post("/oauth/device_authorization", form={"client_id": App(world).id}).status == 401


def test_twenty_polls_at_once_get_one_grant(server, world):
    app, user, browser = native(world), person(world), Browser(server)
    browser.log_in(user["name"])
    device = begin(server, app, scope="openid")
    page = browser.submit(browser.get("/device"), "/device", user_code=device["user_code"])
    browser.submit(page, "/device", decision="allow")
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: poll(app, device).status, range(20)))
    assert answers.count(200) == 1 and set(answers) == {200, 400}


def test_pushed_requests(server, world):
    app, user, browser = App(world, require_pushed_authorization_requests=True), person(world), Browser(server)
    browser.log_in(user["name"])
    from urllib.parse import parse_qs
    query = {k: v[0] for k, v in parse_qs(app.authorize_url().split("?")[1]).items()}
    import base64
    basic = {"Authorization": "Basic " + base64.b64encode(f"{app.id}:{app.secret}".encode()).decode()}
    push = lambda form: server.anyone.post("/oauth/par", form=form, headers=basic)
    assert browser.send("GET", "/oauth/authorize?" + urlencode(query)).status == 400
    assert push({**query, "redirect_uri": "https://evil.example.com/"}).status == 400
    assert push({**query, "request_uri": "urn:x"}).json["error"] == "invalid_request"
    assert push({**query, "scope": "nobody:knows"}).json["error"] == "invalid_scope"
    assert server.anyone.post("/oauth/par", form=query).status == 401
    pushed = push(query)
    assert pushed.status == 201 and pushed.json["request_uri"].startswith("urn:ietf:params:oauth:request_uri:") and pushed.json["expires_in"] == 90
    where = "/oauth/authorize?" + urlencode({"client_id": app.id, "request_uri": pushed.json["request_uri"]})
    # A request object beside it is refused, whatever it is; the server goes on, and what was pushed is still good.
    for beside in ("x", "", "a.b.c"):
        for address in (where, where.replace("/oauth/authorize", "/consent")):
            page = browser.send("GET", address + "&" + urlencode({"request": beside}))
            assert page.status == 400 and page.location is None, page
    page = browser.get(where)
    page = browser.submit(page, "/consent", decision="allow")
    assert app.redeem(page.query["code"]).status == 200
    # Once, and for that client.
    assert browser.send("GET", where).status == 400
    other = App(world)
    again = push(query).json["request_uri"]
    assert browser.send("GET", "/oauth/authorize?" + urlencode({"client_id": other.id, "request_uri": again})).status == 400
    assert browser.send("GET", "/oauth/authorize?" + urlencode({"client_id": app.id, "request_uri": "https://evil.example.com/r"})).status == 400


def test_what_is_pushed_is_short(server, world):
    from urllib.parse import parse_qsl
    app = App(world, kind="spa")
    push = lambda octets: server.anyone.post("/oauth/par", form={**dict(parse_qsl(app.authorize_url().split("?")[1])), "state": "x" * octets})
    assert push(30_000).status == 201
    for octets in (32_768, 5_000_000):
        answer = push(octets)
        assert answer.status == 413 and answer.json["error"] == "invalid_request", answer
    # What this server does not read, it does not keep either.
    unknown = {**dict(parse_qsl(app.authorize_url().split("?")[1])), **{f"x{i}": "y" * 1000 for i in range(40)}}
    assert server.anyone.post("/oauth/par", form=unknown).status == 201


def test_logout_by_the_application(server, world):
    back = "https://app.example.com/bye"
    app, user, browser = App(world, post_logout_redirect_uris=[back]), person(world), Browser(server)
    tokens = app.tokens(browser, user)
    leave = lambda **q: "/oauth/logout?" + urlencode(q)
    assert browser.send("GET", leave(id_token_hint=tokens["id_token"], post_logout_redirect_uri="https://evil.example.com/")).status == 400
    assert browser.send("GET", leave(id_token_hint=tokens["id_token"][:-4] + "AAAA", post_logout_redirect_uri=back)).status == 400
    assert browser.session
    # Without proof that the application knows the session, the person is asked.
    page = browser.get(leave(client_id=app.id, post_logout_redirect_uri=back, state="x"))
    assert page.status == 200 and browser.session
    other = Browser(server)
    other_tokens = app.tokens(other, person(world))
    assert "/oauth/logout" in browser.get(leave(id_token_hint=other_tokens["id_token"])).body and browser.session
    page = browser.submit(page, "/oauth/logout", leave="yes")
    assert page.status == 303 and page.location == back + "?state=x" and browser.session is None
    assert not active(world, tokens["access_token"]) and app.refresh(tokens["refresh_token"]).status == 400
    page = other.send("GET", leave(id_token_hint=other_tokens["id_token"], post_logout_redirect_uri=back, state="y"))
    assert page.status == 303 and page.location == back + "?state=y" and not active(world, other_tokens["access_token"])


def test_logout_by_a_form_of_the_application(server, world):
    back = "https://app.example.com/bye"
    app, user, browser = App(world, post_logout_redirect_uris=[back]), person(world), Browser(server)
    tokens = app.tokens(browser, user)

    def posted(**form):
        """As a browser sends another site's form: without SameSite=Lax cookies, which the redirect from here brings along."""
        kept, browser.cookies = browser.cookies, {}
        page = browser.send("POST", "/oauth/logout", urlencode(form), {"Origin": "https://app.example.com", "Sec-Fetch-Site": "cross-site"})
        browser.cookies = kept
        return browser.follow(page)
    # Who says nothing that only the application knows has the person asked, as by a link.
    page = posted(client_id=app.id, post_logout_redirect_uri=back)
    assert page.status == 200 and page.form("/oauth/logout") and browser.session and active(world, tokens["access_token"])
    page = posted(id_token_hint=tokens["id_token"], post_logout_redirect_uri=back, state="a b&c")
    assert page.status == 303 and page.location == back + "?state=a%20b%26c" and browser.session is None
    assert not active(world, tokens["access_token"])
    assert posted(id_token_hint=tokens["id_token"], post_logout_redirect_uri="https://evil.example.com/").status == 400


def test_strangers_of_one_network_fill_no_store(own_server):
    """What anybody may have kept (a device code, a public client's pushed request, a long request) is so much a network, and others are not in the way."""
    server = own_server()
    world = World(server)
    app, web, here, there = native(world), App(world), server.anyone, server.from_address("127.1.0.1")
    begun = lambda by: by.post("/oauth/device_authorization", form={"client_id": app.id, "scope": "openid"})
    begin_all, answers = ThreadPoolExecutor(8), []
    while 429 not in answers and len(answers) < 5000:
        answers += begin_all.map(lambda _: begun(here).status, range(200))
    assert answers.count(200) >= 1000 and set(answers) == {200, 429}
    # It leaks away by twenty a second: a few more, and the next is one too many.
    refused = next(a for a in (begun(here) for _ in range(300)) if a.status == 429)
    assert refused.json["error"] == "temporarily_unavailable"
    public = {k: v[0] for k, v in parse_qs(app.authorize_url().split("?")[1]).items()}
    some = lambda call: any(call() == 429 for _ in range(100))
    assert some(lambda: here.post("/oauth/par", form=public).status)
    assert some(lambda: Browser(server).send("GET", web.authorize_url(state="x" * 3000)).status)
    # The twins: another network, who shows who it is, and who is logged in.
    assert begun(there).status == 200 and there.post("/oauth/par", form=public).status == 201
    shown = {k: v[0] for k, v in parse_qs(web.authorize_url().split("?")[1]).items()}
    assert here.post("/oauth/par", form=shown, headers=basic(web)).status == 201
    browser = Browser(server)
    browser.log_in(person(world)["name"])
    assert browser.send("GET", web.authorize_url(state="x" * 3000)).status == 303

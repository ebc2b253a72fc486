"""A browser without scripts: cookies, redirects, and forms as they stand in the page."""
import base64
import hashlib
import html.parser
import http.client
import os
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit


class Forms(html.parser.HTMLParser):
    """Every form of a page: (action, {hidden and given values}, {button name: values})."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == "form":
            self.forms.append({"action": a.get("action"), "fields": {}, "buttons": {}, "labels": []})
        elif tag == "input" and self.forms and a.get("name"):
            self.forms[-1]["fields"][a["name"]] = a.get("value", "")
        elif tag == "button" and self.forms and a.get("name"):
            self.forms[-1]["buttons"].setdefault(a["name"], []).append(a.get("value"))

    def handle_data(self, data):
        self.text += data


class Page:
    def __init__(self, url, status, headers, body):
        self.url, self.status, self.headers, self.body = url, status, headers, body.decode()
        self.parsed = Forms(self.body)

    def __repr__(self):
        return f"<{self.status} {self.url} {self.parsed.text[:400]!r}>"

    @property
    def path(self):
        return urlsplit(self.url).path

    @property
    def location(self):
        return self.headers.get("Location")

    @property
    def query(self):
        return {k: v[0] for k, v in parse_qs(urlsplit(self.location or self.url).query).items()}

    def form(self, action=None):
        found = [f for f in self.parsed.forms if action is None or f["action"] == action]
        assert found, f"no form {action} in {self!r}"
        return found[0]


def fetch(url, port, method, body, fields, source=None):
    """One request over a connection of its own, to loopback whatever the address says."""
    at = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=source and (source, 0))
    try:
        connection.request(method, at.path + ("?" + at.query if at.query else ""), body, fields)
        got = connection.getresponse()
        return Page(url, got.status, got.headers, got.read())
    finally:
        connection.close()


class Browser:
    """Follows redirects within `server`; stops before leaving it."""

    def __init__(self, server, agent="Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", source=None):
        self.server, self.agent, self.cookies, self.source = server, agent, {}, source

    def send(self, method, url, body=None, headers=None):
        url = urljoin(self.server.url, url)
        fields = {"User-Agent": self.agent, "Accept": "text/html", **(headers or {})}
        if self.cookies:
            fields["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        if body is not None:
            fields["Content-Type"] = "application/x-www-form-urlencoded"
            fields.setdefault("Origin", self.server.url)
        page = fetch(url, self.server.port, method, body, fields, self.source)
        for line in page.headers.get_all("Set-Cookie") or []:
            name, value = line.split(";")[0].split("=", 1)
            if "max-age=0" in line.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return page

    def follow(self, page):
        for _ in range(10):
            if page.status not in (302, 303) or not urljoin(page.url, page.location).startswith(self.server.url + "/"):
                return page
            page = self.send("GET", urljoin(page.url, page.location))
        raise AssertionError("redirects without end")

    def get(self, path):
        return self.follow(self.send("GET", path))

    def submit(self, page, action=None, headers=None, **values):
        form = page.form(action)
        return self.follow(self.send("POST", urljoin(page.url, form["action"]), urlencode({**form["fields"], **values}), headers))

    def log_in(self, user, password="correct horse", path="/login"):
        return self.submit(self.get(path), "/login", username=user, password=password)

    @property
    def session(self):
        return next((v for k, v in self.cookies.items() if k.endswith("jeton_session")), None)


def pkce():
    verifier = base64.urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode()
    return verifier, base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def claims(jwt):
    """A JWT's claims, not verified."""
    import json
    part = jwt.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class App:
    """An OAuth client as its developer writes it, by hand."""

    CALLBACK = "https://app.example.com/callback"

    def __init__(self, world, kind="web", scopes=("orders:read",), redirects=None, **more):
        self.world, self.server = world, world.server
        self.redirect = (redirects or [self.CALLBACK])[0] if kind != "machine" else None
        self.client = world.admin.created("/v1/clients", {
            "name": world.name("app"), "type": kind, "scopes": list(scopes),
            "redirect_uris": redirects or ([] if kind == "machine" else [self.CALLBACK]), **more})
        self.id, self.secret = self.client["id"], self.client.get("secret")
        self.verifier = None

    def authorize_url(self, scope="openid", **more):
        self.verifier, challenge = pkce()
        parameters = {"response_type": "code", "client_id": self.id, "redirect_uri": self.redirect, "scope": scope, "state": "s-1",
                      "nonce": "n-1", "code_challenge": challenge, "code_challenge_method": "S256", **more}
        return "/oauth/authorize?" + urlencode({k: v for k, v in parameters.items() if v is not None})

    def token(self, **form):
        headers = {}
        if self.secret and "client_id" not in form:
            headers["Authorization"] = "Basic " + base64.b64encode(f"{self.id}:{self.secret}".encode()).decode()
        elif not self.secret:
            form.setdefault("client_id", self.id)
        return self.server.anyone.post("/oauth/token", form=form, headers=headers)

    def redeem(self, code, **more):
        return self.token(**{"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect, "code_verifier": self.verifier, **more})

    def refresh(self, token, **more):
        return self.token(grant_type="refresh_token", refresh_token=token, **more)

    def code(self, browser, user=None, **more):
        """Through login and consent, whichever are asked for; the code."""
        page = browser.get(self.authorize_url(**more))
        if page.status == 200 and "/login" in page.url:
            page = browser.submit(page, "/login", username=user["name"], password="correct horse")
        if page.status == 200 and "/consent" in page.url:
            page = browser.submit(page, "/consent", decision="allow")
        assert page.status == 303 and page.location.startswith(self.redirect), page
        assert page.query["state"] == "s-1" and page.query["iss"] == self.server.url, page.location
        return page.query["code"]

    def tokens(self, browser, user=None, **more):
        answer = self.redeem(self.code(browser, user, **more))
        assert answer.status == 200, answer
        return answer.json


def person(world):
    """A user who has a password."""
    return world.user(password="correct horse", email=f"{world.name('mail')}@example.com")

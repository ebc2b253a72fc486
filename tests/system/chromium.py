"""Debian's Chromium, driven by its own driver: the WebDriver protocol on the standard library."""
import json
import re
import shutil
import urllib.request
from waiting import free_port, until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
FOUND = shutil.which("chromium") and shutil.which("chromedriver")



class Chromium:
    """One browser with an empty profile. `scripts=False` turns JavaScript off."""

    def __init__(self, processes, folder, scripts=True):
        self.port = free_port()
        processes.start(["chromedriver", f"--port={self.port}"], "chromedriver")
        until(lambda: self._ready(), 30, "chromedriver")
        preferences = {} if scripts else {"profile.managed_default_content_settings.javascript": 2}
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={folder / 'chromium'}"], "prefs": preferences}
        self.session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}})["sessionId"]

    def _ready(self):
        try:
            return self.call("GET", "/status")["ready"]
        except OSError:
            return False

    def call(self, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method, headers={"Content-Type": "application/json"},
                                         data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read())["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()[:600]) from None

    def _(self, method, path, body=None):
        return self.call(method, f"/session/{self.session}{path}", body)

    def go(self, url):
        self._("POST", "/url", {"url": url})

    @property
    def url(self):
        return self._("GET", "/url")

    @property
    def source(self):
        return self._("GET", "/source")

    def find(self, css):
        return self._("POST", "/element", {"using": "css selector", "value": css})[ELEMENT]

    def type(self, css, text):
        element = self.find(css)
        self._("POST", f"/element/{element}/clear", {})
        self._("POST", f"/element/{element}/value", {"text": text})

    def press(self, css):
        self._("POST", f"/element/{self.find(css)}/click", {})

    def run(self, script, *arguments):
        return self._("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def add_authenticator(self):
        """A platform authenticator that verifies its user (WebAuthn, "User Agent Automation")."""
        self._("POST", "/webauthn/authenticator", {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
                                                   "hasUserVerification": True, "isUserVerified": True})

    def cookies(self):
        return {c["name"]: c for c in self._("GET", "/cookie")}

    def complaints(self):
        """What the browser's console says of security policies."""
        return [e["message"] for e in self._("POST", "/se/log", {"type": "browser"}) if re.search("Content Security|Refused|blocked", e["message"])]

    def resize(self, width, height=800):
        self._("POST", "/window/rect", {"width": width, "height": height})

    def close(self):
        self._("DELETE", "")


def log_in(browser, user, password="correct horse"):
    browser.type("input[name=username]", user)
    browser.type("input[name=password]", password)
    browser.press("button[type=submit]")

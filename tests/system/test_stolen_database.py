"""A stolen database opens nothing: every column of it, as it is and in other spellings, at every door that takes a credential."""
import base64
import json
import shutil
import sqlite3
from urllib.parse import quote, urlencode

from browser import App, Browser, person
from server import World


def spellings(cell):
    """What a thief would try of one cell: itself, its encodings, and every string in it where it is JSON."""
    if isinstance(cell, (int, float)) or cell is None:
        return [] if cell is None else [str(cell)]
    octets = cell.encode() if isinstance(cell, str) else cell
    found = [octets.hex(), base64.urlsafe_b64encode(octets).decode().rstrip("="), base64.b64encode(octets).decode(), octets.decode("latin1")]
    try:
        pending = [json.loads(octets)]
    except ValueError:
        return found
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            pending += list(value) + list(value.values())
        elif isinstance(value, list):
            pending += value
    return found


def dump(server, folder):
    """The database as a thief finds it, with its write-ahead log."""
    for file in server.data.glob("jeton.db*"):
        shutil.copy(file, folder / file.name)
    with sqlite3.connect(folder / "jeton.db") as db:
        db.text_factory = bytes
        tables = [t.decode() for (t,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        cells = {}
        for table in tables:
            for row in db.execute(f'SELECT * FROM "{table}"'):
                for cell in row:
                    for text in spellings(cell):
                        cells.setdefault(text, table)
    return tables, cells


class Doors:
    """Everything that takes a credential; each says whether that one opened it."""

    def __init__(self, server, world):
        self.server, self.world = server, world
        self.user = person(world)
        self.browser = Browser(server)
        self.browser.log_in(self.user["name"])
        self.app, self.machine = App(world), App(world, "machine")
        self.tv = App(world, "native", redirects=["http://127.0.0.1/callback"])
        self.api = world.api()
        self.pat = world.token(self.api, self.user)
        self.admin_token = world.management_token("jeton:admin")
        self.tokens = self.app.tokens(self.browser)
        self.code, self.verifier = self.app.code(self.browser), self.app.verifier
        self.device = server.anyone.post("/oauth/device_authorization", form={"client_id": self.tv.id, "scope": "openid"}).json
        _, _, query = self.app.authorize_url().partition("?")
        self.pushed = server.anyone.post("/oauth/par", body=query.encode(), headers={**self._basic(self.app), "Content-Type": "application/x-www-form-urlencoded"}).json
        self.link = world.admin.created(f"/v1/users/{world.user()['id']}/invite", {"expires_in": "1h"})["url"].split("token=")[1]

    def _basic(self, app, secret=None):
        return {"Authorization": "Basic " + base64.b64encode(f"{app.id}:{quote(secret or app.secret, safe='')}".encode()).decode()}

    def _form(self, **form):
        return self.server.anyone.post("/oauth/token", form=form, headers=self._basic(self.app)).status == 200

    def doors(self):
        send = self.server.anyone
        bearer = lambda text: {"Authorization": b"Bearer " + text.encode("latin1")}
        return {
            "verify": lambda t: send.get("/verify", headers=bearer(t)).status == 200,
            "management": lambda t: send.get("/v1/apis", headers=bearer(t)).status == 200,
            "session": lambda t: send.get("/account", headers={"Cookie": b"jeton_session=" + t.encode("latin1")}).status == 200,
            "client secret": lambda t: send.post("/oauth/token", form={"grant_type": "client_credentials"}, headers=self._basic(self.machine, t)).status == 200,
            "refresh": lambda t: self._form(grant_type="refresh_token", refresh_token=t),
            "invitation": lambda t: send.get("/invite?" + urlencode({"token": t})).status == 200,
            "code": lambda t: self._form(grant_type="authorization_code", code=t, redirect_uri=self.app.redirect, code_verifier=self.verifier),
            "pushed": lambda t: Browser(self.server).send("GET", "/oauth/authorize?" + urlencode({"client_id": self.app.id, "request_uri": t})).status in (200, 303),
            "device": lambda t: send.post("/oauth/token", form={"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "client_id": self.tv.id,
                                                                "device_code": t}).json.get("error") == "authorization_pending",
        }

    def keys(self):
        """What opens each: the proof that the doors are the right ones."""
        return {"verify": self.pat["token"], "management": self.admin_token["token"], "session": self.browser.session, "client secret": self.machine.secret,
                "refresh": self.tokens["refresh_token"], "invitation": self.link, "code": self.code, "pushed": self.pushed["request_uri"],
                "device": self.device["device_code"]}


def printable(text):
    return 0 < len(text) < 4000 and all(c >= " " and c != "\x7f" for c in text)


def test_no_column_opens_anything(own_server, tmp_path):
    server = own_server()
    world = World(server)
    doors = Doors(server, world)
    tables, cells = dump(server, tmp_path)
    assert {"tokens", "clients", "credentials", "tickets", "principals", "signing_keys"} <= set(tables)
    keys = doors.keys()
    for name, key in keys.items():
        assert key not in cells, f"the database holds the {name} credential itself, in {cells[key]}"
    tried = [text for text in cells if printable(text)]
    assert len(tried) > 200
    for name, door in doors.doors().items():
        opened = [cells[text] for text in tried if door(text)]
        assert opened == [], f"{name} was opened by what is in {opened}"
    # Each door opens for its own key, after all that.
    for name, door in doors.doors().items():
        assert door(keys[name]), name

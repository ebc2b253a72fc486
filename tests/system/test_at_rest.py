"""What is secret at rest: its format to the octet by another implementation, its keys' rotation over a whole installation, and kill -9 in the middle."""
import http.client
import json
import random
import re
import threading

import pytest
from cryptography.exceptions import InvalidTag

from at_rest import Safe, decode, hkdf, keyed, ulid
from browser import App, Browser, person
from cli import Line as Cli
from mail_sink import Sink
from server import World
from test_oauth_requests import second_factor
from waiting import until


def test_the_format_is_as_written(own_server):
    s = own_server()
    w = World(s)
    token = w.token()
    sealed_api = w.api(format="jwe")
    shared = s.admin.created(f"/v1/apis/{sealed_api['id']}/encryption-key", {"alg": "A256KW"})["jwk"]
    safe = Safe(s.data)
    # A signing key: opens to the private half of what the JWKS publishes.
    published = {k["kid"]: k for k in s.anyone.get("/.well-known/jwks.json").json["keys"]}
    for row, sealed, kid in safe.rows("SELECT id, sealed_private, kid FROM signing_keys"):
        jwk = json.loads(safe.open(sealed, "signing_keys", "private", "key_" + ulid(row)))
        assert jwk["x"] == published[kid]["x"] and len(decode(jwk["d"])) == 32
        for wrong in (("signing_keys", "private", "key_" + "0" * 26), ("signing_keys", "sealed", "key_" + ulid(row)), ("apis", "private", "key_" + ulid(row))):
            with pytest.raises(InvalidTag):
                safe.open(sealed, *wrong)
    # A shared encryption key.
    (row, sealed), = safe.rows("SELECT id, sealed_encryption FROM apis WHERE length(sealed_encryption) > 0")
    assert json.loads(safe.open(sealed, "apis", "encryption", "api_" + ulid(row)))["k"] == shared["k"]
    # Peppers: the hash of a token is what the format says.
    own, peppers = safe.peppers()
    assert set(peppers) == {1, 2} and all(len(p) == 32 for p in peppers.values())
    (stored, number), = safe.rows("SELECT hash, pepper FROM tokens WHERE hint = ?", token["token"][-10:-6])
    assert number == 1 and stored == keyed(peppers[1], token["token"])
    assert re.fullmatch(r"jeton-pepper-1 active \d+ \d+ - -", safe.settings["pepper.1"]) and re.fullmatch(r"jeton-pepper-1 next \d+ - - -", safe.settings["pepper.2"])
    assert len(hkdf(own, "jeton-audit-1", safe.installation.encode())) == 32


def full(s):
    """An installation that holds one of everything that is sealed; its mail server takes nothing yet."""
    w = World(s)
    sealed_api = w.api(format="jwe")
    s.admin.created(f"/v1/apis/{sealed_api['id']}/encryption-key", {"alg": "A256KW"})
    hook = s.admin.created("/v1/webhooks", {"url": "https://hooks.example.com/jeton", "events": ["user.*"]})
    s.admin.created("/v1/streams", {"owner": w.service()["id"], "url": "https://receiver.example.com/events", "audience": "https://receiver.example.com",
                                    "events": ["https://schemas.openid.net/secevent/caep/event-type/session-revoked"], "authorization": "Bearer its-own-word-for-us"})
    user, browser, app = person(w), Browser(s), App(w)
    browser.log_in(user["name"])
    codes = second_factor(browser)
    tokens = app.tokens(browser)
    refreshed = app.refresh(tokens["refresh_token"]).json
    assert s.anyone.get("/saml/metadata").status == 200
    assert s.admin.created(f"/v1/users/{w.user(email='ada@example.com')['id']}/invite", {})["url"] is None, "it is in a mail that waits"
    order = {"principal": w.user()["id"], "api": w.api()["id"], "scopes": ["orders:read"]}
    made = s.admin.created("/v1/tokens", order, headers={"Idempotency-Key": "once"})
    return {"world": w, "user": user, "app": app, "codes": codes, "refresh": refreshed["refresh_token"], "order": order, "made": made, "sealed_api": sealed_api, "hook": hook}


def works(s, home):
    """Every one of them still does what it is for."""
    w = World(s)
    assert w.allowed(home["made"]["token"])
    assert s.admin.created("/v1/tokens", home["order"], headers={"Idempotency-Key": "once"})["token"] == home["made"]["token"], "the answer that was kept"
    jwt = s.bearing(w.token()["token"]).created("/v1/tokens/self/access-tokens", {})["access_token"]
    assert w.allowed(jwt)
    jwe = s.bearing(w.token(home["sealed_api"])["token"]).created("/v1/tokens/self/access-tokens", {})["access_token"]
    assert jwe.count(".") == 4 and w.allowed(jwe)
    again = home["app"].refresh(home["refresh"])
    assert again.status == 200, again
    home["refresh"] = again.json["refresh_token"]
    browser = Browser(s)
    page = browser.log_in(home["user"]["name"])
    page = browser.submit(page, code=home["codes"].pop())
    assert page.path == "/account", page
    assert s.anyone.get("/saml/metadata").status == 200


def test_every_sealed_value_is_sealed_anew(own_server):
    """The columns are the database's own list: one that is added later is looked at too."""
    with Sink(broken=True) as sink:
        everything_is_sealed_anew(own_server({"outbound.allow": "127.0.0.1", "smtp.url": f"smtp://127.0.0.1:{sink.port}", "smtp.from": "jeton@example.com",
                                              "webhook.retries": ",".join(["2s"] * 100)}), sink)


def everything_is_sealed_anew(s, sink):
    home = full(s)
    safe = Safe(s.data)
    before = safe.data_keys_in_use()
    assert set(before) == set(safe.sealed_columns()), before
    assert all(numbers == {1} for numbers in before.values())
    works(s, home)
    assert s.admin.created("/v1/keys/rotate-data", {})["data_key"] == 2
    works(s, home)
    until(lambda: all(numbers == {2} for numbers in safe.data_keys_in_use().values()), 60, "everything to be sealed under data key 2")
    assert set(safe.data_keys_in_use()) == set(before)
    works(s, home)
    safe = Safe(s.data)
    (row, sealed), = safe.rows("SELECT id, sealed FROM credentials WHERE kind = 1")
    assert len(safe.open(sealed, "credentials", "sealed", "crd_" + ulid(row))) == 20
    # The master key: what wraps the data keys and the peppers' file is the new one alone.
    old = safe.fingerprint
    assert Cli(s).good("key", "rotate-master")
    works(s, home)
    safe = Safe(s.data)
    assert safe.fingerprint != old
    for name, value in safe.settings.items():
        assert not name.startswith("data_key.") or old not in value, name
    assert old not in (s.data / "peppers").read_text()
    assert safe.peppers() and safe.data_key(2)
    s.restart()
    works(s, home)
    # The mail that waited through all of it is sent, and its link leads in.
    sink.broken = False
    until(lambda: sink.letters, 30, "the letter")
    link = re.search(r"/invite\?token=(\S+)", sink.letters[0].get_content())[1]
    s.seen.add(link)
    assert s.anyone.get(f"/invite?token={link}").status == 200


def test_a_new_saml_key_is_published_beside_the_old_one(own_server):
    s = own_server()
    cli = Cli(s)
    certificates = lambda: re.findall(r'use="encryption".*?<ds:X509Certificate>([^<]+)<', s.anyone.get("/saml/metadata").body.decode(), re.S)
    first, = certificates()
    cli.good("saml", "key", "rotate")
    fresh, old = certificates()
    assert old == first and fresh != first
    keys = cli.good("saml", "key", "list", "-o", "json").json["items"]
    assert [k["state"] for k in keys] == ["retired", "active"] and keys[0]["published_until"] < keys[0]["opens_until"]
    s.restart()
    assert certificates() == [fresh, old]
    kinds = [i["name"] for i in cli.good("crypto", "report", "-o", "json").json["items"] if i["kind"] == "saml_key"]
    assert kinds == ["saml decryption key 1", "saml decryption key 2"]


def test_killed_while_peppers_rotate_nothing_is_lost(own_server):
    """kill -9 at many instants of rotations under load: each start finds a whole life, and every token."""
    s = own_server()
    rng = random.Random(7)
    tokens = [World(s).token()["token"]]
    for _ in range(6):
        stop = threading.Event()

        def rotate():
            while not stop.is_set():
                try:
                    s.admin.post("/v1/keys/rotate-pepper", {})
                    tokens.append(World(s).token()["token"])
                except (OSError, AssertionError, http.client.HTTPException):
                    return
        threads = [threading.Thread(target=rotate) for _ in range(2)]
        for t in threads:
            t.start()
        known = len(tokens)
        until(lambda: len(tokens) > known + rng.randrange(1, 6), 20, "some rotations")
        s.kill()
        stop.set()
        for t in threads:
            t.join()
        s.start()
        w = World(s)
        peppers = s.admin.shown("/v1/keys/at-rest")["peppers"]
        states = [p["state"] for p in peppers]
        assert states == ["retired"] * (len(states) - 2) + ["active", "next"]
        assert all(w.allowed(t) for t in tokens)
    numbers = [p["number"] for p in peppers]
    assert set(numbers) <= set(Safe(s.data).peppers()[1]), "what the ledger knows is in the file"


def test_the_lists_say_what_keeps_a_pepper(own_server):
    s = own_server()
    w, cli = World(s), Cli(s)
    old = w.token()
    cli.good("key", "rotate-pepper")
    peppers = cli.good("key", "at-rest", "-o", "json").json["peppers"]
    assert [(p["number"], p["state"], p["tokens"]) for p in peppers] == [(1, "retired", 1), (2, "active", 0), (3, "next", 0)]
    table = cli.good("key", "list").out
    assert "1 token still hashed under pepper 1" in table and "PEPPER" in table
    assert "peppers" not in cli.good("key", "list", "-o", "json").out, "the JSON is the signing keys"
    assert w.allowed(old["token"])
    until(lambda: s.admin.shown("/v1/keys/at-rest")["peppers"][0]["tokens"] == 0, 10, "the token to be hashed anew")
    note = s.admin.shown("/v1/keys/at-rest")["peppers"][0]["note"]
    assert note.startswith("nothing is hashed under it; destroyed after ")


def test_a_restore_needs_the_peppers_of_its_time(own_server, folder):
    s = own_server()
    cli = Cli(s)
    token = World(s).token()
    backup = folder / "backup.db"
    cli.good("backup", backup)
    good = (folder / "backup.db.peppers").read_text()
    cli.good("key", "rotate-pepper")
    assert World(s).allowed(token["token"])
    s.stop()
    # As it is once pepper 1 was destroyed.
    lines = (s.data / "peppers").read_text().splitlines(keepends=True)
    (s.data / "peppers").write_text("".join(line for line in lines if not line.startswith("pepper 1 ")))
    (folder / "backup.db.peppers").unlink()
    refused = cli("restore", backup, "--force")
    assert refused.code == 1 and "was destroyed since" in refused.err, refused
    (folder / "backup.db.peppers").write_text(good)
    (folder / "backup.db.peppers").chmod(0o600)
    cli.good("restore", backup, "--force")
    s.start()
    assert World(s).allowed(token["token"])

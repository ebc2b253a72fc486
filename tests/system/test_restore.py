"""A backup takes a ledger's place: what kept people out goes on keeping them out, wherever the master key comes from."""
import os

import pytest

from browser import App, Browser, person
from cli import Line, jeton
from server import World
from waiting import until


def restored(server, folder, *more, env=None):
    """The server on the backup `folder / "b"`, with what was said."""
    server.stop()
    done = jeton("restore", folder / "b", "--force", "-o", "json", *more, data=server.data, env=env)
    assert done.code == 0, done
    server.start()
    return done


def test_what_keeps_people_out_is_carried(own_server, folder):
    server = own_server()
    line, world = Line(server), World(server)
    api, ada, eve = world.api(), person(world), person(world)
    of_ada, of_eve = world.token(api, ada), world.token(api, eve)
    link, unused = (world.admin.created(f"/v1/users/{u['id']}/invite", {})["url"] for u in (eve, ada))
    line.good("backup", folder / "b", "-q")
    world.admin.done("PATCH", f"/v1/users/{eve['id']}", {"deny": ["192.0.2.0/24"]})
    page = Browser(server).get(link.removeprefix(server.url))
    browser = Browser(server)
    assert browser.submit(browser.get(link.removeprefix(server.url)), "/invite", password="a new horse").status == 200 and page.status == 200
    line.good("settings", "set", "max_token_lifetime=30d")
    # Another data key, and keys that are sealed under it: none of it is in the backup.
    line.good("key", "rotate-data")
    line.good("key", "rotate")
    until(lambda: not any(k["state"] == "retired" and k["number"] == 1 for k in sealed_under_first(server)), 90, "all of it sealed anew")
    restored(server, folder)
    judged = lambda token: server.admin.done("POST", "/v1/verify", {"token": token["token"], "ip": "192.0.2.1"})["decision"].get("reason", "allowed")
    assert (judged(of_ada), judged(of_eve)) == ("allowed", "network")
    assert Browser(server).log_in(eve["name"]).path == "/login", "the password of then is no password"
    assert Browser(server).log_in(eve["name"], "a new horse").path != "/login"
    assert Browser(server).log_in(ada["name"]).path != "/login"
    assert Browser(server).get(link.removeprefix(server.url)).status != 200 and Browser(server).get(unused.removeprefix(server.url)).status == 200
    assert server.admin.shown("/v1/settings")["max_token_lifetime"] == "30d"


def sealed_under_first(server):
    """Retired data keys under which signing keys may still be sealed, by the head of each sealed value."""
    import sqlite3
    db = sqlite3.connect(f"file:{server.data / 'jeton.db'}?mode=ro", uri=True)
    try:
        heads = [bytes(row[0][:5]) for row in db.execute("SELECT sealed_private FROM signing_keys WHERE state < 3")]
    finally:
        db.close()
    return [{"number": 1, "state": "retired"}] if any(head[4] == 1 for head in heads) else []


def test_the_master_key_may_come_from_a_variable(own_server, folder):
    """Which is read once."""
    first = own_server()
    key = (first.data / "master.key").read_text().strip()
    first.stop()
    settings = {"master_key": "env:MASTER_OF_TESTS"}
    os.environ["MASTER_OF_TESTS"] = key
    try:
        server = own_server(settings)
        token = World(server).token()
        Line(server).good("backup", folder / "b", "-q")
        server.stop()
        wrong = jeton("restore", folder / "b", "--force", data=server.data, env={"JETON_MASTER_KEY": "env:NOT_SET"})
        assert wrong.code == 1 and "not set" in wrong.err and "nothing was changed" in wrong.err
        server.start()
        restored(server, folder, env={"JETON_MASTER_KEY": "env:MASTER_OF_TESTS"})
        assert World(server).allowed(token["token"])
    finally:
        del os.environ["MASTER_OF_TESTS"]


def test_another_installations_ledger_is_not_asked(own_server, folder):
    """It knows nothing of these tokens; that it does not have them says not that they ended."""
    (folder / "passphrase").write_text("correct horse battery staple")
    os.chmod(folder / "passphrase", 0o600)
    settings = {"master_key": f"passphrase:file:{folder / 'passphrase'}"}
    server = own_server(settings)
    token = World(server).token()
    Line(server).good("backup", folder / "b", "-q")
    server.stop()
    for path in server.data.iterdir():
        path.unlink()
    server.start()
    server.stop()
    (server.data / "peppers").unlink()
    done = jeton("restore", folder / "b", "--force", "-o", "json", data=server.data, env={"JETON_MASTER_KEY": settings["master_key"]})
    assert done.code == 0 and done.json["carried"] is None and "live again" in done.err, done
    server.start()
    assert World(server).allowed(token["token"])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes owners")
def test_what_root_restores_is_the_folders_owners(own_server, folder):
    """Or a service with a user of its own would not start on it."""
    server = own_server()
    Line(server).good("backup", folder / "b", "-q")
    server.stop()
    for path in (server.data, *server.data.iterdir()):
        os.chown(path, 12345, 12345)
    done = jeton("restore", folder / "b", "--force", data=server.data)
    assert done.code == 0, done
    names = ("jeton.db", "jeton.db.checkpoint", "jeton.db.lock", "peppers")
    assert {name: (server.data / name).stat().st_uid for name in names} == {name: 12345 for name in names}
    # The twin: its own folder.
    for path in (server.data, *server.data.iterdir()):
        os.chown(path, 0, 0)
    assert jeton("restore", folder / "b", "--force", data=server.data).code == 0
    assert (server.data / "jeton.db").stat().st_uid == 0

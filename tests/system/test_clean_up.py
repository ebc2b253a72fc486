"""What is past its keeping is removed, however much of it there is."""
import sqlite3

from server import World
from waiting import until


def tickets(server, mode="ro"):
    db = sqlite3.connect(f"file:{server.data / 'jeton.db'}?mode={mode}", uri=True)
    try:
        return db.execute("SELECT count(*) FROM tickets WHERE kind = 5").fetchone()[0]
    finally:
        db.close()


def count(server, where):
    db = sqlite3.connect(f"file:{server.data / 'jeton.db'}?mode=ro", uri=True)
    try:
        return db.execute(f"SELECT count(*) FROM tokens WHERE {where}").fetchone()[0]
    finally:
        db.close()


def test_tokens_go_faster_than_they_come(own_server):
    """Tokens of short lives, a month after their ends: thousands a second are removed, and not some a minute."""
    server = own_server()
    world = World(server)
    kept, model = world.token(), world.token()
    assert server.stop() == 0
    copied = "kind, pepper, hint, principal, device, api, client, scopes, name, metadata, network, created, end_reason, end_note, overlap, on_reuse, confirmation, version, limits, hold"
    with sqlite3.connect(server.data / "jeton.db") as db:
        (n, octets), = db.execute("SELECT n, id FROM tokens ORDER BY n DESC LIMIT 1")
        for expires, many in ((1, 40_000), (4_000_000_000_000, 3)):
            db.execute(f"INSERT INTO tokens (id, hash, family, expires, {copied}) WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i WHERE i < ?)"
                       f" SELECT randomblob(16), randomblob(32), NULL, ?, {copied} FROM i, tokens WHERE tokens.n = ?", (many, expires, n))
    db.close()
    server.start()
    assert count(server, "expires = 1") > 0
    until(lambda: count(server, "expires = 1") == 0, 45, "the last of them")
    # The twins: what has not expired stays, and is let in.
    assert count(server, "expires = 4000000000000") == 3 and world.allowed(kept["token"]) and world.allowed(model["token"])


def test_it_goes_faster_than_it_comes(own_server):
    """Refresh tokens of a busy morning, a month later: once it was five hundred a minute, whatever came."""
    server = own_server()
    assert server.stop() == 0
    with sqlite3.connect(server.data / "jeton.db") as db:
        for expires, count in ((1, 12_000), (4_000_000_000_000, 3)):
            db.execute("INSERT INTO tickets (id, kind, data, sealed, created, expires, version, pepper) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
                       " SELECT randomblob(32), 5, '', x'', 0, ?, 1, 0 FROM n", (count, expires))
    db.close()
    server.start()
    until(lambda: tickets(server) <= 3, 45, "the last of them")
    # The twins: what has not expired stays.
    assert tickets(server) == 3

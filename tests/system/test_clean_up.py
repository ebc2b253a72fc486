"""What is past its keeping is removed, however much of it there is."""
import sqlite3

from waiting import until


def tickets(server, mode="ro"):
    db = sqlite3.connect(f"file:{server.data / 'jeton.db'}?mode={mode}", uri=True)
    try:
        return db.execute("SELECT count(*) FROM tickets WHERE kind = 5").fetchone()[0]
    finally:
        db.close()


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

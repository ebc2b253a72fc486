"""What docs/formats/at-rest.md says, read independently: Python's cryptography, the files of a data folder, and SQLite."""
import base64
import hashlib
import hmac
import re
import sqlite3

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def hkdf(key, info, salt=None):
    return HKDF(hashes.SHA256(), 32, salt, info.encode()).derive(key)


def ulid(octets):
    number, out = int.from_bytes(octets, "big"), ""
    for _ in range(26):
        number, digit = divmod(number, 32)
        out = ALPHABET[digit] + out
    return out


def open_box(key, box, associated):
    return AESGCM(key).decrypt(box[:12], box[12:], associated)


class Safe:
    """The keys of a data folder whose server does not run, or does."""

    def __init__(self, data):
        self.data = data
        line = (data / "master.key").read_text().rstrip("\n")
        match = re.fullmatch(r"(jeton-master-key-1 ([A-Za-z0-9_-]{43})) ([0-9a-f]{8})", line)
        assert match and hashlib.sha256(match[1].encode()).hexdigest()[:8] == match[3]
        master = decode(match[2])
        self.wrapping = hkdf(master, "jeton key-encryption key 1")
        self.fingerprint = base64.urlsafe_b64encode(hkdf(master, "jeton master key fingerprint")[:12]).decode()
        self.settings = dict(self.rows("SELECT name, value FROM settings"))
        self.installation = self.settings["installation"]

    def rows(self, query, *values):
        db = sqlite3.connect(f"file:{self.data / 'jeton.db'}?mode=ro", uri=True)
        try:
            return db.execute(query, values).fetchall()
        finally:
            db.close()

    def unwrap(self, wraps, associated):
        boxes = dict(w.split(":") for w in wraps)
        return open_box(self.wrapping, decode(boxes[self.fingerprint]), associated.encode())

    def data_key(self, number):
        head, state, created, retired, *wraps = self.settings[f"data_key.{number}"].split(" ")
        assert head == "jeton-data-key-1" and state in ("active", "retired") and int(created) > 0
        return self.unwrap(wraps, f"jeton-data-key-1\n{self.installation}\n{number}")

    def open(self, sealed, table, column, row):
        assert sealed[0] == 1
        number = int.from_bytes(sealed[1:5], "big")
        parts = (self.installation, str(number), table, column, row)
        associated = "jeton-sealed-1" + "".join(f"\n{len(p)}:{p}" for p in parts)
        return open_box(self.data_key(number), sealed[5:], associated.encode())

    def peppers(self):
        """The file's own data key, and the peppers by number."""
        head, key, *lines = (self.data / "peppers").read_text().splitlines()
        assert head == "jeton-peppers-2" and key.startswith("key ")
        own = self.unwrap(key.split(" ")[1:], f"jeton-peppers-2\n{self.installation}")
        found = {}
        for line in lines:
            word, number, box = line.split(" ")
            assert word == "pepper"
            found[int(number)] = open_box(own, decode(box), f"jeton-peppers-2\n{self.installation}\n{number}".encode())
        return own, found

    def sealed_columns(self):
        """(table, column) of all that hold sealed values."""
        return self.rows("SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name LIKE 'sealed%'")

    def data_keys_in_use(self):
        """Which data key each sealed column is under: {(table, column): {numbers}}."""
        found = {}
        for table, column in self.sealed_columns():
            numbers = {int.from_bytes(value[1:5], "big") for value, in self.rows(f"SELECT {column} FROM {table} WHERE length({column}) > 0")}
            if numbers:
                found[table, column] = numbers
        return found


def keyed(pepper, text):
    return hmac.new(pepper, text.encode(), hashlib.sha256).digest()

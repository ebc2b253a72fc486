"""One that receives events, by the Shared Signals Framework."""
import urllib.parse

from signing import verified
from waiting import until

ALLOWED = {"outbound.allow": "127.0.0.1", "webhook.retries": "1s,1s"}
CAEP, RISC, SSF = (f"https://schemas.openid.net/secevent/{x}/event-type/" for x in ("caep", "risc", "ssf"))
REVOKED, CHANGED, DISABLED, ENABLED = CAEP + "session-revoked", CAEP + "credential-change", RISC + "account-disabled", RISC + "account-enabled"
VERIFY, UPDATED = SSF + "verification", SSF + "stream-updated"
PUSH, POLL = "urn:ietf:rfc:8935", "urn:ietf:rfc:8936"
HEADER = "Bearer of-the-receiver-0123456789abcdef"


class Receiver:
    """One that receives events: a service account with a token, and what it does with it."""

    def __init__(self, world, *scopes):
        self.world, self.server = world, world.server
        self.service = world.service()
        self.token = world.token({"id": "jeton"}, self.service, list(scopes or ("jeton:ssf:write",)))["token"]
        self.client = self.server.bearing(self.token)

    def create(self, url=None, header=None, **more):
        delivery = {"method": PUSH, "endpoint_url": url, **({"authorization_header": header} if header else {})} if url else {"method": POLL}
        answer = self.client.call("POST", "/ssf/streams", {"delivery": delivery, **more})
        assert answer.status == 201, answer
        return answer.json

    def poll(self, stream, **more):
        more.setdefault("returnImmediately", True)
        answer = self.client.call("POST", urllib.parse.urlsplit(stream["delivery"]["endpoint_url"]).path, more)
        assert answer.status == 200, answer
        return answer.json

    def take(self, stream, count):
        """The events of so many sets, which are acknowledged."""
        sets = until(lambda: (s := self.poll(stream)["sets"]) and len(s) >= count and s, what=f"{count} sets")
        self.poll(stream, ack=list(sets), maxEvents=0)
        return [self.read(text) for text in sets.values()]

    def read(self, text):
        return verified(text, self.server.anyone.shown("/.well-known/jwks.json"), "secevent+jwt")


def accepts(path):
    return 202, {}, b""


def shown(line, *words):
    return line.good(*words, "-o", "json").json


def events_of(read):
    return [next(iter(r["events"])) for r in read]

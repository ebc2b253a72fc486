"""A login and a refresh among 10^6 people and 10^7 refresh families, against the same among 10^3 and 10^4: CPU a request of the server alone,
round by round, and its memory. Not among those that run without a name: filling takes minutes and some ten gigabytes of disk.

JETON_BENCH_PEOPLE sets another number of people; families are ten times as many."""
import collections
import http.client
import json
import os
import re
import subprocess
import time
import urllib.parse

import rig
from table import Row

ROUNDS, SECONDS, SMALL, FAMILIES, KNOWN = 4, 3, 10**3, 10, 100_000
# The cheapest password there may be: what a guess costs is not the ledger's business.
SETTINGS = {"JETON_THREADS": "1", "JETON_LOG_REQUESTS": "none", "JETON_PASSWORD_PASSES": "1", "JETON_PASSWORD_MEMORY": "8192"}
REDIRECT = "https://app.example.com/back"

# One queue for all connections: each token is used once, and its successor waits at the end of it, in the file too.
REFRESH = """
local queue, first, last = {}, 1, 0
for line in io.lines("%(tokens)s") do last = last + 1; queue[last] = line end
local told = io.open("%(tokens)s", "a")
told:setvbuf("line")
local head = "grant_type=refresh_token&client_id=%(client)s&refresh_token="
request = function()
  local token = queue[first]
  if not token then return wrk.format("GET", "/none-left") end
  queue[first] = nil
  first = first + 1
  return wrk.format("POST", "/oauth/token", {["Content-Type"] = "application/x-www-form-urlencoded"}, head .. token)
end
response = function(status, headers, body)
  local token = string.match(body, '"refresh_token":"([^"]+)"')
  if token then last = last + 1; queue[last] = token; told:write(token, "\\n") end
end
"""
LOGIN = """
math.randomseed(os.time())
request = function()
  local body = string.format("csrf=%(csrf)s&return=%%%%2Faccount&username=user-%%07d&password=correct+horse", math.random(0, %(people)d - 1))
  return wrk.format("POST", "/login", {["Content-Type"] = "application/x-www-form-urlencoded", ["Cookie"] = "%(cookie)s"}, body)
end
"""


class Place:
    """A folder with so many people."""

    def __init__(self, at, people):
        self.at, self.people, self.data = at, people, at / "data"
        at.mkdir()
        with rig.Jeton(self.data, env=SETTINGS) as jeton:
            jeton.admin("POST", "/v1/apis", {"name": "orders", "audience": "https://orders.example.com", "scopes": ["orders:read"]})
            made = jeton.admin("POST", "/v1/clients", {"name": "app", "type": "native", "redirect_uris": [REDIRECT], "scopes": ["offline_access", "orders:read"]})
            self.client = made["id"]
        self.families = people * FAMILIES
        begun = time.monotonic()
        with open(at / "tokens", "wb") as tokens:
            command = [rig.program("bench_people"), "fill", self.data, people, self.families, min(KNOWN, self.families)]
            with rig.Process(command, log=at / "fill.log", stdout=tokens) as fill:
                if fill.child.wait():
                    raise RuntimeError("bench_people failed")
        self.filled = time.monotonic() - begun
        self.octets = sum(f.stat().st_size for f in self.data.iterdir() if f.is_file())
        rig.say(f"{people:,} people, {self.families:,} families: {self.filled:.0f} s, {self.octets / 1e9:.2f} GB")

    def serve(self):
        self.jeton = rig.Jeton(self.data, core=0, env=SETTINGS)
        return self.jeton

    def scripts(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.jeton.port)
        connection.request("GET", "/login")
        answer = connection.getresponse()
        cookie, page = answer.getheader("Set-Cookie").split(";")[0], answer.read().decode()
        csrf = urllib.parse.quote(re.search(r'name="csrf" value="([^"]+)"', page)[1])
        out = {}
        for name, text in (("login", LOGIN % {"csrf": csrf, "cookie": cookie, "people": self.people}),
                           ("refresh", REFRESH % {"tokens": self.at / "tokens", "client": self.client})):
            out[name] = self.at / f"{name}.lua"
            out[name].write_text(text)
        return out

    def in_process(self, count=5000):
        """Microseconds of CPU a login takes but for the password's hash and sockets. Not while the server runs."""
        run = subprocess.run([rig.program("bench_people"), "login", self.data, str(self.people), str(count)], capture_output=True, text=True, check=True)
        return json.loads(run.stdout)["us"]


# A run takes its tokens from where the last one left off; what was on its way when that ended is left out.
def refreshed(place, script):
    each, load = rig.cpu_each(place.jeton, place.jeton.url + "/oauth/token", SECONDS, core=1, connections=16, script=script)
    lines = (place.at / "tokens").read_text().splitlines()
    (place.at / "tokens").write_text("\n".join(lines[load.requests + 16:]) + "\n")
    return each, load


def logged_in(place, script):
    return rig.cpu_each(place.jeton, place.jeton.url + "/login", SECONDS, core=1, connections=16, script=script)


def measure():
    people = int(os.environ.get("JETON_BENCH_PEOPLE", 10**6))
    with rig.folder() as at:
        places = {"few": Place(at / "few", SMALL), "many": Place(at / "many", people)}
        best = collections.defaultdict(lambda: float("inf"))
        for _ in range(ROUNDS):
            for who, place in places.items():
                best[who, "in process"] = min(best[who, "in process"], place.in_process())
        begun = time.monotonic()
        with places["few"].serve(), places["many"].serve():
            for place in places.values():
                place.jeton.settled(900)
            loaded = time.monotonic() - begun
            before = {who: place.jeton.memory() for who, place in places.items()}
            scripts = {who: place.scripts() for who, place in places.items()}
            for number in range(ROUNDS):
                for what, run in (("refresh", refreshed), ("login", logged_in)):
                    for who, place in places.items():
                        each, load = run(place, scripts[who][what])
                        if load.refused or load.errors:
                            raise RuntimeError(f"{who}, {what}: {load.refused} of {load.requests} refused, {load.errors} errors")
                        best[who, what] = min(best[who, what], each)
                        best[who, what, "wall"] = min(best[who, what, "wall"], 1e6 / load.rate)
                rig.say(f"round {number + 1} of {ROUNDS}: " + ", ".join(f"{' '.join(k)} {us:.1f} us" for k, us in best.items()))
            after = {who: place.jeton.memory() for who, place in places.items()}
        yield from rows(places["many"], best, before, after, loaded)


def rows(many, best, before, after, loaded):
    said = f"{many.people:,} people, {many.families:,} families"
    named = (("refresh", "a refresh over HTTP (rotation, JWT by ES256)"), ("login", "a login over HTTP, Argon2id of 8 MiB in it"),
             ("in process", "a login without the password's hash and sockets"))
    for what, words in named:
        few, lots = best["few", what], best["many", what]
        yield Row("load", f"{words}: CPU, {said} / 1,000 and 10,000", lots / few, at_most=1.5, note=f"{lots:.1f} us against {few:.1f} us")
    for what in ("refresh", "login"):
        few, lots = best["few", what, "wall"], best["many", what, "wall"]
        yield Row("load", f"a {what}: time a request with 16 at once", lots / few, at_most=1.5, note=f"{lots:.0f} us against {few:.0f} us")
    share, idle = (m["many"][1] or m["many"][0] for m in (before, after))
    base = before["few"][1] or before["few"][0]
    yield Row("load", "memory with all of them, proportional share", share, "MB", note=f"{idle:.0f} MB after the load; {base:.0f} MB with few")
    yield Row("load", "memory a family", (share - base) * 1e6 / many.families, "octets", at_most=110, note=f"a tenth of a person in it; all in memory {loaded:.0f} s after the start")

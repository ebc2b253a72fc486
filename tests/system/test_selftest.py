"""A program whose algorithms can be broken one at a time: what the server does then, at its start and while it runs."""
import json
import os
import pathlib
import subprocess

import pytest

import server as server_module
from server import ROOT, Server
from waiting import until

BREAKABLE = pathlib.Path(os.environ.get("JETON_BREAKABLE", ROOT / "build" / "jeton-breakable"))
SIGNATURES = ["EdDSA", "ES256", "ES384", "ES512", "ES256K", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512", "HS256", "HS384", "HS512"]
MADE_OF = {"SHA-256": {"ES256", "ES256K", "PS256", "RS256", "Concat KDF"}, "SHA-384": {"ES384", "PS384", "RS384"}, "SHA-512": {"ES512", "PS512", "RS512"},
           "random": {"RSA-OAEP-256"}}   # what hides which wrapped keys are good is drawn
NEEDED = ["ES256", "SHA-256", "HMAC-SHA-256", "HKDF-SHA-256", "AES-256-GCM", "random"]

pytestmark = pytest.mark.skipif(not BREAKABLE.exists(), reason="build/jeton-breakable was not built")


def selftest(folder, what):
    broken = folder / "broken"
    broken.write_text(what + "\n")
    run = subprocess.run([BREAKABLE, "selftest", "-o", "json"], capture_output=True, text=True, env={**os.environ, "JETON_BREAK_FILE": str(broken)}, timeout=60)
    return run.returncode, {i["algorithm"] for i in json.loads(run.stdout)["items"] if not i["passed"]}


def names():
    run = subprocess.run([BREAKABLE, "selftest", "-o", "json"], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stdout
    return [i["algorithm"] for i in json.loads(run.stdout)["items"] if not i["algorithm"].startswith("comparison")]


def test_each_algorithm_is_missed_when_it_is_broken_and_no_other(folder):
    assert set(SIGNATURES) <= set(names())
    for name in names():
        for how in ["", " takes-all"]:
            if how and name not in SIGNATURES + ["AES-256-GCM", "Argon2id"]:
                continue
            status, failed = selftest(folder, name + how)
            assert status == 1, name + how
            extra = MADE_OF.get(name, set()) if not how else set()
            assert name in failed and failed <= {name} | extra, (name + how, failed)


@pytest.mark.parametrize("name", NEEDED)
def test_the_one_in_use_keeps_the_server_down(folder, name):
    broken = folder / "broken"
    broken.write_text(name)
    env = {**os.environ, "JETON_BREAK_FILE": str(broken)}
    run = subprocess.run([BREAKABLE, "serve", "--data", folder / "d", "--listen", "127.0.0.1:0"], capture_output=True, text=True, env=env, timeout=60)
    assert run.returncode == 70
    assert name in run.stderr and "self-test" in run.stderr


def test_an_algorithm_that_fails_while_it_runs_goes_alone(folder, monkeypatch):
    broken = folder / "broken"
    broken.write_text("none")
    monkeypatch.setattr(server_module, "BINARY", BREAKABLE)
    # Not a setting; the program reads it itself.
    jeton = Server(folder / "server", {"break.file": str(broken)})
    try:
        api = {}
        for alg in ["ES256", "EdDSA"]:
            api[alg] = jeton.admin.created("/v1/apis", {"name": f"a-{alg.lower()}", "audience": f"https://{alg}.example.com", "scopes": ["x"], "alg": alg})
        user = jeton.admin.created("/v1/users", {"name": "ada"})
        tokens, jwts = {}, {}
        for alg in api:
            tokens[alg] = jeton.admin.created("/v1/tokens", {"principal": user["id"], "api": api[alg]["id"], "scopes": ["x"]})["token"]
            jwts[alg] = jeton.bearing(tokens[alg]).created("/v1/tokens/self/access-tokens", {})["access_token"]
            assert jeton.bearing(jwts[alg]).get("/verify").status == 200
        broken.write_text("EdDSA")
        outcome = jeton.admin.post("/v1/selftest", {}).json
        assert outcome["passed"] is False
        assert [i["algorithm"] for i in outcome["items"] if not i["passed"]] == ["EdDSA"]
        refused = jeton.bearing(jwts["EdDSA"]).get("/verify")
        assert refused.status == 503
        assert refused.headers["x-jeton-reason"] == "algorithm_out_of_service"
        assert jeton.bearing(jwts["ES256"]).get("/verify").status == 200
        assert jeton.bearing(tokens["EdDSA"]).get("/verify").status == 200
        ready = jeton.anyone.get("/readyz?verbose=1")
        assert ready.status == 200 and ready.json["status"] == "degraded"
        assert any(p["name"] == "algorithm EdDSA" and not p["ok"] for p in ready.json["parts"])
        alerts = until(lambda: jeton.admin.get("/v1/alerts").json["items"], 5, "the alert")
        assert alerts[0]["rule"] == "selftest_failed" and alerts[0]["severity"] == "critical"
        assert any(e["action"] == "selftest.failed" and e["target"] == "EdDSA" for e in jeton.admin.get("/v1/audit").json["items"])
        assert 'jeton_algorithm_in_service{algorithm="EdDSA"} 0' in jeton.anyone.get("/metrics").body.decode()
    finally:
        jeton.stop()

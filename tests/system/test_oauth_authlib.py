"""Debian's python3-authlib, as it is: a web application's client."""
import json
import pathlib
import subprocess

import pytest

from browser import App, Browser, person

PYTHON = "/usr/bin/python3"
SCRIPT = r"""
import json, sys
from authlib.integrations.requests_client import OAuth2Session
from authlib.common.security import generate_token
from authlib.jose import JsonWebKey, jwt
import requests
c = json.loads(sys.argv[1])
secret = json.loads(sys.stdin.readline())
found = requests.get(c["issuer"] + "/.well-known/openid-configuration").json()
session = OAuth2Session(c["id"], secret, scope="openid email", redirect_uri=c["redirect"], code_challenge_method="S256")
verifier, nonce = generate_token(48), generate_token(20)
url, state = session.create_authorization_url(found["authorization_endpoint"], code_verifier=verifier, nonce=nonce)
print(json.dumps({"go": url}), flush=True)
back = sys.stdin.readline().strip()
token = session.fetch_token(found["token_endpoint"], authorization_response=back, code_verifier=verifier, state=state)
keys = JsonWebKey.import_key_set(requests.get(found["jwks_uri"]).json())
claims = jwt.decode(token["id_token"], keys, claims_options={"iss": {"value": found["issuer"]}, "aud": {"value": c["id"]}, "nonce": {"value": nonce}})
claims.validate()
info = session.get(found["userinfo_endpoint"]).json()
fresh = session.refresh_token(found["token_endpoint"], refresh_token=token["refresh_token"])
seen = session.introspect_token(found["introspection_endpoint"], token=fresh["access_token"]).json()
gone = session.revoke_token(found["revocation_endpoint"], token=fresh["refresh_token"])
after = session.introspect_token(found["introspection_endpoint"], token=fresh["access_token"]).json()
try:
    session.fetch_token(found["token_endpoint"], authorization_response=back, code_verifier=verifier, state=state)
    twice = "accepted"
except Exception as error:
    twice = getattr(error, "error", str(error))
print(json.dumps({"done": {"sub": claims["sub"], "info": info["sub"], "active": seen["active"], "revoked": gone.status_code, "after": after, "twice": twice}}), flush=True)
"""


def test_authlib(server, world):
    if subprocess.run([PYTHON, "-c", "import authlib, requests"], capture_output=True).returncode != 0:
        pytest.skip("python3-authlib is not installed")
    user, browser, app = person(world), Browser(server), App(world)
    browser.log_in(user["name"])
    with subprocess.Popen([PYTHON, "-c", SCRIPT, json.dumps({"issuer": server.url, "id": app.id, "redirect": app.redirect})], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"AUTHLIB_INSECURE_TRANSPORT": "1"}) as client:
        client.stdin.write(json.dumps(app.secret) + "\n")
        client.stdin.flush()
        page = browser.get(json.loads(client.stdout.readline())["go"])
        page = browser.submit(page, "/consent", decision="allow")
        client.stdin.write(page.location + "\n")
        client.stdin.flush()
        line = client.stdout.readline()
        assert line, client.stderr.read()
    assert json.loads(line)["done"] == {"sub": user["id"], "info": user["id"], "active": True, "revoked": 200, "after": {"active": False}, "twice": "invalid_grant"}

"""A verdict that lets a token in says until when."""
import re

from server import World


def test_it_is_the_tokens_end(own_server):
    world = World(own_server())
    world.admin.done("PATCH", "/v1/settings", {"max_token_lifetime": "7000d"})
    token = world.token(expires="2031-02-28T23:59:59Z")
    verdict = world.verdict(token["token"])
    assert verdict.status == 200 and verdict.headers["Token-Expires"] == "2031-02-28T23:59:59Z" == token["expires"]
    for leap in ("2028-02-29T00:00:00Z", "2028-12-31T23:59:59Z"):
        assert world.verdict(world.token(expires=leap)["token"]).headers["Token-Expires"] == leap


def test_a_signed_token_has_its_own(world):
    token = world.token()
    jwt = world.server.bearing(token["token"]).created(f"/v1/tokens/{token['id']}/access-tokens", {"expires_in": "5m"})["access_token"]
    own, parents = (world.verdict(t).headers["Token-Expires"] for t in (jwt, token["token"]))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", own) and own < parents


def test_a_refusal_says_nothing(world):
    token = world.token()
    assert "Token-Expires" not in world.verdict(token["token"], "?scope=orders:write").headers
    world.admin.done("POST", f"/v1/tokens/{token['id']}/revoke", {})
    assert "Token-Expires" not in world.verdict(token["token"]).headers

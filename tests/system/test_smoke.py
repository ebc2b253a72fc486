"""The shortest way through: make a token, use it, take it back."""


def test_a_token_works_until_it_is_revoked(world):
    token = world.token()
    assert world.allowed(token["token"])
    world.admin.done("POST", f"/v1/tokens/{token['id']}/revoke", {"reason": "lost"})
    assert not world.allowed(token["token"])


def test_readyz_names_its_parts(server):
    parts = {p["name"]: p["ok"] for p in server.anyone.shown("/readyz?verbose")["parts"]}
    assert parts["store"] is True and parts["signing_keys"] is True

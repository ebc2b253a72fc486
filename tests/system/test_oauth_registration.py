"""Applications that register themselves (RFC 7591, RFC 7592)."""
from browser import App, Browser, claims, person
from server import World
from test_oauth_code import active, own_api

CALLBACK = "https://app.example.com/callback"


def opened(own_server):
    server = own_server()
    server.admin.done("PATCH", "/v1/settings", {"client_registration": "open"})
    return server, World(server)


def app_of(world, registered):
    app = App.__new__(App)
    app.world, app.server, app.client = world, world.server, {**registered, "name": registered["client_name"]}
    app.id, app.secret, app.redirect, app.verifier = registered["client_id"], registered.get("client_secret"), registered["redirect_uris"][0], None
    return app


def test_registration_is_closed_but_to_who_may_make_clients(server, world):
    body = {"redirect_uris": [CALLBACK], "client_name": "shop"}
    assert server.anyone.post("/oauth/register", body).status == 401
    assert server.bearing(world.token()["token"]).post("/oauth/register", body).status == 401
    token = world.management_token("jeton:clients:write")["token"]
    assert server.bearing(token).post("/oauth/register", body).status == 201
    assert server.bearing(token + "x").post("/oauth/register", body).status == 401


def test_an_application_registers_itself_and_logs_a_person_in(own_server):
    server, world = opened(own_server)
    api, read, write = own_api(world)
    user, browser = person(world), Browser(server)
    made = server.anyone.post("/oauth/register", {"redirect_uris": [CALLBACK], "client_name": "shop", "nobody_knows": {"this": 1}, "scope": f"openid {read}"})
    assert made.status == 201, made
    made = made.json
    assert made["client_secret_expires_at"] == 0 and made["token_endpoint_auth_method"] == "client_secret_basic" and made["scope"] == read
    tokens = app_of(world, made).tokens(browser, user, scope=f"openid {read}")
    assert claims(tokens["access_token"])["scope"].split() == sorted(["openid", read])
    public = server.anyone.post("/oauth/register", {"redirect_uris": ["http://127.0.0.1:7777/cb"], "token_endpoint_auth_method": "none", "client_name": "shop"})
    assert public.status == 201 and "client_secret" not in public.json and public.json["application_type"] == "native"
    assert app_of(world, public.json).tokens(browser)["id_token"]


def test_what_may_not_be_registered(own_server):
    server, world = opened(own_server)
    for body, code in (({}, "invalid_redirect_uri"), ({"redirect_uris": ["http://app.example.com/cb"]}, "invalid_redirect_uri"),
                       ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"), ({"redirect_uris": [CALLBACK + "#x"]}, "invalid_redirect_uri"),
                       ({"redirect_uris": [CALLBACK], "grant_types": ["client_credentials"]}, "invalid_client_metadata"),
                       ({"redirect_uris": [CALLBACK], "grant_types": ["implicit"]}, "invalid_client_metadata"),
                       ({"redirect_uris": [CALLBACK], "scope": "jeton:admin"}, "invalid_client_metadata"),
                       ({"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
                       ({"redirect_uris": [CALLBACK], "response_types": ["token"]}, "invalid_client_metadata")):
        answer = server.anyone.post("/oauth/register", body)
        assert answer.status == 400 and answer.json["error"] == code, (body, answer)
    # First party is the installation's word, not the application's.
    made = server.anyone.post("/oauth/register", {"redirect_uris": [CALLBACK], "first_party": True, "nonce_for_pkce": True})
    assert made.status == 201 and "first_party" not in server.admin.shown(f"/v1/clients/{made.json['client_id']}")


def test_subjects_and_addresses_that_may_not_be_registered(own_server):
    server, world = opened(own_server)
    register = lambda **more: server.anyone.post("/oauth/register", {"redirect_uris": [CALLBACK], **more})
    for wrong in (dict(subject_type="pairwise"), dict(client_uri="http://127.0.0.1.evil.example.com/")):
        refused = register(**wrong)
        assert refused.status == 400 and refused.json["error"] == "invalid_client_metadata", (wrong, refused)
    assert register(subject_type="public", client_uri="https://app.example.com/").status == 201


def test_what_is_granted_on_anothers_word_is_not_for_strangers(own_server):
    server, world = opened(own_server)
    trusted = server.bearing(world.management_token("jeton:clients:write")["token"])
    for grant in ("client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange", "urn:ietf:params:oauth:grant-type:saml2-bearer"):
        body = {"redirect_uris": [CALLBACK], "grant_types": ["authorization_code", grant]}
        refused = server.anyone.post("/oauth/register", body)
        assert refused.status == 400 and refused.json["error"] == "invalid_client_metadata", grant
        assert trusted.post("/oauth/register", body).status == 201, grant


def test_a_registered_client_is_managed_by_its_own_token(own_server):
    server, world = opened(own_server)
    one, two = (server.anyone.post("/oauth/register", {"redirect_uris": [CALLBACK], "client_name": "shop"}).json for _ in range(2))
    path = "/oauth/register/" + one["client_id"]
    assert one["registration_client_uri"] == server.url + path
    holder = server.bearing(one["registration_access_token"])
    assert holder.get(path).json["client_id"] == one["client_id"]
    for wrong in (server.anyone, server.bearing(two["registration_access_token"]), server.bearing(one["registration_access_token"] + "x")):
        assert wrong.get(path).status == 401 and wrong.delete(path).status == 401
    changed = holder.call("PUT", path, {"client_id": one["client_id"], "redirect_uris": [CALLBACK + "/2"]})
    assert changed.status == 200 and changed.json["redirect_uris"] == [CALLBACK + "/2"]
    assert holder.call("PUT", path, {"client_id": two["client_id"], "redirect_uris": [CALLBACK]}).status == 400
    assert holder.delete(path).status == 204 and holder.get(path).status == 401


def test_a_client_that_was_let_in_says_no_more_of_itself(own_server):
    server = own_server()
    world = World(server)
    api, read, write = own_api(world)
    trusted = server.bearing(world.management_token("jeton:clients:write")["token"])
    made = trusted.post("/oauth/register", {"redirect_uris": [CALLBACK], "client_name": "shop", "scope": f"{read} {write}"}).json
    holder, path = server.bearing(made["registration_access_token"]), "/oauth/register/" + made["client_id"]
    put = lambda **more: holder.call("PUT", path, {"client_id": made["client_id"], "redirect_uris": [CALLBACK], **more})
    scopes = lambda: server.admin.shown(f"/v1/clients/{made['client_id']}")["scopes"]
    # What it leaves out stays; less is less, for good.
    assert put().json["scope"].split() == sorted([read, write])
    assert put(scope=read).json["scope"] == read and scopes() == [read]
    for more in (dict(scope=f"{read} {write}"), dict(scope=write), dict(authorization_details_types=["payment"])):
        refused = put(**more)
        assert refused.status == 400 and refused.json["error"] == "invalid_client_metadata", (more, refused)
    assert scopes() == [read] and put(client_name="shop 2").status == 200
    # Where anybody may register, it may have what anybody may have.
    server.admin.done("PATCH", "/v1/settings", {"client_registration": "open"})
    assert put(scope=f"{read} {write}").status == 200 and scopes() == sorted([read, write])

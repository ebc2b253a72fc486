"""What other programs rely on to the letter: every command with its options, every address, the forms of lists, where a server may listen."""
import json
import re
import subprocess

import pytest

from cli import jeton
from server import BINARY

# Command: its options. They are there, and take what they are said to take.
COMMANDS = {
    "serve": "--config --data --listen --issuer --store",
    "try": "",
    "api create": "--audience --scope --format --route",
    "api list": "", "api show": "", "api update": "--scope --route", "api delete": "",
    "user create": "--email --password-file",
    "user list": "", "user show": "", "user update": "--email", "user disable": "", "user delete": "",
    "service create": "",
    "device list": "", "device revoke": "",
    "token create": "--user --service --api --scope --expires --device --allow --deny --name",
    "token list": "", "token show": "", "token rotate": "--overlap", "token revoke": "--reason --from-scan", "token update": "",
    "token verify": "--api --scope --ip --method --path",
    "client create": "--type --redirect --scope",
    "client list": "", "client show": "", "client update": "", "client rotate-secret": "", "client delete": "",
    "session list": "--user", "session revoke": "--user",
    "rule create": "", "rule list": "", "rule delete": "",
    "alert list": "", "alert ack": "",
    "key list": "", "key rotate": "--api", "key retire": "",
    "selftest": "",
    "audit tail": "", "audit list": "", "audit verify": "", "audit export": "",
    "backup": "", "restore": "", "doctor": "",
    "jwt verify": "--jwks --issuer --audience --typ --alg --leeway --at --key",
    "jwt sign": "", "jwt inspect": "",
    "jws verify": "--jwk --alg", "jwe decrypt": "--jwk --alg",
    "jwk check": "--alg", "jwk generate": "--alg", "jwk thumbprint": "",
    "saml verify": "--idp-metadata --idp --idp-cert --sp --acs --request-id --at --key",
    "rule test": "--allow --deny --trusted --peer --header --json", "rule check": "",
    "client test-redirect": "--type --registered --presented --json",
    "inspect": "",
    "why": "--method --path --ip --at",
    "run": "--env --env-file --no-masking --shell",
    "vault put": "", "vault get": "", "vault list": "", "vault rm": "", "vault lock": "", "vault unlock": "",
    "scan": "--git --history --staged --stdin --sarif --check --revoke --rotate",
    "scan rules": "", "scan install-hook": "",
    "config show": "--origin",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_is_there_with_its_options(command):
    shown = jeton(*command.split(), "--help")
    assert shown.code == 0 and f"jeton {command}" in shown.out, shown
    for option in ["--data", "--quiet", "--output", *COMMANDS[command].split()]:
        assert re.search(rf"(^|\s){option}(\s|$)", shown.out, re.M), option


# Address: what a GET by somebody unknown is answered. 405 where there is nothing to get.
ADDRESSES = {
    "/verify": 401, "/v1/verify": 405,
    "/.well-known/openid-configuration": 200, "/.well-known/oauth-authorization-server": 200, "/.well-known/jwks.json": 200,
    "/oauth/authorize": 400, "/oauth/token": 405, "/oauth/introspect": 405, "/oauth/revoke": 405, "/oauth/device_authorization": 405, "/oauth/par": 405,
    "/oauth/register": 405, "/oauth/userinfo": 401, "/oauth/logout": 200,
    "/device": 303, "/login": 200, "/consent": 303, "/account": 303,
    "/saml/metadata": 200, "/saml/sso": 400,
    **{f"/v1/{noun}": 401 for noun in "apis users service-accounts devices clients tokens sessions keys rules audit alerts feed settings".split()},
    "/v1/openapi.json": 200, "/livez": 200, "/readyz": 200, "/readyz?verbose": 200, "/metrics": 200,
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_address_is_there(server, world, address):
    assert world.server.from_address("127.0.0.1").get(address).status == ADDRESSES[address]


@pytest.mark.parametrize("spelling", ["//v1/apis", "/v1//apis", "/v1/./apis", "/v1/x/../apis", "/v1/apis/", "/V1/apis", "/v1/%61pis", "/v1/apis;x", "/v1\\apis", "/livez/"])
def test_an_address_has_one_spelling(server, world, spelling):
    """Also where the caller is the administrator: what a proxy in front let through must be what is meant here."""
    assert server.admin.get(spelling).status in (400, 404)
    assert server.admin.get("/v1/apis").status == 200


LISTS = ["api list", "user list", "service list", "token list", "client list", "session list", "rule list", "alert list", "key list", "audit list"]


@pytest.mark.parametrize("command", LISTS)
def test_a_list_has_its_form(server, world, command):
    world.token()
    listed = jeton(*command.split(), "-o", "json", data=server.data)
    assert listed.code == 0 and set(listed.json) == {"items", "next"} and isinstance(listed.json["items"], list)
    assert listed.json["next"] is None or isinstance(listed.json["next"], str)
    ids = jeton(*command.split(), "-o", "id", data=server.data)
    assert ids.code == 0 and ids.out.split() == [item["id"] for item in listed.json["items"]]
    assert jeton(*command.split(), "--quiet", data=server.data).out == ids.out
    assert jeton(*command.split(), "-o", "yaml", data=server.data).out.startswith("items:")
    assert jeton(*command.split(), "-o", "xml", data=server.data).code == 2


@pytest.mark.parametrize("listen", ["127.1:0", "0177.0.0.1:0", "0x7f.0.0.1:0", "2130706433:0", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:0x50", ":0", "::1:80", "[127.0.0.1]:0",
                                    "[fe80::1%lo]:0", "[::1]", "example.com:0"])
def test_where_a_server_does_not_listen(folder, listen):
    done = subprocess.run([BINARY, "serve", "--data", folder / "data", "--listen", listen], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and "listen" in done.stderr


@pytest.mark.parametrize("issuer", ["id.example.com", "ftp://id.example.com", "httpx://id.example.com", "https://", "https://id.example.com/", "https://id.example.com?x=1", "https://id.example.com#x",
                                    "https://ada@id.example.com", "https://id.example.com/a b"])
def test_what_is_no_issuer(folder, issuer):
    done = subprocess.run([BINARY, "serve", "--data", folder / "data", "--listen", "127.0.0.1:0", "--issuer", issuer], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and "issuer" in done.stderr


def test_an_issuer_with_a_path_is_one(own_server):
    server = own_server({"issuer": "https://id.example.com/eu"})
    assert server.admin.get("/.well-known/openid-configuration").json["issuer"] == "https://id.example.com/eu"


def test_the_administrators_socket_is_its_owners(server, world):
    at = server.data / "admin.sock"
    assert at.is_socket() and at.stat().st_mode & 0o777 == 0o600 and server.data.stat().st_mode & 0o777 == 0o700
    assert server.admin.get("/v1/settings").status == 200
    assert world.server.from_address("127.0.0.1").get("/v1/settings").status == 401


def test_which_server_is_found(own_server, folder):
    """--data, then JETON_DATA, then ./.jeton, then the XDG data folder; --server over all of them."""
    one, two = own_server(), own_server()
    one.admin.created("/v1/users", {"name": "of-one"})
    two.admin.created("/v1/users", {"name": "of-two"})

    def names(*words, **more):
        done = jeton("user", "list", "-o", "json", *words, **more)
        return [u["name"] for u in done.json["items"]] if done.code == 0 else done.code

    (folder / "here").mkdir()
    (folder / "share").mkdir()
    assert names("--data", one.data, data=two.data) == ["of-one"]
    assert names(data=two.data) == ["of-two"]
    xdg = {"XDG_DATA_HOME": str(folder / "share")}
    assert names(cwd=folder / "here", env=xdg) == 3
    (folder / "share" / "jeton").symlink_to(two.data)
    assert names(cwd=folder / "here", env=xdg) == ["of-two"]
    (folder / "here" / ".jeton").symlink_to(one.data)
    assert names(cwd=folder / "here", env=xdg) == ["of-one"]
    assert names("--server", one.url, data=two.data) == 4
    assert names(data=two.data, env={"JETON_SERVER": one.url}) == 4


def test_a_revocation_is_answered_with_an_empty_object(world):
    token = world.token()["token"]
    for shown in (token, token, "never heard of"):
        answer = world.server.from_address("127.0.0.1").call("POST", "/oauth/revoke", form={"token": shown})
        assert (answer.status, answer.headers["content-type"], json.loads(answer.body)) == (200, "application/json", {})

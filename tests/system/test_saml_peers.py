"""Responses that other people's identity providers make, unchanged."""
import datetime
import json
import pathlib
import shutil

import pytest

from saml_responses import ACS, BINARY, IDP, REQUEST, ROOT, SP, Keys, run

NPM = ROOT / "tests" / "npm" / "saml"
PYTHON = "/usr/bin/python3"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("peers"))


def held(keys, message, *who):
    at = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    done = run(BINARY, "saml", "verify", "-", *who, "--sp", SP, "--acs", ACS, "--request-id", REQUEST, "--key", keys.key("sp"), "--at", at, "-o", "json",
               input=message.encode())
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def samlify(keys):
    if not (NPM / "node_modules").exists() or not shutil.which("node"):
        pytest.skip("samlify is not installed")
    done = run("node", NPM / "idp.js", keys.folder)
    assert done.returncode == 0, done.stderr.decode()
    return keys.folder


@pytest.mark.parametrize("name", ["assertion", "message", "both", "encrypted", "encrypted-128", "encrypted-both"])
def test_samlify(keys, samlify, name):
    login = held(keys, (samlify / f"samlify-{name}").read_text(), "--idp", IDP, "--idp-cert", keys.certificate("idp"))
    assert login["name_id"] == "alice@example.com" and login["attributes"] == {"mail": ["alice@example.com"]}
    assert login["encrypted"] == name.startswith("encrypted")


@pytest.fixture(scope="module")
def pysaml2(keys):
    if run(PYTHON, "-c", "import saml2").returncode != 0:
        pytest.skip("python3-pysaml2 is not installed")
    done = run(PYTHON, pathlib.Path(__file__).parent / "saml_pysaml2.py", keys.folder)
    assert done.returncode == 0, done.stderr.decode()
    return keys.folder


@pytest.mark.parametrize("name", ["assertion", "message", "both"])
def test_pysaml2(keys, pysaml2, name):
    login = held(keys, (pysaml2 / f"pysaml2-{name}").read_text(), "--idp-metadata", pysaml2 / "pysaml2.xml")
    assert login["name_id"] == "alice@example.com"
    assert login["attributes"]["urn:oid:1.3.6.1.4.1.5923.1.1.1.1"] == ["staff", "member"]

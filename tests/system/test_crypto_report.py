"""The report on cryptography as an auditor gets it: table, JSON, a CycloneDX bill of materials, metrics."""
import json
import shutil
import subprocess

import pytest

from cli import Line
from server import ROOT, World
from test_observability import metric
from waiting import until

NPM = ROOT / "tests" / "npm" / "cyclonedx"


@pytest.fixture
def audited(own_server):
    """Keys of several kinds, one of them weaker than the others, and a token under an older pepper."""
    s = own_server()
    w = World(s)
    w.api(alg="RS256"), w.api(format="jwe"), w.api(format="opaque")
    w.token()
    assert s.anyone.get("/saml/metadata").status == 200
    for path in ("rotate-pepper", "rotate-data"):
        s.admin.created(f"/v1/keys/{path}", {})
    return s


def test_the_report_names_everything_and_who_must_act(audited):
    report = Line(audited).good("crypto", "report", "-o", "json").json
    kinds = {}
    for item in report["items"]:
        kinds.setdefault(item["kind"], []).append(item)
    assert set(kinds) == {"signing_key", "api_tokens", "stored_hashes", "data_key", "master_key", "saml_key", "algorithm"}
    assert [(i["name"], i["state"], i["count"]) for i in kinds["stored_hashes"]] == [("pepper 1", "retired", 1), ("pepper 2", "active", 0), ("pepper 3", "next", 0)]
    old = kinds["stored_hashes"][0]
    assert old["attention"] and old["note"] == "1 token still hashed under pepper 1"
    assert [i["state"] for i in kinds["data_key"]] == ["retired", "active"]
    assert all(i["policy"] and i["verdict"] in ("allowed", "discouraged", "forbidden") for i in report["items"])
    rsa = [i for i in kinds["signing_key"] if i["algorithm"] == "RSA"]
    assert rsa and all(i["bits"] == 2048 and "2031" in i["policy"] for i in rsa)
    assert [i["bits"] for i in kinds["saml_key"]] == [3072]
    table = Line(audited).good("crypto", "report").out
    for words in ("1 token still hashed under pepper 1", "opens SAML assertions for us", "access tokens of api-", "discouraged from 2031-01-01"):
        assert words in table, table


def test_longer_rsa_keys_by_a_setting(audited):
    cli = Line(audited)
    cli.good("settings", "set", "rsa_bits=3072")
    assert cli("settings", "set", "rsa_bits=1024").code == 2
    cli.good("key", "rotate", "--alg", "RS256"), cli.good("key", "rotate", "--alg", "RS256")
    keys = [i for i in cli.good("crypto", "report", "-o", "json").json["items"] if i["kind"] == "signing_key" and i["algorithm"] == "RSA"]
    assert {i["state"]: i["bits"] for i in keys}["active"] == 3072


def test_the_bill_of_materials_is_valid(audited):
    text = Line(audited).good("crypto", "report", "--cyclonedx").out
    bill = json.loads(text)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    names = {c["bom-ref"] for c in bill["components"]}
    assert len(names) == len(bill["components"]), "each by its own name"
    for component in bill["components"]:
        material = component["cryptoProperties"].get("relatedCryptoMaterialProperties")
        assert material is None or material["algorithmRef"] in names, component
    if not (NPM / "node_modules").exists() or not shutil.which("node"):
        pytest.skip("the validator is not installed")

    def held(text):
        return subprocess.run(["node", NPM / "validate.mjs"], input=text, capture_output=True, text=True, timeout=60)
    done = held(text)
    assert done.returncode == 0, done.stdout + done.stderr
    assert held(text.replace('"private-key"', '"key of some kind"')).returncode == 1, "it refuses what is not"


def test_the_same_as_metrics(audited):
    def told():
        return metric(audited, "jeton_stored_hashes", pepper="1") == 1 and metric(audited, "jeton_crypto_attention", report="crypto") >= 1
    until(told, 60, "the report to be counted")
    assert metric(audited, "jeton_crypto_items", verdict="forbidden") == 0

"""SAML: a response issued and verified, of xmlsec1's bare signing and verifying of the same document; and a whole login, of SimpleSAMLphp's."""
import json
import os
import re
import resource
import shutil
import subprocess
import sys

import rig
from table import Row

sys.path.insert(0, str(rig.ROOT / "tests" / "system"))

SP = "https://app.example.com/saml"
SP_METADATA = (f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{SP}"><md:SPSSODescriptor '
               'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:AssertionConsumerService index="0" '
               'Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://app.example.com/acs"/></md:SPSSODescriptor></md:EntityDescriptor>')
EC_SP = "https://ec.example.com/saml"
ANNOUNCED = ('<md:Extensions><alg:SigningMethod xmlns:alg="urn:oasis:names:tc:SAML:metadata:algsupport" '
             'Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"/></md:Extensions>')
EC_SP_METADATA = SP_METADATA.replace(SP, EC_SP).replace("<md:SPSSODescriptor", ANNOUNCED + "<md:SPSSODescriptor")
LOGINS, ROUNDS = 60, 9


def cpu_of(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([str(c) for c in command], capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode()[-300:])
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def xmlsec1(at, *words):
    """CPU nanoseconds of one operation: many, less what one takes to start."""
    def run(times):
        return cpu_of(["xmlsec1", *words[:1], "--repeat", times, "--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:assertion:Assertion", *words[1:]])
    return min((run(600) - run(1)) / 599 for _ in range(5)) * 1e9


def in_process(at):
    key, certificate, signed, template = at / "key.pem", at / "crt.pem", at / "signed.xml", at / "template.xml"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=bench", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    subprocess.run(f"openssl x509 -in {certificate} -pubkey -noout > {at}/pub.pem", shell=True, check=True)
    ours = json.loads(subprocess.run([rig.program("bench_saml"), key, signed], check=True, capture_output=True, text=True).stdout)
    template.write_text(re.sub(r"(<ds:(?:DigestValue|SignatureValue)>)[^<]*", r"\1", signed.read_text()))
    sign = xmlsec1(at, "--sign", "--privkey-pem", key, "--output", "/dev/null", template)
    verify = xmlsec1(at, "--verify", "--pubkey-pem", at / "pub.pem", signed)
    for what, mine, theirs in (("a response issued, of xmlsec1's signing", ours["issue"], sign), ("a response verified, of xmlsec1's verifying", ours["verify"], verify)):
        yield Row("saml", what, mine / theirs, "x", at_most=1.4, note=f"{mine / 1e3:.0f} us against {theirs / 1e3:.0f} us")
    yield Row("saml", "a login response, both signed", ours["login"] / 1e3, "us", at_most=700)
    if os.path.isdir("/usr/share/simplesamlphp"):
        env = dict(os.environ, SIMPLESAMLPHP_CONFIG_DIR="/etc/simplesamlphp")
        theirs = json.loads(subprocess.run(["php", rig.BENCH / "programs" / "saml.php", key, certificate], check=True, capture_output=True, text=True, env=env).stdout)
        yield Row("saml", "its classes' login response, of ours", theirs["login"] / ours["login"], "x", note=f"{theirs['login'] / 1e3:.0f} us by SimpleSAMLphp's library")


class Drive:
    """Logins of who is logged in already: CPU microseconds of one, the best of the rounds so far."""

    def __init__(self, process, web, url):
        self.process, self.web, self.url, self.best = process, web, url, float("inf")

    def one(self):
        page = self.web.send("GET", self.url)
        for _ in range(3):
            if page.status in (302, 303):
                page = self.web.send("GET", page.location)
        if "SAMLResponse" not in page.body:
            raise RuntimeError(f"{self.url}: {page.status} {page.body[:200]}")

    def round(self):
        start = self.process.cpu()
        for _ in range(LOGINS):
            self.one()
        self.best = min(self.best, (self.process.cpu() - start) / LOGINS * 1e6)


def side_by_side(at):
    from saml_simplesamlphp import SimpleSamlPhp, installed
    from web import Web
    if not installed():
        return

    class Keys:
        def key(self, name):
            return at / f"{name}.key"

        def certificate(self, name):
            return at / f"{name}.crt"

    class Processes:
        def start(self, command, name, env=None):
            self.process = rig.Process(command, log=at / "php.log", env=env)
    shutil.copy(at / "key.pem", at / "idp.key")
    shutil.copy(at / "crt.pem", at / "idp.crt")
    started = Processes()
    with rig.Jeton(at / "data") as jeton:
        php = SimpleSamlPhp(started, at, Keys(), SP_METADATA, "bench")
        for metadata in (SP_METADATA, EC_SP_METADATA):
            jeton.admin("POST", "/v1/saml-service-providers", {"metadata": metadata, "attributes": {"uid": "name", "mail": "email"}})
        jeton.admin("POST", "/v1/users", {"name": "bench", "email": "bench@example.com", "password": "correct horse"})
        with started.process as theirs:
            web, ours = Web(), Web()
            php.metadata(web)
            page = web.get(f"{php.url}/saml2/idp/SSOService.php?spentityid={SP}")
            web.submit(page, web.form_with(page, "username", "password"), follow=False, username="alice", password="correct")
            page = ours.get(jeton.url + "/login")
            ours.submit(page, ours.form_with(page, "username", "password"), username="bench", password="correct horse")
            slow = Drive(theirs, web, f"{php.url}/saml2/idp/SSOService.php?spentityid={SP}")
            quick = {words: Drive(jeton, ours, f"{jeton.url}/saml/sso?sp={sp}")
                     for words, sp in (("by HTTP", SP), ("by HTTP, where ECDSA is announced", EC_SP))}
            for each in [slow, *quick.values()] * ROUNDS:
                each.round()
    # It signs by RSA in both: its library has nothing else.
    for words, each in quick.items():
        yield Row("saml", f"a login {words}: SimpleSAMLphp's CPU, of ours", slow.best / each.best, "x", at_least=8,
                  note=f"{slow.best / 1e3:.2f} ms against {each.best / 1e3:.2f} ms")


def measure():
    with rig.folder() as at:
        yield from in_process(at)
        yield from side_by_side(at)

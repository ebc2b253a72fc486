"""An identity provider by pysaml2, under Debian's python3: saml_pysaml2.py FOLDER writes responses and metadata."""
import os
import sys

from saml2 import BINDING_HTTP_POST
from saml2.config import IdPConfig, SPConfig
from saml2.metadata import create_metadata_string
from saml2.saml import NAMEID_FORMAT_EMAILADDRESS, NameID
from saml2.server import Server

IDP, SP, ACS = "https://idp.example/saml", "https://app.example/saml", "https://app.example/saml/acs"


def metadata(config):
    return create_metadata_string(None, config=config).decode()


def main(folder):
    os.chdir(folder)
    consumer = {"entityid": SP, "service": {"sp": {"endpoints": {"assertion_consumer_service": [(ACS, BINDING_HTTP_POST)]}}},
                "key_file": "sp.key", "cert_file": "sp.crt", "xmlsec_binary": "/usr/bin/xmlsec1"}
    policy = {"default": {"lifetime": {"minutes": 5}, "attribute_restrictions": None, "name_form": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"}}

    def provider():
        return {"entityid": IDP, "key_file": "idp.key", "cert_file": "idp.crt", "xmlsec_binary": "/usr/bin/xmlsec1",
                "service": {"idp": {"endpoints": {"single_sign_on_service": [("https://idp.example/sso", BINDING_HTTP_POST)]}, "policy": policy}},
                "metadata": {"inline": [metadata(SPConfig().load(consumer))]}}
    with open("pysaml2.xml", "w", encoding="utf-8") as out:
        out.write(metadata(IdPConfig().load(provider())))
    server = Server(config=IdPConfig().load(provider()))
    person = {"mail": ["alice@example.com"], "givenName": "Alice", "eduPersonAffiliation": ["staff", "member"]}
    for name, assertion, response in (("assertion", True, False), ("message", False, True), ("both", True, True)):
        made = server.create_authn_response(
            person, "_req-1", ACS, sp_entity_id=SP, name_id=NameID(format=NAMEID_FORMAT_EMAILADDRESS, text="alice@example.com"),
            authn={"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password", "authn_auth": "pysaml2"}, sign_assertion=assertion,
            sign_response=response, sign_alg="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", digest_alg="http://www.w3.org/2001/04/xmlenc#sha256")
        with open(f"pysaml2-{name}", "w", encoding="utf-8") as out:
            out.write(str(made))


main(sys.argv[1])

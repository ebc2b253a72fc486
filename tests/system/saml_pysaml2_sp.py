"""A service provider by pysaml2, under Debian's python3: saml_pysaml2_sp.py FOLDER ENTITY ACS [signs] [encrypts]. Writes sp.xml, reads our metadata of idp.xml
once a line says so, prints where to send the browser, reads the SAMLResponse of a line, and prints who logged in."""
import json
import os
import sys

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.client import Saml2Client
from saml2.config import SPConfig
from saml2.metadata import create_metadata_string


def config(entity, acs, signs, **more):
    return {"entityid": entity, "key_file": "sp.key", "cert_file": "sp.crt", "xmlsec_binary": "/usr/bin/xmlsec1", "allow_unknown_attributes": True,
            "encryption_keypairs": [{"key_file": "sp.key", "cert_file": "sp.crt"}],
            "service": {"sp": {"endpoints": {"assertion_consumer_service": [(acs, BINDING_HTTP_POST)]}, "authn_requests_signed": signs,
                               "want_response_signed": True, "want_assertions_signed": True, "allow_unsolicited": False}}, **more}


def main(folder, entity, acs, *how):
    os.chdir(folder)
    signs = "signs" in how
    with open("sp.xml", "w", encoding="utf-8") as out:
        out.write(create_metadata_string(None, config=SPConfig().load(config(entity, acs, signs))).decode())
    print("{}", flush=True)
    sys.stdin.readline()
    client = Saml2Client(config=SPConfig().load(config(entity, acs, signs, metadata={"local": ["idp.xml"]})))
    request, info = client.prepare_for_authenticate(relay_state="relay", binding=BINDING_HTTP_REDIRECT,
                                                    sigalg="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256")
    print(json.dumps({"url": dict(info["headers"])["Location"]}), flush=True)
    answer = client.parse_authn_request_response(sys.stdin.readline().strip(), BINDING_HTTP_POST, {request: "/"})
    print(json.dumps({"name": answer.name_id.text, "format": answer.name_id.format, "attributes": answer.ava}), flush=True)


main(*sys.argv[1:])

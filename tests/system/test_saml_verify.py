"""Responses held against jeton saml verify: every attack is refused for its own reason, and its good twin passes."""
import base64
import json
import re

import pytest

from saml_responses import (ACS, DS, ENVELOPED, EXC, IDP, NOW, RSA_SHA256, SAML, SAMLP, SHA256, SP, XENC, Keys, Maker, assertion, at, response,
                            signature, verify)

XS = 'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("saml"))


@pytest.fixture(scope="module")
def m(keys):
    return Maker(keys)


def good(keys, message, **how):
    code, out, err = verify(keys, message, **how)
    assert code == 0, err
    return json.loads(out)


def refused(keys, message, reason, **how):
    code, out, err = verify(keys, message, **how)
    assert code == 1, (code, out, err)
    assert reason in err, err
    assert out == ""


# Good ones, as identity providers make them.
def key_info(keys, name="idp"):
    return f"<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{keys.certificate_text(name)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"


def with_key_info(xml, info):
    """Not covered by the signature: anybody may write it."""
    return xml.replace("</ds:SignatureValue>", "</ds:SignatureValue>" + info)


def typed_value():
    return ('<saml:AttributeStatement><saml:Attribute Name="uid"><saml:AttributeValue xsi:type="xs:string">alice</saml:AttributeValue>'
            "</saml:Attribute></saml:AttributeStatement>")


GOOD = {
    "assertion signed": lambda m: m.signed_assertion(),
    "response signed": lambda m: m.signed_response(),
    "both signed": lambda m: m.both_signed(),
    "KeyInfo with the certificate": lambda m: with_key_info(m.signed_assertion(), key_info(m.keys)),
    "KeyInfo with another certificate": lambda m: with_key_info(m.signed_assertion(), key_info(m.keys, "other")),
    "KeyInfo of no sense": lambda m: with_key_info(m.signed_assertion(), "<ds:KeyInfo><x/>?</ds:KeyInfo>"),
    "SHA-384": lambda m: m.signed_assertion(sig=signature("#_a1", method=RSA_SHA256.replace("256", "384"),
                                                         digest="http://www.w3.org/2001/04/xmldsig-more#sha384")),
    "SHA-512": lambda m: m.signed_response(sig=signature("#_r1", method=RSA_SHA256.replace("256", "512"), digest=XENC + "sha512")),
    "another prefix": lambda m: m.signed_assertion(name="a"),
    "dsig as another prefix": lambda m: m.signed_assertion(sig=signature("#_a1", p="dsig")),
    "a prefix list, declared above": lambda m: m.signed_assertion(
        sig=signature("#_a1", prefixes="xs"), attributes=typed_value(), outer={"declarations": " " + XS}),
    "a prefix list, and both signed": lambda m: m.sign(m.sign(response(
        assertion(sig=signature("#_a1", prefixes="xs #default"), attributes=typed_value()), sig=signature("#_r1"), declarations=" " + XS),
        "Assertion"), "Response"),
    "types without a prefix list": lambda m: m.signed_response(attributes=typed_value(), outer={"declarations": " " + XS}),
    "white space everywhere": lambda m: m.sign(response(assertion(sig=signature("#_a1"))).replace("><", ">\n   <"), "Assertion"),
    "an address": lambda m: m.signed_assertion(
        data=f'<saml:SubjectConfirmationData Address="192.0.2.1" NotOnOrAfter="{at(300)}" Recipient="{ACS}" InResponseTo="_req-1"/>'),
    "several audiences, ours among them": lambda m: m.signed_assertion(audiences=[["https://else.example", SP]]),
    "two restrictions, ours in both": lambda m: m.signed_assertion(audiences=[[SP], ["https://else.example", SP]]),
    "OneTimeUse": lambda m: m.signed_assertion(extra="<saml:OneTimeUse/>"),
    "a second confirmation by another method": lambda m: m.signed_assertion(confirmations=(
        '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"/>'
        '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
        f'<saml:SubjectConfirmationData NotOnOrAfter="{at(300)}" Recipient="{ACS}" InResponseTo="_req-1"/></saml:SubjectConfirmation>')),
    "a session that lasts": lambda m: m.signed_assertion(session=f' SessionNotOnOrAfter="{at(3600)}"'),
    "fractions of a second": lambda m: m.signed_assertion(not_before=at(-1).replace("Z", ".123Z")),
    "an XML declaration": lambda m: '<?xml version="1.0" encoding="UTF-8"?>\n' + re.sub(r"<\?xml[^>]*\?>\s*", "", m.signed_response()),
    "base64": lambda m: base64.b64encode(m.signed_response().encode()).decode(),
    "base64 in lines": lambda m: base64.encodebytes(m.signed_response().encode()).decode(),
    "no attributes": lambda m: m.signed_assertion(attributes=""),
    "two attribute statements": lambda m: m.signed_assertion(attributes=typed_value() + typed_value().replace("uid", "mail"),
                                                            declarations=f' xmlns:saml="{SAML}" {XS}'),
    "a comment nobody signed": lambda m: m.signed_response().replace("<saml:Subject>", "<!-- hello --><saml:Subject>"),
    "no issuer of the response": lambda m: m.signed_assertion(outer={"issuer": ""}),
    "no destination, unsigned response": lambda m: m.signed_assertion(outer={"destination": ""}),
}


@pytest.mark.parametrize("name", GOOD)
def test_good(keys, m, name):
    login = good(keys, GOOD[name](m))
    assert login["name_id"] == "alice@example.com"


def test_values(keys, m):
    login = good(keys, m.both_signed())
    assert login["attributes"] == {"mail": ["alice@example.com"], "groups": ["staff", "ops"]}
    assert login["issuer"] == IDP and login["session_index"] == "_s1" and login["assertion_id"] == "_a1"


def test_ecdsa(keys, m):
    method = RSA_SHA256.replace("rsa-sha256", "ecdsa-sha256")
    message = m.signed_assertion(key="ec", sig=signature("#_a1", method=method))
    good(keys, message, certificate="ec")
    refused(keys, message, "no configured key is of the signature's algorithm")


def test_unsolicited(keys, m):
    message = m.signed_assertion(in_response_to="", outer={"in_response_to": ""})
    good(keys, message, request=None)
    refused(keys, message, "another request", request="_req-1")
    refused(keys, m.signed_assertion(), "and none was made", request=None)
    refused(keys, m.signed_assertion(outer={"in_response_to": ""}), "and none was made", request=None)


# Wrong words in a message that is signed as it should be.
WRONG = {
    "recipient": (dict(recipient="https://else.example/acs"), {}, "another recipient"),
    "recipient with a slash more": (dict(recipient=ACS + "/"), {}, "another recipient"),
    "no recipient": (dict(data=f'<saml:SubjectConfirmationData NotOnOrAfter="{at(300)}" InResponseTo="_req-1"/>'), {}, "another recipient"),
    "destination": ({}, dict(destination="https://else.example/acs"), "another destination"),
    "no destination": ({}, dict(destination=""), "another destination"),
    "issuer": (dict(issuer="https://evil.example"), {}, "wrong_issuer"),
    "issuer of the response": ({}, dict(issuer="https://evil.example"), "wrong_issuer"),
    "no issuer of a signed response": ({}, dict(issuer=""), "wrong_issuer"),
    "issuer as a prefix": (dict(issuer=IDP + ".evil.example"), {}, "wrong_issuer"),
    "status": ({}, dict(status="urn:oasis:names:tc:SAML:2.0:status:Responder"), "did not report success"),
    "status that ends in Success": ({}, dict(status="urn:evil:Success"), "did not report success"),
    "audience": (dict(audiences=[["https://else.example"]]), {}, "wrong_audience"),
    "audience of one restriction only": (dict(audiences=[[SP], ["https://else.example"]]), {}, "wrong_audience"),
    "audience longer": (dict(audiences=[[SP + "/more"]]), {}, "wrong_audience"),
    "no audience": (dict(audiences=[]), {}, "wrong_audience"),
    "no conditions": (dict(conditions=""), {}, "wrong_audience"),
    "conditions over": (dict(not_on_or_after=at(0)), {}, "expired"),
    "conditions not yet": (dict(not_before=at(1)), {}, "not_yet_valid"),
    "confirmation over": (dict(confirmed_until=at(0)), {}, "the subject's confirmation is over"),
    "confirmation without an end": (dict(data=f'<saml:SubjectConfirmationData Recipient="{ACS}" InResponseTo="_req-1"/>'), {}, "without an end"),
    "confirmation with NotBefore": (dict(data=f'<saml:SubjectConfirmationData NotBefore="{at(-60)}" NotOnOrAfter="{at(300)}" Recipient="{ACS}" '
                                              'InResponseTo="_req-1"/>'), {}, "with NotBefore"),
    "no confirmation": (dict(confirmations=""), {}, "no bearer confirmation"),
    "another method": (dict(method="urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"), {}, "no bearer confirmation"),
    "request of the confirmation": (dict(in_response_to="_req-2"), {}, "another request"),
    "request of the response": ({}, dict(in_response_to="_req-2"), "another request"),
    "no request in the confirmation": (dict(in_response_to=""), {}, "another request"),
    "session over": (dict(session=f' SessionNotOnOrAfter="{at(-1)}"'), {}, "session at the identity provider is over"),
    "no authentication": (dict(statements=""), {}, "nothing of an authentication"),
    "unknown condition": (dict(extra="<x:Only xmlns:x='urn:x'/>"), {}, "condition that is not understood"),
    "unknown version": (dict(version="1.1"), {}, "SAML 2.0 only"),
    "a relative namespace": (dict(head=' xmlns:r="relative"'), {}, "namespace name"),
}


ASKED_OF_SIGNED_RESPONSES = ("no destination", "no issuer of a signed response")


@pytest.mark.parametrize("signed,name", [(signed, name) for signed in ("response", "assertion") for name in WRONG
                                         if signed == "response" or name not in ASKED_OF_SIGNED_RESPONSES])
def test_wrong(keys, m, name, signed):
    parts, outer, reason = WRONG[name]
    if name == "a relative namespace":
        message = m.signed_assertion().replace('Version="2.0" IssueInstant', 'xmlns:r="relative" Version="2.0" IssueInstant')
    else:
        make = m.signed_response if signed == "response" else m.signed_assertion
        message = make(outer=dict(outer), **parts)
    refused(keys, message, reason)


def test_times_are_exact(keys, m):
    message = m.signed_assertion(not_before=at(0), not_on_or_after=at(10), confirmed_until=at(10))
    import datetime
    good(keys, message, time=NOW)
    good(keys, message, time=NOW + datetime.timedelta(seconds=9))
    refused(keys, message, "expired", time=NOW + datetime.timedelta(seconds=10))
    good(keys, message, time=NOW + datetime.timedelta(seconds=10), more=["--leeway", "5s"])
    refused(keys, message, "not_yet_valid", time=NOW - datetime.timedelta(seconds=1))


# Signatures.
def bare(xml):
    return re.sub(r"<\?xml[^>]*\?>\s*", "", xml).strip()


def the_assertion(xml):
    return re.search(r"<saml:Assertion.*</saml:Assertion>", xml, re.S)[0]


def the_signature(xml):
    return re.search(r"<ds:Signature .*?</ds:Signature>", xml, re.S)[0]


def evil(xml, id="_evil_a"):
    """The same without its signature, for somebody else, under another ID."""
    plain = xml.replace(the_signature(xml), "") if "<ds:Signature " in xml else xml
    return plain.replace("alice@example.com", "admin@example.com").replace('ID="_a1"', f'ID="{id}"').replace('ID="_r1"', 'ID="_evil_r"')


def xsw1(m):
    r = bare(m.signed_response())
    s = the_signature(r)
    original = r.replace(s, "")
    wrapped = s.replace("</ds:Signature>", f"<ds:Object>{original}</ds:Object></ds:Signature>")
    return evil(original).replace("<samlp:Status>", wrapped + "<samlp:Status>", 1)


def xsw2(m):
    r = bare(m.signed_response())
    s = the_signature(r)
    original = r.replace(s, "")
    return evil(original).replace("<samlp:Status>", original + s + "<samlp:Status>", 1)


def xsw3(m):
    r = bare(m.signed_assertion())
    a = the_assertion(r)
    return r.replace(a, evil(a) + a)


def xsw4(m):
    r = bare(m.signed_assertion())
    a = the_assertion(r)
    return r.replace(a, evil(a).replace("</saml:Assertion>", a + "</saml:Assertion>"))


def xsw5(m):
    r = bare(m.signed_assertion())
    a, s = the_assertion(r), the_signature(r)
    return r.replace(a, evil(a).replace("<saml:Subject>", s + "<saml:Subject>", 1) + a.replace(s, ""))


def xsw6(m):
    r = bare(m.signed_assertion())
    a, s = the_assertion(r), the_signature(r)
    wrapped = s.replace("</ds:Signature>", f"<ds:Object>{a.replace(s, '')}</ds:Object></ds:Signature>")
    return r.replace(a, evil(a).replace("<saml:Subject>", wrapped + "<saml:Subject>", 1))


def xsw7(m):
    r = bare(m.signed_assertion())
    a = the_assertion(r)
    return r.replace("<samlp:Status>", f"<samlp:Extensions>{evil(a)}</samlp:Extensions><samlp:Status>", 1)


def xsw8(m):
    r = bare(m.signed_assertion())
    a, s = the_assertion(r), the_signature(r)
    inner = a.replace(s, "")
    wrapped = s.replace("</ds:Signature>", f"<ds:Object>{inner}</ds:Object></ds:Signature>")
    return r.replace(a, evil(a).replace("<saml:Subject>", wrapped + "<saml:Subject>", 1))


def same_id(m):
    """The evil assertion has the original's ID."""
    r = bare(m.signed_assertion())
    a, s = the_assertion(r), the_signature(r)
    return r.replace(a, evil(a, "_a1").replace("<saml:Subject>", s + "<saml:Subject>", 1)).replace(
        "<samlp:Status>", f"<samlp:Extensions>{a.replace(s, '')}</samlp:Extensions><samlp:Status>", 1)


def in_status(m):
    r = bare(m.signed_assertion())
    a, s = the_assertion(r), the_signature(r)
    return r.replace(a, evil(a).replace("<saml:Subject>", s + "<saml:Subject>", 1)).replace(
        "</samlp:Status>", f"<samlp:StatusDetail>{a.replace(s, '')}</samlp:StatusDetail></samlp:Status>")


def advice(m):
    r = bare(m.signed_assertion())
    a, s = the_assertion(r), the_signature(r)
    return r.replace(a, evil(a).replace("<saml:Subject>", s + "<saml:Subject>", 1).replace(
        "</saml:Conditions>", f"</saml:Conditions><saml:Advice>{a.replace(s, '')}</saml:Advice>"))


def signature_elsewhere(m):
    """A good signature of the assertion, right below the response."""
    r = bare(m.signed_assertion())
    s = the_signature(r)
    return r.replace(s, "").replace("<samlp:Status>", s + "<samlp:Status>", 1)


def signature_deeper(m):
    r = bare(m.signed_assertion())
    s = the_signature(r)
    return r.replace(s, "").replace("<saml:Subject>", "<saml:Subject>" + s, 1)


WRAPPED = {
    "XSW1": (xsw1, "more in the signature than"), "XSW2": (xsw2, "does not belong there|a response without a status"),
    "XSW3": (xsw3, "more than one assertion"), "XSW4": (xsw4, "inside another element"), "XSW5": (xsw5, "more than one assertion"),
    "XSW6": (xsw6, "inside another element"), "XSW7": (xsw7, "inside another element"), "XSW8": (xsw8, "inside another element"),
    "same ID twice": (same_id, "an ID stands twice"), "in the status": (in_status, "inside another element"),
    "in the advice": (advice, "inside another element"), "signature under the response": (signature_elsewhere, "not to the element that carries it"),
    "signature under the subject": (signature_deeper, "neither the response nor its assertion is signed"),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_wrapping(keys, m, name):
    make, reason = WRAPPED[name]
    code, out, err = verify(keys, make(m))
    assert code == 1 and out == "", (code, out, err)
    assert re.search(reason + "|inside another element", err), err


def unsigned_digest(m, change):
    return change(bare(m.signed_assertion()))


TAMPERED = {
    "no signature": (lambda x: x.replace(the_signature(x), ""), "neither the response nor its assertion is signed"),
    "name changed": (lambda x: x.replace("alice@", "admin@", 1), "the signed element was changed"),
    "attribute changed": (lambda x: x.replace(">ops<", ">admins<"), "the signed element was changed"),
    "attribute added": (lambda x: x.replace("</saml:AttributeStatement>", '<saml:Attribute Name="x"/></saml:AttributeStatement>'),
                        "the signed element was changed"),
    "SignedInfo changed": (lambda x: x.replace(SHA256, XENC + "sha512"), "no configured key made this signature"),
    "two SignedInfo": (lambda x: x.replace("<ds:SignedInfo>", "<ds:SignedInfo/><ds:SignedInfo>", 1), "without its value"),
    "two SignedInfo, the good one first": (lambda x: x.replace("</ds:SignedInfo>", "</ds:SignedInfo><ds:SignedInfo/>", 1), "without its value"),
    "a comment in DigestValue": (lambda x: re.sub(r"(<ds:DigestValue>.{4})", r"\1<!-- x -->", x), "plain text"),
    "a whole digest before the comment": (lambda x: re.sub(r"<ds:DigestValue>", "<ds:DigestValue>AAAA<!---->", x), "plain text"),
    "two DigestValue": (lambda x: re.sub(r"(<ds:DigestValue>[^<]*</ds:DigestValue>)", r"\1\1", x), "more in the reference"),
    "a comment in SignatureValue": (lambda x: re.sub(r"(<ds:SignatureValue>.{4})", r"\1<!-- x -->", x), "plain text"),
    "two SignatureValue": (lambda x: re.sub(r"(<ds:SignatureValue>[^<]*</ds:SignatureValue>)", r"\1\1", x, flags=re.S), "more in the signature"),
    "two signatures": (lambda x: x.replace(the_signature(x), the_signature(x) * 2), "two signatures"),
    "an empty signature value": (lambda x: re.sub(r"<ds:SignatureValue>[^<]*<", "<ds:SignatureValue><", x, flags=re.S), "no configured key made this"),
    "DOCTYPE": (lambda x: "<!DOCTYPE samlp:Response>" + x, "document type declaration"),
    "DOCTYPE with an entity": (lambda x: '<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + x.replace("alice@", "&e;@", 1), "document type"),
    "a billion laughs": (lambda x: '<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + x, "document type"),
    "an attribute default": (lambda x: '<!DOCTYPE r [<!ATTLIST saml:Assertion ID ID #FIXED "_evil">]>' + x, "document type"),
    "a DOCTYPE after a comment": (lambda x: "<!-- -->\n<!doctype x>" + x, "document type"),
    "a processing instruction": (lambda x: x.replace("<saml:Subject>", "<?x y?><saml:Subject>"), "processing instruction"),
    "a style sheet": (lambda x: '<?xml-stylesheet href="x"?>' + x, "processing instruction"),
    "an undeclared entity": (lambda x: x.replace("alice@", "&x;@", 1), "not well-formed"),
    "Latin-1 by declaration": (lambda x: '<?xml version="1.0" encoding="ISO-8859-1"?>' + x, "UTF-8 only"),
    "UTF-7 by declaration": (lambda x: '<?xml version="1.0" encoding="UTF-7"?>' + x, "UTF-8 only"),
    "UTF-16": (lambda x: x.encode("utf-16"), "neither XML nor base64"),
    "a bad octet": (lambda x: x.encode().replace(b"alice@", b"\xff@", 1), "not UTF-8"),
    "XML 1.1": (lambda x: '<?xml version="1.1"?>' + x, "XML 1.0 only"),
    "a relative namespace": (lambda x: x.replace("<saml:Subject>", '<saml:Subject xmlns:x="relative/name">'), "namespace name"),
    "an undeclared prefix": (lambda x: x.replace("<saml:Subject>", "<saml:Subject><nowhere:x/>"), "not well-formed"),
    "an attribute twice through two prefixes": (
        lambda x: x.replace("<saml:Subject>", '<saml:Subject xmlns:p="urn:p" xmlns:q="urn:p" p:a="1" q:a="2">'), "not well-formed"),
    "an ID in a namespace": (lambda x: x.replace('ID="_a1"', f'samlp:ID="_a1" ID="_a2"').replace("<saml:Assertion ", f'<saml:Assertion xmlns:samlp="{SAMLP}" '),
                             "not to the element that carries it"),
    "text between elements": (lambda x: x.replace("<samlp:Status>", "text<samlp:Status>", 1), "only elements stand"),
    "trailing octets": (lambda x: x + "<more/>", "not well-formed"),
    "another root": (lambda x: f"<x>{x}</x>", "not a SAML response"),
    "the assertion alone": (lambda x: the_assertion(x), "not a SAML response"),
    "namespace of SAML 1": (lambda x: x.replace(SAMLP, "urn:oasis:names:tc:SAML:1.0:protocol"), "not a SAML response"),
    "the signature's value in base64url": (lambda x: x.replace("+", "-").replace("<ds:SignatureValue>", "<ds:SignatureValue>-"), "base64"),
    "too deep": (lambda x: x.replace("<samlp:Status>", "<samlp:Extensions>" + "<x>" * 100 + "</x>" * 100 + "</samlp:Extensions><samlp:Status>", 1),
                 "too deep"),
    "too many attributes": (lambda x: x.replace("<samlp:Status>", "<samlp:Extensions " + " ".join(f'a{i}=""' for i in range(100)) + "/><samlp:Status>", 1),
                            "too many attributes"),
    "too large": (lambda x: x.replace("<samlp:Status>", "<samlp:Extensions>" + "x" * 700_000 + "</samlp:Extensions><samlp:Status>", 1), "too many octets"),
    "not XML at all": (lambda x: "hello", "neither XML nor base64|not well-formed|malformed"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_tampered(keys, m, name):
    change, reason = TAMPERED[name]
    message = bare(m.signed_assertion())
    good(keys, message)
    changed = change(message)
    assert changed != message
    code, out, err = verify(keys, changed)
    assert code == 1 and out == "", (code, out, err)
    assert re.search(reason, err), err


# Well-signed, by rules that are not ours.
XSLT = ('<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"><xsl:stylesheet version="1.0" '
        'xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/"><x/></xsl:template></xsl:stylesheet></ds:Transform>')
ENV, EXCT = f'<ds:Transform Algorithm="{ENVELOPED}"/>', f'<ds:Transform Algorithm="{EXC}"/>'
ODD = {
    "SHA-1 signature": (dict(method=DS + "rsa-sha1"), "signature algorithm"),
    "SHA-1 digest": (dict(digest=DS + "sha1"), "a digest other than"),
    "SHA-224": (dict(method=RSA_SHA256.replace("256", "224"), digest="http://www.w3.org/2001/04/xmldsig-more#sha224"), "signature algorithm"),
    "inclusive SignedInfo": (dict(c14n=INCLUSIVE), "canonicalisation other than"),
    "with comments": (dict(c14n=EXC + "WithComments"), "canonicalisation other than"),
    "inclusive content": (dict(transforms=ENV + f'<ds:Transform Algorithm="{INCLUSIVE}"/>'), "canonicalisation other than"),
    "content with comments": (dict(transforms=ENV + f'<ds:Transform Algorithm="{EXC}WithComments"/>'), "canonicalisation other than"),
    "enveloped alone": (dict(transforms=ENV), "the transforms are"),
    "three transforms": (dict(transforms=ENV + EXCT + EXCT), "more than two"),
    "XPath": (dict(transforms=ENV + '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>true()</ds:XPath></ds:Transform>'),
              "canonicalisation other than"),
    "XSLT": (dict(transforms=XSLT + EXCT), "with parameters|transform other than"),
    "two references": (dict(references=2), "more than one reference"),
    "the whole document": (dict(uri=""), "not to the element that carries it"),
    "an Object": (dict(after="<ds:Object/>"), "more in the signature"),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_signatures(keys, m, name):
    how, reason = ODD[name]
    how = dict({"uri": "#_a1"}, **how)
    message = bare(m.sign(response(assertion(sig=signature(**how))), "Assertion"))
    code, out, err = verify(keys, message)
    assert code == 1 and out == "", (code, out, err)
    assert re.search(reason, err), err


def test_transforms_turned_round(keys, m):
    message = bare(m.signed_assertion())
    refused(keys, message.replace(ENV + EXCT, EXCT + ENV), "a transform other than")
    good(keys, message)


def test_another_key(keys, m):
    message = with_key_info(m.signed_assertion(key="other"), key_info(keys, "other"))
    refused(keys, message, "no configured key made this signature")
    good(keys, message, certificate="other")


def test_one_good_signature_does_not_excuse_a_bad_one(keys, m):
    xml = response(assertion(sig=signature("#_a1")), sig=signature("#_r1"))
    mixed = m.sign(m.sign(xml, "Assertion", "other"), "Response")
    refused(keys, mixed, "no configured key made this signature")
    mixed = m.sign(m.sign(xml, "Assertion"), "Response", "other")
    refused(keys, mixed, "no configured key made this signature")
    good(keys, m.sign(m.sign(xml, "Assertion"), "Response"))


def test_hmac_with_the_certificate(keys, m, tmp_path):
    """CVE-2015-9235's sibling: the public key as a shared secret; and HMACOutputLength (CVE-2009-0217)."""
    from saml_responses import run
    for secret in (keys.certificate("idp").read_bytes(), base64.b64decode(keys.certificate_text("idp"))):
        for inside in ("", "<ds:HMACOutputLength>8</ds:HMACOutputLength>"):
            (tmp_path / "secret").write_bytes(secret)
            template = response(assertion(sig=signature("#_a1", method="http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", inside=inside)))
            (tmp_path / "t.xml").write_text(template)
            done = run("xmlsec1", "--sign", "--hmackey", tmp_path / "secret", "--id-attr:ID", f"{SAML}:Assertion", tmp_path / "t.xml")
            message = done.stdout.decode() if done.returncode == 0 else template
            refused(keys, message, "parameters" if inside else "signature algorithm")


def test_short_key(keys, m):
    refused(keys, m.signed_assertion(key="short"), "2048", certificate="short")


def test_comments_join(keys, m):
    """CVE-2017-11427 and its family: the name is what is left when the comment is gone."""
    message = m.signed_assertion(name_id="alice@example.com.evil.example")
    for split in ("alice@example.com<!---->.evil.example", "alice@example.com<!-- x --><!-- y -->.evil.example",
                  "alice@example.com<![CDATA[.evil]]>.example"):
        assert good(keys, message.replace("alice@example.com.evil.example", split))["name_id"] == "alice@example.com.evil.example"


def test_void_canonical_form(keys, m):
    """A digest of nothing is nobody's digest."""
    empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    xml = bare(m.signed_assertion())
    refused(keys, re.sub(r"<ds:DigestValue>[^<]*<", f"<ds:DigestValue>{empty}<", xml), "no configured key made this signature")


# Encrypted assertions.
@pytest.mark.parametrize("content", ["aes128-gcm", "aes192-gcm", "aes256-gcm"])
@pytest.mark.parametrize("digest", ["", DS + "sha1"])   # xmlsec1 1.2 makes no other
def test_encrypted(keys, m, content, digest):
    message = response(m.encrypt(m.signed_alone(), content, digest=digest))
    login = good(keys, message, key="sp")
    assert login["name_id"] == "alice@example.com" and login["encrypted"]


def test_encrypted_key_beside(keys, m):
    good(keys, response(m.encrypt(m.signed_alone(), beside=True)), key="sp")


def test_encrypted_in_a_signed_response(keys, m):
    message = m.signed_response(inner=m.encrypt(assertion()))
    assert good(keys, message, key="sp")["name_id"] == "alice@example.com"
    refused(keys, response(m.encrypt(assertion())), "neither the response nor its assertion is signed", key="sp")


def test_encrypted_refused(keys, m):
    message = response(m.encrypt(m.signed_alone()))
    refused(keys, message, "no key was given")
    refused(keys, message, "does not open", key="other")
    refused(keys, response(m.encrypt(m.signed_alone(key="other"))), "no configured key made this signature", key="sp")
    refused(keys, response(m.encrypt(m.signed_alone(audiences=[["https://else.example"]]))), "wrong_audience", key="sp")
    refused(keys, response(m.encrypt(m.signed_alone(), "aes256-cbc")), "other than AES-GCM", key="sp")
    refused(keys, response(m.encrypt(m.signed_alone(), "aes128-cbc")), "other than AES-GCM", key="sp")
    refused(keys, response(m.encrypt(m.signed_alone(), transport=XENC + "rsa-1_5")), "other than RSA-OAEP", key="sp")
    refused(keys, response(m.encrypt(m.signed_alone()) * 2), "more than one assertion", key="sp")
    refused(keys, response(m.encrypt(m.signed_alone()) + m.signed_alone(id="_a2")), "more than one assertion", key="sp")
    refused(keys, message.replace(f"<saml:Issuer xmlns:saml=\"{SAML}\">{IDP}</saml:Issuer>", "", 1), "wrong_issuer", key="sp")


def test_one_answer_for_all_that_does_not_open(keys, m):
    """No oracle: the wrapped key, the tag and what is inside fail alike."""
    message = response(m.encrypt(m.signed_alone()))
    values = re.findall(r"<xenc:CipherValue>([^<]*)</xenc:CipherValue>", message)

    def flipped(value, at):
        octets = bytearray(base64.b64decode(value))
        octets[at] ^= 1
        return message.replace(value, base64.b64encode(octets).decode())
    answers = {verify(keys, flipped(value, where), key="sp")[2] for value in values for where in (0, 20, -1)}
    short = message.replace(values[1], base64.b64encode(base64.b64decode(values[1])[:20]).decode())
    answers.add(verify(keys, short, key="sp")[2])
    answers.add(verify(keys, response(m.encrypt("<x>" + "y" * 50 + "</x>").replace("aes256", "aes128")), key="sp")[2])
    assert answers == {"jeton: refused: bad_signature: the encrypted element does not open\n"}


def test_wrapped_inside_the_encryption(keys, m):
    signed = m.signed_alone()
    refused(keys, response(m.encrypt(evil(signed).replace("</saml:Assertion>", signed + "</saml:Assertion>"))), "inside another element", key="sp")


# The command itself.
def metadata(keys, names=("idp",), entity=IDP, valid="", use=' use="signing"'):
    descriptors = "".join(f'<md:KeyDescriptor{use}><ds:KeyInfo xmlns:ds="{DS}"><ds:X509Data><ds:X509Certificate>\n{keys.certificate_text(n)}\n'
                          "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>" for n in names)
    return (f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity}"{valid}>'
            f'<md:IDPSSODescriptor protocolSupportEnumeration="{SAMLP}">{descriptors}'
            '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/>'
            "</md:IDPSSODescriptor></md:EntityDescriptor>")


def with_metadata(keys, tmp_path, text, message, *more):
    from saml_responses import BINARY, REQUEST, run
    (tmp_path / "idp.xml").write_text(text)
    done = run(BINARY, "saml", "verify", "-", "--idp-metadata", tmp_path / "idp.xml", "--sp", SP, "--acs", ACS, "--request-id", REQUEST,
               "--at", at(0), *more, input=message.encode())
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_metadata(keys, m, tmp_path):
    message = m.signed_assertion()
    code, out, err = with_metadata(keys, tmp_path, metadata(keys), message)
    assert code == 0, err
    assert re.search(r"^name_id +alice@example.com$", out, re.M)
    assert re.search(r"^attribute groups +staff ops$", out, re.M)
    assert with_metadata(keys, tmp_path, metadata(keys, use=""), message)[0] == 0
    assert with_metadata(keys, tmp_path, metadata(keys, ("other", "idp")), message)[0] == 0, "a roll-over: both keys are good"
    assert with_metadata(keys, tmp_path, metadata(keys, ("other",)), message)[0] == 1
    assert with_metadata(keys, tmp_path, metadata(keys, use=' use="encryption"'), message)[0] == 2
    assert with_metadata(keys, tmp_path, metadata(keys, entity="https://else.example"), message)[0] == 1
    assert with_metadata(keys, tmp_path, metadata(keys, valid=f' validUntil="{at(-1)}"'), message)[0] == 1
    assert with_metadata(keys, tmp_path, metadata(keys, valid=f' validUntil="{at(1)}"'), message)[0] == 0
    several = ('<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">' + metadata(keys) +
               metadata(keys, ("other",), "https://else.example") + "</md:EntitiesDescriptor>")
    assert with_metadata(keys, tmp_path, several, message)[0] == 2
    assert with_metadata(keys, tmp_path, several, message, "--idp", IDP)[0] == 0
    assert with_metadata(keys, tmp_path, several, message, "--idp", "https://else.example")[0] == 1


def test_usage(keys, m, tmp_path):
    from saml_responses import BINARY, run
    message = m.signed_assertion().encode()
    certificate = keys.certificate("idp")
    for words in (["--sp", SP, "--acs", ACS], ["--idp", IDP, "--idp-cert", certificate, "--acs", ACS],
                  ["--idp", IDP, "--idp-cert", certificate, "--sp", SP], ["--idp", IDP, "--sp", SP, "--acs", ACS],
                  ["--idp", IDP, "--idp-cert", tmp_path / "none", "--sp", SP, "--acs", ACS],
                  ["--idp", IDP, "--idp-cert", keys.key("idp"), "--sp", SP, "--acs", ACS],
                  ["--idp", IDP, "--idp-cert", certificate, "--sp", SP, "--acs", ACS, "--at", "noon"],
                  ["--idp", IDP, "--idp-cert", certificate, "--idp-metadata", certificate, "--sp", SP, "--acs", ACS]):
        assert run(BINARY, "saml", "verify", "-", *words, input=message).returncode == 2, words


def test_one_id_alone(keys, m):
    code, out, err = verify(keys, m.signed_assertion(), more=["--quiet"])
    assert code == 0

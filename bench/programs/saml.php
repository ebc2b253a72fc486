<?php
// What SimpleSAMLphp does for a login response, by its own classes: saml.php KEY.pem CERTIFICATE.pem. Prints CPU nanoseconds a piece.
require '/usr/share/simplesamlphp/lib/_autoload.php';

use RobRichards\XMLSecLibs\XMLSecurityKey;

function response(string $key, string $certificate): string
{
    $signer = new XMLSecurityKey(XMLSecurityKey::RSA_SHA256, ['type' => 'private']);
    $signer->loadKey($key);
    $issuer = new \SAML2\XML\saml\Issuer();
    $issuer->setValue('https://idp.example/saml');
    $name = new \SAML2\XML\saml\NameID();
    $name->setValue('alice@example.com');
    $name->setFormat('urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress');
    $a = new \SAML2\Assertion();
    $a->setIssuer($issuer);
    $a->setValidAudiences(['https://app.example/saml']);
    $a->setNotBefore(time() - 30);
    $a->setNotOnOrAfter(time() + 300);
    $a->setAuthnInstant(time());
    $a->setSessionIndex('_s');
    $a->setAuthnContextClassRef('urn:oasis:names:tc:SAML:2.0:ac:classes:Password');
    $a->setNameId($name);
    $a->setAttributes(['mail' => ['alice@example.com'], 'groups' => ['staff', 'ops']]);
    $a->setAttributeNameFormat('urn:oasis:names:tc:SAML:2.0:attrname-format:basic');
    $data = new \SAML2\XML\saml\SubjectConfirmationData();
    $data->setRecipient('https://app.example/saml/acs');
    $data->setInResponseTo('_q');
    $data->setNotOnOrAfter(time() + 300);
    $confirmation = new \SAML2\XML\saml\SubjectConfirmation();
    $confirmation->setMethod('urn:oasis:names:tc:SAML:2.0:cm:bearer');
    $confirmation->setSubjectConfirmationData($data);
    $a->setSubjectConfirmation([$confirmation]);
    $a->setSignatureKey($signer);
    $a->setCertificates([$certificate]);
    $r = new \SAML2\Response();
    $r->setIssuer($issuer);
    $r->setDestination('https://app.example/saml/acs');
    $r->setInResponseTo('_q');
    $r->setAssertions([$a]);
    $r->setSignatureKey($signer);
    $r->setCertificates([$certificate]);
    $element = $r->toSignedXML();
    return $element->ownerDocument->saveXML($element);
}

function cpu(): float
{
    $u = getrusage();
    return ($u['ru_utime.tv_sec'] + $u['ru_stime.tv_sec']) * 1e9 + ($u['ru_utime.tv_usec'] + $u['ru_stime.tv_usec']) * 1e3;
}

$key = file_get_contents($argv[1]);
$certificate = file_get_contents($argv[2]);
$length = strlen(response($key, $certificate));
$best = INF;
for ($round = 0; $round < 7; $round++) {
    $start = cpu();
    for ($i = 0; $i < 30; $i++) {
        response($key, $certificate);
    }
    $best = min($best, (cpu() - $start) / 30);
}
echo json_encode(['login' => (int) $best, 'octets' => $length]), "\n";

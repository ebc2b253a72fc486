"""SimpleSAMLphp as Debian has it, as an identity provider under PHP's own server."""
import shutil

from waiting import free_port, until

WWW = "/usr/share/simplesamlphp/www"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"

CONFIG = """<?php
$config = [
  'baseurlpath' => 'http://localhost:%(port)d/', 'certdir' => '%(folder)s/', 'loggingdir' => '%(folder)s/', 'datadir' => '%(folder)s/', 'tempdir' => '%(folder)s/tmp',
  'metadatadir' => '%(folder)s/metadata', 'metadata.sources' => [['type' => 'flatfile'], ['type' => 'xml', 'file' => '%(folder)s/jeton.xml']],
  'secretsalt' => 'a salt of the tests', 'auth.adminpassword' => 'not for anybody', 'technicalcontact_email' => 'na@example.org', 'timezone' => 'UTC',
  'enable.saml20-idp' => true, 'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true], 'logging.handler' => 'errorlog', 'logging.level' => 7,
  'session.cookie.secure' => false, 'session.phpsession.savepath' => '%(folder)s/tmp', 'store.type' => 'phpsession', 'showerrors' => true, 'errorreporting' => false,
  'session.cookie.name' => 'SSPID', 'session.phpsession.cookiename' => 'SSPPHP', 'admin.protectmetadata' => false, 'language.default' => 'en',
];
"""
AUTH = """<?php
$config = ['users' => ['exampleauth:UserPass', 'alice:correct' => ['uid' => ['%(user)s'], 'mail' => ['%(user)s@example.com'], 'department' => ['ops']]]];
"""
HOSTED = """<?php
$metadata['__DYNAMIC:1__'] = ['host' => '__DEFAULT__', 'privatekey' => 'idp.key', 'certificate' => 'idp.crt', 'auth' => 'users',
  'NameIDFormat' => '%(persistent)s', 'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'validate.authnrequest' => true, 'redirect.sign' => true, 'redirect.validate' => true, 'sign.logout' => true, 'validate.logout' => true,
  'assertion.encryption' => %(encrypt)s, 'sharedkey_algorithm' => 'http://www.w3.org/2009/xmlenc11#aes256-gcm',
  'attributes.NameFormat' => 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic',
  'authproc' => [3 => ['class' => 'saml:AttributeNameID', 'attribute' => 'uid', 'Format' => '%(persistent)s']],
];
"""


def installed():
    return shutil.which("php") and shutil.os.path.isdir(WWW)


class SimpleSamlPhp:
    def __init__(self, processes, folder, keys, our_metadata, user, encrypt=False):
        self.port, self.folder = free_port(), folder / "simplesamlphp"
        facts = {"port": self.port, "folder": self.folder, "user": user, "persistent": PERSISTENT, "encrypt": str(encrypt).lower()}
        (self.folder / "tmp").mkdir(parents=True)
        (self.folder / "metadata").mkdir()
        for name, text in (("config.php", CONFIG), ("authsources.php", AUTH), ("metadata/saml20-idp-hosted.php", HOSTED)):
            (self.folder / name).write_text(text % facts)
        (self.folder / "jeton.xml").write_text(our_metadata)
        shutil.copy(keys.key("idp"), self.folder)
        shutil.copy(keys.certificate("idp"), self.folder)
        env = {**shutil.os.environ, "SIMPLESAMLPHP_CONFIG_DIR": str(self.folder), "PHP_CLI_SERVER_WORKERS": "2"}
        processes.start(["php", "-d", "error_log=" + str(self.folder / "php.log"), "-d", "session.save_path=" + str(self.folder / "tmp"), "-S", f"127.0.0.1:{self.port}", "-t", WWW],
                        "simplesamlphp", env=env)
        self.url = f"http://localhost:{self.port}"

    def metadata(self, web):
        until(lambda: reached(web, self.url + "/saml2/idp/metadata.php"), 20, "SimpleSAMLphp")
        page = web.send("GET", self.url + "/saml2/idp/metadata.php")
        assert page.status == 200, page
        return page.body


def reached(web, url):
    try:
        return web.send("GET", url).status == 200
    except OSError:
        return False

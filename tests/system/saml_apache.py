"""Apache as Debian has it, with mod_auth_mellon or mod_shib: a service provider that an administrator would set up."""
import os
import shutil

from saml_simplesamlphp import reached
from waiting import free_port, until

MODULES = "/usr/lib/apache2/modules"
BASE = """ServerRoot "%(folder)s"
PidFile "%(folder)s/apache.pid"
Listen 127.0.0.1:%(port)d
ServerName http://localhost:%(port)d
UseCanonicalName On
ErrorLog "%(folder)s/error.log"
LogLevel info
%(user)s
DocumentRoot "%(folder)s/www"
LoadModule mpm_prefork_module %(modules)s/mod_mpm_prefork.so
LoadModule authn_core_module %(modules)s/mod_authn_core.so
LoadModule authz_core_module %(modules)s/mod_authz_core.so
LoadModule authz_user_module %(modules)s/mod_authz_user.so
LoadModule mime_module %(modules)s/mod_mime.so
LoadModule dir_module %(modules)s/mod_dir.so
LoadModule headers_module %(modules)s/mod_headers.so
LoadModule env_module %(modules)s/mod_env.so
TypesConfig /etc/mime.types
Mutex file:%(folder)s default
StartServers 2
MaxRequestWorkers 10
Header always set X-User "expr=%%{REMOTE_USER}"
Header always set X-Uid "%%{%(uid)s}e"
<Directory "%(folder)s/www">
  Require all granted
</Directory>
%(more)s
"""
MELLON = """LoadModule auth_mellon_module %(modules)s/mod_auth_mellon.so
MellonLockFile "%(folder)s/mellon.lock"
<Location />
  MellonEnable info
  MellonEndpointPath /mellon
  MellonSPPrivateKeyFile "%(folder)s/sp.key"
  MellonSPCertFile "%(folder)s/sp.crt"
  MellonIdPMetadataFile "%(folder)s/jeton.xml"
  MellonSecureCookie On
  MellonCookieSameSite none
  MellonSubjectConfirmationDataAddressCheck Off
</Location>
<Location /private>
  Require valid-user
  AuthType Mellon
  MellonEnable auth
</Location>
"""
SHIB = """LoadModule mod_shib %(modules)s/mod_shib.so
LoadModule alias_module %(modules)s/mod_alias.so
ShibConfig "%(folder)s/shibboleth2.xml"
<Location /Shibboleth.sso>
  AuthType None
  Require all granted
  SetHandler shib
</Location>
<Location /private>
  AuthType shibboleth
  ShibRequestSetting requireSession 1
  Require shib-session
</Location>
"""
SHIB_CONFIG = """<SPConfig xmlns="urn:mace:shibboleth:3.0:native:sp:config" xmlns:conf="urn:mace:shibboleth:3.0:native:sp:config" clockSkew="180" logger="%(folder)s/shibd.logger">
  <OutOfProcess logger="%(folder)s/shibd.logger"/>
  <InProcess logger="%(folder)s/native.logger"/>
  <UnixListener address="%(folder)s/shibd.sock"/>
  <ApplicationDefaults entityID="http://localhost:%(port)d/shibboleth" REMOTE_USER="uid" signing="true">
    <Sessions lifetime="28800" timeout="3600" relayState="ss:mem" checkAddress="false" handlerSSL="false" cookieProps="http" redirectLimit="none">
      <SSO entityID="%(idp)s">SAML2</SSO>
      <Logout>SAML2 Local</Logout>
      <Handler type="MetadataGenerator" Location="/Metadata" signing="false"/>
    </Sessions>
    <MetadataProvider type="XML" validate="false" path="%(folder)s/jeton.xml"/>
    <AttributeExtractor type="XML" validate="true" reloadChanges="false" path="%(folder)s/attribute-map.xml"/>
    <AttributeFilter type="XML" validate="true" path="/etc/shibboleth/attribute-policy.xml"/>
    <CredentialResolver type="File" key="%(folder)s/sp.key" certificate="%(folder)s/sp.crt"/>
  </ApplicationDefaults>
  <SecurityPolicyProvider type="XML" validate="true" path="/etc/shibboleth/security-policy.xml"/>
  <ProtocolProvider type="XML" validate="true" reloadChanges="false" path="/etc/shibboleth/protocols.xml"/>
</SPConfig>
"""
ATTRIBUTES = """<Attributes xmlns="urn:mace:shibboleth:2.0:attribute-map" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <Attribute name="uid" nameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic" id="uid"/>
</Attributes>
"""
LOGGER = """log4j.rootCategory=INFO, file
log4j.appender.file=org.apache.log4j.FileAppender
log4j.appender.file.fileName=%s
log4j.appender.file.layout=org.apache.log4j.PatternLayout
log4j.appender.file.layout.ConversionPattern=%%d{%%Y-%%m-%%d %%H:%%M:%%S} %%p %%c : %%m%%n
"""


def installed(module):
    return shutil.which("apache2") and os.path.exists(f"{MODULES}/{module}.so")


class Apache:
    """`kind` is mellon or shib."""

    def __init__(self, kind, processes, folder, keys, our_metadata, idp):
        self.kind, self.port, self.folder = kind, free_port(), folder / kind
        self.folder.mkdir()
        root = os.geteuid() == 0
        facts = {"folder": self.folder, "port": self.port, "modules": MODULES, "idp": idp, "uid": "MELLON_uid" if kind == "mellon" else "uid",
                 "user": "User www-data\nGroup www-data" if root else ""}
        (self.folder / "www" / "private").mkdir(parents=True)
        (self.folder / "www" / "index.html").write_text("open\n")
        (self.folder / "www" / "private" / "index.html").write_text("inside\n")
        (self.folder / "jeton.xml").write_text(our_metadata)
        for name in ("sp.key", "sp.crt"):
            shutil.copy(keys.folder / name, self.folder)
        (self.folder / "apache.conf").write_text(BASE % {**facts, "more": (MELLON if kind == "mellon" else SHIB) % facts})
        if kind == "shib":
            (self.folder / "shibboleth2.xml").write_text(SHIB_CONFIG % facts)
            (self.folder / "attribute-map.xml").write_text(ATTRIBUTES)
            for name in ("shibd", "native"):
                (self.folder / f"{name}.logger").write_text(LOGGER % (self.folder / f"{name}.log"))
        if root:
            self.open_to_all(folder)
        if kind == "shib":
            processes.start(["/usr/sbin/shibd", "-F", "-f", "-c", self.folder / "shibboleth2.xml", "-p", self.folder / "shibd.pid", "-w", "30"], "shibd")
            until(lambda: (self.folder / "shibd.sock").exists(), 30, "shibd")
            os.chmod(self.folder / "shibd.sock", 0o777)
        # It ends its whole process group when it ends: let that be its own.
        processes.start(["/usr/sbin/apache2", "-DFOREGROUND", "-f", self.folder / "apache.conf"], kind, preexec=os.setsid)
        self.url = f"http://localhost:{self.port}"

    def open_to_all(self, folder):
        """The workers run as another user, who has to get there and to write."""
        for path in [folder, *folder.parents]:
            if str(path).startswith("/tmp/"):
                os.chmod(path, os.stat(path).st_mode | 0o011)
        for path in self.folder.rglob("*"):
            os.chmod(path, 0o777 if path.is_dir() else 0o666)
        os.chmod(self.folder, 0o777)

    def metadata(self, web):
        at = self.url + ("/mellon/metadata" if self.kind == "mellon" else "/Shibboleth.sso/Metadata")
        until(lambda: reached(web, at), 30, "Apache")
        return web.send("GET", at).body

    def logout(self):
        return self.url + ("/mellon/logout?ReturnTo=" + self.url + "/" if self.kind == "mellon" else "/Shibboleth.sso/Logout")

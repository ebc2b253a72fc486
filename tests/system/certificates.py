"""Authorities and certificates by OpenSSL's own program."""
import os
import shutil
import subprocess


def _run(*command):
    subprocess.run(["openssl", *map(str, command)], check=True, capture_output=True)


def authority(folder, name="ca"):
    _run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
         "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem")
    return folder / f"{name}.pem"


def certificate(folder, name, by="ca", extensions="subjectAltName=DNS:localhost,IP:127.0.0.1"):
    """name.pem and name.key, signed by the authority."""
    base, ca = folder / name, folder / by
    (folder / "extensions").write_text(f"basicConstraints=CA:FALSE\n{extensions}\n")
    _run("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{base}.key", "-out", f"{base}.csr")
    _run("x509", "-req", "-days", "2", "-in", f"{base}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-CAcreateserial",
         "-extfile", folder / "extensions", "-out", f"{base}.pem")
    os.chmod(f"{base}.key", 0o600)
    return f"{base}.pem", f"{base}.key"


def put(folder, name, in_place_of):
    """As tools that renew certificates do it: a new file in the old one's place, key first."""
    for end in ("key", "pem"):
        shutil.copy2(folder / f"{name}.{end}", folder / "new")
        os.utime(folder / "new")
        os.replace(folder / "new", folder / f"{in_place_of}.{end}")

"""Certificate authorities and certificates for tests, made with the `openssl` command.

    ca = make_ca(folder)
    www = make_certificate(folder, ["www.example.com", "127.0.0.1"], ca=ca)
    me = make_certificate(folder, ["me"], ca=ca, client=True)
"""

import ipaddress
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

KEY_TYPES = {"ecdsa": ["EC", "ec_paramgen_curve:P-256"], "p384": ["EC", "ec_paramgen_curve:P-384"],
             "p521": ["EC", "ec_paramgen_curve:P-521"], "rsa": ["RSA", "rsa_keygen_bits:2048"],
             "rsa1024": ["RSA", "rsa_keygen_bits:1024"]}
DATE = "%Y%m%d%H%M%SZ"
OCSP_STATES = {"good": "V\t{until}\t\t{serial}\tunknown\t/CN=x",
               "revoked": "R\t{until}\t{since}\t{serial}\tunknown\t/CN=x"}


@dataclass(frozen=True)
class Authority:
    """A CA: its certificate is `cert`, and `ca` too, for those who trust it."""

    cert: Path
    key: Path

    @property
    def ca(self):
        return self.cert


@dataclass(frozen=True)
class Certificate:
    """A certificate with its chain in `cert`, its key, and the CA that vouches for it (itself if it is self-signed)."""

    cert: Path
    key: Path
    ca: Path
    names: tuple

    def copy_to(self, cert, key):
        """Puts copies at other paths, each by rename, as a renewal does."""
        for source, target in ((self.cert, Path(cert)), (self.key, Path(key))):
            fresh = target.with_name(target.name + ".fresh")
            shutil.copy2(source, fresh)
            fresh.rename(target)


def openssl(*arguments, given=None):
    """Runs the command; its standard output as bytes."""
    done = subprocess.run(["openssl", *map(str, arguments)], input=given, capture_output=True, check=False)
    assert done.returncode == 0, (arguments, done.stderr.decode(errors="replace"))
    return done.stdout


def make_key(path, key_type="ecdsa"):
    algorithm, option = KEY_TYPES[key_type]
    openssl("genpkey", "-algorithm", algorithm, "-pkeyopt", option, "-out", path)
    path.chmod(0o600)
    return path


def make_ca(folder, name="ca", key_type="ecdsa", parent=None, days=365):
    """A CA in `folder`: a root, or an intermediate one below `parent`."""
    folder = Path(folder)
    key = make_key(folder / f"{name}.key", key_type)
    extensions = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature",
                  "subjectKeyIdentifier=hash"]
    cert = _make(folder / f"{name}.crt", key, f"/CN=Test {name}", extensions, parent, days)
    return Authority(cert, key)


def make_certificate(folder, names, key_type="ecdsa", ca=None, days=90, client=False, name=None, chain=(),
                     subject=None):
    """A certificate for `names` (DNS names, wildcards, IP addresses), signed by `ca` or by itself.

    The files are called after the first name, or `name`. `days` may be negative: it has expired then. `chain` lists the
    intermediate authorities whose certificates follow it in the file, nearest first.
    """
    folder = Path(folder)
    stem = name or (names[0].replace("*", "_") if names else "nameless")
    key = make_key(folder / f"{stem}.key", key_type)
    extensions = ["basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature",
                  "extendedKeyUsage=" + ("clientAuth" if client else "serverAuth")]
    if names:
        extensions.append("subjectAltName=" + ",".join(_general_name(one) for one in names))
    common_name = names[0] if names else stem
    cert = _make(folder / f"{stem}.crt", key, subject or f"/CN={common_name}", extensions, ca, days)
    with open(cert, "ab") as file:
        for authority in chain:
            file.write(authority.cert.read_bytes())
    return Certificate(cert, key, ca.cert if ca else cert, tuple(names))


def make_ocsp_response(folder, certificate, ca, state="good", days=7, name=None):
    """A DER response about `certificate`, signed by `ca`; the path of the file."""
    folder = Path(folder)
    serial = openssl("x509", "-in", certificate.cert, "-noout", "-serial").decode().strip().split("=")[1]
    index = folder / "ocsp-index.txt"
    index.write_text(OCSP_STATES[state].format(until="491231235959Z", since="250101000000Z", serial=serial) + "\n")
    answer = folder / f"{name or certificate.cert.stem}.ocsp"
    question = folder / "ocsp-question.der"
    openssl("ocsp", "-issuer", ca.cert, "-cert", certificate.cert, "-reqout", question, "-no_nonce")
    openssl("ocsp", "-index", index, "-rsigner", ca.cert, "-rkey", ca.key, "-CA", ca.cert, "-reqin", question,
            "-respout", answer, "-ndays", days)
    return answer


def make_crl(folder, ca, revoked=(), name="ca"):
    """A PEM revocation list of `ca` with the given certificates; the path of the file."""
    folder = Path(folder)
    index = folder / f"{name}-crl-index.txt"
    index.write_text("")
    settings = folder / f"{name}-crl.cnf"
    settings.write_text(f"[ca]\ndefault_ca=it\n[it]\ndatabase={index}\ndefault_md=sha256\ndefault_crl_days=30\n")
    common = ["ca", "-config", settings, "-cert", ca.cert, "-keyfile", ca.key]
    for certificate in revoked:
        openssl(*common, "-revoke", certificate.cert)
    openssl(*common, "-gencrl", "-out", folder / f"{name}.crl")
    return folder / f"{name}.crl"


def _general_name(name):
    try:
        return f"IP:{ipaddress.ip_address(name)}"
    except ValueError:
        return f"DNS:{name}"


def _make(path, key, subject, extensions, ca, days):
    """Signs a request; with `openssl ca`, because `openssl x509` cannot make a certificate that has expired."""
    now = datetime.now(timezone.utc)
    begin, end = now - timedelta(days=1 if days > 0 else 1 - days), now + timedelta(days=days)
    with tempfile.TemporaryDirectory() as work:
        work = Path(work)
        (work / "index").touch()
        (work / "serial").write_text("4b" + secrets.token_hex(14))
        settings, request = work / "settings", work / "request"
        settings.write_text("\n".join([
            "[req]", "distinguished_name=any", "[any]", "[ca]", "default_ca=it", "[it]", f"database={work}/index",
            f"serial={work}/serial", f"new_certs_dir={work}", "default_md=sha256", "policy=any",
            "unique_subject=no", "[ext]", *extensions, ""]))
        openssl("req", "-new", "-config", settings, "-key", key, "-subj", subject, "-out", request)
        signer = ["-selfsign", "-keyfile", key] if ca is None else ["-cert", ca.cert, "-keyfile", ca.key]
        openssl("ca", "-config", settings, "-batch", "-notext", "-preserveDN", "-extensions", "ext",
                "-startdate", begin.strftime(DATE), "-enddate", end.strftime(DATE), *signer, "-in", request,
                "-out", path)
    return path

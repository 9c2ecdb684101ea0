"""What OpenSSL's command says of certificates, CRLs and OCSP: the independent judge of our own verdicts."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="the command openssl is not installed")
_PURPOSES = {"server": "sslserver", "client": "sslclient", "ocsp": "ocsphelper", "any": "any"}


def pem(*certificates: x509.Certificate) -> bytes:
    """As PEM."""
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


def run(folder: Path, *command: str) -> tuple[bool, str]:
    """Whether the command went well, and what it said."""
    done = subprocess.run(["openssl", *command], cwd=folder, capture_output=True, timeout=30, check=False)
    return done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")


def verify(
    folder: Path,
    certificates: Sequence[x509.Certificate],
    pool: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    now: datetime,
    *,
    purpose: str = "any",
    host: str = "",
    crl: bytes = b"",
) -> tuple[bool, str]:
    """The verdict of `openssl verify` on the first certificate; `roots` are trusted whether they signed themselves or not."""
    (folder / "leaf.pem").write_bytes(pem(certificates[0]))
    (folder / "others.pem").write_bytes(pem(*certificates[1:], *pool))
    (folder / "roots.pem").write_bytes(pem(*roots))
    command = ["verify", "-partial_chain", "-no-CApath", "-no-CAstore", "-attime", str(int(now.timestamp()))]
    command += ["-CAfile", "roots.pem"] if roots else ["-no-CAfile"]
    command += ["-untrusted", "others.pem"] if certificates[1:] or pool else []
    command += ["-purpose", _PURPOSES[purpose]] if purpose in _PURPOSES else []
    if host:
        command += ["-verify_ip" if _is_address(host) else "-verify_hostname", host]
    if crl:
        (folder / "crl.pem").write_bytes(crl)
        command += ["-crl_check", "-CRLfile", "crl.pem"]
    return run(folder, *command, "leaf.pem")


def resigned(
    folder: Path, certificate: x509.Certificate, issuer: x509.Certificate, key: object, digest: str
) -> x509.Certificate:
    """A certificate of the same subject and key signed with a hash that the library refuses to sign with."""
    (folder / "subject.pem").write_bytes(pem(certificate))
    (folder / "issuer.pem").write_bytes(pem(issuer))
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())  # type: ignore[attr-defined]
    (folder / "issuer-key.pem").write_bytes(plain)
    done, told = run(
        folder, "x509", "-in", "subject.pem", "-CA", "issuer.pem", "-CAkey", "issuer-key.pem", f"-{digest}",
        "-set_serial", "77", "-preserve_dates", "-out", "resigned.pem",
    )  # fmt: skip
    assert done, told
    return x509.load_pem_x509_certificate((folder / "resigned.pem").read_bytes())


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True

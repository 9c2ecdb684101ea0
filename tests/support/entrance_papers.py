"""Certificates that open the TLS port of a CSMS, and those that should not: each wrong in one way only."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pilotwire.ca import Office
from pilotwire.clock import SystemClock

OWNER: Final = "Volta"
HOST: Final = "127.0.0.1"
_Usages = tuple[x509.ObjectIdentifier, ...]


@dataclass(frozen=True)
class Paper:
    """What stands in a certificate; what is not said is right. `since` and `until` in days from now; `by` is who signed it."""

    names: tuple[str, ...]
    by: str = "ca"
    owner: str = OWNER
    since: int = -1
    until: int = 30
    usages: _Usages = (ExtendedKeyUsageOID.CLIENT_AUTH,)
    hosts: tuple[str, ...] = ()
    is_ca: bool = False


OWN: Final = Paper(("CS-CERT",))
PAPERS: Final = {
    "ca": Paper(("Volta's CA",), by="ca", usages=(), is_ca=True),
    "stranger": Paper(("Somebody's CA",), by="stranger", usages=(), is_ca=True),
    "server": Paper(("csms",), usages=(ExtendedKeyUsageOID.SERVER_AUTH,), hosts=(HOST,)),
    "own": OWN,
    "own-again": OWN,
    "to-be-revoked": OWN,
    "another's": Paper(("CS002",)),
    "in lower case": Paper(("cs-cert",)),
    "no name": Paper(()),
    "two names": Paper(("CS-CERT", "CS002")),
    "name beside": Paper(("CS002",), hosts=("CS-CERT",)),
    "foreign": replace(OWN, by="stranger"),
    "of a CA of the same name": replace(OWN, by="twin"),
    "twin": Paper(("Volta's CA",), by="twin", usages=(), is_ca=True),
    "by a station": replace(OWN, by="another's"),
    "self-signed": replace(OWN, by="self-signed"),
    "expired": replace(OWN, since=-30, until=-1),
    "future": replace(OWN, since=1),
    "of another owner": replace(OWN, owner="Ampere"),
    "for servers": replace(OWN, usages=(ExtendedKeyUsageOID.SERVER_AUTH,)),
}


class Papers:
    """The certificates in a folder, each made when it is first asked for, with its key and those above it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[str, tuple[x509.Certificate, ec.EllipticCurvePrivateKey]] = {}

    def settings(self) -> dict[str, Any]:
        """Those of a CSMS with TLS that trusts the CA."""
        server = str(self._file("server"))
        return {"tls_certificate": (server,), "tls_key": (server,), "tls_client_ca": str(self._file("ca"))}

    def context(self, paper: str = "", **changes: Any) -> ssl.SSLContext:
        """A station that trusts the CA and shows a certificate, if it has one; attributes of the context as given."""
        context = ssl.create_default_context(cafile=str(self._file("ca")))
        if paper:
            context.load_cert_chain(self._file(paper))
        for name, value in changes.items():
            setattr(context, name, value)
        return context

    def trusting(self, office: Office, paper: str = "") -> ssl.SSLContext:
        """Somebody who trusts an authority of `pilotwire pki`, and shows a certificate from here."""
        context = ssl.create_default_context(cadata=office.chain("csms-root")[0].public_bytes(Encoding.PEM).decode())
        if paper:
            context.load_cert_chain(self._file(paper))
        return context

    def pem(self, paper: str) -> str:
        """A certificate."""
        return self._pair(paper)[0].public_bytes(Encoding.PEM).decode()

    def _file(self, paper: str) -> Path:
        path = self._folder / f"{paper.replace(' ', '-')}.pem"
        if not path.exists():
            certificate, key = self._pair(paper)
            text = certificate.public_bytes(Encoding.PEM)
            if PAPERS[paper].by not in (paper, "ca"):
                text += self._pair(PAPERS[paper].by)[0].public_bytes(Encoding.PEM)
            path.write_bytes(text + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return path

    def _pair(self, paper: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        if paper not in self._made:
            key = ec.generate_private_key(ec.SECP256R1())
            what = PAPERS[paper]
            above, signer = (None, key) if what.by == paper else self._pair(what.by)
            self._made[paper] = _signed(what, key, above, signer), key
        return self._made[paper]


def _signed(
    what: Paper, key: ec.EllipticCurvePrivateKey, above: x509.Certificate | None, signer: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    now = SystemClock().now()
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, name) for name in what.names]
        + [x509.NameAttribute(NameOID.ORGANIZATION_NAME, what.owner)]
    )
    builder = (
        x509.CertificateBuilder(above.subject if above else subject, subject, key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=what.since))
        .not_valid_after(now + timedelta(days=what.until))
        .add_extension(x509.BasicConstraints(ca=what.is_ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if what.usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(what.usages), critical=False)
    if what.is_ca:
        usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False)
        usage |= dict.fromkeys(("digital_signature", "encipher_only", "decipher_only"), False)
        builder = builder.add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True)
    if what.hosts:
        names = [x509.IPAddress(ip_address(each)) if each == HOST else x509.DNSName(each) for each in what.hosts]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signer, hashes.SHA256())

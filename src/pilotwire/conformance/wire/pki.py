"""Certificates as the bench makes and reads them: who holds one, how one is made or signed, what one says of itself.

The bench judges with this, so it decides nothing by the code that our CSMS and station decide with.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from pilotwire.errors import ConfigError

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
LEAST_RSA_BITS = 2048
"""A00.FR.502."""
LEAST_EC_BITS = 224
"""A00.FR.503."""
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
"""RSA-PSS with SHA-256 (A00.FR.505, A00.FR.506)."""
_REQUEST = "-----BEGIN CERTIFICATE REQUEST-----"


@dataclass(frozen=True, slots=True)
class Holder:
    """A certificate, its key, and the certificates between it and its root, the nearest first.

    Without `key` it cannot sign. An `anchor` is trusted by itself, whoever has signed it.
    """

    certificate: x509.Certificate
    key: PrivateKey | None
    above: tuple[x509.Certificate, ...] = ()
    anchor: bool = False

    @property
    def pem(self) -> str:
        """The certificate as PEM."""
        return pem_of(self.certificate)

    @property
    def chain_pem(self) -> str:
        """The certificate and those above it, without the root, as PEM."""
        return pem_of(self.certificate, *self.above)

    @property
    def key_pem(self) -> str:
        """The key as PEM, not encrypted. Raises ConfigError if it is not known."""
        plain = serialization.NoEncryption()
        pem = self.signing_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        return pem.decode("ascii")

    @property
    def signing_key(self) -> PrivateKey:
        """The key. Raises ConfigError if it is not known."""
        if self.key is None:
            what = f"The key of the certificate {self.certificate.subject.rfc4514_string()} is not in the folder."
            raise ConfigError(what, "Put it beside the certificate, or take the certificate away.")
        return self.key


@dataclass(frozen=True, slots=True)
class Wanted:
    """A certificate that is to be made. `hosts` become subjectAltNames; a `ca` may sign others.

    `responder` is the URL of the OCSP responder it names. `path_length` is how many CAs may be under it (None: any number),
    `usage` its keyUsage if not the usual one, `more` further extensions, each with whether it is critical.
    """

    name: x509.Name
    since: datetime
    until: datetime
    ca: bool = False
    hosts: tuple[str, ...] = ()
    responder: str = ""
    path_length: int | None = None
    usage: x509.KeyUsage | None = None
    more: tuple[tuple[x509.ExtensionType, bool], ...] = ()


def subject(common_name: str, domain: str = "", organization: str = "Pilotwire bench") -> x509.Name:
    """A name of the bench; `domain` becomes the domainComponent ISO 15118 asks for (V2G, CPO, MO)."""
    parts = [
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
    ]
    if domain:
        parts.append(x509.NameAttribute(NameOID.DOMAIN_COMPONENT, domain))
    return x509.Name(parts)


def pem_of(*certificates: x509.Certificate) -> str:
    """Certificates as PEM text, in this order."""
    return "".join(one.public_bytes(serialization.Encoding.PEM).decode("ascii") for one in certificates)


def new_key() -> PrivateKey:
    """A key of the kind the bench uses (P-256)."""
    return ec.generate_private_key(ec.SECP256R1())


def make(wanted: Wanted, signer: Holder | None = None, key: PrivateKey | None = None, *, pss: bool = False) -> Holder:
    """A certificate with a new key (or `key`), signed by `signer`, or by itself. Raises ConfigError for a signer without key.

    `pss`: an RSA key signs by RSA-PSS (A00.FR.505), else by PKCS #1 v1.5.
    """
    own = key or new_key()
    issuer = wanted.name if signer is None else signer.certificate.subject
    signing = own if signer is None else signer.signing_key
    how = PSS if pss and isinstance(signing, rsa.RSAPrivateKey) else None
    made = _builder(wanted, issuer, own.public_key()).sign(signing, hashes.SHA256(), rsa_padding=how)
    return Holder(made, own, _above(signer))


def sign(csr: str, signer: Holder, since: datetime, until: datetime, responder: str = "") -> Holder:
    """A certificate for a request. Raises ValueError for a request that cannot be read."""
    asked = x509.load_pem_x509_csr(csr.encode())
    wanted = Wanted(asked.subject, since, until, responder=responder)
    key = asked.public_key()
    made = _builder(wanted, signer.certificate.subject, key).sign(signer.signing_key, hashes.SHA256())
    return Holder(made, None, _above(signer))


def _above(signer: Holder | None) -> tuple[x509.Certificate, ...]:
    if signer is None or signer.anchor:
        return ()
    return (signer.certificate, *signer.above)


def _builder(wanted: Wanted, issuer: x509.Name, key: Any) -> x509.CertificateBuilder:
    builder = (
        x509.CertificateBuilder()
        .subject_name(wanted.name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(wanted.since)
        .not_valid_after(wanted.until)
        .add_extension(x509.BasicConstraints(ca=wanted.ca, path_length=wanted.path_length), critical=True)
        .add_extension(wanted.usage or _usage(wanted.ca), critical=True)
    )
    if wanted.hosts:
        names = x509.SubjectAlternativeName([_host(host) for host in wanted.hosts])
        builder = builder.add_extension(names, critical=False)
    if wanted.responder:
        place = x509.UniformResourceIdentifier(wanted.responder)
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    for extension, critical in wanted.more:
        builder = builder.add_extension(extension, critical=critical)
    return builder


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=not ca,
        data_encipherment=False,
        key_agreement=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


# --- files ---------------------------------------------------------------------------------------------------------------------


def read_holder(folder: Path, name: str, *, with_key: bool = True) -> Holder | None:
    """The certificate (with those above it) in `name.pem` and the key in `name-key.pem`; None if there is none.

    Checking a key takes long: `with_key` false leaves it out. Raises ConfigError for files that cannot be read.
    """
    chain, key = folder / f"{name}.pem", folder / f"{name}-key.pem"
    if not chain.exists():
        return None
    try:
        first, *others = x509.load_pem_x509_certificates(chain.read_bytes())
        found = serialization.load_pem_private_key(key.read_bytes(), None) if with_key and key.exists() else None
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(
            f"The certificate in {chain} cannot be used: {error}.", "Write PEM, the key not encrypted."
        ) from None
    if found is not None and not isinstance(found, PrivateKey):
        raise ConfigError(f"The key in {key} is of a kind that is not used here.", "Use an EC or RSA key.")
    return Holder(first, found, tuple(one for one in others if one.subject != one.issuer))


def write_holder(folder: Path, name: str, holder: Holder) -> None:
    """Keep a certificate and its key. Raises ConfigError for a folder that cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.pem").write_text(holder.chain_pem, encoding="ascii")
        key = folder / f"{name}-key.pem"
        key.touch(mode=0o600)
        key.write_text(holder.key_pem, encoding="ascii")
    except OSError as error:
        raise ConfigError(
            f"No certificate can be kept in {folder}: {error.strerror}.", "Name another folder."
        ) from None


# --- what one says of itself -----------------------------------------------------------------------------------------------------


def key_text(key: Any) -> str:
    """A public key in words: `EC 256`, `RSA 2048`."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.key_size}"
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    return type(key).__name__


def is_strong(key: Any) -> bool:
    """Whether a public key is as long as A00.FR.502 and A00.FR.503 ask."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.key_size >= LEAST_EC_BITS
    return isinstance(key, rsa.RSAPublicKey) and key.key_size >= LEAST_RSA_BITS


def common_name(name: x509.Name) -> str:
    """The commonName, "" if there is none."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def organization(name: x509.Name) -> str:
    """The organizationName, "" if there is none."""
    found = name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return str(found[0].value) if found else ""


def csr_facts(text: Any) -> dict[str, Any]:
    """What a request says: `fault` ("" if it is an RFC 2986 request in PEM, signed with its own key), `key`, `strong`, `common_name`.

    `organization` is the O of its subject, "" without one.
    """
    if not isinstance(text, str) or not text.strip().startswith(_REQUEST):
        return {"fault": "it is not a certification request in PEM"}
    try:
        request = x509.load_pem_x509_csr(text.encode())
        key = request.public_key()
        fault = "" if request.is_signature_valid else "it is not signed with its own key"
        name, owner = common_name(request.subject), organization(request.subject)
    except Exception as error:  # the library raises many kinds for bytes that are no request
        return {"fault": f"it cannot be read: {error or type(error).__name__}"}
    told = {"key": key_text(key), "strong": is_strong(key), "common_name": name, "organization": owner}
    return {"fault": fault, **told}


def certificate_facts(der: bytes | None) -> dict[str, Any]:
    """What a certificate shows: `certificate_name`, `_organization`, `_serial` (hexadecimal), `_key`, `_strong`; {} without one."""
    if der is None:
        return {}
    try:
        shown = x509.load_der_x509_certificate(der)
        key = shown.public_key()
        return {
            "certificate_name": common_name(shown.subject),
            "certificate_organization": organization(shown.subject),
            "certificate_serial": serial_of(shown),
            "certificate_key": key_text(key),
            "certificate_strong": is_strong(key),
        }
    except Exception as error:  # as above
        return {"certificate_fault": str(error)}


def serial_of(certificate: x509.Certificate) -> str:
    """The serial number as OCPP writes it: hexadecimal, without leading zeros."""
    return f"{certificate.serial_number:x}"

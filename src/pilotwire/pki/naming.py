"""How certificates are called: short names for sentences, fingerprints, and which hosts a certificate is for."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from pilotwire.pki.certificates import Certificate, attribute, common_name

E = TypeVar("E", bound=x509.ExtensionType)
_HOST = re.compile(r"(\*\.)?(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*")
_PARTS = {
    x509.NameOID.COUNTRY_NAME: "C",
    x509.NameOID.ORGANIZATION_NAME: "O",
    x509.NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
    x509.NameOID.COMMON_NAME: "CN",
    x509.NameOID.DOMAIN_COMPONENT: "DC",
    x509.NameOID.SERIAL_NUMBER: "serialNumber",
}


def words_of(name: x509.Name) -> str:
    """A subject or issuer in words, in its own order: "CN=SN-1, O=Volta"; "(no name)" for an empty one."""
    return (
        ", ".join(f"{_PARTS.get(each.oid, each.rfc4514_attribute_name)}={each.value!s}" for each in name) or "(no name)"
    )


def short_name(certificate: Certificate) -> str:
    """The CN of its subject, else its organization, else all of it."""
    subject = certificate.subject
    return common_name(subject) or attribute(subject, x509.NameOID.ORGANIZATION_NAME) or words_of(subject)


def fingerprint(certificate: Certificate, algorithm: str = "SHA256") -> str:
    """The hash of a certificate's DER in upper-case hexadecimal with colons; `algorithm` is SHA1 or SHA256."""
    kinds: dict[str, hashes.HashAlgorithm] = {"SHA1": hashes.SHA1(), "SHA256": hashes.SHA256()}
    return certificate.fingerprint(kinds[algorithm]).hex(":").upper()


def serial_words(certificate: Certificate) -> str:
    """The serial number in upper-case hexadecimal, as OpenSSL prints it."""
    text = f"{certificate.serial_number:X}"
    return text.zfill(len(text) + len(text) % 2)


def extension_of(certificate: Certificate, kind: type[E]) -> E | None:
    """An extension of a kind, None if it has none."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def hosts_of(certificate: Certificate) -> tuple[str, ...]:
    """The host names and addresses among its subjectAltNames."""
    names = extension_of(certificate, x509.SubjectAlternativeName)
    if names is None:
        return ()
    return (
        *names.get_values_for_type(x509.DNSName),
        *(str(each) for each in names.get_values_for_type(x509.IPAddress)),
    )


def is_for_host(certificate: Certificate, host: str) -> bool:
    """Whether its subjectAltNames name a host (RFC 6125, 6.4: `*` stands for the whole leftmost label) or an address."""
    return any(_matches(each, host) for each in hosts_of(certificate))


def is_common_name(certificate: Certificate, host: str) -> bool:
    """Whether the host is its common name (A00.FR.510), which TLS libraries of today no longer look at."""
    return _matches(common_name(certificate.subject), host)


def _matches(pattern: str, host: str) -> bool:
    wanted = host.strip("[]").rstrip(".").lower()
    if is_address(wanted):
        return is_address(pattern) and ip_address(pattern.strip("[]")) == ip_address(wanted)
    told = pattern.rstrip(".").lower()
    if not told.startswith("*."):
        return told == wanted
    first, _, rest = wanted.partition(".")
    return bool(first) and rest == told[2:] and "." in rest


def oid_words(oid: x509.ObjectIdentifier) -> str:
    """The name of an object identifier, or its numbers where it has none."""
    name = oid._name
    return oid.dotted_string if name == "Unknown OID" else name


def is_host(text: str) -> bool:
    """Whether a text can be the name of a host (with `*` for its leftmost label), or an address."""
    return is_address(text) or (len(text) <= 253 and _HOST.fullmatch(text) is not None)


def is_address(text: str) -> bool:
    """Whether a text is an IP address, in brackets or not."""
    try:
        ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True

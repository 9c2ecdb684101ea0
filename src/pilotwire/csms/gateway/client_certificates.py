"""Whose a client certificate is: the commonName of its subject (A00.FR.405, A00.FR.511). Whether its chain is good, TLS has checked."""

from __future__ import annotations

from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

NO_SUBJECT: Final = "the client certificate has no single commonName that could be compared with the identity"


def common_name_of(der: bytes) -> str:
    """The commonName of a certificate's subject; "" if it has none, several, or cannot be read."""
    return _of_subject(der, NameOID.COMMON_NAME)


def owner_of(der: bytes) -> str:
    """The organizationName of a certificate's subject (A00.FR.404); "" if it has none, several, or cannot be read."""
    return _of_subject(der, NameOID.ORGANIZATION_NAME)


def _of_subject(der: bytes, part: x509.ObjectIdentifier) -> str:
    try:
        names = x509.load_der_x509_certificate(der).subject.get_attributes_for_oid(part)
    except ValueError:
        return ""
    value = names[0].value if len(names) == 1 else ""
    return value if isinstance(value, str) else ""

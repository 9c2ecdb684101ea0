"""Certificates of stations that an operator has revoked here, whatever their certificate authority says (A00.FR.705)."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Final

from pilotwire.csms.store.registers import Register
from pilotwire.domain.kinds import Value


class RevokedCertificate(Value):
    """A revoked certificate. `station`: its commonName; `key`: see `fingerprint_of`; `by`: who revoked it, None if that is not known.

    `serial_number` in hexadecimal; `reason` is the operator's, "" for none.
    """

    station: str
    key: str
    subject: str
    issuer: str
    serial_number: str
    revoked_at: datetime
    by: str | None = None
    reason: str = ""


REVOKED: Final = Register("revoked-certificates", RevokedCertificate)
"""By the commonName of the certificate and its fingerprint."""


def fingerprint_of(der: bytes) -> str:
    """What a certificate is known by: SHA-256 of its DER, in hexadecimal."""
    return sha256(der).hexdigest()

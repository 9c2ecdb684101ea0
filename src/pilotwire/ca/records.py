"""What a certificate authority keeps on record: its CAs, and every certificate it has signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pilotwire.pki import Certificate, read_one


class Status(StrEnum):
    """What has become of a certificate."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REPLACED = "replaced"
    """It was renewed; it is good until it expires, but nobody renews it again."""


@dataclass(frozen=True, slots=True)
class Issued:
    """One certificate that was signed here.

    `serial` is in lower-case hexadecimal without leading zeros. `authority` is the CA that signed it, by its name (a root's own). `name`
    is what people call it. `asked_by` says who wanted it, and `note` why it was signed although something was wrong with the request.
    `key` names its private key in the safe, "" if it is not kept here. `request` is the SHA-256 of the request, "" if there was none.
    """

    serial: str
    authority: str
    name: str
    profile: str
    subject: str
    since: datetime
    until: datetime
    pem: str
    asked_by: str
    issued_at: datetime
    note: str = ""
    key: str = ""
    hosts: tuple[str, ...] = ()
    request: str = ""
    revoked_at: datetime | None = None
    reason: str = ""
    replaced_by: str = ""

    @property
    def certificate(self) -> Certificate:
        """The certificate itself."""
        return read_one(self.pem)

    def status(self, now: datetime) -> Status:
        """What has become of it."""
        if self.revoked_at is not None:
            return Status.REVOKED
        if now > self.until:
            return Status.EXPIRED
        return Status.REPLACED if self.replaced_by else Status.VALID


@dataclass(frozen=True, slots=True)
class AuthorityRecord:
    """One CA: its certificate by serial number, the CA above it ("" for a root), and where its key is.

    `crl_number` is the number of its newest CRL (RFC 5280, 5.2.3), `crl` that CRL in DER (b"": there is none yet).
    """

    name: str
    profile: str
    serial: str
    above: str
    key: str
    crl_number: int = 0
    crl: bytes = b""

"""The certificates that stations use: the one each connects with, and those made from its requests. What is due, and when."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from math import floor
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.csms.store.ports import Amend, Page, Store
from pilotwire.csms.store.registers import Register, cursor_of
from pilotwire.domain.certificates import SigningUse
from pilotwire.domain.kinds import Value, changed

_PAGE: Final = 500
_DAY: Final = 86_400


class Known(StrEnum):
    """How it is known that a station uses a certificate: it connected with it, or took it from here (CertificateSigned)."""

    SHOWN = "shown"
    ACCEPTED = "accepted"


class HeldCertificate(Value):
    """A certificate a station uses for `use`, the newest known. `id` is the SHA-256 of its DER, `serial_number` in hexadecimal.

    `asked_at`: when the station was last asked to renew it; `problem`: why that came to nothing, None if it did not.
    """

    station: str
    use: SigningUse
    id: str
    subject: str
    issuer: str
    serial_number: str
    not_before: datetime
    not_after: datetime
    known: Known
    known_at: datetime
    asked_at: datetime | None = None
    problem: str | None = None

    def days_left(self, now: datetime) -> int:
        """Whole days until it ends; negative when it has."""
        return floor((self.not_after - now).total_seconds() / _DAY)


HELD: Final = Register("held-certificates", HeldCertificate)
"""By station and `SigningUse`."""


def held(station: str, use: SigningUse, certificate: x509.Certificate, known: Known, now: datetime) -> Amend:
    """Put on record that a station uses a certificate. The same one again changes nothing, but that an accepted one is shown now."""
    der = certificate.public_bytes(Encoding.DER)
    fresh = HeldCertificate(
        station=station,
        use=use,
        id=sha256(der).hexdigest(),
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        serial_number=f"{certificate.serial_number:x}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        known=known,
        known_at=now,
    )

    def newer(kept: HeldCertificate | None) -> HeldCertificate:
        if kept is None or kept.id != fresh.id:
            return fresh
        if kept.known is Known.ACCEPTED and known is Known.SHOWN:
            return changed(kept, known=known, known_at=now)
        return kept

    return HELD.amend(station, use, newer)


def asked(one: HeldCertificate, now: datetime, problem: str | None) -> Amend:
    """Put on record that a station was asked to renew a certificate, and what stood against it."""

    def told(kept: HeldCertificate | None) -> HeldCertificate | None:
        return changed(kept, asked_at=now, problem=problem) if kept is not None and kept.id == one.id else kept

    return HELD.amend(one.station, one.use, told)


async def all_held(store: Store) -> AsyncIterator[HeldCertificate]:
    """Those of all stations, by station."""
    cursor: str | None = None
    while page := await store.records(HELD, None, Page(limit=_PAGE, after=cursor)):
        for each in page:
            yield each
        cursor = cursor_of(page[-1].station, page[-1].use)

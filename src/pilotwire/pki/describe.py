"""A certificate in words for people, and when it is due for renewal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pilotwire.pki.certificates import Certificate


@dataclass(frozen=True, slots=True)
class Description:
    """What a certificate says, each part as text for people.

    `days_left` counts whole days from `now` to its end, negative when it has ended. `profiles` are the names of the kinds of
    `profiles.PROFILES` it looks like, the likeliest first. `critical` are extensions marked critical that are not known here.
    """

    subject: str
    issuer: str
    serial: str
    since: datetime
    until: datetime
    days_left: int
    key: str
    signature: str
    is_ca: bool
    path_length: int | None
    self_signed: bool
    usages: tuple[str, ...]
    extended: tuple[str, ...]
    names: tuple[str, ...]
    subject_key_id: str
    authority_key_id: str
    sha1: str
    sha256: str
    crls: tuple[str, ...]
    responders: tuple[str, ...]
    issuers: tuple[str, ...]
    critical: tuple[str, ...]
    profiles: tuple[str, ...]

    def rows(self) -> tuple[tuple[str, str], ...]:
        """As rows of a table: a heading and a text; what the certificate does not say is left out."""
        raise NotImplementedError


def describe(certificate: Certificate, now: datetime) -> Description:
    """A certificate in words."""
    raise NotImplementedError


def profiles_like(certificate: Certificate) -> tuple[str, ...]:
    """Names of the kinds a certificate looks like by CA, domainComponent, keyUsage and extended usages; the likeliest first."""
    raise NotImplementedError


def days_left(certificate: Certificate, now: datetime) -> int:
    """Whole days until it ends: 0 on its last day, negative when it has ended."""
    return (certificate.not_valid_after_utc - now) // timedelta(days=1)


def due(certificate: Certificate, now: datetime, days: int = 30) -> bool:
    """Whether a certificate should be renewed: it ends within `days`, or has used up two thirds of a life shorter than three times that."""
    raise NotImplementedError

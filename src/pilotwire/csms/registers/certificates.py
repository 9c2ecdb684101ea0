"""Certificates installed at stations, and what became of the requests for certificates that stations sent."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from pilotwire.csms.store.registers import Register
from pilotwire.domain.certificates import CertificateHash, CertificateKind, CertificateSignedStatus, SigningUse
from pilotwire.domain.kinds import Value


class KnownCertificate(Value):
    """A certificate a station reported (M03), and when."""

    station: str
    kind: CertificateKind
    certificate: CertificateHash
    reported_at: datetime
    children: tuple[CertificateHash, ...] = ()


class RequestState(StrEnum):
    """How far a request has come: it waits for its chain, the chain was sent and not answered, or the station answered."""

    WAITING = "waiting"
    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class SigningRequest(Value):
    """A request for a certificate. `asked_at`: when it was last sent. `chain` as it was last handed over."""

    station: str
    key: str
    csr: str
    subject: str
    asked_at: datetime
    use: SigningUse | None = None
    request_id: int | None = None
    root: CertificateHash | None = None
    state: RequestState = RequestState.WAITING
    chain: str | None = None
    sent_at: datetime | None = None


CERTIFICATES: Final = Register("installed-certificates", KnownCertificate)
"""By station and `key_of`."""
REQUESTS: Final = Register("signing-requests", SigningRequest)
"""By station and the fingerprint of the CSR."""
_STATES: Final = {
    CertificateSignedStatus.ACCEPTED: RequestState.ACCEPTED,
    CertificateSignedStatus.REJECTED: RequestState.REJECTED,
}


def key_of(kind: CertificateKind, certificate: CertificateHash) -> str:
    """The key of an installed certificate: its kind, then its name without regard to case."""
    parts = (certificate.issuer_key_hash, certificate.issuer_name_hash, certificate.serial_number)
    return f"{kind}:{certificate.hash_algorithm}:{':'.join(parts).lower()}"


def state_after(status: CertificateSignedStatus) -> RequestState:
    """What a request is when the station has answered its chain."""
    return _STATES[status]

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
    """How far a request has come: it waits for its chain, the chain was sent and not answered, or the station answered.

    Failed: no certificate was made of it in time, or the authority refused. Superseded: the station asked again with another key.
    """

    WAITING = "waiting"
    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FAILED = "failed"
    SUPERSEDED = "superseded"


class SigningTrigger(Value):
    """That a station was asked by REST for a request (A02): when, with which message, and by whom."""

    at: datetime
    message: str
    by: str | None = None


class SigningRequest(Value):
    """A request for a certificate. `asked_at`: when it was last sent. `chain` as it was made, or last handed over.

    `trigger`: what made the station ask, None if nothing is known that did. `problem`: what went wrong last.
    """

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
    trigger: SigningTrigger | None = None
    problem: str | None = None


class OpenRequest(Value):
    """A request that is yet to be signed, or whose chain is yet to be handed over, without a person.

    `failures` of the present step, and when it is tried again. `signed`: the chain is there.
    """

    station: str
    key: str
    asked_at: datetime
    due_at: datetime
    use: SigningUse | None = None
    signed: bool = False
    failures: int = 0


CERTIFICATES: Final = Register("installed-certificates", KnownCertificate)
"""By station and `key_of`."""
REQUESTS: Final = Register("signing-requests", SigningRequest)
"""By station and the fingerprint of the CSR."""
OPEN_REQUESTS: Final = Register("open-signing-requests", OpenRequest)
"""The queue of the service that has requests signed, by station and the fingerprint of the CSR."""
TRIGGERS: Final = Register("signing-triggers", SigningTrigger)
"""The last trigger for each use, by station and `SigningUse`."""
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

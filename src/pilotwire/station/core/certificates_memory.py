"""What of certificates survives a power failure: roots, the station's own chains, requests under way, and what is known of revocation.

Certificates are PEM text. Keys are not here: only the ids by which the key store knows them.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pilotwire.domain.certificates import CertificateHash, CertificateKind, SigningUse
from pilotwire.domain.certificates import RevocationStatus as Status
from pilotwire.domain.kinds import Value


class Root(Value):
    """A root certificate. `issuer` is the certificate that signed it where it did not itself.

    `fallback`: an old CSMS root that is kept until the new one has been connected with (M05.FR.12).
    """

    kind: CertificateKind
    pem: str
    issuer: str = ""
    fallback: bool = False


class OwnCertificate(Value):
    """A certificate of the station itself. `use` None: one for all purposes (A02.FR.13).

    `chain` is its own certificate and those above it, in order and without the root; `anchor` is the root, "" if it is not known.
    `asked_again`: its renewal has been asked for, so it is not asked for by itself once more (A03.FR.19).
    """

    use: SigningUse | None
    key: str
    chain: str
    not_before: datetime
    not_after: datetime
    anchor: str = ""
    asked_again: bool = False


class OpenRequest(Value):
    """A request for a certificate. `sent` counts how often, `again_at` is when to send it (again), None: not by itself.

    `triggered`: the CSMS asked for it, so it may be sent before the station is accepted (B02.FR.05).
    """

    number: int
    use: SigningUse | None
    key: str
    csr: str
    sent: int = 0
    again_at: datetime | None = None
    triggered: bool = False


class CachedStatus(Value):
    """What was heard of the revocation of a certificate, good until `until`. `response`: the OCSP response, DER in Base64."""

    certificate: CertificateHash
    until: datetime
    response: str = ""
    status: Status | None = None


class CertificatesMemory(Value, tag="certificates", tag_field="part"):
    """See the module. `replaced` is the station certificate before the present one, kept until that was connected with (A02.FR.10).

    `fell_back`: they have changed places, for the new one did not connect (A02.FR.28).
    """

    name: ClassVar[str] = "certificates"
    roots: tuple[Root, ...] = ()
    own: tuple[OwnCertificate, ...] = ()
    replaced: OwnCertificate | None = None
    fell_back: bool = False
    requests: tuple[OpenRequest, ...] = ()
    next_number: int = 1
    statuses: tuple[CachedStatus, ...] = ()

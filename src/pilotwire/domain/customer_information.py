"""What a station has stored about a customer: reported, or removed (N09, N10). 2.x only."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pilotwire.domain.certificates import CertificateHash
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import Command, Fact, Outcome


class CustomerInformation(Command):
    """Report (N09) or remove (N10), or both, what is stored about a customer, who is named in exactly one way (N09.FR.09)."""

    request_id: int
    report: bool
    clear: bool
    id_token: IdToken | None = None
    customer_identifier: str | None = None
    customer_certificate: CertificateHash | None = None

    @property
    def flaw(self) -> str | None:
        """Why a station would decline it (N09.FR.07, N09.FR.09), None if nothing is wrong with it."""
        ways = (self.id_token, self.customer_identifier, self.customer_certificate)
        if sum(way is not None for way in ways) != 1:
            return (
                "name the customer in exactly one way: idToken, customerIdentifier or customerCertificate (N09.FR.09)"
            )
        if not self.report and not self.clear:
            return "neither report nor clear is asked for (N09.FR.07)"
        return None


class CustomerInformationStatus(StrEnum):
    """As in CustomerInformationStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    INVALID = "Invalid"


class CustomerInformationOutcome(Outcome):
    """The answer; what there was, or that there was nothing, comes in `CustomerInformationPart`s (N09.FR.05, N09.FR.06, N10.FR.06)."""

    status: CustomerInformationStatus


class CustomerInformationPart(Fact):
    """A part of the text about a customer, with its number from 0."""

    request_id: int
    seq_no: int
    generated_at: datetime
    data: str
    more: bool = False

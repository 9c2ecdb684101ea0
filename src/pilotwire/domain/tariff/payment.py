"""Ad hoc payment (C18 to C25): web payments, settlements, VAT numbers."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Final

from pilotwire.domain.kinds import Command, Fact, Outcome, Value, Verdict


class Address(Value):
    """A postal address (AddressType)."""

    name: str
    address1: str
    city: str
    country: str
    address2: str | None = None
    postal_code: str | None = None


class NotifyWebPaymentStarted(Command):
    """A driver is paying by web page: keep the EVSE for `timeout` seconds (C25.FR.21)."""

    evse_id: int
    timeout: int


class WebPaymentOutcome(Outcome):
    """The station has heard it (C25.FR.27)."""


class PaymentStatus(StrEnum):
    """As in PaymentStatusEnumType."""

    SETTLED = "Settled"
    CANCELED = "Canceled"
    REJECTED = "Rejected"
    FAILED = "Failed"


class PaymentSettled(Fact):
    """How a payment was settled (C20 to C22); `psp_ref` is the reference of the payment service provider."""

    psp_ref: str
    status: PaymentStatus
    amount: Decimal
    at: datetime
    transaction_id: str | None = None
    status_info: str | None = None
    receipt_id: str | None = None
    receipt_url: str | None = None
    vat_company: Address | None = None
    vat_number: str | None = None


class SettlementVerdict(Verdict):
    """Where the receipt is, if it is made here (C21.FR.03)."""

    receipt_url: str | None = None
    receipt_id: str | None = None


class VatNumberAsked(Fact):
    """Is a VAT number valid, and whose is it (C18.FR.08)?"""

    vat_number: str
    evse_id: int | None = None


class VatStatus(StrEnum):
    """As in GenericStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"


class VatVerdict(Verdict):
    """Accepted if the number is valid, else Rejected (C18.FR.09); it names the EVSE that was asked for (C18.FR.10)."""

    vat_number: str
    status: VatStatus
    company: Address | None = None
    evse_id: int | None = None


_PATTERNS: Final = {
    "AT": r"U\d{8}",
    "BE": r"[01]\d{9}",
    "BG": r"\d{9,10}",
    "CY": r"\d{8}[A-Z]",
    "CZ": r"\d{8,10}",
    "DE": r"\d{9}",
    "DK": r"\d{8}",
    "EE": r"\d{9}",
    "EL": r"\d{9}",
    "ES": r"[A-Z0-9]\d{7}[A-Z0-9]",
    "FI": r"\d{8}",
    "FR": r"[A-Z0-9]{2}\d{9}",
    "HR": r"\d{11}",
    "HU": r"\d{8}",
    "IE": r"\d[A-Z0-9+*]\d{5}[A-Z]{1,2}",
    "IT": r"\d{11}",
    "LT": r"(\d{9}|\d{12})",
    "LU": r"\d{8}",
    "LV": r"\d{11}",
    "MT": r"\d{8}",
    "NL": r"[A-Z0-9+*]{12}",
    "PL": r"\d{10}",
    "PT": r"\d{9}",
    "RO": r"\d{2,10}",
    "SE": r"\d{12}",
    "SI": r"\d{8}",
    "SK": r"\d{10}",
    "XI": r"(\d{9}|\d{12}|(GD|HA)\d{3})",
    "GB": r"(\d{9}|\d{12}|(GD|HA)\d{3})",
    "NO": r"\d{9}(MVA)?",
    "CH": r"E\d{9}(MWST|TVA|IVA|TPV)?",
}
"""The form of the VAT numbers of a country, behind its prefix."""
_SPACING: Final = re.compile(r"[ .\-]")


def plain_vat_number(number: str) -> str:
    """A VAT number without what people put between its digits, in capitals."""
    return _SPACING.sub("", number).upper()


def looks_like_vat_number(number: str) -> bool:
    """Whether a number has the form of its country's VAT numbers; one of a country without a known form has none."""
    plain = plain_vat_number(number)
    pattern = _PATTERNS.get(plain[:2])
    return pattern is not None and re.fullmatch(pattern, plain[2:], re.ASCII) is not None


def receipt_for(station: str, settlement: PaymentSettled, template: str) -> SettlementVerdict:
    """The receipt of a settlement, at the address of `template` with `{receipt}` for its id; none if `template` is empty.

    Only for what was settled (C22.FR.01, C22.FR.02), and without a receipt of the station's own (C21.FR.04). The id follows from the
    payment, so that one that is told again has the same receipt.
    """
    has_own = settlement.receipt_url is not None or settlement.receipt_id is not None
    if not template or has_own or settlement.status is not PaymentStatus.SETTLED:
        return SettlementVerdict()
    named = f"{station}\0{settlement.psp_ref}\0{settlement.transaction_id or ''}"
    receipt = sha256(named.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return SettlementVerdict(receipt_url=template.replace("{receipt}", receipt), receipt_id=receipt)

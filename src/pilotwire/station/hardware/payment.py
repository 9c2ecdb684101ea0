"""A payment terminal of a station (2.1: C18 to C23): what the station asks of it, and what it answers.

The terminal talks to its payment service provider (PSP) by itself. It knows each payment by the PSP's reference, which becomes the id
token of the transaction. All that is asked may be asked again after a failure of power, and must then do nothing a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from pilotwire.errors import PilotwireError

PAYMENT_DETAILS = (
    "SessionRef",
    "MerchantRef",
    "PaymentBrand",
    "ReadingMethod",
    "PaymentRecognition",
    "CardBin",
    "CardLast4Digits",
    "CardExpiryDate",
    "HashedCardNr",
    "WalletUserId",
)
"""What a terminal may tell of a payment besides the reference (2.x Part 2 appendix, additional info types of ad hoc payments)."""


class PaymentRefused(PilotwireError):
    """The payment service provider, or the terminal, does not do what was asked: `what` says why."""


class SettledAs(StrEnum):
    """How a settlement went: done, refused by the PSP, or not done for a technical reason (C22)."""

    SETTLED = "Settled"
    REJECTED = "Rejected"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class PaymentReservation:
    """An amount that the PSP keeps for us: its reference, at most 255 characters, and what of `PAYMENT_DETAILS` is known."""

    psp_ref: str
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PaymentSettlement:
    """How a settlement went; the receipt is the terminal's own, if it makes one."""

    status: SettledAs
    info: str | None = None
    receipt_id: str | None = None
    receipt_url: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentTerminalLayout:
    """What a terminal is; `details` are those it can tell, `increases` whether an amount that is kept can be made higher (C23)."""

    terminal_id: str = "T-1"
    provider: str = "Pilotwire Pay"
    vendor: str = "Pilotwire"
    model: str = "simulated"
    serial_number: str = "PT-1"
    firmware_version: str = "1.0"
    imsi: str = ""
    iccid: str = ""
    details: tuple[str, ...] = PAYMENT_DETAILS
    increases: bool = True


class PaymentTerminal(Protocol):
    """See the module. Each call ends when the PSP has answered, however long that takes; amounts are in `currency` (ISO 4217)."""

    async def authorize(self, card: str, amount: Decimal, currency: str) -> PaymentReservation:
        """Have the PSP keep an amount of the card that was presented (C18.FR.01, C18.FR.02); raises `PaymentRefused`."""
        ...

    async def increase(self, psp_ref: str, amount: Decimal) -> None:
        """Have the PSP keep so much in all (C23.FR.01); raises `PaymentRefused`: what was kept stays kept."""
        ...

    async def release(self, psp_ref: str) -> None:
        """Let go of what is kept: nothing is to be paid (C19.FR.01, C20.FR.04); raises `PaymentRefused`."""
        ...

    async def settle(
        self, psp_ref: str, amount: Decimal, currency: str, merchant: Mapping[str, str]
    ) -> PaymentSettlement:
        """Take an amount (C21.FR.01); `merchant` is what stands on a receipt (Id, TaxId, Name, Address, City). Raises nothing."""
        ...


class HasPaymentTerminal(Protocol):
    """A hardware driver with a terminal: its layout has a `payment_terminal`, and it reports `PaymentCardPresented`."""

    @property
    def payment_terminal(self) -> PaymentTerminal:
        """The terminal."""
        ...

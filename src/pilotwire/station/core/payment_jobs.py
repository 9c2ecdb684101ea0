"""What a payment terminal is asked to do, as jobs: its payment service provider takes its time (2.1: C18 to C23)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from pilotwire.station.core.jobs import Job, Result
from pilotwire.station.hardware.ports import PaymentReservation, PaymentSettlement


@dataclass(frozen=True, slots=True)
class AuthorizePayment(Job):
    """`PaymentTerminal.authorize`; done with `PaymentAuthorized`."""

    card: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class PaymentAuthorized(Result):
    """The amount is kept."""

    reservation: PaymentReservation


@dataclass(frozen=True, slots=True)
class IncreasePayment(Job):
    """`PaymentTerminal.increase`: to so much in all."""

    psp_ref: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ReleasePayment(Job):
    """`PaymentTerminal.release`."""

    psp_ref: str


@dataclass(frozen=True, slots=True)
class SettlePayment(Job):
    """`PaymentTerminal.settle`; done with `PaymentTaken`, however it went."""

    psp_ref: str
    amount: Decimal
    currency: str
    merchant: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PaymentTaken(Result):
    """How the settlement went."""

    settlement: PaymentSettlement

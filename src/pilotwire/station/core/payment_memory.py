"""Payments at the station's own terminal that are under way: they survive a failure of power, for somebody's money is kept (2.1: C18)."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from pilotwire.domain.kinds import Value
from pilotwire.domain.tariff import Address


class KeptPayment(Value):
    """A payment by its reference at the payment service provider; `amount` in `currency` is kept of the `card`.

    `details` are all that the terminal told of it, `asked`: the CSMS was asked, and knows of it. `evse_id` and `transaction_id` are where
    it is used; `cost` is what that costs as far as is known. `ended`: the transaction is over. Then `due` is to be taken, or, `released`,
    nothing is. `most`: more than `amount` cannot be had.
    """

    psp_ref: str
    card: str
    amount: Decimal
    currency: str
    details: dict[str, str] = {}
    asked: bool = False
    evse_id: int | None = None
    transaction_id: str | None = None
    cost: Decimal | None = None
    ended: bool = False
    due: Decimal | None = None
    released: bool = False
    most: bool = False
    vat_number: str | None = None
    vat_company: Address | None = None

    @property
    def closing(self) -> bool:
        """Whether only the terminal has something to do yet."""
        return self.released or self.due is not None


class PaymentMemory(Value, tag="payments", tag_field="part"):
    """See the module; in the order they were begun."""

    name: ClassVar[str] = "payments"
    under_way: tuple[KeptPayment, ...] = ()

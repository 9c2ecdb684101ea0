"""What is kept of ad hoc payments that begin here (C24, C25), and of settlements that are due (C21.FR.05)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire.csms.store.registers import Register
from pilotwire.domain.ad_hoc_payments import SettlementOrder
from pilotwire.domain.authorization import NO_LIMIT, TransactionLimit
from pilotwire.domain.kinds import Value


class WebPaymentSetup(Value):
    """How the passwords in the codes of a station are made (C25): the secret it was given, s and characters."""

    secret: str
    validity: int
    length: int
    set_at: datetime


class PaymentVisit(Value):
    """A driver came by a code and was sent on to pay (C25.FR.20). `limit` is what the address said."""

    payment: str
    station: str
    at: datetime
    evse_id: int | None = None
    limit: TransactionLimit = NO_LIMIT


class AuthorizedPayment(Value):
    """A payment that was authorized for a station, with what its transaction may use up (C24.FR.02, C25.FR.24)."""

    station: str
    psp_ref: str
    at: datetime
    limit: TransactionLimit = NO_LIMIT
    evse_id: int | None = None


class DueSettlement(Value):
    """A transaction that has ended and is to be paid for."""

    order: SettlementOrder
    since: datetime


WEB_PAYMENT_SETUPS: Final = Register("web-payment-setups", WebPaymentSetup)
"""By station; the key is empty."""
VISITS: Final = Register("payment-visits", PaymentVisit)
"""By no station and the payment's id."""
AUTHORIZED: Final = Register("authorized-payments", AuthorizedPayment)
"""By station and the reference of the payment service provider."""
DUE: Final = Register("due-settlements", DueSettlement)
"""By station and transaction id."""

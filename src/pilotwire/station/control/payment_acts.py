"""What drivers do who pay at the station, and what its payment terminal does: rows of the table in `acts` (2.1: C18 to C25)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilotwire.domain.authorization import TransactionLimit
from pilotwire.domain.tariff import PaymentSettled
from pilotwire.station.control.bodies import (
    ControlBody,
    OfferedEvse,
    Payment,
    PaymentCard,
    TerminalState,
    VatNumber,
    WebPaymentChoice,
)
from pilotwire.station.control.hosted import Hosted
from pilotwire.station.core.tariff import TariffRefused
from pilotwire.station.core.tariff_payment import Settled, VatNumberEntered
from pilotwire.station.core.web_payment import WebPaymentChosen

State = dict[str, Any]


def _settlement(hosted: Hosted, body: Payment) -> PaymentSettled:
    return PaymentSettled(
        psp_ref=body.psp_ref,
        status=body.status,
        amount=body.amount,
        at=body.at or hosted.station.now(),
        transaction_id=body.transaction_id,
        receipt_id=body.receipt_id,
    )


def _card(hosted: Hosted, body: PaymentCard) -> State:
    return hosted.done(hosted.station.simulated.payment_terminal.present(body.card, body.evse))


def _terminal(hosted: Hosted, body: TerminalState) -> State:
    """What is left out stays as it was."""
    terminal = hosted.station.simulated.payment_terminal
    connected = terminal.connected if body.connected is None else body.connected
    problem = terminal.problem if body.problem is None else body.problem
    events = terminal.tell(connected=connected, problem=problem)
    terminal.declines = terminal.declines if body.declines is None else body.declines
    terminal.increases = terminal.increases if body.increases is None else body.increases
    terminal.settles_as = body.settles_as or terminal.settles_as
    return hosted.done(events)


def _chosen(hosted: Hosted, body: WebPaymentChoice) -> State:
    limit = TransactionLimit(max_cost=body.max_cost, max_energy=body.max_energy, max_time=body.max_time)
    return hosted.done([WebPaymentChosen(body.evse, limit)])


PAYMENT: tuple[tuple[str, type[ControlBody], Callable[[Hosted, Any], State], str], ...] = (
    ("payment/card", PaymentCard, _card, "Hold a payment card to the station's payment terminal (2.1)."),
    ("payment/terminal", TerminalState, _terminal, "The payment terminal and its provider do otherwise (2.1)."),
    (
        "payment/web",
        WebPaymentChoice,
        _chosen,
        "A driver chooses how much to charge before they scan the code for a web payment (2.1).",
    ),
    (
        "payment",
        Payment,
        lambda hosted, body: hosted.done([Settled(_settlement(hosted, body))]),
        "A payment terminal beside the station says how a payment ended (2.1).",
    ),
    (
        "vat-number",
        VatNumber,
        lambda hosted, body: hosted.done([VatNumberEntered(body.vat_number, body.evse)]),
        "Somebody enters a VAT number for the receipt (2.1).",
    ),
    (
        "tariff/refuse",
        OfferedEvse,
        lambda hosted, body: hosted.done([TariffRefused(body.evse)]),
        "The driver does not accept the tariff they read (2.1).",
    ),
)
"""Path, body, what is done, and a sentence for the description of the port."""

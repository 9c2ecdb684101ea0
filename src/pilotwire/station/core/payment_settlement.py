"""How a payment at the station's own terminal ends: released (C19, C20) or settled (C21, C22), and told to the CSMS (2.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from pilotwire.domain.tariff import PaymentSettled, PaymentStatus
from pilotwire.station.core import cost, payment_settings, tariff_payment
from pilotwire.station.core.actions import Show
from pilotwire.station.core.jobs import Result
from pilotwire.station.core.payment_jobs import PaymentTaken, ReleasePayment, SettlePayment
from pilotwire.station.core.payment_memory import KeptPayment, PaymentMemory
from pilotwire.station.core.station import Station
from pilotwire.station.hardware import ports

_MOST_INFO: Final = 500
"""Characters of NotifySettlement.statusInfo."""


@dataclass(slots=True)
class Terminal:
    """The terminal as last told; the payments it works on, those the CSMS is asked about, and the places of cards being checked."""

    connected: bool = True
    problem: str = ""
    working: set[str] = field(default_factory=set)
    judging: set[str] = field(default_factory=set)
    checking: set[int] = field(default_factory=set)


# --- what is kept of it ---------------------------------------------------------------------------------------------


def put(station: Station, payment: KeptPayment) -> None:
    """Keep a payment as it is now, in its place."""
    kept = {one.psp_ref: one for one in station.kept(PaymentMemory).under_way}
    station.remember(PaymentMemory(under_way=tuple({**kept, payment.psp_ref: payment}.values())))


def forget(station: Station, payment: KeptPayment) -> None:
    """Nothing is left to do."""
    left = tuple(one for one in station.kept(PaymentMemory).under_way if one.psp_ref != payment.psp_ref)
    station.remember(PaymentMemory(under_way=left))


def find(station: Station, psp_ref: str) -> KeptPayment | None:
    """The payment of this reference, if it is under way."""
    return next((one for one in station.kept(PaymentMemory).under_way if one.psp_ref == psp_ref), None)


# --- the terminal closes it -----------------------------------------------------------------------------------------


def close(station: Station, payment: KeptPayment) -> None:
    """Have the terminal do what is left to do, unless it does already."""
    terminal = station.moment(Terminal)
    if payment.psp_ref in terminal.working:
        return
    terminal.working.add(payment.psp_ref)
    if payment.due is None:
        _release(station, payment)
    else:
        _settle(station, payment, payment.due)


def _release(station: Station, payment: KeptPayment) -> None:
    """Nothing is to be paid; the CSMS is told if it knows of the payment (C19.FR.02, C20.FR.05)."""

    def over(why: str | None) -> None:
        station.moment(Terminal).working.discard(payment.psp_ref)
        if why is not None:
            station.note(f"The amount kept for payment {payment.psp_ref} could not be released: {why}")
        forget(station, payment)
        if payment.asked or payment.transaction_id is not None:
            _tell(station, payment, PaymentStatus.CANCELED, Decimal(0), info=why)

    station.undertake(ReleasePayment(payment.psp_ref), done=lambda _: over(None), failed=over)


def _settle(station: Station, payment: KeptPayment, due: Decimal) -> None:
    def done(result: Result) -> None:
        if isinstance(result, PaymentTaken):
            over(result.settlement)

    def failed(why: str) -> None:
        over(ports.PaymentSettlement(ports.SettledAs.FAILED, why))

    def over(settlement: ports.PaymentSettlement) -> None:
        station.moment(Terminal).working.discard(payment.psp_ref)
        now = find(station, payment.psp_ref) or payment
        forget(station, payment)
        _settled(station, now, due, settlement)

    told = payment_settings.merchant(station)
    station.undertake(SettlePayment(payment.psp_ref, due, payment.currency, told), done=done, failed=failed)


def _settled(station: Station, payment: KeptPayment, due: Decimal, settlement: ports.PaymentSettlement) -> None:
    """Tell the CSMS how it went (C21.FR.02, C22.FR.01, C22.FR.02), and the driver (C21.FR.04)."""
    status, receipt = PaymentStatus(settlement.status), settlement
    taken = status is PaymentStatus.SETTLED
    if not taken or payment_settings.is_on(station, payment_settings.RECEIPT_BY_CSMS):
        receipt = ports.PaymentSettlement(settlement.status, settlement.info)
    _tell(station, payment, status, due, info=settlement.info, receipt=receipt)
    text = f"Paid: {cost.money(station, due, payment.currency)}." if taken else "Your payment could not be completed."
    if receipt.receipt_url is not None:
        text += f" Your receipt: {receipt.receipt_url}"
    station.do(Show(payment.evse_id, text))


def _tell(
    station: Station,
    payment: KeptPayment,
    status: PaymentStatus,
    amount: Decimal,
    *,
    info: str | None = None,
    receipt: ports.PaymentSettlement | None = None,
) -> None:
    fact = PaymentSettled(
        psp_ref=payment.psp_ref,
        status=status,
        amount=amount,
        at=station.stamp(),
        transaction_id=payment.transaction_id,
        status_info=None if info is None else info[:_MOST_INFO],
        receipt_id=None if receipt is None else receipt.receipt_id,
        receipt_url=None if receipt is None else receipt.receipt_url,
        vat_company=payment.vat_company,
        vat_number=payment.vat_number,
    )
    tariff_payment.tell(station, fact, payment.evse_id)


def terminal_changed(station: Station, event: ports.PaymentTerminalChanged) -> None:
    """The terminal reaches its provider, or does not; something is wrong with it, or is not."""
    terminal = station.moment(Terminal)
    terminal.connected, terminal.problem = event.connected, event.problem

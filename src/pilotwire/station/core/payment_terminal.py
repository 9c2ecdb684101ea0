"""Ad hoc payment at a terminal of the station's own (2.1: C18 to C23): a card, an amount that is kept, what of it is taken.

The reference of the payment is the id token of the transaction. What is under way is in `PaymentMemory`, and what follows is worked out
from it after every input: a payment that nobody charges with any more is released (C19) or settled (C20 to C22) whatever ended it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from pilotwire.domain.authorization import AuthorizationStatus, AuthorizationVerdict, TransactionLimit
from pilotwire.domain.identity import DIRECT_PAYMENT, AdditionalInfo, IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.transactions import StoppedReason, TransactionEvent, TransactionVerdict, TriggerReason
from pilotwire.station.core import (
    authorization,
    availability,
    cost,
    limits,
    outbox_policy,
    payment_settings,
    reservation,
    tariff_bills,
    tariff_payment,
    tariff_rules,
    transactions,
    transactions_unplaced,
)
from pilotwire.station.core.actions import Show
from pilotwire.station.core.evse import Evse, Grant
from pilotwire.station.core.jobs import Result
from pilotwire.station.core.payment_jobs import (
    AuthorizePayment,
    IncreasePayment,
    PaymentAuthorized,
)
from pilotwire.station.core.payment_memory import KeptPayment, PaymentMemory
from pilotwire.station.core.payment_settlement import Terminal, close, find, forget, put
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street
from pilotwire.station.hardware import ports

NO_TERMINAL: Final = "Payment cards cannot be used now."
ASKING: Final = "One moment, your card is being checked."
DECLINED: Final = "Your card was not accepted."
CANCELED: Final = "The payment was cancelled. Nothing is charged to your card."
_ACCEPTED: Final = AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED)


# --- a card ---------------------------------------------------------------------------------------------------------


def card_presented(station: Station, event: ports.PaymentCardPresented) -> None:
    """Somebody held a payment card to the terminal: to stop what they pay for, or to begin (C18.FR.02)."""
    evse = station.evses.get(event.evse_id) if event.evse_id is not None else None
    if (own := _own(station, event)) is not None:
        _stop(station, own)
        return
    place = evse or _with_vehicle(station)
    why_not = _why_not(station, place)
    if why_not is not None:
        station.do(Show(event.evse_id, why_not))
        return
    _reserve_amount(station, place, event.card)


def _own(station: Station, event: ports.PaymentCardPresented) -> KeptPayment | None:
    """The payment somebody charges with by this card, here."""
    found = (
        one
        for one in station.kept(PaymentMemory).under_way
        if one.card == event.card and event.evse_id in (None, one.evse_id) and _is_used(station, one.psp_ref)
    )
    return next(found, None)


def _stop(station: Station, payment: KeptPayment) -> None:
    evse = _place_of(station, payment.psp_ref)
    if evse is None:
        token = IdToken(value=payment.psp_ref, type=DIRECT_PAYMENT)
        # `_follow` gives the money free (C19.FR.01)
        transactions_unplaced.end(station, TriggerReason.STOP_AUTHORIZED, StoppedReason.LOCAL, id_token=token)
    else:
        authorization.card_presented(station, evse.evse_id, IdToken(value=payment.psp_ref, type=DIRECT_PAYMENT))


def _with_vehicle(station: Station) -> Evse | None:
    """Which EVSE a card is for at a terminal of the whole station: the one where a vehicle was plugged in last."""
    if len(station.evses) == 1:
        return next(iter(station.evses.values()))
    ready = [
        one for one in station.evses.values() if one.grant is None and one.plugged_at and one.connector is not None
    ]
    return max(ready, key=lambda evse: evse.plugged_at or station.now, default=None)


def _why_not(station: Station, evse: Evse | None) -> str | None:
    """Why no payment can begin, as a sentence for the driver."""
    terminal = station.moment(Terminal)
    if not payment_settings.is_on(station, payment_settings.ENABLED) or not terminal.connected or terminal.problem:
        return NO_TERMINAL
    if outbox_policy.refuses_charging(station):
        return outbox_policy.FULL
    if evse is None:
        if station.unplaced is not None:
            return authorization.PLUGGING_IN
        free = (one for one in station.evses.values() if not one.busy and availability.usable(station, one))
        return None if any(_is_open(station, one) for one in free) else "Everything is taken."
    if tariff_payment.is_kept(station, evse):
        return tariff_payment.BUSY
    taken = evse.grant is not None or (evse.tx is not None and evse.tx.owner is not None)
    if taken or evse.evse_id in terminal.checking:
        return "Somebody is charging here."
    if not authorization.may_start(station, evse) or not _is_open(station, evse):
        return "This charging point cannot be used now."
    return None


def _is_open(station: Station, evse: Evse) -> bool:
    """Whether it is reserved for nobody: who pays ad hoc has reserved nothing."""
    return not reservation.refuses(station, evse, IdToken(value="", type=DIRECT_PAYMENT), None)


# --- an amount is kept ----------------------------------------------------------------------------------------------


def _reserve_amount(station: Station, evse: Evse | None, card: str) -> None:
    """Have the terminal keep AuthorizationAmount of the card (C18.FR.01, C18.FR.02)."""
    place = evse.evse_id if evse is not None else 0
    shown = place or None
    amount = payment_settings.amount_of(station, payment_settings.AMOUNT)
    currency = cost.currency(station, evse)
    checking = station.moment(Terminal).checking
    checking.add(place)

    def done(result: Result) -> None:
        checking.discard(place)
        if isinstance(result, PaymentAuthorized):
            told = result.reservation
            payment = KeptPayment(
                psp_ref=told.psp_ref,
                card=card,
                amount=amount,
                currency=currency,
                details=dict(told.details),
                asked=payment_settings.is_on(station, payment_settings.ASKS),
                evse_id=place or None,
            )
            put(station, payment)
            _authorize(station, evse, payment)

    def failed(why: str) -> None:
        checking.discard(place)
        station.note(f"No payment: {why}")
        station.do(Show(shown, DECLINED))

    station.do(Show(shown, ASKING))
    station.undertake(AuthorizePayment(card, amount, currency), done=done, failed=failed)


def _authorize(station: Station, evse: Evse | None, payment: KeptPayment) -> None:
    """Let the driver charge (C18.FR.03), or ask the CSMS first whether it is to be so (C18.FR.04)."""
    token = _token(station, payment)
    if not payment.asked:
        _judged(station, evse, payment, token, _ACCEPTED)
        return
    terminal, place = station.moment(Terminal), 0 if evse is None else evse.evse_id
    terminal.judging.add(payment.psp_ref)
    terminal.checking.add(place)

    def judged(verdict: AuthorizationVerdict) -> None:
        terminal.judging.discard(payment.psp_ref)
        terminal.checking.discard(place)
        _judged(station, evse, payment, token, verdict)

    authorization.judge(station, token, judged)


def _token(station: Station, payment: KeptPayment) -> IdToken:
    """The id token of a payment, with those of its details the CSMS wants (C18.FR.04, C18.FR.06)."""
    wanted = station.variables.members(payment_settings.DETAILS)
    told = tuple(
        AdditionalInfo(value=value, type=kind) for kind, value in payment.details.items() if kind in wanted and value
    )
    return IdToken(value=payment.psp_ref, type=DIRECT_PAYMENT, additional=told)


def _judged(
    station: Station, evse: Evse | None, payment: KeptPayment, token: IdToken, verdict: AuthorizationVerdict
) -> None:
    verdict = tariff_rules.checked(station, verdict if evse is None else authorization.at_evse(verdict, evse))
    shown = None if evse is None else evse.evse_id
    if not verdict.accepted:
        # the CSMS said no, so it is told nothing (C18.FR.07)
        put(station, changed(payment, released=True, asked=False))
        station.do(Show(shown, verdict.message or f"{DECLINED} {verdict.status}."))
    elif station.unplaced is not None if evse is None else not _may_begin(station, evse):
        station.do(Show(shown, CANCELED))  # somebody was quicker; `_follow` gives the money free
    else:
        _grant(station, evse, payment, token, verdict)


def _may_begin(station: Station, evse: Evse) -> bool:
    return evse.grant is None and authorization.may_start(station, evse)


def _grant(
    station: Station, evse: Evse | None, payment: KeptPayment, token: IdToken, verdict: AuthorizationVerdict
) -> None:
    """The amount that is kept is the most the transaction may cost (C18.FR.06)."""
    most = limits.supported(station, evse, TransactionLimit(max_cost=payment.amount))
    given = Grant(token, verdict.group, evses=verdict.evses, tariff=verdict.tariff, limit=most)
    if evse is None:
        transactions_unplaced.wait(station, given)
        station.do(Show(None, cost.tariff_text(station, verdict) or "Accepted. Plug in the vehicle."))
        return
    transactions.grant(station, evse, given)
    if (text := cost.tariff_text(station, verdict, evse)) is not None:
        station.do(Show(evse.evse_id, text))


# --- where a payment is used ----------------------------------------------------------------------------------------


def _place_of(station: Station, psp_ref: str) -> Evse | None:
    """The EVSE at which somebody charges, or may, with a payment."""
    for evse in station.evses.values():
        owner = evse.grant.id_token if evse.grant is not None else evse.tx.owner if evse.tx is not None else None
        if owner is not None and owner.type == DIRECT_PAYMENT and owner.value == psp_ref:
            return evse
    return None


def _is_used(station: Station, psp_ref: str) -> bool:
    waiting = station.unplaced
    at_station = waiting is not None and waiting.id_token.type == DIRECT_PAYMENT and waiting.id_token.value == psp_ref
    return at_station or _place_of(station, psp_ref) is not None


# --- what follows ---------------------------------------------------------------------------------------------------


def _follow(station: Station) -> None:
    for payment in station.kept(PaymentMemory).under_way:
        if not payment.closing:
            _look_at(station, payment)
        if (now := find(station, payment.psp_ref)) is not None and now.closing:
            close(station, now)


def _look_at(station: Station, payment: KeptPayment) -> None:
    """See whether somebody charges with a payment, and what follows if nobody does."""
    evse = _place_of(station, payment.psp_ref)
    if evse is not None and evse.tx is not None and not payment.ended:
        _in_transaction(station, evse, payment)
    elif payment.ended:
        if not station.outbox.has_facts_of(payment.transaction_id or ""):
            _end_with(station, payment, payment.cost)  # the CSMS never told a total
    elif payment.transaction_id is not None:
        _transaction_over(station, payment)
    elif payment.psp_ref not in station.moment(Terminal).judging and not _is_used(station, payment.psp_ref):
        put(station, changed(payment, released=True))  # C19.FR.01
        station.do(Show(payment.evse_id, CANCELED))


def _in_transaction(station: Station, evse: Evse, payment: KeptPayment) -> None:
    """Note where a payment is used and what that costs, and have more kept in time (C23.FR.01)."""
    assert evse.tx is not None
    bill = tariff_bills.bill_of(station, evse)
    so_far = evse.tx.cost if bill is None else tariff_bills.so_far(bill)
    now = changed(payment, evse_id=evse.evse_id, transaction_id=evse.tx.transaction_id, cost=so_far)
    if now != payment:
        put(station, now)
    step = payment_settings.amount_of(station, payment_settings.INCREASE)
    reached = now.amount - payment_settings.amount_of(station, payment_settings.THRESHOLD)
    of_csms = evse.tx.csms_limit.max_cost
    allowed = of_csms is None or of_csms > now.amount
    if step > 0 and evse.tx.cost is not None and evse.tx.cost > reached and allowed and not now.most:
        _increase(station, now, now.amount + step)


def _increase(station: Station, payment: KeptPayment, amount: Decimal) -> None:
    terminal, psp_ref = station.moment(Terminal), payment.psp_ref
    if psp_ref in terminal.working:
        return
    terminal.working.add(psp_ref)

    def done(_: Result) -> None:
        terminal.working.discard(psp_ref)
        if (now := find(station, psp_ref)) is not None and not now.closing:
            put(station, changed(now, amount=amount))
            if (evse := _place_of(station, psp_ref)) is not None:
                limit = TransactionLimit(max_cost=amount)
                limits.set_by_driver(station, limits.DriverLimit(evse.evse_id, limit))  # C23.FR.02

    def failed(why: str) -> None:
        terminal.working.discard(psp_ref)
        station.note(f"No more than {payment.amount} {payment.currency} of payment {psp_ref} can be had: {why}")
        if (now := find(station, psp_ref)) is not None:
            put(station, changed(now, most=True))

    station.undertake(IncreasePayment(psp_ref, amount), done=done, failed=failed)


def _transaction_over(station: Station, payment: KeptPayment) -> None:
    """The transaction has ended: by the station's own bill it is known what is due, else the CSMS is to say."""
    evse = station.evses.get(payment.evse_id or 0)
    own = tariff_bills.total_of(station, evse) if evse is not None else None
    if payment_settings.is_on(station, payment_settings.SETTLED_BY_CSMS):
        forget(station, payment)  # C21.FR.06
        _show_receipt_server(station, evse)
    elif own is not None:
        _end_with(station, changed(payment, currency=own[1]), own[0])
    else:
        put(station, changed(payment, ended=True))


def _show_receipt_server(station: Station, evse: Evse | None) -> None:
    """Where the CSMS will have the receipt (C21.FR.07), with the total if it is known here."""
    where = station.variables.text(payment_settings.RECEIPT_SERVER)
    if evse is None or not where:
        return
    own = tariff_bills.take_total(station, evse)
    total = "" if own is None else f"{cost.total_text(station, *own)}. "
    station.do(Show(evse.evse_id, f"{total}Your receipt will be at {where}"))


def priced(station: Station, event: TransactionEvent, verdict: TransactionVerdict) -> None:
    """The CSMS answered the end of a transaction: that is what is due, where the station has no bill of its own (C20.FR.03)."""
    for payment in station.kept(PaymentMemory).under_way:
        if payment.transaction_id == event.transaction_id and payment.ended and not payment.closing:
            _end_with(station, payment, payment.cost if verdict.total_cost is None else verdict.total_cost)


def _end_with(station: Station, payment: KeptPayment, total: Decimal | None) -> None:
    """Settle the total (C21.FR.01); where nothing is due, or nobody knows of a price, nothing is taken (C20.FR.04)."""
    if total is None or total <= 0:
        put(station, changed(payment, ended=True, released=True))
    else:
        put(station, changed(payment, ended=True, due=total))


# --- the street -----------------------------------------------------------------------------------------------------


STREET = Street(
    "payment terminal",
    variables=payment_settings.payment_variables,
    live={
        ("paymentctrlr", "connected"): lambda station, _: str(station.moment(Terminal).connected).lower(),
        ("paymentctrlr", "problem"): lambda station, _: str(bool(station.moment(Terminal).problem)).lower(),
    },
    follow=_follow,
)
"""It comes before `cost`, which takes the total of a bill away."""

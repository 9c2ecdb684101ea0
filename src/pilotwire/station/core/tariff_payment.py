"""Ad hoc payment as far as the station has a part in it without a terminal of its own (2.1): a payment by web page keeps its EVSE (C25), it
is told how payments were settled (C20 to C22), and VAT numbers are looked into (C18). See `payment_terminal` for one of its own.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from pilotwire.domain.kinds import Verdict, changed
from pilotwire.domain.tariff import (
    NotifyWebPaymentStarted,
    PaymentSettled,
    SettlementVerdict,
    VatNumberAsked,
    VatStatus,
    VatVerdict,
    WebPaymentOutcome,
)
from pilotwire.station.core.actions import Answer, Show
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.payment_memory import PaymentMemory
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street

PAYING: Final = "The code was scanned. Pay on your phone."
BUSY: Final = "Somebody is paying for this charging point. Please wait."


@dataclass(frozen=True, slots=True)
class Settled(OfStreet):
    """A payment terminal told how a payment ended (C21.FR.02)."""

    settlement: PaymentSettled


@dataclass(frozen=True, slots=True)
class VatNumberEntered(OfStreet):
    """A driver entered the VAT number that is to stand on their receipt, at an EVSE or at the station (C18.FR.08)."""

    vat_number: str
    evse_id: int | None = None


@dataclass(slots=True)
class _Paying:
    """Until when an EVSE is kept for somebody who is paying; where those are who wait for a receipt, by payment."""

    until: dict[int, datetime] = field(default_factory=dict)
    receipts: dict[str, int | None] = field(default_factory=dict)


# --- web payment ----------------------------------------------------------------------------------------------------


def _started(station: Station, ref: Hashable, command: NotifyWebPaymentStarted) -> None:
    """Tell the driver that their code was read, and keep the EVSE for them (C25.FR.22, C25.FR.27)."""
    station.do(Answer(ref, WebPaymentOutcome()))
    evse = station.evses.get(command.evse_id)
    taken = evse is not None and (evse.grant is not None or (evse.tx is not None and evse.tx.owner is not None))
    if evse is not None and command.timeout <= 0 and is_kept(station, evse):
        done(station, evse)  # who was paying does so no more
        station.do(Show(evse.evse_id, ""))
        return
    if evse is None or taken or command.timeout <= 0:
        station.note(f"A web payment was told for EVSE {command.evse_id}, which cannot be kept for it.")
        return
    station.moment(_Paying).until[evse.evse_id] = station.now + timedelta(seconds=command.timeout)
    station.do(Show(evse.evse_id, PAYING))


def is_kept(station: Station, evse: Evse) -> bool:
    """Whether an EVSE is kept for somebody who is paying: nobody else begins anything there."""
    return evse.evse_id in station.moment(_Paying).until


def done(station: Station, evse: Evse) -> None:
    """The CSMS starts a transaction there: the payment is made (C25.FR.22)."""
    station.moment(_Paying).until.pop(evse.evse_id, None)


def _deadline(station: Station) -> datetime | None:
    return min(station.moment(_Paying).until.values(), default=None)


def _due(station: Station) -> None:
    until = station.moment(_Paying).until
    for place in [place for place, at in until.items() if at <= station.now]:
        del until[place]
        station.do(Show(place, ""))


# --- settlements, VAT numbers ---------------------------------------------------------------------------------------


def _settled(station: Station, event: Settled) -> None:
    fact = event.settlement
    evse = None if fact.transaction_id is None else station.evse_of_transaction(fact.transaction_id)
    tell(station, fact, None if evse is None else evse.evse_id)


def tell(station: Station, fact: PaymentSettled, place: int | None) -> None:
    """Tell the CSMS how a payment ended, after all that waits to be told before: money is not lost with a line, or with the power.

    `place` is the EVSE where the driver is.
    """
    station.moment(_Paying).receipts[fact.psp_ref] = place
    station.keep(fact)


def told(station: Station, fact: PaymentSettled, verdict: Verdict | None) -> None:
    """The CSMS has heard it; where it makes the receipt, the driver reads where that is (C21.FR.03)."""
    place = station.moment(_Paying).receipts.pop(fact.psp_ref, None)
    if isinstance(verdict, SettlementVerdict) and verdict.receipt_url is not None:
        station.do(Show(place, f"Your receipt: {verdict.receipt_url}"))


def _vat_number(station: Station, event: VatNumberEntered) -> None:
    place = event.evse_id if event.evse_id in station.evses else None

    def answered(verdict: Verdict) -> None:
        if not isinstance(verdict, VatVerdict) or verdict.status is not VatStatus.ACCEPTED:
            station.do(Show(place, f"{event.vat_number} is not a valid VAT number."))
            return
        _goes_on_receipt(station, place, event.vat_number, verdict)
        name = "" if verdict.company is None else f" {verdict.company.name}"
        station.do(Show(place, f"VAT number accepted.{name}"))

    def failed(_refused: bool) -> None:
        station.do(Show(place, "VAT numbers cannot be checked now."))

    if station.online:
        station.say(VatNumberAsked(vat_number=event.vat_number, evse_id=place), answered=answered, failed=failed)
    else:
        failed(False)


def _goes_on_receipt(station: Station, place: int | None, number: str, verdict: VatVerdict) -> None:
    """The VAT number, and whose it is, go with the settlement of the payments at an EVSE (C21.FR.02); None: of all that are under way."""
    payments = tuple(
        changed(one, vat_number=number, vat_company=verdict.company) if place in (None, one.evse_id) else one
        for one in station.kept(PaymentMemory).under_way
    )
    station.remember(PaymentMemory(under_way=payments))


STREET = Street(
    "payment",
    commands={NotifyWebPaymentStarted: _started},
    events={Settled: _settled, VatNumberEntered: _vat_number},
    deadline=_deadline,
    due=_due,
)

"""Ad hoc payment as far as the station has a part in it without a terminal of its own (2.1): a payment by web page keeps its EVSE (C25), a
payment terminal beside the station tells how payments were settled (C20 to C22), and VAT numbers are looked into (C18).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from pilotwire.domain.kinds import Verdict
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
    """Until when an EVSE is kept for somebody who is paying."""

    until: dict[int, datetime] = field(default_factory=dict)


# --- web payment ----------------------------------------------------------------------------------------------------


def _started(station: Station, ref: Hashable, command: NotifyWebPaymentStarted) -> None:
    """Tell the driver that their code was read, and keep the EVSE for them (C25.FR.22, C25.FR.27)."""
    station.do(Answer(ref, WebPaymentOutcome()))
    evse = station.evses.get(command.evse_id)
    taken = evse is not None and (evse.grant is not None or (evse.tx is not None and evse.tx.owner is not None))
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
    """Tell the CSMS, later if it cannot be told now; where it makes the receipt, the driver reads where that is (C21.FR.03)."""
    fact = event.settlement

    def answered(verdict: Verdict) -> None:
        evse = None if fact.transaction_id is None else station.evse_of_transaction(fact.transaction_id)
        if isinstance(verdict, SettlementVerdict) and verdict.receipt_url is not None:
            station.do(Show(None if evse is None else evse.evse_id, f"Your receipt: {verdict.receipt_url}"))

    def failed(refused: bool) -> None:
        if not refused:
            station.keep(fact)

    if station.online:
        station.say(fact, answered=answered, failed=failed)
    else:
        station.keep(fact)


def _vat_number(station: Station, event: VatNumberEntered) -> None:
    place = event.evse_id if event.evse_id in station.evses else None

    def answered(verdict: Verdict) -> None:
        if not isinstance(verdict, VatVerdict) or verdict.status is not VatStatus.ACCEPTED:
            station.do(Show(place, f"{event.vat_number} is not a valid VAT number."))
            return
        name = "" if verdict.company is None else f" {verdict.company.name}"
        station.do(Show(place, f"VAT number accepted.{name}"))

    def failed(_refused: bool) -> None:
        station.do(Show(place, "VAT numbers cannot be checked now."))

    if station.online:
        station.say(VatNumberAsked(vat_number=event.vat_number, evse_id=place), answered=answered, failed=failed)
    else:
        failed(False)


STREET = Street(
    "payment",
    commands={NotifyWebPaymentStarted: _started},
    events={Settled: _settled, VatNumberEntered: _vat_number},
    deadline=_deadline,
    due=_due,
)

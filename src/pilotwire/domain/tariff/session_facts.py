"""A session made of what a backend has stored of a transaction: its events and meter readings, the same for all versions.

1.6 tells no charging state in a transaction: there energy that flows decides what is idle. Events may come in any order, and twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from pilotwire.domain.metering import MeterReading, Sample
from pilotwire.domain.metering.samples import is_register
from pilotwire.domain.tariff.conditions import FixedFacts
from pilotwire.domain.tariff.sessions import Session, SessionReading, TariffFrom
from pilotwire.domain.tariff.tariffs import EvseKind
from pilotwire.domain.transactions import ChargingState, EventKind, TransactionEvent

_EXPORTED: Final = "Energy.Active.Export.Register"
_POWERS: Final = (("Power.Active.Import", 1), ("Power.Active.Export", -1))
_CURRENTS: Final = (("Current.Import", 1), ("Current.Export", -1))


def session_of(
    events: Iterable[TransactionEvent],
    tariffs: tuple[TariffFrom, ...],
    *,
    readings: Iterable[MeterReading] = (),
    time_zone: str = "UTC",
    evse_kind: EvseKind = EvseKind.AC,
    reserved: Decimal | None = None,
    paid_with: FixedFacts | None = None,
) -> Session:
    """The session that events of one transaction, and readings besides theirs, tell of."""
    told = list(events)
    facts = [_reading(one) for each in told for one in each.readings] + [_reading(one) for one in readings]
    facts += [
        SessionReading(
            at=one.at,
            charging=one.charging_state is ChargingState.CHARGING,
            order=-1 if one.seq_no is None else one.seq_no,
        )
        for one in told
        if one.charging_state is not None
    ]
    return Session(
        begin=min((one.at for one in told if one.kind is EventKind.STARTED), default=None),
        end=max((one.at for one in told if one.kind is EventKind.ENDED), default=None),
        tariffs=tariffs,
        readings=tuple(facts),
        evse_kind=evse_kind,
        time_zone=time_zone,
        reserved=reserved,
        paid_with=paid_with or FixedFacts(),
    )


def _reading(reading: MeterReading) -> SessionReading:
    at_outlet = [one for one in reading.samples if one.location == "Outlet" and one.value is not None]
    return SessionReading(
        at=reading.at,
        register=next((one.value for one in at_outlet if is_register(one)), None),
        exported=next((one.value for one in at_outlet if one.measurand == _EXPORTED and one.phase is None), None),
        power=_flowing(at_outlet, _POWERS),
        current=_flowing(at_outlet, _CURRENTS),
    )


def _flowing(samples: list[Sample], measurands: tuple[tuple[str, int], ...]) -> Decimal | None:
    """What flows in less what flows back: of the whole EVSE, else of its phases together; None: it was not told."""
    total: Decimal | None = None
    for measurand, sign in measurands:
        told = [one for one in samples if one.measurand == measurand]
        whole = [one for one in told if one.phase is None]
        for one in whole[:1] or [each for each in told if each.phase in ("L1", "L2", "L3")]:
            total = (total or Decimal(0)) + sign * (one.value or Decimal(0))
    return total

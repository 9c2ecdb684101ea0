"""Which tariff a driver at an EVSE goes by, with what it depends on: for those who tell prices before energy flows (ISO 15118)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import ChargingSchedule
from pilotwire.domain.tariff import EvseKind, Tariff
from pilotwire.domain.tariff.bills import Bill, carried_on
from pilotwire.domain.tariff.conditions import Usage
from pilotwire.station.core import device_model_clock, tariff_bills, vehicle_needs
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.station import Station
from pilotwire.station.core.tariff_memory import TariffMemory
from pilotwire.station.core.tariff_rules import TARIFF_ENABLED, refusal

LOOK_AHEAD: Final = timedelta(days=2)
"""How far shifts of local time are told: longer than any schedule."""


@dataclass(frozen=True, slots=True)
class ApplyingTariff:
    """A tariff and how things stand at `at` (CSMS time).

    `started_at`: of the transaction, None: there is none yet. `used`: by it so far. `offset`: of local time at `at`, `shifts` those to come
    with their moments. `bill`: of the transaction, if it has one.
    """

    tariff: Tariff
    at: datetime
    evse_kind: EvseKind = EvseKind.AC
    started_at: datetime | None = None
    used: Usage = field(default_factory=Usage)
    offset: timedelta = timedelta(0)
    shifts: tuple[tuple[datetime, timedelta], ...] = ()
    bill: Bill | None = None


def applying(station: Station, evse_id: int, now: datetime) -> ApplyingTariff | None:
    """The tariff of an EVSE's transaction, else that of the driver who is authorized there, else its default (I07.FR.19, I08.FR.07).

    None: it has none, or the driver's own is one that only the CSMS can go by (I08.FR.33). `now` is by the station's clock.
    """
    tariff = tariff_at(station, evse_id)
    if tariff is None:
        return None
    evse, at = station.evses[evse_id], now + station.offset
    kept = _bill(station, evse)
    bill = None if kept is None else carried_on(kept, changed(tariff_bills.moment_of(station, evse), at=at))
    local = device_model_clock.local_time(station, at)
    return ApplyingTariff(
        tariff,
        at,
        EvseKind.DC if evse.layout.dc else EvseKind.AC,
        None if bill is None else bill.started_at,
        Usage() if bill is None else bill.used,
        local.utcoffset() or timedelta(0),
        device_model_clock.local_shifts(station, at, at + LOOK_AHEAD),
        bill,
    )


def tariff_at(station: Station, evse_id: int) -> Tariff | None:
    """The same, but the tariff alone."""
    evse = station.evses.get(evse_id)
    if evse is None:
        return None
    bill = _bill(station, evse)
    return _own_or_default(station, evse) if bill is None else bill.tariff


def _bill(station: Station, evse: Evse) -> Bill | None:
    kept = None if evse.tx is None else station.kept(TariffMemory).bills.get(evse.tx.transaction_id)
    return None if kept is None else kept.bill


def _own_or_default(station: Station, evse: Evse) -> Tariff | None:
    if not (station.variables.has(TARIFF_ENABLED) and station.variables.on(TARIFF_ENABLED)):
        return None
    own = evse.grant.tariff if evse.grant is not None else None
    if own is None:
        return tariff_bills.default_of(station, evse)
    return own if refusal(station, own) is None else None


def prices_of_csms(station: Station, evse_id: int) -> ChargingSchedule | None:
    """The schedule that a CSMS sent for the transaction of an EVSE, with prices if it has some; of several the first. None: none."""
    return vehicle_needs.asked_for(station, evse_id, 0) if evse_id in station.evses else None

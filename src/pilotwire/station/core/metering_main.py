"""The main meter of a station: EVSE 0 of 2.x, connector 0 of 1.6 (J01.FR.03, J01.FR.04, J01.FR.20, 1.6:4.7)."""

from __future__ import annotations

from datetime import datetime

from pilotwire.domain.identity import STATION
from pilotwire.domain.metering import MeterReading, MeterValuesReported
from pilotwire.station.core import metering, metering_signed
from pilotwire.station.core.metering_intervals import with_intervals
from pilotwire.station.core.metering_samples import AT_GRID, reading
from pilotwire.station.core.station import Station
from pilotwire.station.hardware.measurands import offered_by_main

PLACE = 0
"""Its number as a place of measuring."""


def wanted(station: Station, variable: str) -> list[str]:
    """What a list names that the main meter tells (J01.FR.14); nothing without one."""
    own = offered_by_main(station.layout)
    return [one for one in metering.wanted_by(station, variable) if one in own]


def report(station: Station, context: str, *, at: datetime | None = None, variable: str = metering.ALIGNED) -> bool:
    """Say the measurands of a list for the whole station; False if there are none to say, or nobody to say it to."""
    measurands = wanted(station, variable)
    if not measurands:
        return False
    taken = _taken(station, measurands, variable, context, station.stamp() if at is None else at)
    if taken is None or not taken.samples:
        return False
    fact = MeterValuesReported(address=STATION, readings=(taken,))
    return station.tell(fact, queue=station.settings.queues_meter_values and not station.online)


def _taken(station: Station, measurands: list[str], variable: str, context: str, at: datetime) -> MeterReading | None:
    meter = station.meter(PLACE)
    if not meter.known:
        return None
    whole = with_intervals(station, PLACE, variable, meter, measurands)
    taken = reading(at, metering.as_set(station, whole), measurands, context, AT_GRID)
    if metering_signed.wants_signature(station, None, variable):
        return metering_signed.signed(station, None, taken, whole)
    return taken


def report_aligned(station: Station, at: datetime) -> None:
    """Its clock-aligned values, unless they are kept back while there is a transaction (J01.FR.20)."""
    if station.layout.main_meter is None or metering.keeps_back(station):
        return
    report(station, "Sample.Clock", at=at)

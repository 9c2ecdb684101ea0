"""What flowed between two looks at a meter: the measurands that are intervals (2.x MeasurandEnumType `.Interval`)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

from pilotwire.domain.metering import ENERGY_REGISTER, INTERVALS, SETPOINT_INTERVAL
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.metering_setpoint import setpoint_energy
from pilotwire.station.core.metering_variables import LISTS
from pilotwire.station.core.station import Station
from pilotwire.station.hardware import ports
from pilotwire.station.hardware.ports import Wh

_OF = {**INTERVALS, SETPOINT_INTERVAL: SETPOINT_INTERVAL}
"""Which register an interval is the difference of; what setpoints come to is counted by the station itself."""
_NO_SETPOINT: dict[str, Wh] = {SETPOINT_INTERVAL: 0}
"""What setpoints came to before there was one."""
_FIRST = ""
"""The look that stands before the first of each list."""


@dataclass(slots=True)
class _Looks:
    """Registers at the last look for a list of measurands, by place (EVSE, 0: the main meter) and variable."""

    registers: dict[tuple[int, str], dict[str, Wh]] = field(default_factory=dict)


def with_intervals(
    station: Station, place: int, variable: str, meter: ports.MeterReading, wanted: list[str], *, begins: bool = False
) -> ports.MeterReading:
    """The reading with what flowed since the last look for the same list, since the transaction began, or the station started.

    Nothing has flowed in a transaction that `begins`. What was never looked at before is left out.
    """
    asked = [measurand for measurand in wanted if measurand in _OF]
    if not asked:
        return meter
    now = _registers(station, place, meter)
    before = now if begins else _before(station, place, variable)
    if not begins:
        station.moment(_Looks).registers[place, variable] = now
    before = {**_NO_SETPOINT, **before}
    flowed = {
        one: Decimal(now[_OF[one]]) - Decimal(before[_OF[one]])
        for one in asked
        if _OF[one] in before and _OF[one] in now
    }
    return replace(meter, more=(*meter.more, *(ports.Measured(name, value) for name, value in flowed.items())))


def _before(station: Station, place: int, variable: str) -> dict[str, Wh]:
    looks = station.moment(_Looks).registers
    before = looks.get((place, variable)) or looks.get((place, _FIRST))
    if before is not None:
        return before
    tx = station.evses[place].tx if place in station.evses else None
    return {} if tx is None else {ENERGY_REGISTER: tx.meter_start}


def _registers(station: Station, place: int, meter: ports.MeterReading) -> dict[str, Wh]:
    """All that an interval can be the difference of."""
    found: dict[str, Wh] = {
        ENERGY_REGISTER: meter.energy_import_register,
        "Energy.Active.Export.Register": meter.energy_export_register,
    }
    found |= {one.measurand: one.value for one in meter.more if one.phase is None and one.measurand in _REGISTERS}
    if (energy := setpoint_energy(station, place)) is not None:
        found[SETPOINT_INTERVAL] = energy
    return found


_REGISTERS = frozenset(INTERVALS.values())


def begin(station: Station, evse: Evse) -> None:
    """A transaction begins: what flowed before it is not its own."""
    looks = station.moment(_Looks).registers
    for key in [key for key in looks if key[0] == evse.evse_id]:
        del looks[key]
    if evse.tx is not None and _wants(station):
        own: dict[str, Wh] = {ENERGY_REGISTER: evse.tx.meter_start}
        looks[evse.evse_id, _FIRST] = _registers(station, evse.evse_id, station.meter(evse.evse_id)) | own


def look_first(station: Station) -> None:
    """Look at all meters that were not looked at yet, if intervals are wanted: the first are counted from now."""
    if not _wants(station):
        return
    looks = station.moment(_Looks).registers
    main = () if station.layout.main_meter is None else (0,)
    for place in (*main, *station.evses):
        if not any(known == place for known, _ in looks):
            looks[place, _FIRST] = _registers(station, place, station.meter(place))


def _wants(station: Station) -> bool:
    return any(".Interval" in station.variables.text(one) for one in LISTS)

"""What the meters say, in the measurands the CSMS configured (functional block J), and when it is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.metering import ENERGY_REGISTER, MeterReading, MeterValuesReported, Sample, default_unit
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.station import Station
from pilotwire.station.core.variable_table import MEASURANDS
from pilotwire.station.hardware import ports

_LINES = ("L1", "L2", "L3")
_Values = list[tuple[Decimal, str | None]]
"""Values with the phase each belongs to, None for all of them."""


def take(
    station: Station, evse: Evse, variable: str, context: str, *, register: bool = False, register_wh: int | None = None
) -> MeterReading:
    """Read an EVSE's meter for the measurands that `variable` lists; `register` adds the energy register if it does not.

    `register_wh` is what the energy register said when it mattered, if not now.
    """
    wanted = station.variables.text(variable).split(",")
    if register and ENERGY_REGISTER not in wanted:
        wanted.insert(0, ENERGY_REGISTER)
    meter = station.meter(evse.evse_id)
    if register_wh is not None:
        meter = replace(meter, energy_import_register=register_wh)
    return reading(station.stamp(), meter, wanted, context)


def reading(at: datetime, meter: ports.MeterReading, wanted: list[str], context: str) -> MeterReading:
    """`meter` in samples, in the order wanted; what this meter cannot tell is left out."""
    samples = [
        sample for measurand in wanted if measurand in MEASURANDS for sample in _samples(meter, measurand, context)
    ]
    return MeterReading(at=at, samples=tuple(samples))


def _samples(meter: ports.MeterReading, measurand: str, context: str) -> Iterator[Sample]:
    for value, phase in _VALUES[measurand](meter):
        yield Sample(
            value=value,
            measurand=measurand,
            unit=default_unit(measurand),
            phase=phase,
            location="EV" if measurand == "SoC" else "Outlet",
            context=context,
        )


def _one(value: Decimal | int | None) -> _Values:
    return [] if value is None else [(Decimal(value), None)]


def _by_phase(values: tuple[Decimal, ...], ending: str = "") -> _Values:
    if len(values) == 1:
        return [(values[0], None)]
    return [(value, line + ending) for value, line in zip(values, _LINES, strict=False)]


_VALUES: dict[str, Callable[[ports.MeterReading], _Values]] = {
    "Energy.Active.Import.Register": lambda meter: _one(meter.energy_import_register),
    "Energy.Active.Export.Register": lambda meter: _one(meter.energy_export_register),
    "Power.Active.Import": lambda meter: _one(max(meter.power_w, Decimal(0))),
    "Power.Active.Export": lambda meter: _one(max(-meter.power_w, Decimal(0))),
    "Current.Import": lambda meter: _by_phase(meter.current_a),
    "Current.Offered": lambda meter: _one(meter.current_offered_a),
    "Power.Offered": lambda meter: _one(meter.power_offered_w),
    "Voltage": lambda meter: _by_phase(meter.voltage_v, "-N"),
    "Frequency": lambda meter: _one(meter.frequency_hz),
    "SoC": lambda meter: _one(meter.soc_percent),
    "Temperature": lambda meter: _one(meter.temperature_c),
}


def phases_used(station: Station, evse: Evse) -> int | None:
    """How many phases carry current at this moment (E02.FR.18); None on DC and where none does."""
    if evse.layout.dc:
        return None
    carrying = sum(1 for amps in station.meter(evse.evse_id).current_a if amps >= Decimal("0.5"))
    return carrying or None


# --- outside of transactions ----------------------------------------------------------------------------------------


def report(station: Station, evse: Evse, context: str) -> bool:
    """Say the clock-aligned measurands of an EVSE (J01.FR.14, F06.FR.06); False if there are none to say."""
    taken = take(station, evse, "AlignedDataCtrlr.Measurands", context)
    if not taken.samples:
        return False
    station.say(MeterValuesReported(address=EvseAddress(evse=evse.evse_id), readings=(taken,)))
    return True


def next_aligned(station: Station, after: datetime) -> datetime | None:
    """The next moment, in the station's own time, that is a multiple of the aligned interval since midnight of the CSMS's day."""
    interval = station.variables.number("AlignedDataCtrlr.Interval")
    if interval <= 0:
        return None
    there = after + station.offset
    midnight = there.replace(hour=0, minute=0, second=0, microsecond=0)
    passed = int((there - midnight).total_seconds() // interval)
    return min(midnight + timedelta(seconds=(passed + 1) * interval), midnight + timedelta(days=1)) - station.offset

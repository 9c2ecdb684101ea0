"""From what a meter tells to samples: measurand by measurand, with unit, phase and location (J01.FR.07 to J01.FR.10)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from pilotwire.domain.metering import MEASURANDS, NETS, SYNONYMS, MeterReading, Sample, default_unit
from pilotwire.station.hardware import ports
from pilotwire.station.hardware.ports import Wh

_LINES = ("L1", "L2", "L3")
_Values = list[tuple[Decimal, str | None]]
"""Values with the phase each belongs to, None for all of them."""
_KNOWN = frozenset(MEASURANDS)
AT_OUTLET, AT_GRID = "Outlet", "Inlet"
"""Where an EVSE's meter is, and where the main meter (2.x LocationEnumType)."""


def reading(
    at: datetime, meter: ports.MeterReading, wanted: Iterable[str], context: str, location: str = AT_OUTLET
) -> MeterReading:
    """`meter` in samples, in the order wanted; what this meter cannot tell is left out. `location` is the meter's own place."""
    samples = [sample for measurand in wanted for sample in _samples(meter, measurand, context, location)]
    return MeterReading(at=at, samples=tuple(samples))


def _samples(meter: ports.MeterReading, measurand: str, context: str, own: str) -> Iterator[Sample]:
    if measurand not in _KNOWN:
        return
    for value, phase, place in _values(meter, measurand):
        yield Sample(
            value=value,
            measurand=measurand,
            unit=default_unit(measurand),
            phase=phase,
            location=own if place == AT_OUTLET else place,
            context=context,
        )


def _values(meter: ports.MeterReading, measurand: str) -> list[tuple[Decimal, str | None, str]]:
    """The values of a measurand with phase and place: those of a reading itself, those told besides, else those that follow."""
    place = "EV" if measurand == "SoC" else AT_OUTLET
    found = [(value, phase, place) for value, phase in _VALUES.get(measurand, _nothing)(meter)]
    found += [(one.value, one.phase, one.place) for one in meter.more if one.measurand == measurand]
    if found:
        return found
    if measurand in SYNONYMS:
        return _values(meter, SYNONYMS[measurand])
    if measurand in NETS:
        came, went = (_total(meter, register) for register in NETS[measurand])
        return [] if came is None or went is None else [(came - went, None, AT_OUTLET)]
    return []


def _total(meter: ports.MeterReading, measurand: str) -> Decimal | None:
    """The value of all phases together at the meter's own place."""
    own = [value for value, phase, place in _values(meter, measurand) if phase is None and place == AT_OUTLET]
    return own[0] if own else None


def _nothing(_: ports.MeterReading) -> _Values:
    return []


def _one(value: Wh | None) -> _Values:
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

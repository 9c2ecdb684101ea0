"""Sampled values as every version means them: measurand, phase, location, context, value in base units."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.kinds import Fact, Value

ENERGY_REGISTER = "Energy.Active.Import.Register"


class SignedMeterValue(Value):
    """What a meter signed, untouched: the driver's proof (2.x SignedMeterValueType; 1.6 format SignedData)."""

    data: str
    signing_method: str = ""
    encoding_method: str = ""
    public_key: str = ""


class Sample(Value):
    """One measured value. Names are those of the 2.x enumerations; defaults are the standards' own defaults.

    `value` is in `unit`, a base unit (Wh, W, A, V, Percent, Celsius, ...). A purely signed sample of 1.6 has no number: value None.
    """

    value: Decimal | None
    measurand: str = ENERGY_REGISTER
    unit: str = "Wh"
    phase: str | None = None
    location: str = "Outlet"
    context: str = "Sample.Periodic"
    signed: SignedMeterValue | None = None


class MeterReading(Value):
    """Samples taken at one moment. `unreadable` says in words which values of the message were no numbers and are left out."""

    at: datetime
    samples: tuple[Sample, ...]
    unreadable: tuple[str, ...] = ()


class MeterValuesReported(Fact):
    """Readings outside of any transaction (J01); those inside are part of a TransactionEvent (J02)."""

    address: EvseAddress
    readings: tuple[MeterReading, ...]


def register_of(readings: Iterable[MeterReading], *, last: bool = False, context: str | None = None) -> Decimal | None:
    """The energy import register in Wh in the first reading that has it (or the last): the whole EVSE's, not one phase's.

    With a `context` only samples taken in it count.
    """
    found: Decimal | None = None
    for reading in readings:
        for sample in reading.samples:
            if is_register(sample) and (context is None or sample.context == context):
                found = sample.value
                if not last:
                    return found
    return found


def is_register(sample: Sample) -> bool:
    """Whether this is the energy register a transaction is billed by."""
    return (
        sample.measurand == ENERGY_REGISTER
        and sample.phase is None
        and sample.value is not None
        and sample.location == "Outlet"
        and sample.unit == "Wh"
    )


def register_reading(at: datetime, wh: Decimal, context: str) -> MeterReading:
    """A reading of nothing but the energy register."""
    return MeterReading(at=at, samples=(Sample(value=wh, context=context),))

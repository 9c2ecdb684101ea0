"""Meter values in 2.x."""

from __future__ import annotations

from pilotwire.dialects.ocpp2.wire import Wire, enumerated
from pilotwire.dialects.times import read_time
from pilotwire.dialects.words import FactWord, same_name
from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.metering import (
    ENERGY_REGISTER,
    MeterReading,
    MeterValuesReported,
    Sample,
    SignedMeterValue,
    default_unit,
    is_measurable,
    normalise,
)
from pilotwire.ocpp import v201
from pilotwire.ocpp.types import Message

# --- read --------------------------------------------------------------------------------------------------------------------------


def read_readings(values: list[v201.MeterValue] | None) -> tuple[MeterReading, ...]:
    """Readings in the order sent."""
    return tuple([_read_reading(value) for value in values]) if values else ()


def _read_reading(value: v201.MeterValue) -> MeterReading:
    samples: list[Sample] = []
    unreadable: list[str] = []
    for sampled in value.sampled_value:
        scale = sampled.unit_of_measure
        multiplier = (scale.multiplier or 0) if scale is not None else 0
        if is_measurable(sampled.value, multiplier):
            samples.append(_read_sample(sampled, scale, multiplier))
        else:
            unreadable.append(
                f"{sampled.measurand or ENERGY_REGISTER} {sampled.value:.5E} x 10^{multiplier} is no possible measurement"
            )
    return MeterReading(at=read_time(value.timestamp), samples=tuple(samples), unreadable=tuple(unreadable))


def _read_sample(sampled: v201.SampledValue, scale: v201.UnitOfMeasure | None, multiplier: int) -> Sample:
    measurand = sampled.measurand or ENERGY_REGISTER
    unit = (scale.unit if scale is not None else None) or default_unit(measurand)
    value, unit = normalise(sampled.value, unit, multiplier)
    return Sample(
        value=value,
        measurand=measurand,
        unit=unit,
        phase=sampled.phase,
        location=sampled.location or "Outlet",
        context=sampled.context or "Sample.Periodic",
        signed=_read_signed(sampled.signed_meter_value),
    )


def _read_signed(signed: v201.SignedMeterValue | None) -> SignedMeterValue | None:
    if signed is None:
        return None
    return SignedMeterValue(
        data=signed.signed_meter_data,
        signing_method=signed.signing_method or "",
        encoding_method=signed.encoding_method,
        public_key=signed.public_key or "",
    )


# --- write -------------------------------------------------------------------------------------------------------------------------


def write_readings(wire: Wire, readings: tuple[MeterReading, ...]) -> list[v201.MeterValue] | None:
    """Readings with the samples this version has words and a number for; None if nothing is left."""
    values = [
        wire.MeterValue(timestamp=reading.at, sampled_value=samples)
        for reading in readings
        if (samples := [_write_sample(wire, sample) for sample in reading.samples if _is_sayable(wire, sample)])
    ]
    return values or None


def _is_sayable(wire: Wire, sample: Sample) -> bool:
    """Whether measurand, place and phase are in this version's lists: without one of them the value would become another one's."""
    return (
        sample.value is not None
        and sample.measurand in enumerated(wire, "Measurand")
        and sample.location in enumerated(wire, "Location")
        and (sample.phase is None or sample.phase in enumerated(wire, "Phase"))
    )


def _write_sample(wire: Wire, sample: Sample) -> v201.SampledValue:
    signed = sample.signed
    assert sample.value is not None  # filtered by the caller
    return wire.SampledValue(
        value=sample.value,
        context=same_name(sample.context if sample.context in enumerated(wire, "ReadingContext") else "Other"),
        measurand=same_name(sample.measurand),
        phase=same_name(sample.phase),
        location=same_name(None if sample.location == "Outlet" else sample.location),
        unit_of_measure=wire.UnitOfMeasure(unit=sample.unit) if sample.unit else None,
        signed_meter_value=None if signed is None else _write_signed(wire, signed),
    )


def _write_signed(wire: Wire, signed: SignedMeterValue) -> v201.SignedMeterValue:
    return wire.SignedMeterValue(
        signed_meter_data=signed.data,
        signing_method=signed.signing_method,
        encoding_method=signed.encoding_method,
        public_key=signed.public_key,
    )


# --- words -------------------------------------------------------------------------------------------------------------------------


def read_meter_values(request: v201.MeterValuesRequest) -> MeterValuesReported:
    """MeterValues (J01); EVSE 0 is the main meter of the station."""
    return MeterValuesReported(address=EvseAddress(evse=request.evse_id), readings=read_readings(request.meter_value))


def write_meter_values(wire: Wire, fact: MeterValuesReported) -> Message | None:
    """MeterValues outside of a transaction."""
    values = write_readings(wire, fact.readings)
    return None if values is None else wire.MeterValuesRequest(evse_id=fact.address.evse, meter_value=values)


def facts(wire: Wire) -> tuple[FactWord, ...]:
    """The words of a version."""
    return (
        FactWord(
            fact=MeterValuesReported,
            read={wire.MeterValuesRequest: read_meter_values},
            write=lambda fact, _named: write_meter_values(wire, fact),
            write_verdict=lambda _fact, _verdict: wire.MeterValuesResponse(),
        ),
    )

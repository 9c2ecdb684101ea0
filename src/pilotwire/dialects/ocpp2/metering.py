"""Meter values in 2.x."""

from __future__ import annotations

from functools import cache
from typing import get_args

from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.words import FactWord, same_name
from pilotwire.domain.identity import EvseAddress
from pilotwire.domain.metering import (
    ENERGY_REGISTER,
    MeterReading,
    MeterValuesReported,
    Sample,
    SignedMeterValue,
    default_unit,
    normalise,
)
from pilotwire.ocpp import v201
from pilotwire.ocpp.types import Message

# --- read --------------------------------------------------------------------------------------------------------------------------


def read_readings(values: list[v201.MeterValue] | None) -> tuple[MeterReading, ...]:
    """Readings in the order sent."""
    if not values:
        return ()
    return tuple(
        [
            MeterReading(at=value.timestamp, samples=tuple([_read_sample(sampled) for sampled in value.sampled_value]))
            for value in values
        ]
    )


def _read_sample(sampled: v201.SampledValue) -> Sample:
    measurand = sampled.measurand or ENERGY_REGISTER
    scale = sampled.unit_of_measure
    unit = (scale.unit if scale is not None else None) or default_unit(measurand)
    value, unit = normalise(sampled.value, unit, (scale.multiplier or 0) if scale is not None else 0)
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


@cache
def _enumerated(sampled_value: type, name: str) -> frozenset[str]:
    """The values a version has for an enumerated field of its SampledValue."""
    module = __import__(sampled_value.__module__.rsplit(".", 1)[0] + ".enums", fromlist=["enums"])
    return frozenset(get_args(getattr(module, name)))


def write_readings(wire: Wire, readings: tuple[MeterReading, ...]) -> list[v201.MeterValue] | None:
    """Readings with the samples this version has a measurand and a number for; None if nothing is left."""
    known = _enumerated(wire.SampledValue, "Measurand")
    values = [
        wire.MeterValue(timestamp=reading.at, sampled_value=samples)
        for reading in readings
        if (
            samples := [_write_sample(wire, s) for s in reading.samples if s.measurand in known and s.value is not None]
        )
    ]
    return values or None


def _write_sample(wire: Wire, sample: Sample) -> v201.SampledValue:
    signed = sample.signed
    assert sample.value is not None  # filtered by the caller
    return wire.SampledValue(
        value=sample.value,
        context=same_name(sample.context),
        measurand=same_name(sample.measurand),
        phase=same_name(sample.phase),
        location=same_name(None if sample.location == "Outlet" else sample.location),
        unit_of_measure=wire.UnitOfMeasure(unit=sample.unit) if sample.unit else None,
        signed_meter_value=None
        if signed is None
        else wire.SignedMeterValue(
            signed_meter_data=signed.data,
            signing_method=signed.signing_method,
            encoding_method=signed.encoding_method,
            public_key=signed.public_key,
        ),
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

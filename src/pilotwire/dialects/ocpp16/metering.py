"""Meter values in 1.6: numbers written as text, units optional, the register of a transaction's ends outside of the list."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import get_args

import msgspec

from pilotwire.dialects.ocpp16.terms import read_connector, read_time, write_connector
from pilotwire.dialects.words import FactWord, same_name
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
from pilotwire.domain.transactions import EventKind, TransactionEvent, TriggerReason
from pilotwire.ocpp import v16
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.v16 import enums

_MEASURANDS = frozenset(get_args(enums.Measurand))
_CONTEXTS = frozenset(get_args(enums.ReadingContext))
_LOCATIONS = frozenset(get_args(enums.Location))
_PHASES = frozenset(get_args(enums.Phase))
_WRITE_UNITS = {unit: unit for unit in get_args(enums.UnitOfMeasure)} | {"Hz": "Hertz"}
_LONGEST_NUMBER = 64

# --- read --------------------------------------------------------------------------------------------------------------------------


def read_readings(values: list[v16.MeterValue]) -> tuple[MeterReading, ...]:
    """Readings in the order sent."""
    return tuple([_read_reading(value) for value in values])


def _read_reading(value: v16.MeterValue) -> MeterReading:
    samples: list[Sample] = []
    unreadable: list[str] = []
    for sampled in value.sampled_value:
        sample = _read_sample(sampled)
        if sample is None:
            shown = sampled.value[:_LONGEST_NUMBER]
            unreadable.append(f"{sampled.measurand or ENERGY_REGISTER} {shown!r} is not a number")
        else:
            samples.append(sample)
    return MeterReading(at=read_time(value.timestamp), samples=tuple(samples), unreadable=tuple(unreadable))


def _read_sample(sampled: v16.SampledValue) -> Sample | None:
    measurand = sampled.measurand or ENERGY_REGISTER
    signed: SignedMeterValue | None = None
    number: Decimal | None
    if sampled.format == "SignedData":
        number, unit, signed = None, default_unit(measurand), _read_signed(sampled.value)
    else:
        parsed = _number(sampled.value)
        if parsed is None:
            return None
        number, unit = normalise(parsed, sampled.unit or default_unit(measurand))
    return Sample(
        value=number,
        measurand=measurand,
        unit=unit,
        phase=sampled.phase,
        location=sampled.location or "Outlet",
        context=sampled.context or "Sample.Periodic",
        signed=signed,
    )


def _number(text: str) -> Decimal | None:
    """A number written as text, blanks around it allowed; a decimal comma or digits of another script make it no number."""
    if len(text) > _LONGEST_NUMBER or not text.isascii() or "_" in text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if is_measurable(number) else None


class _Signed(msgspec.Struct, rename="camel", omit_defaults=False):
    """What 2.x calls SignedMeterValueType, which a signed value of 1.6 may hold as JSON (signed meter values 1.0, 3.2.1)."""

    signed_meter_data: str
    encoding_method: str
    signing_method: str = ""
    public_key: str = ""


def _read_signed(text: str) -> SignedMeterValue:
    """Signed data: the JSON object of the OCA's application note, or else whatever the meter made, untouched."""
    try:
        said = msgspec.json.decode(text, type=_Signed)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return SignedMeterValue(data=text)
    return SignedMeterValue(
        data=said.signed_meter_data,
        signing_method=said.signing_method,
        encoding_method=said.encoding_method,
        public_key=said.public_key,
    )


# --- write -------------------------------------------------------------------------------------------------------------------------


def write_readings(readings: tuple[MeterReading, ...]) -> list[v16.MeterValue]:
    """Readings with what 1.6 has words for; one whose samples are all unknown to it is left out."""
    return [
        v16.MeterValue(timestamp=reading.at, sampled_value=samples)
        for reading in readings
        if (samples := [said for sample in reading.samples if _is_sayable(sample) for said in _write_sample(sample)])
    ]


def _is_sayable(sample: Sample) -> bool:
    """Whether 1.6 has words for what was measured, where and in what unit: without one of them the value would become another one's."""
    return (
        sample.measurand in _MEASURANDS
        and sample.location in _LOCATIONS
        and (sample.phase is None or sample.phase in _PHASES)
        and (sample.unit in _WRITE_UNITS or sample.unit in ("", default_unit(sample.measurand)))
    )


def _write_sample(sample: Sample) -> Iterator[v16.SampledValue]:
    """The number, and after it what the meter signed: 1.6 has one place for either."""
    if sample.value is not None:
        yield _sampled(sample, format(sample.value, "f"), None)
    if sample.signed is not None:
        yield _sampled(sample, _write_signed(sample.signed), "SignedData")


def _sampled(sample: Sample, value: str, kind: enums.ValueFormat | None) -> v16.SampledValue:
    return v16.SampledValue(
        value=value,
        context=same_name(sample.context if sample.context in _CONTEXTS else "Other"),
        format=kind,
        measurand=same_name(sample.measurand),
        phase=same_name(sample.phase),
        location=same_name(sample.location if sample.location != "Outlet" else None),
        unit=same_name(_WRITE_UNITS.get(sample.unit)),
    )


def _write_signed(signed: SignedMeterValue) -> str:
    if signed == SignedMeterValue(data=signed.data):
        return signed.data
    said = _Signed(
        signed_meter_data=signed.data,
        encoding_method=signed.encoding_method,
        signing_method=signed.signing_method,
        public_key=signed.public_key,
    )
    return msgspec.json.encode(said).decode()


# --- words -------------------------------------------------------------------------------------------------------------------------

_TRIGGERS = {"Sample.Clock": TriggerReason.METER_VALUE_CLOCK, "Trigger": TriggerReason.TRIGGER}


def read_meter_values(request: v16.MeterValuesRequest) -> TransactionEvent | MeterValuesReported:
    """MeterValues (1.6 4.7): with a transactionId an event of that transaction, else a reading of the connector."""
    readings = read_readings(request.meter_value)
    address = read_connector(request.connector_id)
    if request.transaction_id is None:
        return MeterValuesReported(address=address, readings=readings)
    return TransactionEvent(
        kind=EventKind.UPDATED,
        transaction_id=str(request.transaction_id),
        at=readings[-1].at,
        trigger=_trigger(readings),
        address=address,
        readings=readings,
    )


def _trigger(readings: tuple[MeterReading, ...]) -> TriggerReason:
    contexts = [sample.context for reading in readings for sample in reading.samples]
    return _TRIGGERS.get(contexts[0] if contexts else "", TriggerReason.METER_VALUE_PERIODIC)


def write_meter_values(fact: MeterValuesReported, _named: str | None) -> Message | None:
    """MeterValues outside of a transaction."""
    values = write_readings(fact.readings)
    if not values:
        return None
    return v16.MeterValuesRequest(connector_id=write_connector(fact.address), meter_value=values)


FACTS = (
    FactWord(
        fact=MeterValuesReported,
        read={v16.MeterValuesRequest: read_meter_values},
        write=write_meter_values,
        write_verdict=lambda _fact, _verdict: v16.MeterValuesResponse(),
    ),
)

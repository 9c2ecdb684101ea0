"""Meter values (functional block J): samples in base units and how every version's units come there."""

from pilotwire.domain.metering.measurands import (
    IN_16,
    IN_21,
    IN_201,
    IN_VERSION,
    INTERVALS,
    MEASURANDS,
    NETS,
    SETPOINT_INTERVAL,
    SYNONYMS,
    in_order,
    with_derived,
)
from pilotwire.domain.metering.samples import (
    ENERGY_REGISTER,
    MeterReading,
    MeterValuesReported,
    Sample,
    SignedMeterValue,
    register_of,
    register_reading,
)
from pilotwire.domain.metering.units import default_unit, is_measurable, normalise

__all__ = [
    "ENERGY_REGISTER",
    "INTERVALS",
    "IN_16",
    "IN_21",
    "IN_201",
    "IN_VERSION",
    "MEASURANDS",
    "NETS",
    "SETPOINT_INTERVAL",
    "SYNONYMS",
    "MeterReading",
    "MeterValuesReported",
    "Sample",
    "SignedMeterValue",
    "default_unit",
    "in_order",
    "is_measurable",
    "normalise",
    "register_of",
    "register_reading",
    "with_derived",
]

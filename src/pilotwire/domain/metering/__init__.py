"""Meter values (functional block J): samples in base units and how every version's units come there."""

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
    "MeterReading",
    "MeterValuesReported",
    "Sample",
    "SignedMeterValue",
    "default_unit",
    "is_measurable",
    "normalise",
    "register_of",
    "register_reading",
]

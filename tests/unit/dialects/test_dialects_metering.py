"""Samples as each version writes them, in base units: scales, spellings, defaults, signatures, and what is no number."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from pilotwire.domain.identity import STATION
from pilotwire.domain.metering import ENERGY_REGISTER, MeterReading, MeterValuesReported, Sample, SignedMeterValue
from pilotwire.ocpp import registry
from pilotwire.ocpp.version import OcppVersion
from tests.support.said import DIALECTS, V16, V21, V201

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
POWER, VOLTAGE, CURRENT, HEAT = "Power.Active.Import", "Voltage", "Current.Import", "Temperature"


def reading_of(version: OcppVersion, *sampled: Any) -> MeterReading:
    """What is read of these sampled values; EVSE or connector 0 is the main meter."""
    value = {"timestamp": "2026-03-01T12:00:00Z", "sampledValue": sampled}
    payload = {"connectorId" if version is V16 else "evseId": 0, "meterValue": [value]}
    request = registry.decode_request(version, "MeterValues", msgspec.json.encode(payload))
    fact = DIALECTS[version].read_fact(request)
    assert isinstance(fact, MeterValuesReported)
    assert fact.address == STATION
    return fact.readings[0]


def sample(value: str | None, unit: str = "Wh", measurand: str = ENERGY_REGISTER, **more: Any) -> Sample:
    """The sample that is expected."""
    return Sample(value=None if value is None else Decimal(value), unit=unit, measurand=measurand, **more)


SIGNED_JSON = '{"signedMeterData":"T0NNRg==","encodingMethod":"OCMF","signingMethod":"","publicKey":"b2Nh"}'
SIGNED = SignedMeterValue(data="T0NNRg==", encoding_method="OCMF", public_key="b2Nh")

IN_1_6: list[tuple[dict[str, str], Sample]] = [
    ({"value": "1500"}, sample("1500")),
    ({"value": "1.5", "unit": "kWh"}, sample("1500")),
    ({"value": " 1.5 ", "unit": "kWh"}, sample("1500")),
    ({"value": "-2.5E1"}, sample("-25")),
    ({"value": "11.04", "measurand": POWER}, sample("11.04", "W", POWER)),
    ({"value": "11.04", "measurand": POWER, "unit": "kW"}, sample("11040", "W", POWER)),
    ({"value": "2", "unit": "kvarh"}, sample("2000", "varh")),
    ({"value": "3", "measurand": "Power.Reactive.Export"}, sample("3", "var", "Power.Reactive.Export")),
    ({"value": "0.98", "measurand": "Power.Factor"}, sample("0.98", "", "Power.Factor")),
    ({"value": "16", "measurand": CURRENT, "phase": "L1"}, sample("16", "A", CURRENT, phase="L1")),
    ({"value": "230.1", "measurand": VOLTAGE, "phase": "L1-N"}, sample("230.1", "V", VOLTAGE, phase="L1-N")),
    ({"value": "50", "measurand": "Frequency", "unit": "Hertz"}, sample("50", "Hz", "Frequency")),
    ({"value": "80", "measurand": "SoC", "location": "EV"}, sample("80", "Percent", "SoC", location="EV")),
    ({"value": "800", "measurand": "RPM"}, sample("800", "RPM", "RPM")),
    ({"value": "21.5", "measurand": HEAT, "unit": "Celcius"}, sample("21.5", "Celsius", HEAT)),
    ({"value": "21.5", "measurand": HEAT, "unit": "Celsius"}, sample("21.5", "Celsius", HEAT)),
    ({"value": "21.5", "measurand": HEAT}, sample("21.5", "Celsius", HEAT)),
    ({"value": "300.15", "measurand": HEAT, "unit": "K"}, sample("27", "Celsius", HEAT)),
    ({"value": "50", "measurand": HEAT, "unit": "Fahrenheit"}, sample("10", "Celsius", HEAT)),
    (
        {"value": "7", "context": "Interruption.End", "location": "Inlet", "format": "Raw"},
        sample("7", context="Interruption.End", location="Inlet"),
    ),
    ({"value": "A0FF", "format": "SignedData"}, sample(None, signed=SignedMeterValue(data="A0FF"))),
    ({"value": SIGNED_JSON, "format": "SignedData"}, sample(None, signed=SIGNED)),
    ({"value": '{"odd":1}', "format": "SignedData"}, sample(None, signed=SignedMeterValue(data='{"odd":1}'))),
]


@pytest.mark.parametrize(("sampled", "expected"), IN_1_6)
@pytest.mark.req("1.6:4.7")
def test_a_sample_of_1_6(sampled: dict[str, str], expected: Sample) -> None:
    """Text, units of two scales and two spellings, and the defaults of everything left out."""
    assert reading_of(V16, sampled) == MeterReading(at=NOON, samples=(expected,))


NO_NUMBERS = ["", "n/a", "12,5", "NaN", "Infinity", "1_000", "٣", "1E999999", "0E-999999", "9" * 65, "0x1F", "1 2"]


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_text_of_1_6_that_is_no_number_is_kept_in_words(value: str) -> None:
    """The other samples of the reading count; this one is named."""
    reading = reading_of(V16, {"value": value, "measurand": VOLTAGE}, {"value": "5"})
    assert reading.samples == (sample("5"),)
    assert reading.unreadable == (f"Voltage {value[:64]!r} is not a number",)


def scaled(unit: str | None = None, multiplier: int | None = None) -> dict[str, Any]:
    """A unitOfMeasure of 2.x."""
    given = {"unit": unit, "multiplier": multiplier}
    return {"unitOfMeasure": {name: value for name, value in given.items() if value is not None}}


IN_2: list[tuple[dict[str, Any], Sample]] = [
    ({"value": 1500}, sample("1500")),
    ({"value": 1500.25, **scaled("Wh")}, sample("1500.25")),
    ({"value": 1.5, **scaled("kWh")}, sample("1500")),
    ({"value": 1.5, **scaled("Wh", 3)}, sample("1500")),
    ({"value": 1.5, **scaled(multiplier=3)}, sample("1500")),
    ({"value": 1.5, **scaled("kWh", 3)}, sample("1500000")),
    ({"value": 12, "measurand": CURRENT, **scaled("A", -3)}, sample("0.012", "A", CURRENT)),
    ({"value": 11.04, "measurand": POWER}, sample("11.04", "W", POWER)),
    ({"value": 2, "measurand": "Energy.Apparent.Net"}, sample("2", "VAh", "Energy.Apparent.Net")),
    ({"value": 300.15, "measurand": VOLTAGE, **scaled("K")}, sample("27", "Celsius", VOLTAGE)),
    ({"value": 50, **scaled("Fahrenheit")}, sample("10", "Celsius")),
    ({"value": -70, **scaled("dBm")}, sample("-70", "dBm")),
    ({"value": 1, **scaled("furlong", 2)}, sample("100", "furlong")),
    (
        {"value": 3, "phase": "L2-N", "location": "Inlet", "context": "Trigger", "measurand": VOLTAGE},
        sample("3", "V", VOLTAGE, phase="L2-N", location="Inlet", context="Trigger"),
    ),
    (
        {
            "value": 3,
            "signedMeterValue": {
                "signedMeterData": "T0NNRg==",
                "encodingMethod": "OCMF",
                "signingMethod": "",
                "publicKey": "b2Nh",
            },
        },
        sample("3", signed=SIGNED),
    ),
]


@pytest.mark.parametrize("version", [V201, V21], ids=str)
@pytest.mark.parametrize(("sampled", "expected"), IN_2)
def test_a_sample_of_2(version: OcppVersion, sampled: dict[str, Any], expected: Sample) -> None:
    """Numbers, units of the list and a vendor's own, multipliers, and the defaults."""
    assert reading_of(version, sampled) == MeterReading(at=NOON, samples=(expected,))


@pytest.mark.parametrize("version", [V201, V21], ids=str)
@pytest.mark.parametrize(
    "sampled",
    [
        msgspec.Raw(b'{"value":1E999999}'),
        msgspec.Raw(b'{"value":0E-999999}'),
        {"value": 1, **scaled("Wh", 2**31 - 1)},
        {"value": 1, **scaled("Wh", -(2**31))},
    ],
)
def test_a_number_nothing_can_measure_is_kept_in_words(version: OcppVersion, sampled: Any) -> None:
    """Written out it would cost megabytes; multiplied, minutes. The other samples count."""
    reading = reading_of(version, sampled, {"value": 5})
    assert reading.samples == (sample("5"),)
    (what,) = reading.unreadable
    assert what.startswith("Energy.Active.Import.Register ")
    assert what.endswith("is no possible measurement")


def test_the_2_1_fields_of_a_signature_may_be_missing() -> None:
    """2.0.1 requires all four."""
    bare = {"value": 3, "signedMeterValue": {"signedMeterData": "AA", "encodingMethod": "EDL"}}
    signed = SignedMeterValue(data="AA", encoding_method="EDL")
    assert reading_of(V21, bare).samples == (sample("3", signed=signed),)

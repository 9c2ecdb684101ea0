"""Our typed messages accept and reject exactly what the official JSON schemas accept and reject.

Departures are declared in `DEPARTURES`, each with its reason; nothing else may differ. The schema files of the PyPI package are
followed where they differ from the published ones or from the specification's text: MeterValues of 1.6 (lists must not be empty;
the unit `Hertz`), StopTransaction of 1.6 (`Celsius` beside the misspelt `Celcius`, as its errata advise), and the exiResponse of
Get15118EVCertificate of 2.0.1 (7500 characters, the published file has 5600).
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.ocpp import v16, v21, v201
from pilotwire.ocpp.registry import ACTIONS, decode_request, decode_response, encode
from pilotwire.ocpp.types import CustomData, Datatype, Message
from pilotwire.ocpp.version import OcppVersion
from pilotwire.ocpp.violations import SchemaViolation
from tests.support.schema_walk import Case, cases_of, definitions_of, judge_of, official_schemas


@dataclass(frozen=True)
class Departure:
    """Where we accept what the schema rejects, or the other way round, and why."""

    what: str
    why: str
    versions: tuple[OcppVersion, ...] = tuple(OcppVersion)
    schema: str = ""
    where: str = ""

    def covers(self, version: OcppVersion, schema: str, case: Case) -> bool:
        return (
            case.what == self.what
            and version in self.versions
            and (not self.schema or (schema, case.where) == (self.schema, self.where))
        )


DEPARTURES = (
    Departure(
        "naive time",
        "1.6:3.14 asks for ISO 8601, not RFC 3339: stations of the field leave the offset out; it means UTC",
        (OcppVersion.V16,),
    ),
    Departure(
        "too few items",
        "one MeterValue serves MeterValues and StopTransaction, and only one of their schemas forbids an empty list; "
        "refusing a StopTransaction for it would lose a transaction",
        (OcppVersion.V16,),
        "MeterValues",
        "meterValue.sampledValue",
    ),
)
"""Two more cannot show in the walk: `1.0` for an integer (`test_a_whole_number_is_written_without_a_point`) and `Hertz` in
StopTransaction (`test_the_unit_of_stop_transaction_may_be_hertz`)."""

PAYLOADS = [
    pytest.param(version, action.name, stem, id=f"{version}-{stem}")
    for version in OcppVersion
    for action in ACTIONS[version].values()
    for stem in [
        action.request.__name__.removesuffix("Request" if version is OcppVersion.V16 else ""),
        *([action.response.__name__] if action.response else []),
    ]
]


def _schema_of(version: OcppVersion, stem: str) -> dict[str, Any]:
    schemas = official_schemas(version)
    return schemas[stem] if stem in schemas else schemas[stem.removesuffix("Request")]


def _decoded(version: OcppVersion, action: str, stem: str, payload: bytes) -> Message | None:
    decode = decode_response if stem.endswith("Response") else decode_request
    try:
        return decode(version, action, payload)
    except SchemaViolation:
        return None


def _is_declared(version: OcppVersion, stem: str, case: Case) -> bool:
    return any(departure.covers(version, stem, case) for departure in DEPARTURES)


@pytest.mark.parametrize(("version", "action", "stem"), PAYLOADS)
def test_the_type_and_the_schema_give_the_same_verdict(version: OcppVersion, action: str, stem: str) -> None:
    """On every generated instance, the valid and the faulty; and a valid one is re-encoded to the same JSON."""
    schema = _schema_of(version, stem)
    accepts = judge_of(schema)
    for case in cases_of(schema):
        message = _decoded(version, action, stem, case.text)
        about = f"{stem} at {case.where or 'the root'}: {case.what}: {case.text[:200]!r}"
        assert accepts(case.instance) is case.valid, f"the generator is wrong about {about}"
        assert ((message is not None) is case.valid) is not _is_declared(version, stem, case), about
        if case.valid and message is not None:
            assert json.loads(encode(message), parse_float=Decimal) == case.instance, about


@pytest.mark.parametrize("version", OcppVersion)
def test_each_schema_has_a_type_and_each_type_a_schema(version: OcppVersion) -> None:
    """No message is missing and none is invented."""
    ours = {
        kind.__name__.removesuffix("Request")
        for a in ACTIONS[version].values()
        for kind in (a.request, a.response)
        if kind
    }
    assert ours == {stem.removesuffix("Request") for stem in official_schemas(version)}
    room = {OcppVersion.V16: v16, OcppVersion.V201: v201, OcppVersion.V21: v21}[version]
    exported = {name for name in room.__all__ if name.endswith(("Request", "Response")) and not name.startswith("Pnc")}
    assert exported == {k.__name__ for a in ACTIONS[version].values() for k in (a.request, a.response) if k}


@pytest.mark.parametrize(("version", "room"), [(OcppVersion.V201, v201), (OcppVersion.V21, v21)], ids=str)
def test_each_definition_has_a_datatype_of_its_name(version: OcppVersion, room: Any) -> None:
    """`IdTokenType` of the schemas is `IdToken` here; enumerations are `Literal`s without `EnumType`."""
    definitions = definitions_of(version)
    objects = {name.removesuffix("Type") for name, schema in definitions.items() if schema["type"] == "object"}
    exported = {name for name in room.__all__ if isinstance(getattr(room, name), type)}
    datatypes = {name for name in exported if issubclass(getattr(room, name), Datatype)}
    assert datatypes | {CustomData.__name__} == objects
    enumerations = [name for name in definitions if name.endswith("EnumType")]
    assert len(enumerations) == len(set(room.__all__) - exported)
    for name in enumerations:
        assert hasattr(room, name.removesuffix("EnumType")), name


def test_the_walk_leaves_no_schema_out(capsys: pytest.CaptureFixture[str]) -> None:
    """As many schemas as the package ships: 78 of 1.6, 128 of 2.0.1, 181 of 2.1; the counts are printed."""
    walked = {version: sum(p.values[0] is version for p in PAYLOADS) for version in OcppVersion}
    assert walked == {version: len(official_schemas(version)) for version in OcppVersion}
    valid = faulty = 0
    for version in OcppVersion:
        for schema in official_schemas(version).values():
            for case in cases_of(schema):
                valid, faulty = valid + case.valid, faulty + (not case.valid)
    with capsys.disabled():
        print(
            f"\nschema walk: {sum(walked.values())} schemas, {valid} valid and {faulty} faulty instances",
            file=sys.stderr,
        )
    assert valid > 10_000
    assert faulty > 30_000


@pytest.mark.parametrize("departure", DEPARTURES, ids=lambda d: d.what)
def test_a_declared_departure_is_still_one(departure: Departure) -> None:
    """A declaration that no instance needs any more is removed."""
    assert any(
        departure.covers(version, stem, case)
        for version in departure.versions
        for stem, schema in official_schemas(version).items()
        for case in cases_of(schema)
    )


def test_a_whole_number_is_written_without_a_point() -> None:
    """Draft-06 lets `1.0` be an integer; we refuse it: no peer of the field writes it, and a decoder at C speed does not know it."""
    instance = {"requestId": 1.0, "reportBase": "FullInventory"}
    assert judge_of(official_schemas(OcppVersion.V201)["GetBaseReportRequest"])(instance)
    with pytest.raises(SchemaViolation, match="expected a whole number, got a number with a fraction"):
        decode_request(OcppVersion.V201, "GetBaseReport", json.dumps(instance).encode())


def test_the_unit_of_stop_transaction_may_be_hertz() -> None:
    """The package's schema of MeterValues has `Hertz`, that of StopTransaction has not; one type serves both."""
    sample = {"value": "50", "measurand": "Frequency", "unit": "Hertz"}
    values = [{"timestamp": "2026-01-02T03:04:05Z", "sampledValue": [sample]}]
    stop = {"meterStop": 1, "timestamp": "2026-01-02T03:04:05Z", "transactionId": 1, "transactionData": values}
    schemas = official_schemas(OcppVersion.V16)
    assert judge_of(schemas["MeterValues"])({"connectorId": 1, "meterValue": values})
    assert not judge_of(schemas["StopTransaction"])(stop)
    message = decode_request(OcppVersion.V16, "StopTransaction", json.dumps(stop).encode())
    assert json.loads(encode(message)) == stop

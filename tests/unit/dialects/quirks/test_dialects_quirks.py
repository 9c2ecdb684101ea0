"""Each tolerance mends what it is for, nothing else, and tells that it did."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pilotwire.dialects.quirks import TOLERANCES, Tolerances, Use
from pilotwire.errors import ConfigError
from pilotwire.ocpp.registry import ACTIONS, decode_request, decode_response
from pilotwire.ocpp.version import OcppVersion
from pilotwire.ocpp.violations import SchemaViolation
from tests.support.every_action import actions, faults

V16, V201 = OcppVersion.V16, OcppVersion.V201
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
EVENT = {
    "eventType": "Updated",
    "timestamp": "2026-01-02T03:04:05Z",
    "triggerReason": "MeterValuePeriodic",
    "seqNo": 3,
    "transactionInfo": {"transactionId": "tx-1"},
}
SAMPLE = {"timestamp": "2026-01-02T03:04:05Z", "sampledValue": [{"value": 7.5}]}
METER = {"connectorId": 1, "meterValue": [{"timestamp": "2026-01-02T03:04:05Z", "sampledValue": [{"value": "7"}]}]}

CASES: list[tuple[str, OcppVersion, str, Any, Any]] = [
    ("enum-case", V16, "StatusNotification", STATUS | {"status": "suspended_ev"}, STATUS | {"status": "SuspendedEV"}),
    ("enum-case", V201, "TransactionEvent", EVENT | {"eventType": "UPDATED"}, EVENT),
    ("numbers-as-strings", V16, "StatusNotification", STATUS | {"connectorId": "1"}, STATUS),
    (
        "numbers-as-strings",
        V201,
        "TransactionEvent",
        EVENT | {"meterValue": [SAMPLE | {"sampledValue": [{"value": "7,5"}]}]},
        EVENT | {"meterValue": [SAMPLE]},
    ),
    (
        "strings-as-numbers",
        V16,
        "MeterValues",
        METER | {"meterValue": [{"timestamp": "2026-01-02T03:04:05Z", "sampledValue": [{"value": 7}]}]},
        METER,
    ),
    ("booleans-as-words", V201, "TransactionEvent", EVENT | {"offline": "True"}, EVENT | {"offline": True}),
    ("booleans-as-words", V201, "TransactionEvent", EVENT | {"offline": 0}, EVENT | {"offline": False}),
    ("fractional-integers", V16, "StatusNotification", STATUS | {"connectorId": 1.0}, STATUS),
    ("fractional-integers", V201, "TransactionEvent", EVENT | {"seqNo": 2.6}, EVENT),
    ("null-fields", V16, "StatusNotification", STATUS | {"info": None, "vendorId": None}, STATUS),
    ("empty-strings", V16, "StatusNotification", STATUS | {"timestamp": ""}, STATUS),
    ("empty-lists", V201, "TransactionEvent", EVENT | {"meterValue": []}, EVENT),
    ("unknown-fields", V16, "StatusNotification", STATUS | {"colour": "red", "shape": {"a": 1}}, STATUS),
    (
        "missing-timestamp",
        V201,
        "TransactionEvent",
        {name: value for name, value in EVENT.items() if name != "timestamp"},
        EVENT | {"timestamp": "2026-03-01T12:00:00+00:00"},
    ),
    ("loose-timestamps", V201, "TransactionEvent", EVENT | {"timestamp": "2026-01-02T03:04:05"}, EVENT),
    ("loose-timestamps", V201, "TransactionEvent", EVENT | {"timestamp": "2026-1-2 3:04:05"}, EVENT),
    ("loose-timestamps", V201, "TransactionEvent", EVENT | {"timestamp": 1767323045}, EVENT),
    ("loose-timestamps", V201, "TransactionEvent", EVENT | {"timestamp": 1767323045000}, EVENT),
    ("long-text", V16, "StatusNotification", STATUS | {"info": "x" * 99}, STATUS | {"info": "x" * 50}),
    ("bare-objects", V201, "TransactionEvent", EVENT | {"meterValue": SAMPLE}, EVENT | {"meterValue": [SAMPLE]}),
    (
        "many-digits",
        V16,
        "GetCompositeSchedule",
        {
            "status": "Accepted",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.55}],
            },
        },
        {
            "status": "Accepted",
            "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.6}]},
        },
    ),
]


def decoded(version: OcppVersion, action: str, payload: bytes) -> Any:
    """The typed message, request or response, whichever a station says."""
    read = decode_request if ACTIONS[version][action].sender == "station" else decode_response
    return read(version, action, payload)


def violation(version: OcppVersion, action: str, payload: bytes) -> SchemaViolation:
    """What is wrong with a payload."""
    with pytest.raises(SchemaViolation) as told:
        decoded(version, action, payload)
    return told.value


def mended(names: tuple[str, ...], version: OcppVersion, action: str, payload: bytes) -> tuple[bytes | None, list[Use]]:
    """The payload as the tolerances mend it, and what was told of it."""
    uses: list[Use] = []
    tolerances = Tolerances(names, lambda: NOW, uses.append)
    return tolerances(version, action, payload, violation(version, action, payload)), uses


@pytest.mark.parametrize(("name", "version", "action", "wrong", "right"), CASES)
def test_it_mends_what_it_is_for(name: str, version: OcppVersion, action: str, wrong: Any, right: Any) -> None:
    """The message is the one that was meant; each place is told."""
    payload = json.dumps(wrong).encode()
    answer, uses = mended((name,), version, action, payload)
    assert answer is not None
    assert decoded(version, action, answer) == decoded(version, action, json.dumps(right).encode())
    assert {use.tolerance for use in uses} == {name}
    assert uses[0].path == violation(version, action, payload).path


@pytest.mark.parametrize(("name", "version", "action", "wrong", "right"), CASES)
def test_nothing_else_mends_it(name: str, version: OcppVersion, action: str, wrong: Any, right: Any) -> None:
    """Without its name the message stays refused, and nothing is told."""
    payload = json.dumps(wrong).encode()
    assert mended((), version, action, payload) == (None, [])
    others = tuple(other for other in TOLERANCES if other != name)
    answer, _ = mended(others, version, action, payload)
    if answer is not None:  # two tolerances may overlap: an empty text is also a word in another spelling, for example
        decoded(version, action, answer)


def test_several_departures_in_one_message() -> None:
    """All are mended, and all told; if one is not allowed, none is."""
    wrong = json.dumps(STATUS | {"connectorId": "1", "status": "AVAILABLE", "info": None}).encode()
    names = ("numbers-as-strings", "enum-case", "null-fields")
    answer, uses = mended(names, V16, "StatusNotification", wrong)
    assert answer is not None
    assert decoded(V16, "StatusNotification", answer) == decoded(V16, "StatusNotification", json.dumps(STATUS).encode())
    assert {(use.tolerance, use.path) for use in uses} == {
        ("numbers-as-strings", "$.connectorId"),
        ("enum-case", "$.status"),
        ("null-fields", "$.info"),
    }
    assert mended(names[:2], V16, "StatusNotification", wrong) == (None, [])


@pytest.mark.parametrize("action", actions("station"))
def test_with_all_tolerances_nothing_worse_comes_out(action: Any) -> None:
    """Every kind of fault of every message is mended into a valid message, or left."""
    for fault in faults(action):
        if isinstance(json.loads(fault.payload), dict):
            answer, uses = mended(tuple(TOLERANCES), action.version, action.name, fault.payload)
            assert (answer is None) == (not uses)
            if answer is not None:
                decode_request(action.version, action.name, answer)


def test_a_required_field_cannot_be_left_out() -> None:
    """Neither null nor empty, and what is missing is made up only where the time of arrival can stand for it."""
    for wrong in (STATUS | {"status": None}, STATUS | {"status": ""}, {"connectorId": 1, "status": "Available"}):
        payload = json.dumps(wrong).encode()
        assert mended(tuple(TOLERANCES), V16, "StatusNotification", payload) == (None, [])


def test_a_tolerance_there_is_not() -> None:
    """Is told with those there are."""
    with pytest.raises(ConfigError, match="no tolerance 'sloppy'"):
        Tolerances(("sloppy",), lambda: NOW, lambda _: None)

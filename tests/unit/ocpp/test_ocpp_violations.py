"""Each way to break a schema has a path, a reason in plain words, and an RPC error code spelled as the version spells it."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.ocpp.registry import decode_request
from pilotwire.ocpp.version import OcppVersion
from pilotwire.ocpp.violations import Rule, SchemaViolation, UnknownAction, rpc_code

EVENT: dict[str, Any] = {
    "eventType": "Started",
    "timestamp": "2026-01-02T03:04:05Z",
    "triggerReason": "Authorized",
    "seqNo": 0,
    "transactionInfo": {"transactionId": "t"},
    "meterValue": [{"timestamp": "2026-01-02T03:04:05Z", "sampledValue": [{"value": 1}]}],
}


def refused(change: dict[str, Any] | bytes, version: OcppVersion = OcppVersion.V201) -> SchemaViolation:
    """The violation of a TransactionEvent that differs from a good one by `change`, or that is these bytes."""
    payload = change if isinstance(change, bytes) else json.dumps(EVENT | change).encode()
    with pytest.raises(SchemaViolation) as caught:
        decode_request(version, "TransactionEvent", payload)
    return caught.value


MOMENT = "2026-01-02T03:04:05Z"


@pytest.mark.parametrize(
    ("change", "path", "rule"),
    [
        ({"transactionInfo": {}}, "$.transactionInfo.transactionId", "missing"),
        ({"seqNo": "0"}, "$.seqNo", "type"),
        ({"offline": None}, "$.offline", "type"),
        ({"meterValue": {}}, "$.meterValue", "type"),
        ({"transactionInfo": []}, "$.transactionInfo", "type"),
        ({"meterValue": []}, "$.meterValue", "items"),
        ({"eventType": "Begun"}, "$.eventType", "enum"),
        ({"transactionInfo": {"transactionId": "x" * 37}}, "$.transactionInfo.transactionId", "length"),
        ({"timestamp": "yesterday"}, "$.timestamp", "format"),
        (
            {"meterValue": [{"timestamp": "2026-01-02T03:04:05", "sampledValue": [{"value": 1}]}]},
            "$.meterValue[0].timestamp",
            "format",
        ),
        (
            {"meterValue": [{"timestamp": MOMENT, "sampledValue": [{"value": 1}, {"value": "1"}]}]},
            "$.meterValue[0].sampledValue[1].value",
            "type",
        ),
        ({"evse": {"id": 1, "name": "left"}}, "$.evse.name", "unknown_field"),
        (b"[]", "$", "not_object"),
        (b'"text"', "$", "not_object"),
        (b"1", "$", "not_object"),
        (b"", "$", "not_json"),
        (b"{", "$", "not_json"),
        (b'{"eventType": "\xff"}', "$", "not_json"),
        (b'{"seqNo":0,"customData":{"vendorId":"v","x":' + b"[" * 100_000, "$", "not_json"),
    ],
)
def test_a_violation_says_where_and_which_rule(change: dict[str, Any] | bytes, path: str, rule: str) -> None:
    """The path has the wire's names, indices, and the missing or unknown field itself."""
    violation = refused(change)
    assert (violation.path, violation.rule) == (path, rule)
    assert violation.reason
    assert str(violation) == f"{path}: {violation.reason}"


def test_a_number_out_of_range() -> None:
    """The reason gives the bound."""
    with pytest.raises(SchemaViolation) as low:
        decode_request(OcppVersion.V21, "GetTariffs", b'{"evseId": -1}')
    assert (low.value.path, low.value.rule, low.value.reason) == ("$.evseId", "range", "the value must be >= 0")


def test_a_limit_of_16_finer_than_a_tenth() -> None:
    """The rule that only 1.6 has."""
    profile = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.25}]},
    }
    payload = json.dumps({"connectorId": 1, "csChargingProfiles": profile}).encode()
    with pytest.raises(SchemaViolation) as step:
        decode_request(OcppVersion.V16, "SetChargingProfile", payload)
    assert step.value.path == "$.csChargingProfiles.chargingSchedule.chargingSchedulePeriod[0].limit"
    assert step.value.rule == "multiple"


CODES: dict[Rule, tuple[str, str]] = {
    "missing": ("OccurenceConstraintViolation", "OccurrenceConstraintViolation"),
    "items": ("OccurenceConstraintViolation", "OccurrenceConstraintViolation"),
    "type": ("TypeConstraintViolation", "TypeConstraintViolation"),
    "format": ("TypeConstraintViolation", "TypeConstraintViolation"),
    "enum": ("PropertyConstraintViolation", "PropertyConstraintViolation"),
    "length": ("PropertyConstraintViolation", "PropertyConstraintViolation"),
    "range": ("PropertyConstraintViolation", "PropertyConstraintViolation"),
    "multiple": ("PropertyConstraintViolation", "PropertyConstraintViolation"),
    "unknown_field": ("FormationViolation", "FormatViolation"),
    "not_json": ("FormationViolation", "FormatViolation"),
    "not_object": ("FormationViolation", "FormatViolation"),
    "unknown_action": ("NotImplemented", "NotImplemented"),
}


@pytest.mark.req("J16:4.2.3", "J2:4.3")
@pytest.mark.parametrize("rule", get_args(Rule))
def test_each_rule_has_a_code_in_each_version(rule: Rule) -> None:
    """1.6 keeps its two historical spellings: its errata decline to correct them."""
    violation = SchemaViolation("$.x", "why", rule)
    in_16, in_2 = CODES[rule]
    assert rpc_code(violation, OcppVersion.V16) == in_16
    assert rpc_code(violation, OcppVersion.V201) == in_2
    assert rpc_code(violation, OcppVersion.V21) == in_2


def test_the_description_names_path_and_reason() -> None:
    """Ready for the errorDescription."""
    assert refused({"seqNo": "0"}).description() == "$.seqNo: expected a whole number, got text"
    assert refused({"meterValue": []}).description() == "$.meterValue: the number of items must be >= 1"


@given(st.text(), st.text())
def test_the_description_fits_whatever_the_peer_wrote(name: str, value: str) -> None:
    """At most 255 characters, though names and values of the peer are quoted."""
    for violation in (refused({f"x{name}" * 9: 1}), refused({"eventType": f"x{value}" * 300})):
        assert len(violation.description()) <= 255
        assert violation.description().startswith("$.")


def test_an_unknown_action_is_not_implemented() -> None:
    """A kind of violation, so one `except` catches both."""
    violation = refused({}, OcppVersion.V16)
    assert isinstance(violation, UnknownAction)
    assert (violation.version, violation.action) == (OcppVersion.V16, "TransactionEvent")
    assert violation.description() == "$: OCPP 1.6 has no action 'TransactionEvent'"
    assert rpc_code(violation, OcppVersion.V16) == "NotImplemented"

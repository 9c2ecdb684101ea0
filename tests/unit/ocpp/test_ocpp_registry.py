"""Actions by version, and the way from bytes to message and back."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.errors import MisuseError
from pilotwire.ocpp import v16, v21, v201
from pilotwire.ocpp.registry import ACTIONS, action_of, decode_request, decode_response, encode
from pilotwire.ocpp.types import CustomData, Message
from pilotwire.ocpp.version import OcppVersion
from pilotwire.ocpp.violations import SchemaViolation, UnknownAction


@pytest.mark.parametrize(("version", "count"), [(OcppVersion.V16, 39), (OcppVersion.V201, 64), (OcppVersion.V21, 91)])
def test_each_version_has_its_actions(version: OcppVersion, count: int) -> None:
    """28 and 11 of the security whitepaper; 64; 91 with the one SEND."""
    assert len(ACTIONS[version]) == count
    assert all(action.version is version and action.name == name for name, action in ACTIONS[version].items())


def test_an_action_knows_its_types_sender_and_street() -> None:
    """One row of each kind."""
    boot = ACTIONS[OcppVersion.V201]["BootNotification"]
    assert (boot.request, boot.response) == (v201.BootNotificationRequest, v201.BootNotificationResponse)
    assert (boot.sender, boot.street) == ("station", "provisioning")
    assert ACTIONS[OcppVersion.V16]["RemoteStartTransaction"].sender == "csms"
    assert ACTIONS[OcppVersion.V21]["DataTransfer"].sender == "both"


def test_only_the_event_stream_is_never_answered() -> None:
    """NotifyPeriodicEventStream is the one SEND message."""
    sends = [action.name for actions in ACTIONS.values() for action in actions.values() if action.response is None]
    assert sends == ["NotifyPeriodicEventStream"]
    with pytest.raises(UnknownAction):
        decode_response(OcppVersion.V21, "NotifyPeriodicEventStream", b"{}")


@pytest.mark.parametrize(
    ("message", "name", "version"),
    [
        (v16.HeartbeatRequest(), "Heartbeat", OcppVersion.V16),
        (v201.HeartbeatRequest, "Heartbeat", OcppVersion.V201),
        (v21.HeartbeatResponse(current_time=datetime(2026, 1, 1, tzinfo=UTC)), "Heartbeat", OcppVersion.V21),
    ],
)
def test_a_message_knows_its_action(message: Message | type[Message], name: str, version: OcppVersion) -> None:
    """By its type alone, request or response."""
    assert action_of(message) is ACTIONS[version][name]


def test_a_payload_that_is_no_action_s_is_misuse() -> None:
    """A Plug & Charge payload travels inside a DataTransfer and has no action of its own."""
    with pytest.raises(MisuseError, match="PncTriggerMessageRequest is no request or response"):
        action_of(v16.PncTriggerMessageRequest())


def test_request_and_response_are_decoded_by_action() -> None:
    """From bytes or from the raw part of a frame."""
    request = decode_request(OcppVersion.V16, "Authorize", b'{"idTag": "04A1"}')
    assert request == v16.AuthorizeRequest(id_tag="04A1")
    raw = msgspec.json.decode(b'[3, "1", {"idTagInfo": {"status": "Blocked"}}]', type=tuple[int, str, msgspec.Raw])[2]
    response = decode_response(OcppVersion.V16, "Authorize", raw)
    assert response == v16.AuthorizeResponse(id_tag_info=v16.IdTagInfo(status="Blocked"))


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.recursive(st.none() | st.booleans() | st.text(), st.lists).map(json.dumps).map(str.encode)
)
def test_no_bytes_pass_the_door_as_another_exception(payload: bytes) -> None:
    """A SchemaViolation and nothing else; 2.0.1 NotifyEvent stands for all: it has every kind of field, four of them required."""
    with pytest.raises(SchemaViolation) as refused:
        decode_request(OcppVersion.V201, "NotifyEvent", payload)
    assert refused.value.path.startswith("$")


@given(st.text())
def test_no_action_name_passes_the_door_as_another_exception(name: str) -> None:
    """Names are compared exactly."""
    if name not in ACTIONS[OcppVersion.V21]:
        with pytest.raises(UnknownAction):
            decode_request(OcppVersion.V21, name, b"{}")


# --- encoding --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 678_999, tzinfo=UTC), "2026-01-02T03:04:05.678Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 999, tzinfo=UTC), "2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 2, 5, 4, 5, tzinfo=timezone(timedelta(hours=2))), "2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 1, 22, 4, 5, 100_000, tzinfo=timezone(timedelta(hours=-5))), "2026-01-02T03:04:05.100Z"),
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05Z"),  # noqa: DTZ001 - naive is the point
    ],
)
def test_times_go_out_in_utc_with_at_most_milliseconds(moment: datetime, text: str) -> None:
    """Naive means UTC; finer digits are cut off, never rounded up."""
    assert json.loads(encode(v201.HeartbeatResponse(current_time=moment))) == {"currentTime": text}


@given(st.datetimes(min_value=datetime(1970, 1, 2), timezones=st.timezones()))  # noqa: DTZ001 - hypothesis wants it naive
def test_any_time_survives_to_the_millisecond(moment: datetime) -> None:
    """What is read back is the same moment, cut to the millisecond."""
    sent = decode_response(OcppVersion.V201, "Heartbeat", encode(v201.HeartbeatResponse(current_time=moment)))
    assert isinstance(sent, v201.HeartbeatResponse)
    lost = moment.astimezone(UTC) - sent.current_time
    assert timedelta() <= lost < timedelta(milliseconds=1)


def _event(**changes: Any) -> v201.TransactionEventRequest:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
    sample = v201.SampledValue(value=Decimal("12.30"), measurand="Energy.Active.Import.Register")
    fields: dict[str, Any] = {
        "event_type": "Updated",
        "timestamp": moment,
        "trigger_reason": "MeterValuePeriodic",
        "seq_no": 3,
        "transaction_info": v201.Transaction(transaction_id="t"),
        "meter_value": [v201.MeterValue(timestamp=moment, sampled_value=[sample])],
    }
    return v201.TransactionEventRequest(**fields | changes)


def test_times_deep_inside_are_normalised_too_and_texts_are_left_alone() -> None:
    """Only values that are times change, not texts that look like times."""
    look_alike = "2026-01-02T03:04:05.678901+02:00"
    event = _event(custom_data=CustomData({"vendorId": look_alike, "x": [look_alike, Decimal("0.10")]}))
    sent = json.loads(encode(event), parse_float=Decimal)
    assert sent["timestamp"] == sent["meterValue"][0]["timestamp"] == "2026-01-02T03:04:05.678Z"
    assert sent["customData"] == {"vendorId": look_alike, "x": [look_alike, Decimal("0.10")]}
    assert sent["meterValue"][0]["sampledValue"] == [
        {"value": Decimal("12.30"), "measurand": "Energy.Active.Import.Register"}
    ]


@pytest.mark.parametrize("number", ["NaN", "sNaN", "-NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_never_reaches_the_wire(number: str) -> None:
    """JSON cannot write it, so trying is a bug of ours."""
    with pytest.raises(MisuseError, match="cannot be sent"):
        encode(_event(meter_value=None, custom_data=CustomData({"vendorId": "v", "x": Decimal(number)})))
    with pytest.raises(MisuseError, match="cannot be sent"):
        encode(v201.TransactionEventResponse(total_cost=Decimal(number)))


def test_texts_that_say_nan_are_texts() -> None:
    """The careful way is taken and finds nothing to complain of."""
    message = v201.DataTransferRequest(vendor_id="NaN", data=["Infinity", {"NaN": 1.5}])
    assert json.loads(encode(message)) == {"vendorId": "NaN", "data": ["Infinity", {"NaN": 1.5}]}


def test_what_has_no_place_in_a_message_is_misuse() -> None:
    """An object of our own put into DataTransfer's open `data`."""
    with pytest.raises(MisuseError, match="DataTransferRequest cannot be encoded"):
        encode(v201.DataTransferRequest(vendor_id="v", data=object()))


def test_a_program_pays_only_for_the_version_it_speaks() -> None:
    """Importing the registry imports no messages; the first look at a version imports that one."""
    program = (
        "import sys, pilotwire.ocpp.registry as r\n"
        "loaded = lambda: sorted(n for n in sys.modules if n in ('pilotwire.ocpp.v16', 'pilotwire.ocpp.v201', 'pilotwire.ocpp.v21'))\n"
        "print(loaded()); r.decode_request(r.OcppVersion.V16, 'Heartbeat', b'{}'); print(loaded())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "['pilotwire.ocpp.v16']"]

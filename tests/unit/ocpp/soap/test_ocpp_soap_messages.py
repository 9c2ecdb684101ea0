"""Every message of both services: written as the WSDL has it, and read back as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pilotwire.errors import NotSayable
from pilotwire.ocpp.registry import ACTIONS as TYPED
from pilotwire.ocpp.registry import decode_request, decode_response
from pilotwire.ocpp.soap import (
    ACTIONS,
    ANONYMOUS,
    Fault,
    Header,
    SoapVersion,
    read_answer,
    read_call,
    write_answer,
    write_call,
)
from pilotwire.ocpp.soap.envelope import read
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.version import OcppVersion
from tests.support import soap_services
from tests.support.every_action import in_json, request_schema, response_schema
from tests.support.schema_walk import full, minimal

HEADER = Header(
    identity="CP-1",
    action="",
    message_id="urn:uuid:1",
    address="http://192.0.2.7:8080/",
    reply_to=ANONYMOUS,
    to="http://here/",
)
EVERY = [
    pytest.param(version, side, action, id=f"{version}-{side}-{action}")
    for (version, side), actions in ACTIONS.items()
    for action in sorted(actions)
]
NOT_IN_15 = {
    ("StatusNotification", "full"): {"status": "Available", "errorCode": "NoError"},
    ("StopTransaction", "full"): {"reason": None},
    ("RemoteStartTransaction", "full"): {"chargingProfile": None},
}
"""What 1.5 has no word for, and what is said instead."""


def _instance(action: str, size: str, schema: Any) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(in_json(full(schema) if size == "full" else minimal(schema)))
    if (
        action == "SetChargingProfile" and size == "minimal" and "csChargingProfiles" in made
    ):  # JSON allows no period at all
        made["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"] = [{"startPeriod": 0, "limit": 6.5}]
    return made


def _without_phase(value: Any) -> Any:
    """Sampled values have no phase in 1.5."""
    if isinstance(value, list):
        return [_without_phase(each) for each in value]
    if isinstance(value, dict):
        return {name: _without_phase(each) for name, each in value.items() if name != "phase"}
    return value


def _request(version: SoapVersion, action: str, size: str) -> Message:
    made = _instance(action, size, request_schema(TYPED[OcppVersion.V16][action]))
    if version is SoapVersion.V15:
        made = _without_phase(made) | NOT_IN_15.get((action, size), {})
    return decode_request(
        OcppVersion.V16, action, json.dumps({k: v for k, v in made.items() if v is not None}).encode()
    )


@pytest.mark.parametrize("size", ["minimal", "full"])
@pytest.mark.parametrize(("version", "side", "action"), EVERY)
def test_a_request_is_written_as_its_service_has_it_and_read_back(
    version: Any, side: Any, action: str, size: str
) -> None:
    """Order, number and names of the elements; and no departure is told of what we wrote ourselves."""
    message = _request(version, action, size)
    data = write_call(version, side, message, _headed(action))
    assert soap_services.misfit(version, side, read(data).body) is None
    call = read_call(data)
    assert (call.version, call.side, call.action, call.header.identity) == (version, side, action, "CP-1")
    assert call.message() == message
    assert call.departures.said == []


def _headed(action: str) -> Header:
    return Header(
        identity=HEADER.identity,
        action=f"/{action}",
        message_id=HEADER.message_id,
        address=HEADER.address,
        reply_to=HEADER.reply_to,
        to=HEADER.to,
    )


@pytest.mark.parametrize("size", ["minimal", "full"])
@pytest.mark.parametrize(("version", "side", "action"), EVERY)
def test_a_response_is_written_as_its_service_has_it_and_read_back(
    version: Any, side: Any, action: str, size: str
) -> None:
    """It relates to its request."""
    call = read_call(write_call(version, side, _request(version, action, "minimal"), _headed(action)))
    message = _response(version, action, size)
    data = write_answer(call, message)
    envelope = read(data)
    assert soap_services.misfit(version, side, envelope.body) is None
    assert (envelope.header.relates_to, envelope.header.action) == ("urn:uuid:1", f"/{action}Response")
    answer, departures = read_answer(data, version, side, action)
    assert answer == message
    assert departures.said == []


def _response(version: SoapVersion, action: str, size: str) -> Message:
    made = _instance(action, size, response_schema(TYPED[OcppVersion.V16][action]))
    if version is SoapVersion.V15 and action == "UnlockConnector":
        made["status"] = "Unlocked"
    return decode_response(OcppVersion.V16, action, json.dumps(made).encode())


@pytest.mark.parametrize("side", ["central-system", "charge-point"])
def test_the_services_have_no_other_operations(side: Any) -> None:
    """As the WSDLs of both versions have them."""
    for version in SoapVersion:
        ours = {f"{action[0].lower()}{action[1:]}Request" for action in ACTIONS[version, side]}
        assert ours == {name for name in soap_services.elements(version, side) if name.endswith("Request")}


def test_what_no_wsdl_has_cannot_be_said() -> None:
    """The security extension is of OCPP-J only; 1.5 has no TriggerMessage."""
    trigger = decode_request(OcppVersion.V16, "TriggerMessage", b'{"requestedMessage":"Heartbeat"}')
    assert write_call(SoapVersion.V16, "charge-point", trigger, HEADER)
    with pytest.raises(NotSayable, match=r"OCPP 1\.5 by SOAP has no operation TriggerMessage"):
        write_call(SoapVersion.V15, "charge-point", trigger, HEADER)
    log = decode_request(
        OcppVersion.V16, "GetInstalledCertificateIds", b'{"certificateType":"CentralSystemRootCertificate"}'
    )
    with pytest.raises(NotSayable):
        write_call(SoapVersion.V16, "charge-point", log, HEADER)


def test_a_fault_is_no_answer() -> None:
    """Its code, subcode and reason are told as they came."""
    data = b"""<?xml version="1.0"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:c="urn://Ocpp/Cp/2015/10/">
      <e:Body><e:Fault><e:Code><e:Value>e:Receiver</e:Value><e:Subcode><e:Value>c:NotSupported</e:Value></e:Subcode></e:Code>
      <e:Reason><e:Text xml:lang="en">no such thing</e:Text></e:Reason></e:Fault></e:Body></e:Envelope>"""
    answer, _ = read_answer(data, SoapVersion.V16, "charge-point", "Reset")
    assert answer == Fault("Receiver", "NotSupported", "no such thing")

"""One realistic message of every kind the domain understands, in each version, and which answers need no content."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from pilotwire.domain.authorization import AuthorizationAsked, AuthorizationStatus, AuthorizationVerdict, ClearCache
from pilotwire.domain.availability import (
    Activity,
    Availability,
    ChangeAvailability,
    ConnectorState,
    ConnectorStatus,
)
from pilotwire.domain.data_transfer import DataTransferred, SendData
from pilotwire.domain.device_model import (
    AttributeType,
    GetVariables,
    SetVariables,
    VariableName,
    VariableQuery,
    VariableSetting,
)
from pilotwire.domain.identity import AdditionalInfo, EvseAddress, IdToken, StationIdentity
from pilotwire.domain.kinds import Command, Fact
from pilotwire.domain.local_list import GetLocalListVersion, ListEntry, SendLocalList, UpdateType
from pilotwire.domain.metering import MeterReading, MeterValuesReported, Sample, register_reading
from pilotwire.domain.network_profiles import NetworkConnectionProfile, SetNetworkProfile
from pilotwire.domain.provisioning import BootReason, Heartbeat, Reset, ResetKind, StationBooted, TriggerMessage
from pilotwire.domain.remote_control import RequestStart, RequestStop, UnlockConnector
from pilotwire.domain.reservation import (
    CancelReservation,
    Reservation,
    ReservationEnded,
    ReservationUpdateStatus,
    ReserveNow,
)
from pilotwire.domain.security import SecurityEvent
from pilotwire.domain.transactions import ChargingState, EventKind, StoppedReason, TransactionEvent, TriggerReason
from pilotwire.ocpp import registry
from pilotwire.ocpp.version import OcppVersion
from tests.support import charging_examples, firmware_examples, report_examples
from tests.support.said import DIALECTS, V16, V21, V201
from tests.support.spoken import given_cases, stated_cases

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
AT = "2026-03-01T12:00:00Z"
CONNECTOR = EvseAddress(evse=1, connector=1)
TAG, CARD = IdToken(value="04A1B2C3"), IdToken(value="04A1B2C3", type="ISO14443")
POWER = Sample(value=Decimal(11040), measurand="Power.Active.Import", unit="W")
READING = MeterReading(at=NOON, samples=(Sample(value=Decimal(1500)), POWER))
METER_16 = {
    "timestamp": AT,
    "sampledValue": [
        {"value": "1.5", "unit": "kWh"},
        {"value": "11.04", "measurand": "Power.Active.Import", "unit": "kW"},
    ],
}
METER_2 = {
    "timestamp": AT,
    "sampledValue": [
        {"value": 1500, "unitOfMeasure": {"unit": "Wh"}},
        {"value": 11.04, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "W", "multiplier": 3}},
    ],
}

FACTS_16: dict[str, list[tuple[dict[str, Any], Fact]]] = {
    **firmware_examples.FACTS_16,
    "BootNotification": [
        (
            {
                "chargePointVendor": "Example",
                "chargePointModel": "Twin 22",
                "chargePointSerialNumber": "SN-1",
                "chargeBoxSerialNumber": "BOX-1",
                "firmwareVersion": "1.2.3",
                "iccid": "8949",
                "imsi": "26201",
                "meterType": "MID-3",
                "meterSerialNumber": "M-1",
            },
            StationBooted(
                station=StationIdentity(
                    vendor="Example",
                    model="Twin 22",
                    serial_number="SN-1",
                    box_serial_number="BOX-1",
                    firmware_version="1.2.3",
                    iccid="8949",
                    imsi="26201",
                    meter_type="MID-3",
                    meter_serial_number="M-1",
                )
            ),
        )
    ],
    "Heartbeat": [({}, Heartbeat())],
    "Authorize": [({"idTag": "04A1B2C3"}, AuthorizationAsked(id_token=TAG))],
    "StatusNotification": [
        (
            {"connectorId": 1, "errorCode": "NoError", "status": "SuspendedEV", "timestamp": AT},
            ConnectorStatus(
                address=CONNECTOR,
                at=NOON,
                state=ConnectorState(availability=Availability.OCCUPIED, activity=Activity.SUSPENDED_EV),
            ),
        )
    ],
    "StartTransaction": [
        (
            {"connectorId": 1, "idTag": "04A1B2C3", "meterStart": 1234, "timestamp": AT},
            TransactionEvent(
                kind=EventKind.STARTED,
                transaction_id=None,
                at=NOON,
                trigger=TriggerReason.AUTHORIZED,
                address=CONNECTOR,
                id_token=TAG,
                readings=(register_reading(NOON, Decimal(1234), "Transaction.Begin"),),
            ),
        )
    ],
    "MeterValues": [
        (
            {"connectorId": 1, "transactionId": 77, "meterValue": [METER_16]},
            TransactionEvent(
                kind=EventKind.UPDATED,
                transaction_id="77",
                at=NOON,
                trigger=TriggerReason.METER_VALUE_PERIODIC,
                address=CONNECTOR,
                readings=(READING,),
            ),
        ),
        (
            {"connectorId": 1, "meterValue": [METER_16]},
            MeterValuesReported(address=CONNECTOR, readings=(READING,)),
        ),
    ],
    "StopTransaction": [
        (
            {
                "transactionId": 77,
                "idTag": "04A1B2C3",
                "meterStop": 9876,
                "timestamp": AT,
                "reason": "Remote",
                "transactionData": [METER_16],
            },
            TransactionEvent(
                kind=EventKind.ENDED,
                transaction_id="77",
                at=NOON,
                trigger=TriggerReason.REMOTE_STOP,
                id_token=TAG,
                stopped_reason=StoppedReason.REMOTE,
                readings=(READING, register_reading(NOON, Decimal(9876), "Transaction.End")),
            ),
        )
    ],
    "DataTransfer": [
        (
            {"vendorId": "org.example", "messageId": "hello", "data": "{}"},
            DataTransferred(vendor_id="org.example", message_id="hello", data="{}"),
        )
    ],
    "SecurityEventNotification": [
        (
            {"type": "TamperDetectionActivated", "timestamp": AT, "techInfo": "lid open"},
            SecurityEvent(type="TamperDetectionActivated", at=NOON, tech_info="lid open"),
        )
    ],
}

FACTS_2: dict[str, list[tuple[dict[str, Any], Fact]]] = {
    **firmware_examples.FACTS_2,
    **report_examples.FACTS,
    "BootNotification": [
        (
            {
                "reason": "FirmwareUpdate",
                "chargingStation": {
                    "vendorName": "Example",
                    "model": "Twin 22",
                    "serialNumber": "SN-1",
                    "firmwareVersion": "1.2.3",
                    "modem": {"iccid": "8949", "imsi": "26201"},
                },
            },
            StationBooted(
                reason=BootReason.FIRMWARE_UPDATE,
                station=StationIdentity(
                    vendor="Example",
                    model="Twin 22",
                    serial_number="SN-1",
                    firmware_version="1.2.3",
                    iccid="8949",
                    imsi="26201",
                ),
            ),
        )
    ],
    "Heartbeat": [({}, Heartbeat())],
    "Authorize": [
        (
            {
                "idToken": {
                    "idToken": "DE-ABC-C12345678-9",
                    "type": "eMAID",
                    "additionalInfo": [{"additionalIdToken": "0A1B", "type": "EVCCID"}],
                },
                "certificate": "-----BEGIN CERTIFICATE-----",
            },
            AuthorizationAsked(
                id_token=IdToken(
                    value="DE-ABC-C12345678-9", type="eMAID", additional=(AdditionalInfo(value="0A1B", type="EVCCID"),)
                ),
                certificate="-----BEGIN CERTIFICATE-----",
            ),
        )
    ],
    "StatusNotification": [
        (
            {"timestamp": AT, "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1},
            ConnectorStatus(address=CONNECTOR, at=NOON, state=ConnectorState(availability=Availability.OCCUPIED)),
        )
    ],
    "TransactionEvent": [
        (
            {
                "eventType": "Started",
                "timestamp": AT,
                "triggerReason": "RemoteStart",
                "seqNo": 0,
                "offline": True,
                "numberOfPhasesUsed": 3,
                "cableMaxCurrent": 32,
                "reservationId": 9,
                "evse": {"id": 1, "connectorId": 1},
                "idToken": {"idToken": "04A1B2C3", "type": "ISO14443"},
                "transactionInfo": {"transactionId": "4c1b", "chargingState": "EVConnected", "remoteStartId": 5},
                "meterValue": [METER_2],
            },
            TransactionEvent(
                kind=EventKind.STARTED,
                transaction_id="4c1b",
                at=NOON,
                trigger=TriggerReason.REMOTE_START,
                seq_no=0,
                offline=True,
                address=CONNECTOR,
                id_token=CARD,
                charging_state=ChargingState.EV_CONNECTED,
                remote_start_id=5,
                reservation_id=9,
                phases_used=3,
                cable_max_current=32,
                readings=(READING,),
            ),
        ),
        (
            {
                "eventType": "Ended",
                "timestamp": AT,
                "triggerReason": "EVDeparted",
                "seqNo": 12,
                "transactionInfo": {"transactionId": "4c1b", "stoppedReason": "EVDisconnected"},
            },
            TransactionEvent(
                kind=EventKind.ENDED,
                transaction_id="4c1b",
                at=NOON,
                trigger=TriggerReason.EV_DEPARTED,
                seq_no=12,
                offline=False,
                stopped_reason=StoppedReason.EV_DISCONNECTED,
            ),
        ),
    ],
    "MeterValues": [
        (
            {"evseId": 1, "meterValue": [METER_2]},
            MeterValuesReported(address=EvseAddress(evse=1), readings=(READING,)),
        )
    ],
    "DataTransfer": [
        (
            {"vendorId": "org.example", "data": {"level": 0.5}},
            DataTransferred(vendor_id="org.example", data={"level": Decimal("0.5")}),
        )
    ],
    "SecurityEventNotification": FACTS_16["SecurityEventNotification"],
    "ReservationStatusUpdate": [
        (
            {"reservationId": 9, "reservationUpdateStatus": "Expired"},
            ReservationEnded(reservation_id=9, status=ReservationUpdateStatus.EXPIRED),
        )
    ],
}

INTERVAL = VariableName(component="OCPPCommCtrlr", variable="HeartbeatInterval")

COMMANDS_16: dict[str, list[tuple[dict[str, Any], Command]]] = {
    **firmware_examples.COMMANDS_16,
    "Reset": [({"type": "Soft"}, Reset(kind=ResetKind.ON_IDLE))],
    "TriggerMessage": [
        (
            {"requestedMessage": "StatusNotification", "connectorId": 1},
            TriggerMessage(message="StatusNotification", address=CONNECTOR),
        )
    ],
    "ExtendedTriggerMessage": [
        (
            {"requestedMessage": "SignChargePointCertificate"},
            TriggerMessage(message="SignChargingStationCertificate"),
        )
    ],
    "ChangeAvailability": [
        ({"connectorId": 1, "type": "Operative"}, ChangeAvailability(operative=True, address=CONNECTOR))
    ],
    "ClearCache": [({}, ClearCache())],
    "SendLocalList": [
        (
            {
                "listVersion": 3,
                "updateType": "Full",
                "localAuthorizationList": [
                    {"idTag": "04A1B2C3", "idTagInfo": {"status": "Accepted", "parentIdTag": "FLEET"}}
                ],
            },
            SendLocalList(
                version=3,
                update=UpdateType.FULL,
                entries=(
                    ListEntry(
                        id_token=TAG,
                        info=AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED, group=IdToken(value="FLEET")),
                    ),
                ),
            ),
        ),
        (
            {"listVersion": 4, "updateType": "Differential", "localAuthorizationList": [{"idTag": "04A1B2C3"}]},
            SendLocalList(version=4, update=UpdateType.DIFFERENTIAL, entries=(ListEntry(id_token=TAG),)),
        ),
        (
            {"listVersion": 5, "updateType": "Full", "localAuthorizationList": []},
            SendLocalList(version=5, update=UpdateType.FULL),
        ),
    ],
    "GetLocalListVersion": [({}, GetLocalListVersion())],
    "RemoteStartTransaction": [({"idTag": "04A1B2C3", "connectorId": 2}, RequestStart(id_token=TAG, evse=2))],
    "RemoteStopTransaction": [({"transactionId": 77}, RequestStop(transaction_id="77"))],
    "UnlockConnector": [({"connectorId": 2}, UnlockConnector(evse=2))],
    "GetConfiguration": [
        ({"key": ["HeartbeatInterval"]}, GetVariables(asked=(VariableQuery(name=INTERVAL),))),
        ({}, GetVariables()),
        ({"key": []}, GetVariables()),
    ],
    "ChangeConfiguration": [
        (
            {"key": "HeartbeatInterval", "value": "60"},
            SetVariables(settings=(VariableSetting(name=INTERVAL, value="60"),)),
        )
    ],
    "DataTransfer": [({"vendorId": "org.example"}, SendData(vendor_id="org.example"))],
    "ReserveNow": [
        (
            {"connectorId": 2, "expiryDate": AT, "idTag": "04A1B2C3", "reservationId": 9, "parentIdTag": "FLEET"},
            ReserveNow(
                reservation=Reservation(
                    reservation_id=9, expires_at=NOON, id_token=TAG, group=IdToken(value="FLEET"), evse=2
                )
            ),
        ),
        (
            {"connectorId": 0, "expiryDate": AT, "idTag": "04A1B2C3", "reservationId": 9},
            ReserveNow(reservation=Reservation(reservation_id=9, expires_at=NOON, id_token=TAG)),
        ),
    ],
    "CancelReservation": [({"reservationId": 9}, CancelReservation(reservation_id=9))],
}

_VARIABLE = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
COMMANDS_2: dict[str, list[tuple[dict[str, Any], Command]]] = {
    **firmware_examples.COMMANDS_2,
    **report_examples.COMMANDS,
    "Reset": [({"type": "Immediate", "evseId": 2}, Reset(kind=ResetKind.IMMEDIATE, evse=2))],
    "TriggerMessage": [
        (
            {"requestedMessage": "MeterValues", "evse": {"id": 1, "connectorId": 1}},
            TriggerMessage(message="MeterValues", address=CONNECTOR),
        )
    ],
    "ChangeAvailability": [
        (
            {"operationalStatus": "Operative", "evse": {"id": 1, "connectorId": 1}},
            ChangeAvailability(operative=True, address=CONNECTOR),
        )
    ],
    "SendLocalList": [
        (
            {
                "versionNumber": 3,
                "updateType": "Differential",
                "localAuthorizationList": [
                    {
                        "idToken": {"idToken": "04A1B2C3", "type": "ISO14443"},
                        "idTokenInfo": {"status": "Blocked", "cacheExpiryDateTime": AT},
                    },
                    {"idToken": {"idToken": "04A1B2C3", "type": "Central"}},
                ],
            },
            SendLocalList(
                version=3,
                update=UpdateType.DIFFERENTIAL,
                entries=(
                    ListEntry(
                        id_token=CARD,
                        info=AuthorizationVerdict(status=AuthorizationStatus.BLOCKED, expires_at=NOON),
                    ),
                    ListEntry(id_token=IdToken(value="04A1B2C3", type="Central")),
                ),
            ),
        ),
        ({"versionNumber": 4, "updateType": "Full"}, SendLocalList(version=4, update=UpdateType.FULL)),
    ],
    "GetLocalListVersion": [({}, GetLocalListVersion())],
    "ClearCache": COMMANDS_16["ClearCache"],
    "RequestStartTransaction": [
        (
            {
                "idToken": {"idToken": "04A1B2C3", "type": "ISO14443"},
                "remoteStartId": 5,
                "evseId": 2,
                "groupIdToken": {"idToken": "FLEET", "type": "Central"},
            },
            RequestStart(id_token=CARD, remote_start_id=5, evse=2, group=IdToken(value="FLEET", type="Central")),
        )
    ],
    "RequestStopTransaction": [({"transactionId": "4c1b"}, RequestStop(transaction_id="4c1b"))],
    "UnlockConnector": [({"evseId": 2, "connectorId": 1}, UnlockConnector(evse=2))],
    "GetVariables": [
        (
            {"getVariableData": [_VARIABLE, {**_VARIABLE, "attributeType": "MaxSet"}]},
            GetVariables(
                asked=(
                    VariableQuery(name=INTERVAL),
                    VariableQuery(name=INTERVAL, attribute=AttributeType.MAX_SET),
                )
            ),
        )
    ],
    "SetVariables": [
        (
            {"setVariableData": [{**_VARIABLE, "attributeValue": "60"}]},
            SetVariables(settings=(VariableSetting(name=INTERVAL, value="60"),)),
        )
    ],
    "DataTransfer": [
        ({"vendorId": "org.example", "data": [1, "two"]}, SendData(vendor_id="org.example", data=[1, "two"]))
    ],
    "ReserveNow": [
        (
            {
                "id": 9,
                "expiryDateTime": AT,
                "idToken": {"idToken": "04A1B2C3", "type": "ISO14443"},
                "connectorType": "cCCS2",
                "groupIdToken": {"idToken": "FLEET", "type": "Central"},
            },
            ReserveNow(
                reservation=Reservation(
                    reservation_id=9,
                    expires_at=NOON,
                    id_token=CARD,
                    group=IdToken(value="FLEET", type="Central"),
                    connector_type="cCCS2",
                )
            ),
        ),
        (
            {
                "id": 9,
                "expiryDateTime": AT,
                "idToken": {"idToken": "04A1B2C3", "type": "ISO14443"},
                "evseId": 2,
            },
            ReserveNow(reservation=Reservation(reservation_id=9, expires_at=NOON, id_token=CARD, evse=2)),
        ),
    ],
    "CancelReservation": COMMANDS_16["CancelReservation"],
    "SetNetworkProfile": [
        (
            {
                "configurationSlot": 1,
                "connectionData": {
                    "ocppVersion": "OCPP20",
                    "ocppTransport": "JSON",
                    "ocppCsmsUrl": "wss://csms.example.com",
                    "messageTimeout": 30,
                    "securityProfile": 2,
                    "ocppInterface": "Wired0",
                },
            },
            SetNetworkProfile(
                slot=1,
                profile=NetworkConnectionProfile(
                    csms_url="wss://csms.example.com",
                    interface="Wired0",
                    message_timeout=30,
                    security_profile=2,
                    ocpp_version="OCPP20",
                ),
            ),
        )
    ],
}

FACTS = {V16: FACTS_16, V201: FACTS_2, V21: FACTS_2}
COMMANDS = {V16: COMMANDS_16, V201: COMMANDS_2, V21: COMMANDS_2}
FACTS = {version: FACTS[version] | more for version, more in charging_examples.FACTS.items()}
COMMANDS = {version: COMMANDS[version] | more for version, more in charging_examples.COMMANDS.items()}
EVERY_VERSION = pytest.mark.parametrize("version", list(OcppVersion), ids=str)


def _cases(examples: dict[OcppVersion, Any]) -> list[Any]:
    return [
        pytest.param(version, action, payload, meaning, id=f"{version}-{action}-{number}")
        for version, actions in examples.items()
        for action, cases in actions.items()
        for number, (payload, meaning) in enumerate(cases)
    ]


@pytest.mark.parametrize(("version", "action", "payload", "fact"), _cases(FACTS))
def test_a_message_of_a_station(version: OcppVersion, action: str, payload: dict[str, Any], fact: Fact) -> None:
    """What it states."""
    request = registry.decode_request(version, action, msgspec.json.encode(payload))
    assert DIALECTS[version].read_fact(request) == fact


@pytest.mark.parametrize(("version", "action", "payload", "command"), _cases(COMMANDS))
def test_a_message_of_a_csms(version: OcppVersion, action: str, payload: dict[str, Any], command: Command) -> None:
    """What it wants."""
    request = registry.decode_request(version, action, msgspec.json.encode(payload))
    assert DIALECTS[version].read_command(request) == command


@EVERY_VERSION
def test_no_message_the_domain_understands_is_without_example(version: OcppVersion) -> None:
    """In the tables above, or played through the CSMS; and a message the domain has no word for is None, not an error."""
    dialect: Any = DIALECTS[version]
    understood = {registry.action_of(kind).name for kind in (*dialect._read_fact, *dialect._read_command)}
    played = {case.action for case in (*given_cases(), *stated_cases()) if case.version is version}
    assert understood - {*FACTS[version], *COMMANDS[version]} - played == set()
    assert {*FACTS[version], *COMMANDS[version]} - understood == set()
    unknown: Any = object()
    assert dialect.read_fact(unknown) is None
    assert dialect.read_command(unknown) is None


# --- answers without content ---------------------------------------------------------------------------------------------------------

NEED_CONTENT = {
    V16: {"Authorize", "BootNotification", "DataTransfer", "Heartbeat", "SignCertificate", "StartTransaction"},
    V201: {
        "Authorize",
        "BootNotification",
        "DataTransfer",
        "Get15118EVCertificate",
        "GetCertificateStatus",
        "Heartbeat",
        "NotifyEVChargingNeeds",
        "NotifyEVChargingSchedule",
        "SignCertificate",
    },
}
NEED_CONTENT[V21] = NEED_CONTENT[V201] | {
    "GetCertificateChainStatus",
    "NotifyPeriodicEventStream",  # never answered at all
    "OpenPeriodicEventStream",
    "PullDynamicScheduleUpdate",
    "VatNumberValidation",
}


@EVERY_VERSION
def test_which_messages_of_a_station_can_be_answered_without_content(version: OcppVersion) -> None:
    """Of those the empty answer is valid; of the others there is none."""
    need_content = set()
    for action in registry.ACTIONS[version].values():
        if action.sender == "csms":
            continue
        answer = DIALECTS[version].empty_response(_any_instance(action.request))
        if answer is None:
            need_content.add(action.name)
        else:
            assert type(answer) is action.response
            assert registry.encode(answer) == b"{}"
            assert registry.decode_response(version, action.name, b"{}") == answer
    assert need_content == NEED_CONTENT[version]


def _any_instance(kind: type[Any]) -> Any:
    """A request of that type; which answer it has does not depend on its content."""
    required = {field.name: None for field in msgspec.structs.fields(kind) if field.required}
    return kind(**required)

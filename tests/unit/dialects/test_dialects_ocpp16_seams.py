"""Where 1.6 and the domain differ in more than names: states, reasons, statuses, keys, registers."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from pilotwire.dialects.ocpp16 import DIALECT
from pilotwire.dialects.ocpp16.keys import VARIABLES, read_key, write_key
from pilotwire.domain.authorization import AuthorizationAsked, AuthorizationStatus, AuthorizationVerdict
from pilotwire.domain.availability import (
    Activity,
    Availability,
    ChangeAvailability,
    ConnectorState,
    ConnectorStatus,
    Problem,
)
from pilotwire.domain.device_model import (
    AttributeType,
    GetVariables,
    GetVariablesOutcome,
    SetVariableResult,
    SetVariables,
    SetVariablesOutcome,
    SetVariableStatus,
    VariableName,
    VariableQuery,
    VariableResult,
    VariableSetting,
    VariableStatus,
)
from pilotwire.domain.identity import STATION, EvseAddress, IdToken
from pilotwire.domain.metering import MeterValuesReported, register_reading
from pilotwire.domain.provisioning import (
    Reset,
    ResetKind,
    ResetOutcome,
    ResetStatus,
    TriggerMessage,
    TriggerOutcome,
    TriggerStatus,
)
from pilotwire.domain.remote_control import RequestStart, UnlockConnector, UnlockOutcome, UnlockStatus
from pilotwire.domain.transactions import (
    EventKind,
    StoppedReason,
    TransactionEvent,
    TransactionVerdict,
    TriggerReason,
)
from pilotwire.ocpp import registry, v16
from pilotwire.ocpp.version import OcppVersion
from tests.support.said import answered, heard

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONNECTOR = EvseAddress(evse=1, connector=1)


def decoded(action: str, payload: dict[str, Any]) -> Any:
    """A request as it comes off the wire."""
    return registry.decode_request(OcppVersion.V16, action, msgspec.json.encode(payload))


def said(action: str, payload: dict[str, Any]) -> Any:
    """The fact in a request."""
    return DIALECT.read_fact(decoded(action, payload))


# --- nine states ---------------------------------------------------------------------------------------------------------------------

STATES = [
    ("Available", Availability.AVAILABLE, None),
    ("Preparing", Availability.OCCUPIED, Activity.PREPARING),
    ("Charging", Availability.OCCUPIED, Activity.CHARGING),
    ("SuspendedEVSE", Availability.OCCUPIED, Activity.SUSPENDED_EVSE),
    ("SuspendedEV", Availability.OCCUPIED, Activity.SUSPENDED_EV),
    ("Finishing", Availability.OCCUPIED, Activity.FINISHING),
    ("Reserved", Availability.RESERVED, None),
    ("Unavailable", Availability.UNAVAILABLE, None),
    ("Faulted", Availability.FAULTED, None),
]


@pytest.mark.parametrize(("status", "availability", "activity"), STATES)
@pytest.mark.req("1.6:4.9", "1.6:7.7")
def test_nine_states_are_an_availability_and_an_activity(
    status: str, availability: Availability, activity: Activity | None
) -> None:
    """Both ways, without loss."""
    fact = said("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": status})
    state = ConnectorState(availability=availability, activity=activity)
    assert fact == ConnectorStatus(address=CONNECTOR, at=None, state=state)
    request = DIALECT.write_fact(fact)
    assert isinstance(request, v16.StatusNotificationRequest)
    assert (request.status, request.error_code) == (status, "NoError")


def test_an_occupied_connector_of_which_no_more_is_known_is_preparing() -> None:
    """What a 2.x state becomes."""
    state = ConnectorState(availability=Availability.OCCUPIED)
    request = DIALECT.write_fact(ConnectorStatus(address=CONNECTOR, at=NOON, state=state))
    assert isinstance(request, v16.StatusNotificationRequest)
    assert request.status == "Preparing"


@pytest.mark.parametrize("status", ["Available", "Unavailable", "Faulted"])
@pytest.mark.req("1.6:7.7")
def test_connector_0_is_the_station(status: str) -> None:
    """The main controller has three of the states."""
    fact = said("StatusNotification", {"connectorId": 0, "errorCode": "NoError", "status": status})
    assert fact.address == STATION
    request = DIALECT.write_fact(fact)
    assert isinstance(request, v16.StatusNotificationRequest)
    assert (request.connector_id, request.status) == (0, status)


def test_a_change_1_6_does_not_show_is_not_said() -> None:
    """Charging to charging is quiet; to suspended, or with a new problem, is said."""
    charging = ConnectorState(availability=Availability.OCCUPIED, activity=Activity.CHARGING)
    waiting = ConnectorState(availability=Availability.OCCUPIED, activity=Activity.SUSPENDED_EV)
    hot = ConnectorState(
        availability=Availability.OCCUPIED, activity=Activity.CHARGING, problem=Problem(code="HighTemperature")
    )
    for state, is_said in ((charging, False), (waiting, True), (hot, True)):
        fact = ConnectorStatus(address=CONNECTOR, at=NOON, state=state, previous=charging)
        assert (DIALECT.write_fact(fact) is not None) is is_said


def test_a_problem_is_kept_with_what_the_vendor_says_of_it() -> None:
    """Code, text, vendor and the vendor's own code; information without an error is kept too."""
    payload = {
        "connectorId": 2,
        "errorCode": "GroundFailure",
        "status": "Faulted",
        "info": "RCD tripped",
        "vendorId": "org.example",
        "vendorErrorCode": "E17",
        "timestamp": "2026-03-01T13:00:00+01:00",
    }
    fact = said("StatusNotification", payload)
    assert fact.at == NOON
    assert fact.state.problem == Problem(
        code="GroundFailure", info="RCD tripped", vendor_id="org.example", vendor_error_code="E17"
    )
    remark = {"connectorId": 2, "errorCode": "NoError", "status": "Available", "info": "self test passed"}
    assert said("StatusNotification", remark).state.problem == Problem(code="NoError", info="self test passed")


@pytest.mark.req("1.6:3.14")
def test_a_time_without_an_offset_is_utc() -> None:
    """Many stations leave it out."""
    payload = {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": "2026-03-01T12:00:00"}
    assert said("StatusNotification", payload).at == NOON


# --- transactions --------------------------------------------------------------------------------------------------------------------

START = {
    "connectorId": 1,
    "idTag": "04A1B2C3",
    "meterStart": 1234,
    "timestamp": "2026-03-01T12:00:00Z",
    "reservationId": 9,
}


@pytest.mark.req("1.6:4.8")
def test_a_start_has_no_name_and_its_register_is_a_reading() -> None:
    """meterStart is the energy register in whole Wh at the start."""
    fact = said("StartTransaction", START)
    assert fact == TransactionEvent(
        kind=EventKind.STARTED,
        transaction_id=None,
        at=NOON,
        trigger=TriggerReason.AUTHORIZED,
        address=CONNECTOR,
        id_token=IdToken(value="04A1B2C3"),
        reservation_id=9,
        readings=(register_reading(NOON, Decimal(1234), "Transaction.Begin"),),
    )


@pytest.mark.req("1.6:4.8")
def test_the_answer_to_a_start_names_it() -> None:
    """The CSMS gives a number, and judges the token."""
    fact = said("StartTransaction", START)
    verdict = TransactionVerdict(
        transaction_id="77", authorization=AuthorizationVerdict(status=AuthorizationStatus.BLOCKED)
    )
    response = DIALECT.write_verdict(fact, verdict)
    assert registry.encode(response) == b'{"idTagInfo":{"status":"Blocked"},"transactionId":77}'


def test_a_start_nobody_judged_is_not_accepted() -> None:
    """No judgement is never a yes."""
    response = DIALECT.write_verdict(said("StartTransaction", START), TransactionVerdict(transaction_id="77"))
    assert isinstance(response, v16.StartTransactionResponse)
    assert response.id_tag_info.status == "Invalid"


REASONS = [
    ("Local", StoppedReason.LOCAL, TriggerReason.STOP_AUTHORIZED),
    ("Remote", StoppedReason.REMOTE, TriggerReason.REMOTE_STOP),
    ("EVDisconnected", StoppedReason.EV_DISCONNECTED, TriggerReason.EV_COMMUNICATION_LOST),
    ("DeAuthorized", StoppedReason.DEAUTHORIZED, TriggerReason.DEAUTHORIZED),
    ("EmergencyStop", StoppedReason.EMERGENCY_STOP, TriggerReason.ABNORMAL_CONDITION),
    ("PowerLoss", StoppedReason.POWER_LOSS, TriggerReason.ABNORMAL_CONDITION),
    ("Reboot", StoppedReason.REBOOT, TriggerReason.ABNORMAL_CONDITION),
    ("HardReset", StoppedReason.IMMEDIATE_RESET, TriggerReason.RESET_COMMAND),
    ("SoftReset", StoppedReason.SOFT_RESET, TriggerReason.RESET_COMMAND),
    ("UnlockCommand", StoppedReason.UNLOCK_COMMAND, TriggerReason.UNLOCK_COMMAND),
    ("Other", StoppedReason.OTHER, TriggerReason.ABNORMAL_CONDITION),
    (None, StoppedReason.LOCAL, TriggerReason.STOP_AUTHORIZED),
]
STOP = {"transactionId": 77, "meterStop": 9876, "timestamp": "2026-03-01T12:00:00Z"}


@pytest.mark.parametrize(("reason", "stopped", "trigger"), REASONS)
@pytest.mark.req("1.6:4.10")
def test_each_reason_of_a_stop(reason: str | None, stopped: StoppedReason, trigger: TriggerReason) -> None:
    """A reason left out is Local; a stop may come without idTag."""
    fact = said("StopTransaction", STOP | ({} if reason is None else {"reason": reason}))
    assert (fact.kind, fact.transaction_id, fact.id_token) == (EventKind.ENDED, "77", None)
    assert (fact.stopped_reason, fact.trigger) == (stopped, trigger)
    assert fact.readings == (register_reading(NOON, Decimal(9876), "Transaction.End"),)


WRITTEN = {
    StoppedReason.LOCAL: "Local",
    StoppedReason.REMOTE: "Remote",
    StoppedReason.EV_DISCONNECTED: "EVDisconnected",
    StoppedReason.DEAUTHORIZED: "DeAuthorized",
    StoppedReason.EMERGENCY_STOP: "EmergencyStop",
    StoppedReason.POWER_LOSS: "PowerLoss",
    StoppedReason.REBOOT: "Reboot",
    StoppedReason.IMMEDIATE_RESET: "HardReset",
    StoppedReason.SOFT_RESET: "SoftReset",
    StoppedReason.UNLOCK_COMMAND: "UnlockCommand",
    None: "Local",
}


@pytest.mark.parametrize("reason", [None, *StoppedReason])
def test_each_reason_as_1_6_tells_it(reason: StoppedReason | None) -> None:
    """What 1.6 has no word for is Other."""
    fact = TransactionEvent(
        kind=EventKind.ENDED,
        transaction_id="77",
        at=NOON,
        trigger=TriggerReason.STOP_AUTHORIZED,
        stopped_reason=reason,
        readings=(register_reading(NOON, Decimal("9876.5"), "Transaction.End"),),
    )
    request = DIALECT.write_fact(fact, named="77")
    assert isinstance(request, v16.StopTransactionRequest)
    assert request.reason == WRITTEN.get(reason, "Other")


@pytest.mark.parametrize(("register", "whole"), [("9876", 9876), ("9876.4", 9876), ("9876.51", 9877), ("0", 0)])
def test_registers_are_told_in_whole_wh(register: str, whole: int) -> None:
    """meterStart and meterStop are integers."""
    reading = register_reading(NOON, Decimal(register), "Transaction.Begin")
    fact = TransactionEvent(
        kind=EventKind.STARTED,
        transaction_id="the station's own",
        at=NOON,
        trigger=TriggerReason.AUTHORIZED,
        address=CONNECTOR,
        id_token=IdToken(value="A"),
        readings=(reading,),
    )
    request = DIALECT.write_fact(fact)
    assert isinstance(request, v16.StartTransactionRequest)
    assert request.meter_start == whole


@pytest.mark.req("1.6:4.10")
def test_transaction_data_comes_before_the_register_of_the_stop() -> None:
    """The last register is meterStop's, whatever the list holds."""
    data = [
        {"timestamp": "2026-03-01T11:00:00Z", "sampledValue": [{"value": "5000", "context": "Transaction.Begin"}]},
        {"timestamp": "2026-03-01T12:00:00Z", "sampledValue": [{"value": "9.9", "unit": "kWh"}]},
    ]
    fact = said("StopTransaction", STOP | {"transactionData": data, "idTag": "04A1B2C3"})
    assert [reading.samples[0].value for reading in fact.readings] == [5000, 9900, 9876]
    assert fact.id_token == IdToken(value="04A1B2C3")


@pytest.mark.req("1.6:4.8")
@pytest.mark.parametrize("kind", [EventKind.UPDATED, EventKind.ENDED])
def test_a_transaction_whose_start_was_never_answered_is_number_minus_1(kind: EventKind) -> None:
    """Every message of it, as the errata to 4.8 say."""
    fact = TransactionEvent(
        kind=kind,
        transaction_id="the station's own",
        at=NOON,
        trigger=TriggerReason.METER_VALUE_PERIODIC,
        address=CONNECTOR,
        readings=(register_reading(NOON, Decimal(5), "Sample.Periodic"),),
    )
    request = DIALECT.write_fact(fact)
    assert isinstance(request, v16.MeterValuesRequest | v16.StopTransactionRequest)
    assert request.transaction_id == -1


def test_an_update_without_readings_is_not_said() -> None:
    """1.6 tells the charging state by StatusNotification."""
    fact = TransactionEvent(
        kind=EventKind.UPDATED, transaction_id="77", at=NOON, trigger=TriggerReason.CHARGING_STATE_CHANGED
    )
    assert DIALECT.write_fact(fact, named="77") is None


def test_meter_values_without_a_transaction_are_a_report() -> None:
    """With connector 0 of the main meter."""
    value = {"timestamp": "2026-03-01T12:00:00Z", "sampledValue": [{"value": "1"}]}
    alone = said("MeterValues", {"connectorId": 0, "meterValue": [value]})
    assert isinstance(alone, MeterValuesReported)
    assert alone.address == STATION
    inside = said("MeterValues", {"connectorId": 1, "transactionId": 77, "meterValue": [value]})
    assert (inside.kind, inside.transaction_id, inside.address) == (EventKind.UPDATED, "77", CONNECTOR)


TRIGGERS = [
    ("Sample.Periodic", TriggerReason.METER_VALUE_PERIODIC),
    (None, TriggerReason.METER_VALUE_PERIODIC),
    ("Sample.Clock", TriggerReason.METER_VALUE_CLOCK),
    ("Trigger", TriggerReason.TRIGGER),
    ("Interruption.Begin", TriggerReason.METER_VALUE_PERIODIC),
]


@pytest.mark.parametrize(("context", "trigger"), TRIGGERS)
def test_why_meter_values_came_is_told_by_their_context(context: str | None, trigger: TriggerReason) -> None:
    """1.6 has no trigger reasons."""
    sampled = {"value": "1"} | ({} if context is None else {"context": context})
    value = {"timestamp": "2026-03-01T12:00:00Z", "sampledValue": [sampled]}
    assert said("MeterValues", {"connectorId": 1, "transactionId": 7, "meterValue": [value]}).trigger is trigger


# --- authorization -------------------------------------------------------------------------------------------------------------------

STATUSES = {
    AuthorizationStatus.ACCEPTED: "Accepted",
    AuthorizationStatus.BLOCKED: "Blocked",
    AuthorizationStatus.EXPIRED: "Expired",
    AuthorizationStatus.INVALID: "Invalid",
    AuthorizationStatus.CONCURRENT_TX: "ConcurrentTx",
    AuthorizationStatus.NO_CREDIT: "Blocked",
    AuthorizationStatus.NOT_ALLOWED_TYPE_EVSE: "Invalid",
    AuthorizationStatus.NOT_AT_THIS_LOCATION: "Invalid",
    AuthorizationStatus.NOT_AT_THIS_TIME: "Invalid",
    AuthorizationStatus.UNKNOWN: "Invalid",
}


@pytest.mark.parametrize("status", list(AuthorizationStatus))
@pytest.mark.req("1.6:4.1", "1.6:7.2")
def test_every_status_has_a_word_in_1_6(status: AuthorizationStatus) -> None:
    """Five words for ten; none but Accepted is Accepted."""
    asked = AuthorizationAsked(id_token=IdToken(value="A"))
    response = DIALECT.write_verdict(asked, AuthorizationVerdict(status=status))
    assert isinstance(response, v16.AuthorizeResponse)
    assert response.id_tag_info.status == STATUSES[status]


def test_the_group_is_the_parent_id_tag() -> None:
    """And the expiry is in UTC."""
    response = v16.AuthorizeResponse(
        id_tag_info=v16.IdTagInfo(status="Accepted", parent_id_tag="FLEET", expiry_date=datetime(2026, 3, 1, 12))  # noqa: DTZ001
    )
    verdict = DIALECT.read_verdict(AuthorizationAsked(id_token=IdToken(value="A")), answered(response))
    assert verdict == AuthorizationVerdict(
        status=AuthorizationStatus.ACCEPTED, group=IdToken(value="FLEET"), expires_at=NOON
    )


# --- keys ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", sorted(VARIABLES))
def test_a_standard_key_is_its_variable_both_ways(key: str) -> None:
    """Whatever the case a station writes it in."""
    assert write_key(VARIABLES[key]) == key
    assert read_key(key) == read_key(key.lower()) == read_key(key.upper()) == VARIABLES[key]


def test_no_two_keys_are_the_same_variable() -> None:
    """Else one could never be written."""
    assert len(set(VARIABLES.values())) == len(VARIABLES)


def test_a_key_of_its_own_stands_for_itself() -> None:
    """Vendor keys, and standard ones 2.x has no counterpart of."""
    assert read_key("BlinkRepeat") == VariableName(component="", variable="BlinkRepeat")
    assert write_key(VariableName(component="", variable="BlinkRepeat")) == "BlinkRepeat"
    assert write_key(VariableName(component="EVSE", variable="Power")) is None


INTERVAL = VariableName(component="OCPPCommCtrlr", variable="HeartbeatInterval")
OWN = VariableName(component="", variable="VendorKey")


@pytest.mark.req("1.6:5.8")
def test_getting_variables_is_getting_configuration() -> None:
    """Values, keys without value, and unknown ones."""
    command = GetVariables(asked=(VariableQuery(name=INTERVAL), VariableQuery(name=OWN)))
    assert DIALECT.write_command(command) == (v16.GetConfigurationRequest(key=["HeartbeatInterval", "VendorKey"]),)
    assert DIALECT.write_command(GetVariables()) == (v16.GetConfigurationRequest(),)
    response = v16.GetConfigurationResponse(
        configuration_key=[
            v16.KeyValue(key="heartbeatinterval", readonly=False, value="300"),
            v16.KeyValue(key="AuthorizationKey", readonly=False),
        ],
        unknown_key=["VendorKey"],
    )
    secret = VariableName(component="SecurityCtrlr", variable="BasicAuthPassword")
    assert DIALECT.read_outcome(command, (response,)) == GetVariablesOutcome(
        results=(
            VariableResult(
                name=INTERVAL, status=VariableStatus.ACCEPTED, value="300", read_only=False, key="heartbeatinterval"
            ),
            VariableResult(name=secret, status=VariableStatus.REJECTED, read_only=False, key="AuthorizationKey"),
            VariableResult(name=OWN, status=VariableStatus.UNKNOWN_VARIABLE),
        )
    )


def test_a_list_of_everything_leaves_out_what_has_no_key() -> None:
    """A station's core knows variables that 1.6 cannot name."""
    power = VariableName(component="EVSE", variable="Power", evse=1)
    outcome = GetVariablesOutcome(
        results=(
            VariableResult(name=power, status=VariableStatus.ACCEPTED, value="11000"),
            VariableResult(name=INTERVAL, status=VariableStatus.ACCEPTED, value="300"),
            VariableResult(name=OWN, status=VariableStatus.UNKNOWN_VARIABLE),
        )
    )
    response = DIALECT.write_outcome(GetVariables(), outcome, v16.GetConfigurationRequest())
    assert response == v16.GetConfigurationResponse(
        configuration_key=[v16.KeyValue(key="HeartbeatInterval", readonly=False, value="300")]
    )


@pytest.mark.parametrize(
    ("status", "wire"),
    [
        (SetVariableStatus.ACCEPTED, "Accepted"),
        (SetVariableStatus.REJECTED, "Rejected"),
        (SetVariableStatus.REBOOT_REQUIRED, "RebootRequired"),
        (SetVariableStatus.UNKNOWN_VARIABLE, "NotSupported"),
        (SetVariableStatus.UNKNOWN_COMPONENT, "NotSupported"),
        (SetVariableStatus.NOT_SUPPORTED_ATTRIBUTE_TYPE, "NotSupported"),
    ],
)
@pytest.mark.req("1.6:5.3")
def test_what_became_of_a_key(status: SetVariableStatus, wire: str) -> None:
    """Six statuses of 2.x in four of 1.6."""
    command = SetVariables(settings=(VariableSetting(name=INTERVAL, value="60"),))
    outcome = SetVariablesOutcome(results=(SetVariableResult(name=INTERVAL, status=status),))
    (request,) = DIALECT.write_command(command)
    assert registry.encode(DIALECT.write_outcome(command, outcome, request)) == b'{"status":"%s"}' % wire.encode()


@pytest.mark.req("1.6:5.3")
def test_each_setting_is_a_message_of_its_own() -> None:
    """And the answers are one outcome, in order."""
    command = SetVariables(settings=(VariableSetting(name=INTERVAL, value="60"), VariableSetting(name=OWN, value="x")))
    requests = DIALECT.write_command(command)
    assert [DIALECT.read_command(heard(request)) for request in requests] == [
        SetVariables(settings=(setting,)) for setting in command.settings
    ]
    responses = (
        v16.ChangeConfigurationResponse(status="RebootRequired"),
        v16.ChangeConfigurationResponse(status="NotSupported"),
    )
    assert DIALECT.read_outcome(command, responses) == SetVariablesOutcome(
        results=(
            SetVariableResult(name=INTERVAL, status=SetVariableStatus.REBOOT_REQUIRED),
            SetVariableResult(name=OWN, status=SetVariableStatus.UNKNOWN_VARIABLE),
        )
    )
    assert SetVariableResult(name=OWN, status=SetVariableStatus.REJECTED).attribute is AttributeType.ACTUAL


# --- commands ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "wire"), [(ResetKind.IMMEDIATE, "Hard"), (ResetKind.ON_IDLE, "Soft")])
@pytest.mark.req("1.6:5.14")
def test_resets_are_hard_or_soft(kind: ResetKind, wire: str) -> None:
    """And one that is scheduled is accepted."""
    command = Reset(kind=kind)
    (request,) = DIALECT.write_command(command)
    assert registry.encode(request) == b'{"type":"%s"}' % wire.encode()
    response = DIALECT.write_outcome(command, ResetOutcome(status=ResetStatus.SCHEDULED), request)
    assert response == v16.ResetResponse(status="Accepted")


@pytest.mark.parametrize(
    ("message", "action", "wire"),
    [
        ("Heartbeat", "TriggerMessage", "Heartbeat"),
        ("DiagnosticsStatusNotification", "TriggerMessage", "DiagnosticsStatusNotification"),
        ("LogStatusNotification", "ExtendedTriggerMessage", "LogStatusNotification"),
        ("SignChargingStationCertificate", "ExtendedTriggerMessage", "SignChargePointCertificate"),
    ],
)
@pytest.mark.req("1.6:5.17")
def test_triggers_take_the_message_that_knows_them(message: str, action: str, wire: str) -> None:
    """The security extension has a trigger message of its own, and its own answer."""
    command = TriggerMessage(message=message)
    (request,) = DIALECT.write_command(command)
    assert registry.action_of(request).name == action
    assert b'"requestedMessage":"%s"' % wire.encode() in registry.encode(request)
    response = DIALECT.write_outcome(command, TriggerOutcome(status=TriggerStatus.NOT_IMPLEMENTED), request)
    assert registry.action_of(response).name == action


@pytest.mark.parametrize(
    ("status", "wire"),
    [
        (UnlockStatus.UNLOCKED, "Unlocked"),
        (UnlockStatus.UNLOCK_FAILED, "UnlockFailed"),
        (UnlockStatus.NOT_SUPPORTED, "NotSupported"),
        (UnlockStatus.ONGOING_AUTHORIZED_TRANSACTION, "UnlockFailed"),
        (UnlockStatus.UNKNOWN_CONNECTOR, "NotSupported"),
    ],
)
@pytest.mark.req("1.6:5.18")
def test_what_became_of_an_unlock(status: UnlockStatus, wire: str) -> None:
    """1.6 tells an unknown connector by NotSupported."""
    command = UnlockConnector(evse=1)
    (request,) = DIALECT.write_command(command)
    response = DIALECT.write_outcome(command, UnlockOutcome(status=status), request)
    assert registry.encode(response) == b'{"status":"%s"}' % wire.encode()


@pytest.mark.req("1.6:5.2")
def test_availability_of_connector_0_is_the_station_s() -> None:
    """And everything in it."""
    command = ChangeAvailability(operative=False, address=STATION)
    assert DIALECT.write_command(command) == (v16.ChangeAvailabilityRequest(connector_id=0, type="Inoperative"),)


@pytest.mark.req("1.6:5.11")
def test_a_remote_start_without_connector_leaves_the_choice() -> None:
    """The token's type and the request's own id have no place in 1.6."""
    command = RequestStart(id_token=IdToken(value="A", type="ISO14443"), remote_start_id=5)
    (request,) = DIALECT.write_command(command)
    assert request == v16.RemoteStartTransactionRequest(id_tag="A")
    assert DIALECT.read_command(heard(request)) == RequestStart(id_token=IdToken(value="A"))

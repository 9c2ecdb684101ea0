"""Where 2.x and the domain differ in more than names: defaults, addresses, and the words only one of the two versions has."""

from __future__ import annotations

from datetime import UTC, datetime
from types import ModuleType
from typing import Any, get_args

import msgspec
import pytest

from pilotwire.dialects.ocpp16.keys import VARIABLES
from pilotwire.dialects.ocpp201 import DIALECT as DIALECT_201
from pilotwire.domain.authorization import AuthorizationAsked, AuthorizationStatus, AuthorizationVerdict
from pilotwire.domain.availability import Activity, Availability, ChangeAvailability, ConnectorState, ConnectorStatus
from pilotwire.domain.device_model import GetVariables, VariableName, VariableQuery
from pilotwire.domain.identity import STATION, EvseAddress, IdToken
from pilotwire.domain.provisioning import BootReason, StationBooted, TriggerMessage
from pilotwire.domain.transactions import (
    ChargingState,
    EventKind,
    StoppedReason,
    TransactionEvent,
    TransactionVerdict,
    TriggerReason,
)
from pilotwire.ocpp import registry, v21, v201
from pilotwire.ocpp.version import OcppVersion
from tests.support.said import DIALECTS, ENUMS, V16, V21, V201, heard

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BOTH = pytest.mark.parametrize("version", [V201, V21], ids=str)
ROOMS: dict[OcppVersion, ModuleType] = {V201: v201, V21: v21}
EVENT: dict[str, Any] = {
    "eventType": "Updated",
    "timestamp": "2026-03-01T13:00:00+01:00",
    "triggerReason": "ChargingStateChanged",
    "seqNo": 3,
    "transactionInfo": {"transactionId": "4c1b5a1e", "chargingState": "Charging"},
}


def said(version: OcppVersion, action: str, payload: dict[str, Any]) -> Any:
    """The fact in a request as it comes off the wire."""
    request = registry.decode_request(version, action, msgspec.json.encode(payload))
    return DIALECTS[version].read_fact(request)


# --- transactions --------------------------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.req("E04.FR.03")
def test_an_event_that_does_not_say_offline_happened_online(version: OcppVersion) -> None:
    """The flag's default is false; and only true is written."""
    online, offline = (
        said(version, "TransactionEvent", EVENT),
        said(version, "TransactionEvent", EVENT | {"offline": True}),
    )
    assert (online.offline, offline.offline) == (False, True)
    assert b"offline" not in registry.encode(DIALECTS[version].write_fact(online))  # type: ignore[arg-type]
    assert b'"offline":true' in registry.encode(DIALECTS[version].write_fact(offline))  # type: ignore[arg-type]


@BOTH
def test_times_are_read_in_utc(version: OcppVersion) -> None:
    """Whatever the offset a station writes; so what is stored sorts."""
    fact = said(version, "TransactionEvent", EVENT)
    assert fact.at == NOON
    assert fact.at.tzinfo is UTC


@BOTH
@pytest.mark.req("E06.FR.09", "E07.FR.04")
def test_an_end_without_a_reason_is_local(version: OcppVersion) -> None:
    """The driver ended it at the station."""
    fact = said(version, "TransactionEvent", EVENT | {"eventType": "Ended"})
    assert (fact.kind, fact.stopped_reason) == (EventKind.ENDED, StoppedReason.LOCAL)


@BOTH
def test_an_update_has_no_reason_to_have_stopped(version: OcppVersion) -> None:
    """Even if a station puts one there."""
    info = {"transactionId": "4c1b5a1e", "stoppedReason": "Remote"}
    assert said(version, "TransactionEvent", EVENT | {"transactionInfo": info}).stopped_reason is None


@pytest.mark.parametrize(
    ("name", "ours"),
    [("TriggerReason", TriggerReason), ("Reason", StoppedReason), ("ChargingState", ChargingState)],
)
@BOTH
def test_every_word_of_an_event_is_known(version: OcppVersion, name: str, ours: type) -> None:
    """Each value of the version's list has its neutral word: no valid event is unreadable."""
    for word in get_args(getattr(ENUMS[version], name)):
        assert ours(word) == word


@pytest.mark.parametrize("trigger", list(TriggerReason))
def test_triggers_of_2_1_alone(trigger: TriggerReason) -> None:
    """2.1 can tell every trigger."""
    fact = TransactionEvent(kind=EventKind.UPDATED, transaction_id="t", at=NOON, trigger=trigger, seq_no=1)
    request = DIALECTS[V21].write_fact(fact)
    assert isinstance(request, v21.TransactionEventRequest)
    assert request.trigger_reason == trigger


@BOTH
def test_an_event_without_evse_has_no_address(version: OcppVersion) -> None:
    """The driver authorized before plugging in."""
    assert said(version, "TransactionEvent", EVENT).address is None
    at_two = said(version, "TransactionEvent", EVENT | {"evse": {"id": 2}})
    assert at_two.address == EvseAddress(evse=2)


@BOTH
@pytest.mark.req("E01.FR.12", "C09.FR.12")
def test_the_answer_to_an_event_has_status_and_group(version: OcppVersion) -> None:
    """And nothing at all for an event without token."""
    fact = said(version, "TransactionEvent", EVENT)
    group = IdToken(value="FLEET", type="Central")
    verdict = TransactionVerdict(
        transaction_id="4c1b5a1e",
        authorization=AuthorizationVerdict(status=AuthorizationStatus.EXPIRED, group=group),
    )
    response = DIALECTS[version].write_verdict(fact, verdict)
    assert registry.encode(response) == (
        b'{"idTokenInfo":{"status":"Expired","groupIdToken":{"idToken":"FLEET","type":"Central"}}}'
    )
    assert registry.encode(DIALECTS[version].write_verdict(fact, TransactionVerdict())) == b"{}"


# --- authorization -------------------------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("status", list(AuthorizationStatus))
@pytest.mark.req("C09.FR.10")
def test_every_status_is_told_by_its_name(version: OcppVersion, status: AuthorizationStatus) -> None:
    """2.x has all ten."""
    fact = AuthorizationAsked(id_token=IdToken(value="A", type="Central"))
    response: Any = DIALECTS[version].write_verdict(fact, AuthorizationVerdict(status=status))
    assert response.id_token_info.status == status


@BOTH
def test_a_token_whose_type_nobody_told_is_central(version: OcppVersion) -> None:
    """One the CSMS knows of, by the API or a 1.6 station."""
    request: Any = DIALECTS[version].write_fact(AuthorizationAsked(id_token=IdToken(value="A")))
    assert request.id_token.type == "Central"


# --- availability --------------------------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.req("G01.FR.01")
@pytest.mark.parametrize("availability", list(Availability))
def test_five_states_whatever_goes_on(version: OcppVersion, availability: Availability) -> None:
    """What 1.6 adds is not shown here."""
    state = ConnectorState(availability=availability, activity=Activity.CHARGING)
    request: Any = DIALECTS[version].write_fact(ConnectorStatus(address=EvseAddress(evse=2), at=NOON, state=state))
    assert (request.evse_id, request.connector_id, request.connector_status) == (2, 1, availability)


@BOTH
def test_what_2_x_does_not_show_is_not_said(version: OcppVersion) -> None:
    """From charging to suspended is quiet; so is the station as a whole."""
    charging = ConnectorState(availability=Availability.OCCUPIED, activity=Activity.CHARGING)
    waiting = ConnectorState(availability=Availability.OCCUPIED, activity=Activity.SUSPENDED_EV)
    free = ConnectorState(availability=Availability.AVAILABLE)
    address = EvseAddress(evse=1, connector=1)
    quiet = ConnectorStatus(address=address, at=NOON, state=waiting, previous=charging)
    said_aloud = ConnectorStatus(address=address, at=NOON, state=free, previous=charging)
    station = ConnectorStatus(address=STATION, at=NOON, state=free)
    dialect = DIALECTS[version]
    assert dialect.write_fact(quiet) is None
    assert dialect.write_fact(said_aloud) is not None
    assert dialect.write_fact(station) is None


@BOTH
def test_availability_of_the_station_names_no_evse(version: OcppVersion) -> None:
    """And no EVSE is read as the station."""
    command = ChangeAvailability(operative=False, address=STATION)
    (request,) = DIALECTS[version].write_command(command)
    assert registry.encode(request) == b'{"operationalStatus":"Inoperative"}'
    assert DIALECTS[version].read_command(heard(request)) == command


# --- provisioning and variables --------------------------------------------------------------------------------------------------------


@BOTH
def test_a_boot_whose_reason_nobody_told_is_unknown(version: OcppVersion) -> None:
    """A reason is required in 2.x."""
    fact = said(
        version, "BootNotification", {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}
    )
    assert fact.reason is BootReason.POWER_UP
    request: Any = DIALECTS[version].write_fact(StationBooted(station=fact.station))
    assert request.reason == "Unknown"


@pytest.mark.req("F06.FR.20")
def test_a_vendor_s_own_trigger() -> None:
    """It says in the vendor's words what it asks for."""
    request = v21.TriggerMessageRequest(requested_message="CustomTrigger", custom_trigger="blink")
    command = TriggerMessage(message="CustomTrigger", custom="blink")
    assert DIALECTS[V21].read_command(request) == command
    assert DIALECTS[V21].write_command(command) == (request,)


def test_what_1_6_calls_a_key_2_x_asks_for_as_a_variable() -> None:
    """The same command to a station of either version."""
    command = GetVariables(asked=tuple(VariableQuery(name=name) for name in VARIABLES.values()))
    (old,), (new,) = DIALECTS[V16].write_command(command), DIALECT_201.write_command(command)
    assert DIALECTS[V16].read_command(heard(old)) == DIALECT_201.read_command(heard(new)) == command


@BOTH
def test_a_variable_of_a_connector(version: OcppVersion) -> None:
    """All six parts of a name."""
    name = VariableName(
        component="Connector",
        component_instance="left",
        variable="Available",
        variable_instance="x",
        evse=1,
        connector=2,
    )
    (request,) = DIALECTS[version].write_command(GetVariables(asked=(VariableQuery(name=name),)))
    assert registry.encode(request) == (
        b'{"getVariableData":[{"component":{"name":"Connector","evse":{"id":1,"connectorId":2},"instance":"left"},'
        b'"variable":{"name":"Available","instance":"x"}}]}'
    )
    assert str(name) == "Connector[left].Available[x]"


# --- ad hoc payment ------------------------------------------------------------------------------------------------------------------


@BOTH
def test_a_payment_is_said_to_be_an_id_of_the_station_where_there_is_no_word_for_it(version: OcppVersion) -> None:
    """2.0.1 has no DirectPayment: a transaction that is paid ad hoc is told all the same."""
    paid = IdToken(value="PSP-1", type="DirectPayment")
    event = TransactionEvent(
        kind=EventKind.UPDATED, transaction_id="t", at=NOON, trigger=TriggerReason.AUTHORIZED, seq_no=1, id_token=paid
    )
    for fact in (event, AuthorizationAsked(id_token=paid)):
        written: Any = DIALECTS[version].write_fact(fact)
        assert written.id_token.type == ("DirectPayment" if version is V21 else "Local")

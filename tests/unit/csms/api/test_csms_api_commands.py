"""Commands over the API: domain terms in, the station's answer or its error out."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.csms.commands import AnswerUnusable, CommandRefused, CommandTimedOut, NotPermitted
from pilotwire.domain.authorization import ClearCache, ClearCacheOutcome
from pilotwire.domain.availability import ChangeAvailability, ChangeAvailabilityOutcome, ChangeAvailabilityStatus
from pilotwire.domain.data_transfer import DataTransferStatus, SendData, SendDataOutcome
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
from pilotwire.domain.kinds import Command, Outcome
from pilotwire.domain.provisioning import (
    Reset,
    ResetKind,
    ResetOutcome,
    ResetStatus,
    TriggerMessage,
    TriggerOutcome,
    TriggerStatus,
)
from pilotwire.domain.remote_control import (
    RequestStart,
    RequestStartOutcome,
    RequestStatus,
    RequestStop,
    RequestStopOutcome,
    UnlockConnector,
    UnlockOutcome,
    UnlockStatus,
)
from pilotwire.errors import NotReachable, NotSayable, PilotwireError
from tests.support.api_rooms import ApiRooms, api_of, client_of

INTERVAL = VariableName(component="OCPPCommCtrlr", variable="HeartbeatInterval")
ON_EVSE = VariableName(
    component="Connector", variable="Available", component_instance="a", variable_instance="b", evse=1, connector=2
)
ON_EVSE_JSON = {
    "component": {"name": "Connector", "instance": "a", "evse": {"id": 1, "connectorId": 2}},
    "variable": {"name": "Available", "instance": "b"},
}
INTERVAL_JSON = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}

SAID: list[tuple[str, object, Command, Outcome, dict[str, Any]]] = [
    (
        "reset",
        {"type": "OnIdle", "evseId": 2},
        Reset(kind=ResetKind.ON_IDLE, evse=2),
        ResetOutcome(status=ResetStatus.SCHEDULED),
        {"status": "Scheduled"},
    ),
    (
        "unlock",
        {"evseId": 2},
        UnlockConnector(evse=2, connector=1),
        UnlockOutcome(status=UnlockStatus.UNLOCKED),
        {"status": "Unlocked"},
    ),
    (
        "request-start",
        {"idToken": {"idToken": "A", "type": "Central"}, "evseId": 1, "remoteStartId": 7},
        RequestStart(id_token=IdToken(value="A", type="Central"), remote_start_id=7, evse=1),
        RequestStartOutcome(status=RequestStatus.ACCEPTED, transaction_id="tx"),
        {"status": "Accepted", "transactionId": "tx", "remoteStartId": 7},
    ),
    (
        "request-stop",
        {"transactionId": "tx"},
        RequestStop(transaction_id="tx"),
        RequestStopOutcome(status=RequestStatus.REJECTED),
        {"status": "Rejected"},
    ),
    (
        "change-availability",
        {"operationalStatus": "Inoperative", "evse": {"id": 1, "connectorId": 2}},
        ChangeAvailability(operative=False, address=EvseAddress(evse=1, connector=2)),
        ChangeAvailabilityOutcome(status=ChangeAvailabilityStatus.ACCEPTED),
        {"status": "Accepted"},
    ),
    (
        "change-availability",
        {"operationalStatus": "Operative"},
        ChangeAvailability(operative=True, address=STATION),
        ChangeAvailabilityOutcome(status=ChangeAvailabilityStatus.SCHEDULED),
        {"status": "Scheduled"},
    ),
    (
        "trigger-message",
        {"requestedMessage": "StatusNotification", "evse": {"id": 1}},
        TriggerMessage(message="StatusNotification", address=EvseAddress(evse=1)),
        TriggerOutcome(status=TriggerStatus.NOT_IMPLEMENTED),
        {"status": "NotImplemented"},
    ),
    ("clear-cache", None, ClearCache(), ClearCacheOutcome(accepted=False), {"status": "Rejected"}),
    (
        "data-transfer",
        {"vendorId": "org.example", "messageId": "m", "data": {"n": [1, None]}},
        SendData(vendor_id="org.example", message_id="m", data={"n": [1, None]}),
        SendDataOutcome(status=DataTransferStatus.ACCEPTED, data={"ok": True}),
        {"status": "Accepted", "data": {"ok": True}},
    ),
    (
        "get-variables",
        {"getVariableData": [INTERVAL_JSON, ON_EVSE_JSON | {"attributeType": "Target"}]},
        GetVariables(asked=(VariableQuery(name=INTERVAL), VariableQuery(name=ON_EVSE, attribute=AttributeType.TARGET))),
        GetVariablesOutcome(
            results=(
                VariableResult(name=INTERVAL, status=VariableStatus.ACCEPTED, value="300", read_only=False),
                VariableResult(name=ON_EVSE, status=VariableStatus.UNKNOWN_VARIABLE, attribute=AttributeType.TARGET),
            )
        ),
        {
            "getVariableResult": [
                INTERVAL_JSON
                | {
                    "attributeType": "Actual",
                    "attributeStatus": "Accepted",
                    "attributeValue": "300",
                    "readOnly": False,
                    "key": None,
                },
                ON_EVSE_JSON
                | {
                    "attributeType": "Target",
                    "attributeStatus": "UnknownVariable",
                    "attributeValue": None,
                    "readOnly": None,
                    "key": None,
                },
            ]
        },
    ),
    (
        "set-variables",
        {"setVariableData": [INTERVAL_JSON | {"attributeValue": "60"}]},
        SetVariables(settings=(VariableSetting(name=INTERVAL, value="60"),)),
        SetVariablesOutcome(results=(SetVariableResult(name=INTERVAL, status=SetVariableStatus.REBOOT_REQUIRED),)),
        {"setVariableResult": [INTERVAL_JSON | {"attributeType": "Actual", "attributeStatus": "RebootRequired"}]},
    ),
]


@pytest.mark.parametrize(("verb", "body", "command", "outcome", "answer"), SAID)
async def test_a_command_and_its_answer(
    verb: str, body: object, command: Command, outcome: Outcome, answer: dict[str, Any]
) -> None:
    """What is asked in JSON is given to the station as a command, and its outcome comes back as JSON."""
    rooms = ApiRooms()
    rooms.bus.connect("CS-1")
    rooms.bus.answers[type(command)] = outcome
    async with client_of(api_of(rooms)) as client:
        response = await client.post(f"/stations/CS-1/commands/{verb}", json=body)
    assert response.json() == answer
    assert response.status_code == 200
    assert rooms.bus.commands == [("CS-1", command)]


async def test_a_remote_start_id_is_chosen_if_none_is_given() -> None:
    """It is told, so that the transaction that comes of it can be recognised."""
    rooms = ApiRooms()
    rooms.bus.connect("CS-1")
    rooms.bus.answers[RequestStart] = RequestStartOutcome(status=RequestStatus.ACCEPTED)
    async with client_of(api_of(rooms)) as client:
        url = "/stations/CS-1/commands/request-start"
        chosen = (await client.post(url, json={"idToken": {"idToken": "A"}})).json()["remoteStartId"]
    (_, command) = rooms.bus.commands[0]
    assert isinstance(command, RequestStart)
    assert command.remote_start_id == chosen > 0


ERRORS: list[tuple[PilotwireError, int, str]] = [
    (CommandTimedOut("station 'CS-1' did not answer Reset in time."), 504, "station-timeout"),
    (NotReachable("station 'CS-1' is not connected."), 409, "not-connected"),
    (NotPermitted("station 'CS-1' was rejected.", "Accept it."), 409, "not-permitted"),
    (NotSayable("OCPP 1.6 cannot reset one EVSE.", "Reset the station."), 422, "not-sayable"),
    (AnswerUnusable("station 'CS-1' answered nonsense."), 502, "unusable-answer"),
    (CommandRefused("NotSupported", "no", {}), 502, "station-error"),
]


@pytest.mark.parametrize(("error", "status", "kind"), ERRORS)
async def test_what_goes_wrong_has_a_status_and_a_sentence(error: PilotwireError, status: int, kind: str) -> None:
    """Each way a command may fail is told apart, with the sentence and the remedy of the error."""
    rooms = ApiRooms()
    rooms.bus.connect("CS-1")
    rooms.bus.answers[Reset] = error
    async with client_of(api_of(rooms)) as client:
        response = await client.post("/stations/CS-1/commands/reset", json={"type": "Immediate"})
    problem = response.json()
    assert response.status_code == problem["status"] == status
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"urn:pilotwire:problem:{kind}"
    assert (problem["detail"], problem["remedy"]) == (error.what, error.remedy)


async def test_a_stations_error_is_given_on_as_it_was() -> None:
    """Code, description and details of a CALLERROR are in the problem."""
    rooms = ApiRooms()
    rooms.bus.connect("CS-1")
    rooms.bus.answers[Reset] = CommandRefused("InternalError", "out of \ud800 luck", {"hint": {"deep": [1]}})
    async with client_of(api_of(rooms)) as client:
        problem = (await client.post("/stations/CS-1/commands/reset", json={"type": "Immediate"})).json()
    assert problem["code"] == "InternalError"
    assert problem["description"] == "out of \ud800 luck"
    assert problem["details"] == {"hint": {"deep": [1]}}


@pytest.mark.parametrize(
    ("verb", "body", "where"),
    [
        ("reset", {"type": "Hard"}, "body.type"),
        ("reset", {}, "body.type"),
        ("unlock", {"evseId": 0}, "body.evseId"),
        ("unlock", {"evseId": "1"}, "body.evseId"),
        ("request-stop", {"transactionId": ""}, "body.transactionId"),
        ("set-variables", {"setVariableData": []}, "body.setVariableData"),
        ("request-start", {"idToken": {"idToken": "A", "kind": "x"}}, "body.idToken.kind"),
    ],
)
async def test_a_wrong_command_reaches_no_station(verb: str, body: object, where: str) -> None:
    """The field that is wrong is named and nothing is sent."""
    rooms = ApiRooms()
    rooms.bus.connect("CS-1")
    async with client_of(api_of(rooms)) as client:
        refused = await client.post(f"/stations/CS-1/commands/{verb}", json=body)
    assert refused.status_code == 422
    assert [each["where"] for each in refused.json()["errors"]] == [where]
    assert rooms.bus.commands == []


@pytest.mark.parametrize("data", ['"\\ud800"', "NaN", "[" * 500 + "]" * 500 + "x", "[" * 900 + "]" * 900])
async def test_vendor_data_nobody_can_send(data: str) -> None:
    """Half a character, no number, broken or bottomless JSON: a sentence, and no station hears of it."""
    rooms = ApiRooms()
    rooms.bus.connect("CS-1")
    rooms.bus.answers[SendData] = SendDataOutcome(status=DataTransferStatus.ACCEPTED)
    async with client_of(api_of(rooms)) as client:
        body = f'{{"vendorId": "v", "data": {data}}}'
        headers = {"content-type": "application/json"}
        response = await client.post("/stations/CS-1/commands/data-transfer", content=body, headers=headers)
    if data.startswith("[" * 900):
        assert response.status_code in (200, 422)
    else:
        assert response.status_code == 422
        assert rooms.bus.commands == []


async def test_vendor_data_of_a_station_nobody_can_give_on() -> None:
    """What a station answers is not trusted to be JSON all the way down."""
    bottomless: list[Any] = []
    for _ in range(5000):
        bottomless = [bottomless]
    rooms = ApiRooms()
    rooms.bus.connect("CS-1")
    rooms.bus.answers[SendData] = SendDataOutcome(status=DataTransferStatus.ACCEPTED, data=bottomless)
    async with client_of(api_of(rooms)) as client:
        response = await client.post("/stations/CS-1/commands/data-transfer", json={"vendorId": "v"})
    assert response.status_code == 502
    assert response.json()["type"] == "urn:pilotwire:problem:unusable-answer"

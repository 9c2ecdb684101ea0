"""Reports and the status of transactions over the API: what goes to the station, and what comes of its parts."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.csms.reports import MOST_ENTRIES
from pilotwire.domain import device_model as dm
from pilotwire.domain.kinds import Command, Outcome
from pilotwire.domain.transactions import GetTransactionStatus, TransactionStatusOutcome
from tests.support import report_examples
from tests.support.api_rooms import ApiRooms, FakeBus, api_of, client_of

FULL = {"reportBase": "FullInventory"}
_, EXAMPLE = report_examples.FACTS["NotifyReport"][0]
assert isinstance(EXAMPLE, dm.ReportPart)
VARIABLES, AT = EXAMPLE.variables, EXAMPLE.generated_at


class ReportingBus(FakeBus):
    """Stations whose parts come with their answer: so many variables each, the last one without `more` if there is an end."""

    def __init__(self, rooms: ApiRooms, *sizes: int, endless: bool = False) -> None:
        super().__init__()
        self._rooms, self._sizes, self._endless = rooms, sizes, endless

    async def call(self, station: str, command: Command, *, timeout: float | None = None) -> Outcome:
        """Say all parts, then answer."""
        assert isinstance(command, dm.GetBaseReport | dm.GetReport)
        self.commands.append((station, command))
        for number, size in enumerate(self._sizes):
            more = self._endless or number < len(self._sizes) - 1
            told = (VARIABLES * size)[:size]
            part = dm.ReportPart(
                request_id=command.request_id,
                seq_no=number,
                generated_at=AT,
                variables=told,
                more=more,
            )
            self._rooms.commander.reports.put(station, part, number=part.seq_no, entries=len(part.variables))
        return dm.ReportOutcome(status=dm.ReportStatus.ACCEPTED)


def _rooms(*sizes: int, endless: bool = False) -> ApiRooms:
    rooms = ApiRooms(call_timeout=0.02)
    rooms.bus = ReportingBus(rooms, *sizes, endless=endless)
    rooms.commander._bus = rooms.bus
    return rooms


async def _ask(rooms: ApiRooms, verb: str, body: dict[str, Any]) -> Any:
    rooms.bus.connect("CS-1")
    async with client_of(api_of(rooms)) as client:
        return await client.post(f"/stations/CS-1/commands/{verb}", json=body)


async def test_a_report_is_given_as_one_whatever_its_parts() -> None:
    """Its variables in order, with what the station told of each."""
    rooms = _rooms(2, 1)
    answer = await _ask(rooms, "get-base-report", FULL)
    assert answer.status_code == 200, answer.text
    report = answer.json()
    ((_, command),) = rooms.bus.commands
    assert command == dm.GetBaseReport(request_id=report["requestId"], base=dm.ReportBase.FULL_INVENTORY)
    assert (report["status"], report["generatedAt"]) == ("Accepted", "2026-03-01T12:00:00Z")
    first, second, third = report["reportData"]
    assert (
        first
        == third
        == {
            "component": {"name": "OCPPCommCtrlr"},
            "variable": {"name": "MessageTimeout", "instance": "Default"},
            "variableAttribute": [
                {"type": "Actual", "value": "30", "mutability": "ReadOnly", "persistent": True, "constant": True},
                {"type": "MaxSet", "value": None, "mutability": "ReadWrite", "persistent": False, "constant": False},
            ],
            "variableCharacteristics": {
                "dataType": "integer",
                "supportsMonitoring": True,
                "unit": "s",
                "minLimit": 1,
                "maxLimit": 99.5,
                "valuesList": None,
            },
        }
    )
    assert second["component"] == {"name": "EVSE", "instance": "left", "evse": {"id": 1, "connectorId": 2}}


async def test_criteria_and_names_go_to_the_station() -> None:
    """As they were asked for; what is left out stays out."""
    rooms = _rooms(0)
    payload, command = report_examples.COMMANDS["GetReport"][1]
    body = {name: value for name, value in payload.items() if name != "requestId"}
    report = (await _ask(rooms, "get-report", body)).json()
    ((_, given),) = rooms.bus.commands
    assert isinstance(given, dm.GetReport)
    assert isinstance(command, dm.GetReport)
    assert (given.criteria, given.variables) == (command.criteria, command.variables)
    assert report["reportData"] == []


@pytest.mark.parametrize("status", [each for each in dm.ReportStatus if each is not dm.ReportStatus.ACCEPTED])
async def test_a_station_that_does_not_report_is_not_waited_for(status: dm.ReportStatus) -> None:
    """Its answer is a good one."""
    rooms = ApiRooms(call_timeout=600)
    rooms.bus.answers[dm.GetReport] = dm.ReportOutcome(status=status)
    answer = await _ask(rooms, "get-report", {})
    assert answer.status_code == 200
    told = answer.json()
    assert (told["status"], told["generatedAt"], told["reportData"]) == (status.value, None, [])


@pytest.mark.parametrize(("sizes", "missing"), [((), 0), ((1,), 1)])
async def test_a_part_that_does_not_come_is_a_timeout(sizes: tuple[int, ...], missing: int) -> None:
    """504, with the number of the part."""
    answer = await _ask(_rooms(*sizes, endless=True), "get-base-report", FULL)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (504, "urn:pilotwire:problem:station-timeout")
    assert f"its part {missing} did not come" in problem["detail"]


async def test_a_report_without_an_end_cannot_be_used() -> None:
    """502, before it fills the memory."""
    answer = await _ask(_rooms(MOST_ENTRIES + 1, endless=True), "get-base-report", FULL)
    assert answer.status_code == 502
    assert "without an end" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("verb", "body", "where"),
    [
        ("get-base-report", {}, "body.reportBase"),
        ("get-base-report", {"reportBase": "Everything"}, "body.reportBase"),
        ("get-report", {"componentCriteria": ["Broken"]}, "body.componentCriteria.0"),
        ("get-report", {"componentVariable": [{"component": {"name": ""}}]}, "body.componentVariable.0.component.name"),
        ("get-transaction-status", {"transactionId": ""}, "body.transactionId"),
    ],
)
async def test_a_wrong_wish_reaches_no_station(verb: str, body: dict[str, Any], where: str) -> None:
    """The field that is wrong is named and nothing is sent."""
    rooms = ApiRooms()
    answer = await _ask(rooms, verb, body)
    assert answer.status_code == 422
    assert [each["where"] for each in answer.json()["errors"]] == [where]
    assert rooms.bus.commands == []


@pytest.mark.parametrize(
    ("body", "command", "outcome", "told"),
    [
        (
            {"transactionId": "tx"},
            GetTransactionStatus(transaction_id="tx"),
            TransactionStatusOutcome(messages_in_queue=True, ongoing=False),
            {"ongoingIndicator": False, "messagesInQueue": True},
        ),
        (
            {},
            GetTransactionStatus(),
            TransactionStatusOutcome(messages_in_queue=False),
            {"ongoingIndicator": None, "messagesInQueue": False},
        ),
    ],
)
async def test_the_status_of_a_transaction(
    body: dict[str, Any], command: Command, outcome: Outcome, told: dict[str, Any]
) -> None:
    """Of one that was named, or of the queue alone."""
    rooms = ApiRooms()
    rooms.bus.answers[GetTransactionStatus] = outcome
    answer = await _ask(rooms, "get-transaction-status", body)
    assert (answer.status_code, answer.json()) == (200, told)
    assert rooms.bus.commands == [("CS-1", command)]

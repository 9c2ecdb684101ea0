"""Display messages and customer information over the API: what is kept, what is not, and what is refused before a station hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pilotwire import cli
from pilotwire.csms.handlers.desk import Desk, Policy
from pilotwire.csms.handlers.display import part
from pilotwire.csms.store.ports import BookEvent
from pilotwire.domain import customer_information as cust
from pilotwire.domain import display as dis
from tests.support.api_rooms import NOON, ApiRooms, api_of, client_of, ended, served

TEXT = {"content": "Hello"}
ACCEPTED = dis.SetDisplayMessageOutcome(status=dis.SetDisplayMessageStatus.ACCEPTED)


def connected() -> ApiRooms:
    """A CSMS with one station that shows what it is told."""
    rooms = ApiRooms()
    rooms.bus.connect("CS-1")
    rooms.bus.answers[dis.SetDisplayMessage] = ACCEPTED
    return rooms


async def kept(api: Any, **query: Any) -> list[Any]:
    """The messages on record."""
    answer = await api.get("/stations/CS-1/display-messages", params=query)
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


async def show(api: Any, number: int, **more: Any) -> Any:
    """Show a message."""
    body = {"id": number, "message": TEXT} | more
    return await api.post("/stations/CS-1/commands/set-display-message", json=body)


@pytest.mark.req("O06.FR.01", "O01.FR.16")
async def test_what_a_station_accepts_is_on_record_until_it_gives_it_up() -> None:
    """Replaced by id, by another that is always in front, or cleared; what it rejects never is."""
    rooms = connected()
    async with client_of(api_of(rooms)) as api:
        for number in (10, 9):
            assert (await show(api, number)).json() == {"status": "Accepted"}
        await show(api, 9, message={"content": "New"}, priority="AlwaysFront")
        await show(api, 11, priority="AlwaysFront")
        assert [each["id"] for each in await kept(api)] == [10, 11]
        assert [each["id"] for each in await kept(api, after=10)] == [11]
        rooms.bus.answers[dis.SetDisplayMessage] = dis.SetDisplayMessageOutcome(
            status=dis.SetDisplayMessageStatus.NOT_SUPPORTED_STATE
        )
        assert (await show(api, 12)).json() == {"status": "NotSupportedState"}
        for status, left in (("Rejected", [10, 11]), ("Unknown", [11])):
            rooms.bus.answers[dis.ClearDisplayMessage] = dis.ClearDisplayMessageOutcome(
                status=dis.ClearDisplayMessageStatus(status)
            )
            answer = await api.post("/stations/CS-1/commands/clear-display-message", json={"id": 10})
            assert answer.json() == {"status": status}
            assert [each["id"] for each in await kept(api)] == left


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"endDateTime": "2026-01-31T12:00:00Z"}, "body.endDateTime"),
        ({"startDateTime": "2030-01-31T12:00:00Z", "endDateTime": "2030-01-31T11:00:00Z"}, "body.endDateTime"),
        ({"transactionId": "tx-1"}, "body.transactionId"),
        ({"messageExtra": [{"content": "Hallo"}]}, "body.messageExtra"),
    ],
)
async def test_what_is_pointless_is_not_sent(more: dict[str, Any], where: str) -> None:
    """The field is named, and the station hears nothing."""
    rooms = connected()
    await rooms.keep(BookEvent(station="CS-1", event=ended(), received_at=NOON))
    async with client_of(api_of(rooms)) as api:
        answer = await show(api, 1, **more)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["where"] == where
        assert await kept(api) == []
    assert rooms.bus.commands == []


@pytest.mark.req("O03.FR.06", "O04.FR.02")
async def test_what_a_station_reports_counts() -> None:
    """It is on record; what was asked for and not reported goes; what was not asked for stays."""
    rooms = connected()
    desk = Desk(rooms.journal, rooms.store, rooms.clock, Policy(), rooms.commander.reports)
    reported = dis.DisplayMessage(
        message_id=3, priority=dis.MessagePriority.IN_FRONT, text=dis.DisplayText(content="Three")
    )
    async with client_of(api_of(rooms)) as api:
        await show(api, 1, priority="InFront")
        await show(api, 2)
        rooms.clock.advance(1)
        await part(desk, "CS-1", dis.DisplayMessagesPart(request_id=5, messages=(reported,)), "m")
        assert [(each["id"], each["setAt"] is None) for each in await kept(api)] == [(1, False), (2, False), (3, True)]
        rooms.clock.advance(1)
        rooms.bus.answers[dis.GetDisplayMessages] = dis.GetDisplayMessagesOutcome(
            status=dis.GetDisplayMessagesStatus.UNKNOWN
        )
        answer = await api.post("/stations/CS-1/commands/get-display-messages", json={"priority": "InFront"})
        assert (answer.json()["status"], answer.json()["messageInfo"]) == ("Unknown", [])
        assert [each["id"] for each in await kept(api)] == [2]


@pytest.mark.req("N09.FR.09", "N09.FR.07")
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"idToken": {"idToken": "A"}, "customerIdentifier": "B"},
        {"customerIdentifier": "B", "report": False, "clear": False},
    ],
)
async def test_what_a_station_would_decline_is_not_asked(body: dict[str, Any]) -> None:
    """A customer is named in exactly one way, and something is wanted."""
    rooms = connected()
    async with client_of(api_of(rooms)) as api:
        answer = await api.post("/stations/CS-1/commands/customer-information", json=body)
        assert answer.status_code == 422, answer.text
        asked = await api.get("/stations/CS-1/customer-information-requests")
    assert (rooms.bus.commands, asked.json()["items"]) == ([], [])


async def test_that_somebody_asked_is_kept_but_not_about_whom() -> None:
    """With the answer, or without if there was none."""
    rooms = connected()
    async with client_of(api_of(rooms)) as api:
        body = {"customerIdentifier": "SECRET-17", "clear": True}
        path = "/stations/CS-1/commands/customer-information"
        assert (await api.post(path, json=body)).status_code == 409
        rooms.bus.answers[cust.CustomerInformation] = cust.CustomerInformationOutcome(
            status=cust.CustomerInformationStatus.REJECTED
        )
        assert (await api.post(path, json=body)).json()["status"] == "Rejected"
        asked = await api.get("/stations/CS-1/customer-information-requests")
    shown = [(each["status"], each["report"], each["clear"]) for each in asked.json()["items"]]
    assert shown == [("Rejected", True, True), (None, True, True)]
    assert "SECRET-17" not in asked.text


Run = Callable[..., Result]


@pytest.fixture
def cli_rooms() -> ApiRooms:
    """The CSMS that the command line speaks to."""
    return connected()


@pytest.fixture
def run(cli_rooms: ApiRooms) -> Iterator[Run]:
    """Runs the command line against it."""
    with served(api_of(cli_rooms)) as url:
        env = {"PILOTWIRE_URL": url, "COLUMNS": "200", "TERM": "dumb"}
        yield lambda *words: CliRunner().invoke(cli.app, list(words), env=env)


def test_the_command_line_shows_lists_and_clears(cli_rooms: ApiRooms, run: Run) -> None:
    """And says no with exit code 1."""
    done = run("display", "set", "CS-1", "7", "Mind the step", "--language", "en", "--until", "2030-01-31T20:00:00Z")
    assert (done.exit_code, done.stdout) == (0, "Station CS-1 shows message 7.\n"), done.output
    assert isinstance(cli_rooms.bus.commands[0][1], dis.SetDisplayMessage)
    assert cli_rooms.bus.commands[0][1].message.end_at == NOON.replace(year=2030, hour=20)
    listed = run("display", "list", "CS-1")
    assert "Mind the step" in listed.stdout
    assert "2030-01-31 20:00:00" in listed.stdout
    cli_rooms.bus.answers[dis.GetDisplayMessages] = dis.GetDisplayMessagesOutcome(
        status=dis.GetDisplayMessagesStatus.UNKNOWN
    )
    asyncio.run(_later(cli_rooms))
    assert run("display", "list", "CS-1", "--ask").stdout == "There are no messages.\n"
    cli_rooms.bus.answers[dis.ClearDisplayMessage] = dis.ClearDisplayMessageOutcome(
        status=dis.ClearDisplayMessageStatus.UNKNOWN
    )
    assert run("display", "clear", "CS-1", "7").exit_code == 1


async def _later(rooms: ApiRooms) -> None:
    rooms.clock.advance(timedelta(seconds=1).total_seconds())

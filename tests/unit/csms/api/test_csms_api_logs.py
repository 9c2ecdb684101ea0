"""Asking for logs by REST: records of what was asked and of what came of it."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.csms.api.events import EventType, Selection
from pilotwire.csms.commands import AnswerUnusable, CommandRefused, CommandTimedOut, NotPermitted
from pilotwire.csms.registers.logs import KEYS, LOGS, NOTIFICATIONS, StatusNotification
from pilotwire.csms.store.ports import KeepSecurityEvent, Page, Scope
from pilotwire.domain.diagnostics import GetLog, GetLogOutcome, LogStatus, LogType, UploadStatus
from pilotwire.domain.security import SecurityEvent
from pilotwire.errors import NotSayable
from tests.support.api_rooms import NOON, ApiRooms, api_of, client_of

ACCEPTED = GetLogOutcome(status=LogStatus.ACCEPTED, file_name="log.zip")
REFUSED = CommandRefused("NotSupported", "no", {})
PATH = "/stations/CS-1/commands/get-log"


def _rooms(*answers: Any, **settings: Any) -> ApiRooms:
    rooms = ApiRooms(**settings)
    rooms.bus.connect("CS-1", "1.6")
    rooms.bus.answers[GetLog] = answers[0] if answers else ACCEPTED
    return rooms


async def _ask(rooms: ApiRooms, body: Any = None, **headers: str) -> Any:
    async with client_of(api_of(rooms), **headers) as api:
        return await api.post(PATH, json=body or {})


async def _logs(rooms: ApiRooms) -> list[Any]:
    async with client_of(api_of(rooms)) as api:
        items: list[Any] = (await api.get("/stations/CS-1/logs")).json()["items"]
        return items


def _said(rooms: ApiRooms) -> GetLog:
    command = rooms.bus.commands[-1][1]
    assert isinstance(command, GetLog)
    return command


async def test_what_was_asked_is_on_record() -> None:
    """By whom, when, for what; a password in somebody's URL is not shown, but sent."""
    rooms = _rooms(no_auth=False)
    await rooms.key(Scope.ADMIN, "root")
    wanted = {
        "logType": "SecurityLog",
        "oldestTimestamp": "2026-01-01T00:00:00Z",
        "retries": 3,
        "retryInterval": 60,
        "remoteLocation": "ftp://ann:secret@logs.example/",
    }
    response = await _ask(rooms, wanted, authorization="Bearer root")
    assert response.status_code == 200, response.text
    assert response.json()["remoteLocation"] == "ftp://ann:***@logs.example/"
    assert _said(rooms).remote_location == wanted["remoteLocation"]
    assert _said(rooms).log_type is LogType.SECURITY
    (record,) = await rooms.store.records(LOGS, "CS-1")
    assert (record.asked_by, record.asked_at, record.retries, record.retry_interval) == ("admin", NOON, 3, 60)
    assert record.remote_location == "ftp://ann:***@logs.example/"
    assert record.protocol is None
    assert await rooms.store.records(KEYS) == []


@pytest.mark.parametrize(
    ("error", "status", "kept"),
    [
        (NotSayable("no", "no"), 422, False),
        (NotPermitted("no"), 409, False),
        (REFUSED, 502, True),
        (CommandTimedOut("late"), 504, True),
        (AnswerUnusable("odd"), 502, True),
    ],
)
async def test_what_was_never_sent_is_not_kept(error: Exception, status: int, kept: bool) -> None:
    """What was sent is, with what went wrong. A station that refused cannot upload; one that did not answer can."""
    rooms = _rooms(error)
    assert (await _ask(rooms)).status_code == status
    logs = await _logs(rooms)
    (key,) = await rooms.store.records(KEYS)
    assert bool(logs) is kept
    assert (key.ended_at is None) is (status in (502, 504) and error is not REFUSED)
    if kept:
        assert logs[0]["error"]
        assert logs[0]["open"] is (error is not REFUSED)


@pytest.mark.req("N01.FR.05")
async def test_a_station_that_rejects_cannot_upload() -> None:
    """The secret it was given is dead."""
    rooms = _rooms(GetLogOutcome(status=LogStatus.REJECTED))
    assert (await _ask(rooms)).json()["status"] == "Rejected"
    (key,) = await rooms.store.records(KEYS)
    assert key.ended_at == NOON
    assert (await _logs(rooms))[0]["open"] is False


@pytest.mark.req("N01.FR.12")
async def test_a_new_request_cancels_the_one_before() -> None:
    """If the station says so; what is over stays as it was."""
    rooms = _rooms()
    await _ask(rooms)
    await _ask(rooms)
    assert [each["canceled"] for each in await _logs(rooms)] == [False, False]
    rooms.bus.answers[GetLog] = GetLogOutcome(status=LogStatus.ACCEPTED_CANCELED)
    await _ask(rooms)
    logs = await _logs(rooms)
    assert [each["canceled"] for each in logs] == [False, True, True]
    assert [each["open"] for each in logs] == [True, False, False]
    assert [each["requestId"] for each in logs] == sorted((each["requestId"] for each in logs), reverse=True)


@pytest.mark.parametrize("said", [True, False])
async def test_who_asks_may_choose_the_message_of_1_6(said: bool) -> None:
    """Both can be said."""
    rooms = _rooms()
    await _ask(rooms, {"withSecurityExtension": said})
    assert _said(rooms).with_security_extension is said


async def test_else_it_is_chosen_by_what_the_station_has_shown() -> None:
    """A security event, a LogStatusNotification, or an answer to GetLog."""
    notification = StatusNotification(status=UploadStatus.IDLE, with_security_extension=True)
    event = KeepSecurityEvent(station="CS-1", event=SecurityEvent(type="T", at=NOON), received_at=NOON)
    for shown in (event, NOTIFICATIONS.keep("CS-1", NOON, notification)):
        rooms = _rooms()
        await _ask(rooms)
        assert _said(rooms).with_security_extension is False
        await rooms.keep(shown)
        await _ask(rooms)
        assert _said(rooms).with_security_extension is True
    rooms = _rooms(REFUSED)
    await _ask(rooms, {"logType": "SecurityLog"})
    await _ask(rooms)
    assert _said(rooms).with_security_extension is False
    rooms.bus.answers[GetLog] = ACCEPTED
    await _ask(rooms, {"logType": "SecurityLog"})
    await _ask(rooms)
    assert _said(rooms).with_security_extension is True


async def test_lists_come_in_pages_and_unknown_things_are_not_found() -> None:
    """As everywhere in the API."""
    rooms = _rooms()
    for _ in range(3):
        await _ask(rooms)
    async with client_of(api_of(rooms)) as api:
        first = (await api.get("/stations/CS-1/logs", params={"limit": 2})).json()
        rest = (await api.get("/stations/CS-1/logs", params={"limit": 2, "after": first["nextCursor"]})).json()
        numbers = [each["requestId"] for each in first["items"] + rest["items"]]
        assert len(set(numbers)) == 3
        assert rest["nextCursor"] is None
        assert (await api.get("/stations/CS-1/logs/5")).status_code == 404
        assert (await api.get(f"/stations/CS-1/logs/{numbers[0]}/files/x")).status_code == 404
        assert (await api.get("/stations/CS-2/logs")).json()["items"] == []
        assert (await api.get("/stations/CS-1/log-statuses")).json() == {"items": [], "nextCursor": None}


async def test_uploads_are_no_part_of_the_api() -> None:
    """No key is asked for, nothing can be read, and no other method is taken."""
    rooms = _rooms(no_auth=False)
    api = api_of(rooms)
    async with client_of(api) as client:
        base = "http://csms/uploads/"
        assert (await client.put(f"{base}wrong/x", content=b"x")).status_code == 404
        answer = await client.get(f"{base}wrong/x")
        assert (answer.status_code, answer.headers["allow"]) == (405, "PUT, POST")
    assert not [path for path in api.openapi()["paths"] if "uploads" in path]


async def test_strangers_do_not_fill_the_database() -> None:
    """So many findings a minute, and no more."""
    rooms = _rooms()
    async with client_of(api_of(rooms)) as client:
        for _ in range(70):
            await client.put("http://csms/uploads/wrong/x", content=b"x")
        assert len(await rooms.store.findings(limit=200)) == 60
        rooms.clock.advance(60)
        await client.put("http://csms/uploads/wrong/x", content=b"x")
        assert len(await rooms.store.findings(limit=200)) == 61


async def test_every_step_is_told_as_an_event() -> None:
    """Asked, answered, reported, arrived: with the record as it is then; keys and other registers are not."""
    rooms = _rooms()
    committed = rooms.journal.committed()
    selection = Selection(frozenset({EventType.LOG_STATUS}), None, ())
    await _ask(rooms, {"protocol": "http"})
    url = _said(rooms).remote_location
    async with client_of(api_of(rooms)) as client:
        assert (await client.put(f"{url}log", content=b"content")).status_code == 201
    await rooms.keep(KEYS.remove("", "none"))
    rooms.journal.close()
    told = [event.decode() async for each in committed if (event := selection.told(each))]
    assert [event.split("\n")[0] for event in told] == ["event: log-status"] * 3
    assert ['"answer":"Accepted"' in event for event in told] == [False, True, True]
    assert ['"name":"log"' in event for event in told] == [False, False, True]
    assert len(await rooms.store.records(LOGS, None, Page(limit=5))) == 1

"""The message log, findings and security events over the API."""

from __future__ import annotations

from pilotwire.csms.store.ports import Direction, KeepFinding, KeepSecurityEvent, LogFrame
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.security import SecurityEvent
from tests.support.api_rooms import NOON, ApiRooms, api_of, client_of


def _frame(number: int, *, station: str = "CS-1", action: str = "Heartbeat") -> LogFrame:
    frame = f'[2,"{number}","{action}",{{}}]'
    return LogFrame(
        station=station, at=NOON, direction=Direction.IN, message_id=str(number), action=action, frame=frame
    )


async def test_the_log_has_the_raw_frames_newest_first() -> None:
    """In pages, each frame as it was on the wire."""
    rooms = ApiRooms()
    await rooms.keep(*(_frame(number) for number in range(1, 6)))
    async with client_of(api_of(rooms)) as client:
        first = (await client.get("/messages", params={"limit": 3})).json()
        rest = (await client.get("/messages", params={"limit": 3, "after": first["nextCursor"]})).json()
    assert [each["messageId"] for each in first["items"] + rest["items"]] == ["5", "4", "3", "2", "1"]
    assert first["items"][0]["frame"] == '[2,"5","Heartbeat",{}]'
    assert first["items"][0]["direction"] == "in"


async def test_the_log_is_filtered() -> None:
    """By station and by action."""
    rooms = ApiRooms()
    await rooms.keep(_frame(1), _frame(2, station="CS-2"), _frame(3, action="Reset"))
    async with client_of(api_of(rooms)) as client:
        of_station = (await client.get("/messages", params={"station": "CS-2"})).json()
        of_action = (await client.get("/messages", params={"action": "Reset"})).json()
    assert [each["messageId"] for each in of_station["items"]] == ["2"]
    assert [each["messageId"] for each in of_action["items"]] == ["3"]


async def test_findings_tell_what_was_wrong() -> None:
    """Newest first, of one station if asked."""
    rooms = ApiRooms()
    for station in ("CS-1", "CS-2"):
        finding = Finding(
            station=station, at=NOON, rule="E01.FR.07", severity=Severity.BREACH, what="a gap", path="seqNo"
        )
        await rooms.keep(KeepFinding(finding=finding))
    async with client_of(api_of(rooms)) as client:
        everything = (await client.get("/findings")).json()
        (one,) = (await client.get("/findings", params={"station": "CS-1"})).json()
    assert [each["station"] for each in everything] == ["CS-2", "CS-1"]
    assert (one["rule"], one["severity"], one["what"], one["path"]) == ("E01.FR.07", "breach", "a gap", "seqNo")


async def test_security_events_tell_whether_they_are_critical() -> None:
    """By the standards' list."""
    rooms = ApiRooms()
    for type_ in ("TamperDetectionActivated", "SettingSomething"):
        event = SecurityEvent(type=type_, at=NOON)
        await rooms.keep(KeepSecurityEvent(station="CS-1", event=event, received_at=NOON))
    async with client_of(api_of(rooms)) as client:
        found = (await client.get("/security-events")).json()
    assert [(each["type"], each["critical"]) for each in found] == [
        ("SettingSomething", False),
        ("TamperDetectionActivated", True),
    ]

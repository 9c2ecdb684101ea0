"""Findings by kind of station and of fault, as JSON and as a page for the maker."""

from __future__ import annotations

from datetime import timedelta

from pilotwire.csms.store.ports import Direction, KeepFinding, LogFrame
from pilotwire.domain.findings import Finding, Severity
from tests.support.api_rooms import NOON, ApiRooms, api_of, client_of


def _found(
    minute: int, *, station: str = "CS-1", firmware: str = "1.0", rule: str = "schema:enum", path: str = "$.status"
) -> KeepFinding:
    finding = Finding(
        station=station,
        at=NOON + timedelta(minutes=minute),
        rule=rule,
        severity=Severity.FATAL if rule.startswith("schema") else Severity.NOTE,
        what=f"said <b>{minute}</b>",
        path=path,
        action="StatusNotification",
        message_id=f"m-{minute}",
        vendor="Volta",
        model="One",
        firmware=firmware,
    )
    return KeepFinding(finding=finding)


async def _rooms() -> ApiRooms:
    rooms = ApiRooms()
    frame = '[2,"m-4","StatusNotification",{"status":"<script>alert(1)</script>"}]'
    await rooms.keep(
        _found(1, path="$.a[0].b"),
        _found(2, rule="gateway:second-connection", path=""),
        _found(3, station="CS-2", path="$.a[7].b"),
        _found(4, firmware="2.0"),
        LogFrame(
            station="CS-1", at=NOON, direction=Direction.IN, message_id="m-4", action="StatusNotification", frame=frame
        ),
    )
    return rooms


async def test_faults_are_counted_by_kind() -> None:
    """The worst first, then the most frequent; places in a list are one place; firmware is told apart."""
    async with client_of(api_of(await _rooms())) as client:
        faults = (await client.get("/findings/summary")).json()
        of_firmware = (await client.get("/findings/summary", params={"firmwareVersion": "2.0"})).json()
        of_station = (await client.get("/findings/summary", params={"station": "CS-2"})).json()
        newest = (await client.get("/findings/summary", params={"since": "2026-01-31T12:04:00Z"})).json()
    assert [(each["severity"], each["path"], each["count"], each["stations"]) for each in faults] == [
        ("fatal", "$.a[].b", 2, ["CS-1", "CS-2"]),
        ("fatal", "$.status", 1, ["CS-1"]),
        ("note", "", 1, ["CS-1"]),
    ]
    first = faults[0]
    assert (first["firstAt"], first["lastAt"]) == ("2026-01-31T12:01:00Z", "2026-01-31T12:03:00Z")
    assert first["example"]["messageId"] == "m-3"
    assert [each["firmwareVersion"] for each in of_firmware] == ["2.0"]
    assert [each["count"] for each in of_station] == [1]
    assert [each["path"] for each in newest] == ["$.status"]


async def test_the_report_is_one_page_with_examples() -> None:
    """What stations said is shown, never run."""
    async with client_of(api_of(await _rooms())) as client:
        answer = await client.get("/findings/report", params={"firmwareVersion": "2.0"})
    assert answer.headers["content-type"].startswith("text/html")
    page = answer.text
    assert "Volta One" in page
    assert "firmware 2.0" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page
    assert "said &lt;b&gt;4&lt;/b&gt;" in page
    assert "http://" not in page.replace("http://www.w3.org", "")


async def test_a_report_of_nothing_says_so() -> None:
    """A station without findings."""
    async with client_of(api_of(await _rooms())) as client:
        answer = await client.get("/findings/report", params={"station": "CS-9"})
    assert "Nothing was found" in answer.text


async def test_tolerances_are_listed() -> None:
    """With what each is for."""
    async with client_of(api_of(ApiRooms())) as client:
        listed = (await client.get("/tolerances")).json()
    assert {"enum-case", "numbers-as-strings", "missing-timestamp"} <= {each["name"] for each in listed}
    assert all(each["what"] for each in listed)

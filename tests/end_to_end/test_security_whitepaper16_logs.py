"""The security whitepaper for 1.6 (edition 3), N01, over real sockets: logs of our charge point, asked for with GetLog and uploaded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pilotwire.station.core.security_log import SecurityIncident
from tests.support.eventually import eventually
from tests.support.file_servers import web
from tests.support.scripted_csms import ScriptedCsms, scripted_csms
from tests.support.station_lab import lab

V16 = "1.6"
PASSWORD = "the-password-of-today"
STATUS = "LogStatusNotification"
DIAGNOSTICS, SECURITY = "DiagnosticsLog", "SecurityLog"


async def _get(csms: ScriptedCsms, where: str, number: int, kind: str = DIAGNOSTICS, **more: Any) -> Any:
    """GetLog, tried once unless it says more; the answer."""
    asked = {"logType": kind, "requestId": number, "log": {"remoteLocation": where}, "retries": 0}
    return await csms.call("GetLog", asked | more)


async def _told(csms: ScriptedCsms, *statuses: str, number: int) -> None:
    """These statuses are all that is told of a request, in this order; of none, nothing is told."""
    expected = [{"status": status, "requestId": number} for status in statuses]

    def there() -> bool:
        return [each for each in csms.of(STATUS) if each.get("requestId") == number] == expected

    await eventually(there, what=f"{statuses}")


async def _triggered(csms: ScriptedCsms) -> Any:
    """What is told when the central system asks for it."""
    before = len(csms.of(STATUS))
    asked = {"requestedMessage": STATUS}
    assert await csms.call("ExtendedTriggerMessage", asked) == {"status": "Accepted"}
    return (await csms.until_heard(STATUS, before + 1))[before]


# --- what is uploaded -----------------------------------------------------------------------------------------------


@pytest.mark.req("SEC16:N01.FR.01", "SEC16:N01.FR.02", "SEC16:N01.FR.03", "SEC16:N01.FR.04", "SEC16:N01.FR.05")
@pytest.mark.req("SEC16:N01.FR.07", "SEC16:N01.FR.08", "SEC16:N01.FR.09", "SEC16:N01.FR.12")
async def test_each_log_arrives_as_the_one_file_that_was_named(tmp_path: Path) -> None:
    """Events in the security log, whatever else happened in the diagnostics; both told of with the id they were asked for with."""
    async with web(tmp_path) as server, scripted_csms(V16) as csms, lab(csms.url, V16, password=PASSWORD) as one:
        await one.until_accepted()
        one.station.feed(SecurityIncident("TamperDetectionActivated", "the door"), SecurityIncident("InvalidMessages"))
        for number, kind in ((17, SECURITY), (0, DIAGNOSTICS)):
            answer = await _get(csms, f"{server.url}/in/", number, kind)
            assert (set(answer), answer["status"]) == ({"status", "filename"}, "Accepted")
            await _told(csms, "Uploading", "Uploaded", number=number)
            (request,) = server.asked
            assert request[:2] == ("PUT", f"/in/{answer['filename']}")
            server.asked.clear()
            text = (tmp_path / answer["filename"]).read_text(encoding="utf-8")
            if kind == SECURITY:
                events = [line.partition(" ")[2] for line in text.splitlines()]
                assert events[0].startswith("StartupOfTheDevice")
                assert events[-2:] == ["TamperDetectionActivated the door", "InvalidMessages"]
            else:
                assert "< GetLog" in text
                assert "StartupOfTheDevice PowerUp" not in text
        assert len(csms.of(STATUS)) == 4


@pytest.mark.req("SEC16:N01.FR.01", "SEC16:N01.FR.12")
async def test_without_a_log_there_is_no_file_name_and_nothing_is_told() -> None:
    """A charge point that keeps no diagnostics; its security log it has."""
    kept = {"diagnostics_log": False}
    async with scripted_csms(V16) as csms, lab(csms.url, V16, password=PASSWORD, settings=kept) as one:
        await one.until_accepted()
        assert await _get(csms, "http://127.0.0.1:9/", 1) == {"status": "Rejected"}
        assert await _triggered(csms) == {"status": "Idle"}
        assert len(csms.of(STATUS)) == 1
        assert (await _get(csms, "http://127.0.0.1:9/", 2, SECURITY))["status"] == "Accepted"


# --- what goes wrong ------------------------------------------------------------------------------------------------


@pytest.mark.req("SEC16:N01.FR.07", "SEC16:N01.FR.10", "SEC16:N01.FR.12")
@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ([400], "BadMessage"),
        ([401], "PermissionDenied"),
        ([403], "PermissionDenied"),
        ([405, 501], "NotSupportedOperation"),
        ([500], "UploadFailure"),
    ],
)
async def test_an_upload_that_fails_says_how(tmp_path: Path, answers: list[int | str], status: str) -> None:
    """With the id it was asked for with, and after all tries."""
    async with web(tmp_path) as server, scripted_csms(V16) as csms, lab(csms.url, V16, password=PASSWORD) as one:
        await one.until_accepted()
        server.answers.extend(answers * 2)
        answer = await _get(csms, f"{server.url}/", 4, SECURITY, retries=1, retryInterval=0)
        assert answer["status"] == "Accepted"
        await _told(csms, "Uploading", status, number=4)
        assert (len(server.asked), server.answers) == (2 * len(answers), [])
        assert await _triggered(csms) == {"status": "Idle"}


@pytest.mark.req("SEC16:N01.FR.10")
@pytest.mark.parametrize(
    ("where", "status"),
    [
        ("gopher://127.0.0.1/", "NotSupportedOperation"),
        ("http://127.0.0.1:port/", "BadMessage"),
        ("http://127.0.0.1:1/", "UploadFailure"),
        ("/var/log", "NotSupportedOperation"),
    ],
)
async def test_a_place_where_nothing_can_be_put(where: str, status: str) -> None:
    """No such protocol, no URL, nobody there."""
    async with scripted_csms(V16) as csms, lab(csms.url, V16, password=PASSWORD) as one:
        await one.until_accepted()
        assert (await _get(csms, where, 4))["status"] == "Accepted"
        await _told(csms, "Uploading", status, number=4)


# --- another one ----------------------------------------------------------------------------------------------------


@dataclass
class _Deaf:
    """A server that takes what is sent and says nothing. `url`; `open` are the connections it has now, `asked` what they wanted."""

    url: str = ""
    open: int = 0
    asked: list[str] = field(default_factory=list)

    async def attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Listen until the other side goes."""
        self.open += 1
        self.asked.append((await reader.readline()).decode("latin-1").split(" ")[1])
        while await reader.read(65536):
            pass
        self.open -= 1
        writer.close()


@asynccontextmanager
async def _deaf() -> AsyncIterator[_Deaf]:
    one = _Deaf()
    async with await asyncio.start_server(one.attend, "127.0.0.1", 0) as server:
        one.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield one


@pytest.mark.req("SEC16:N01.FR.07", "SEC16:N01.FR.11", "SEC16:N01.FR.12")
async def test_another_request_cancels_the_upload_under_way(tmp_path: Path) -> None:
    """It is broken off and no more is told of it: UploadLogStatusEnumType has no word for that. What is told is of the new one alone."""
    async with (
        web(tmp_path) as server,
        _deaf() as deaf,
        scripted_csms(V16) as csms,
        lab(csms.url, V16, password=PASSWORD) as one,
    ):
        await one.until_accepted()
        first = await _get(csms, f"{deaf.url}/", 5)
        await eventually(lambda: deaf.open == 1, what="the upload under way")
        assert deaf.asked == [f"/{first['filename']}"]
        assert await _triggered(csms) == {"status": "Uploading", "requestId": 5}
        second = await _get(csms, f"{server.url}/", 6, SECURITY)
        assert (second["status"], second["filename"][:8]) == ("AcceptedCanceled", "security")
        await _told(csms, "Uploading", "Uploaded", number=6)
        await eventually(lambda: deaf.open == 0, what="the first one broken off")
        await _told(csms, "Uploading", "Uploading", number=5)
        assert (await _get(csms, f"{server.url}/", 7))["status"] == "Accepted", "nothing is under way any more"
        await _told(csms, "Uploading", "Uploaded", number=7)
        assert await _triggered(csms) == {"status": "Idle"}
        assert len(deaf.asked) == 1

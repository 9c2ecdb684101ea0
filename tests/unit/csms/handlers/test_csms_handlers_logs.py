"""Which request a status is about, and what becomes of it."""

from __future__ import annotations

import pytest

from pilotwire.csms.registers.logs import LOGS, MOST_STATUSES, NOTIFICATIONS, LogRequest, is_open, key_of
from pilotwire.domain.diagnostics import LogStatus, LogUploadReported, UploadStatus
from pilotwire.domain.kinds import Noted
from pilotwire.errors import StoreError
from tests.support.csms_facts import Bench

STATION = "CS001"
UPLOADING, UPLOADED = UploadStatus.UPLOADING, UploadStatus.UPLOADED


async def _bench(*requests: LogRequest) -> Bench:
    bench = Bench()
    await bench.journal.append(*(LOGS.put(each.station, key_of(each.request_id), each) for each in requests))
    return bench


def _asked(number: int, **more: object) -> LogRequest:
    return LogRequest(station=STATION, request_id=number, answer=LogStatus.ACCEPTED, **more)  # type: ignore[arg-type]


async def _told(bench: Bench) -> dict[int, list[str]]:
    records = await bench.store.records(LOGS, STATION)
    return {each.request_id: [status.status.value for status in each.statuses] for each in records}


@pytest.mark.req("N01.FR.07")
async def test_a_status_is_kept_with_the_request_it_names() -> None:
    """Also with one that is over, or that nobody made here."""
    bench = await _bench(_asked(1), _asked(2))
    for number in (1, 9):
        assert await bench.say(LogUploadReported(status=UPLOADED, request_id=number)) == Noted()
    assert await _told(bench) == {9: ["Uploaded"], 2: [], 1: ["Uploaded"]}


@pytest.mark.req("1.6:4.4")
async def test_a_status_without_an_id_is_about_the_newest_open_request() -> None:
    """Not about one that was refused, given up, or is over."""
    bench = await _bench(
        _asked(1),
        _asked(2),
        _asked(3, canceled=True),
        LogRequest(station=STATION, request_id=4, answer=LogStatus.REJECTED),
    )
    for status in (UPLOADING, UPLOADED, UPLOADING):
        await bench.say(LogUploadReported(status=status, with_security_extension=False))
    assert await _told(bench) == {4: [], 3: [], 2: ["Uploading", "Uploaded"], 1: ["Uploading"]}


@pytest.mark.req("N01.FR.13", "1.6:4.4")
async def test_what_is_about_no_request_is_kept_as_well() -> None:
    """Idle, and whatever comes when nothing is open."""
    bench = await _bench(_asked(1))
    await bench.say(LogUploadReported(status=UploadStatus.IDLE))
    await bench.say(LogUploadReported(status=UPLOADED))
    await bench.say(LogUploadReported(status=UPLOADED))
    assert await _told(bench) == {1: ["Uploaded"]}
    kept = await bench.store.entries(NOTIFICATIONS, STATION)
    assert [(each.entry.status.value, each.entry.taken_for) for each in kept] == [
        ("Uploaded", None),
        ("Uploaded", 1),
        ("Idle", None),
    ]


@pytest.mark.req("N01.FR.20")
async def test_a_station_tells_that_it_gave_an_upload_up() -> None:
    """Then nothing more is to come of it."""
    bench = await _bench(_asked(1))
    await bench.say(LogUploadReported(status=UploadStatus.ACCEPTED_CANCELED, request_id=1))
    record = await bench.store.record(LOGS, STATION, key_of(1))
    assert record is not None
    assert record.canceled
    assert not is_open(record)


async def test_a_station_that_repeats_itself_does_not_fill_the_disk() -> None:
    """The last statuses of a request are kept."""
    bench = await _bench()
    for _ in range(MOST_STATUSES):
        await bench.say(LogUploadReported(status=UPLOADING, request_id=1))
    await bench.say(LogUploadReported(status=UPLOADED, request_id=1))
    assert (await _told(bench))[1] == ["Uploading"] * (MOST_STATUSES - 1) + ["Uploaded"]


async def test_what_cannot_be_stored_is_not_confirmed() -> None:
    """The station says it again later."""
    bench = await _bench()
    bench.journal.is_full = True
    with pytest.raises(StoreError):
        await bench.say(LogUploadReported(status=UPLOADED, request_id=1))

"""Statuses find their update, are kept, and what cannot be is a finding."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.csms.registers.firmware import (
    DOWNLOADS,
    PUBLISHED,
    STATUSES,
    UPDATES,
    Download,
    FirmwareUpdate,
    PublishedFirmware,
    update_key,
)
from pilotwire.domain.firmware import (
    FirmwareStatus,
    FirmwareStatusReported,
    PublishFirmwareStatus,
    PublishFirmwareStatusReported,
    StatusDetail,
    UpdateFirmwareStatus,
)
from pilotwire.domain.kinds import Noted
from pilotwire.errors import StoreError
from tests.support.csms_facts import Bench

S, P = FirmwareStatus, PublishFirmwareStatus
CS = "CS001"


async def told(bench: Bench, request_id: int = 7, **more: Any) -> None:
    """The station was told to update."""
    now = bench.clock.now()
    made: dict[str, Any] = {
        "station": CS,
        "request_id": request_id,
        "location": "https://firmware.example.org/a.bin",
        "asked_at": now,
        "retrieve_at": now,
        "signed": False,
        "answer": UpdateFirmwareStatus.ACCEPTED,
    }
    await bench.journal.append(UPDATES.put(CS, update_key(request_id), FirmwareUpdate(**(made | more))))


async def update(bench: Bench, request_id: int = 7) -> FirmwareUpdate:
    found = await bench.store.record(UPDATES, CS, update_key(request_id))
    assert found is not None
    return found


def says(status: FirmwareStatus, request_id: int | None = 7, **more: Any) -> FirmwareStatusReported:
    return FirmwareStatusReported(status=status, request_id=request_id, **more)


@pytest.mark.req("L01.FR.10")
async def test_statuses_are_added_to_the_update_they_name() -> None:
    """In the order they came, with the reason; the end is the end."""
    bench = Bench()
    await told(bench)
    await told(bench, 8)
    for status in (S.DOWNLOADING, S.DOWNLOADED, S.INSTALLING):
        assert await bench.say(says(status)) == Noted()
    bench.clock.advance(60)
    why = StatusDetail(reason_code="Done")
    await bench.say(says(S.INSTALLED, detail=why))
    found = await update(bench)
    assert [step.status for step in found.steps] == ["Downloading", "Downloaded", "Installing", "Installed"]
    assert (found.steps[-1].detail, found.steps[-1].at) == (why, bench.clock.now())
    assert (found.status, found.ended_at) == (S.INSTALLED, bench.clock.now())
    assert (await update(bench, 8)).status is None
    assert await bench.rules() == []


@pytest.mark.req("1.6:4.5")
async def test_a_status_that_cannot_name_is_of_the_newest_update_under_way() -> None:
    """1.6 of an unsigned update; one that has ended is not meant while another goes on."""
    bench = Bench()
    await told(bench, 7)
    await told(bench, 8, ended_at=bench.clock.now())
    await bench.say(says(S.DOWNLOADING, None, can_name=False))
    assert (await update(bench, 7)).status is S.DOWNLOADING
    assert await bench.rules() == []


async def test_everything_said_is_kept_even_of_no_update() -> None:
    """It may have been asked for by pass-through: that is no fault."""
    bench = Bench()
    await bench.say(says(S.DOWNLOADING, 99))
    await bench.say(says(S.IDLE, None))
    await bench.say(says(S.DOWNLOADING, -5))
    kept = await bench.store.entries(STATUSES, CS)
    assert [(each.entry.status, each.entry.request_id) for each in kept] == [
        ("Downloading", -5),
        ("Idle", None),
        ("Downloading", 99),
    ]
    assert await bench.rules() == []


@pytest.mark.req("L01.FR.20")
async def test_only_idle_may_leave_the_request_id_out() -> None:
    """Where there is a place for it."""
    bench = Bench()
    await told(bench)
    await bench.say(says(S.DOWNLOADING, None))
    assert await bench.rules() == ["L01.FR.20"]
    assert (await update(bench)).status is S.DOWNLOADING


@pytest.mark.parametrize(
    ("before", "status", "signed"),
    [(None, S.INSTALLED, False), (S.DOWNLOADED, S.INSTALLING, True), (S.INSTALLED, S.DOWNLOADING, False)],
)
async def test_a_succession_that_cannot_be_is_a_finding(
    before: FirmwareStatus | None, status: FirmwareStatus, signed: bool
) -> None:
    """The status is kept all the same."""
    bench = Bench()
    await told(bench, status=before, signed=signed)
    await bench.say(says(status))
    assert await bench.rules() == ["firmware:succession"]
    assert (await update(bench)).status is status


async def test_idle_while_something_is_under_way_is_a_finding() -> None:
    """And does not change the update (L01.FR.26)."""
    bench = Bench()
    await told(bench, status=S.DOWNLOADING)
    await bench.say(says(S.IDLE, None))
    assert await bench.rules() == ["firmware:succession"]
    assert (await update(bench)).status is S.DOWNLOADING


async def test_a_station_that_refused_does_not_update() -> None:
    """If it does, that is told."""
    bench = Bench()
    await told(bench, answer=UpdateFirmwareStatus.INVALID_CERTIFICATE)
    await bench.say(says(S.DOWNLOADING))
    assert await bench.rules() == ["firmware:refused-update"]


async def test_the_download_is_closed_when_the_update_ends() -> None:
    """Not before."""
    bench = Bench()
    await told(bench, token="t", status=S.INSTALLING)
    await bench.journal.append(DOWNLOADS.put("", "t", Download(image="a", station=CS, made_at=bench.clock.now())))
    await bench.say(says(S.INSTALLING))
    first = await bench.store.record(DOWNLOADS, "", "t")
    await bench.say(says(S.INSTALLATION_FAILED))
    second = await bench.store.record(DOWNLOADS, "", "t")
    assert first is not None
    assert second is not None
    assert (first.closed_at, second.closed_at) == (None, bench.clock.now())


async def test_the_last_hundred_steps_stay() -> None:
    """Of a station that repeats itself; the diary has all."""
    bench = Bench()
    await told(bench)
    for _ in range(105):
        await bench.say(says(S.DOWNLOADING))
    assert len((await update(bench)).steps) == 100
    assert len(await bench.store.entries(STATUSES, CS, limit=200)) == 105


async def test_what_cannot_be_stored_is_not_confirmed() -> None:
    """The station says it again later."""
    bench = Bench()
    bench.journal.is_full = True
    with pytest.raises(StoreError):
        await bench.say(says(S.DOWNLOADING))


async def _publishing(bench: Bench) -> None:
    file = PublishedFirmware(
        station=CS, request_id=7, location="x", checksum="0" * 32, asked_at=bench.clock.now(), accepted=True
    )
    await bench.journal.append(PUBLISHED.put(CS, file.checksum, file))


@pytest.mark.req("L03.FR.01", "L03.FR.04")
async def test_publishing_is_followed_to_where_the_file_is() -> None:
    """Every status, and the addresses."""
    bench = Bench()
    await _publishing(bench)
    for status in (P.DOWNLOADING, P.DOWNLOADED, P.CHECKSUM_VERIFIED):
        await bench.say(PublishFirmwareStatusReported(status=status, request_id=7))
    await bench.say(PublishFirmwareStatusReported(status=P.PUBLISHED, request_id=7, locations=("http://lc/a",)))
    (file,) = await bench.store.records(PUBLISHED, CS)
    assert [step.status for step in file.steps] == ["Downloading", "Downloaded", "ChecksumVerified", "Published"]
    assert (file.status, file.locations) == (P.PUBLISHED, ("http://lc/a",))
    assert await bench.rules() == []


async def test_publishing_that_cannot_be_is_a_finding() -> None:
    """Published without a check, and nowhere."""
    bench = Bench()
    await _publishing(bench)
    await bench.say(PublishFirmwareStatusReported(status=P.PUBLISHED, request_id=7))
    assert sorted(await bench.rules()) == ["L03.FR.04", "firmware:succession"]

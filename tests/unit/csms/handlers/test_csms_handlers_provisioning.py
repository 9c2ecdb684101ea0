from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pilotwire.domain.provisioning import Heartbeat, RegistrationStatus, UnknownStations
from tests.support.csms_facts import BOOT, Bench

ACCEPTED, PENDING, REJECTED = RegistrationStatus.ACCEPTED, RegistrationStatus.PENDING, RegistrationStatus.REJECTED


@pytest.mark.req("B01.FR.02", "1.6:4.2")
@pytest.mark.parametrize(
    ("policy", "status", "interval"),
    [
        (UnknownStations.ACCEPT, ACCEPTED, 300),
        (UnknownStations.PENDING, PENDING, 60),
        (UnknownStations.REJECT, REJECTED, 60),
    ],
)
async def test_the_policy_decides_on_an_unknown_station(
    policy: UnknownStations, status: RegistrationStatus, interval: int
) -> None:
    """Accepted stations get the heartbeat interval, others the time until they may try again."""
    bench = Bench(unknown_stations=policy)
    verdict = await bench.say(BOOT)
    assert (verdict.status, verdict.interval, verdict.now) == (status, interval, bench.clock.now())


@pytest.mark.parametrize("status", list(RegistrationStatus))
async def test_a_registered_station_keeps_its_own_status(status: RegistrationStatus) -> None:
    """What the operator recorded goes before the policy."""
    bench = Bench(unknown_stations=UnknownStations.ACCEPT)
    await bench.register(status)
    assert (await bench.say(BOOT)).status is status


async def test_a_boot_is_recorded_before_it_is_answered() -> None:
    """Vendor, model and time of the boot are on record, whatever the verdict."""
    bench = Bench(unknown_stations=UnknownStations.REJECT)
    await bench.say(BOOT)
    record = await bench.store.station("CS001")
    assert record is not None
    assert record.identity == BOOT.station
    assert record.last_boot_at == bench.clock.now()


@pytest.mark.req("G02.FR.03", "G02.FR.04", "1.6:4.6")
async def test_a_heartbeat_is_answered_with_the_time_and_shows_life() -> None:
    """The station's clock is set by it, and the record says when it was last seen."""
    bench = Bench()
    bench.clock.advance(3600)
    assert (await bench.say(Heartbeat())).now == datetime(2026, 1, 1, 1, tzinfo=UTC)
    record = await bench.store.station("CS001")
    assert record is not None
    assert record.last_seen_at == bench.clock.now()


async def test_a_heartbeat_is_answered_though_nothing_can_be_stored() -> None:
    """The time is right even when the disk is full."""
    bench = Bench()
    bench.journal.is_full = True
    assert (await bench.say(Heartbeat())).now == bench.clock.now()


async def test_who_never_booted_may_only_boot() -> None:
    """A new station must introduce itself first."""
    bench = Bench(unknown_stations=UnknownStations.ACCEPT)
    assert await bench.handlers.welcome("CS001") is None
    assert "BootNotification" in (bench.handlers.refusal("CS001", boots=False, asked_for=False) or "")
    assert bench.handlers.refusal("CS001", boots=True, asked_for=False) is None
    assert await bench.rules() == ["provisioning:not-accepted"]


async def test_an_accepted_station_may_say_everything() -> None:
    """Also after it lost its connection: it need not boot again."""
    bench = Bench(unknown_stations=UnknownStations.ACCEPT)
    await bench.handlers.welcome("CS001")
    await bench.say(BOOT)
    assert bench.handlers.refusal("CS001", boots=False, asked_for=False) is None
    bench.handlers.farewell("CS001")
    assert await bench.handlers.welcome("CS001") is ACCEPTED
    assert bench.handlers.refusal("CS001", boots=False, asked_for=False) is None
    assert await bench.rules() == []


@pytest.mark.req("B01.FR.10", "B02.FR.09", "1.6:4.2")
async def test_a_pending_station_may_say_what_it_was_asked_for() -> None:
    """A triggered message is welcome, another is not."""
    bench = Bench(unknown_stations=UnknownStations.PENDING)
    await bench.say(BOOT)
    assert bench.handlers.refusal("CS001", boots=False, asked_for=True) is None
    assert "pending" in (bench.handlers.refusal("CS001", boots=False, asked_for=False) or "")


@pytest.mark.req("B03.FR.07")
async def test_a_rejected_station_may_only_boot() -> None:
    """Nothing was asked of it, so nothing else is taken."""
    bench = Bench(unknown_stations=UnknownStations.REJECT)
    await bench.say(BOOT)
    assert "rejected" in (bench.handlers.refusal("CS001", boots=False, asked_for=True) or "")
    assert bench.handlers.refusal("CS001", boots=True, asked_for=False) is None


async def test_standing_changes_with_the_next_boot_only() -> None:
    """A station registered as accepted is told so when it boots; until then it is what it was told."""
    bench = Bench(unknown_stations=UnknownStations.PENDING)
    await bench.say(BOOT)
    await bench.register(ACCEPTED)
    assert bench.handlers.standing("CS001") is PENDING
    await bench.say(BOOT)
    assert bench.handlers.standing("CS001") is ACCEPTED

"""What the CSMS makes of profiles, limits and needs that stations tell."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.csms.registers.smart_charging import (
    LIMITS,
    NEEDS,
    PRIORITY,
    SCHEDULES,
    limit_key,
    profiles_of,
)
from pilotwire.domain.kinds import Noted
from pilotwire.domain.smart_charging import (
    ChargingLimit,
    ChargingLimitCleared,
    ChargingLimitNotified,
    ChargingNeeds,
    ChargingNeedsPolicy,
    ChargingNeedsStatus,
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingProfilesReported,
    ChargingProfileStatus,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    DynamicScheduleAsked,
    EVChargingNeedsNotified,
    EVChargingScheduleNotified,
    GenericStatus,
    PriorityChargingNotified,
    RecurrencyKind,
)
from pilotwire.domain.transactions import EventKind
from pilotwire.errors import StoreError
from tests.support.csms_facts import Bench, event

CS = "CS001"
K = ChargingProfileKind


def schedule(*limits: tuple[int, int], unit: str = "W", **more: Any) -> ChargingSchedule:
    """A schedule of (start, limit) pairs."""
    periods = tuple(ChargingSchedulePeriod(start_period=start, limit=Decimal(limit)) for start, limit in limits)
    return ChargingSchedule(
        id=more.pop("id", 1), charging_rate_unit=ChargingRateUnit(unit), charging_schedule_period=periods, **more
    )


def offer(*schedules: ChargingSchedule, **more: Any) -> ChargingProfilesReported:
    """A report of a profile for transaction tx-1 at EVSE 1."""
    profile = ChargingProfile(
        **(
            {
                "id": 7,
                "stack_level": 0,
                "charging_profile_purpose": ChargingProfilePurpose.TX_PROFILE,
                "charging_profile_kind": K.RELATIVE,
                "transaction_id": "tx-1",
            }
            | more
        ),
        charging_schedule=schedules,
    )
    return ChargingProfilesReported(request_id=1, charging_limit_source="CSO", evse_id=1, charging_profile=(profile,))


async def charging(bench: Bench) -> None:
    """A transaction goes on at EVSE 1."""
    await bench.say(event(EventKind.STARTED, bench.clock.now(), seq_no=0))


def plan(bench: Bench, *limits: tuple[int, int], after: int = 0, **more: Any) -> EVChargingScheduleNotified:
    """The vehicle's schedule."""
    base = bench.clock.now() + timedelta(seconds=after)
    choice = more.pop("choice", None)
    return EVChargingScheduleNotified(
        evse_id=1, time_base=base, charging_schedule=schedule(*limits, **more), selected_charging_schedule_id=choice
    )


async def test_limits_come_and_go_by_source_and_evse() -> None:
    """One of each source at each EVSE; no EVSE is the station."""
    bench = Bench()
    for source, evse in (("EMS", None), ("EMS", 1), ("SO", None)):
        fact = ChargingLimitNotified(charging_limit=ChargingLimit(charging_limit_source=source), evse_id=evse)
        assert await bench.say(fact) == Noted()
    assert await bench.say(ChargingLimitCleared(charging_limit_source="EMS")) == Noted()
    left = [
        limit_key(each.evse_id, each.charging_limit.charging_limit_source) for each in await bench.store.records(LIMITS)
    ]
    assert left == ["0:SO", "1:EMS"]


@pytest.mark.req("K15.FR.02", "K15.FR.03", "K15.FR.05", "K18.FR.04", "K18.FR.22")
@pytest.mark.parametrize(
    ("policy", "status"),
    [
        ("none", ChargingNeedsStatus.NO_CHARGING_PROFILE),
        ("accepted", ChargingNeedsStatus.ACCEPTED),
        ("processing", ChargingNeedsStatus.PROCESSING),
        ("rejected", ChargingNeedsStatus.REJECTED),
    ],
)
async def test_needs_are_answered_as_the_operator_decided(policy: str, status: ChargingNeedsStatus) -> None:
    """And kept with the transaction at the EVSE."""
    bench = Bench(charging_needs=ChargingNeedsPolicy(policy))
    await charging(bench)
    needs = EVChargingNeedsNotified(evse_id=1, charging_needs=ChargingNeeds(requested_energy_transfer="DC"))
    assert (await bench.say(needs)).status is status
    known = await bench.store.record(NEEDS, CS, "1")
    assert known is not None
    assert (known.told, known.status, known.transaction_id) == (needs, status, "tx-1")


@pytest.mark.req("K15.FR.11", "K15.FR.12")
@pytest.mark.parametrize(
    ("offered", "limits", "more", "is_within"),
    [
        (schedule((0, 100), (60, 50)), [(0, 100), (60, 50)], {}, True),
        (schedule((0, 100), (60, 50)), [(0, 100), (61, 50)], {}, False),
        (schedule((0, 100), (60, 50)), [(0, 50), (30, 51)], {"after": 30}, False),
        (schedule((0, 100), (60, 50), duration=70), [(0, 90)], {"after": 80}, True),
        (schedule((0, 100)), [(0, 1000)], {"unit": "A"}, True),
        (schedule((0, 100)), [(0, 101)], {"duration": 10}, False),
    ],
)
async def test_a_schedule_is_held_against_the_offer(
    offered: ChargingSchedule, limits: list[tuple[int, int]], more: dict[str, Any], is_within: bool
) -> None:
    """At every moment at which one of the two changes; a station that lets it pass has a finding."""
    bench = Bench()
    await charging(bench)
    await bench.say(offer(offered))
    verdict = await bench.say(plan(bench, *limits, **more))
    assert verdict.status is (GenericStatus.ACCEPTED if is_within else GenericStatus.REJECTED)
    assert await bench.rules() == ([] if is_within else ["K15.FR.09"])
    known = await bench.store.record(SCHEDULES, CS, "1")
    assert known is not None
    assert (known.status, known.transaction_id) == (verdict.status, "tx-1")


async def test_the_schedule_the_vehicle_chose_counts() -> None:
    """Without a choice any of the offer will do."""
    bench = Bench()
    await charging(bench)
    await bench.say(offer(schedule((0, 50)), schedule((0, 100), id=2)))
    assert (await bench.say(plan(bench, (0, 80), choice=2))).status is GenericStatus.ACCEPTED
    assert (await bench.say(plan(bench, (0, 80)))).status is GenericStatus.ACCEPTED
    assert (await bench.say(plan(bench, (0, 80), choice=1))).status is GenericStatus.REJECTED


async def test_a_daily_offer_comes_again() -> None:
    """A day later the same hour counts."""
    bench = Bench()
    await charging(bench)
    start = bench.clock.now() - timedelta(days=3)
    daily = {"charging_profile_kind": K.RECURRING, "recurrency_kind": RecurrencyKind.DAILY}
    await bench.say(offer(schedule((0, 100), (3600, 50), start_schedule=start), **daily))
    assert (await bench.say(plan(bench, (0, 100), (3600, 50)))).status is GenericStatus.ACCEPTED
    assert (await bench.say(plan(bench, (0, 100)))).status is GenericStatus.REJECTED


async def test_a_profile_goes_with_its_transaction() -> None:
    """What was offered in one counts no more in the next."""
    bench = Bench()
    await charging(bench)
    await bench.say(offer(schedule((0, 50))))
    assert len(await profiles_of(bench.store, CS)) == 1
    await bench.say(event(EventKind.ENDED, bench.clock.now(), seq_no=1))
    assert await profiles_of(bench.store, CS) == ()
    assert (await bench.say(plan(bench, (0, 80)))).status is GenericStatus.ACCEPTED


@pytest.mark.req("K28.FR.07", "K28.FR.12")
async def test_a_dynamic_profile_is_told_its_values() -> None:
    """Only a dynamic one."""
    bench = Bench()
    await bench.say(offer(schedule((0, 50)), charging_profile_kind=K.DYNAMIC, transaction_id=None))
    told = await bench.say(DynamicScheduleAsked(charging_profile_id=7))
    assert (told.status, told.schedule_update.limit) == (ChargingProfileStatus.ACCEPTED, 50)
    await bench.say(offer(schedule((0, 50)), transaction_id=None))
    for number in (7, 8):
        told = await bench.say(DynamicScheduleAsked(charging_profile_id=number))
        assert (told.status, told.schedule_update, told.reason.code) == (
            ChargingProfileStatus.REJECTED,
            None,
            "InvalidProfile",
        )


@pytest.mark.req("K21.FR.09", "K22.FR.06")
async def test_priority_is_kept_as_it_was_told_last() -> None:
    """By transaction."""
    bench = Bench()
    for activated in (True, False):
        assert await bench.say(PriorityChargingNotified(transaction_id="tx-1", activated=activated)) == Noted()
    known = await bench.store.record(PRIORITY, CS, "tx-1")
    assert known is not None
    assert known.activated is False


async def test_a_part_goes_to_whoever_waits_for_it() -> None:
    """And is kept."""
    bench = Bench()
    with bench.handlers._desk.reports.collecting(CS, 1) as collection:
        assert await bench.say(offer(schedule((0, 50)))) == Noted()
        assert await collection.whole(1) == (offer(schedule((0, 50))),)


@pytest.mark.parametrize(
    "fact",
    [
        ChargingLimitNotified(charging_limit=ChargingLimit(charging_limit_source="EMS")),
        ChargingLimitCleared(charging_limit_source="EMS"),
        EVChargingNeedsNotified(evse_id=1, charging_needs=ChargingNeeds(requested_energy_transfer="DC")),
        PriorityChargingNotified(transaction_id="tx-1", activated=True),
        offer(schedule((0, 50))),
    ],
    ids=lambda fact: type(fact).__name__,
)
async def test_what_cannot_be_stored_is_not_answered(fact: Any) -> None:
    """Answered means stored."""
    bench = Bench()
    bench.journal.is_full = True
    with pytest.raises(StoreError):
        await bench.say(fact)

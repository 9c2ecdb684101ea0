"""Charging profiles between our CSMS and our station over real sockets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.clock import SystemClock
from pilotwire.csms.app import Csms
from pilotwire.csms.commands.smart_charging import (
    Books,
    clear_profiles,
    composite_schedule,
    report_profiles,
    set_profile,
)
from pilotwire.csms.registers.smart_charging import NEEDS, PROFILES, SCHEDULES
from pilotwire.csms.store.ports import TransactionFilter
from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import (
    ACChargingParameters,
    ChargingNeeds,
    ChargingNeedsPolicy,
    ChargingProfile,
    ChargingProfileStatus,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    ClearChargingProfile,
    GenericStatus,
    GetChargingProfiles,
    GetCompositeSchedule,
)
from pilotwire.station.core.charging_limits import ExternalLimit
from pilotwire.station.core.vehicle_needs import NeedsTold, ScheduleReturned
from tests.support.charging import DEFAULT, TX, profile
from tests.support.eventually import eventually
from tests.support.station_lab import lab, open_csms


def _books(csms: Csms) -> Books:
    return Books(csms.commander, csms.store, csms.journal, SystemClock())


@pytest.mark.req("K01.FR.07", "K08.FR.02", "K10.FR.05", "1.6:5.16", "1.6:5.7", "1.6:5.5")
@pytest.mark.parametrize("version", ["1.6", "2.1"])
async def test_a_profile_is_set_felt_asked_about_and_cleared(version: str) -> None:
    """The vehicle takes what the profile allows, the schedule says so, and after clearing it takes all again."""
    async with open_csms() as csms, lab(csms.urls.ocpp, version, speed=1) as one:
        books = _books(csms)
        await one.until_accepted()
        one.plug()
        one.tap()
        hardware = one.station.hardware
        await one.until(lambda: hardware.meter(1).power_w > 0, "charging")
        start = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=5)
        done = await set_profile(books, "CS001", 1, profile(7, DEFAULT, (0, 8), start=start))
        assert done.status is ChargingProfileStatus.ACCEPTED
        assert hardware.meter(1).current_offered_a == 8
        asked = GetCompositeSchedule(evse_id=1, duration=60, charging_rate_unit=ChargingRateUnit.AMPERE)
        schedule = (await composite_schedule(csms.commander, "CS001", asked)).schedule
        assert schedule is not None
        assert [(each.start_period, each.limit) for each in schedule.charging_schedule_period] == [(0, Decimal(8))]
        await clear_profiles(books, "CS001", ClearChargingProfile(charging_profile_id=7))
        assert hardware.meter(1).current_offered_a == 32


@pytest.mark.req("K09.FR.01", "K11.FR.02", "K13.FR.02")
@pytest.mark.parametrize("version", ["2.0.1"])
async def test_a_limit_from_outside_reaches_the_csms(version: str) -> None:
    """It is on record there, in a report too, until it is released."""
    async with open_csms() as csms, lab(csms.urls.ocpp, version) as one:
        await one.until_accepted()
        one.station.feed(ExternalLimit("EMS", Decimal(10)))
        await eventually(lambda: csms.store.log("CS001", action="NotifyChargingLimit"), what="NotifyChargingLimit")
        wanted = GetChargingProfiles(request_id=3, charging_limit_sources=("EMS",))
        report = await report_profiles(_books(csms), "CS001", wanted, patience=5)
        assert [each.charging_limit_source for each in report.profiles] == ["EMS"]
        one.station.feed(ExternalLimit("EMS", None))
        await eventually(lambda: csms.store.log("CS001", action="ClearedChargingLimit"), what="ClearedChargingLimit")
        report = await report_profiles(_books(csms), "CS001", changed(wanted, request_id=4), patience=5)
        assert report.profiles == ()


@pytest.mark.req("K15.FR.01", "K15.FR.10")
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_vehicle_and_a_planner_agree_on_a_schedule(version: str) -> None:
    """The needs are on record at the CSMS, the planner's profile is taken, and the vehicle's schedule is found to be within it."""
    planned = open_csms(charging_needs=ChargingNeedsPolicy.ACCEPTED)
    async with planned as csms, lab(csms.urls.ocpp, version, speed=1) as one:
        await one.until_accepted()
        one.plug()
        one.tap()
        await eventually(lambda: csms.store.transactions(TransactionFilter(station="CS001")), what="a transaction")
        one.station.feed(NeedsTold("car", 1, ChargingNeeds(requested_energy_transfer="AC_three_phase")))
        known: Any = await eventually(lambda: csms.store.record(NEEDS, "CS001", "1"), what="needs")
        own = one.overview.evses[0].transaction_id
        assert known.transaction_id == own
        start = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=5)
        plan = profile(7, TX, (0, 8), start=start, transaction_id=own)
        assert (await set_profile(_books(csms), "CS001", 1, plan)).status is ChargingProfileStatus.ACCEPTED
        period = ChargingSchedulePeriod(start_period=0, limit=Decimal(7))
        made = ChargingSchedule(charging_rate_unit=ChargingRateUnit.AMPERE, charging_schedule_period=(period,))
        one.station.feed(ScheduleReturned("car", 1, made))
        kept: Any = await eventually(lambda: csms.store.record(SCHEDULES, "CS001", "1"), what="the vehicle's schedule")
        assert kept.status is GenericStatus.ACCEPTED
        assert kept.told.charging_schedule.charging_schedule_period == (period,)


@pytest.mark.req("K15.FR.03", "K15.FR.07", "K15.FR.11")
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_csms_that_plans_makes_the_profile_itself(version: str) -> None:
    """The station takes it, and the vehicle's schedule is found to be within it."""
    told = ACChargingParameters(
        energy_amount=Decimal(9_200), ev_min_current=Decimal(6), ev_max_current=Decimal(16), ev_max_voltage=Decimal(400)
    )
    planned = open_csms(charging_needs=ChargingNeedsPolicy.PLAN)
    async with planned as csms, lab(csms.urls.ocpp, version, speed=1) as one:
        await one.until_accepted()
        one.plug()
        one.tap()
        await eventually(lambda: csms.store.transactions(TransactionFilter(station="CS001")), what="a transaction")
        needs = ChargingNeeds(requested_energy_transfer="AC_three_phase", ac_charging_parameters=told)
        one.station.feed(NeedsTold("car", 1, needs))

        async def offered() -> list[ChargingProfile]:
            record = await csms.store.record(PROFILES, "CS001", "")
            return [] if record is None else [each.profile for each in record.installed]

        made_here: Any = await eventually(offered, what="a planned profile")
        (plan,) = made_here
        assert plan.transaction_id == one.overview.evses[0].transaction_id
        assert [each.limit for each in plan.charging_schedule[0].charging_schedule_period] == [16]
        period = ChargingSchedulePeriod(start_period=0, limit=Decimal(16))
        made = ChargingSchedule(charging_rate_unit=ChargingRateUnit.AMPERE, charging_schedule_period=(period,))
        one.station.feed(ScheduleReturned("car", 1, made))
        kept: Any = await eventually(lambda: csms.store.record(SCHEDULES, "CS001", "1"), what="the vehicle's schedule")
        assert kept.status is GenericStatus.ACCEPTED

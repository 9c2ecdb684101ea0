"""What a station says in 2.0.1 of things only 2.1 has words for: dynamic profiles of its own, the choice of a vehicle."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import pytest

from pilotwire.dialects.ocpp2.smart_charging import write_ev_schedule, write_report
from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.domain.smart_charging import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingProfilesReported,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    EVChargingScheduleNotified,
)
from pilotwire.ocpp import v21, v201

AT = datetime(2026, 3, 1, 12, 0, 5, 250_000, tzinfo=UTC)
SCHEDULE = ChargingSchedule(
    id=12,
    charging_rate_unit=ChargingRateUnit.AMPERE,
    charging_schedule_period=(ChargingSchedulePeriod(start_period=0, limit=Decimal(7)),),
)


@pytest.mark.req("K11.FR.06", "K29.FR.04")
@pytest.mark.parametrize(
    ("wire", "kind", "start"),
    [(v201, "Absolute", AT.replace(microsecond=0)), (v21, "Dynamic", None)],
    ids=["2.0.1", "2.1"],
)
def test_a_value_from_outside_is_reported_as_a_profile_the_version_has(wire: Any, kind: str, start: Any) -> None:
    profile = ChargingProfile(
        id=-1,
        stack_level=0,
        charging_profile_purpose=ChargingProfilePurpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS,
        charging_profile_kind=ChargingProfileKind.DYNAMIC,
        charging_schedule=(SCHEDULE,),
        dyn_update_time=AT,
    )
    fact = ChargingProfilesReported(
        request_id=1, charging_limit_source="EMS", evse_id=0, charging_profile=(profile,), more=False
    )
    message: Any = write_report(cast(Wire, wire), fact)
    (said,) = message.charging_profile
    (schedule,) = said.charging_schedule
    assert (said.charging_profile_kind, schedule.start_schedule) == (kind, start)
    assert getattr(said, "dyn_update_time", None) == (AT if kind == "Dynamic" else None)


@pytest.mark.req("K15.FR.21")
@pytest.mark.parametrize(("wire", "chosen"), [(v201, None), (v21, 12)], ids=["2.0.1", "2.1"])
def test_the_choice_of_a_vehicle_is_told_where_there_is_a_word_for_it(wire: Any, chosen: int | None) -> None:
    """In 2.0.1 the schedule's own id says the same."""
    fact = EVChargingScheduleNotified(
        evse_id=1,
        time_base=AT,
        charging_schedule=SCHEDULE,
        selected_charging_schedule_id=12,
        power_tolerance_acceptance=True,
    )
    message: Any = write_ev_schedule(cast(Wire, wire), fact)
    assert getattr(message, "selected_charging_schedule_id", None) == chosen
    assert message.charging_schedule.id == 12

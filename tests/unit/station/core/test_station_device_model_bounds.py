"""Target, MinSet and MaxSet of what can be measured: set, told, kept, followed by the hardware and by monitors."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain import device_model as dm
from pilotwire.domain import monitoring as mon
from pilotwire.domain.device_model import AttributeType
from pilotwire.domain.kinds import Reason
from pilotwire.domain.monitoring import MonitorType
from pilotwire.domain.smart_charging import ChargingRateUnit, GetCompositeSchedule
from pilotwire.station.core import SetCurrentLimit
from pilotwire.station.core.charging_site import site_of
from tests.support.station_world import StationWorld

POWER = dm.VariableName(component="EVSE", variable="Power", evse=1)
DISCHARGE = dm.VariableName(component="EVSE", variable="DischargePower", evse=1)
STORAGE = dm.VariableName(component="AuthCacheCtrlr", variable="Storage")
TARGET, MIN_SET, MAX_SET = AttributeType.TARGET, AttributeType.MIN_SET, AttributeType.MAX_SET
ACCEPTED, REJECTED = dm.SetVariableStatus.ACCEPTED, dm.SetVariableStatus.REJECTED


def _set(
    world: StationWorld, attribute: AttributeType, value: str, name: dm.VariableName = POWER
) -> dm.SetVariableResult:
    setting = dm.VariableSetting(name=name, value=value, attribute=attribute)
    outcome = world.command(dm.SetVariables(settings=(setting,)))
    assert isinstance(outcome, dm.SetVariablesOutcome)
    return outcome.results[0]


def _get(world: StationWorld, attribute: AttributeType) -> str | None:
    outcome = world.command(dm.GetVariables(asked=(dm.VariableQuery(name=POWER, attribute=attribute),)))
    assert isinstance(outcome, dm.GetVariablesOutcome)
    assert outcome.results[0].status is dm.VariableStatus.ACCEPTED
    return outcome.results[0].value


def _limits(world: StationWorld) -> list[Decimal | None]:
    return [action.amps for action in world.actions if isinstance(action, SetCurrentLimit)]


def _charging(**more: Any) -> StationWorld:
    world = StationWorld(**more)
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    return world


@pytest.mark.req("B06.FR.13")
def test_nothing_is_set_at_first() -> None:
    world = StationWorld()
    assert [_get(world, kind) for kind in (TARGET, MIN_SET, MAX_SET)] == ["", "", ""]


@pytest.mark.req("B05.FR.08", "B05.FR.09")
def test_bounds_hold_each_other_and_the_target() -> None:
    """The least and the most do not cross; the target lies between them, and none of them above what the outlet can."""
    world = StationWorld()
    assert _set(world, MAX_SET, "11000").status is ACCEPTED
    assert _set(world, MIN_SET, "2000").status is ACCEPTED
    for attribute, value in ((MIN_SET, "11001"), (MAX_SET, "1999"), (TARGET, "11001"), (TARGET, "1999")):
        assert (_set(world, attribute, value).status, _get(world, TARGET)) == (REJECTED, "")
    assert _set(world, TARGET, "7000").status is ACCEPTED
    assert _set(world, MAX_SET, "99999").reason == Reason(code="ValueOutOfRange", info="A number from 0 to 22080.")
    assert _set(world, AttributeType.ACTUAL, "7000").reason == Reason(code="ReadOnly")
    world.kill()
    assert [_get(world, kind) for kind in (TARGET, MIN_SET, MAX_SET)] == ["7000", "2000", "11000"]


@pytest.mark.parametrize("attribute", [MAX_SET, TARGET])
def test_the_hardware_offers_no_more_than_is_set_and_all_again_when_it_is_not_any_more(
    attribute: AttributeType,
) -> None:
    """Three phases of 230 V: 6900 W are 10 A. Without a profile, while somebody charges, and over a restart."""
    world = _charging()
    assert _limits(world) == []
    _set(world, attribute, "6900")
    assert _limits(world) == [Decimal(10)]
    world.pass_time(60)
    assert world.hardware.meter(1).power_w <= 6900
    world.kill()
    assert world.hardware.meter(1).power_w <= 6900
    assert _limits(world)[-1] == Decimal(10)
    _set(world, attribute, "")
    assert _limits(world)[-1] is None


def test_the_lower_of_target_and_most_counts_and_is_in_the_composite_schedule() -> None:
    world = StationWorld()
    _set(world, MAX_SET, "11000")
    _set(world, TARGET, "6900")
    asked = GetCompositeSchedule(evse_id=1, duration=60, charging_rate_unit=ChargingRateUnit.AMPERE)
    outcome: Any = world.command(asked)
    assert [period.limit for period in outcome.schedule.charging_schedule_period] == [Decimal(10)]


def test_too_little_to_charge_with_pauses_the_transaction() -> None:
    world = _charging()
    _set(world, TARGET, "1000")
    world.pass_time(10)
    assert world.csms.events[-1].charging_state == "SuspendedEVSE"


def test_no_more_is_taken_back_than_is_set() -> None:
    """Of what the layout has, 30 kW; it counts for setpoints and composite schedules alike."""
    world = StationWorld(station="dc-50-v2x")
    station = world.core._station
    assert [outlet.supply.discharge_watts for outlet in site_of(station).outlets] == [30_000]
    assert _set(world, MAX_SET, "5000", DISCHARGE).status is ACCEPTED
    assert [outlet.supply.discharge_watts for outlet in site_of(station).outlets] == [5000]
    assert _set(world, MAX_SET, "40000", DISCHARGE).status is REJECTED
    assert _set(world, TARGET, "1", DISCHARGE).status is dm.SetVariableStatus.NOT_SUPPORTED_ATTRIBUTE_TYPE


def test_the_cache_takes_no_more_than_is_set() -> None:
    """What is too much goes at once, the least recently used first; a token that comes later makes the same room."""
    world = StationWorld()
    for token in ("ANNA", "BERT"):
        world.tap(token)
        world.pass_time(90)
    assert set(world.core._station.cache.entries) == {"anna", "bert"}
    used = int(_now(world, "AuthCacheCtrlr.Storage"))
    assert _set(world, MAX_SET, str(used - 20), STORAGE).status is ACCEPTED
    assert set(world.core._station.cache.entries) == {"bert"}
    world.tap("ANNA")
    world.pass_time(90)
    assert set(world.core._station.cache.entries) == {"anna"}
    assert _set(world, MAX_SET, "", STORAGE).status is ACCEPTED
    world.tap("BERT")
    world.pass_time(90)
    assert set(world.core._station.cache.entries) == {"anna", "bert"}


def _now(world: StationWorld, key: str) -> str:
    """The value a variable has now."""
    return next(value for spec, value in world.core.variables() if str(spec.name) == key)


# --- monitors -------------------------------------------------------------------------------------------------------


def _monitor(world: StationWorld, kind: MonitorType, value: str) -> int:
    setting = mon.MonitorSetting(name=POWER, type=kind, value=Decimal(value), severity=4)
    outcome = world.command(mon.SetMonitors(settings=(setting,)))
    assert isinstance(outcome, mon.SetMonitorsOutcome)
    assert outcome.results[0].status is mon.SetMonitorStatus.ACCEPTED
    assert outcome.results[0].monitor_id is not None
    return outcome.results[0].monitor_id


def _told(world: StationWorld) -> list[tuple[int | None, bool]]:
    return [(one.monitor_id, one.cleared) for fact in world.csms.of(mon.EventsTold) for one in fact.events]  # type: ignore[attr-defined]


@pytest.mark.req("N07.FR.22", "N07.FR.23", "N07.FR.02")
def test_a_vehicle_that_does_not_take_what_is_wanted_is_told() -> None:
    """Wanted are 6900 W; nobody charges, so both alert; a vehicle takes them: both are cleared. No target, no alert."""
    world = StationWorld()
    absolute, relative = (
        _monitor(world, MonitorType.TARGET_DELTA, "1000"),
        _monitor(world, MonitorType.TARGET_DELTA_RELATIVE, "0.2"),
    )
    world.pass_time(5)
    assert _told(world) == []
    _set(world, TARGET, "6900")
    assert _told(world) == [(absolute, False), (relative, False)]
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    assert 6900 - 1000 <= world.hardware.meter(1).power_w <= 6900
    assert _told(world)[2:] == [(absolute, True), (relative, True)]

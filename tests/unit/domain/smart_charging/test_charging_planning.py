"""Schedules made of what vehicles need."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.smart_charging import (
    ACChargingParameters,
    ChargingNeeds,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    DCChargingParameters,
    RecurrencyKind,
    V2XChargingParameters,
)
from pilotwire.domain.smart_charging.planning import Ceiling, can_plan, plan_for

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
A, W = ChargingRateUnit.AMPERE, ChargingRateUnit.WATT
HOUR = 3600


def ac(energy: int = 0, hours: float | None = None, *, transfer: str = "AC_three_phase") -> ChargingNeeds:
    """6 to 32 A; so many Wh until it leaves."""
    told = ACChargingParameters(
        energy_amount=Decimal(energy),
        ev_min_current=Decimal(6),
        ev_max_current=Decimal(32),
        ev_max_voltage=Decimal(400),
    )
    leaves = None if hours is None else NOW + timedelta(hours=hours)
    return ChargingNeeds(requested_energy_transfer=transfer, ac_charging_parameters=told, departure_time=leaves)


def dc(hours: float | None = None, **more: Any) -> ChargingNeeds:
    """200 A, 400 V and 50 kW at most."""
    told = DCChargingParameters(
        ev_max_current=Decimal(200), ev_max_voltage=Decimal(400), ev_max_power=Decimal(50_000), **more
    )
    leaves = None if hours is None else NOW + timedelta(hours=hours)
    return ChargingNeeds(requested_energy_transfer="DC", dc_charging_parameters=told, departure_time=leaves)


def ceiling(*limits: tuple[int, int], unit: ChargingRateUnit = A, after: int = 0, **more: Any) -> Ceiling:
    """A limit from outside of (start, limit) pairs, that begins so many seconds from now."""
    recurs = more.pop("recurs", None)
    periods = tuple(ChargingSchedulePeriod(start_period=start, limit=Decimal(limit)) for start, limit in limits)
    schedule = ChargingSchedule(charging_rate_unit=unit, charging_schedule_period=periods, **more)
    return Ceiling(schedule=schedule, begins=NOW + timedelta(seconds=after), recurrency_kind=recurs)


def planned(needs: ChargingNeeds, **more: Any) -> tuple[str, list[tuple[int, float]]]:
    """Unit and periods of the schedule, which begins now and goes on."""
    schedule = plan_for(needs, NOW, **more)
    assert schedule is not None
    assert (schedule.start_schedule, schedule.duration) == (NOW, None)
    periods = schedule.charging_schedule_period
    return schedule.charging_rate_unit.value, [(each.start_period, float(each.limit or 0)) for each in periods]


@pytest.mark.parametrize(
    ("needs", "more", "unit", "limit"),
    [
        pytest.param(ac(27_600, 4), {}, "A", 10.0, id="27.6 kWh in 4 h on three phases of 230 V"),
        pytest.param(ac(27_601, 4), {}, "A", 10.1, id="rounded up, so that it is enough"),
        pytest.param(ac(9_200, 4, transfer="AC_single_phase"), {}, "A", 10.0, id="one phase"),
        pytest.param(ac(27_600, 4), {"units": (W,)}, "W", 6900.0, id="a station that takes W only"),
        pytest.param(ac(1_000, 10), {}, "A", 6.0, id="not below what the vehicle can"),
        pytest.param(ac(500_000, 4), {}, "A", 32.0, id="not above it"),
        pytest.param(ac(27_600), {}, "A", 32.0, id="no departure"),
        pytest.param(ac(0, 4), {}, "A", 32.0, id="no energy"),
        pytest.param(ac(27_600, -1), {}, "A", 32.0, id="it should have left"),
        pytest.param(ac(41_400, 4), {"delivered": Decimal(13_800)}, "A", 10.0, id="some of it is there"),
        pytest.param(dc(2, energy_amount=Decimal(40_000)), {}, "W", 20_000.0, id="DC"),
        pytest.param(dc(), {}, "W", 50_000.0, id="DC at most"),
        pytest.param(
            dc(1, ev_energy_capacity=Decimal(80_000), state_of_charge=30, full_soc=80), {}, "W", 40_000.0, id="by SoC"
        ),
        pytest.param(dc(2, energy_amount=Decimal(40_000)), {"units": (A,)}, "A", 50.0, id="DC in A"),
    ],
)
def test_load_is_levelled_until_departure(needs: ChargingNeeds, more: Any, unit: str, limit: float) -> None:
    """One period, as low as the energy allows."""
    assert planned(needs, **more) == (unit, [(0, limit)])


def test_a_known_limit_is_kept_and_made_up_for() -> None:
    """An hour of 6 A: the other three take more, together the same energy."""
    low = ceiling((0, 6), after=HOUR, duration=HOUR)
    assert planned(ac(27_600, 4), ceilings=[low]) == ("A", [(0, 11.4), (HOUR, 6.0), (2 * HOUR, 11.4)])


def test_limits_of_several_count_together_in_any_unit() -> None:
    """4140 W are 6 A of three phases, and the lowest counts."""
    low, lower = ceiling((0, 4140), unit=W), ceiling((0, 8), (HOUR, 5))
    assert planned(ac(27_600, 2), ceilings=[low, lower]) == ("A", [(0, 6.0), (HOUR, 5.0)])


def test_a_limit_comes_again_every_day() -> None:
    """It began three days ago, and holds in the second hour of each."""
    daily = ceiling((0, 32), (HOUR, 6), (2 * HOUR, 32), after=-3 * 86_400, recurs=RecurrencyKind.DAILY)
    assert planned(ac(), ceilings=[daily])[1] == [(0, 32.0), (HOUR, 6.0), (2 * HOUR, 32.0)]


@pytest.mark.req("K15.FR.07", "K17.FR.07")
@pytest.mark.parametrize(
    ("most", "periods"),
    [
        (3, [(0, 30.0), (HOUR, 20.0), (2 * HOUR, 6.0)]),
        (2, [(0, 20.0), (2 * HOUR, 6.0)]),
        (1, [(0, 6.0)]),
        (None, [(0, 30.0), (HOUR, 20.0), (2 * HOUR, 6.0)]),
    ],
)
def test_there_are_no_more_periods_than_may_be(most: int | None, periods: list[tuple[int, float]]) -> None:
    """Those that differ least are made one, with the lower limit."""
    limits = ceiling((0, 30), (HOUR, 20), (2 * HOUR, 6))
    assert planned(ac(), ceilings=[limits], most_periods=most)[1] == periods


@pytest.mark.parametrize(
    "needs",
    [
        ChargingNeeds(requested_energy_transfer="DC"),
        ac(transfer="WPT"),
        ChargingNeeds(
            requested_energy_transfer="DC_BPT",
            dc_charging_parameters=dc().dc_charging_parameters,
            v2x_charging_parameters=V2XChargingParameters(),
        ),
        ChargingNeeds(
            requested_energy_transfer="DC",
            dc_charging_parameters=dc().dc_charging_parameters,
            control_mode="DynamicControl",
        ),
    ],
    ids=["nothing told", "no cable", "both directions", "dynamic control"],
)
def test_not_everything_can_be_planned(needs: ChargingNeeds) -> None:
    """Without limits of the vehicle, in both directions, or where it leaves the control to the station."""
    assert not can_plan(needs)
    assert plan_for(needs, NOW) is None

"""What vehicles need and stations offer, in the words of OCPP."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from pilotwire.domain.smart_charging import ChargingRateUnit, ChargingSchedule, ChargingSchedulePeriod
from pilotwire.iso15118.charging import AcLimits, Control, DcLimits, Needs, PowerStep, Transfer
from pilotwire.station.hardware.ports import AcSupply, DcSupply
from pilotwire.station.secc.needs import charging_needs, offered_schedule, same

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AC = Needs(Transfer.AC, AcLimits(3, 230, 16, 6), energy_wh=20_000, departure_s=3600)
DC = Needs(Transfer.DC, DcLimits(max_v=450, max_a=200, max_w=90_000), soc=20, target_soc=80, capacity_wh=52_000)


def test_ac_in_amperes_a_phase() -> None:
    told = charging_needs(AC, NOW)
    assert told.requested_energy_transfer == "AC_three_phase"
    assert told.departure_time == NOW + timedelta(hours=1)
    assert told.ac_charging_parameters is not None
    assert told.ac_charging_parameters.ev_max_current == Decimal("16")
    assert told.ac_charging_parameters.energy_amount == 20_000


def test_dc_as_the_vehicle_said() -> None:
    told = charging_needs(replace(DC, control=Control.DYNAMIC), NOW)
    assert (told.requested_energy_transfer, told.control_mode) == ("DC", "DynamicControl")
    assert told.dc_charging_parameters is not None
    assert told.dc_charging_parameters.state_of_charge == 20
    assert told.dc_charging_parameters.bulk_soc == 80
    assert told.dc_charging_parameters.energy_amount is None


@pytest.mark.parametrize("transfer", [Transfer.AC_BPT, Transfer.DC_BPT])
def test_both_ways_tell_what_comes_back(transfer: Transfer) -> None:
    limits = DcLimits(max_discharge_w=5_000) if transfer.dc else AcLimits(max_discharge_w=5_000)
    told = charging_needs(Needs(transfer, limits), NOW)
    assert told.requested_energy_transfer == transfer.value
    assert told.v2x_charging_parameters is not None
    assert told.v2x_charging_parameters.max_discharge_power == 5_000


@pytest.mark.parametrize(
    ("unit", "limit", "supply", "watts"),
    [
        (ChargingRateUnit.AMPERE, 16, AcSupply(phases=3), 11_040),
        (ChargingRateUnit.AMPERE, 16, AcSupply(phases=1), 3_680),
        (ChargingRateUnit.WATT, 7_000, AcSupply(), 7_000),
        (ChargingRateUnit.WATT, 99_000, DcSupply(Decimal(50_000)), 50_000),
    ],
)
def test_a_schedule_is_offered_in_watts(
    unit: ChargingRateUnit, limit: int, supply: AcSupply | DcSupply, watts: float
) -> None:
    periods = (ChargingSchedulePeriod(start_period=0, limit=Decimal(limit)),)
    made = offered_schedule(2, ChargingSchedule(charging_rate_unit=unit, charging_schedule_period=periods), supply)
    assert (made.id, made.steps) == (2, (PowerStep(0, watts),))


def test_needs_told_again_are_the_same_though_time_has_passed() -> None:
    assert same(AC, replace(AC, departure_s=3590, soc=21))
    assert not same(AC, replace(AC, departure_s=1800))
    assert not same(AC, replace(AC, energy_wh=5_000))
    assert not same(None, AC)

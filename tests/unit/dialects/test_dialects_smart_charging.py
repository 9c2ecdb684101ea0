"""What a version cannot say of charging profiles is refused with a sentence, never left out."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.kinds import Command, changed
from pilotwire.domain.smart_charging import (
    ChargingNeedsStatus,
    ChargingNeedsVerdict,
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    ClearChargingProfile,
    EVChargingNeedsNotified,
    FreqWattPoint,
    GetChargingProfiles,
    LimitAtSoC,
    OperationMode,
    ScheduleValues,
    SetChargingProfile,
    UpdateDynamicSchedule,
    UsePriorityCharging,
)
from pilotwire.domain.smart_charging.needs import ChargingNeeds
from pilotwire.domain.v2x import AFRRSignal, NotifyAllowedEnergyTransfer
from pilotwire.errors import NotSayable
from pilotwire.ocpp.version import OcppVersion
from tests.support.said import DIALECTS, answered

V16, V201, V21 = OcppVersion.V16, OcppVersion.V201, OcppVersion.V21
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
ONE = Decimal(1)
PERIOD = ChargingSchedulePeriod(start_period=0, limit=Decimal(16))
SCHEDULE = ChargingSchedule(charging_rate_unit=ChargingRateUnit.AMPERE, charging_schedule_period=(PERIOD,))
PROFILE = ChargingProfile(
    id=7,
    stack_level=0,
    charging_profile_purpose=ChargingProfilePurpose.TX_DEFAULT_PROFILE,
    charging_profile_kind=ChargingProfileKind.RELATIVE,
    charging_schedule=(SCHEDULE,),
)
NEW_PERIOD: dict[str, Any] = {
    "limit_L2": {"limit_l2": ONE},
    "dischargeLimit": {"discharge_limit": -ONE},
    "setpoint": {"setpoint": ONE},
    "setpointReactive_L3": {"setpoint_reactive_l3": ONE},
    "evseSleep": {"evse_sleep": True},
    "preconditioningRequest": {"preconditioning_request": False},
    "v2xBaseline": {"v2x_baseline": ONE},
    "operationMode": {"operation_mode": OperationMode.CHARGING_ONLY},
    "v2xFreqWattCurve": {"v2x_freq_watt_curve": (FreqWattPoint(frequency=ONE, power=ONE),)},
}
NEW_SCHEDULE: dict[str, Any] = {
    "limitAtSoC": {"limit_at_soc": LimitAtSoC(soc=80, limit=ONE)},
    "powerTolerance": {"power_tolerance": ONE},
    "useLocalTime": {"use_local_time": False},
    "randomizedDelay": {"randomized_delay": 0},
    "digestValue": {"digest_value": "x"},
    "priceLevelSchedule": {"price_level_schedule": "{}"},
    "absolutePriceSchedule": {"absolute_price_schedule": "{}"},
}
NEW_PROFILE: dict[str, Any] = {
    "maxOfflineDuration": {"max_offline_duration": 5},
    "invalidAfterOfflineDuration": {"invalid_after_offline_duration": False},
    "dynUpdateInterval": {"dyn_update_interval": 5},
    "dynUpdateTime": {"dyn_update_time": NOON},
    "priceScheduleSignature": {"price_schedule_signature": "x"},
}


def _new() -> list[Any]:
    cases = [(name, changed(PROFILE, **more)) for name, more in NEW_PROFILE.items()]
    for name, more in NEW_SCHEDULE.items():
        cases.append((name, changed(PROFILE, charging_schedule=(changed(SCHEDULE, **more),))))
    for name, more in NEW_PERIOD.items():
        schedule = changed(SCHEDULE, charging_schedule_period=(changed(PERIOD, **more),))
        cases.append((name, changed(PROFILE, charging_schedule=(schedule,))))
    return [pytest.param(name, profile, id=name) for name, profile in cases]


@pytest.mark.parametrize("version", [V16, V201])
@pytest.mark.parametrize(("name", "profile"), _new())
def test_what_only_2_1_has_is_not_left_out(version: OcppVersion, name: str, profile: ChargingProfile) -> None:
    """The sentence names the field as the wire would."""
    with pytest.raises(NotSayable) as refused:
        DIALECTS[version].write_command(SetChargingProfile(evse_id=0, charging_profile=profile))
    assert refused.value.what.startswith(f"OCPP {version} has no {name} in its Charging")


@pytest.mark.parametrize("version", [V16, V201])
def test_a_set_point_instead_of_a_limit_is_what_is_complained_about(version: OcppVersion) -> None:
    """Not only that the limit is missing."""
    for period, said in (
        (changed(PERIOD, limit=None, setpoint=ONE), "has no setpoint"),
        (changed(PERIOD, limit=None), "needs a limit"),
    ):
        profile = changed(PROFILE, charging_schedule=(changed(SCHEDULE, charging_schedule_period=(period,)),))
        with pytest.raises(NotSayable, match=said):
            DIALECTS[version].write_command(SetChargingProfile(evse_id=0, charging_profile=profile))


@pytest.mark.parametrize(
    ("version", "change"),
    [
        (V16, {"charging_profile_purpose": ChargingProfilePurpose.PRIORITY_CHARGING}),
        (V16, {"charging_profile_kind": ChargingProfileKind.DYNAMIC}),
        (V16, {"charging_schedule": (SCHEDULE, SCHEDULE)}),
        (V16, {"charging_schedule": ()}),
        (V16, {"charging_schedule": (changed(SCHEDULE, sales_tariff="{}"),)}),
        (V16, {"transaction_id": "tx-1"}),
        (V201, {"charging_profile_purpose": ChargingProfilePurpose.LOCAL_GENERATION}),
        (V201, {"charging_profile_kind": ChargingProfileKind.DYNAMIC}),
        (V201, {"charging_schedule": (changed(SCHEDULE, sales_tariff="{}"),)}),
        (V21, {"charging_schedule": (changed(SCHEDULE, price_level_schedule="no JSON"),)}),
        (V21, {"charging_schedule": (SCHEDULE,) * 4}),
    ],
)
def test_what_does_not_fit_is_refused(version: OcppVersion, change: dict[str, Any]) -> None:
    """Purposes, kinds, numbers of schedules, transactions without a number, tariffs that are none."""
    with pytest.raises(NotSayable):
        DIALECTS[version].write_command(SetChargingProfile(evse_id=0, charging_profile=changed(PROFILE, **change)))


@pytest.mark.parametrize(
    ("command", "versions"),
    [
        (GetChargingProfiles(request_id=1, stack_level=0), (V16,)),
        (UpdateDynamicSchedule(charging_profile_id=1, schedule_update=ScheduleValues(limit=ONE)), (V16, V201)),
        (UsePriorityCharging(transaction_id="1", activate=True), (V16, V201)),
        (AFRRSignal(timestamp=NOON, signal=1), (V16, V201)),
        (NotifyAllowedEnergyTransfer(transaction_id="1", allowed_energy_transfer=("DC",)), (V16, V201)),
    ],
    ids=lambda each: type(each).__name__,
)
def test_commands_an_older_version_has_no_message_for(command: Command, versions: tuple[OcppVersion, ...]) -> None:
    """And 2.1 has one."""
    for version in versions:
        with pytest.raises(NotSayable, match=f"OCPP {version} has no message"):
            DIALECTS[version].write_command(command)
    assert len(DIALECTS[V21].write_command(command)) == 1


@pytest.mark.req("K10.FR.02", "K09.FR.03")
@pytest.mark.parametrize("version", [V201, V21])
@pytest.mark.parametrize("command", [ClearChargingProfile(), GetChargingProfiles(request_id=1, evse_id=1)])
def test_2_x_needs_a_criterion(version: OcppVersion, command: Command) -> None:
    """1.6 clears everything without one."""
    with pytest.raises(NotSayable, match=r"FR\.0"):
        DIALECTS[version].write_command(command)
    assert len(DIALECTS[V16].write_command(ClearChargingProfile())) == 1


def test_tenths_are_the_finest_of_1_6() -> None:
    """8.5 A can be said, 8.55 A not (1.6:7.14)."""
    for limit, fits in (("8.5", True), ("8.55", False)):
        period = changed(PERIOD, limit=Decimal(limit))
        profile = changed(PROFILE, charging_schedule=(changed(SCHEDULE, charging_schedule_period=(period,)),))
        command = SetChargingProfile(evse_id=0, charging_profile=profile)
        if fits:
            assert len(DIALECTS[V16].write_command(command)) == 1
        else:
            with pytest.raises(NotSayable, match=r"multiple of 0\.1"):
                DIALECTS[V16].write_command(command)


@pytest.mark.req("K15.FR.04", "K18.FR.04")
def test_that_no_profile_will_come_is_rejected_in_2_0_1() -> None:
    """2.1 has a word of its own for it."""
    fact = EVChargingNeedsNotified(evse_id=1, charging_needs=ChargingNeeds(requested_energy_transfer="DC"))
    verdict = ChargingNeedsVerdict(status=ChargingNeedsStatus.NO_CHARGING_PROFILE)
    said = {version: DIALECTS[version].write_verdict(fact, verdict) for version in (V201, V21)}
    heard = {version: DIALECTS[version].read_verdict(fact, answered(answer)) for version, answer in said.items()}
    assert heard[V201] == ChargingNeedsVerdict(status=ChargingNeedsStatus.REJECTED)
    assert heard[V21] == verdict

"""Why a station would reject a charging profile: one broken profile for each rule, and good ones of each kind."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import (
    ChargingAbilities,
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    Edition,
    FreqWattPoint,
    InstalledProfile,
    LimitAtSoC,
    OpenTransaction,
    OperationMode,
    ProfileContext,
    RecurrencyKind,
    V2XChargingParameters,
    flaws_of,
)

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
P, K, M = ChargingProfilePurpose, ChargingProfileKind, OperationMode
V16, V201, V21 = Edition.V16, Edition.V201, Edition.V21
TX = OpenTransaction(transaction_id="tx-1", evse_id=1)


def period(start: int = 0, limit: int | None = 16, **more: Any) -> ChargingSchedulePeriod:
    """A period with a limit."""
    return ChargingSchedulePeriod(start_period=start, limit=None if limit is None else Decimal(limit), **more)


def schedule(*periods: ChargingSchedulePeriod, **more: Any) -> ChargingSchedule:
    """A schedule that begins at noon."""
    given = {"id": 1, "charging_rate_unit": ChargingRateUnit.AMPERE, "start_schedule": NOON} | more
    return ChargingSchedule(charging_schedule_period=periods or (period(),), **given)


def profile(*schedules: ChargingSchedule, **more: Any) -> ChargingProfile:
    """An absolute default profile."""
    given = {
        "id": 7,
        "stack_level": 0,
        "charging_profile_purpose": P.TX_DEFAULT_PROFILE,
        "charging_profile_kind": K.ABSOLUTE,
    } | more
    return ChargingProfile(charging_schedule=schedules or (schedule(),), **given)


def tx_profile(*schedules: ChargingSchedule, **more: Any) -> ChargingProfile:
    """A profile of transaction tx-1."""
    return profile(*schedules, **({"charging_profile_purpose": P.TX_PROFILE, "transaction_id": "tx-1"} | more))


def context(edition: Edition = V201, evse: int = 0, **more: Any) -> ProfileContext:
    """A station with a transaction at EVSE 1."""
    return ProfileContext(edition=edition, evse_id=evse, **({"transactions": (TX,)} | more))


def installed(other: ChargingProfile, evse: int = 0) -> tuple[InstalledProfile, ...]:
    """Another profile is there."""
    return (InstalledProfile(evse_id=evse, profile=other, at=NOON, transaction_id=other.transaction_id),)


def can(**abilities: Any) -> dict[str, Any]:
    """What the station has told of itself."""
    return {"abilities": ChargingAbilities(**abilities)}


def numbers(broken: ChargingProfile, known: ProfileContext) -> list[str]:
    """The requirements it breaks."""
    return [flaw.requirement for flaw in flaws_of(broken, known)]


MAX = {"charging_profile_purpose": P.CHARGING_STATION_MAX_PROFILE}
RELATIVE = {"charging_profile_kind": K.RELATIVE}
DAILY = {"charging_profile_kind": K.RECURRING, "recurrency_kind": RecurrencyKind.DAILY}
FREE = {"start_schedule": None}
OTHER = profile(id=8)
TWO = (period(), period(60))

BOTH: list[tuple[str, str, ChargingProfile, dict[str, Any]]] = [
    ("K01.FR.28", "1.6:5.16", profile(), {"evse": 3, "evses": (1, 2)}),
    ("K04.FR.03", "1.6:3.13.1", profile(**MAX), {"evse": 1}),
    ("K01.FR.16", "1.6:3.13.1", tx_profile(), {"evse": 0, "transactions": (OpenTransaction(transaction_id="tx-1"),)}),
    ("K01.FR.33", "1.6:3.13.1", tx_profile(transaction_id="tx-2"), {"evse": 1}),
    ("K01.FR.09", "1.6:3.13.1", tx_profile(), {"evse": 2}),
    ("K01.FR.03", "1.6:7.8", profile(transaction_id="tx-1"), {}),
    ("K01.FR.17", "1.6:7.8", profile(stack_level=-1), {}),
    ("SmartChargingCtrlr.ProfileStackLevel", "1.6:9.4.1", profile(stack_level=4), can(profile_stack_level=3)),
    (
        "SmartChargingCtrlr.Entries[ChargingProfiles]",
        "1.6:9.4.5",
        profile(stack_level=1),
        can(max_profiles=1) | {"installed": installed(OTHER)},
    ),
    ("K01.FR.37", "1.6:7.8", profile(valid_from=NOON, valid_to=NOON), {}),
    ("ChargingProfileType.recurrencyKind", "1.6:7.8", profile(charging_profile_kind=K.RECURRING), {}),
    ("ChargingProfileType.recurrencyKind", "1.6:7.8", profile(recurrency_kind=RecurrencyKind.WEEKLY), {}),
    ("K01.FR.41", "1.6:7.13", profile(**RELATIVE), {}),
    ("K01.FR.31", "1.6:5.16.4", profile(schedule(period(1))), {}),
    ("K01.FR.35", "1.6:7.14", profile(schedule(period(), period(9), period(9))), {}),
    ("SmartChargingCtrlr.PeriodsPerSchedule", "1.6:9.4.3", profile(schedule(*TWO)), can(periods_per_schedule=1)),
    ("ChargingScheduleType.duration", "1.6:7.13", profile(schedule(duration=0)), {}),
    ("K01.FR.11", "1.6:5.16.4", profile(schedule(*TWO, duration=60)), {}),
    ("K01.FR.13", "1.6:5.16.4", profile(schedule(duration=86_401), **DAILY), {}),
    ("K01.FR.26", "1.6:9.4.2", profile(), can(rate_units=(ChargingRateUnit.WATT,))),
    ("K01.FR.21", "1.6:7.13", profile(schedule(min_charging_rate=Decimal(-1))), {}),
    ("ChargingSchedulePeriodType", "1.6:7.14", profile(schedule(period(limit=-1))), {}),
    ("ChargingSchedulePeriodType", "1.6:7.14", profile(schedule(period(limit=None))), {}),
    ("ChargingSchedulePeriodType", "1.6:7.14", profile(schedule(period(number_phases=4))), {}),
]


@pytest.mark.parametrize(
    ("new", "old", "broken", "known"), BOTH, ids=lambda each: each if isinstance(each, str) else ""
)
def test_each_rule_of_all_versions(new: str, old: str, broken: ChargingProfile, known: dict[str, Any]) -> None:
    """Breaking one rule is one flaw, with the number it has in each version."""
    assert numbers(broken, context(V201, **known)) == [new]
    assert numbers(broken, context(V21, **known)) == [new]
    assert numbers(broken, context(V16, **known)) == [old]


ONLY_2: list[tuple[str, ChargingProfile, dict[str, Any]]] = [
    ("K01.FR.22", profile(charging_profile_purpose=P.CHARGING_STATION_EXTERNAL_CONSTRAINTS), {}),
    ("K01.FR.03", tx_profile(transaction_id=None), {"evse": 1}),
    ("K01.FR.81", profile(), can(max_external_constraints_id=7)),
    ("K01.FR.06", profile(), {"installed": installed(OTHER)}),
    ("K01.FR.39", tx_profile(), {"evse": 1, "installed": installed(tx_profile(id=8), 1)}),
    ("K01.FR.52", profile(), {"installed": installed(OTHER, 1)}),
    ("K01.FR.53", profile(), {"evse": 1, "installed": installed(OTHER, 0)}),
    ("K01.FR.38", profile(schedule(**FREE), **MAX, **RELATIVE), {}),
    ("K01.FR.34", profile(schedule(), schedule(id=2)), {}),
    ("K01.FR.40", profile(schedule(**FREE)), {}),
    ("K01.FR.40", profile(schedule(**FREE), **DAILY), {}),
    ("K15.FR.07", tx_profile(schedule(*TWO)), {"evse": 1, "has_needs": True, "max_schedule_tuples": 1}),
    ("K01.FR.19", profile(schedule(period(phase_to_use=2))), {}),
    ("K01.FR.20", profile(schedule(period(phase_to_use=2, number_phases=1))), can(phase_switching=False)),
    ("ChargingProfileType.chargingSchedule", changed(profile(), charging_schedule=()), {}),
    ("ChargingProfileType.chargingSchedule", profile(*[schedule()] * 4), {"has_needs": True}),
    (
        "ChargingScheduleType.chargingSchedulePeriod",
        profile(changed(schedule(), charging_schedule_period=())),
        {},
    ),
]


@pytest.mark.parametrize("edition", [V201, V21])
@pytest.mark.parametrize(("number", "broken", "known"), ONLY_2, ids=lambda each: each if isinstance(each, str) else "")
def test_each_rule_of_2(edition: Edition, number: str, broken: ChargingProfile, known: dict[str, Any]) -> None:
    """What 1.6 has no such rule for."""
    assert numbers(broken, context(edition, **known)) == [number]


def moded(mode: OperationMode, limit: int | None = None, **more: Any) -> ChargingSchedule:
    """A schedule of one period in an operation mode."""
    return schedule(period(limit=limit, operation_mode=mode, **more))


WATT = {"charging_rate_unit": ChargingRateUnit.WATT}
CURVE = (
    FreqWattPoint(frequency=Decimal(49), power=Decimal(5)),
    FreqWattPoint(frequency=Decimal(51), power=Decimal(-5)),
)
FREQUENCY = period(limit=None, operation_mode=M.LOCAL_FREQUENCY, v2x_baseline=Decimal(0), v2x_freq_watt_curve=CURVE)
DYNAMIC = {"charging_profile_kind": K.DYNAMIC}
PRIORITY = {"charging_profile_purpose": P.PRIORITY_CHARGING}
LOCAL = {"charging_profile_purpose": P.LOCAL_GENERATION}
L2 = period(limit_l2=Decimal(8))
ONE = Decimal(1)

ONLY_21: list[tuple[str, ChargingProfile, dict[str, Any]]] = [
    ("K01.FR.120", profile(**PRIORITY), can(additional_purposes=("LocalGeneration",))),
    ("K01.FR.70", profile(schedule(duration=60), **PRIORITY), {}),
    ("K01.FR.95", profile(schedule(randomized_delay=5), **MAX), {}),
    ("K01.FR.122", profile(dyn_update_interval=60), {}),
    ("K01.FR.122", profile(dyn_update_time=NOON), {}),
    ("K01.FR.121", profile(**DYNAMIC), can(dynamic_profiles=False)),
    ("K28.FR.01", profile(schedule(*TWO), **DYNAMIC), {}),
    ("K01.FR.123", profile(schedule(use_local_time=True)), can(use_local_time=False)),
    ("K01.FR.124", profile(schedule(randomized_delay=5)), can(randomized_delay=False)),
    ("K01.FR.125", profile(schedule(limit_at_soc=LimitAtSoC(soc=80, limit=ONE))), can(limit_at_soc=False)),
    ("K01.FR.126", profile(schedule(period(evse_sleep=True))), can(evse_sleep=False)),
    ("K01.FR.111", profile(moded(M.EXTERNAL_LIMITS), **PRIORITY), {}),
    ("K01.FR.111", profile(moded(M.IDLE), **MAX), {}),
    ("K01.FR.113", profile(moded(M.IDLE), **LOCAL), {}),
    ("K01.FR.115", profile(moded(M.IDLE)), can(operation_modes=("CentralSetpoint",))),
    ("Q03.FR.02", profile(moded(M.CENTRAL_SETPOINT, limit=16)), {}),
    ("Q07.FR.03", profile(moded(M.CENTRAL_FREQUENCY, discharge_limit=-ONE)), {}),
    ("Q08.FR.01", profile(schedule(changed(FREQUENCY, setpoint=ONE), **WATT)), {}),
    ("Q08.FR.02", profile(schedule(changed(FREQUENCY, v2x_baseline=None), **WATT)), {}),
    ("Q08.FR.05", profile(schedule(FREQUENCY)), {}),
    ("Q10.FR.01", profile(moded(M.IDLE, setpoint=ONE)), {}),
    ("V2X.05", profile(schedule(period(limit=10, setpoint=Decimal(11)))), {}),
    ("V2X.05", profile(schedule(period(discharge_limit=Decimal(-5), setpoint=Decimal(-6)))), {}),
    ("ChargingSchedulePeriodType", profile(schedule(period(discharge_limit=ONE))), {}),
    ("K01.FR.143", profile(schedule(L2)), {}),
    ("K01.FR.145", tx_profile(moded(M.EXTERNAL_LIMITS, limit_l3=ONE)), {"evse": 1}),
    ("K01.FR.142", tx_profile(schedule(L2)), {"evse": 1, "has_needs": True, "v2x": V2XChargingParameters()}),
]


@pytest.mark.parametrize(("number", "broken", "known"), ONLY_21, ids=lambda each: each if isinstance(each, str) else "")
def test_each_rule_of_2_1(number: str, broken: ChargingProfile, known: dict[str, Any]) -> None:
    """What only 2.1 can say; towards other versions the dialect refuses it."""
    assert numbers(broken, context(V21, **known)) == [number]
    assert number not in numbers(broken, context(V201, **known)) or number == "ChargingSchedulePeriodType"


@pytest.mark.req("K28.FR.02")
def test_the_period_of_a_dynamic_profile_begins_at_once() -> None:
    """As the first period of every schedule does."""
    assert numbers(profile(schedule(period(5)), **DYNAMIC), context(V21)) == ["K01.FR.31", "K28.FR.02"]


@pytest.mark.parametrize("edition", list(Edition))
@pytest.mark.parametrize("level", range(10))
def test_stack_levels_from_0_to_9_are_good(edition: Edition, level: int) -> None:
    """Of each purpose and kind that goes together, where nothing is known against it."""
    relative = schedule(**FREE)
    for evse, good in (
        (0, profile(stack_level=level, **MAX)),
        (0, profile(stack_level=level, **DAILY)),
        (2, profile(relative, stack_level=level, **RELATIVE)),
        (1, tx_profile(stack_level=level)),
        (1, tx_profile(relative, stack_level=level, **RELATIVE)),
    ):
        assert flaws_of(good, context(edition, evse)) == ()


@pytest.mark.req("1.6:3.13.2")
def test_1_6_replaces_what_2_x_must_not_send() -> None:
    """The same stack level and purpose; and 1.6 need not name the transaction, nor when a schedule starts."""
    known = context(V16, installed=installed(OTHER), **can(max_profiles=1))
    assert flaws_of(profile(), known) == ()
    assert flaws_of(tx_profile(schedule(**FREE), transaction_id=None), context(V16, 1)) == ()


@pytest.mark.req("1.6:7.8")
@pytest.mark.parametrize("many", [0, 2])
def test_1_6_has_one_schedule(many: int) -> None:
    """No more and no less."""
    assert numbers(changed(profile(), charging_schedule=(schedule(),) * many), context(V16)) == ["1.6:7.8"]


@pytest.mark.req("K01.FR.05", "K01.FR.06")
def test_what_does_not_clash() -> None:
    """The same id, another level, another EVSE, another time, another transaction."""
    later = changed(OTHER, valid_from=NOON)
    until = profile(valid_to=NOON)
    assert flaws_of(profile(), context(installed=installed(profile()))) == ()
    assert flaws_of(profile(stack_level=1), context(installed=installed(OTHER))) == ()
    assert flaws_of(profile(), context(evse=2, installed=installed(OTHER, 1))) == ()
    assert flaws_of(until, context(installed=installed(later))) == ()
    elsewhere = installed(tx_profile(id=8, transaction_id="tx-2"), 1)
    assert flaws_of(tx_profile(), context(evse=1, installed=elsewhere)) == ()


def test_all_reasons_are_told_at_once_with_their_places() -> None:
    """Nobody mends one to hear of the next; what a station takes all the same is marked."""
    broken = profile(schedule(period(5), period(5, -1), duration=4), stack_level=-1)
    found = flaws_of(broken, context(V201))
    first = "chargingSchedule[0]"
    assert [(flaw.where, flaw.is_fatal) for flaw in found] == [
        ("stackLevel", True),
        (f"{first}.chargingSchedulePeriod[0].startPeriod", True),
        (f"{first}.chargingSchedulePeriod[1].startPeriod", True),
        (f"{first}.duration", False),
        (f"{first}.chargingSchedulePeriod[1].limit", True),
    ]
    assert all(flaw.what.endswith(".") for flaw in found)

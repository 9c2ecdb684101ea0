"""The composite schedule: the worked examples of the standards, in a form of our own, and each rule by an example."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    InstalledProfile,
    LimitAtSoC,
    OperationMode,
    RecurrencyKind,
)
from pilotwire.domain.smart_charging.composite import composite, limit_now, next_change, shares
from pilotwire.domain.smart_charging.composite_timeline import Outlet, Site, Supply, random_delay

A, W = ChargingRateUnit.AMPERE, ChargingRateUnit.WATT
T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
AC22 = Supply(max_amps=Decimal(32), max_watts=Decimal(22_080))
Periods = list[tuple[int, int]]
MAX, DEFAULT, TX, OUTSIDE, LOCAL, PRIORITY = (
    "ChargingStationMaxProfile",
    "TxDefaultProfile",
    "TxProfile",
    "ChargingStationExternalConstraints",
    "LocalGeneration",
    "PriorityCharging",
)


def profile(
    purpose: str,
    periods: Periods,
    *,
    number: int = 1,
    level: int = 0,
    evse: int = 1,
    kind: str = "Absolute",
    every: str | None = None,
    start: datetime | None = T0,
    duration: int | None = None,
    unit: ChargingRateUnit = A,
    phases: int | None = None,
    tx: str | None = None,
    source: str = "CSO",
    schedule: dict[str, Any] | None = None,
    period: dict[str, Any] | None = None,
    **more: Any,
) -> InstalledProfile:
    """A profile as installed, in one line."""
    made = ChargingSchedule(
        charging_rate_unit=unit,
        start_schedule=None if kind == "Relative" else start,
        duration=duration,
        charging_schedule_period=tuple(
            ChargingSchedulePeriod(start_period=second, limit=Decimal(limit), number_phases=phases, **(period or {}))
            for second, limit in periods
        ),
        **(schedule or {}),
    )
    whole = ChargingProfile(
        id=number,
        stack_level=level,
        charging_profile_purpose=ChargingProfilePurpose(purpose),
        charging_profile_kind=ChargingProfileKind(kind),
        recurrency_kind=None if every is None else RecurrencyKind(every),
        charging_schedule=(made,),
        **more,
    )
    return InstalledProfile(evse_id=evse, profile=whole, at=T0, charging_limit_source=source, transaction_id=tx)


def site(*profiles: InstalledProfile, supply: Supply = AC22, since: datetime | None = T0, **more: Any) -> Site:
    """A station with one EVSE, where transaction `tx` goes on."""
    outlet = Outlet(evse_id=1, supply=supply, transaction_id="tx", in_use=True, charging_since=since)
    return Site(outlets=(outlet,), installed=profiles, **more)


def table(
    where: Site,
    *,
    evse: int = 1,
    after: float = 0,
    seconds: int = 600,
    unit: ChargingRateUnit = A,
    at: datetime = T0,
) -> Periods:
    """The composite schedule as (second, limit)."""
    schedule = composite(where, evse, at + timedelta(seconds=after), seconds, unit)
    return [(period.start_period, _number(period.limit)) for period in schedule.charging_schedule_period]


def _number(limit: Decimal | None) -> Any:
    assert limit is not None
    return int(limit) if limit == int(limit) else float(limit)


def _utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


# --- the examples of the standards ----------------------------------------------------------------------------------------------

DAILY = profile(
    DEFAULT,
    [(0, 11_000), (28_800, 6_000), (72_000, 11_000)],
    kind="Recurring",
    every="Daily",
    start=datetime(2013, 1, 1, tzinfo=UTC),
    duration=86_400,
    unit=W,
    phases=3,
)
"""11 kW, and 6 kW from 8 to 20 h (1.6:3.13.7; 2.x K 3.7)."""


@pytest.mark.req("1.6:3.13.7", "K01.FR.12")
@pytest.mark.parametrize(
    ("hour", "watts", "amps"),
    [(0, 11_000, 15.9), (7.999, 11_000, 15.9), (8, 6_000, 8.6), (19.999, 6_000, 8.6), (20, 11_000, 15.9)],
)
def test_the_daily_default_profile_of_both_standards(hour: float, watts: int, amps: float) -> None:
    """Years after its start, it says the same every day."""
    at = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=hour)
    assert table(site(DAILY), at=at, seconds=1, unit=W) == [(0, watts)]
    assert table(site(DAILY), at=at, seconds=1) == [(0, amps)]


def test_the_daily_default_profile_over_a_day() -> None:
    """From 6 h on: the boundaries of the day, and the start of the next that changes nothing."""
    at = datetime(2026, 3, 1, 6, tzinfo=UTC)
    assert table(site(DAILY), at=at, seconds=100_000, unit=W) == [
        (0, 11_000),
        (7_200, 6_000),
        (50_400, 11_000),
        (93_600, 6_000),
    ]


EXCEPTIONS = (
    profile(
        DEFAULT,
        [(0, 2_000)],
        number=10,
        level=1,
        kind="Recurring",
        every="Daily",
        start=datetime(2020, 1, 9, 17, tzinfo=UTC),
        duration=10_800,
        unit=W,
    ),
    profile(
        DEFAULT,
        [(0, 999_999)],
        number=11,
        level=2,
        kind="Recurring",
        every="Weekly",
        start=datetime(2020, 1, 5, tzinfo=UTC),
        duration=86_400,
        unit=W,
    ),
    profile(
        DEFAULT,
        [(0, 999_999)],
        number=12,
        level=3,
        start=datetime(2020, 12, 25, tzinfo=UTC),
        duration=86_400,
        unit=W,
        valid_from=datetime(2020, 1, 1, tzinfo=UTC),
        valid_to=datetime(2021, 1, 1, tzinfo=UTC),
    ),
)
"""2 kW from 17 to 20 h, but not on Sundays, nor at Christmas 2020 (2.x K 3.7.1)."""


@pytest.mark.req("K01.FR.17", "K01.FR.13")
@pytest.mark.parametrize(
    ("at", "watts"),
    [
        (_utc(2020, 12, 24, 16, 59), 22_080),
        (_utc(2020, 12, 24, 17), 2_000),
        (_utc(2020, 12, 24, 19, 59, 59), 2_000),
        (_utc(2020, 12, 24, 20), 22_080),
        (_utc(2020, 12, 25, 18), 22_080),
        (_utc(2020, 12, 27, 18), 22_080),
        (_utc(2020, 12, 28, 18), 2_000),
        (_utc(2021, 12, 24, 18), 2_000),
        (_utc(2021, 12, 25, 18), 2_000),
        (_utc(2020, 1, 8, 18), 22_080),
    ],
    ids=[
        "before-peak",
        "peak",
        "end-of-peak",
        "after-peak",
        "christmas",
        "sunday",
        "monday",
        "next-year",
        "next-christmas",
        "before-the-first-day",
    ],
)
def test_stacked_exceptions_from_a_rule(at: datetime, watts: int) -> None:
    """A higher stack level overrules while its schedule runs; else the one below."""
    assert table(site(*EXCEPTIONS), at=at, seconds=1, unit=W) == [(0, watts)]


@pytest.mark.req("K08.FR.04", "K02.FR.04", "1.6:3.13.3")
@pytest.mark.parametrize(("with_tx", "amps"), [(False, 12), (True, 14)], ids=["situation-1", "situation-2"])
def test_combined_purposes_of_the_two_figures(with_tx: bool, amps: int) -> None:
    """The lowest of the leading profile of each purpose counts; a TxProfile stands before the default, also where it allows more."""
    profiles = [
        profile(MAX, [(0, 20)], number=1, evse=0),
        profile(DEFAULT, [(0, 8)], number=2),
        profile(DEFAULT, [(0, 9)], number=3, level=1),
        profile(DEFAULT, [(0, 12)], number=4, level=2),
        profile(OUTSIDE, [(0, 10)], number=5, evse=0, source="EMS"),
        profile(OUTSIDE, [(0, 16)], number=6, evse=0, source="EMS", level=1),
    ]
    if with_tx:
        profiles += [profile(TX, [(0, 7)], number=7, tx="tx"), profile(TX, [(0, 14)], number=8, tx="tx", level=1)]
    assert table(site(*profiles)) == [(0, amps)]


@pytest.mark.req("K27.FR.01", "K04.FR.05")
def test_local_generation_comes_on_top() -> None:
    """5 kW by default; 2 kW, then 1 kW of sun (2.1 K27)."""
    default = profile(DEFAULT, [(0, 5_000)], kind="Relative", unit=W, evse=0)
    sun = profile(LOCAL, [(0, 2_000), (300, 1_000)], number=-1, unit=W, evse=0, source="EMS", duration=500)
    assert table(site(default, sun), unit=W) == [(0, 7_000), (300, 6_000), (500, 5_000)]


@pytest.mark.req("K08.FR.02", "1.6:5.16.4")
def test_stacking_of_the_certification_case() -> None:
    """The upper one runs for 150 s, then the lower one shows (TC_K_40, TC_072)."""
    lower = profile(DEFAULT, [(0, 6), (100, 8), (200, 10)], duration=400)
    upper = profile(DEFAULT, [(0, 7), (100, 9)], number=2, level=1, duration=150)
    assert table(site(lower, upper), after=3, seconds=350) == [(0, 7), (97, 9), (147, 8), (197, 10)]


@pytest.mark.req("K02.FR.08", "K08.FR.04")
def test_combining_of_the_certification_case() -> None:
    """A maximum, a default and a transaction's own: where the latter ends, the default and then the maximum remain (TC_K_41)."""
    profiles = (
        profile(MAX, [(0, 10)], evse=0, duration=86_400),
        profile(DEFAULT, [(0, 6), (60, 10), (120, 8), (180, 15), (260, 8)], number=2, duration=300),
        profile(TX, [(0, 8), (50, 11), (140, 16), (200, 6), (240, 12)], number=3, duration=260, tx="tx"),
    )
    assert table(site(*profiles), seconds=400) == [(0, 8), (50, 10), (200, 6), (240, 10), (260, 8), (300, 10)]


def test_random_delays_that_come_too_late() -> None:
    """The rule of the 2.1 errata (K01.FR.97): a period whose start falls behind that of the next is left out."""
    most = 900
    seed = next(
        name
        for name in (f"tx-{n}" for n in range(1_000))
        if 300 + random_delay(name, 1, 1, most) > 600 + random_delay(name, 1, 2, most)
    )
    delayed = profile(DEFAULT, [(0, 6), (300, 7), (600, 8)], schedule={"randomized_delay": most})
    where = site(delayed)
    where = changed(where, outlets=(changed(where.outlets[0], seed=seed),))
    assert table(where, seconds=3_600) == [(0, 6), (600 + random_delay(seed, 1, 2, most), 8)]
    assert table(site(delayed), seconds=3_600) == [(0, 6), (300, 7), (600, 8)]  # K08.FR.06: nobody charges


# --- when ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("K01.FR.10", "K01.FR.36", "K01.FR.37")
def test_validity_begins_with_its_first_second_and_ends_before_its_last() -> None:
    """Outside of it, there is only the hardware."""
    limited = profile(
        DEFAULT,
        [(0, 8)],
        valid_from=T0 + timedelta(seconds=10),
        valid_to=T0 + timedelta(seconds=30),
    )
    assert table(site(limited)) == [(0, 32), (10, 8), (30, 32)]


@pytest.mark.req("K01.FR.30")
def test_a_schedule_in_the_future_waits() -> None:
    """Nothing is limited before its start, be it absolute or recurring."""
    later = T0 + timedelta(seconds=60)
    assert table(site(profile(DEFAULT, [(0, 8)], start=later))) == [(0, 32), (60, 8)]
    daily = profile(DEFAULT, [(0, 8)], start=later, kind="Recurring", every="Daily", duration=5)
    assert table(site(daily)) == [(0, 32), (60, 8), (65, 32)]


@pytest.mark.req("K01.FR.11", "1.6:5.16.4")
def test_what_begins_after_the_end_is_not_executed() -> None:
    """And the last period before it lasts until then."""
    assert table(site(profile(DEFAULT, [(0, 8), (50, 9), (200, 10)], duration=150))) == [(0, 8), (50, 9), (150, 32)]


@pytest.mark.req("K01.FR.42")
def test_relative_schedules_count_from_the_start_of_charging() -> None:
    """Where nobody charges, as if it began now (K08.FR.06)."""
    relative = profile(DEFAULT, [(0, 8), (100, 10)], kind="Relative")
    assert table(site(relative), after=30) == [(0, 8), (70, 10)]
    assert table(site(relative, since=None), after=30) == [(0, 8), (100, 10)]


def test_an_absolute_schedule_without_start_counts_from_the_start_of_charging() -> None:
    """1.6 leaves the start out where it means that (1.6:7.13)."""
    assert table(site(profile(DEFAULT, [(0, 8), (100, 10)], start=None)), after=30) == [(0, 8), (70, 10)]


def test_parts_of_seconds_are_left_out() -> None:
    """What begins at 12.7 s begins at 12; so does a schedule that is asked for then."""
    odd = profile(DEFAULT, [(0, 8)], start=T0 + timedelta(seconds=12.7))
    assert table(site(odd), after=2.9) == [(0, 32), (10, 8)]
    schedule = composite(site(odd), 1, T0 + timedelta(seconds=2.9), 5, A)
    assert (schedule.schedule_start, schedule.duration) == (T0 + timedelta(seconds=2), 5)


@pytest.mark.req("K28.FR.13")
def test_a_dynamic_profile_lasts_as_long_as_it_is_kept_fresh() -> None:
    """Its duration counts from the last update."""
    fresh = profile(TX, [(0, 8)], kind="Dynamic", start=None, duration=60, tx="tx", dyn_update_time=T0)
    assert table(site(fresh)) == [(0, 8), (60, 32)]


@pytest.mark.req("K01.FR.101", "K01.FR.103")
def test_offline_for_too_long() -> None:
    """The one below takes over; one that does not say stays."""
    bold = profile(DEFAULT, [(0, 20)], number=2, level=1, max_offline_duration=100)
    careful = profile(DEFAULT, [(0, 8)])
    assert table(site(bold, careful, offline_since=T0 - timedelta(seconds=40))) == [(0, 20), (61, 8)]
    assert table(site(bold, careful)) == [(0, 20)]
    assert table(site(bold, careful, lapsed=(2,))) == [(0, 8)]


@pytest.mark.req("K01.FR.90")
def test_local_time() -> None:
    """Eight o'clock where the station stands, two hours before UTC, whatever the start says of its zone."""
    local = profile(DEFAULT, [(0, 8)], schedule={"use_local_time": True}, start=T0 + timedelta(minutes=5))
    assert table(site(local, local_offset=300)) == [(0, 8)]
    assert table(site(local, local_offset=0)) == [(0, 32), (300, 8)]


# --- for whom -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("K01.FR.14", "K01.FR.15", "1.6:3.13.1")
def test_defaults_of_the_station_and_of_an_evse() -> None:
    """One for all is replaced by an EVSE's own of the same level, and lies below one of a higher level."""
    for_all = profile(DEFAULT, [(0, 8)], evse=0)
    assert table(site(for_all)) == [(0, 8)]
    assert table(site(for_all, profile(DEFAULT, [(0, 16)], number=2))) == [(0, 16)]
    own = profile(DEFAULT, [(0, 16)], number=2, level=1, duration=60)
    assert table(site(for_all, own)) == [(0, 16), (60, 8)]
    assert table(site(for_all, profile(DEFAULT, [(0, 16)], number=2, duration=60))) == [(0, 16), (60, 32)]


def test_the_profile_of_another_transaction_counts_for_nothing() -> None:
    """Nor that of one at another EVSE."""
    assert table(site(profile(TX, [(0, 8)], tx="other"))) == [(0, 32)]


@pytest.mark.req("K21.FR.04", "K21.FR.07")
def test_priority_overrules_the_transactions_own() -> None:
    """Only while it is activated; the station's maximum stays."""
    profiles = (
        profile(PRIORITY, [(0, 25)], number=3, evse=0),
        profile(TX, [(0, 8)], number=1, tx="tx"),
        profile(MAX, [(0, 20)], number=2, evse=0),
    )
    where = site(*profiles)
    assert table(where) == [(0, 8)]
    assert table(changed(where, outlets=(changed(where.outlets[0], has_priority=True),))) == [(0, 20)]


@pytest.mark.req("K11.FR.01")
def test_no_limit_from_outside_is_exceeded() -> None:
    """Whoever set it: the stack levels of two systems have nothing to do with each other."""
    home = profile(OUTSIDE, [(0, 16)], number=-1, level=5, evse=0, source="EMS")
    grid = profile(OUTSIDE, [(0, 10)], number=-2, evse=1, source="SO")
    assert table(site(home, grid)) == [(0, 10)]


# --- how much -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("K01.FR.49", "K01.FR.50", "K01.FR.51")
@pytest.mark.parametrize(
    ("phases", "supply_phases", "amps", "watts"),
    [(3, 3, 10, 6_900), (None, 3, 10, 6_900), (1, 3, 30, 6_900), (None, 1, 10, 6_900), (2, 3, 15, 6_900)],
    ids=["three", "not-said", "one", "not-said-at-a-single-phase", "two"],
)
def test_watts_become_amps_by_the_number_of_phases(
    phases: int | None, supply_phases: int, amps: int, watts: int
) -> None:
    """6.9 kW at 230 V; three phases where it is not said, even at an outlet that has one (K01.FR.45)."""
    supply = Supply(max_amps=Decimal(32), max_watts=Decimal(230 * 32 * supply_phases), phases=supply_phases)
    where = site(profile(DEFAULT, [(0, 6_900)], unit=W, phases=phases), supply=supply)
    assert table(where) == [(0, amps)]
    assert table(where, unit=W) == [(0, watts)]


def test_amps_become_watts_by_the_phases_that_result() -> None:
    """10 A on each of three phases, or on one."""
    assert table(site(profile(DEFAULT, [(0, 10)])), unit=W) == [(0, 6_900)]
    assert table(site(profile(DEFAULT, [(0, 10)], phases=1)), unit=W) == [(0, 2_300)]


@pytest.mark.req("K01.FR.140")
def test_the_lowest_number_of_phases_counts() -> None:
    """In whichever profile it is (2.x K 3.8); and the phase to use goes with one."""
    one = profile(TX, [(0, 10)], tx="tx", phases=1, period={"phase_to_use": 2})
    most = profile(MAX, [(0, 20)], number=2, evse=0, phases=3)
    allowed = limit_now(site(one, most), 1, T0)
    assert (allowed.limit, allowed.phases, allowed.phase_to_use) == (10, 1, 2)
    assert limit_now(site(most), 1, T0).phases == 3
    assert limit_now(site(profile(MAX, [(0, 20)], evse=0, phases=1), changed(one, evse_id=1)), 1, T0).phases == 1


def test_never_more_than_allowed_by_rounding() -> None:
    """11 kW are 15.94 A: 15.9 are told; what divides evenly is not cut."""
    assert table(site(profile(DEFAULT, [(0, 11_000)], unit=W))) == [(0, 15.9)]
    assert table(site(profile(DEFAULT, [(0, 7_000)], unit=W)), unit=W) == [(0, 7_000)]


def test_a_direct_current_outlet_has_no_phases() -> None:
    """Its A are those of the battery's voltage."""
    supply = Supply(max_amps=Decimal(125), max_watts=Decimal(50_000), voltage=Decimal(400), phases=1, is_dc=True)
    where = site(profile(DEFAULT, [(0, 20_000)], unit=W), supply=supply)
    assert table(where) == [(0, 50)]
    assert limit_now(where, 1, T0).phases is None
    assert table(site(profile(DEFAULT, [(0, 40)]), supply=supply), unit=W) == [(0, 16_000)]


@pytest.mark.req("K01.FR.100")
@pytest.mark.parametrize(("soc", "amps"), [(None, 20), (79, 20), (80, 6)])
def test_a_full_battery_is_given_less(soc: int | None, amps: int) -> None:
    """From a state of charge on, if it is known."""
    cap = {"limit_at_soc": LimitAtSoC(soc=80, limit=Decimal(6))}
    where = site(profile(DEFAULT, [(0, 20)], schedule=cap))
    outlet = changed(where.outlets[0], soc=None if soc is None else Decimal(soc))
    assert table(changed(where, outlets=(outlet,))) == [(0, amps)]


def test_idle_is_nothing() -> None:
    """2.1: no energy in either direction."""
    idle = profile(DEFAULT, [(0, 20)], period={"operation_mode": OperationMode.IDLE})
    assert table(site(idle)) == [(0, 0)]


# --- the station as a whole -------------------------------------------------------------------------------------------------------------


def _two(*profiles: InstalledProfile, busy: tuple[bool, bool] = (True, True)) -> Site:
    outlets = tuple(
        Outlet(
            evse_id=n,
            supply=AC22,
            transaction_id=f"tx{n}" if uses else None,
            in_use=uses,
            charging_since=T0 + timedelta(seconds=n) if uses else None,
        )
        for n, uses in enumerate(busy, 1)
    )
    return Site(outlets=outlets, installed=profiles)


@pytest.mark.req("1.6:3.13.3", "K04.FR.05")
@pytest.mark.parametrize(
    ("most", "own", "result"),
    [(32, None, [16, 16]), (32, 10, [10, 22]), (10, None, [10, 0]), (4, None, [4, 0]), (64, None, [32, 32])],
    ids=["halves", "one-wants-less", "too-little-for-two", "too-little", "enough"],
)
def test_the_maximum_of_the_station_is_shared(most: int, own: int | None, result: list[int]) -> None:
    """Alike, to nobody more than wanted, and to the later one nothing where it would be of no use."""
    profiles = [profile(MAX, [(0, most)], evse=0)]
    if own is not None:
        profiles.append(profile(TX, [(0, own)], number=2, tx="tx1"))
    where = _two(*profiles)
    assert [table(where, evse=evse)[0][1] for evse in (1, 2)] == result


def test_who_is_alone_has_it_all() -> None:
    """An EVSE that nobody uses takes no share."""
    where = _two(profile(MAX, [(0, 20)], evse=0), busy=(True, False))
    assert table(where, evse=1) == [(0, 20)]
    assert table(where, evse=2) == [(0, 10)]


@pytest.mark.req("K01.FR.21")
def test_a_rate_that_is_of_no_use_is_not_given() -> None:
    """With a minChargingRate of 12 A, half of 20 A is nothing worth for the later one."""
    picky = profile(TX, [(0, 32)], number=2, evse=2, tx="tx2", schedule={"min_charging_rate": Decimal(12)})
    where = _two(profile(MAX, [(0, 17)], evse=0), picky)
    assert [table(where, evse=evse)[0][1] for evse in (1, 2)] == [17, 0]
    enough = _two(profile(MAX, [(0, 20)], evse=0), picky)
    assert [table(enough, evse=evse)[0][1] for evse in (1, 2)] == [8, 12]


@pytest.mark.req("K08.FR.03")
def test_the_schedule_of_the_station() -> None:
    """What its EVSEs may take together, no more than is there."""
    default = profile(DEFAULT, [(0, 10), (100, 16)], evse=0)
    assert table(_two(default), evse=0) == [(0, 20), (100, 32)]
    assert table(_two(default, profile(MAX, [(0, 25)], number=2, evse=0)), evse=0) == [(0, 20), (100, 25)]
    assert table(_two(), evse=0) == [(0, 64)]
    assert table(_two(), evse=0, unit=W) == [(0, 44_160)]


def test_shares_never_add_up_to_more() -> None:
    """Whatever is wanted."""
    given = shares(Decimal(30), [Decimal(32), Decimal(7), Decimal(5), Decimal(32)], [Decimal(6)] * 4)
    assert given == [Decimal("11.5"), 7, 0, Decimal("11.5")]


# --- when to look again -----------------------------------------------------------------------------------------------------------------


def test_the_next_change() -> None:
    """The nearest boundary of any profile, none if nothing begins or ends within a day."""
    where = site(profile(DEFAULT, [(0, 8), (100, 9)]), profile(MAX, [(0, 20)], evse=0, number=2, duration=50))
    assert next_change(where, T0) == T0 + timedelta(seconds=50)
    assert next_change(where, T0 + timedelta(seconds=50)) == T0 + timedelta(seconds=100)
    assert next_change(where, T0 + timedelta(seconds=100)) is None


def test_a_schedule_has_no_more_periods_than_a_message() -> None:
    """It ends before the one that is too many."""
    many = profile(DEFAULT, [(n, 6 + n % 2) for n in range(2_000)])
    schedule = composite(site(many), 1, T0, 2_000, A)
    assert len(schedule.charging_schedule_period) == 1_024
    assert schedule.duration == 1_024

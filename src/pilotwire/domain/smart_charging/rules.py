"""Why a station would reject a charging profile: every reason (K01, K04, K15, K28; 1.6:3.13, 1.6:5.16, 1.6:7.8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from pilotwire.domain.kinds import Value
from pilotwire.domain.smart_charging.collection import InstalledProfile
from pilotwire.domain.smart_charging.needs import V2XChargingParameters
from pilotwire.domain.smart_charging.profiles import (
    WHOLE_STATION,
    ChargingProfile,
    ChargingRateUnit,
    ChargingSchedule,
    OperationMode,
    RecurrencyKind,
)
from pilotwire.domain.smart_charging.profiles import ChargingProfileKind as Kind
from pilotwire.domain.smart_charging.profiles import ChargingProfilePurpose as Purpose


class Edition(StrEnum):
    """Whose rules count: the standard's versions, by their names."""

    V16 = "1.6"
    V201 = "2.0.1"
    V21 = "2.1"


class Flaw(Value):
    """Something wrong with a profile: the requirement it breaks, the place in the profile, and a sentence.

    `is_fatal` False: a station takes it, but it hardly does what was meant.
    """

    requirement: str
    where: str
    what: str
    is_fatal: bool = True


class ChargingAbilities(Value):
    """What a station says it can do (SmartChargingCtrlr and its like; 1.6:9.4); None: it has not been asked, or does not say."""

    profile_stack_level: int | None = None
    periods_per_schedule: int | None = None
    max_profiles: int | None = None
    rate_units: tuple[ChargingRateUnit, ...] | None = None
    phase_switching: bool | None = None
    max_external_constraints_id: int | None = None
    additional_purposes: tuple[str, ...] | None = None
    dynamic_profiles: bool | None = None
    use_local_time: bool | None = None
    randomized_delay: bool | None = None
    limit_at_soc: bool | None = None
    evse_sleep: bool | None = None
    operation_modes: tuple[str, ...] | None = None


UNKNOWN_ABILITIES: Final = ChargingAbilities()


class OpenTransaction(Value):
    """A transaction that goes on; `evse_id` None where nobody said where."""

    transaction_id: str
    evse_id: int | None = None


class ProfileContext(Value):
    """What is known of the station a profile is for.

    `evses` None: not known which there are. `has_needs`: the vehicle of the transaction said what it needs (ISO 15118), with at most
    `max_schedule_tuples` periods a schedule and `v2x` abilities.
    """

    edition: Edition
    evse_id: int
    transactions: tuple[OpenTransaction, ...] = ()
    installed: tuple[InstalledProfile, ...] = ()
    abilities: ChargingAbilities = UNKNOWN_ABILITIES
    evses: tuple[int, ...] | None = None
    has_needs: bool = False
    max_schedule_tuples: int | None = None
    v2x: V2XChargingParameters | None = None

    @property
    def is_old(self) -> bool:
        """Whether the rules of 1.6 count."""
        return self.edition is Edition.V16


Flaws = Iterator[Flaw]
Rule = Callable[[ChargingProfile, ProfileContext], Flaws]
_PURPOSE, _KIND = "chargingProfilePurpose", "chargingProfileKind"


def schedules_of(profile: ChargingProfile) -> Iterator[tuple[str, ChargingSchedule]]:
    """Each schedule of a profile, with its place."""
    for number, schedule in enumerate(profile.charging_schedule):
        yield f"chargingSchedule[{number}]", schedule


# --- where and for what -------------------------------------------------------------------------------------------------


def place(profile: ChargingProfile, context: ProfileContext) -> Flaws:
    """Whether the EVSE is one, and one for the purpose."""
    purpose, evse = profile.charging_profile_purpose, context.evse_id
    if context.evses is not None and evse != WHOLE_STATION and evse not in context.evses:
        there = ", ".join(map(str, context.evses)) or "none"
        number = "1.6:5.16" if context.is_old else "K01.FR.28"
        yield Flaw(requirement=number, where="evseId", what=f"There is no EVSE {evse}; the station has {there}.")
    if purpose is Purpose.CHARGING_STATION_MAX_PROFILE and evse != WHOLE_STATION:
        number = "1.6:3.13.1" if context.is_old else "K04.FR.03"
        yield Flaw(
            requirement=number, where="evseId", what=f"A ChargingStationMaxProfile is for EVSE 0 only, not for {evse}."
        )
    if purpose is Purpose.TX_PROFILE and evse == WHOLE_STATION:
        number = "1.6:3.13.1" if context.is_old else "K01.FR.16"
        yield Flaw(requirement=number, where="evseId", what="A TxProfile is for one EVSE from 1 on, not for EVSE 0.")
    if purpose is Purpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS and not context.is_old:
        what = "ChargingStationExternalConstraints are set by an external system, never by a CSMS."
        yield Flaw(requirement="K01.FR.22", where=_PURPOSE, what=what)


def transaction(profile: ChargingProfile, context: ProfileContext) -> Flaws:
    """Whether a TxProfile has its transaction, and only a TxProfile has one."""
    name = profile.transaction_id
    if profile.charging_profile_purpose is not Purpose.TX_PROFILE:
        if name is not None:
            number = "1.6:7.8" if context.is_old else "K01.FR.03"
            yield Flaw(requirement=number, where="transactionId", what="Only a TxProfile names a transaction.")
        return
    if name is None and not context.is_old:
        what = "A TxProfile names the transaction it is for."
        yield Flaw(requirement="K01.FR.03", where="transactionId", what=what)
    if name is not None and all(each.transaction_id != name for each in context.transactions):
        number = "1.6:3.13.1" if context.is_old else "K01.FR.33"
        yield Flaw(requirement=number, where="transactionId", what=f"No transaction {name} goes on at this station.")
        return
    here = [each for each in context.transactions if each.evse_id in (None, context.evse_id)]
    if not any(name in (None, each.transaction_id) for each in here):
        number = "1.6:3.13.1" if context.is_old else "K01.FR.09"
        what = f"No transaction {'' if name is None else f'{name} '}goes on at EVSE {context.evse_id}."
        yield Flaw(requirement=number, where="evseId", what=what)


def stack_level(profile: ChargingProfile, context: ProfileContext) -> Flaws:
    """Whether the stack level is one, and not higher than the station takes."""
    level, highest = profile.stack_level, context.abilities.profile_stack_level
    if level < 0:
        number = "1.6:7.8" if context.is_old else "K01.FR.17"
        yield Flaw(requirement=number, where="stackLevel", what=f"A stack level is 0 or more, not {level}.")
    if highest is not None and level > highest:
        number = "1.6:9.4.1" if context.is_old else "SmartChargingCtrlr.ProfileStackLevel"
        what = f"The station takes stack levels up to {highest}, not {level}."
        yield Flaw(requirement=number, where="stackLevel", what=what)


def room(profile: ChargingProfile, context: ProfileContext) -> Flaws:
    """Whether the station has room for another profile, and the id is one a CSMS may give."""
    most, others = context.abilities.max_profiles, [each for each in context.installed if each.profile.id != profile.id]
    replaced = context.is_old and any(_is_twin(profile, context, each) for each in others)
    if most is not None and len(others) >= most and not replaced:
        number = "1.6:9.4.5" if context.is_old else "SmartChargingCtrlr.Entries[ChargingProfiles]"
        what = f"The station takes {most} profiles and has {len(others)} others."
        yield Flaw(requirement=number, where="id", what=what)
    reserved = context.abilities.max_external_constraints_id
    if reserved is not None and profile.id <= reserved:
        what = f"The station keeps the ids up to {reserved} for itself; this is {profile.id}."
        yield Flaw(requirement="K01.FR.81", where="id", what=what)


def _is_twin(profile: ChargingProfile, context: ProfileContext, other: InstalledProfile) -> bool:
    return (
        other.evse_id == context.evse_id
        and other.profile.charging_profile_purpose is profile.charging_profile_purpose
        and other.profile.stack_level == profile.stack_level
    )


def duplicate(profile: ChargingProfile, context: ProfileContext) -> Flaws:
    """Whether another profile has its stack level and purpose; 1.6 replaces that one (1.6:3.13.2)."""
    if context.is_old:
        return
    level, purpose = profile.stack_level, profile.charging_profile_purpose
    for other in context.installed:
        old = other.profile
        alike = old.id != profile.id and (old.stack_level, old.charging_profile_purpose) == (level, purpose)
        if not alike:
            continue
        said = f"Profile {old.id} at EVSE {other.evse_id} is a {purpose} with stack level {level}, too"
        if purpose is Purpose.TX_PROFILE:
            if profile.transaction_id is not None and other.transaction_id == profile.transaction_id:
                what = f"{said}, for the same transaction."
                yield Flaw(requirement="K01.FR.39", where="stackLevel", what=what)
        elif other.evse_id == context.evse_id and _overlap(profile, old):
            what = f"{said}, valid at the same time."
            yield Flaw(requirement="K01.FR.06", where="stackLevel", what=what)
        elif purpose is Purpose.TX_DEFAULT_PROFILE and _is_above_or_below(context.evse_id, other.evse_id):
            number = "K01.FR.52" if context.evse_id == WHOLE_STATION else "K01.FR.53"
            yield Flaw(requirement=number, where="stackLevel", what=f"{said}.")


def _is_above_or_below(one: int, other: int) -> bool:
    return one != other and WHOLE_STATION in (one, other)


def _overlap(one: ChargingProfile, other: ChargingProfile) -> bool:
    if one.valid_to is not None and other.valid_from is not None and one.valid_to <= other.valid_from:
        return False
    return not (other.valid_to is not None and one.valid_from is not None and other.valid_to <= one.valid_from)


def validity(profile: ChargingProfile, context: ProfileContext) -> Flaws:
    """Whether there is a moment at which it is valid."""
    if profile.valid_from is not None and profile.valid_to is not None and profile.valid_to <= profile.valid_from:
        number = "1.6:7.8" if context.is_old else "K01.FR.37"
        yield Flaw(requirement=number, where="validTo", what="The profile ends before it begins: it is never valid.")


# --- kind and schedules -------------------------------------------------------------------------------------------------


def kind(profile: ChargingProfile, context: ProfileContext) -> Flaws:
    """Whether recurrence goes with the kind, and the kind with the purpose."""
    recurring = profile.charging_profile_kind is Kind.RECURRING
    number = "1.6:7.8" if context.is_old else "ChargingProfileType.recurrencyKind"
    if recurring and profile.recurrency_kind is None:
        yield Flaw(requirement=number, where="recurrencyKind", what="A Recurring profile says how often it recurs.")
    if not recurring and profile.recurrency_kind is not None:
        yield Flaw(requirement=number, where="recurrencyKind", what="Only a Recurring profile has a recurrencyKind.")
    is_max = profile.charging_profile_purpose is Purpose.CHARGING_STATION_MAX_PROFILE
    if is_max and profile.charging_profile_kind is Kind.RELATIVE and not context.is_old:
        what = "A ChargingStationMaxProfile cannot be Relative: a station as a whole has no start of charging."
        yield Flaw(requirement="K01.FR.38", where=_KIND, what=what)


def count(profile: ChargingProfile, context: ProfileContext) -> Flaws:
    """Whether there are as many schedules as may be."""
    many = len(profile.charging_schedule)
    if many == 0 or (context.is_old and many != 1):
        number = "1.6:7.8" if context.is_old else "ChargingProfileType.chargingSchedule"
        what = f"There must be {'one schedule' if context.is_old else 'a schedule'}; there are {many}."
        yield Flaw(requirement=number, where="chargingSchedule", what=what)
    elif many > 3:
        what = f"There may be at most three schedules; there are {many}."
        yield Flaw(requirement="ChargingProfileType.chargingSchedule", where="chargingSchedule", what=what)
    elif many > 1 and not context.has_needs:
        what = "More than one schedule is for a vehicle that said what it needs (ISO 15118); none did here."
        yield Flaw(requirement="K01.FR.34", where="chargingSchedule", what=what)


def start(profile: ChargingProfile, context: ProfileContext) -> Flaws:
    """Whether schedules have a start if they need one."""
    needs_one = profile.charging_profile_kind in (Kind.ABSOLUTE, Kind.RECURRING)
    for where, schedule in schedules_of(profile):
        if needs_one and schedule.start_schedule is None and not context.is_old:
            what = f"A schedule of an {profile.charging_profile_kind} profile has a startSchedule."
            what = what.replace("an Recurring", "a Recurring")
            yield Flaw(requirement="K01.FR.40", where=f"{where}.startSchedule", what=what)
        if profile.charging_profile_kind is Kind.RELATIVE and schedule.start_schedule is not None:
            number = "1.6:7.13" if context.is_old else "K01.FR.41"
            what = "A Relative schedule counts from the start of charging: it has no startSchedule."
            yield Flaw(requirement=number, where=f"{where}.startSchedule", what=what)


def periods(profile: ChargingProfile, context: ProfileContext) -> Flaws:
    """Whether the periods of each schedule follow each other from its start."""
    for where, schedule in schedules_of(profile):
        starts = [period.start_period for period in schedule.charging_schedule_period]
        place_of = f"{where}.chargingSchedulePeriod"
        if not starts:
            number = "1.6:7.13" if context.is_old else "ChargingScheduleType.chargingSchedulePeriod"
            yield Flaw(requirement=number, where=place_of, what="A schedule has at least one period.")
            continue
        if starts[0] != 0:
            number = "1.6:5.16.4" if context.is_old else "K01.FR.31"
            what = f"The first period begins at second 0, not at {starts[0]}."
            yield Flaw(requirement=number, where=f"{place_of}[0].startPeriod", what=what)
        for n, (one, other) in enumerate(pairwise(starts), 1):
            if other <= one:
                number = "1.6:7.14" if context.is_old else "K01.FR.35"
                what = f"Periods come in the order of time: {other} is not after {one}."
                yield Flaw(requirement=number, where=f"{place_of}[{n}].startPeriod", what=what)


def length(profile: ChargingProfile, context: ProfileContext) -> Flaws:
    """Whether there are not more periods than the station, and the vehicle, take."""
    most, tuples = context.abilities.periods_per_schedule, context.max_schedule_tuples
    for where, schedule in schedules_of(profile):
        many, place_of = len(schedule.charging_schedule_period), f"{where}.chargingSchedulePeriod"
        if most is not None and many > most:
            number = "1.6:9.4.3" if context.is_old else "SmartChargingCtrlr.PeriodsPerSchedule"
            what = f"The station takes {most} periods a schedule; there are {many}."
            yield Flaw(requirement=number, where=place_of, what=what)
        for_vehicle = profile.charging_profile_purpose is Purpose.TX_PROFILE and context.has_needs
        if for_vehicle and tuples is not None and tuples > 0 and many > tuples:
            what = f"The vehicle takes {tuples} periods a schedule; there are {many}."
            yield Flaw(requirement="K15.FR.07", where=place_of, what=what)


_RECURS = {RecurrencyKind.DAILY: timedelta(days=1), RecurrencyKind.WEEKLY: timedelta(days=7)}


def duration(profile: ChargingProfile, context: ProfileContext) -> Flaws:
    """Whether a duration is one; and which periods are never reached because of it."""
    old = context.is_old
    for where, schedule in schedules_of(profile):
        seconds = schedule.duration
        if seconds is not None and seconds <= 0:
            number = "1.6:7.13" if old else "ChargingScheduleType.duration"
            what = f"A duration is more than 0 seconds, not {seconds}."
            yield Flaw(requirement=number, where=f"{where}.duration", what=what)
            continue
        last = max((period.start_period for period in schedule.charging_schedule_period), default=0)
        if seconds is not None and last >= seconds:
            number = "1.6:5.16.4" if old else "K01.FR.11"
            what = f"The period from second {last} on is never reached: the schedule ends after {seconds}."
            yield Flaw(requirement=number, where=f"{where}.duration", what=what, is_fatal=False)
        if profile.recurrency_kind is not None:
            whole = int(_RECURS[profile.recurrency_kind].total_seconds())
            number = "1.6:5.16.4" if old else "K01.FR.13"
            if max(last + 1, seconds or 0) > whole:
                what = f"A {profile.recurrency_kind} schedule begins again after {whole} seconds: the rest is never reached."
                yield Flaw(requirement=number, where=f"{where}.duration", what=what, is_fatal=False)


# --- values -------------------------------------------------------------------------------------------------------------


def unit(profile: ChargingProfile, context: ProfileContext) -> Flaws:
    """Whether the station takes the rate unit."""
    units = context.abilities.rate_units
    for where, schedule in schedules_of(profile):
        if units is not None and schedule.charging_rate_unit not in units:
            number = "1.6:9.4.2" if context.is_old else "K01.FR.26"
            what = f"The station takes schedules in {' or '.join(units) or 'no unit'}, not in {schedule.charging_rate_unit}."
            yield Flaw(requirement=number, where=f"{where}.chargingRateUnit", what=what)
        rate = schedule.min_charging_rate
        if rate is not None and rate < 0:
            number = "1.6:7.13" if context.is_old else "K01.FR.21"
            what = f"A minChargingRate is not negative, as {rate} is."
            yield Flaw(requirement=number, where=f"{where}.minChargingRate", what=what)


def values(profile: ChargingProfile, context: ProfileContext) -> Flaws:
    """Whether limits and phases are such."""
    data_type = "1.6:7.14" if context.is_old else "ChargingSchedulePeriodType"
    for where, schedule in schedules_of(profile):
        for n, period in enumerate(schedule.charging_schedule_period):
            place_of, phases = f"{where}.chargingSchedulePeriod[{n}]", period.number_phases
            if period.limit is not None and period.limit < 0:
                what = f"A limit is not negative, as {period.limit} is: discharging has fields of its own."
                yield Flaw(requirement=data_type, where=f"{place_of}.limit", what=what)
            open_modes = (None, OperationMode.CHARGING_ONLY)
            if period.limit is None and period.operation_mode in open_modes:
                yield Flaw(
                    requirement=data_type, where=f"{place_of}.limit", what="A period for charging only needs a limit."
                )
            if phases is not None and not 0 <= phases <= 3:
                what = f"There are up to three phases, not {phases}."
                yield Flaw(requirement=data_type, where=f"{place_of}.numberPhases", what=what)
            if period.phase_to_use is None or context.is_old:
                continue
            if phases != 1:
                what = "A phaseToUse goes with numberPhases 1 only."
                yield Flaw(requirement="K01.FR.19", where=f"{place_of}.phaseToUse", what=what)
            if context.abilities.phase_switching is False:
                what = "The station cannot switch between phases (ACPhaseSwitchingSupported)."
                yield Flaw(requirement="K01.FR.20", where=f"{place_of}.phaseToUse", what=what)

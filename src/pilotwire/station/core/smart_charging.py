"""Smart charging (functional block K; 1.6:3.13): the profiles of the CSMS, and what it may ask of them.

What they come to at the hardware is in `charging_power`, limits from outside in `charging_limits`, 2.1's priority and dynamic profiles in
`charging_dynamic`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from pilotwire.domain.device_model import DataType, Mutability, VariableName
from pilotwire.domain.kinds import Outcome, changed
from pilotwire.domain.smart_charging import (
    ChargingProfile,
    ChargingProfilePurpose,
    ChargingProfilesReported,
    ChargingProfileStatus,
    ChargingRateUnit,
    ClearChargingProfile,
    ClearChargingProfileOutcome,
    ClearChargingProfileStatus,
    GenericStatus,
    GetChargingProfiles,
    GetChargingProfilesOutcome,
    GetChargingProfilesStatus,
    GetCompositeSchedule,
    GetCompositeScheduleOutcome,
    InstalledProfile,
    Reason,
    SetChargingProfile,
    SetChargingProfileOutcome,
    UpdateDynamicSchedule,
    UsePriorityCharging,
    is_asked_for,
    with_cleared,
    with_set,
)
from pilotwire.domain.smart_charging.composite import composite
from pilotwire.station.core import (
    charging_dynamic,
    charging_limits,
    charging_power,
    evse_sleep,
    outbox_policy,
    v2x_setpoints,
)
from pilotwire.station.core.actions import Answer, RefuseCommand
from pilotwire.station.core.charging_checks import MOST_PROFILES, abilities, first_flaw, reason_of
from pilotwire.station.core.charging_site import ENABLED, csms_time, replace_installed, site_of, usual_unit
from pilotwire.station.core.settings import Family
from pilotwire.station.core.smart_charging_memory import ChargingMemory
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import CommandHandler, Street, answered
from pilotwire.station.core.variable_table import Declared, fixed, name_of, switch
from pilotwire.station.hardware.ports import AcSupply, StationLayout

MOST_SECONDS: Final = 366 * 86_400
"""How long a composite schedule may be asked for."""
_AT_A_TIME: Final = 10
"""How many profiles go into one part of a report (K09.FR.02)."""
_P = ChargingProfilePurpose


def _if_enabled(decide: Callable[[Station, Any], Outcome]) -> CommandHandler:
    """A station whose smart charging is off does not support it (K01.FR.29)."""
    handle = answered(decide)

    def guarded(station: Station, ref: Hashable, command: Any) -> None:
        if station.variables.on(ENABLED):
            handle(station, ref, command)
        else:
            station.do(RefuseCommand(ref, "NotSupported", "SmartChargingCtrlr.Enabled is false."))

    return guarded


# --- setting and clearing ---------------------------------------------------------------------------------------------------


def set_profile(station: Station, command: SetChargingProfile) -> SetChargingProfileOutcome:
    """Install a profile, in the place of the one with its id (K01.FR.05), in 1.6 also of its twin (1.6:3.13.2)."""
    profile = command.charging_profile
    flaw = first_flaw(station, command.evse_id, profile)
    if flaw is not None:
        station.note(f"Charging profile {profile.id} was not taken ({flaw.requirement}): {flaw.what}")
        return SetChargingProfileOutcome(status=ChargingProfileStatus.REJECTED, reason=reason_of(flaw))
    install(station, command.evse_id, profile)
    return SetChargingProfileOutcome(status=ChargingProfileStatus.ACCEPTED)


def install(station: Station, evse_id: int, profile: ChargingProfile) -> None:
    """Keep a profile that was found good; a TxProfile belongs to the transaction it names, or to that of the EVSE (1.6)."""
    running = None
    if profile.charging_profile_purpose is _P.TX_PROFILE:
        evse = station.evse_of_transaction(profile.transaction_id) if profile.transaction_id else None
        evse = evse or station.evses.get(evse_id)
        running = evse.tx.transaction_id if evse is not None and evse.tx is not None else None
    at = csms_time(station)
    new = InstalledProfile(
        evse_id=evse_id, profile=charging_dynamic.stamped(profile, at), at=at, transaction_id=running
    )
    memory = station.kept(ChargingMemory)
    by_level = station.settings.family is Family.OCPP16
    lapsed = tuple(number for number in memory.lapsed if number != profile.id)
    replace_installed(station, with_set(memory.installed, new, by_stack_level=by_level), lapsed=lapsed)


def clear(station: Station, command: ClearChargingProfile) -> ClearChargingProfileOutcome:
    """Remove profiles of the CSMS (K10.FR.03, K10.FR.04); Unknown if there is none like that (K10.FR.01, K10.FR.08, K10.FR.09)."""
    installed = station.kept(ChargingMemory).installed
    left = with_cleared(installed, command)
    if len(left) == len(installed):
        return ClearChargingProfileOutcome(status=ClearChargingProfileStatus.UNKNOWN)
    replace_installed(station, left)
    return ClearChargingProfileOutcome(status=ClearChargingProfileStatus.ACCEPTED)


# --- asking -----------------------------------------------------------------------------------------------------------------


def report(station: Station, ref: Hashable, command: GetChargingProfiles) -> None:
    """Answer whether there are such profiles, then report them: by place and source, in parts (K09)."""
    found = [each for each in station.kept(ChargingMemory).installed if is_asked_for(each, command)]
    status = GetChargingProfilesStatus.ACCEPTED if found else GetChargingProfilesStatus.NO_PROFILES
    station.do(Answer(ref, GetChargingProfilesOutcome(status=status)))
    groups: dict[tuple[int, str], list[ChargingProfile]] = {}
    for each in found:
        groups.setdefault((each.evse_id, each.charging_limit_source), []).append(_named(station, each))
    parts = [
        (evse_id, source, profiles[first : first + _AT_A_TIME])
        for (evse_id, source), profiles in sorted(groups.items())
        for first in range(0, len(profiles), _AT_A_TIME)
    ]
    facts = [
        ChargingProfilesReported(
            request_id=command.request_id,
            charging_limit_source=source,
            evse_id=evse_id,
            charging_profile=tuple(profiles),
            more=number < len(parts),
        )
        for number, (evse_id, source, profiles) in enumerate(parts, 1)
    ]
    if not outbox_policy.keep_parts(station, facts):
        for fact in facts:
            station.say(fact)


def _named(station: Station, each: InstalledProfile) -> ChargingProfile:
    """A profile as the CSMS knows it: one that came with a remote start has its transaction by now."""
    if each.profile.charging_profile_purpose is not _P.TX_PROFILE or each.transaction_id is None:
        return each.profile
    name = each.profile.transaction_id or station.named.get(each.transaction_id, each.transaction_id)
    return changed(each.profile, transaction_id=name)


def composite_schedule(station: Station, command: GetCompositeSchedule) -> GetCompositeScheduleOutcome:
    """What results from all profiles (K08); Rejected for an EVSE or unit the station does not have (K08.FR.05, K08.FR.07)."""
    unit = command.charging_rate_unit or _unit(station, command.evse_id)
    if command.evse_id != 0 and command.evse_id not in station.evses:
        return _no_schedule("UnknownEvse", f"There is no EVSE {command.evse_id}.")
    if unit not in (abilities(station).rate_units or ()):
        return _no_schedule("UnsupportedRateUnit", f"The station has no schedules in {unit}.")
    if not 0 < command.duration <= MOST_SECONDS:
        return _no_schedule("ValueOutOfRange", f"A duration is 1 to {MOST_SECONDS} seconds.")
    schedule = composite(site_of(station, with_plans=True), command.evse_id, csms_time(station), command.duration, unit)
    return GetCompositeScheduleOutcome(status=GenericStatus.ACCEPTED, schedule=schedule)


def _unit(station: Station, evse_id: int) -> ChargingRateUnit:
    units = abilities(station).rate_units or ()
    usual = usual_unit(station, evse_id)
    return usual if usual in units else units[0]


def _no_schedule(code: str, info: str) -> GetCompositeScheduleOutcome:
    return GetCompositeScheduleOutcome(status=GenericStatus.REJECTED, reason=Reason(code=code, info=info))


# --- what becomes of profiles by themselves -----------------------------------------------------------------------------------


def _follow(station: Station) -> None:
    _take_remote(station)
    _drop_ended(station)
    v2x_setpoints.follow(station)
    charging_power.follow(station)


def _take_remote(station: Station) -> None:
    """A profile that came with a remote start is that of the transaction which has begun (K05.FR.03; 1.6:5.16.2)."""
    for evse in station.evses.values():
        grant = evse.grant
        if grant is not None and grant.charging_profile is not None and evse.tx is not None:
            profile, grant.charging_profile = grant.charging_profile, None
            install(station, evse.evse_id, profile)


def _drop_ended(station: Station) -> None:
    """The profiles of transactions that are over go (K02.FR.05; 1.6:3.13.1), and their priority."""
    memory = station.kept(ChargingMemory)
    if not memory.installed and not memory.prioritized:
        return
    running = {evse.tx.transaction_id for evse in station.evses.values() if evse.tx is not None}
    left = tuple(
        each
        for each in memory.installed
        if each.profile.charging_profile_purpose is not _P.TX_PROFILE or each.transaction_id in running
    )
    prioritized = tuple(each for each in memory.prioritized if each in running)
    if len(left) != len(memory.installed) or prioritized != memory.prioritized:
        replace_installed(station, left, prioritized=prioritized)


def _link_up(station: Station) -> None:
    """Profiles that could not be used for so long stay out if they say so (K01.FR.102)."""
    memory, since = station.kept(ChargingMemory), station.link_lost_at
    if since is None:
        return
    offline = (station.now - since).total_seconds()
    lapsed = {
        each.profile.id
        for each in memory.installed
        if each.profile.invalid_after_offline_duration
        and each.profile.max_offline_duration is not None
        and offline > each.profile.max_offline_duration
    }
    if lapsed - set(memory.lapsed):
        replace_installed(station, memory.installed, lapsed=tuple(sorted(lapsed | set(memory.lapsed))))


def _deadline(station: Station) -> datetime | None:
    times = [charging_power.deadline(station), charging_dynamic.deadline(station)]
    return min((time for time in times if time is not None), default=None)


# --- the street ---------------------------------------------------------------------------------------------------------------

_C: Final = "SmartChargingCtrlr"
_TRUE = "true"


def _variables(family: Family, layout: StationLayout) -> Iterable[Declared]:
    switches = any(isinstance(evse.supply, AcSupply) and evse.supply.switches_phases for evse in layout.evses)
    yield fixed(f"{_C}.ProfileStackLevel", "99")
    yield fixed(f"{_C}.PeriodsPerSchedule", "1024")
    yield fixed(f"{_C}.Phases3to1", _TRUE if switches else "false", DataType.BOOLEAN)
    yield fixed(f"{_C}.RateUnit", "A,W", DataType.MEMBER_LIST, ("A", "W"))
    significance = Declared(name_of(charging_power.SIGNIFICANCE), DataType.DECIMAL, "1", low=0, unit="Percent")
    if family is Family.OCPP16:
        yield fixed(f"{_C}.Entries[ChargingProfiles]", str(MOST_PROFILES))
        yield fixed(".ChargingScheduleAllowedChargingRateUnit", "Current,Power", DataType.STRING)
        yield fixed(ENABLED, _TRUE, DataType.BOOLEAN)
        yield fixed(charging_limits.SIGNALS_ENABLED, _TRUE, DataType.BOOLEAN)
        yield fixed(charging_limits.DISALLOWED, "false", DataType.BOOLEAN)
        yield fixed(charging_limits.WITH_SCHEDULES, "false", DataType.BOOLEAN)
        yield significance
        return
    yield fixed(f"{_C}.Entries[ChargingProfiles]", "0", high=MOST_PROFILES)
    yield switch(ENABLED, True)
    yield fixed(f"{_C}.Available", _TRUE, DataType.BOOLEAN)
    chooses = any(isinstance(evse.supply, AcSupply) and evse.supply.chooses_phase for evse in layout.evses)
    yield fixed(f"{_C}.ACPhaseSwitchingSupported", _TRUE if chooses else "false", DataType.BOOLEAN)
    yield switch(charging_limits.SIGNALS_ENABLED, True)
    yield switch(charging_limits.DISALLOWED, False)
    yield switch(charging_limits.WITH_SCHEDULES, False)
    yield significance
    yield Declared(name_of(f"{_C}.MaxExternalConstraintsId"), DataType.INTEGER, "0", Mutability.READ_WRITE, low=0)
    purposes = ("PriorityCharging", "LocalGeneration")
    yield fixed(f"{_C}.SupportedAdditionalPurposes", ",".join(purposes), DataType.MEMBER_LIST, purposes)
    for purpose in ("TxProfile", "LocalGeneration", "ChargingStationExternalConstraints"):
        yield fixed(f"{_C}.ChargingProfilePersistence[{purpose}]", _TRUE, DataType.BOOLEAN)
    for feature in ("DynamicProfiles", "MaxOfflineDuration", "UseLocalTime", "RandomizedDelay", "LimitAtSoC"):
        yield fixed(f"{_C}.SupportsFeature[{feature}]", _TRUE, DataType.BOOLEAN)
    yield fixed(evse_sleep.SUPPORTED, _TRUE if evse_sleep.is_possible(layout) else "false", DataType.BOOLEAN)


def _entries(station: Station, _name: VariableName) -> str | None:
    """How many profiles there are; 1.6 asks with the same name how many there may be."""
    if station.settings.family is Family.OCPP16:
        return None
    return str(len(station.kept(ChargingMemory).installed))


def _is_percent(_station: Station, value: str) -> bool:
    return Decimal(value) <= 100


STREET = Street(
    "smart_charging",
    commands={
        SetChargingProfile: _if_enabled(set_profile),
        ClearChargingProfile: answered(clear),
        GetChargingProfiles: report,
        GetCompositeSchedule: answered(composite_schedule),
        UpdateDynamicSchedule: _if_enabled(charging_dynamic.update),
        UsePriorityCharging: _if_enabled(charging_dynamic.use_priority),
    },
    events={
        charging_limits.ExternalLimit: charging_limits.received,
        charging_dynamic.PriorityWanted: charging_dynamic.asked_by_driver,
    },
    variables=_variables,
    live={("smartchargingctrlr", "entries"): _entries},
    checks={charging_power.SIGNIFICANCE: _is_percent},
    link_up=_link_up,
    deadline=_deadline,
    due=charging_dynamic.due,
    follow=_follow,
)

"""Charging profiles set, cleared, reported and updated, and priority (functional block K; 1.6:5.5, 1.6:5.7, 1.6:5.16)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pilotwire.clock import Clock
from pilotwire.csms.commands.commander import Commander
from pilotwire.csms.commands.parts import all_parts
from pilotwire.csms.registers.device_model import known_value
from pilotwire.csms.registers.smart_charging import NEEDS, PROFILES, StationProfiles, open_transactions, profiles_of
from pilotwire.csms.registers.station_conditions import CONDITIONS
from pilotwire.csms.store.ports import Journal, Store
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import (
    ChargingAbilities,
    ChargingProfile,
    ChargingProfilePurpose,
    ChargingProfileStatus,
    ClearChargingProfile,
    ClearChargingProfileOutcome,
    Edition,
    Flaw,
    GetChargingProfiles,
    GetChargingProfilesOutcome,
    GetChargingProfilesStatus,
    GetCompositeSchedule,
    GetCompositeScheduleOutcome,
    Installed,
    InstalledProfile,
    OpenTransaction,
    ProfileContext,
    Reason,
    ScheduleValues,
    SetChargingProfile,
    SetChargingProfileOutcome,
    UpdateDynamicSchedule,
    UpdateDynamicScheduleOutcome,
    UsePriorityCharging,
    UsePriorityChargingOutcome,
    flaws_of,
    with_cleared,
    with_set,
    with_update,
    without_unreported,
)
from pilotwire.domain.smart_charging.abilities import ABILITY_NAMES, abilities_of
from pilotwire.errors import PilotwireError


class ProfileFlawed(PilotwireError):
    """A station would reject this profile; nothing was sent. `flaws` are all the reasons."""

    def __init__(self, flaws: tuple[Flaw, ...]) -> None:
        said = " ".join(f"{flaw.where}: {flaw.what} ({flaw.requirement})" for flaw in flaws)
        super().__init__(
            f"The station would reject this charging profile. {said}",
            "Mend it, or send it as it is with force=true; nothing was sent.",
        )
        self.flaws = flaws


@dataclass(frozen=True, slots=True)
class Books:
    """Where the profiles of stations are kept, and who gives commands."""

    commander: Commander
    store: Store
    journal: Journal
    clock: Clock

    async def amend(self, station: str, change: Callable[[Installed], Installed]) -> None:
        """Change the profiles known of a station."""

        def amended(before: StationProfiles | None) -> StationProfiles | None:
            after = change(() if before is None else before.installed)
            return StationProfiles(installed=after) if after else None

        await self.journal.append(PROFILES.amend(station, "", amended))


@dataclass(frozen=True, slots=True)
class ProfileSet:
    """What became of a profile: the station's answer, and what is odd about it though a station takes it."""

    status: ChargingProfileStatus
    reason: Reason | None
    remarks: tuple[Flaw, ...] = ()


async def set_profile(
    books: Books, station: str, evse_id: int, profile: ChargingProfile, *, force: bool = False
) -> ProfileSet:
    """Install a profile (K01; 1.6:5.16) and keep it once the station has accepted it.

    Raises ProfileFlawed for one that the station would reject, unless `force` is set, and what `Commander.ask` raises.
    """
    edition = await edition_of(books, station)
    context = await context_of(books.store, station, edition or Edition.V21, evse_id, profile)
    flaws = flaws_of(profile, context) if edition is not None and not force else ()
    fatal = tuple(flaw for flaw in flaws if flaw.is_fatal)
    if fatal:
        raise ProfileFlawed(fatal)
    command = SetChargingProfile(evse_id=evse_id, charging_profile=profile)
    outcome = await books.commander.ask(station, command, SetChargingProfileOutcome)
    if outcome.status is ChargingProfileStatus.ACCEPTED:
        # While the station was asked, a transaction may have begun, or one may have ended and the next begun: the profile is of that.
        going_on = (*await open_transactions(books.store, station), *context.transactions)
        new = InstalledProfile(
            evse_id=evse_id,
            profile=profile,
            at=books.clock.now(),
            transaction_id=_transaction(profile, evse_id, going_on),
        )
        old = context.is_old
        await books.amend(station, lambda installed: with_set(installed, new, by_stack_level=old))
    return ProfileSet(outcome.status, outcome.reason, flaws)


def _transaction(profile: ChargingProfile, evse_id: int, going_on: tuple[OpenTransaction, ...]) -> str | None:
    """The transaction of a TxProfile: the one it names, else (1.6) the one at its EVSE."""
    if profile.charging_profile_purpose is not ChargingProfilePurpose.TX_PROFILE:
        return None
    here = (each.transaction_id for each in going_on if each.evse_id == evse_id)
    return profile.transaction_id or next(here, None)


async def edition_of(books: Books, station: str) -> Edition | None:
    """Whose rules a station follows, by the version it speaks, or spoke last; None if nobody knows."""
    connected = {each.station: each.version for each in books.commander.bus.connected()}
    record = await books.store.station(station)
    version = connected.get(station) or (record.version if record is not None else None)
    if version is None:
        return None
    if version.startswith("1."):
        return Edition.V16
    return Edition.V201 if version == Edition.V201 else Edition.V21


async def context_of(
    store: Store, station: str, edition: Edition, evse_id: int, profile: ChargingProfile
) -> ProfileContext:
    """What is known of a station that a profile is for."""
    conditions = await store.record(CONDITIONS, station, "")
    layout = conditions.evses if conditions is not None else ()
    context = ProfileContext(
        edition=edition,
        evse_id=evse_id,
        transactions=await open_transactions(store, station),
        installed=await profiles_of(store, station),
        abilities=await station_abilities(store, station),
        evses=tuple(each.evse for each in layout) or None,
    )
    known = await store.record(NEEDS, station, str(evse_id))
    if known is None or known.transaction_id not in (None, profile.transaction_id):
        return context
    return changed(
        context,
        has_needs=True,
        max_schedule_tuples=known.told.max_schedule_tuples,
        v2x=known.told.charging_needs.v2x_charging_parameters,
    )


async def station_abilities(store: Store, station: str) -> ChargingAbilities:
    """What a station has told of its smart charging, by variables or configuration keys."""
    told = {}
    for name, (component, variable, instance) in ABILITY_NAMES.items():
        place = VariableName(component=component, variable=variable, variable_instance=instance)
        value = await known_value(store, station, place)
        if value is not None:
            told[name] = value
    return abilities_of(told)


NOT_OURS: Final = (
    ChargingProfilePurpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS,
    ChargingProfilePurpose.LOCAL_GENERATION,
)


async def clear_profiles(books: Books, station: str, command: ClearChargingProfile) -> ClearChargingProfileOutcome:
    """Remove profiles (K10; 1.6:5.5). Unknown, too, means that they are not there.

    Raises PilotwireError for a purpose that is not a CSMS's to clear (K10.FR.06), and what `Commander.ask` raises.
    """
    if command.charging_profile_purpose in NOT_OURS:
        what = (
            f"Profiles of {command.charging_profile_purpose} are an external system's, not ours to clear (K10.FR.06)."
        )
        raise PilotwireError(what, "Clear it where it was set; nothing was sent.")
    outcome = await books.commander.ask(station, command, ClearChargingProfileOutcome)
    await books.amend(station, lambda installed: with_cleared(installed, command))
    return outcome


async def composite_schedule(
    commander: Commander, station: str, command: GetCompositeSchedule
) -> GetCompositeScheduleOutcome:
    """Ask what results from all profiles together (K08; 1.6:5.7)."""
    return await commander.ask(station, command, GetCompositeScheduleOutcome)


@dataclass(frozen=True, slots=True)
class ProfileReport:
    """What came of asking for profiles: all of them, put together from the parts."""

    request_id: int
    status: GetChargingProfilesStatus
    reason: Reason | None = None
    profiles: Installed = ()


async def report_profiles(
    books: Books, station: str, command: GetChargingProfiles, *, patience: float
) -> ProfileReport:
    """Ask for the profiles that fit and wait for all of them, at most `patience` seconds for each part (K09).

    What is known of the station is then what it reported. Raises also CommandTimedOut if a part does not come.
    """
    request_id = command.request_id
    with books.commander.reports.collecting(station, request_id) as collection:
        outcome = await books.commander.ask(station, command, GetChargingProfilesOutcome)
        has_some = outcome.status is GetChargingProfilesStatus.ACCEPTED
        parts = await all_parts(collection, station, patience) if has_some else ()
    reported = {profile.id: (part, profile) for part in parts for profile in part.charging_profile}
    await books.amend(station, lambda installed: without_unreported(installed, command, reported))
    profiles = tuple(
        InstalledProfile(
            evse_id=part.evse_id,
            profile=profile,
            at=books.clock.now(),
            is_reported=True,
            charging_limit_source=part.charging_limit_source,
            transaction_id=profile.transaction_id,
        )
        for part, profile in reported.values()
    )
    return ProfileReport(request_id, outcome.status, outcome.reason, profiles)


async def update_dynamic_schedule(
    books: Books, station: str, profile_id: int, values: ScheduleValues
) -> UpdateDynamicScheduleOutcome:
    """Set what now holds in a dynamic profile (K28.FR.06), for the station that is told and for one that asks later."""
    command = UpdateDynamicSchedule(charging_profile_id=profile_id, schedule_update=values)
    outcome = await books.commander.ask(station, command, UpdateDynamicScheduleOutcome)
    if outcome.status is ChargingProfileStatus.ACCEPTED:
        await books.amend(station, lambda installed: with_update(installed, profile_id, values))
    return outcome


async def use_priority_charging(
    commander: Commander, station: str, transaction_id: str, *, activate: bool
) -> UsePriorityChargingOutcome:
    """Let a transaction charge with priority, or no longer (K21)."""
    command = UsePriorityCharging(transaction_id=transaction_id, activate=activate)
    return await commander.ask(station, command, UsePriorityChargingOutcome)

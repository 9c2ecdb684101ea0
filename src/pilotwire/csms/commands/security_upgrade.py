"""Bringing a station to a higher security profile without losing it (A05; 1.6: the key SecurityProfile).

A 2.x station gets a network profile in a slot that is not in use, then the order of its slots with that one first, then a reset; the
slots it had stay behind it, so a station that cannot connect with the new one comes back with the old. A 1.6 station is told its new
profile and connects again by itself. What may go wrong on the way is kept as a step. The service of upgrades watches the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from pilotwire.clock import Clock
from pilotwire.csms.commands.bus import CommandRefused
from pilotwire.csms.commands.commander import Commander
from pilotwire.csms.commands.network_profiles import (
    SECURITY_PROFILE,
    current_profile,
    read_network,
    set_priority,
    set_profile,
    slots,
)
from pilotwire.csms.commands.provisioning import get_variables, reset, set_variables
from pilotwire.csms.registers.credentials import CREDENTIALS, Credentials
from pilotwire.csms.registers.network_profiles import PROFILES
from pilotwire.csms.registers.security_upgrades import (
    OPEN_UPGRADES,
    UPGRADES,
    OpenUpgrade,
    SecurityUpgrade,
    UpgradeState,
    UpgradeStep,
)
from pilotwire.csms.store.ports import Journal, Page, Store
from pilotwire.domain.device_model import SetVariableStatus, VariableQuery, VariableSetting
from pilotwire.domain.kinds import Value, changed
from pilotwire.domain.network_profiles import (
    NetworkConnectionProfile,
    SetNetworkProfileStatus,
    free_slot,
    slots_of,
)
from pilotwire.domain.provisioning import ResetKind, ResetStatus
from pilotwire.errors import NotReachable, PilotwireError, StoreError

_V16 = "1.6"
_FEWEST_SLOTS = (0, 1)
"""What a station has that has not told its slots: at least two (B09.FR.06)."""


class UpgradePlan(Value):
    """What an operator wants: the profile, and for 2.x the network profile that goes with it (None in 1.6) and where it goes.

    `patience`: seconds the station has to come back.
    """

    target: int
    profile: NetworkConnectionProfile | None = None
    slot: int | None = None
    reset: ResetKind = ResetKind.ON_IDLE
    patience: float = 600.0


class _Refused(Exception):
    """The station did not take a step."""


@dataclass(slots=True)
class _Upgrade:
    """An upgrade on its way: the record is kept after each step."""

    commander: Commander
    store: Store
    journal: Journal
    clock: Clock
    station: str
    record: SecurityUpgrade

    async def keep(self, **changes: object) -> None:
        """Change the record and keep it."""
        self.record = changed(self.record, **changes)
        over = self.record.state in (UpgradeState.DONE, UpgradeState.FAILED)
        about = OpenUpgrade(station=self.station)
        await self.journal.append(
            UPGRADES.put(self.station, "", self.record),
            OPEN_UPGRADES.remove(self.station, "") if over else OPEN_UPGRADES.put(self.station, "", about),
        )

    async def step(self, what: str, result: str) -> None:
        """Keep what came of a step."""
        step = UpgradeStep(what=what, result=result, at=self.clock.now())
        await self.keep(steps=(*self.record.steps, step))


async def upgrade(
    commander: Commander, store: Store, journal: Journal, clock: Clock, station: str, plan: UpgradePlan
) -> SecurityUpgrade:
    """Do the steps up to the reset; the record says how it went, and the service goes on with it.

    Raises PilotwireError for a plan that cannot be (nothing was sent), NotReachable, and StoreError.
    """
    version = next((each.version for each in commander.bus.connected() if each.station == station), None)
    if version is None:
        raise NotReachable(f"station {station!r} is not connected.", "Try again when it is.")
    now = clock.now()
    record = SecurityUpgrade(
        station=station,
        target=plan.target,
        state=UpgradeState.STARTED,
        started_at=now,
        until=now + timedelta(seconds=plan.patience),
    )
    it = _Upgrade(commander, store, journal, clock, station, record)
    await _check(it, plan, version)
    try:
        await (_upgrade_16(it, plan) if version == _V16 else _upgrade_2(it, plan))
    except _Refused as refused:
        await it.keep(state=UpgradeState.FAILED, what=str(refused))
    except StoreError:
        raise
    except PilotwireError as error:
        await it.keep(state=UpgradeState.FAILED, what=str(error))
        raise
    else:
        await it.keep(state=UpgradeState.WAITING)
    return it.record


async def _check(it: _Upgrade, plan: UpgradePlan, version: str) -> None:
    """What must be so before anything is sent (A05, prerequisites)."""
    if version != _V16 and plan.profile is None:
        raise PilotwireError(
            "a 2.x station needs a network profile for this.", "Say at which URL it finds this CSMS then."
        )
    running = await it.store.record(UPGRADES, it.station, "")
    if (
        running is not None
        and running.state in (UpgradeState.STARTED, UpgradeState.WAITING)
        and running.until > it.clock.now()
    ):
        what = f"station {it.station!r} is being brought to security profile {running.target} already."
        raise PilotwireError(what, "Wait until that is over.")
    record = await it.store.station(it.station)
    if plan.target in (1, 2) and (record is None or record.password_hash is None):
        what = f"security profile {plan.target} needs a password, and none is on record for station {it.station!r}."
        raise PilotwireError(
            what, "Set SecurityCtrlr.BasicAuthPassword (1.6: AuthorizationKey) first; nothing was sent."
        )
    it.record = changed(it.record, current=await current_profile(it.store, it.station))
    _check_higher(it)


def _check_higher(it: _Upgrade) -> None:
    current = it.record.current
    if current is not None and it.record.target <= current:
        what = f"station {it.station!r} has security profile {current}: {it.record.target} is not higher."
        raise PilotwireError(what, "A profile is only ever raised (A05).")


async def _note_certificates(it: _Upgrade) -> None:
    """The station itself refuses a profile it has no certificates for (A05.FR.02, A05.FR.03); nothing here can see into it."""
    if it.record.target >= 2:
        await it.step("the station has a root certificate for this CSMS (A05.FR.02)", "NotChecked")
    if it.record.target == 3:
        await it.step("the station has a certificate of its own (A05.FR.03)", "NotChecked")


async def _upgrade_16(it: _Upgrade, plan: UpgradePlan) -> None:
    try:
        await get_variables(it.commander, it.store, it.station, [VariableQuery(name=SECURITY_PROFILE)])
    except CommandRefused as error:
        raise _Refused(str(error)) from error
    it.record = changed(it.record, current=await current_profile(it.store, it.station))
    _check_higher(it)
    await _note_certificates(it)
    setting = VariableSetting(name=SECURITY_PROFILE, value=str(plan.target))
    outcome = await set_variables(it.commander, it.store, it.station, [setting])
    status = outcome.results[0].status
    await it.step("ChangeConfiguration of SecurityProfile", status.value)
    if status not in _TAKEN:
        raise _Refused(f"the station answered the new SecurityProfile with {status.value}.")
    if status is SetVariableStatus.REBOOT_REQUIRED:
        await _reset(it, plan)


async def _upgrade_2(it: _Upgrade, plan: UpgradePlan) -> None:
    assert plan.profile is not None  # looked at before
    old = await read_network(it.commander, it.store, it.station)
    it.record = changed(it.record, current=await current_profile(it.store, it.station), old_priority=old)
    _check_higher(it)
    await _note_certificates(it)
    order = slots_of(old)
    slot = plan.slot if plan.slot is not None else await _free_slot(it, order)
    if slot in order:
        what = f"slot {slot} of station {it.station!r} is in use: the way back would be lost."
        raise PilotwireError(what, "Choose another one, or none; nothing was changed.")
    await it.keep(slot=slot)
    answer = await set_profile(it.commander, it.store, it.station, slot, plan.profile)
    await it.step(f"SetNetworkProfile in slot {slot}", answer.status.value)
    if answer.status is not SetNetworkProfileStatus.ACCEPTED:
        raise _Refused(f"the station answered the network profile with {answer.status.value}.")
    status = await set_priority(it.commander, it.store, it.station, (slot, *order))
    await it.step("SetVariables of NetworkConfigurationPriority", status.value)
    if status not in _TAKEN:
        raise _Refused(f"the station answered the new order of its slots with {status.value}.")
    await _reset(it, plan)


async def _free_slot(it: _Upgrade, order: tuple[int, ...]) -> int:
    kept = await it.store.records(PROFILES, it.station, Page(limit=1000))
    has = await slots(it.store, it.station) or tuple(sorted({*_FEWEST_SLOTS, *order}))
    slot = free_slot(has, order, (each.slot for each in kept))
    if slot is None:
        what = f"every slot of station {it.station!r} is in use."
        raise PilotwireError(what, "Take one out of NetworkConfigurationPriority first; nothing was changed.")
    return slot


async def _reset(it: _Upgrade, plan: UpgradePlan) -> None:
    outcome = await reset(it.commander, it.station, plan.reset)
    await it.step(f"Reset {plan.reset.value}", outcome.status.value)
    if outcome.status is ResetStatus.REJECTED:
        await fall_back(it.commander, it.store, it.journal, it.clock, it.station, it.record)
        it.record = await it.store.record(UPGRADES, it.station, "") or it.record
        raise _Refused("the station does not reset, so it keeps the old profile.")


async def fall_back(
    commander: Commander, store: Store, journal: Journal, clock: Clock, station: str, record: SecurityUpgrade
) -> None:
    """Give a 2.x station the order of its slots back that it had; in 1.6 there is nothing to take back. Raises StoreError."""
    if record.old_priority is None:
        return
    await journal.append(CREDENTIALS.amend(station, "", _not_expected))
    try:
        status = (await set_priority(commander, store, station, slots_of(record.old_priority))).value
    except StoreError:
        raise
    except PilotwireError as error:
        status = str(error)
    step = UpgradeStep(what="NetworkConfigurationPriority as it was", result=status, at=clock.now())

    def with_it(kept: SecurityUpgrade | None) -> SecurityUpgrade | None:
        return None if kept is None else changed(kept, steps=(*kept.steps, step))

    await journal.append(UPGRADES.amend(station, "", with_it))


def _not_expected(kept: Credentials | None) -> Credentials | None:
    return None if kept is None else changed(kept, upgrade_to=None)


_TAKEN = (SetVariableStatus.ACCEPTED, SetVariableStatus.REBOOT_REQUIRED)

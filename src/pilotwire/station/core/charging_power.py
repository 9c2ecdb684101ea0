"""Profiles and limits brought to the hardware: the A a phase that may be offered, the phases, the pause where it is too little.

It is looked at after every input, and at every moment at which another period begins; so a change counts at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from pilotwire.domain.smart_charging.composite import LEAST_AC_AMPS, LEAST_DC_AMPS, Allowed, limit_now, next_change
from pilotwire.domain.smart_charging.composite_timeline import Site
from pilotwire.domain.transactions import TriggerReason
from pilotwire.station.core import transactions
from pilotwire.station.core.actions import Action, SetContactor, SetCurrentLimit, SetPhases
from pilotwire.station.core.charging_site import csms_time, follow_beginnings, site_of
from pilotwire.station.core.device_model_bounds import supplied_at_most
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.smart_charging_memory import ChargingMemory
from pilotwire.station.core.station import Station
from pilotwire.station.core.transactions import STATE_CHANGED, Cause
from pilotwire.station.core.vehicle_sessions import VehicleSessions
from pilotwire.station.hardware.ports import AcSupply, switchable

SIGNIFICANCE: Final = "SmartChargingCtrlr.LimitChangeSignificance"
SWITCH_PAUSE: Final = timedelta(seconds=5)
"""How long nothing is offered before the number of phases changes: a vehicle has let go by then (IEC 61851-1: 5 s at most)."""
_LOOK_AGAIN: Final = timedelta(seconds=10)
"""How often limits of DC outlets are worked out again: voltage and state of charge of the battery move."""
_RATE_CHANGED: Final = Cause(TriggerReason.CHARGING_RATE_CHANGED)
_NOTHING: Final = Decimal(0)


@dataclass(slots=True)
class Applied:
    """What an EVSE was given last. `amps` and `phases` None: all there are; `told` the rate (A times phases) the CSMS knows of.

    `phase`: which, if it is one and can be chosen.
    """

    amps: Decimal | None = None
    phases: int | None = None
    phase: int | None = None
    transaction_id: str | None = None
    told: Decimal | None = None
    switch_at: datetime | None = None
    resume_by: datetime | None = None


@dataclass(slots=True)
class PowerState:
    """What was looked at last, and when to look again. `outside`: a limit from outside has just changed (K11.FR.04)."""

    applied: dict[int, Applied] = field(default_factory=dict)
    seen: tuple[object, ...] = ()
    memory: ChargingMemory | None = None
    next_at: datetime | None = None
    outside: bool = False


def follow(station: Station) -> None:
    """Give each EVSE what it may have now, if anything changed; see the module."""
    follow_beginnings(station)
    state, memory = station.moment(PowerState), station.kept(ChargingMemory)
    _notice_resets(station, state)
    if not memory.installed and not state.applied and not _any_bounded(station):
        return
    seen = _signature(station)
    waits = any(each.switch_at or each.resume_by for each in state.applied.values())
    due = state.next_at is not None and station.now >= state.next_at
    if memory is state.memory and seen == state.seen and not due and not waits:
        return
    state.memory, state.seen = memory, seen
    site = site_of(station)
    state.next_at = _next_look(station, site)
    for evse in station.evses.values():
        applied = state.applied.setdefault(evse.evse_id, _at_first(evse))
        allowed = limit_now(site, evse.evse_id, csms_time(station))
        if evse.by_setpoint:
            allowed = allowed._replace(is_limited=False)
        _apply(station, evse, applied, allowed, outside=state.outside)
    state.outside = False
    if not memory.installed and all(_is_plain(each) for each in state.applied.values()):
        state.applied.clear()


def _at_first(evse: Evse) -> Applied:
    """An EVSE that was not limited so far; where energy is offered, the CSMS knows it as that."""
    applied = Applied()
    if evse.tx is not None and evse.contactor:
        applied.transaction_id, applied.told = evse.tx.transaction_id, _rate(evse, applied)
    return applied


def _is_bounded(station: Station, evse: Evse) -> bool:
    """Whether MaxSet or Target of EVSE.Power hold an EVSE to less than it can."""
    return supplied_at_most(station, evse) is not None


def _any_bounded(station: Station) -> bool:
    return any(_is_bounded(station, evse) for evse in station.evses.values())


def _is_plain(applied: Applied) -> bool:
    return applied.amps is None and applied.phases is None and applied.switch_at is None and applied.resume_by is None


def _signature(station: Station) -> tuple[object, ...]:
    """What the limits depend on besides the profiles and the time."""
    spoken = station.moment(VehicleSessions).by_evse
    evses = tuple(
        (
            evse.tx.transaction_id if evse.tx is not None else None,
            evse.grant is None,
            evse.connector,
            evse.contactor,
            evse.by_setpoint,
            spoken[evse.evse_id].option if evse.evse_id in spoken else 0,
        )
        for evse in station.evses.values()
    )
    return (station.link, station.offset, station.variables.values, evses)


def _next_look(station: Station, site: Site) -> datetime | None:
    change = next_change(site, csms_time(station))
    times = [] if change is None else [change - station.offset]
    if site.installed:
        times.append(station.now + timedelta(days=1))
    moves = any(outlet.supply.is_dc and outlet.in_use for outlet in site.outlets)
    if moves and (site.installed or _any_bounded(station)):
        times.append(station.now + _LOOK_AGAIN)
    return min(times, default=None)


def _notice_resets(station: Station, state: PowerState) -> None:
    """A reset of an EVSE takes its limit away: it is given anew."""
    for action in station.actions:
        if isinstance(action, SetCurrentLimit) and action.amps is None and action.evse_id in state.applied:
            state.applied[action.evse_id].amps = None
            state.memory = None


def deadline(station: Station) -> datetime | None:
    """When something is to change by itself."""
    state = station.moment(PowerState)
    times = [state.next_at, *(each.switch_at for each in state.applied.values())]
    times += [each.resume_by for each in state.applied.values()]
    return min((time for time in times if time is not None), default=None)


# --- one EVSE -----------------------------------------------------------------------------------------------------------


def _apply(station: Station, evse: Evse, applied: Applied, allowed: Allowed, *, outside: bool) -> None:
    """Phases, then current, then what the CSMS hears of it."""
    amps = allowed.limit if allowed.is_limited or (_is_bounded(station, evse) and not evse.by_setpoint) else None
    if amps is not None and amps >= evse.layout.supply.max_current_a:
        amps = None
    if not _set_phases(station, evse, applied, *_phases(evse, allowed)):
        amps = _NOTHING
    if amps != applied.amps:
        applied.amps = amps
        _give(station, SetCurrentLimit(evse.evse_id, amps))
    was = evse.paused
    _pause(station, evse, applied)
    _tell(station, evse, applied, changed_pause=was or evse.paused, outside=outside)


def _give(station: Station, action: Action) -> None:
    """Before a contactor closes: a vehicle never sees more than it may take."""
    closing = [n for n, one in enumerate(station.actions) if isinstance(one, SetContactor) and one.closed]
    station.actions.insert(closing[0] if closing else len(station.actions), action)


def _phases(evse: Evse, allowed: Allowed) -> tuple[int | None, int | None]:
    """How many phases are to be used, None: all, and which one (K01.FR.46); only where the hardware can choose (K01.FR.45).

    Where nobody says which, it stays L1 (K01.FR.47). At a DC outlet they are those of the grid (K01.FR.54).
    """
    supply = evse.layout.supply
    if not allowed.is_limited or allowed.phases is None or allowed.phases >= switchable(supply):
        return None, None
    return allowed.phases, (allowed.phase_to_use or 1) if allowed.phases == 1 and supply.chooses_phase else None


def _set_phases(station: Station, evse: Evse, applied: Applied, phases: int | None, phase: int | None) -> bool:
    """Change the phases, with a pause where energy is offered; False while the pause lasts."""
    if (phases, phase) == (applied.phases, applied.phase):
        applied.switch_at = None
        return True
    if evse.contactor:
        if applied.switch_at is None:
            applied.switch_at = station.now + SWITCH_PAUSE
        if station.now < applied.switch_at:
            return False
    applied.switch_at, applied.phases, applied.phase = None, phases, phase
    _give(station, SetPhases(evse.evse_id, phases, phase))
    return True


def _pause(station: Station, evse: Evse, applied: Applied) -> None:
    """Too little to be offered is nothing (IEC 61851-1); what follows a pause is told once the vehicle is back, or does not come."""
    if evse.tx is None or evse.grant is None:
        evse.paused, applied.resume_by = False, None
        return
    least = LEAST_DC_AMPS if evse.layout.dc else LEAST_AC_AMPS
    if applied.amps is not None and applied.amps < least:
        evse.paused, applied.resume_by = True, None
        return
    if not evse.paused:
        return
    if applied.resume_by is None:
        applied.resume_by = station.now + timedelta(seconds=station.settings.vehicle_ready_seconds)
    if evse.wants_power or not evse.contactor or station.now >= applied.resume_by:
        evse.paused, applied.resume_by = False, None


def _tell(station: Station, evse: Evse, applied: Applied, *, changed_pause: bool, outside: bool) -> None:
    """What became of the charging rate: a state of its own if it is a pause, else the change if it is a significant one (K11.FR.04)."""
    if evse.tx is None:
        applied.transaction_id = applied.told = None
        return
    rate = _rate(evse, applied)
    if applied.transaction_id != evse.tx.transaction_id or applied.told is None or not evse.contactor:
        applied.transaction_id, applied.told = evse.tx.transaction_id, rate
        transactions.settle(station, evse, STATE_CHANGED)
        return
    significant = is_significant(station, applied.told, rate)
    if significant or changed_pause:
        applied.told = rate
    alone = significant and (outside or not changed_pause)
    transactions.settle(station, evse, _RATE_CHANGED if alone else STATE_CHANGED)


def _rate(evse: Evse, applied: Applied) -> Decimal:
    supply = evse.layout.supply
    phases = (applied.phases or supply.phases) if isinstance(supply, AcSupply) else 1
    return phases * (supply.max_current_a if applied.amps is None else applied.amps)


def is_significant(station: Station, old: Decimal | None, new: Decimal | None) -> bool:
    """Whether a limit changed by more than LimitChangeSignificance percent."""
    if old is None or new is None or old == 0:
        return old != new
    try:
        percent = Decimal(station.variables.text(SIGNIFICANCE))
    except InvalidOperation:
        percent = _NOTHING
    return abs(new - old) * 100 > percent * abs(old)

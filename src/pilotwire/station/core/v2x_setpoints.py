"""The power of an EVSE that takes energy back: what the operation mode wants, within all limits, brought to the hardware (block Q, R).

It is worked out after every input and at every moment at which another period begins, so a change counts at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import ChargingRateUnit, OperationMode
from pilotwire.domain.smart_charging.composite import limit_now
from pilotwire.domain.smart_charging.composite_both_ways import floor
from pilotwire.domain.smart_charging.composite_timeline import Leading, Outlet, Site, Supply
from pilotwire.domain.smart_charging.setpoints import (
    BOTH_WAYS,
    Deciding,
    at_frequency,
    at_signal,
    deciding,
    in_watts,
    setpoint_lead,
)
from pilotwire.domain.transactions import TriggerReason
from pilotwire.station.core import der_effects, der_pace, evse_sleep, metering_setpoint, transactions
from pilotwire.station.core.actions import SetPowerSetpoint
from pilotwire.station.core.charging_site import csms_time, follow_beginnings, site_of
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.grid import grid_of
from pilotwire.station.core.station import Station
from pilotwire.station.core.v2x_memory import V2XMemory
from pilotwire.station.core.v2x_settings import ENABLED, THRESHOLD, band_of, csms_first

_M = OperationMode
_NOTHING: Final = Decimal(0)
_STEP: Final = Decimal("0.1")


@dataclass(slots=True)
class Balanced:
    """The setpoint of local load balancing at an EVSE, and the last reading that went into it."""

    watts: Decimal = _NOTHING
    load: int = -1


@dataclass(slots=True)
class Setpoints:
    """What EVSEs were given last, and what their modes remember: the frequency last used, the balance, aFRR signals by time."""

    given: dict[int, tuple[Decimal | None, Decimal | None]] = field(default_factory=dict)
    frequency: dict[int, Decimal] = field(default_factory=dict)
    balanced: dict[int, Balanced] = field(default_factory=dict)
    signals: list[tuple[datetime, int]] = field(default_factory=list)


def is_both_ways(evse: Evse) -> bool:
    """Whether the EVSE takes energy back."""
    return evse.layout.max_discharge_w > 0


def follow(station: Station) -> None:
    """Give each EVSE its setpoint, and tell of operation modes that have changed; see the module."""
    if not station.variables.has(ENABLED):
        return
    der_effects.watch_return(station)
    follow_beginnings(station)
    site = site_of(station)
    now = csms_time(station)
    decisions = {outlet.evse_id: deciding(site, outlet, now) for outlet in site.outlets}
    on = station.variables.on(ENABLED)
    free = [
        evse
        for evse in station.evses.values()
        if on and evse.tx is not None and is_both_ways(evse) and decisions[evse.evse_id].mode in BOTH_WAYS
    ]
    outlets = {outlet.evse_id: outlet for outlet in site.outlets}
    for evse in station.evses.values():
        here = decisions[evse.evse_id]
        evse.by_setpoint = evse in free
        evse_sleep.follow(station, evse, here)
        _notice_mode(station, evse, here.mode)
        if is_both_ways(evse):
            _give(station, evse, *_power(station, evse, here, site, outlets[evse.evse_id], len(free)))


def _notice_mode(station: Station, evse: Evse, mode: OperationMode) -> None:
    """K01.FR.110."""
    if evse.tx is None:
        return
    memory, own = station.kept(V2XMemory), evse.tx.transaction_id
    before = memory.modes.get(own, _M.CHARGING_ONLY)
    if mode is not before:
        station.remember(changed(memory, modes={**memory.modes, own: mode}))
        evse.untold_mode = mode
        transactions.tell(station, evse, TriggerReason.OPERATION_MODE_CHANGED)


def _give(station: Station, evse: Evse, watts: Decimal | None, var: Decimal | None) -> None:
    given = station.moment(Setpoints).given
    if given.get(evse.evse_id, (None, None)) != (watts, var):
        given[evse.evse_id] = watts, var
        metering_setpoint.given(station, evse.evse_id, watts)
        station.do(SetPowerSetpoint(evse.evse_id, watts, var))


# --- how much -------------------------------------------------------------------------------------------------------


def _power(
    station: Station, evse: Evse, here: Deciding, site: Site, outlet: Outlet, among: int
) -> tuple[Decimal | None, Decimal | None]:
    """The setpoint in W, None: whatever the vehicle takes of what is offered; and the reactive one in var, None: there is none."""
    causes = station.moment(der_effects.Causes).by_evse
    causes.pop(evse.evse_id, None)
    if evse.tx is None or here.mode is _M.IDLE:
        der_pace.jump(station, evse, _NOTHING)
        der_pace.begin_softly(station, evse)
        return None, None
    most = evse.layout.supply.max_power_w
    high = min(most, limit_now(site, evse.evse_id, csms_time(station), ChargingRateUnit.WATT).limit)
    low = floor(outlet, here, ChargingRateUnit.WATT, among=among) if evse.by_setpoint else _NOTHING
    wanted = _wanted(station, evse, here, _volts(outlet.supply), low, among) if evse.by_setpoint else None
    planned = high if wanted is None else max(min(wanted, high), low)
    reactive = _reactive(station, here, _volts(outlet.supply), among) if evse.by_setpoint else _NOTHING
    result = der_effects.shaped(station, evse, planned, high, -reactive)
    if result.cause is not None:
        causes[evse.evse_id] = result
    var = -result.var.quantize(_STEP) or None
    if wanted is None and result.watts >= (most if evse.by_setpoint else planned):
        return None, var
    return result.watts.quantize(_STEP), var


def _volts(supply: Supply) -> Decimal:
    """W of an A of a schedule: those on AC are of each phase."""
    return supply.voltage * (1 if supply.is_dc else supply.phases)


def _reactive(station: Station, here: Deciding, voltage: Decimal, among: int) -> Decimal:
    """What the period that says the setpoint says of reactive power: var, absorbed if positive, as active power is taken."""
    said = setpoint_lead(here, among, csms_first=csms_first(station))
    if said is None:
        return _NOTHING
    lead, parts = said
    return in_watts(lead, lead.period.setpoint_reactive or _NOTHING, voltage) / parts


def _wanted(station: Station, evse: Evse, here: Deciding, voltage: Decimal, low: Decimal, among: int) -> Decimal | None:
    """What the mode wants; None where it has only limits."""
    own = here.own
    assert own is not None
    state = station.moment(Setpoints)
    if here.mode is not _M.LOCAL_FREQUENCY:
        state.frequency.pop(evse.evse_id, None)
    if here.mode is not _M.LOCAL_LOAD_BALANCING:
        state.balanced.pop(evse.evse_id, None)
    said = setpoint_lead(here, among, csms_first=csms_first(station))
    if said is not None:
        lead, parts = said
        return in_watts(lead, lead.period.setpoint or _NOTHING, voltage) / parts
    match here.mode:
        case _M.LOCAL_FREQUENCY:
            frequency = at_frequency(own.period, _frequency(station, evse))
            return frequency + at_signal(own.period, signal_now(station))
        case _M.LOCAL_LOAD_BALANCING:
            high = in_watts(own, own.period.limit, voltage) if own.period.limit is not None else None
            return _balanced(station, evse, high, low, among)
        case _:
            return None


def _frequency(station: Station, evse: Evse) -> Decimal | None:
    """The frequency to go by: another one only once it is as far off as the threshold says (Q08.FR.07)."""
    used, measured = station.moment(Setpoints).frequency, grid_of(station).frequency_hz
    if measured is None:
        return None
    before = used.get(evse.evse_id)
    if before is None or abs(measured - before) * 1000 >= station.variables.number(THRESHOLD):
        used[evse.evse_id] = measured
    return used[evse.evse_id]


def signal_now(station: Station) -> int | None:
    """The aFRR signal whose time has come last."""
    now = csms_time(station)
    due = [signal for at, signal in station.moment(Setpoints).signals if at <= now]
    return due[-1] if due else None


def _balanced(station: Station, evse: Evse, high: Decimal | None, low: Decimal, among: int) -> Decimal:
    """Each reading of the upstream meter corrects the setpoint; EVSEs that balance together share the correction (Q09.FR.04)."""
    grid, state = grid_of(station), station.moment(Setpoints).balanced.setdefault(evse.evse_id, Balanced())
    band = band_of(station)
    if grid.load_w is not None and grid.loads != state.load and band is not None:
        state.load = grid.loads
        wanted = state.watts + band.correction(grid.load_w) / among
        top = evse.layout.supply.max_power_w if high is None else high
        state.watts = max(low, min(top, wanted))  # Q09.FR.05
    return state.watts


def signalled(station: Station) -> Sequence[Leading]:
    """The periods that take aFRR signals now (Q08.FR.11)."""
    site, now = site_of(station), csms_time(station)
    found = []
    for outlet in site.outlets:
        here = deciding(site, outlet, now)
        evse = station.evses[outlet.evse_id]
        if evse.tx is None or not is_both_ways(evse) or here.own is None or here.mode is not _M.LOCAL_FREQUENCY:
            continue
        if here.own.period.v2x_signal_watt_curve:
            found.append(here.own)
    return found

"""The station as smart charging sees it: its outlets, what they can, who charges there since when; in the CSMS's time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import ChargingRateUnit, Installed
from pilotwire.domain.smart_charging.composite_timeline import Outlet, Site, Supply
from pilotwire.station.core import v2x_settings
from pilotwire.station.core.device_model_bounds import supplied_at_most, taken_back_at_most
from pilotwire.station.core.device_model_clock import local_shifts, local_time
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.smart_charging_memory import ChargingMemory
from pilotwire.station.core.station import Station
from pilotwire.station.core.v2x_memory import V2XMemory
from pilotwire.station.core.vehicle_sessions import VehicleSessions
from pilotwire.station.hardware.ports import AcSupply, switchable

_AHEAD: Final = timedelta(days=367)
"""As far as a composite schedule may be asked for."""
ENABLED: Final = "SmartChargingCtrlr.Enabled"


@dataclass(slots=True)
class Beginnings:
    """When each transaction was ready to deliver energy (K01.FR.42), by its id; after a restart its start stands for that."""

    since: dict[str, datetime] = field(default_factory=dict)


def follow_beginnings(station: Station) -> None:
    """Notice transactions that can deliver energy now: somebody is authorized and a vehicle is there."""
    since = station.moment(Beginnings).since
    for evse in station.evses.values():
        ready = evse.tx is not None and evse.grant is not None and evse.connector is not None
        if ready and evse.tx is not None and evse.tx.transaction_id not in since:
            since[evse.tx.transaction_id] = csms_time(station)
    if len(since) > len(station.evses):
        running = {evse.tx.transaction_id for evse in station.evses.values() if evse.tx is not None}
        for gone in set(since) - running:
            del since[gone]


def csms_time(station: Station) -> datetime:
    """The time now as schedules count it."""
    return station.now + station.offset


def replace_installed(station: Station, installed: Installed, **more: tuple[object, ...]) -> None:
    """Keep other profiles than before."""
    station.remember(changed(station.kept(ChargingMemory), installed=installed, **more))


def site_of(station: Station, *, with_plans: bool = False) -> Site:
    """The station now; without profiles where smart charging is off. `with_plans`: vehicles take no more than they said (K15.FR.14)."""
    memory = station.kept(ChargingMemory)
    offline = None
    if not station.link and station.link_lost_at is not None:
        offline = station.link_lost_at + station.offset
    now = csms_time(station)
    shown = local_time(station, now).utcoffset() or timedelta(0)
    return Site(
        outlets=tuple(_outlet(station, evse, memory, with_plan=with_plans) for evse in station.evses.values()),
        installed=memory.installed if station.variables.on(ENABLED) else (),
        offline_since=offline,
        lapsed=memory.lapsed,
        local_offset=int(shown.total_seconds()),
        local_shifts=_shifts(station, memory.installed, now),
        own_excludes_default=station.settings.own_profile_excludes_default,
        csms_setpoint_first=v2x_settings.csms_first(station),
    )


def _shifts(station: Station, installed: Installed, now: datetime) -> tuple[tuple[int, int], ...]:
    """When local time jumps as far as anybody looks ahead, where a schedule goes by it (K01.FR.91)."""
    schedules = (schedule for each in installed for schedule in each.profile.charging_schedule)
    if not any(schedule.use_local_time for schedule in schedules):
        return ()
    found = local_shifts(station, now, now + _AHEAD)
    return tuple((int(moment.timestamp()), int(offset.total_seconds())) for moment, offset in found)


def _outlet(station: Station, evse: Evse, memory: ChargingMemory, *, with_plan: bool) -> Outlet:
    tx = evse.tx
    own = None if tx is None else tx.transaction_id
    since = None
    if tx is not None and own is not None and evse.connector is not None:
        since = station.moment(Beginnings).since.get(own, tx.started_at)
    soc = station.meter(evse.evse_id).soc_percent if evse.layout.dc and tx is not None else None
    spoken = station.moment(VehicleSessions).by_evse.get(evse.evse_id)
    return Outlet(
        evse_id=evse.evse_id,
        supply=_supply(station, evse),
        transaction_id=own,
        in_use=tx is not None,
        charging_since=since,
        has_priority=own in memory.prioritized,
        soc=soc,
        seed=own,
        gives_back=_gives_back(station, own),
        option=0 if spoken is None else spoken.option,
        plan=spoken.plan if spoken is not None and with_plan else None,
    )


def _gives_back(station: Station, own: str | None) -> bool:
    """Unless the CSMS told which ways of energy transfer a transaction may use, and none is bidirectional (Q02.FR.05)."""
    allowed = None if own is None else station.kept(V2XMemory).allowed.get(own)
    return allowed is None or any("BPT" in each for each in allowed)


def _supply(station: Station, evse: Evse) -> Supply:
    """What the layout says, or less where that is set; the voltage of a DC outlet is that of the battery while one is charged."""
    supply = evse.layout.supply
    bound = supplied_at_most(station, evse)
    watts = supply.max_power_w if bound is None else min(bound, supply.max_power_w)
    back = taken_back_at_most(station, evse) if v2x_settings.is_on(station) else Decimal(0)
    if isinstance(supply, AcSupply):
        amps = supply.max_current_a if bound is None else bound / (supply.voltage_v * supply.phases)
        return Supply(
            max_amps=min(amps, supply.max_current_a),
            max_watts=watts,
            voltage=supply.voltage_v,
            phases=supply.phases,
            discharge_watts=back,
        )
    measured = station.meter(evse.evse_id).voltage_v[0] if evse.contactor else Decimal(0)
    voltage = measured if measured > 0 else supply.max_voltage_v
    return Supply(
        max_amps=supply.max_current_a if bound is None else min(bound / voltage, supply.max_current_a),
        max_watts=watts,
        voltage=voltage,
        phases=1,
        is_dc=True,
        discharge_watts=back,
        input_phases=switchable(supply),
    )


def usual_unit(station: Station, evse_id: int) -> ChargingRateUnit:
    """The unit in which an EVSE is limited: W for DC, A for AC."""
    evses = [evse for evse in station.evses.values() if evse_id in (0, evse.evse_id)]
    return ChargingRateUnit.WATT if any(evse.layout.dc for evse in evses) else ChargingRateUnit.AMPERE

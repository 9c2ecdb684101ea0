"""The station as smart charging sees it: its outlets, what they can, who charges there since when; in the CSMS's time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import ChargingRateUnit, Installed
from pilotwire.domain.smart_charging.composite_timeline import Outlet, Site, Supply
from pilotwire.station.core.charging_checks import ENABLED
from pilotwire.station.core.device_model_clock import local_time
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.smart_charging_memory import ChargingMemory
from pilotwire.station.core.station import Station
from pilotwire.station.hardware.ports import AcSupply


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


def site_of(station: Station, evses: Iterable[Evse] | None = None) -> Site:
    """The station now, with all its EVSEs or those given; without profiles where smart charging is off."""
    memory = station.kept(ChargingMemory)
    offline = None
    if not station.link and station.link_lost_at is not None:
        offline = station.link_lost_at + station.offset
    now = csms_time(station)
    shown = local_time(station, now).utcoffset() or timedelta(0)
    return Site(
        outlets=tuple(_outlet(station, evse, memory) for evse in evses or station.evses.values()),
        installed=memory.installed if station.variables.on(ENABLED) else (),
        offline_since=offline,
        lapsed=memory.lapsed,
        local_offset=int(shown.total_seconds()),
        own_excludes_default=station.settings.own_profile_excludes_default,
    )


def _outlet(station: Station, evse: Evse, memory: ChargingMemory) -> Outlet:
    tx = evse.tx
    own = None if tx is None else tx.transaction_id
    since = None
    if tx is not None and own is not None and evse.connector is not None:
        since = station.moment(Beginnings).since.get(own, tx.started_at)
    soc = station.meter(evse.evse_id).soc_percent if evse.layout.dc and tx is not None else None
    return Outlet(
        evse_id=evse.evse_id,
        supply=_supply(station, evse),
        transaction_id=own,
        in_use=tx is not None,
        charging_since=since,
        has_priority=own in memory.prioritized,
        soc=soc,
        seed=own,
    )


def _supply(station: Station, evse: Evse) -> Supply:
    """What the layout says; the voltage of a DC outlet is that of the battery while one is charged."""
    supply = evse.layout.supply
    if isinstance(supply, AcSupply):
        return Supply(
            max_amps=supply.max_current_a,
            max_watts=supply.max_power_w,
            voltage=supply.voltage_v,
            phases=supply.phases,
        )
    measured = station.meter(evse.evse_id).voltage_v[0] if evse.contactor else Decimal(0)
    return Supply(
        max_amps=supply.max_current_a,
        max_watts=supply.max_power_w,
        voltage=measured if measured > 0 else supply.max_voltage_v,
        phases=1,
        is_dc=True,
    )


def usual_unit(station: Station, evse_id: int) -> ChargingRateUnit:
    """The unit in which an EVSE is limited: W for DC, A for AC."""
    evses = [evse for evse in station.evses.values() if evse_id in (0, evse.evse_id)]
    return ChargingRateUnit.WATT if any(evse.layout.dc for evse in evses) else ChargingRateUnit.AMPERE

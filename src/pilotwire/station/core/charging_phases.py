"""Profiles that contradict each other about the one phase to use (K01.FR.141; 2.1 K 3.8)."""

from __future__ import annotations

from typing import Final

from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import ChargingProfile, Flaw, Installed, InstalledProfile
from pilotwire.domain.smart_charging.composite_timeline import (
    Chains,
    Cursor,
    Site,
    boundaries,
    evse_chains,
    station_chains,
    whole,
)
from pilotwire.station.core.charging_site import csms_time, site_of
from pilotwire.station.core.smart_charging_memory import ChargingMemory
from pilotwire.station.core.station import Station

_AHEAD: Final = 8 * 86_400
"""How far is looked: past this, weekly schedules come round again."""


def conflicts(station: Station, evse_id: int, profile: ChargingProfile) -> list[Flaw]:
    """A flaw if a profile, as it will be installed, wants another phase than one that leads at the same time."""
    wanted = {period.phase_to_use for each in profile.charging_schedule for period in each.charging_schedule_period}
    if wanted == {None}:
        return []
    site = _site_with(station, evse_id, profile)
    start = whole(csms_time(station))
    above = station_chains(site, start, start + _AHEAD)
    for outlet in site.outlets:
        if evse_id in (0, outlet.evse_id):
            other = _conflict([evse_chains(site, outlet, start, start + _AHEAD), above], profile.id, start)
            if other is not None:
                what = f"Profile {other} uses another phase at the same time at EVSE {outlet.evse_id}."
                return [Flaw(requirement="K01.FR.141", where="chargingSchedule", what=what)]
    return []


def _site_with(station: Station, evse_id: int, profile: ChargingProfile) -> Site:
    site = site_of(station)
    evse = station.evses.get(evse_id)
    own = evse.tx.transaction_id if evse is not None and evse.tx is not None else None
    new = InstalledProfile(evse_id=evse_id, profile=profile, at=csms_time(station), transaction_id=own)
    kept = (each for each in station.kept(ChargingMemory).installed if each.profile.id != profile.id)
    installed: Installed = (*kept, new)
    return changed(site, installed=installed)


def _conflict(chains: list[Chains], own: int, start: int) -> int | None:
    """The profile whose phase is another one at any moment at which the one with the id `own` leads."""
    cursors = [Cursor(each) for each in chains]
    for moment in boundaries(chains, start, start + _AHEAD):
        leads = [lead for cursor in cursors for lead in cursor.at(moment)[0]]
        mine = next((lead.period.phase_to_use for lead in leads if lead.profile.id == own), None)
        for lead in leads if mine is not None else ():
            if lead.period.phase_to_use not in (None, mine):
                return lead.profile.id
    return None

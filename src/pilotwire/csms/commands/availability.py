"""Taking stations, EVSEs and connectors in and out of use (functional block G)."""

from __future__ import annotations

from pilotwire.csms.commands.commander import Commander
from pilotwire.domain.availability import ChangeAvailability, ChangeAvailabilityOutcome
from pilotwire.domain.identity import STATION, EvseAddress


async def change_availability(
    commander: Commander, station: str, *, operative: bool, address: EvseAddress = STATION
) -> ChangeAvailabilityOutcome:
    """Take the station, an EVSE or a connector in or out of use (G03, G04)."""
    command = ChangeAvailability(operative=operative, address=address)
    return await commander.ask(station, command, ChangeAvailabilityOutcome)

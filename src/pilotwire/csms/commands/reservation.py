"""Keeping an EVSE for somebody (functional block H). What a station accepts is kept by the bus, see `commands.noticing`."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire.csms.commands.commander import Commander
from pilotwire.csms.registers.device_model import known_value
from pilotwire.csms.registers.station_conditions import CONDITIONS, USUAL
from pilotwire.csms.store.ports import Store
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.reservation import (
    CancelReservation,
    CancelReservationOutcome,
    Reservation,
    ReservationAbilities,
    ReserveNow,
    ReserveNowOutcome,
    flaws_of,
)
from pilotwire.errors import PilotwireError

_CTRLR: Final = "ReservationCtrlr"


class ReservationFlawed(PilotwireError):
    """A station would not take this reservation; nothing was sent."""


async def check(store: Store, station: str, wanted: Reservation, now: datetime) -> None:
    """Raises ReservationFlawed for a reservation that the station would reject, as far as is known of it; StoreError."""
    flaws = flaws_of(wanted, now, await _abilities(store, station))
    if flaws:
        remedy = "Mend it, or send it as it is with force=true; nothing was sent."
        raise ReservationFlawed(f"The station would not take this reservation. {' '.join(flaws)}", remedy)


async def _abilities(store: Store, station: str) -> ReservationAbilities:
    conditions = await store.record(CONDITIONS, station, "") or USUAL
    return ReservationAbilities(
        enabled=await _truth(store, station, "Enabled"),
        any_evse=await _truth(store, station, "NonEvseSpecific"),
        places={each.evse: frozenset(each.connector_types) for each in conditions.evses},
    )


async def _truth(store: Store, station: str, variable: str) -> bool | None:
    text = await known_value(store, station, VariableName(component=_CTRLR, variable=variable))
    return None if text is None else {"true": True, "false": False}.get(text.strip().casefold())


async def reserve_now(commander: Commander, station: str, reservation: Reservation) -> ReserveNowOutcome:
    """Reserve an EVSE, any, or one with a type of connector (H01); replaces the reservation with the same id (H01.FR.02)."""
    return await commander.ask(station, ReserveNow(reservation=reservation), ReserveNowOutcome)


async def cancel(commander: Commander, station: str, reservation_id: int) -> CancelReservationOutcome:
    """Withdraw a reservation (H02)."""
    command = CancelReservation(reservation_id=reservation_id)
    return await commander.ask(station, command, CancelReservationOutcome)

"""O01: display messages for a state of the station."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.o_display_message.displaying import (
    asks_for,
    is_not_read,
    is_read,
    session_ends,
    sets,
)
from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Acts, Case, Sends, Step, TellsStatus
from pilotwire.conformance.states.station201 import (
    authorized,
    energy_transfer_started,
    ev_connected_pre_session,
    parking_bay_occupied,
    unavailable,
)
from pilotwire.conformance.values import configured

Steps = tuple[Step, ...]


def _session_begins() -> Steps:
    """Reusable states from ParkingBayOccupied to EnergyTransferStarted."""
    return (*parking_bay_occupied(), *authorized(), *ev_connected_pre_session(), *energy_transfer_started())


TC_O_36_CS = Case(
    id="TC_O_36_CS",
    title="A display message for the state Charging",
    purpose="A message for the state Charging is shown while energy flows, not before nor after, and is kept.",
    main=(
        sets("1", state="Charging"),
        is_not_read(),
        *_session_begins(),
        is_read(),
        *session_ends(),
        is_not_read(),
        *asks_for(("11", "13"), state="Charging"),
    ),
)

TC_O_37_CS = Case(
    id="TC_O_37_CS",
    title="A display message for the state Idle",
    purpose="A message for the state Idle is shown before and after energy flows, not while it does, and is kept.",
    main=(
        sets("1", state="Idle"),
        is_read(),
        *_session_begins(),
        is_not_read(within=configured.message_said),
        *session_ends(),
        is_read(),
        *asks_for(("11", "13"), state="Idle"),
    ),
)

TC_O_38_CS = Case(
    id="TC_O_38_CS",
    title="A display message for the state Unavailable",
    purpose="A message for the state Unavailable is shown while the station is out of use, not before nor after, and is kept.",
    main=(
        sets("1", state="Unavailable"),
        is_not_read(),
        *unavailable(),
        is_read(),
        Sends(
            number="4",
            action="ChangeAvailability",
            payload={"operationalStatus": "Operative"},
            checks=(equals("status", "Accepted"),),
        ),
        TellsStatus(number="6", status="Available", every="station"),
        is_not_read(),
        *asks_for(("8", "10"), state="Unavailable"),
    ),
)

TC_O_39_CS = Case(
    id="TC_O_39_CS",
    title="A display message for the state Faulted",
    purpose="A message for the state Faulted is shown while there is a fault, not before nor after, and is kept.",
    main=(
        sets("1", state="Faulted"),
        is_not_read(),
        Acts(act="fault"),
        TellsStatus(number="3", status=["Faulted", "Unavailable"]),
        is_read(),
        Acts(act="clear_fault"),
        TellsStatus(number="5", status="Available"),
        is_not_read(),
        *asks_for(("7", "9"), state="Faulted"),
    ),
    remark=(
        "Steps 3 and 5 are the status of the connector with the fault (errata 2025-09, 6.2.115); a station that tells only of itself as a "
        "whole is not waited for."
    ),
)

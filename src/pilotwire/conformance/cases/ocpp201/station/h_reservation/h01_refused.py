"""H01: reservations the station cannot take."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.h_reservation.reserving import (
    ANOTHER_RESERVATION,
    RESERVATIONS_ON,
    reserved_everywhere,
    reserves,
)
from pilotwire.conformance.language import Case, Configures
from pilotwire.conformance.states.everywhere201 import energy_transfer_started_everywhere
from pilotwire.conformance.states.station201 import energy_transfer_started, reserved, unavailable
from pilotwire.conformance.values import configured

# --- a certain EVSE -----------------------------------------------------------------------------------------------------------------

TC_H_03_CS = Case(
    id="TC_H_03_CS",
    title="An EVSE that is reserved already",
    purpose="A second reservation of the same EVSE, for somebody else, is answered Occupied.",
    requirements=("H01.FR.11",),
    before=(*RESERVATIONS_ON, *reserved()),
    main=(
        ANOTHER_RESERVATION,
        reserves("1", "Occupied", evse=configured.evse_id, token="valid_token2", requirement="H01.FR.11"),
    ),
)

TC_H_04_CS = Case(
    id="TC_H_04_CS",
    title="An EVSE somebody charges at",
    purpose="The reservation of an EVSE in use is answered Occupied.",
    requirements=("H01.FR.11",),
    before=(*RESERVATIONS_ON, *energy_transfer_started()),
    main=(reserves("1", "Occupied", evse=configured.evse_id, token="valid_token2", requirement="H01.FR.11"),),
    remark="The document names H01.FR.13, which Part 2 does not have (any more); H01.FR.11 has it.",
)

TC_H_06_CS = Case(
    id="TC_H_06_CS",
    title="An EVSE out of use",
    purpose="The reservation of an EVSE that is out of use is answered Unavailable.",
    requirements=("H01.FR.14",),
    before=(*RESERVATIONS_ON, *unavailable(evse=configured.evse_id)),
    main=(reserves("1", "Unavailable", evse=configured.evse_id, token="valid_token2", requirement="H01.FR.14"),),
)

TC_H_22_CS = Case(
    id="TC_H_22_CS",
    title="Reservations are off",
    purpose="A station that is configured not to take reservations rejects one.",
    requirements=("H01.FR.01",),
    before=(Configures(variable="ReservationCtrlr.Enabled", value=False),),
    main=(reserves("1", "Rejected", evse=configured.evse_id, requirement="H01.FR.01"),),
    remark="The prerequisite, that ReservationAvailable is false, contradicts the rest of the case: ReservationEnabled alone is set false.",
)

# --- any EVSE -----------------------------------------------------------------------------------------------------------------------

TC_H_09_CS = Case(
    id="TC_H_09_CS",
    title="Any EVSE, all are reserved",
    purpose="Where all EVSEs are reserved, a reservation of any is answered Occupied.",
    requirements=("H01.FR.11",),
    before=(*RESERVATIONS_ON, *reserved_everywhere("Accepted", which=True)),
    main=(reserves("1", "Occupied", requirement="H01.FR.11"),),
)

TC_H_10_CS = Case(
    id="TC_H_10_CS",
    title="Any EVSE, all are in use",
    purpose="Where somebody charges at all EVSEs, a reservation of any is answered Occupied.",
    requirements=("H01.FR.11",),
    before=(*RESERVATIONS_ON, *energy_transfer_started_everywhere()),
    main=(reserves("1", "Occupied", requirement="H01.FR.11"),),
    remark="The document names H01.FR.13, which Part 2 does not have (any more); H01.FR.11 has it.",
)

TC_H_12_CS = Case(
    id="TC_H_12_CS",
    title="Any EVSE, all are out of use",
    purpose="Where the station is out of use, a reservation of any EVSE is answered Unavailable.",
    requirements=("H01.FR.14",),
    before=(*RESERVATIONS_ON, *unavailable()),
    main=(reserves("1", "Unavailable", requirement="H01.FR.14"),),
)

TC_H_13_CS = Case(
    id="TC_H_13_CS",
    title="Any EVSE, at a station that reserves named ones only",
    purpose="A station without reservations of an unspecified EVSE rejects one.",
    requirements=("H01.FR.19",),
    traits={"variables": {"ReservationCtrlr.NonEvseSpecific": "false"}},
    before=RESERVATIONS_ON,
    main=(reserves("1", "Rejected", requirement="H01.FR.19"),),
)

# --- a type of connector ------------------------------------------------------------------------------------------------------------

TC_H_16_CS = Case(
    id="TC_H_16_CS",
    title="A type of connector, all are reserved",
    purpose="Where all EVSEs are reserved, the reservation of a type of connector is answered Occupied.",
    requirements=("H01.FR.11",),
    before=(*RESERVATIONS_ON, *reserved_everywhere("Accepted", which=True)),
    main=(reserves("1", "Occupied", connector_type=configured.connector_type, requirement="H01.FR.11"),),
)

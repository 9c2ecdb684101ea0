"""Cases of our own for requirements of block H that no case of the document touches: faults, types of connectors, groups, what follows."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.h_reservation.reserving import (
    ANOTHER_RESERVATION,
    GROUP,
    RESERVATIONS_ON,
    comes,
    reserves,
    told,
)
from pilotwire.conformance.checks import equals
from pilotwire.conformance.conditions import configured_is
from pilotwire.conformance.language import (
    Acts,
    Case,
    Configures,
    ForEach,
    Happened,
    InAnyOrder,
    OnlyIf,
    Receives,
    Sends,
    Step,
    TellsStatus,
)
from pilotwire.conformance.states.everywhere201 import EVERY_EVSE
from pilotwire.conformance.states.station201 import (
    asks_authorize,
    parking_bay_occupied,
    present_token,
    reserved,
    transaction_event,
)
from pilotwire.conformance.values import OMITTED, Computed, Kept, Known, configured, resolve

Steps = tuple[Step, ...]
PART_2 = "Part 2 edition 3, errata 2025-09"
_RESERVATION = equals("reservationId", Kept("reservation_id"))

PW_H_01_CS = Case(
    id="PW_H_01_CS",
    title="A reserved EVSE fails",
    purpose="A fault of a reserved EVSE ends the reservation, which is told; while it lasts a reservation is answered Faulted.",
    requirements=("H01.FR.12", "H01.FR.16"),
    before=(*RESERVATIONS_ON, *reserved()),
    main=(
        Acts(act="fault"),
        InAnyOrder(
            number="1",
            steps=(
                TellsStatus(number="1", status="Faulted"),
                Receives(
                    number="1",
                    action="ReservationStatusUpdate",
                    checks=(
                        equals("reservationId", Kept("reservation_id")).of("H01.FR.16"),
                        equals("reservationUpdateStatus", "Removed").of("H01.FR.16"),
                    ),
                ),
            ),
        ),
        ANOTHER_RESERVATION,
        reserves("3", "Faulted", evse=configured.evse_id, requirement="H01.FR.12"),
    ),
    after=(Acts(act="clear_fault"),),
    follows=PART_2,
    ours=True,
)

_LET_IN: Steps = (
    OnlyIf(
        condition=configured_is("has_bay_sensor", True),
        steps=parking_bay_occupied(),
    ),
    Acts(act="plug_in"),
    Happened(facts={"ev_connected": True}),
)


def _named(number: str, *requirements: str) -> Step:
    """The next event of the transaction, which tells the authorization, names the reservation."""
    checks = tuple(_RESERVATION.of(one) for one in requirements)
    return transaction_event(number, trigger="Authorized", checks=checks)


PW_H_02_CS = Case(
    id="PW_H_02_CS",
    title="The reservation is named, cable first",
    purpose="A transaction that runs since the cable was plugged in names the reservation with the event of the authorization.",
    requirements=("E01.FR.13", "E02.FR.03"),
    settings={"tx_start_points": ["EVConnected"]},
    before=(
        Configures(variable="TxCtrlr.TxStartPoint", value=("EVConnected",), besides=("Authorized", "EnergyTransfer")),
        *RESERVATIONS_ON,
        *reserved(),
    ),
    main=(
        *_LET_IN,
        transaction_event("1", trigger=("CablePluggedIn", "ChargingStateChanged")),
        present_token(),
        *asks_authorize("3", "valid_token", "maybe"),
        Happened(facts={"authorized": True}),
        _named("5", "E01.FR.13", "E02.FR.03"),
    ),
    follows=PART_2,
    ours=True,
)

PW_H_03_CS = Case(
    id="PW_H_03_CS",
    title="The reservation is named, token first",
    purpose="A transaction that begins with the token of a reservation names it with its first event.",
    requirements=("E03.FR.03",),
    settings={"tx_start_points": ["Authorized"]},
    before=(
        Configures(
            variable="TxCtrlr.TxStartPoint",
            value=("Authorized",),
            besides=("DataSigned", "PowerPathClosed", "EnergyTransfer"),
        ),
        *RESERVATIONS_ON,
        *reserved(),
    ),
    main=(
        present_token(),
        *asks_authorize("1", "valid_token", "maybe"),
        Happened(facts={"authorized": True}),
        _named("3", "E03.FR.03"),
    ),
    follows=PART_2,
    ours=True,
)


def _cancels(number: str, reservation: object = Kept("reservation_id")) -> Sends:
    return Sends(
        number=number,
        action="CancelReservation",
        payload={"reservationId": reservation},
        checks=(equals("status", "Accepted"),),
    )


PW_H_04_CS = Case(
    id="PW_H_04_CS",
    title="Anybody charges where a reservation was cancelled",
    purpose="An EVSE whose reservation is cancelled is told Available, and somebody else charges there.",
    requirements=("H02.FR.03", "H02.FR.04"),
    before=(*RESERVATIONS_ON, *reserved()),
    main=(_cancels("1"), told("3", "Available", "H02.FR.04"), *comes("valid_token2")),
    follows=PART_2,
    ours=True,
    remark="That energy flows for the second token is what H02.FR.03 asks for.",
)


def _own_token(known: Known) -> dict[str, str]:
    number = resolve(Kept("reserved number"), known)
    return {"idToken": f"{str(known.setting('valid_token'))[:16]}-{number}", "type": known.setting("valid_token_type")}


_OWN = Computed("an idToken of its own", _own_token)


def _as_many_as_evses(number: str, *, connector_type: object = OMITTED, group: object = OMITTED) -> Steps:
    """As many reservations as the station has EVSEs, of none in particular, for a token each."""
    return (
        ForEach(
            number=number,
            name="reserved number",
            values=EVERY_EVSE,
            steps=(
                ANOTHER_RESERVATION,
                reserves(number, "Accepted", token=_OWN, connector_type=connector_type, group=group),
            ),
        ),
    )


def _all_told(number: str, status: str, requirement: str) -> TellsStatus:
    return TellsStatus(number=number, status=status, every="station", early=True, note=requirement)


PW_H_05_CS = Case(
    id="PW_H_05_CS",
    title="As many reservations of a type as connectors, and one less",
    purpose="With as many reservations of a type of connector as EVSEs, all are told Reserved, and Available when one is cancelled.",
    requirements=("H01.FR.24", "H02.FR.06"),
    before=RESERVATIONS_ON,
    main=(
        *_as_many_as_evses("1", connector_type=configured.connector_type),
        _all_told("3", "Reserved", "H01.FR.24"),
        _cancels("5"),
        TellsStatus(number="7", status="Available", every="station", note="H02.FR.06"),
    ),
    follows=PART_2,
    ours=True,
    remark="All connectors of the station are of the configured type. H02.FR.06 names H01.FR.05; the cancelling of H02 is meant.",
)

PW_H_06_CS = Case(
    id="PW_H_06_CS",
    title="One reservation less than EVSEs",
    purpose="Where one of as many reservations as EVSEs is cancelled, the station is open again: somebody without a reservation charges.",
    requirements=("H02.FR.05", "H02.FR.06"),
    before=(
        *RESERVATIONS_ON,
        *_as_many_as_evses(""),
        TellsStatus(status="Reserved", every="station", early=True),
    ),
    main=(
        _cancels("1"),
        TellsStatus(number="3", status="Available", every="station", note="H02.FR.06"),
        *comes("valid_token2"),
    ),
    follows=PART_2,
    ours=True,
    remark="That energy flows for a token without a reservation is what H02.FR.05 asks for.",
)

PW_H_07_CS = Case(
    id="PW_H_07_CS",
    title="Somebody of the group uses the reservation of a type",
    purpose="With all connectors of a type reserved, each with a groupIdToken, another token of that group charges at one of them.",
    requirements=("H03.FR.05",),
    before=(*RESERVATIONS_ON, *_as_many_as_evses("", connector_type=configured.connector_type, group=GROUP)),
    main=(
        TellsStatus(number="1", status="Reserved", every="station", early=True),
        *comes("valid_token2", grouped=True),
    ),
    follows=PART_2,
    ours=True,
    remark="That energy flows for the second token is what H03.FR.05 asks for; all connectors of the station are of the configured type.",
)

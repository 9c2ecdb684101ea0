"""H01, H03: what is reserved, and for whom."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.h_reservation.reserving import (
    GROUP,
    RESERVATION_NAMED,
    RESERVATIONS_ON,
    comes,
    reserved_everywhere,
    reserves,
    told,
    told_if_alone,
)
from pilotwire.conformance.checks import equals
from pilotwire.conformance.conditions import EVENT_DUE
from pilotwire.conformance.language import Acts, Case, Happened, NotReceives, OnlyIf, Sends, Step, TellsStatus
from pilotwire.conformance.states.station201 import (
    id_token,
    parking_bay_occupied,
    present_token,
    reserved,
    transaction_event,
)
from pilotwire.conformance.values import Fresh, Kept, configured

_FREE = TellsStatus(number="2", status="Available", note="The reservation is used up (H03.FR.10).")

TC_H_01_CS = Case(
    id="TC_H_01_CS",
    title="Who reserved an EVSE charges there",
    purpose="An EVSE is reserved; when its driver comes the connector is Available again, and the driver charges.",
    requirements=("H01.FR.15", "H03.FR.01", "H03.FR.09", "H03.FR.10"),
    before=RESERVATIONS_ON,
    main=(*reserved(), *comes(between=(_FREE,))),
    after=RESERVATION_NAMED,
)

_NO_ENERGY = NotReceives(
    action="TransactionEvent",
    where=(equals("transactionInfo.chargingState", "Charging"),),
    early=True,
    note="The EVSE is reserved for somebody else.",
)


def _plugged_in_before() -> tuple[Step, ...]:
    """State EVConnectedPreSession at a reserved connector: it stays Reserved (G03.FR.09), so no state is waited for."""
    return (
        *parking_bay_occupied(),
        Acts(act="plug_in"),
        Happened(facts={"ev_connected": True}),
        OnlyIf(
            condition=EVENT_DUE,
            steps=(transaction_event(trigger=("CablePluggedIn", "ChargingStateChanged")),),
        ),
    )


TC_H_02_CS = Case(
    id="TC_H_02_CS",
    title="Somebody else does not charge at a reserved EVSE",
    purpose="The EV is connected to a reserved EVSE; another token gets no energy there, neither presented nor in a remote start.",
    requirements=("H03.FR.01", "F01.FR.22"),
    before=(*RESERVATIONS_ON, *reserved(), *_plugged_in_before()),
    main=(
        present_token("valid_token2"),
        _NO_ENERGY,
        Sends(
            number="1",
            action="RequestStartTransaction",
            payload={
                "idToken": id_token("valid_token2"),
                "evseId": configured.evse_id,
                "remoteStartId": Fresh("remote_start_id"),
            },
            checks=(equals("status", "Rejected").of("F01.FR.22"),),
        ),
        _NO_ENERGY,
    ),
    remark=(
        "Both ways of the document, A and B, are played one after the other; A waits for the silence of the plan rather than its message "
        "timeout. EVConnectedPreSession wants the connector told as Occupied; by G03.FR.09 it stays Reserved: neither is asked for."
    ),
)

TC_H_19_CS = Case(
    id="TC_H_19_CS",
    title="Somebody of the group charges at a reserved EVSE",
    purpose="An EVSE reserved with a groupIdToken can be used with another token of that group.",
    requirements=("H01.FR.03", "H01.FR.15", "H01.FR.23", "H03.FR.04", "H03.FR.08"),
    before=RESERVATIONS_ON,
    main=(
        reserves("1", "Accepted", evse=configured.evse_id, group=GROUP, requirement="H01.FR.03"),
        told("3", "Reserved", "H01.FR.23"),
        *comes("valid_token2", grouped=True),
    ),
    after=RESERVATION_NAMED,
)

TC_H_23_CS = Case(
    id="TC_H_23_CS",
    title="A reservation takes the place of another",
    purpose="A reservation with the number of one there is replaces it: its driver charges.",
    requirements=("H01.FR.02",),
    before=(*RESERVATIONS_ON, *reserved()),
    main=(
        reserves(
            "1",
            "Accepted",
            evse=configured.evse_id,
            token="valid_token2",
            reservation=Kept("reservation_id"),
            requirement="H01.FR.02",
        ),
        *comes("valid_token2"),
    ),
    after=RESERVATION_NAMED,
    remark=(
        "The validation of step 3 (the connector is told as Reserved) has no step of the scenario, and the connector is Reserved already: "
        "it is not asked for."
    ),
)

# --- any EVSE -----------------------------------------------------------------------------------------------------------------------

TC_H_08_CS = Case(
    id="TC_H_08_CS",
    title="Who reserved any EVSE charges",
    purpose="An EVSE that is not named is reserved; its driver charges.",
    requirements=("H01.FR.04", "H01.FR.07", "H01.FR.15", "H03.FR.03"),
    before=RESERVATIONS_ON,
    main=(reserves("1", "Accepted", requirement="H01.FR.04"), told_if_alone("3"), *comes()),
    after=RESERVATION_NAMED,
    remark="Edition 3 has steps 3 and 4 twice; the errata make the first optional. Where there is one EVSE, H01.FR.20 requires it.",
)

TC_H_14_CS = Case(
    id="TC_H_14_CS",
    title="As many reservations as EVSEs",
    purpose="With as many reservations of any EVSE as there are EVSEs, all connectors are told to be Reserved.",
    requirements=("H01.FR.20",),
    before=RESERVATIONS_ON,
    main=(
        *reserved_everywhere("Accepted", which=False, number="1"),
        TellsStatus(number="3", status="Reserved", every="station", early=True, note="H01.FR.20"),
    ),
)

TC_H_24_CS = Case(
    id="TC_H_24_CS",
    title="Somebody of the group uses the reservation of any EVSE",
    purpose="An EVSE that is not named is reserved with a groupIdToken; another token of that group charges.",
    requirements=("H01.FR.18", "H03.FR.06"),
    before=RESERVATIONS_ON,
    main=(
        reserves("1", "Accepted", group=GROUP, requirement="H01.FR.18"),
        told_if_alone("3"),
        *comes("valid_token2", grouped=True),
    ),
    after=RESERVATION_NAMED,
    remark="That a connector is told as Reserved is asked for where there is one EVSE; of several none is reserved by itself (H01.FR.20).",
)

# --- a type of connector ------------------------------------------------------------------------------------------------------------

TC_H_15_CS = Case(
    id="TC_H_15_CS",
    title="Who reserved a type of connector charges",
    purpose="A connector of a type is reserved; its driver charges.",
    requirements=("H01.FR.06", "H01.FR.09", "H01.FR.15", "H03.FR.02"),
    before=RESERVATIONS_ON,
    main=(
        reserves("1", "Accepted", connector_type=configured.connector_type, requirement="H01.FR.06"),
        told_if_alone("3"),
        *comes(),
    ),
    after=RESERVATION_NAMED,
    remark="That connectors are told as Reserved is asked for where the station has one EVSE, as the note of step 3 has it (H01.FR.24).",
)

"""H01, H02, H04: the CSMS reserves and cancels, and a reservation ends without it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilotwire.conformance.checks import Check, absent, equals, in_future, present
from pilotwire.conformance.language import Asks, Case, Receives, Repeats, Sends, Step, Tells, Waits
from pilotwire.conformance.states.csms201 import id_token, reserved, token_is
from pilotwire.conformance.values import Kept, Moment, configured

Steps = tuple[Step, ...]
ANY_EVSE = (absent("evseId"), absent("connectorType"))
THIS_EVSE = (equals("evseId", configured.evse_id), absent("connectorType"))


def reserves(wanted: Mapping[str, Any], *checks: Check, seconds: Any = 3600, status: str = "Accepted") -> Steps:
    """The operator reserves with these fields; the CSMS sends ReserveNow, which is answered with `status`. Its id is kept."""
    payload = {"idToken": id_token(), "expiryDateTime": Moment(seconds)} | dict(wanted)
    return (
        Asks(action="ReserveNow", payload=payload),
        Receives(
            number="1",
            action="ReserveNow",
            checks=(*checks, *token_is(), in_future("expiryDateTime")),
            answer={"status": status},
            keep={"reservation_id": "id"},
        ),
    )


TC_H_01_CSMS = Case(
    id="TC_H_01_CSMS",
    title="Reserve an EVSE, accepted",
    purpose="The CSMS reserves a named EVSE for a token and takes the new state of its connector.",
    main=reserved(),
)

TC_H_07_CSMS = Case(
    id="TC_H_07_CSMS",
    title="A reservation runs out",
    purpose="The CSMS takes it that the station ends a reservation whose time is over.",
    main=(
        *reserves({"evseId": configured.evse_id}, *THIS_EVSE, seconds=configured.transaction_duration),
        Tells(number="3", status="Reserved", every="evse"),
        Waits(seconds=configured.transaction_duration, why="the reservation runs out"),
        Tells(number="5", status="Available", every="evse"),
        Sends(
            number="7",
            action="ReservationStatusUpdate",
            payload={"reservationId": Kept("reservation_id"), "reservationUpdateStatus": "Expired"},
        ),
    ),
)

TC_H_08_CSMS = Case(
    id="TC_H_08_CSMS",
    title="Reserve any EVSE, accepted",
    purpose="The CSMS reserves without naming an EVSE.",
    main=reserves({}, *ANY_EVSE),
    remark="The state of a connector is told only by a station with one EVSE; the station the bench plays has several.",
)

TC_H_14_CSMS = Case(
    id="TC_H_14_CSMS",
    title="As many reservations as EVSEs",
    purpose="The CSMS takes it that all EVSEs are reserved when there are as many reservations without EVSE as EVSEs.",
    main=(
        Repeats(steps=reserves({}, *ANY_EVSE), most=2),
        Tells(number="3", status="Reserved", every="station"),
    ),
    settings={"connectors": [1, 1]},
)

TC_H_15_CSMS = Case(
    id="TC_H_15_CSMS",
    title="Reserve a type of connector",
    purpose="The CSMS reserves a connector of a type.",
    main=(
        *reserves(
            {"connectorType": configured.connector_type},
            absent("evseId"),
            equals("connectorType", configured.connector_type),
        ),
        Tells(number="3", status="Reserved"),
    ),
)

TC_H_17_CSMS = Case(
    id="TC_H_17_CSMS",
    title="Cancel a reservation",
    purpose="The CSMS cancels the reservation it made, by its id.",
    main=(
        *reserves({"evseId": configured.evse_id}, *THIS_EVSE),
        Tells(number="3", status="Reserved", every="evse"),
        Asks(action="CancelReservation", payload={"reservationId": Kept("reservation_id")}),
        Receives(
            number="5",
            action="CancelReservation",
            checks=(equals("reservationId", Kept("reservation_id")),),
            answer={"status": "Accepted"},
        ),
        Tells(number="7", status="Available", every="evse"),
    ),
)

TC_H_19_CSMS = Case(
    id="TC_H_19_CSMS",
    title="Reserve an EVSE for a group",
    purpose="The CSMS reserves a named EVSE for a token and its group.",
    main=(
        *reserves(
            {
                "evseId": configured.evse_id,
                "groupIdToken": {"idToken": configured.group_id, "type": configured.group_id_type},
            },
            *THIS_EVSE,
            present("groupIdToken"),
            equals("groupIdToken.idToken", configured.group_id),
        ),
        Tells(number="3", status="Reserved", every="evse"),
    ),
)

TC_H_20_CSMS = Case(
    id="TC_H_20_CSMS",
    title="A reserved EVSE breaks",
    purpose="The CSMS takes it that the station removes a reservation because the EVSE is faulted.",
    main=(
        *reserves({"evseId": configured.evse_id}, *THIS_EVSE),
        Tells(number="3", status="Reserved", every="evse"),
        Tells(number="5", status="Faulted", every="evse"),
        Sends(
            number="7",
            action="ReservationStatusUpdate",
            payload={"reservationId": Kept("reservation_id"), "reservationUpdateStatus": "Removed"},
        ),
    ),
)

TC_H_22_CSMS = Case(
    id="TC_H_22_CSMS",
    title="A reservation is rejected",
    purpose="The CSMS takes it that the station rejects a reservation.",
    main=reserves({"evseId": configured.evse_id}, *THIS_EVSE, status="Rejected"),
)

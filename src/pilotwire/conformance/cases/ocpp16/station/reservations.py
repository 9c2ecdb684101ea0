"""Charge Point under test: reservations (test document 2.18)."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import absent, equals
from pilotwire.conformance.language import Acts, Case16, Happened, InAnyOrder, NotReceives, Receives, Sends, Step
from pilotwire.conformance.states.station16 import (
    CONNECTOR,
    authorized,
    begins_to_charge,
    charge_point_faulted,
    charge_point_unavailable,
    charging,
    connector_faulted,
    connector_occupied,
    connector_unavailable,
    every_connector,
    others_unavailable,
    plug_in,
    present_id_tag,
    reserved,
    status,
)
from pilotwire.conformance.values import Fresh, Kept, Moment, configured, plus

Steps = tuple[Step, ...]
_BY_THE_RESERVATION = (equals("reservationId", Kept("reservation_id")),)


def _reserves(
    number: str, answer: str = "Accepted", *, connector: Any = CONNECTOR, lasts: Any = 3600, **more: Any
) -> Sends:
    """ReserveNow.req for the valid idTag, answered with this status."""
    return Sends(
        number=number,
        action="ReserveNow",
        payload={
            "connectorId": connector,
            "expiryDate": Moment(lasts),
            "idTag": configured.valid_token,
            "reservationId": Fresh("reservation_id"),
        }
        | more,
        checks=(equals("status", answer),),
    )


_RESERVED = Happened(facts={"reserved": True})


def _refused(case_id: str, title: str, answer: str, before: Steps, *, connector: Any = CONNECTOR) -> Case16:
    return Case16(
        id=case_id,
        title=title,
        purpose=f"The Charge Point answers that it is {answer}.",
        before=before,
        main=(_reserves("1", answer, connector=connector),),
        requirements=("1.6:5.13",),
    )


TC_046_1_CS = Case16(
    id="TC_046_1_CS",
    title="Reservation of a connector, used at the Charge Point",
    purpose="Only the idTag the connector is reserved for charges there, and the reservation is told with the transaction.",
    before=others_unavailable(),
    main=(
        _reserves("1"),
        status("3", "Reserved"),
        present_id_tag("valid_token2"),
        NotReceives(action="StartTransaction"),
        present_id_tag(),
        InAnyOrder(
            steps=(
                Receives(
                    number="5",
                    action="Authorize",
                    where=(equals("idTag", configured.valid_token),),
                    optional=True,
                    within=configured.silence,
                ),
                status("7", "Preparing"),
            )
        ),
        *plug_in(),
        begins_to_charge("9", "11", *_BY_THE_RESERVATION),
    ),
    requirements=("1.6:5.13", "1.6:4.8"),
)

TC_046_2_CS = Case16(
    id="TC_046_2_CS",
    title="Reservation of a connector, used by a remote start",
    purpose="The reservation is told with the transaction that is started for its idTag.",
    main=(
        _reserves("1"),
        status("3", "Reserved"),
        _RESERVED,
        *charging(started=_BY_THE_RESERVATION, asks=False),
    ),
    requirements=("1.6:5.13", "1.6:4.8"),
)

TC_047_CS = Case16(
    id="TC_047_CS",
    title="Reservation of a connector, expires",
    purpose="After expiryDate the connector is available again, and another idTag charges there.",
    before=others_unavailable(),
    main=(
        _reserves("1", lasts=configured.reservation_duration),
        status("3", "Reserved"),
        status("5", "Available", within=plus(configured.reservation_duration, configured.message_timeout)),
        *charging("valid_token2", started=(absent("reservationId"),)),
    ),
    requirements=("1.6:5.13", "1.6:4.9"),
)

TC_048_1_CS = _refused("TC_048_1_CS", "Reservation of a faulted connector", "Faulted", connector_faulted())
TC_048_2_CS = _refused("TC_048_2_CS", "Reservation of an occupied connector", "Occupied", connector_occupied())
TC_048_3_CS = _refused("TC_048_3_CS", "Reservation of an unavailable connector", "Unavailable", connector_unavailable())

_WITHOUT: dict[str, Any] = {"variables": {"ReservationCtrlr.Enabled": "false"}}


def _rejected(case_id: str, title: str, connector: Any) -> Case16:
    return Case16(
        id=case_id,
        title=title,
        purpose="A Charge Point without reservations rejects them.",
        traits=_WITHOUT,
        main=(_reserves("1", "Rejected", connector=connector), NotReceives(action="StatusNotification")),
        requirements=("1.6:5.13",),
    )


TC_048_4_CS = _rejected("TC_048_4_CS", "Reservation of a connector, rejected", CONNECTOR)

TC_049_CS = Case16(
    id="TC_049_CS",
    title="Reservation of the Charge Point, used",
    purpose="The idTag the Charge Point is reserved for charges at a connector that is available.",
    before=others_unavailable(),
    main=(
        _reserves("1", connector=0),
        status("3", "Reserved"),
        _RESERVED,
        *charging(started=_BY_THE_RESERVATION, asks=False),
    ),
    requirements=("1.6:5.13",),
)

TC_050_1_CS = _refused(
    "TC_050_1_CS", "Reservation of a faulted Charge Point", "Faulted", charge_point_faulted(), connector=0
)

_AT = Kept("occupied_connector")
_OCCUPIED = every_connector(
    "occupied_connector", Acts(act="plug_in", details={"evse": _AT}), status("1", "Preparing", evse=_AT)
)
TC_050_2_CS = _refused("TC_050_2_CS", "Reservation of an occupied Charge Point", "Occupied", (_OCCUPIED,), connector=0)
TC_050_3_CS = _refused(
    "TC_050_3_CS", "Reservation of an unavailable Charge Point", "Unavailable", charge_point_unavailable(), connector=0
)
TC_050_4_CS = _rejected("TC_050_4_CS", "Reservation of the Charge Point, rejected", 0)

TC_051_CS = Case16(
    id="TC_051_CS",
    title="A reservation is cancelled",
    purpose="The connector is available again, and another idTag charges there.",
    before=reserved(),
    main=(
        Sends(
            number="1",
            action="CancelReservation",
            payload={"reservationId": Kept("reservation_id")},
            checks=(equals("status", "Accepted"),),
        ),
        status("3", "Available"),
        Happened(facts={"reserved": False}),
        *charging("valid_token2", started=(absent("reservationId"),)),
    ),
    requirements=("1.6:5.1", "1.6:5.13"),
)

TC_052_CS = Case16(
    id="TC_052_CS",
    title="A reservation that is not there is cancelled",
    purpose="The Charge Point rejects to cancel a reservation it does not have, and keeps the one it has.",
    before=reserved(),
    main=(
        Sends(
            number="1",
            action="CancelReservation",
            payload={"reservationId": plus(Kept("reservation_id"), 1000)},
            checks=(equals("status", "Rejected"),),
        ),
        NotReceives(action="StatusNotification", where=(equals("status", "Available"),)),
    ),
    requirements=("1.6:5.1",),
)

TC_053_CS = Case16(
    id="TC_053_CS",
    title="Reservation of a connector, used by another of the group",
    purpose="Another idTag with the parentIdTag of the reservation charges at the reserved connector.",
    before=(*others_unavailable(), Happened(facts={"grouped": True})),
    main=(
        _reserves("1", parentIdTag=configured.group_id),
        status("3", "Reserved"),
        *authorized("valid_token2"),
        *plug_in(),
        begins_to_charge("7", "9", *_BY_THE_RESERVATION, token="valid_token2"),
    ),
    requirements=("1.6:5.13", "1.6:4.8"),
)

"""Central System under test: reservations (test document 3.19)."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import Check, above, differs, equals, near
from pilotwire.conformance.conditions import configured_is
from pilotwire.conformance.language import Case16, Step, Waits
from pilotwire.conformance.states.csms16 import CONNECTOR, authorizes, ordered, starts, status, stops
from pilotwire.conformance.values import Kept, Moment, configured, plus

_UNTIL = 3600
"""How long a reservation lasts that somebody comes for, in s."""


def _reserves(
    number: str, *checks: Check, answer: str = "Accepted", connector: Any = CONNECTOR, lasts: Any = _UNTIL, **more: Any
) -> tuple[Step, ...]:
    """The operator reserves the connector for the valid idTag; the number is kept as `reservation_id`."""
    asked = {"connectorId": connector, "expiryDate": Moment(lasts), "idTag": configured.valid_token}
    return ordered(
        number,
        "ReserveNow",
        equals("connectorId", connector),
        equals("idTag", configured.valid_token),
        near("expiryDate", Moment(lasts)),
        *checks,
        asked=asked | more,
        answer={"status": answer},
        keep={"reservation_id": "reservationId"},
    )


def _declined(case_id: str, title: str, answer: str) -> Case16:
    return Case16(
        id=case_id,
        title=title,
        purpose="The connector cannot be reserved; the Central System takes that answer.",
        main=_reserves("1", answer=answer),
        requirements=("1.6:5.13",),
    )


TC_046_CSMS = Case16(
    id="TC_046_CSMS",
    title="Reservation of a connector, used",
    purpose="The Central System reserves a connector; who it was reserved for charges there.",
    main=(
        *_reserves("1"),
        status("3", "Reserved"),
        authorizes("5"),
        status("5", "Preparing"),
        starts("5", reservationId=Kept("reservation_id")),
        status("5", "Charging"),
    ),
    requirements=("1.6:5.13", "1.6:4.8"),
)

TC_047_CSMS = Case16(
    id="TC_047_CSMS",
    title="Reservation of a connector, expires",
    purpose="The Central System reserves a connector until a time at which nobody has come; it takes that the connector is free.",
    main=(
        *_reserves("1", lasts=configured.reservation_duration),
        status("3", "Reserved"),
        Waits(seconds=plus(configured.reservation_duration, 1), why="nobody comes until expiryDate"),
        status("5", "Available"),
    ),
    requirements=("1.6:5.13", "1.6:4.9"),
)

TC_048_1_CSMS = _declined("TC_048_1_CSMS", "Reservation of a faulted connector", "Faulted")

TC_048_2_CSMS = Case16(
    id="TC_048_2_CSMS",
    title="Reservation of an occupied connector",
    purpose="Somebody has plugged in; the Central System takes it that the connector cannot be reserved.",
    main=(status("1", "Preparing"), *_reserves("3", answer="Occupied")),
    requirements=("1.6:5.13",),
)

TC_048_3_CSMS = Case16(
    id="TC_048_3_CSMS",
    title="Reservation of an unavailable connector",
    purpose="The Central System takes a connector out of use, and then takes it that it cannot be reserved.",
    main=(
        *ordered(
            "1",
            "ChangeAvailability",
            equals("connectorId", CONNECTOR),
            equals("type", "Inoperative"),
            asked={"connectorId": CONNECTOR, "type": "Inoperative"},
            answer={"status": "Accepted"},
        ),
        status("3", "Unavailable"),
        *_reserves("5", answer="Unavailable"),
    ),
    requirements=("1.6:5.2", "1.6:5.13"),
)

TC_048_4_CSMS = _declined("TC_048_4_CSMS", "Reservation that is rejected", "Rejected")

TC_049_CSMS = Case16(
    id="TC_049_CSMS",
    title="Reservation of the Charge Point",
    purpose="The Central System reserves any connector of the Charge Point.",
    main=(*_reserves("1", connector=0), status("3", "Reserved", evse=0)),
    requirements=("1.6:5.13",),
)

_CANCELS = {"reservationId": Kept("reservation_id")}

TC_051_CSMS = Case16(
    id="TC_051_CSMS",
    title="A reservation is cancelled",
    purpose="The Central System cancels the reservation it has made, by its number.",
    main=(
        *_reserves("1", above("connectorId", 0)),
        status("3", "Reserved"),
        *ordered(
            "5",
            "CancelReservation",
            equals("reservationId", Kept("reservation_id")),
            asked=_CANCELS,
            answer={"status": "Accepted"},
        ),
        status("7", "Available"),
    ),
    requirements=("1.6:5.1", "1.6:5.13"),
)

TC_052_CSMS = Case16(
    id="TC_052_CSMS",
    title="A reservation is cancelled, rejected",
    purpose="The Central System cancels a reservation the Charge Point does not know, and takes that it is rejected.",
    needs=(configured_is("asks_for_unknown_ids", True),),
    main=(
        *_reserves("1"),
        status("3", "Reserved"),
        *ordered(
            "5",
            "CancelReservation",
            differs("reservationId", Kept("reservation_id")),
            asked={"reservationId": plus(Kept("reservation_id"), 1)},
            answer={"status": "Rejected"},
        ),
    ),
    requirements=("1.6:5.1", "1.6:5.13"),
)

TC_053_CSMS = Case16(
    id="TC_053_CSMS",
    title="Reservation of a connector, used by another of the group",
    purpose="The Central System reserves a connector for a group: it accepts who charges there, and who of the group stops it.",
    traits={"grouped": True},
    main=(
        *_reserves(
            "1", above("connectorId", 0), equals("parentIdTag", configured.group_id), parentIdTag=configured.group_id
        ),
        status("3", "Reserved"),
        authorizes("5"),
        status("5", "Preparing"),
        starts("5", reservationId=Kept("reservation_id")),
        status("5", "Charging"),
        authorizes(
            "6",
            "valid_token2",
            equals("idTagInfo.status", "Accepted"),
            equals("idTagInfo.parentIdTag", configured.group_id),
        ),
        stops("8", token="valid_token2"),
        status("10", "Finishing"),
    ),
    requirements=("1.6:5.13", "1.6:4.1"),
)

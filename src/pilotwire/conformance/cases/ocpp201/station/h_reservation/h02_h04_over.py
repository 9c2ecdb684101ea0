"""H01, H02, H04: a reservation is over before anybody has used it."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.g_availability.changing import changes
from pilotwire.conformance.cases.ocpp201.station.h_reservation.reserving import RESERVATIONS_ON, comes, told
from pilotwire.conformance.checks import Check, Judgement, equals, moment_of, one_of
from pilotwire.conformance.language import Case, InAnyOrder, Judges, NotReceives, Receives, Sends, TellsStatus
from pilotwire.conformance.states.station201 import reserved
from pilotwire.conformance.values import Kept, Known, Moment, configured, plus


def _cancels(number: str, reservation: Any, answer: str, requirement: str) -> Sends:
    return Sends(
        number=number,
        action="CancelReservation",
        payload={"reservationId": reservation},
        checks=(equals("status", answer).of(requirement),),
    )


TC_H_17_CS = Case(
    id="TC_H_17_CS",
    title="A reservation is cancelled",
    purpose="The CSMS cancels the reservation of an EVSE: all its connectors are told to be Available.",
    requirements=("H02.FR.02", "H02.FR.04"),
    before=(*RESERVATIONS_ON, *reserved()),
    main=(_cancels("1", Kept("reservation_id"), "Accepted", "H02.FR.02"), told("3", "Available", "H02.FR.04")),
)

TC_H_18_CS = Case(
    id="TC_H_18_CS",
    title="A reservation that is not there is cancelled",
    purpose="The cancellation of a reservation the station does not have is rejected.",
    requirements=("H02.FR.01",),
    before=RESERVATIONS_ON,
    main=(_cancels("1", 1, "Rejected", "H02.FR.01"),),
)


def _says(number: str, status: str, requirement: str, within: Any = configured.message_timeout) -> Receives:
    return Receives(
        number=number,
        action="ReservationStatusUpdate",
        checks=(
            equals("reservationId", Kept("reservation_id")),
            equals("reservationUpdateStatus", status).of(requirement),
        ),
        within=within,
    )


def _at_its_time(everything: Any, known: Known) -> Judgement:
    expiry = moment_of(known.kept["expiry"])
    updates = [one for one in everything["messages"] if one["action"] == "ReservationStatusUpdate"]
    came = moment_of(updates[-1]["at"]) if updates else None
    if expiry is None or came is None:
        return Judgement(False, "nothing")
    late = (came - expiry).total_seconds()
    return Judgement(abs(late) <= float(known.setting("time_deviation")), f"{late:+.1f} s")


_EXPIRES = plus(configured.reservation_duration, configured.message_timeout)

TC_H_07_CS = Case(
    id="TC_H_07_CS",
    title="Nobody comes for a reservation",
    purpose="A reservation ends at its expiryDateTime, which is told, and somebody else can charge.",
    requirements=("H04.FR.01", "H04.FR.02", "H04.FR.03"),
    before=(
        *RESERVATIONS_ON,
        *reserved(extra={"expiryDateTime": Moment(configured.reservation_duration, name="expiry")}),
    ),
    main=(
        InAnyOrder(
            number="1",
            steps=(
                TellsStatus(number="1", status="Available", every="evse", within=_EXPIRES, note="H04.FR.03"),
                _says("3", "Expired", "H04.FR.01"),
            ),
        ),
        *comes("valid_token2"),
    ),
    after=(
        Judges(checks=(Check("the reservation ended at its expiryDateTime", _at_its_time, requirement="H04.FR.01"),)),
    ),
    remark="The plan's reservation_duration is used instead of 60 s.",
)

TC_H_21_CS = Case(
    id="TC_H_21_CS",
    title="A reserved EVSE goes out of use",
    purpose="The reservation of an EVSE that is taken out of use is over, which is told; brought back, anybody can charge there.",
    requirements=("H01.FR.17",),
    before=(*RESERVATIONS_ON, *reserved()),
    main=(
        changes("1", "Inoperative", "evse"),
        InAnyOrder(number="3", steps=(told("3", "Unavailable"), _says("5", "Removed", "H01.FR.17"))),
        changes("7", "Operative", "evse"),
        told("9", "Available"),
        NotReceives(
            action="ReservationStatusUpdate",
            where=(one_of("reservationUpdateStatus", "Removed", "Expired"),),
            seconds=0,
            note="It is over once.",
        ),
        *comes("valid_token2"),
    ),
)

"""Reservations in 1.6: of a connector, or with connector 0 of any one; how a reservation ended is not told."""

from __future__ import annotations

from pilotwire.dialects.ocpp16.terms import read_id_tag, read_time, write_id_tag
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.kinds import Noted
from pilotwire.domain.reservation import (
    CancelReservation,
    CancelReservationOutcome,
    CancelReservationStatus,
    Reservation,
    ReservationEnded,
    ReserveNow,
    ReserveNowOutcome,
    ReserveNowStatus,
)
from pilotwire.errors import MisuseError, NotSayable
from pilotwire.ocpp import v16
from pilotwire.ocpp.types import Message

ANY_CONNECTOR = 0


def read_reserve(request: v16.ReserveNowRequest) -> ReserveNow:
    """ReserveNow (1.6 5.13)."""
    parent = request.parent_id_tag
    return ReserveNow(
        reservation=Reservation(
            reservation_id=request.reservation_id,
            expires_at=read_time(request.expiry_date),
            id_token=read_id_tag(request.id_tag),
            group=None if parent is None else read_id_tag(parent),
            evse=None if request.connector_id == ANY_CONNECTOR else request.connector_id,
        )
    )


def write_reserve(command: ReserveNow) -> tuple[Message, ...]:
    """ReserveNow; a type of connector cannot be asked for."""
    wanted = command.reservation
    if wanted.connector_type is not None:
        raise NotSayable(
            "OCPP 1.6 cannot reserve a connector by its type.", "Name an EVSE, or leave the choice to the station."
        )
    if wanted.evse is not None and wanted.evse < 1:
        raise NotSayable(
            "A reservation of OCPP 1.6 is for a connector from 1 on.", "Leave out the EVSE to reserve any one."
        )
    return (
        v16.ReserveNowRequest(
            connector_id=wanted.evse or ANY_CONNECTOR,
            expiry_date=wanted.expires_at,
            id_tag=write_id_tag(wanted.id_token),
            reservation_id=wanted.reservation_id,
            parent_id_tag=None if wanted.group is None else write_id_tag(wanted.group),
        ),
    )


def _never_asked(_fact: object, _verdict: object) -> Message:
    raise MisuseError("OCPP 1.6 never tells how a reservation ended: nobody can have read it.")


FACTS = (
    FactWord(
        fact=ReservationEnded,
        read={},
        write=lambda _fact, _named: None,
        write_verdict=_never_asked,
        read_verdict=lambda _fact, _response: Noted(),
    ),
)

COMMANDS = (
    CommandWord(
        command=ReserveNow,
        read={v16.ReserveNowRequest: read_reserve},
        write=write_reserve,
        write_outcome=lambda _command, outcome, _request: v16.ReserveNowResponse(status=same_name(outcome.status)),
        read_outcome=lambda _command, responses: ReserveNowOutcome(status=ReserveNowStatus(responses[0].status)),
    ),
    CommandWord(
        command=CancelReservation,
        read={
            v16.CancelReservationRequest: lambda request: CancelReservation(reservation_id=request.reservation_id),
        },
        write=lambda command: (v16.CancelReservationRequest(reservation_id=command.reservation_id),),
        write_outcome=lambda _command, outcome, _request: v16.CancelReservationResponse(
            status=same_name(outcome.status)
        ),
        read_outcome=lambda _command, responses: CancelReservationOutcome(
            status=CancelReservationStatus(responses[0].status)
        ),
    ),
)

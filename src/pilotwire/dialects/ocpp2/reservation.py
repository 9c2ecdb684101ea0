"""Reservations in 2.x (H01 to H04)."""

from __future__ import annotations

from typing import Any

from pilotwire.dialects.ocpp2.terms import read_id_token, write_id_token
from pilotwire.dialects.ocpp2.wire import Wire, enumerated
from pilotwire.dialects.times import read_time
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.reservation import (
    CancelReservation,
    CancelReservationOutcome,
    CancelReservationStatus,
    Reservation,
    ReservationEnded,
    ReservationUpdateStatus,
    ReserveNow,
    ReserveNowOutcome,
    ReserveNowStatus,
)
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v201
from pilotwire.ocpp.types import Message


def read_reserve(request: v201.ReserveNowRequest) -> ReserveNow:
    """ReserveNow (H01)."""
    group = request.group_id_token
    return ReserveNow(
        reservation=Reservation(
            reservation_id=request.id,
            expires_at=read_time(request.expiry_date_time),
            id_token=read_id_token(request.id_token),
            group=None if group is None else read_id_token(group),
            evse=request.evse_id,
            connector_type=request.connector_type,
        )
    )


def write_reserve(wire: Wire, command: ReserveNow) -> tuple[Message, ...]:
    """ReserveNow; the types of connectors that can be asked for are a list in 2.0.1 and open in 2.1."""
    wanted = command.reservation
    if wanted.evse is not None and wanted.evse < 1:
        raise NotSayable(
            "A reservation of OCPP 2.x is for an EVSE from 1 on.", "Leave out the EVSE to reserve any one."
        )
    connector_type: Any = same_name(wanted.connector_type)
    return (
        wire.ReserveNowRequest(
            id=wanted.reservation_id,
            expiry_date_time=wanted.expires_at,
            id_token=write_id_token(wire, wanted.id_token),
            connector_type=connector_type,
            evse_id=wanted.evse,
            group_id_token=None if wanted.group is None else write_id_token(wire, wanted.group),
        ),
    )


def write_ended(wire: Wire, fact: ReservationEnded) -> Message | None:
    """ReservationStatusUpdate (H01, H03, H04); 2.0.1 has no word for NoTransaction and stays quiet about it."""
    if fact.status not in enumerated(wire, "ReservationUpdateStatus"):
        return None
    return wire.ReservationStatusUpdateRequest(
        reservation_id=fact.reservation_id, reservation_update_status=same_name(fact.status)
    )


def facts(wire: Wire) -> tuple[FactWord, ...]:
    """The words of a version."""
    return (
        FactWord(
            fact=ReservationEnded,
            read={
                wire.ReservationStatusUpdateRequest: lambda request: ReservationEnded(
                    reservation_id=request.reservation_id,
                    status=ReservationUpdateStatus(request.reservation_update_status),
                )
            },
            write=lambda fact, _named: write_ended(wire, fact),
            write_verdict=lambda _fact, _verdict: wire.ReservationStatusUpdateResponse(),
        ),
    )


def commands(wire: Wire) -> tuple[CommandWord, ...]:
    """The words of a version."""
    return (
        CommandWord(
            command=ReserveNow,
            read={wire.ReserveNowRequest: read_reserve},
            write=lambda command: write_reserve(wire, command),
            write_outcome=lambda _command, outcome, _request: wire.ReserveNowResponse(status=same_name(outcome.status)),
            read_outcome=lambda _command, responses: ReserveNowOutcome(status=ReserveNowStatus(responses[0].status)),
        ),
        CommandWord(
            command=CancelReservation,
            read={
                wire.CancelReservationRequest: lambda request: CancelReservation(reservation_id=request.reservation_id)
            },
            write=lambda command: (wire.CancelReservationRequest(reservation_id=command.reservation_id),),
            write_outcome=lambda _command, outcome, _request: wire.CancelReservationResponse(
                status=same_name(outcome.status)
            ),
            read_outcome=lambda _command, responses: CancelReservationOutcome(
                status=CancelReservationStatus(responses[0].status)
            ),
        ),
    )

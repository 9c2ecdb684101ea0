"""Connector states and availability in 2.x."""

from __future__ import annotations

from pilotwire.dialects.ocpp2.terms import read_target, write_evse
from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.times import read_time
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.availability import (
    Availability,
    ChangeAvailability,
    ChangeAvailabilityOutcome,
    ChangeAvailabilityStatus,
    ConnectorState,
    ConnectorStatus,
)
from pilotwire.domain.identity import EvseAddress
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v201
from pilotwire.ocpp.types import Message


def read_status(request: v201.StatusNotificationRequest) -> ConnectorStatus:
    """StatusNotification (G01)."""
    return ConnectorStatus(
        address=EvseAddress(evse=request.evse_id, connector=request.connector_id),
        at=read_time(request.timestamp),
        state=ConnectorState(availability=Availability(request.connector_status)),
    )


def write_status(wire: Wire, fact: ConnectorStatus) -> Message | None:
    """StatusNotification, unless 2.x shows the same as before; the station as a whole has no connector status there."""
    same = fact.previous is not None and fact.previous.availability is fact.state.availability
    if same or fact.address.is_station:
        return None
    if fact.at is None:
        raise NotSayable("StatusNotification of OCPP 2.x needs the time the state has held from.")
    return wire.StatusNotificationRequest(
        timestamp=fact.at,
        connector_status=same_name(fact.state.availability),
        evse_id=fact.address.evse,
        connector_id=fact.address.connector or 1,
    )


def facts(wire: Wire) -> tuple[FactWord, ...]:
    """The words of a version."""
    return (
        FactWord(
            fact=ConnectorStatus,
            read={wire.StatusNotificationRequest: read_status},
            write=lambda fact, _named: write_status(wire, fact),
            write_verdict=lambda _fact, _verdict: wire.StatusNotificationResponse(),
        ),
    )


def commands(wire: Wire) -> tuple[CommandWord, ...]:
    """The words of a version."""
    return (
        CommandWord(
            command=ChangeAvailability,
            read={
                wire.ChangeAvailabilityRequest: lambda request: ChangeAvailability(
                    operative=request.operational_status == "Operative", address=read_target(request.evse)
                )
            },
            write=lambda command: (
                wire.ChangeAvailabilityRequest(
                    operational_status="Operative" if command.operative else "Inoperative",
                    evse=write_evse(wire, command.address),
                ),
            ),
            write_outcome=lambda _command, outcome, _request: wire.ChangeAvailabilityResponse(
                status=same_name(outcome.status)
            ),
            read_outcome=lambda _command, responses: ChangeAvailabilityOutcome(
                status=ChangeAvailabilityStatus(responses[0].status)
            ),
        ),
    )

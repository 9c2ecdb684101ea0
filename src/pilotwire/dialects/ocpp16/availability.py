"""Connector states and availability in 1.6: nine states, each an availability and what goes on."""

from __future__ import annotations

from pilotwire.dialects.ocpp16.terms import read_connector, read_time, write_connector
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.availability import (
    Activity,
    Availability,
    ChangeAvailability,
    ChangeAvailabilityOutcome,
    ChangeAvailabilityStatus,
    ConnectorState,
    ConnectorStatus,
    Problem,
)
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v16
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.v16.enums import ChargePointStatus

_STATES: dict[ChargePointStatus, tuple[Availability, Activity | None]] = {
    "Available": (Availability.AVAILABLE, None),
    "Preparing": (Availability.OCCUPIED, Activity.PREPARING),
    "Charging": (Availability.OCCUPIED, Activity.CHARGING),
    "SuspendedEVSE": (Availability.OCCUPIED, Activity.SUSPENDED_EVSE),
    "SuspendedEV": (Availability.OCCUPIED, Activity.SUSPENDED_EV),
    "Finishing": (Availability.OCCUPIED, Activity.FINISHING),
    "Reserved": (Availability.RESERVED, None),
    "Unavailable": (Availability.UNAVAILABLE, None),
    "Faulted": (Availability.FAULTED, None),
}
_NAMES: dict[tuple[Availability, Activity | None], ChargePointStatus] = {
    **{state: name for name, state in _STATES.items()},
    (Availability.OCCUPIED, None): "Preparing",
}


_STATION_STATES = frozenset({Availability.AVAILABLE, Availability.UNAVAILABLE, Availability.FAULTED})
"""What connector 0 can be (1.6:7.7)."""

INFO_MAX = 50


def read_status(request: v16.StatusNotificationRequest) -> ConnectorStatus:
    """StatusNotification (1.6 4.9)."""
    availability, activity = _STATES[request.status]
    return ConnectorStatus(
        address=read_connector(request.connector_id),
        at=None if request.timestamp is None else read_time(request.timestamp),
        state=ConnectorState(availability=availability, activity=activity, problem=_read_problem(request)),
    )


def _read_problem(request: v16.StatusNotificationRequest) -> Problem | None:
    problem = Problem(
        code=request.error_code,
        info=request.info,
        vendor_id=request.vendor_id,
        vendor_error_code=request.vendor_error_code,
    )
    return None if problem == Problem(code="NoError") else problem


def write_status(fact: ConnectorStatus, _named: str | None) -> Message | None:
    """StatusNotification, unless 1.6 shows the same as before; the free text is cut to what fits."""
    if fact.previous is not None and _shown(fact.previous) == _shown(fact.state):
        return None
    if fact.address.is_station and fact.state.availability not in _STATION_STATES:
        raise NotSayable(
            f"OCPP 1.6 cannot say of the station as a whole (connector 0) that it is {fact.state.availability}.",
            "Report that of a connector.",
        )
    problem = fact.state.problem or Problem(code="NoError")
    return v16.StatusNotificationRequest(
        connector_id=write_connector(fact.address),
        error_code=same_name(problem.code),
        status=_name(fact.state),
        info=None if problem.info is None else problem.info[:INFO_MAX],
        timestamp=fact.at,
        vendor_id=problem.vendor_id,
        vendor_error_code=problem.vendor_error_code,
    )


def _name(state: ConnectorState) -> ChargePointStatus:
    activity = state.activity if state.availability is Availability.OCCUPIED else None
    return _NAMES[state.availability, activity]


def _shown(state: ConnectorState) -> tuple[str, Problem | None]:
    return _name(state), state.problem


def write_change(command: ChangeAvailability) -> tuple[Message, ...]:
    """ChangeAvailability; connector 0 is the station and all its connectors (1.6 5.2)."""
    connector = write_connector(command.address)
    return (
        v16.ChangeAvailabilityRequest(connector_id=connector, type="Operative" if command.operative else "Inoperative"),
    )


def read_change(request: v16.ChangeAvailabilityRequest) -> ChangeAvailability:
    """In or out of use."""
    return ChangeAvailability(operative=request.type == "Operative", address=read_connector(request.connector_id))


FACTS = (
    FactWord(
        fact=ConnectorStatus,
        read={v16.StatusNotificationRequest: read_status},
        write=write_status,
        write_verdict=lambda _fact, _verdict: v16.StatusNotificationResponse(),
    ),
)

COMMANDS = (
    CommandWord(
        command=ChangeAvailability,
        read={v16.ChangeAvailabilityRequest: read_change},
        write=write_change,
        write_outcome=lambda _command, outcome, _request: v16.ChangeAvailabilityResponse(
            status=same_name(outcome.status)
        ),
        read_outcome=lambda _command, responses: ChangeAvailabilityOutcome(
            status=ChangeAvailabilityStatus(responses[0].status)
        ),
    ),
)

"""What the CSMS wants, brought to the street it concerns; each command is answered exactly once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from pilotwire.domain.authorization import ClearCache
from pilotwire.domain.availability import Availability, ChangeAvailability, ConnectorState
from pilotwire.domain.data_transfer import SendData
from pilotwire.domain.device_model import GetBaseReport, GetReport, GetVariables, SetVariables, VariableName
from pilotwire.domain.identity import STATION, EvseAddress
from pilotwire.domain.kinds import Command, Outcome
from pilotwire.domain.local_list import GetLocalListVersion, SendLocalList
from pilotwire.domain.provisioning import RegistrationStatus, Reset, TriggerMessage
from pilotwire.domain.remote_control import RequestStart, RequestStop, UnlockConnector
from pilotwire.domain.reservation import CancelReservation, ReserveNow
from pilotwire.domain.transactions import GetTransactionStatus
from pilotwire.station.core import (
    authorization,
    availability,
    data_transfer,
    local_list,
    metering,
    remote_control,
    reports,
    reservation,
    reset,
    transaction_status,
    trigger_message,
)
from pilotwire.station.core.actions import Answer, RefuseCommand, VariableChanged
from pilotwire.station.core.station import Station


def received(station: Station, ref: Hashable, command: Command) -> None:
    """Answer a command and do it; a CSMS that rejected the station may not command it (B03.FR.08)."""
    handler = _HANDLERS.get(type(command))
    if station.registration is RegistrationStatus.REJECTED:
        station.do(RefuseCommand(ref, "SecurityError", "The CSMS has rejected this station."))
    elif handler is None:
        what = type(command).__name__
        station.do(RefuseCommand(ref, "NotSupported", f"This station does not support the command {what}."))
    else:
        handler(station, ref, command)


_Simple = Callable[[Station, Any], Outcome]


def _answered(decide: _Simple) -> Callable[[Station, Hashable, Any], None]:
    """A handler for a command whose outcome is known at once."""

    def handle(station: Station, ref: Hashable, command: Any) -> None:
        at = len(station.actions)
        outcome = decide(station, command)
        station.actions.insert(at, Answer(ref, outcome))  # before what follows from it

    return handle


def _trigger(station: Station, ref: Hashable, command: TriggerMessage) -> None:
    outcome, then = trigger_message.request(station, command)
    station.do(Answer(ref, outcome))
    if then is not None:
        then()


# --- variables ------------------------------------------------------------------------------------------------------


def _get(station: Station, command: GetVariables) -> Outcome:
    return station.variables.get(command, lambda name: _live(station, name))


def _live(station: Station, name: VariableName) -> str | None:
    """Values that are as things are now: the clock, and what is in use."""
    if (name.component, name.variable) == ("ClockCtrlr", "DateTime"):
        return station.stamp().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if (name.component, name.variable) == ("LocalAuthListCtrlr", "Entries"):
        return str(local_list.count(station))
    if (name.component, name.variable) == ("EVSE", "Power") and name.evse is not None:
        return str(abs(station.meter(name.evse).power_w))
    if name.variable == "AvailabilityState":
        return _state_of(station, name).availability.value
    if name.variable == "Problem":
        return "true" if _is_troubled(station, name) else "false"
    return None


def _is_troubled(station: Station, name: VariableName) -> bool:
    """Whether something is wrong at a place; what is wrong with a connector is wrong with its EVSE."""
    place = (name.evse or 0, name.connector)
    own = [state for at, state in availability.states(station) if place in ((at.evse, None), (at.evse, at.connector))]
    return any(state.problem is not None and state.problem.code != "NoError" for state in own)


def _state_of(station: Station, name: VariableName) -> ConnectorState:
    """An EVSE is in the most telling state of its connectors, the station in its own."""
    states = dict(availability.states(station))
    if name.evse is None:
        return states[STATION]
    if name.connector is not None:
        return states[EvseAddress(evse=name.evse, connector=name.connector)]
    own = [state for address, state in states.items() if address.evse == name.evse]
    return next((state for state in own if state.availability is not Availability.AVAILABLE), own[0])


def _set(station: Station, ref: Hashable, command: SetVariables) -> None:
    outcome, done = station.variables.set(command)
    station.do(Answer(ref, outcome), *(VariableChanged(setting.name, setting.value) for setting in done))
    if any(setting.name.component.casefold() == "aligneddatactrlr" for setting in done):
        station.timers.aligned = metering.next_aligned(station, station.now)


_HANDLERS: dict[type, Callable[[Station, Hashable, Any], None]] = {
    CancelReservation: _answered(reservation.cancel),
    ChangeAvailability: _answered(availability.change),
    ClearCache: _answered(lambda station, _: authorization.clear_cache(station)),
    GetLocalListVersion: _answered(local_list.version),
    GetBaseReport: lambda station, ref, command: reports.base(station, ref, command, _live),
    GetReport: lambda station, ref, command: reports.custom(station, ref, command, _live),
    GetTransactionStatus: _answered(transaction_status.status),
    GetVariables: _answered(_get),
    RequestStart: remote_control.request_start,
    RequestStop: _answered(remote_control.request_stop),
    ReserveNow: _answered(reservation.reserve),
    Reset: _answered(reset.request),
    SendData: _answered(lambda _station, _: data_transfer.received()),
    SendLocalList: _answered(local_list.send),
    SetVariables: _set,
    TriggerMessage: _trigger,
    UnlockConnector: remote_control.unlock,
}

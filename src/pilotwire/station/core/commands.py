"""What the CSMS wants, brought to the street it concerns; each command is answered exactly once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from pilotwire.domain.authorization import ClearCache
from pilotwire.domain.availability import Availability, ChangeAvailability, ConnectorState
from pilotwire.domain.data_transfer import SendData
from pilotwire.domain.device_model import GetVariables, SetVariables, VariableName
from pilotwire.domain.identity import STATION, EvseAddress
from pilotwire.domain.kinds import Command, Outcome
from pilotwire.domain.provisioning import RegistrationStatus, Reset, TriggerMessage
from pilotwire.domain.remote_control import RequestStart, RequestStop, UnlockConnector
from pilotwire.station.core import (
    authorization,
    availability,
    data_transfer,
    metering,
    remote_control,
    reset,
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
        station.do(RefuseCommand(ref, "NotImplemented", f"This station does not know the command {what}."))
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
    if name.variable == "AvailabilityState":
        return _state_of(station, name).availability.value
    return None


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
    ChangeAvailability: _answered(availability.change),
    ClearCache: _answered(lambda station, _: authorization.clear_cache(station)),
    GetVariables: _answered(_get),
    RequestStart: remote_control.request_start,
    RequestStop: _answered(remote_control.request_stop),
    Reset: _answered(reset.request),
    SendData: _answered(lambda _station, _: data_transfer.received()),
    SetVariables: _set,
    TriggerMessage: _trigger,
    UnlockConnector: remote_control.unlock,
}

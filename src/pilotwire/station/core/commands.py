"""What the CSMS wants, brought to the street it concerns; each command is answered exactly once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from pilotwire.domain.authorization import ClearCache
from pilotwire.domain.availability import Availability, ChangeAvailability, ConnectorState
from pilotwire.domain.data_transfer import SendData
from pilotwire.domain.device_model import (
    GetBaseReport,
    GetReport,
    GetVariables,
    SetVariables,
    VariableName,
    VariableSetting,
)
from pilotwire.domain.identity import STATION, EvseAddress
from pilotwire.domain.kinds import Command, Outcome
from pilotwire.domain.provisioning import RegistrationStatus, Reset, TriggerMessage
from pilotwire.domain.remote_control import RequestStart, RequestStop, UnlockConnector
from pilotwire.domain.reservation import CancelReservation, ReserveNow
from pilotwire.domain.transactions import GetTransactionStatus
from pilotwire.station.core import (
    authorization,
    availability,
    data_transfer,
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
from pilotwire.station.core.street import answered
from pilotwire.station.core.streets import CHECKS, COMMANDS, LIVE, STREETS
from pilotwire.station.core.variables import key_of


def received(station: Station, ref: Hashable, command: Command) -> None:
    """Answer a command and do it; a CSMS that rejected the station may not command it (B03.FR.08)."""
    handler = _HANDLERS.get(type(command)) or COMMANDS.get(type(command))
    if station.registration is RegistrationStatus.REJECTED:
        station.do(RefuseCommand(ref, "SecurityError", "The CSMS has rejected this station."))
    elif handler is None:
        what = type(command).__name__
        station.do(RefuseCommand(ref, "NotSupported", f"This station does not support the command {what}."))
    else:
        handler(station, ref, command)


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
    if (of_street := LIVE.get((name.component.casefold(), name.variable.casefold()))) is not None:
        return of_street(station, name)
    if (name.component, name.variable) == ("ClockCtrlr", "DateTime"):
        return station.stamp().isoformat(timespec="milliseconds").replace("+00:00", "Z")
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
    outcome, done = station.variables.set(command, lambda key, value: _is_allowed(station, key, value))
    station.do(Answer(ref, outcome))
    for setting in done:
        _follow(station, setting)


def _is_allowed(station: Station, key: str, value: str) -> bool:
    check = CHECKS.get(key)
    return check is None or check(station, value)


def _follow(station: Station, setting: VariableSetting) -> None:
    """What a variable that was set changes at once."""
    station.do(VariableChanged(setting.name, setting.value))
    if setting.name.component.casefold() == "aligneddatactrlr":
        station.timers.aligned = metering.next_aligned(station, station.now)
    for street in STREETS:
        street.changed(station, key_of(setting.name), setting.value)


def write(station: Station, key: str, value: str) -> None:
    """Set a variable from inside, whatever its mutability; raises `ConfigError` for what cannot be."""
    name, kept = station.variables.checked(key, value)
    station.variables.put(key, kept)
    _follow(station, VariableSetting(name=name, value=kept))


_HANDLERS: dict[type, Callable[[Station, Hashable, Any], None]] = {
    CancelReservation: answered(reservation.cancel),
    ChangeAvailability: answered(availability.change),
    ClearCache: answered(lambda station, _: authorization.clear_cache(station)),
    GetBaseReport: lambda station, ref, command: reports.base(station, ref, command, _live),
    GetReport: lambda station, ref, command: reports.custom(station, ref, command, _live),
    GetTransactionStatus: answered(transaction_status.status),
    GetVariables: answered(_get),
    RequestStart: remote_control.request_start,
    RequestStop: answered(remote_control.request_stop),
    ReserveNow: answered(reservation.reserve),
    Reset: answered(reset.request),
    SendData: answered(lambda _station, _: data_transfer.received()),
    SetVariables: _set,
    TriggerMessage: _trigger,
    UnlockConnector: remote_control.unlock,
}

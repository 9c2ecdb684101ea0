"""What the CSMS wants, brought to the street it concerns; each command is answered exactly once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from pilotwire.domain.authorization import ClearCache
from pilotwire.domain.availability import ChangeAvailability
from pilotwire.domain.data_transfer import SendData
from pilotwire.domain.device_model import (
    AttributeType,
    GetBaseReport,
    GetReport,
    GetVariables,
    SetVariables,
    VariableName,
    VariableSetting,
)
from pilotwire.domain.kinds import Command, Reason, changed
from pilotwire.domain.provisioning import RegistrationStatus, Reset, TriggerMessage
from pilotwire.domain.remote_control import RequestStart, RequestStop, UnlockConnector
from pilotwire.domain.reservation import CancelReservation, ReserveNow
from pilotwire.domain.transactions import GetTransactionStatus
from pilotwire.station.core import (
    availability,
    data_transfer,
    device_model_limits,
    metering,
    refusals,
    remote_control,
    reports,
    reservation,
    reset,
    token_cache,
    transaction_status,
    trigger_message,
)
from pilotwire.station.core.actions import Answer, RefuseCommand, VariableChanged
from pilotwire.station.core.device_model_limits import INTEGERS, LONG_VALUES
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import answered
from pilotwire.station.core.streets import CHECKS, COMMANDS, LIVE, LIVE_OTHERS, STREETS
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
        since = len(station.actions)
        handler(station, ref, command)
        refusals.explain(station, ref, command, since)


def _trigger(station: Station, ref: Hashable, command: TriggerMessage) -> None:
    outcome, then = trigger_message.request(station, command)
    station.do(Answer(ref, outcome))
    if then is not None:
        then()


# --- variables ------------------------------------------------------------------------------------------------------


def _get(station: Station, ref: Hashable, command: GetVariables) -> None:
    if (refused := device_model_limits.too_much(station, command)) is not None:
        station.do(RefuseCommand(ref, *refused))
        return
    outcome = station.variables.get(command, lambda name: live(station, name), digits=_chosen(station, INTEGERS))
    if _chosen(station, LONG_VALUES):
        outcome = changed(outcome, long_values=True)
    else:
        device_model_limits.note_cut(station, outcome)
    station.do(Answer(ref, outcome))


def _chosen(station: Station, key: str) -> bool:
    """Whether an installer chose a way to tell keys; the family may have no such choice."""
    return station.variables.has(key) and station.variables.on(key)


def live(station: Station, name: VariableName) -> str | None:
    """A value that is as things are now; None where the kept one counts."""
    of_street = LIVE.get((name.component.casefold(), name.variable.casefold()))
    return None if of_street is None else of_street(station, name)


def live_other(station: Station, name: VariableName, attribute: AttributeType) -> str | None:
    """The same of another attribute than Actual."""
    of_street = LIVE_OTHERS.get((name.component.casefold(), name.variable.casefold()))
    return None if of_street is None else of_street(station, name, attribute)


def _set(station: Station, ref: Hashable, command: SetVariables) -> None:
    if (refused := device_model_limits.too_much(station, command)) is not None:
        station.do(RefuseCommand(ref, *refused))
        return
    outcome, done = station.variables.set(
        command, lambda key, value: allows(station, key, value), digits=_chosen(station, INTEGERS)
    )
    station.do(Answer(ref, outcome))
    for setting in done:
        if setting.attribute is AttributeType.ACTUAL:
            _follow(station, setting)
        else:
            for street in STREETS:
                street.changed(station, f"{key_of(setting.name)}#{setting.attribute.casefold()}", setting.value)


def allows(station: Station, key: str, value: str) -> bool | Reason:
    """Whether a variable, as `key_of` its name, may have a value that fits its type, as things are; a reason is a no."""
    check = CHECKS.get(key)
    if len(value) > device_model_limits.VALUE_MOST:
        return False
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
    ClearCache: answered(lambda station, _: token_cache.clear_cache(station)),
    GetBaseReport: lambda station, ref, command: reports.base(station, ref, command, live),
    GetReport: lambda station, ref, command: reports.custom(station, ref, command, live),
    GetTransactionStatus: answered(transaction_status.status),
    GetVariables: _get,
    RequestStart: remote_control.request_start,
    RequestStop: answered(remote_control.request_stop),
    ReserveNow: answered(reservation.reserve),
    Reset: answered(reset.request),
    SendData: answered(data_transfer.received),
    SetVariables: _set,
    TriggerMessage: _trigger,
    UnlockConnector: remote_control.unlock,
}


def supports(kind: type) -> bool:
    """Whether this station takes commands of a kind."""
    return kind in _HANDLERS or kind in COMMANDS

"""Configuration keys of 1.6 as variables of the device model."""

from __future__ import annotations

from collections.abc import Iterable

from pilotwire.dialects.ocpp16.keys import read_key, write_key
from pilotwire.dialects.words import CommandWord
from pilotwire.domain.device_model import (
    AttributeType,
    GetVariables,
    GetVariablesOutcome,
    SetVariableResult,
    SetVariables,
    SetVariablesOutcome,
    SetVariableStatus,
    VariableName,
    VariableQuery,
    VariableResult,
    VariableSetting,
    VariableStatus,
)
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v16
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.v16.enums import ConfigurationStatus

VALUE_MAX = 500


def _key(name: VariableName, attribute: AttributeType) -> str:
    key = write_key(name)
    if key is None:
        raise NotSayable(
            f"The variable {name} is no configuration key of OCPP 1.6.", "Use a key's own name without component."
        )
    if attribute is not AttributeType.ACTUAL:
        raise NotSayable(f"OCPP 1.6 knows only a key's actual value, not its {attribute}.")
    return key


# --- get ---------------------------------------------------------------------------------------------------------------------------


def write_get(command: GetVariables) -> tuple[Message, ...]:
    """GetConfiguration (1.6 5.8); no keys asks for all."""
    keys = [_key(asked.name, asked.attribute) for asked in command.asked]
    return (v16.GetConfigurationRequest(key=keys or None),)


def read_get(request: v16.GetConfigurationRequest) -> GetVariables:
    """The keys asked for; a list that is empty asks for all, as none does."""
    return GetVariables(asked=tuple(VariableQuery(name=read_key(key)) for key in request.key or ()))


def write_get_outcome(command: GetVariables, outcome: GetVariablesOutcome, _request: object) -> Message:
    """Known keys with their values, unknown ones by name; what has no key is left out of a full list."""
    known: list[v16.KeyValue] = []
    unknown: list[str] = []
    for result in outcome.results:
        key = result.key or write_key(result.name)
        if key is None:
            continue
        if result.status in (
            VariableStatus.ACCEPTED,
            VariableStatus.REJECTED,
        ):  # rejected: write-only, shown without value
            value = result.value if result.value is None or outcome.long_values else result.value[:VALUE_MAX]
            known.append(v16.KeyValue(key=key, readonly=bool(result.read_only), value=value))
        elif command.asked:
            unknown.append(key)
    return v16.GetConfigurationResponse(configuration_key=known or None, unknown_key=unknown or None)


def read_get_outcome(
    _command: GetVariables, responses: tuple[v16.GetConfigurationResponse, ...]
) -> GetVariablesOutcome:
    """Values first, then the keys the station does not know."""
    return GetVariablesOutcome(results=tuple(_results(responses)))


def _results(responses: Iterable[v16.GetConfigurationResponse]) -> Iterable[VariableResult]:
    for response in responses:
        for pair in response.configuration_key or ():
            yield VariableResult(
                name=read_key(pair.key),
                status=VariableStatus.ACCEPTED if pair.value is not None else VariableStatus.REJECTED,
                value=pair.value,
                read_only=pair.readonly,
                key=_own_name(pair.key),
            )
        for key in response.unknown_key or ():
            yield VariableResult(name=read_key(key), status=VariableStatus.UNKNOWN_VARIABLE, key=_own_name(key))


def _own_name(key: str) -> str | None:
    """The key as it was written, where it is not the variable's name."""
    return key if read_key(key).component else None


# --- set ---------------------------------------------------------------------------------------------------------------------------

_READ_SET: dict[ConfigurationStatus, SetVariableStatus] = {
    "Accepted": SetVariableStatus.ACCEPTED,
    "Rejected": SetVariableStatus.REJECTED,
    "RebootRequired": SetVariableStatus.REBOOT_REQUIRED,
    "NotSupported": SetVariableStatus.UNKNOWN_VARIABLE,
}
_WRITE_SET: dict[SetVariableStatus, ConfigurationStatus] = {status: wire for wire, status in _READ_SET.items()} | {
    SetVariableStatus.UNKNOWN_COMPONENT: "NotSupported",
    SetVariableStatus.NOT_SUPPORTED_ATTRIBUTE_TYPE: "NotSupported",
}


def write_set(command: SetVariables) -> tuple[Message, ...]:
    """ChangeConfiguration (1.6 5.3), one message a key."""
    return tuple(
        v16.ChangeConfigurationRequest(key=_key(setting.name, setting.attribute), value=setting.value)
        for setting in command.settings
    )


def read_set(request: v16.ChangeConfigurationRequest) -> SetVariables:
    """One key to be set."""
    return SetVariables(settings=(VariableSetting(name=read_key(request.key), value=request.value),))


def write_set_outcome(_command: SetVariables, outcome: SetVariablesOutcome, _request: object) -> Message:
    """What became of the key."""
    return v16.ChangeConfigurationResponse(status=_WRITE_SET[outcome.results[0].status])


def read_set_outcome(
    command: SetVariables, responses: tuple[v16.ChangeConfigurationResponse, ...]
) -> SetVariablesOutcome:
    """One answer a key, in order."""
    return SetVariablesOutcome(
        results=tuple(
            SetVariableResult(name=setting.name, status=_READ_SET[response.status])
            for setting, response in zip(command.settings, responses, strict=True)
        )
    )


COMMANDS = (
    CommandWord(
        command=GetVariables,
        read={v16.GetConfigurationRequest: read_get},
        write=write_get,
        write_outcome=write_get_outcome,
        read_outcome=read_get_outcome,
        departs=lambda outcome: outcome.long_values,
    ),
    CommandWord(
        command=SetVariables,
        read={v16.ChangeConfigurationRequest: read_set},
        write=write_set,
        write_outcome=write_set_outcome,
        read_outcome=read_set_outcome,
    ),
)

"""Getting and setting variables in 2.x."""

from __future__ import annotations

from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.words import CommandWord, same_name
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
from pilotwire.domain.kinds import Reason
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v201
from pilotwire.ocpp.types import Message

VALUE_MAX = 2500
"""Characters of a reported value (attributeValue of GetVariableResultType); more are cut off, as the standard allows."""


def read_name(component: v201.Component, variable: v201.Variable) -> VariableName:
    """Component and variable together."""
    evse = component.evse
    return VariableName(
        component=component.name,
        component_instance=component.instance,
        variable=variable.name,
        variable_instance=variable.instance,
        evse=None if evse is None else evse.id,
        connector=None if evse is None else evse.connector_id,
    )


def write_component(wire: Wire, name: VariableName) -> v201.Component:
    """The component of a variable; raises NotSayable for a 1.6 key that has none."""
    if not name.component:
        raise NotSayable(
            f"{name.variable!r} is a configuration key of OCPP 1.6 that OCPP 2.x has no variable for.",
            "Name component and variable, as in OCPPCommCtrlr.HeartbeatInterval.",
        )
    evse = None if name.evse is None else wire.EVSE(id=name.evse, connector_id=name.connector)
    return wire.Component(name=name.component, instance=name.component_instance, evse=evse)


def write_variable(wire: Wire, name: VariableName) -> v201.Variable:
    """The variable alone."""
    return wire.Variable(name=name.variable, instance=name.variable_instance)


def write_why(wire: Wire, reason: Reason | None) -> v201.StatusInfo | None:
    """StatusInfoType."""
    return None if reason is None else wire.StatusInfo(reason_code=reason.code, additional_info=reason.info)


def read_why(info: v201.StatusInfo | None) -> Reason | None:
    """StatusInfoType."""
    return None if info is None else Reason(code=info.reason_code, info=info.additional_info)


def _attribute(kind: AttributeType) -> str | None:
    return None if kind is AttributeType.ACTUAL else kind.value


def write_get(wire: Wire, command: GetVariables) -> tuple[Message, ...]:
    """GetVariables (B06)."""
    if not command.asked:
        raise NotSayable("GetVariables of OCPP 2.x must name variables.", "Ask for all of them with GetBaseReport.")
    data = [
        wire.GetVariableData(
            component=write_component(wire, asked.name),
            variable=write_variable(wire, asked.name),
            attribute_type=same_name(_attribute(asked.attribute)),
        )
        for asked in command.asked
    ]
    return (wire.GetVariablesRequest(get_variable_data=data),)


def read_get(request: v201.GetVariablesRequest) -> GetVariables:
    """The variables asked for."""
    return GetVariables(
        asked=tuple(
            VariableQuery(
                name=read_name(data.component, data.variable), attribute=AttributeType(data.attribute_type or "Actual")
            )
            for data in request.get_variable_data
        )
    )


def write_get_outcome(wire: Wire, outcome: GetVariablesOutcome) -> Message:
    """One result a variable, in the order asked."""
    results = [
        wire.GetVariableResult(
            attribute_status=same_name(result.status),
            component=write_component(wire, result.name),
            variable=write_variable(wire, result.name),
            attribute_type=same_name(result.attribute),
            attribute_value=None if result.value is None else result.value[:VALUE_MAX],
            attribute_status_info=write_why(wire, result.reason),
        )
        for result in outcome.results
    ]
    return wire.GetVariablesResponse(get_variable_result=results)


def read_get_outcome(_command: GetVariables, responses: tuple[v201.GetVariablesResponse, ...]) -> GetVariablesOutcome:
    """The values."""
    return GetVariablesOutcome(
        results=tuple(
            VariableResult(
                name=read_name(result.component, result.variable),
                status=VariableStatus(result.attribute_status),
                value=result.attribute_value,
                attribute=AttributeType(result.attribute_type or "Actual"),
                reason=read_why(result.attribute_status_info),
            )
            for response in responses
            for result in response.get_variable_result
        )
    )


def write_set(wire: Wire, command: SetVariables) -> tuple[Message, ...]:
    """SetVariables (B05)."""
    data = [
        wire.SetVariableData(
            attribute_value=setting.value,
            component=write_component(wire, setting.name),
            variable=write_variable(wire, setting.name),
            attribute_type=same_name(_attribute(setting.attribute)),
        )
        for setting in command.settings
    ]
    return (wire.SetVariablesRequest(set_variable_data=data),)


def read_set(request: v201.SetVariablesRequest) -> SetVariables:
    """The values to be set."""
    return SetVariables(
        settings=tuple(
            VariableSetting(
                name=read_name(data.component, data.variable),
                value=data.attribute_value,
                attribute=AttributeType(data.attribute_type or "Actual"),
            )
            for data in request.set_variable_data
        )
    )


def write_set_outcome(wire: Wire, outcome: SetVariablesOutcome) -> Message:
    """One result a setting."""
    results = [
        wire.SetVariableResult(
            attribute_status=same_name(result.status),
            component=write_component(wire, result.name),
            variable=write_variable(wire, result.name),
            attribute_type=same_name(result.attribute),
            attribute_status_info=write_why(wire, result.reason),
        )
        for result in outcome.results
    ]
    return wire.SetVariablesResponse(set_variable_result=results)


def read_set_outcome(_command: SetVariables, responses: tuple[v201.SetVariablesResponse, ...]) -> SetVariablesOutcome:
    """What became of each."""
    return SetVariablesOutcome(
        results=tuple(
            SetVariableResult(
                name=read_name(result.component, result.variable),
                status=SetVariableStatus(result.attribute_status),
                attribute=AttributeType(result.attribute_type or "Actual"),
                reason=read_why(result.attribute_status_info),
            )
            for response in responses
            for result in response.set_variable_result
        )
    )


def commands(wire: Wire) -> tuple[CommandWord, ...]:
    """The words of a version."""
    return (
        CommandWord(
            command=GetVariables,
            read={wire.GetVariablesRequest: read_get},
            write=lambda command: write_get(wire, command),
            write_outcome=lambda _command, outcome, _request: write_get_outcome(wire, outcome),
            read_outcome=read_get_outcome,
        ),
        CommandWord(
            command=SetVariables,
            read={wire.SetVariablesRequest: read_set},
            write=lambda command: write_set(wire, command),
            write_outcome=lambda _command, outcome, _request: write_set_outcome(wire, outcome),
            read_outcome=read_set_outcome,
        ),
    )

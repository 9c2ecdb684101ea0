"""Reports of the device model in 2.x (B07, B08)."""

from __future__ import annotations

from pilotwire.dialects.ocpp2.variables import VALUE_MAX, read_name, write_component, write_variable
from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.times import read_time
from pilotwire.dialects.words import CommandWord, FactWord, same_name
from pilotwire.domain.device_model import (
    AttributeType,
    ComponentCriterion,
    ComponentVariable,
    DataType,
    GetBaseReport,
    GetReport,
    Mutability,
    ReportBase,
    ReportedVariable,
    ReportOutcome,
    ReportPart,
    ReportStatus,
    VariableAttribute,
    VariableCharacteristics,
)
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v201
from pilotwire.ocpp.types import Message

# --- what is wanted -----------------------------------------------------------------------------------------------------


def write_report(wire: Wire, command: GetReport) -> tuple[Message, ...]:
    """GetReport (B08)."""
    return (
        wire.GetReportRequest(
            request_id=command.request_id,
            component_variable=[write_wanted(wire, wanted) for wanted in command.variables] or None,
            component_criteria=[same_name(criterion) for criterion in command.criteria] or None,
        ),
    )


def read_report(request: v201.GetReportRequest) -> GetReport:
    """The components and variables wanted."""
    return GetReport(
        request_id=request.request_id,
        criteria=tuple(ComponentCriterion(criterion) for criterion in request.component_criteria or ()),
        variables=tuple(read_wanted(wanted) for wanted in request.component_variable or ()),
    )


def write_wanted(wire: Wire, wanted: ComponentVariable) -> v201.ComponentVariable:
    """ComponentVariableType; raises NotSayable for what is no part of anything."""
    if wanted.connector is not None and wanted.evse is None:
        raise NotSayable("A connector of OCPP 2.x is one of an EVSE.", "Name the EVSE too.")
    if wanted.variable is None and wanted.variable_instance is not None:
        raise NotSayable("An instance of OCPP 2.x is one of a variable.", "Name the variable too.")
    evse = None if wanted.evse is None else wire.EVSE(id=wanted.evse, connector_id=wanted.connector)
    variable = None
    if wanted.variable is not None:
        variable = wire.Variable(name=wanted.variable, instance=wanted.variable_instance)
    component = wire.Component(name=wanted.component, instance=wanted.component_instance, evse=evse)
    return wire.ComponentVariable(component=component, variable=variable)


def read_wanted(wanted: v201.ComponentVariable) -> ComponentVariable:
    """The variables meant."""
    evse, variable = wanted.component.evse, wanted.variable
    return ComponentVariable(
        component=wanted.component.name,
        component_instance=wanted.component.instance,
        evse=None if evse is None else evse.id,
        connector=None if evse is None else evse.connector_id,
        variable=None if variable is None else variable.name,
        variable_instance=None if variable is None else variable.instance,
    )


def _read_outcome(
    _command: object, responses: tuple[v201.GetBaseReportResponse | v201.GetReportResponse, ...]
) -> ReportOutcome:
    return ReportOutcome(status=ReportStatus(responses[0].status))


# --- what is reported ---------------------------------------------------------------------------------------------------


def write_part(wire: Wire, part: ReportPart) -> Message:
    """NotifyReport."""
    return wire.NotifyReportRequest(
        request_id=part.request_id,
        generated_at=part.generated_at,
        seq_no=part.seq_no,
        report_data=[_write_reported(wire, reported) for reported in part.variables] or None,
        tbc=part.more or None,
    )


def read_part(request: v201.NotifyReportRequest) -> ReportPart:
    """A part of a report; `tbc` left out means that it is the last."""
    return ReportPart(
        request_id=request.request_id,
        seq_no=request.seq_no,
        generated_at=read_time(request.generated_at),
        variables=tuple(_read_reported(data) for data in request.report_data or ()),
        more=bool(request.tbc),
    )


def _write_reported(wire: Wire, reported: ReportedVariable) -> v201.ReportData:
    told = reported.characteristics
    return wire.ReportData(
        component=write_component(wire, reported.name),
        variable=write_variable(wire, reported.name),
        variable_attribute=[_write_attribute(wire, attribute) for attribute in reported.attributes],
        variable_characteristics=None if told is None else _write_characteristics(wire, told),
    )


def _read_reported(data: v201.ReportData) -> ReportedVariable:
    told = data.variable_characteristics
    return ReportedVariable(
        name=read_name(data.component, data.variable),
        attributes=tuple(_read_attribute(attribute) for attribute in data.variable_attribute),
        characteristics=None if told is None else _read_characteristics(told),
    )


def _write_attribute(wire: Wire, attribute: VariableAttribute) -> v201.VariableAttribute:
    return wire.VariableAttribute(
        type=same_name(attribute.type),
        value=None if attribute.value is None else attribute.value[:VALUE_MAX],
        mutability=same_name(attribute.mutability),
        persistent=attribute.persistent,
        constant=attribute.constant,
    )


def _read_attribute(attribute: v201.VariableAttribute) -> VariableAttribute:
    """What is left out has the value the standard gives it: Actual, ReadWrite, not persistent, not constant."""
    return VariableAttribute(
        type=AttributeType(attribute.type or "Actual"),
        value=attribute.value,
        mutability=Mutability(attribute.mutability or "ReadWrite"),
        persistent=bool(attribute.persistent),
        constant=bool(attribute.constant),
    )


def _write_characteristics(wire: Wire, told: VariableCharacteristics) -> v201.VariableCharacteristics:
    return wire.VariableCharacteristics(
        data_type=same_name(told.data_type),
        supports_monitoring=told.supports_monitoring,
        unit=told.unit,
        min_limit=told.min_limit,
        max_limit=told.max_limit,
        values_list=told.values_list,
    )


def _read_characteristics(told: v201.VariableCharacteristics) -> VariableCharacteristics:
    return VariableCharacteristics(
        data_type=DataType(told.data_type),
        supports_monitoring=told.supports_monitoring,
        unit=told.unit,
        min_limit=told.min_limit,
        max_limit=told.max_limit,
        values_list=told.values_list,
    )


# --- the words ----------------------------------------------------------------------------------------------------------


def facts(wire: Wire) -> tuple[FactWord, ...]:
    """The words of a version."""
    return (
        FactWord(
            fact=ReportPart,
            read={wire.NotifyReportRequest: read_part},
            write=lambda fact, _named: write_part(wire, fact),
            write_verdict=lambda _fact, _verdict: wire.NotifyReportResponse(),
        ),
    )


def commands(wire: Wire) -> tuple[CommandWord, ...]:
    """The words of a version."""
    return (
        CommandWord(
            command=GetBaseReport,
            read={
                wire.GetBaseReportRequest: lambda request: GetBaseReport(
                    request_id=request.request_id, base=ReportBase(request.report_base)
                )
            },
            write=lambda command: (
                wire.GetBaseReportRequest(request_id=command.request_id, report_base=same_name(command.base)),
            ),
            write_outcome=lambda _command, outcome, _request: wire.GetBaseReportResponse(
                status=same_name(outcome.status)
            ),
            read_outcome=_read_outcome,
        ),
        CommandWord(
            command=GetReport,
            read={wire.GetReportRequest: read_report},
            write=lambda command: write_report(wire, command),
            write_outcome=lambda _command, outcome, _request: wire.GetReportResponse(status=same_name(outcome.status)),
            read_outcome=_read_outcome,
        ),
    )

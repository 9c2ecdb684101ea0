"""Reset, variables and reports of the device model (functional block B)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pilotwire.csms.commands.commander import Commander
from pilotwire.csms.commands.parts import all_parts
from pilotwire.domain.device_model import (
    ComponentCriterion,
    ComponentVariable,
    GetBaseReport,
    GetReport,
    GetVariables,
    GetVariablesOutcome,
    ReportBase,
    ReportedVariable,
    ReportOutcome,
    ReportStatus,
    SetVariables,
    SetVariablesOutcome,
    VariableQuery,
    VariableSetting,
)
from pilotwire.domain.provisioning import Reset, ResetKind, ResetOutcome


async def reset(commander: Commander, station: str, kind: ResetKind, *, evse: int | None = None) -> ResetOutcome:
    """Restart a station, or one EVSE of it (B11, B12)."""
    return await commander.ask(station, Reset(kind=kind, evse=evse), ResetOutcome)


async def get_variables(commander: Commander, station: str, asked: Iterable[VariableQuery] = ()) -> GetVariablesOutcome:
    """Ask for the values of variables (B06)."""
    return await commander.ask(station, GetVariables(asked=tuple(asked)), GetVariablesOutcome)


async def set_variables(commander: Commander, station: str, settings: Iterable[VariableSetting]) -> SetVariablesOutcome:
    """Set values of variables (B05)."""
    return await commander.ask(station, SetVariables(settings=tuple(settings)), SetVariablesOutcome)


@dataclass(frozen=True, slots=True)
class Report:
    """What came of asking for a report: all its variables, put together from its parts; none if it was not Accepted."""

    request_id: int
    status: ReportStatus
    generated_at: datetime | None = None
    variables: tuple[ReportedVariable, ...] = ()


async def get_base_report(commander: Commander, station: str, base: ReportBase, *, patience: float) -> Report:
    """Ask for one of the predefined reports and wait for all of it, at most `patience` seconds for each part (B07).

    Raises also CommandTimedOut if a part does not come, AnswerUnusable if there is no end of parts.
    """
    request_id = commander.reports.next_request_id()
    return await _report(commander, station, GetBaseReport(request_id=request_id, base=base), patience)


async def get_report(
    commander: Commander,
    station: str,
    criteria: Iterable[ComponentCriterion] = (),
    variables: Iterable[ComponentVariable] = (),
    *,
    patience: float,
) -> Report:
    """Ask for a report of chosen components and variables; as `get_base_report` (B08)."""
    request_id = commander.reports.next_request_id()
    command = GetReport(request_id=request_id, criteria=tuple(criteria), variables=tuple(variables))
    return await _report(commander, station, command, patience)


async def _report(commander: Commander, station: str, command: GetBaseReport | GetReport, patience: float) -> Report:
    with commander.reports.collecting(station, command.request_id) as collection:
        outcome = await commander.ask(station, command, ReportOutcome)
        if outcome.status is not ReportStatus.ACCEPTED:
            return Report(command.request_id, outcome.status)
        parts = await all_parts(collection, station, patience)
    variables = tuple(variable for part in parts for variable in part.variables)
    return Report(command.request_id, outcome.status, parts[0].generated_at, variables)

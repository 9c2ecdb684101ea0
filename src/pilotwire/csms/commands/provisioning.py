"""Reset, variables and reports of the device model (functional block B)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from pilotwire.csms.commands.commander import Commander
from pilotwire.csms.commands.parts import all_parts
from pilotwire.csms.registers.device_model import limits_of
from pilotwire.csms.store.ports import Store
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
    SetVariableResult,
    SetVariables,
    SetVariablesOutcome,
    VariableQuery,
    VariableResult,
    VariableSetting,
    key_of,
)
from pilotwire.domain.device_model.batches import (
    GET,
    REPORT,
    SET,
    in_batches,
    paired,
    query_bytes,
    setting_bytes,
    wanted_bytes,
)
from pilotwire.domain.provisioning import Reset, ResetKind, ResetOutcome

_R = TypeVar("_R")


async def reset(commander: Commander, station: str, kind: ResetKind, *, evse: int | None = None) -> ResetOutcome:
    """Restart a station, or one EVSE of it (B11, B12)."""
    return await commander.ask(station, Reset(kind=kind, evse=evse), ResetOutcome)


async def get_variables(
    commander: Commander, store: Store, station: str, asked: Iterable[VariableQuery] = ()
) -> GetVariablesOutcome:
    """Ask for the values of variables (B06), in as many messages as the station's limits need (B06.FR.05).

    The results are in the order asked, as far as they are about what was asked. If one message fails, that is raised; what those
    before it told is in the device model.
    """
    wanted = tuple(asked)
    if not wanted:
        return await commander.ask(station, GetVariables(), GetVariablesOutcome)
    results: list[VariableResult] = []
    for batch in in_batches(wanted, await limits_of(store, station, GET), query_bytes):
        outcome = await commander.ask(station, GetVariables(asked=batch), GetVariablesOutcome)
        results += _in_order([result for _, result in paired(batch, outcome.results)], outcome.results)
    return GetVariablesOutcome(results=tuple(results))


async def set_variables(
    commander: Commander, store: Store, station: str, settings: Iterable[VariableSetting]
) -> SetVariablesOutcome:
    """Set values of variables (B05), in as many messages as the station's limits need (B05.FR.11); one variable never twice in one
    message (B05.FR.13). As `get_variables` otherwise."""
    results: list[SetVariableResult] = []
    limits = await limits_of(store, station, SET)
    for batch in in_batches(settings, limits, setting_bytes, lambda each: (key_of(each.name), each.attribute)):
        outcome = await commander.ask(station, SetVariables(settings=batch), SetVariablesOutcome)
        results += _in_order([result for _, result in paired(batch, outcome.results)], outcome.results)
    return SetVariablesOutcome(results=tuple(results))


def _in_order(ordered: list[_R], answered: Sequence[_R]) -> list[_R]:
    """The results that belong to something asked, and behind them what a station said besides."""
    return ordered + [result for result in answered if not any(result is each for each in ordered)]


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
    store: Store,
    station: str,
    criteria: Iterable[ComponentCriterion] = (),
    variables: Iterable[ComponentVariable] = (),
    *,
    patience: float,
) -> Report:
    """Ask for a report of chosen components and variables; as `get_base_report` (B08).

    What is more than the station takes in one message is asked for in several, and told as one report under the number of the first; the
    first that is not Accepted ends it, unless it is EmptyResultSet.
    """
    limits = await limits_of(store, station, REPORT)
    whole: Report | None = None
    for batch in in_batches(variables, limits, wanted_bytes) or ((),):
        request_id = commander.reports.next_request_id()
        command = GetReport(request_id=request_id, criteria=tuple(criteria), variables=batch)
        part = await _report(commander, station, command, patience)
        whole = part if whole is None else _joined(whole, part)
        if part.status not in (ReportStatus.ACCEPTED, ReportStatus.EMPTY_RESULT_SET):
            break
    assert whole is not None  # there is always one message
    return whole


def _joined(whole: Report, part: Report) -> Report:
    """Two parts of what was asked as one: something is more than nothing, and a refusal is told."""
    told = whole.status if part.status is ReportStatus.EMPTY_RESULT_SET else part.status
    at = whole.generated_at or part.generated_at
    return Report(whole.request_id, told, at, whole.variables + part.variables)


async def _report(commander: Commander, station: str, command: GetBaseReport | GetReport, patience: float) -> Report:
    with commander.reports.collecting(station, command.request_id) as collection:
        outcome = await commander.ask(station, command, ReportOutcome)
        if outcome.status is not ReportStatus.ACCEPTED:
            return Report(command.request_id, outcome.status)
        parts = await all_parts(collection, station, patience)
    variables = tuple(variable for part in parts for variable in part.variables)
    return Report(command.request_id, outcome.status, parts[0].generated_at, variables)

"""Bringing templates to stations: the settings of one, station by station, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from pilotwire.clock import Clock
from pilotwire.csms.commands.bus import AnswerUnusable, CommandRefused, NotPermitted
from pilotwire.csms.commands.commander import Commander
from pilotwire.csms.commands.provisioning import get_variables, set_variables
from pilotwire.csms.registers.templates import CONFIGURED, OPEN_RUNS, RUNS, STATION_RUNS, OpenRun
from pilotwire.csms.store.ports import Journal, Operation, Store
from pilotwire.domain.device_model import VariableQuery, VariableSetting
from pilotwire.domain.device_model.batches import paired
from pilotwire.domain.kinds import changed
from pilotwire.domain.templates import (
    Configured,
    RunCause,
    RunState,
    SettingResult,
    SettingStatus,
    StationRun,
    Template,
    TemplateRun,
    result_of,
)
from pilotwire.errors import NotReachable, NotSayable


def begin_run(
    template: Template,
    stations: Sequence[str],
    now: datetime,
    *,
    cause: RunCause,
    concurrency: int = 10,
    wait: float = 0,
) -> tuple[TemplateRun, list[Operation]]:
    """A run of a template, and the operations that put it on record: from then on the service of runs goes on with it."""
    mark = sha256(repr((cause, template.name, tuple(stations))).encode()).hexdigest()[:8]
    run = TemplateRun(
        id=f"{int(now.timestamp() * 1_000_000):017d}-{mark}",
        template=template,
        stations=tuple(dict.fromkeys(stations)),
        cause=cause,
        created_at=now,
        concurrency=concurrency,
        until=now + timedelta(seconds=wait) if wait > 0 else None,
    )
    waiting = [
        STATION_RUNS.put(station, run.id, StationRun(station=station, state=RunState.WAITING, at=now))
        for station in run.stations
    ]
    return run, [RUNS.put("", run.id, run), OPEN_RUNS.put("", run.id, OpenRun(id=run.id)), *waiting]


async def apply(commander: Commander, store: Store, station: str, template: Template) -> tuple[SettingResult, ...]:
    """Give a station the settings of a template (B05): one result a setting, whatever becomes of it. Raises NotReachable, StoreError."""
    try:
        return await _apply(commander, store, station, template.settings)
    except NotSayable:
        results: list[SettingResult] = []
        for setting in template.settings:  # one that cannot be said keeps none of the others back
            try:
                results += await _apply(commander, store, station, (setting,))
            except NotSayable as error:
                results.append(SettingResult(setting=setting, status=SettingStatus.NOT_SAYABLE, what=str(error)))
        return tuple(results)


async def _apply(
    commander: Commander, store: Store, station: str, settings: tuple[VariableSetting, ...]
) -> tuple[SettingResult, ...]:
    try:
        outcome = await set_variables(commander, store, station, settings)
    except (CommandRefused, AnswerUnusable, NotPermitted) as error:
        return tuple(SettingResult(setting=each, status=SettingStatus.NO_ANSWER, what=str(error)) for each in settings)
    told = {id(setting): result for setting, result in paired(settings, outcome.results)}
    return tuple(
        result_of(each, told[id(each)].status)
        if id(each) in told
        else SettingResult(setting=each, status=SettingStatus.NO_ANSWER, what="the station did not tell")
        for each in settings
    )


async def run_at(
    commander: Commander, store: Store, journal: Journal, clock: Clock, run: TemplateRun, station: str
) -> StationRun:
    """Configure one station of a run, and keep what became of it. Raises StoreError."""
    running = StationRun(station=station, state=RunState.RUNNING, at=clock.now())
    await journal.append(STATION_RUNS.put(station, run.id, running))
    try:
        results = await apply(commander, store, station, run.template)
    except NotReachable as error:
        over = changed(running, state=RunState.FAILED, at=clock.now(), what=str(error))
    else:
        bad = [each for each in results if not each.status.is_good]
        state = RunState.FAILED if bad else RunState.DONE
        what = "" if not bad else f"{len(bad)} of {len(results)} settings were not taken: {_told(bad[0])}"
        over = changed(running, state=state, at=clock.now(), results=results, what=what)
    operations: list[Operation] = [STATION_RUNS.put(station, run.id, over)]
    if over.state is RunState.DONE:
        has = Configured(template=run.template.name, revision=run.template.revision, at=over.at)
        operations.append(CONFIGURED.put(station, run.template.name, has))
    await journal.append(*operations)
    return over


def _told(result: SettingResult) -> str:
    more = f" ({result.what})" if result.what else ""
    return f"{result.setting.name} was answered with {result.status.value}{more}"


async def read_again(commander: Commander, store: Store, station: str, template: Template) -> None:
    """Ask a station for the values of a template's variables; what it answers is in the device model. Raises as `get_variables`."""
    asked = [VariableQuery(name=each.name, attribute=each.attribute) for each in template.settings]
    try:
        await get_variables(commander, store, station, asked)
    except NotSayable:
        for query in asked:
            await _read_one(commander, store, station, query)


async def _read_one(commander: Commander, store: Store, station: str, query: VariableQuery) -> None:
    try:
        await get_variables(commander, store, station, [query])
    except NotSayable:
        return  # what this version cannot ask for stays unknown

"""What templates and policies of single stations make of a boot: its intervals, and Pending until it is configured (B01, B02)."""

from __future__ import annotations

from collections.abc import Sequence

from pilotwire.csms.commands.templates import begin_run
from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.registers.station_conditions import CONDITIONS
from pilotwire.csms.registers.templates import (
    BOOT_POLICIES,
    CONFIGURED,
    HELD,
    STATION_RUNS,
    BootPolicy,
    Held,
    open_runs,
    templates_for,
)
from pilotwire.csms.store.ports import Operation, Station
from pilotwire.domain.kinds import changed
from pilotwire.domain.provisioning import BootVerdict, RegistrationStatus
from pilotwire.domain.templates import RunCause, Template


async def adjusted(desk: Desk, record: Station | None, verdict: BootVerdict) -> BootVerdict:
    """The verdict on a boot as the station's templates and its own policy want it.

    A station that would be accepted, and is to have settings first, is Pending until it has them (B02.FR.01): a run of each template
    that is missing begins. Intervals: the station's own, else those of the first of its templates that has one.
    """
    if record is None:
        return verdict
    templates = await templates_for(desk.store, record)
    if verdict.status is RegistrationStatus.ACCEPTED:
        missing = await _missing(desk, record.station, templates)
        if missing:
            verdict = changed(verdict, status=RegistrationStatus.PENDING, interval=desk.policy.retry_interval)
        await _hold(desk, record.station, missing)
    return changed(verdict, interval=await _interval(desk, record.station, verdict, templates))


async def is_held(desk: Desk, record: Station) -> bool:
    """Whether a station that has connected again was left Pending because of templates it still has not."""
    if await desk.store.record(HELD, record.station, "") is None:
        return False
    return bool(await _missing(desk, record.station, await templates_for(desk.store, record)))


async def _missing(desk: Desk, station: str, templates: Sequence[Template]) -> list[Template]:
    """The templates a station must have before it is accepted, and has not; one that is to be left alone (`quiet`) must have none."""
    conditions = await desk.store.record(CONDITIONS, station, "")
    if conditions is not None and conditions.quiet:
        return []
    missing = []
    for template in templates:
        if template.before_accepted:
            has = await desk.store.record(CONFIGURED, station, template.name)
            if has is None or has.revision != template.revision:
                missing.append(template)
    return missing


async def _hold(desk: Desk, station: str, missing: Sequence[Template]) -> None:
    if not missing:
        if await desk.store.record(HELD, station, "") is not None:
            await desk.journal.append(HELD.remove(station, ""))
        return
    now = desk.clock.now()
    under_way = set()
    async for run in open_runs(desk.store):
        if run.cause is RunCause.BOOT and station in run.stations:
            told = await desk.store.record(STATION_RUNS, station, run.id)
            if told is not None and not told.state.is_over:
                under_way.add((run.template.name, run.template.revision))
    held = Held(templates=tuple(each.name for each in missing), at=now)
    operations: list[Operation] = [HELD.put(station, "", held)]
    for template in missing:
        if (template.name, template.revision) not in under_way:
            operations += begin_run(template, [station], now, cause=RunCause.BOOT, wait=_PATIENCE)[1]
    await desk.journal.append(*operations)


async def _interval(desk: Desk, station: str, verdict: BootVerdict, templates: Sequence[Template]) -> int:
    own = await desk.store.record(BOOT_POLICIES, station, "")
    said: list[BootPolicy | Template] = [*([own] if own is not None else []), *templates]
    if verdict.status is RegistrationStatus.ACCEPTED:
        intervals = [each.heartbeat_interval for each in said]
    else:
        intervals = [each.retry_interval for each in said]
    return next((each for each in intervals if each is not None), verdict.interval)


_PATIENCE = 3600.0
"""Seconds a run begun by a boot waits for a station that went again."""

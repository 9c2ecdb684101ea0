"""Goes on with the runs of templates until all their stations are done, also those begun before a restart (B05)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

from pilotwire.csms.commands.templates import run_at
from pilotwire.csms.registers.templates import CONFIGURED, HELD, OPEN_RUNS, RUNS, STATION_RUNS, open_runs
from pilotwire.csms.services.service import Parts, pause
from pilotwire.csms.store.ports import KeepFinding
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.kinds import changed
from pilotwire.domain.provisioning import RegistrationStatus, TriggerMessage, TriggerOutcome
from pilotwire.domain.templates import RunCause, RunState, StationRun, TemplateRun
from pilotwire.errors import PilotwireError, StoreError

LOOK: Final = 0.2
"""Seconds between looks for something to do."""
SETTLE: Final = timedelta(seconds=0.1)
"""How long a station that has booted is left alone, so that it has its answer before it is told anything else."""


class TemplateRuns:
    """The service; one of a CSMS."""

    name = "template-runs"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._waiting_for: dict[str, set[str]] = {}
        """By run, the stations that are not done, as far as it was looked."""

    async def run(self) -> None:
        """Do it, until cancelled."""
        under_way: dict[str, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as group:
            while True:  # a slow run holds up no other
                under_way = {name: task for name, task in under_way.items() if not task.done()}
                async for run in open_runs(self._parts.store):
                    if run.id not in under_way:
                        under_way[run.id] = group.create_task(self._go_on(run))
                await pause(self._parts.clock, LOOK, look=LOOK)

    async def _go_on(self, run: TemplateRun) -> None:
        """Configure the stations that can be, and finish the run if none is left."""
        parts = self._parts
        now = parts.clock.now()
        if run.cause is RunCause.BOOT and now - run.created_at < SETTLE:
            return
        left = self._waiting_for.get(run.id)
        if left is None:
            left = self._waiting_for[run.id] = {
                station for station in run.stations if not await self._is_over(run, station)
            }
        connected = {each.station: each for each in parts.commander.bus.connected()}
        late = run.until is None or now >= run.until
        ready = [
            station
            for station in run.stations
            if station in left and (late or (station in connected and self._may_speak(connected[station].standing)))
        ]
        slots = asyncio.Semaphore(run.concurrency)

        async def one(station: str) -> None:
            async with slots:
                await self._configure(run, station)
                left.discard(station)

        done = await asyncio.gather(*(one(station) for station in ready), return_exceptions=True)
        for error in done:
            if isinstance(error, BaseException):
                raise error
        if not left:
            finished = changed(run, finished_at=parts.clock.now())
            await parts.journal.append(RUNS.put("", run.id, finished), OPEN_RUNS.remove("", run.id))
            del self._waiting_for[run.id]

    async def _is_over(self, run: TemplateRun, station: str) -> bool:
        told = await self._parts.store.record(STATION_RUNS, station, run.id)
        return told is not None and told.state.is_over

    @staticmethod
    def _may_speak(standing: RegistrationStatus | None) -> bool:
        return standing in (RegistrationStatus.ACCEPTED, RegistrationStatus.PENDING)

    async def _configure(self, run: TemplateRun, station: str) -> None:
        parts = self._parts
        over = await run_at(parts.commander, parts.store, parts.journal, parts.clock, run, station)
        if over.state is RunState.FAILED:
            await self._tell(run, over)
        elif run.cause is RunCause.BOOT and await self._has_all(station):
            await self._boot_again(station)

    async def _has_all(self, station: str) -> bool:
        """Whether the station has every template it is held for."""
        held = await self._parts.store.record(HELD, station, "")
        names = held.templates if held is not None else ()
        return all([await self._parts.store.record(CONFIGURED, station, name) is not None for name in names])

    async def _boot_again(self, station: str) -> None:
        """Let the station boot again, so that it is accepted; one that cannot be triggered does so by its interval (B02.FR.08)."""
        try:
            await self._parts.commander.ask(station, TriggerMessage(message="BootNotification"), TriggerOutcome)
        except StoreError:
            raise
        except PilotwireError:
            return

    async def _tell(self, run: TemplateRun, over: StationRun) -> None:
        held = "; it stays Pending" if run.cause is RunCause.BOOT else ""
        finding = Finding(
            station=over.station,
            at=over.at,
            rule="provisioning:template-not-applied",
            severity=Severity.BREACH,
            what=f"template {run.template.name!r} could not be applied{held}: {over.what}",
            action="SetVariables",
        )
        await self._parts.journal.append(KeepFinding(finding=finding))

"""Makes scheduled reports, once for each period, also those that became due while the CSMS did not run, and hands them over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import httpx
import structlog

from pilotwire.csms.registers.access import SITES
from pilotwire.csms.registers.reports import (
    MADE_REPORTS,
    REPORT_CONTENTS,
    REPORT_PROGRESS,
    REPORT_SCHEDULES,
    UNDELIVERED,
    MadeReport,
    ReportContent,
    ReportProgress,
    ReportSchedule,
    UndeliveredReport,
)
from pilotwire.csms.reporting import Format, told_report, written
from pilotwire.csms.services.service import Parts, pause
from pilotwire.csms.store.ports import Page
from pilotwire.csms.store.registers import cursor_of
from pilotwire.csms.webhooks.signature import signature
from pilotwire.domain.kinds import changed
from pilotwire.domain.reports import unit_after
from pilotwire.domain.uptime_periods import Interval

_log = structlog.get_logger("pilotwire.csms.reports")
LOOK: Final = 30.0
"""Seconds between looks for reports that are due."""
RETRY: Final = timedelta(minutes=5)
GIVE_UP: Final = timedelta(days=3)
"""How long it is tried to hand over a report; it can be downloaded all the same."""
_TIMEOUT: Final = 30.0
_PAGE: Final = 100


def due_at(schedule: ReportSchedule, period: Interval) -> datetime:
    """When the report of a period is made: at a local time of the day after it."""
    zone = ZoneInfo(schedule.time_zone)
    local = datetime.combine(period.until.astimezone(zone).date(), time(*divmod(schedule.minutes, 60)), zone)
    return max(local.astimezone(period.until.tzinfo), period.until)


class ScheduledReports:
    """The service; one of a CSMS."""

    name = "reports"

    def __init__(self, parts: Parts, client: Callable[[], httpx.AsyncClient] | None = None) -> None:
        self._parts = parts
        self._client = client or (lambda: httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False))

    async def run(self) -> None:
        """Do it, until cancelled."""
        while True:
            await self.look()
            await pause(self._parts.clock, LOOK)

    async def look(self) -> None:
        """Make all reports that are due, and hand over those that wait for it. One that fails holds up no other."""
        after: str | None = None
        while schedules := await self._parts.store.records(REPORT_SCHEDULES, "", Page(limit=_PAGE, after=after)):
            for schedule in schedules:
                try:
                    await self._make_due(schedule)
                except Exception as error:
                    _log.error("a scheduled report could not be made", schedule=schedule.name, error=str(error))
            after = cursor_of("", schedules[-1].name)
        await self._hand_over()

    async def _make_due(self, schedule: ReportSchedule) -> None:
        progress = await self._parts.store.record(REPORT_PROGRESS, "", schedule.name)
        if progress is None:
            return
        zone, since = ZoneInfo(schedule.time_zone), progress.since
        while True:
            whole = unit_after(since, schedule.period, zone)
            if due_at(schedule, whole) > self._parts.clock.now():
                return
            await self._make(schedule, whole, zone)
            since = whole.until

    async def _make(self, schedule: ReportSchedule, period: Interval, zone: ZoneInfo) -> None:
        """Make one report; it is kept together with the progress, so a crash makes none twice and leaves none out."""
        parts, now = self._parts, self._parts.clock.now()
        site = None
        if schedule.site:
            site = await parts.store.record(SITES, "", schedule.site)
            if site is None:
                _log.error("the site of a scheduled report is off record", schedule=schedule.name, site=schedule.site)
                return
        report = await told_report(parts.store, schedule.kind, schedule.by, period, zone, now, site)
        content = await asyncio.to_thread(written, report, Format(schedule.format), now, schedule.site)
        day = period.since.astimezone(zone).date().isoformat()
        report_id = f"{schedule.name}-{day}"
        made = MadeReport(
            report_id=report_id,
            schedule=schedule.name,
            since=period.since,
            until=period.until,
            made_at=now,
            format=schedule.format,
            file_name=f"{report_id}.{schedule.format}",
            size=len(content),
            delivered_at=None if schedule.webhook or schedule.folder else now,
        )
        waits = (
            (UNDELIVERED.put("", report_id, UndeliveredReport(report_id=report_id)),)
            if made.delivered_at is None
            else ()
        )
        await parts.journal.append(
            MADE_REPORTS.put("", report_id, made),
            REPORT_CONTENTS.put("", report_id, ReportContent(content=content)),
            REPORT_PROGRESS.put("", schedule.name, ReportProgress(since=period.until)),
            *waits,
        )

    async def _hand_over(self) -> None:
        after: str | None = None
        keys: list[str] = []
        while found := await self._parts.store.records(UNDELIVERED, "", Page(limit=_PAGE, after=after)):
            keys += [each.report_id for each in found]
            after = cursor_of("", found[-1].report_id)
        for key in keys:
            await self._deliver(key)

    async def _deliver(self, key: str) -> None:
        store, now = self._parts.store, self._parts.clock.now()
        made, kept = await store.record(MADE_REPORTS, "", key), await store.record(REPORT_CONTENTS, "", key)
        if made is None or kept is None or (made.tried_at is not None and now - made.tried_at < RETRY):
            return
        schedule = await store.record(REPORT_SCHEDULES, "", made.schedule)
        trouble = "" if schedule is None else await self._tell(schedule, made, kept.content)
        over = schedule is None or not trouble or now - made.made_at > GIVE_UP
        told = changed(made, tried_at=now, trouble=trouble, delivered_at=None if trouble or schedule is None else now)
        done = (UNDELIVERED.remove("", key),) if over else ()
        await self._parts.journal.append(MADE_REPORTS.put("", key, told), *done)

    async def _tell(self, schedule: ReportSchedule, made: MadeReport, content: bytes) -> str:
        """Why a receiver has not got it; empty if all have."""
        troubles: list[str] = []
        if schedule.folder:
            try:
                await asyncio.to_thread(_write, Path(schedule.folder), made.file_name, content)
            except OSError as error:
                troubles.append(f"{schedule.folder}: {error.strerror or error}")
        if schedule.webhook and (trouble := await self._post(schedule, made, content)):
            troubles.append(trouble)
        return "; ".join(troubles)

    async def _post(self, schedule: ReportSchedule, made: MadeReport, content: bytes) -> str:
        timestamp = int(self._parts.clock.now().timestamp())
        headers = {
            "content-type": Format(made.format).media_type,
            "content-disposition": f'attachment; filename="{made.file_name}"',
            "user-agent": "Pilotwire",
            "webhook-id": f"report_{made.report_id}",
            "webhook-timestamp": str(timestamp),
        }
        if schedule.secret:
            headers["webhook-signature"] = signature(schedule.secret, headers["webhook-id"], timestamp, content)
        try:
            async with self._client() as client:
                response = await client.post(schedule.webhook, content=content, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return f"{schedule.webhook}: {type(error).__name__}"
        return "" if response.is_success else f"{schedule.webhook}: HTTP {response.status_code}"


def _write(folder: Path, name: str, content: bytes) -> None:
    """Write a file as a whole: who watches the folder never sees half of one."""
    beside = folder / f".{name}.part"
    beside.write_bytes(content)
    beside.replace(folder / name)

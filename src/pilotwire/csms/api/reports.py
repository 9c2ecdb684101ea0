"""Reports on ports, stations and sites: asked for as JSON, CSV, a page or PDF, or made by schedule and kept for download."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from pathlib import Path as FilePath
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import ADMIN, READ, TheCaller
from pilotwire.csms.api.problems import READS, WRITES, not_found, problems, unusable
from pilotwire.csms.api.resource import TEXT, Limit, PageOf, Resource, Time, page_of
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.api.sites import known_site
from pilotwire.csms.api.uptime_values import EARLIEST, Zone
from pilotwire.csms.registers.reports import (
    MADE_REPORTS,
    REPORT_CONTENTS,
    REPORT_PROGRESS,
    REPORT_SCHEDULES,
    UNDELIVERED,
    MadeReport,
    ReportProgress,
    ReportSchedule,
)
from pilotwire.csms.reporting import Format, told_report, written
from pilotwire.csms.store.ports import Page
from pilotwire.csms.store.registers import cursor_of
from pilotwire.csms.webhooks.signature import is_secret
from pilotwire.domain.reports import By, Kind, Unit, unit_after
from pilotwire.domain.reports.periods import midnight
from pilotwire.domain.uptime_periods import Interval

router = APIRouter(prefix="/reports", tags=["reports"])
_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9_.@-]*$"
_LONGEST_DAYS: Final = 3660
_LONGEST_BY_DAY: Final = 400
_DATE: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_AT_ONCE: Final = 2
"""Reports that are made at the same time: the others wait, and stations do not."""


def _slots(request: Request) -> asyncio.Semaphore:
    state = request.app.state
    if not hasattr(state, "report_slots"):
        state.report_slots = asyncio.Semaphore(_AT_ONCE)
    slots: asyncio.Semaphore = state.report_slots
    return slots


ScheduleName = Annotated[
    str,
    Path(min_length=1, max_length=64, pattern=_PATTERN, description="The name of the schedule.", examples=["board"]),
]
ReportId = Annotated[
    str,
    Path(min_length=1, max_length=80, pattern=_PATTERN, description="The report's id.", examples=["board-2026-01-01"]),
]
After = Annotated[str | None, Query(max_length=80, pattern=TEXT, description="A cursor: the last one had.")]
_REPORT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The report, in the format asked for.",
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "text/csv": {"schema": {"type": "string"}},
            "text/html": {"schema": {"type": "string"}},
            "application/pdf": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


# --- schedules -------------------------------------------------------------------------------------------------------


class ScheduleRequest(Resource):
    """A report that is made once for each day, week or month, also when the CSMS did not run at that time."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"kind": "operation", "by": "station", "period": "month", "at": "06:00", "timeZone": "Europe/Berlin"}
            ]
        }
    )

    kind: Kind
    by: By = By.STATION
    period: Unit = Field(default=Unit.MONTH, description="Of what each report is; a week begins on Monday.")
    format: Format = Format.PDF
    time_zone: Zone = Field(default="UTC", description="Whose days these are, and whose time `at` is.")
    at: str = Field(
        default="00:00", pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="When, on the day after the period."
    )
    site: str = Field(default="", max_length=64, pattern=TEXT, description="Only of the stations of this site.")
    webhook: str = Field(
        default="", max_length=1000, pattern=r"^(https?://[^\s]+)?$", description="Where it is posted as it is."
    )
    secret: str = Field(
        default="", max_length=200, description="whsec_...: posts are signed with it, as webhooks are. Never given out."
    )
    folder: str = Field(default="", max_length=500, description="Where it is written; the folder must be there.")


class ScheduleResource(Resource):
    """A schedule on record. `nextFrom`: when the next period begins that a report is to be made of."""

    name: str
    kind: Kind
    by: By
    period: Unit
    format: Format
    time_zone: str
    at: str
    site: str
    webhook: str
    is_signed: bool
    folder: str
    next_from: Time | None

    @classmethod
    def of(cls, schedule: ReportSchedule, progress: ReportProgress | None) -> ScheduleResource:
        """The resource of a schedule."""
        hour, minute = divmod(schedule.minutes, 60)
        return cls(
            name=schedule.name,
            kind=schedule.kind,
            by=schedule.by,
            period=schedule.period,
            format=Format(schedule.format),
            time_zone=schedule.time_zone,
            at=f"{hour:02}:{minute:02}",
            site=schedule.site,
            webhook=schedule.webhook,
            is_signed=bool(schedule.secret),
            folder=schedule.folder,
            next_from=None if progress is None else progress.since,
        )


@router.get("/schedules", dependencies=[ADMIN], responses=READS, summary="List report schedules")
async def list_schedules(desk: TheDesk, limit: Limit = 100, after: After = None) -> PageOf[ScheduleResource]:
    """Schedules by name."""
    page = Page(limit=limit, after=None if after is None else cursor_of("", after))
    found = await desk.store.records(REPORT_SCHEDULES, "", page)
    items = [ScheduleResource.of(each, await desk.store.record(REPORT_PROGRESS, "", each.name)) for each in found]
    return PageOf[ScheduleResource](**page_of(items, limit, found[-1].name if found else ""))


@router.put("/schedules/{name}", dependencies=[ADMIN], responses=WRITES, summary="Put a report schedule on record")
async def put_schedule(
    desk: TheDesk, caller: TheCaller, name: ScheduleName, wanted: ScheduleRequest
) -> ScheduleResource:
    """Put a schedule on record, or change it. The first report is of the period it is now; one that goes on goes on where it was."""
    if wanted.site:
        await known_site(desk, caller, wanted.site)
    if wanted.secret and not is_secret(wanted.secret):
        raise unusable("body.secret", "a secret is whsec_ and 24 to 64 bytes in base64")
    if wanted.folder and not await asyncio.to_thread(_is_folder, wanted.folder):
        raise unusable("body.folder", "there is no folder of this name: give the absolute path of one that is there")
    hour, minute = (int(part) for part in wanted.at.split(":"))
    schedule = ReportSchedule(
        name=name,
        kind=wanted.kind,
        by=wanted.by,
        period=wanted.period,
        format=wanted.format.value,
        time_zone=wanted.time_zone,
        minutes=hour * 60 + minute,
        site=wanted.site,
        webhook=wanted.webhook,
        secret=wanted.secret,
        folder=wanted.folder,
    )
    now, before = desk.rooms.clock.now(), await desk.store.record(REPORT_SCHEDULES, "", name)
    same = before is not None and (before.period, before.time_zone) == (schedule.period, schedule.time_zone)
    first = ReportProgress(since=unit_after(now, schedule.period, ZoneInfo(schedule.time_zone)).since)
    await desk.write(REPORT_SCHEDULES.put("", name, schedule))
    kept = await desk.write(REPORT_PROGRESS.amend("", name, lambda known: known if same and known else first))
    return ScheduleResource.of(schedule, kept.after)


@router.delete(
    "/schedules/{name}",
    status_code=204,
    dependencies=[ADMIN],
    response_class=Response,
    responses=READS | problems(404),
    summary="Remove a report schedule",
)
async def delete_schedule(desk: TheDesk, name: ScheduleName) -> Response:
    """Make no more reports by it. Those made stay."""
    amended = await desk.write(REPORT_SCHEDULES.remove("", name))
    await desk.write(REPORT_PROGRESS.remove("", name))
    if amended.before is None:
        raise not_found(f"There is no report schedule {name!r}.", "GET /api/v1/reports/schedules lists them.")
    return Response(status_code=204)


def _is_folder(text: str) -> bool:
    path = FilePath(text)
    return "\x00" not in text and path.is_absolute() and path.is_dir()


# --- what was made ---------------------------------------------------------------------------------------------------


class MadeReportResource(Resource):
    """A report that was made by a schedule. `trouble`: why a receiver has not got it."""

    id: str
    schedule: str
    from_: Time = Field(alias="from")
    to: Time
    made_at: Time
    format: Format
    file_name: str
    size: int
    delivered_at: Time | None
    trouble: str

    @classmethod
    def of(cls, made: MadeReport) -> MadeReportResource:
        """The resource of a report."""
        return cls.model_construct(
            id=made.report_id,
            schedule=made.schedule,
            from_=made.since,
            to=made.until,
            made_at=made.made_at,
            format=Format(made.format),
            file_name=made.file_name,
            size=made.size,
            delivered_at=made.delivered_at,
            trouble=made.trouble,
        )


@router.get("/made", dependencies=[ADMIN], responses=READS, summary="List reports made by schedule")
async def list_made(desk: TheDesk, limit: Limit = 100, after: After = None) -> PageOf[MadeReportResource]:
    """Reports by schedule and period."""
    page = Page(limit=limit, after=None if after is None else cursor_of("", after))
    found = await desk.store.records(MADE_REPORTS, "", page)
    items = [MadeReportResource.of(each) for each in found]
    return PageOf[MadeReportResource](**page_of(items, limit, found[-1].report_id if found else ""))


@router.get(
    "/made/{report}",
    dependencies=[ADMIN],
    response_class=Response,
    responses=_REPORT | READS | problems(404),
    summary="Download a report made by schedule",
)
async def get_made(desk: TheDesk, report: ReportId) -> Response:
    """The report as it was made."""
    made = await desk.store.record(MADE_REPORTS, "", report)
    kept = await desk.store.record(REPORT_CONTENTS, "", report)
    if made is None or kept is None:
        raise _none(report)
    return _file(kept.content, Format(made.format), made.file_name)


@router.delete(
    "/made/{report}",
    status_code=204,
    dependencies=[ADMIN],
    response_class=Response,
    responses=READS | problems(404),
    summary="Remove a report made by schedule",
)
async def delete_made(desk: TheDesk, report: ReportId) -> Response:
    """Keep it no longer. It is not made again."""
    amended = await desk.write(MADE_REPORTS.remove("", report))
    for register in (REPORT_CONTENTS, UNDELIVERED):
        await desk.write(register.remove("", report))
    if amended.before is None:
        raise _none(report)
    return Response(status_code=204)


def _none(report: str) -> Exception:
    return not_found(f"There is no report {report!r}.", "GET /api/v1/reports/made lists them.")


# --- reports at once -------------------------------------------------------------------------------------------------


@router.get(
    "/{kind}",
    dependencies=[READ],
    response_class=Response,
    responses=_REPORT | READS | problems(404),
    summary="Report on ports, stations and sites",
)
async def get_report(
    desk: TheDesk,
    caller: TheCaller,
    slots: Annotated[asyncio.Semaphore, Depends(_slots)],
    kind: Annotated[Kind, Path(description="What it is about.")],
    since: Annotated[
        str | None,
        Query(alias="from", pattern=_DATE, description="The first day; without it: the first of this month."),
    ] = None,
    until: Annotated[
        str | None, Query(alias="to", pattern=_DATE, description="The last day, included; without it: today.")
    ] = None,
    by: Annotated[By, Query(description="What its rows are for.")] = By.STATION,
    site: Annotated[
        str | None, Query(max_length=64, pattern=TEXT, description="Only of stations of this site.")
    ] = None,
    time_zone: Annotated[Zone, Query(alias="timeZone", description="Whose days these are (IANA).")] = "UTC",
    format: Annotated[Format, Query(description="json, csv, html or pdf.")] = Format.JSON,
) -> Response:
    """What the ports of the stations the caller sees were used for, earned, and missed, from a day to a day."""
    now = desk.rooms.clock.now()
    zone = ZoneInfo(time_zone)
    period = _period(since, until, by, zone, now)
    place = None if site is None else await known_site(desk, caller, site)
    async with slots:
        report = await told_report(desk.store, kind, by, period, zone, now, place)
        content = await asyncio.to_thread(written, report, format, now, site or "")
    return _file(content, format, f"{kind.value}-by-{by.value}.{format.value}")


def _period(since: str | None, until: str | None, by: By, zone: ZoneInfo, now: datetime) -> Interval:
    today = now.astimezone(zone).date()
    last = today if until is None else _day(until, "query.to")
    first = min(today, last).replace(day=1) if since is None else _day(since, "query.from")
    if last < first:
        raise unusable("query.to", "this is before the first day")
    if first > today:
        raise unusable("query.from", "this day has not begun yet")
    longest = _LONGEST_BY_DAY if by is By.DAY else _LONGEST_DAYS
    if (last - first).days >= longest:
        raise unusable("query.from", f"a report by {by.value} is of {longest} days at most")
    return Interval(since=midnight(first, zone), until=midnight(last + timedelta(days=1), zone))


def _day(text: str, where: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise unusable(where, "there is no such day: it looks like 2026-01-31") from None
    if not EARLIEST.year < day.year < 9000:
        raise unusable(where, "this is too early or too late")
    return day


def _file(content: bytes, format: Format, name: str) -> Response:
    how = "inline" if format in (Format.JSON, Format.HTML) else "attachment"
    headers = {"content-disposition": f'{how}; filename="{name}"'}
    if format is Format.HTML:  # the page has a style of its own, and nothing else that a browser is to run or load
        headers["content-security-policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return Response(content, media_type=format.media_type, headers=headers)

"""`pilotwire certify uptime`: the uptime of charging ports by 23 CFR 680.116, from recorded statuses, a database, or a running CSMS."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, AsJson, Key, Url, segment, show_json
from pilotwire.cli.terminal import moment, show_table
from pilotwire.clock import SystemClock
from pilotwire.domain.uptime import Excluded, History, StationUptime, Terms, station_uptime
from pilotwire.domain.uptime_periods import TWELVE_MONTHS, Period, months_of, period_between, period_of
from pilotwire.domain.uptime_records import read_exclusions, read_history, recorded_between
from pilotwire.domain.uptime_tables import (
    OUTAGE_COLUMNS,
    PORT_COLUMNS,
    Record,
    csv_text,
    outage_records,
    station_record,
)
from pilotwire.errors import ConfigError

_COLUMNS: Final = ("station", "EVSE", "in service since", "minutes", "outage", "excluded", "uptime %", "> 97 %")
_OUTAGES: Final = ("station", "EVSE", "since (UTC)", "minutes", "why", "to be mended by", "late")


class By(StrEnum):
    """What the rows are for."""

    PERIOD = "period"
    MONTH = "month"


def verb(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Recorded statuses and connections, JSON lines or CSV; - is standard input.", metavar="[FILE]..."
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(help="The database of a CSMS that does not run, instead of files: sqlite:///pilotwire.db."),
    ] = None,
    period: Annotated[
        str | None,
        typer.Option(
            help=f"2026, 2026-Q3, 2026-10 or {TWELVE_MONTHS} (before this one; usual unless there are files)."
        ),
    ] = None,
    since: Annotated[str | None, typer.Option(help="From this time on, as 2026-01-31T12:00:00Z.")] = None,
    until: Annotated[str | None, typer.Option(help="Before this time.")] = None,
    time_zone: Annotated[str, typer.Option(help="Whose days and months these are.")] = "UTC",
    by: Annotated[By, typer.Option(help="A row for the period, or for each of its months.")] = By.PERIOD,
    station: Annotated[list[str] | None, typer.Option(help="Only of this station; may be repeated.")] = None,
    exclusions: Annotated[
        Path | None,
        typer.Option(help="For files: exclusions as JSON lines or CSV: station,since,until,reason,evseIds."),
    ] = None,
    grace: Annotated[
        int, typer.Option(min=0, max=3600, help="For files: seconds a connection may be lost before that is an outage.")
    ] = 0,
    recorded_until: Annotated[
        str | None, typer.Option(help="For files: until when they are complete; without it: until their last line.")
    ] = None,
    outages: Annotated[bool, typer.Option("--outages", help="List the outages, not the ports.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")] = False,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Calculate the uptime of charging ports: more than 97 % a year is asked of each (23 CFR 680.116).

    From files, from a database, or (with neither) from the CSMS at --url. Exit code 1 if a port has not more than 97 %.
    """
    if files and database:
        raise ConfigError("there are both files and a database.", "Name one of them.")
    if not files and (exclusions or grace or recorded_until):
        raise ConfigError(
            "--exclusions, --grace and --recorded-until are for files.",
            "A CSMS has its own on record: /api/v1/stations/{station}/uptime/exclusions and /uptime/terms.",
        )
    if outages and by is By.MONTH:
        raise ConfigError("--outages lists those of the whole period, not of its months.", "Leave out --by month.")
    asked = _Asked(period, _time(since, "--since"), _time(until, "--until"), _zone(time_zone), by)
    if files:
        reports = _from_files(files, asked, exclusions, grace, _time(recorded_until, "--recorded-until"), station or ())
    elif database:
        reports = asyncio.run(_from_database(_must_exist(database), asked, station or ()))
    else:
        _show(_from_api(url, key, asked, station or ()), outages=outages, as_csv=as_csv, as_json=as_json)
        return
    told = [{**station_record(each), "outages": list(outage_records(each))} for each in reports]
    _show(told, outages=outages, as_csv=as_csv, as_json=as_json)


# --- what is asked ---------------------------------------------------------------------------------------------------


class _Asked:
    """The period asked about."""

    def __init__(
        self, name: str | None, since: datetime | None, until: datetime | None, zone: ZoneInfo, by: By
    ) -> None:
        if name and (since or until):
            raise ConfigError("--period has its own beginning and end.", "Leave out --since and --until.")
        if until and not since:
            raise ConfigError("--until is given, but not --since.", "Say since when.")
        self.name, self.since, self.until, self.zone, self.by = name, since, until, zone, by

    def periods(self, now: datetime, usual: Period | None = None) -> tuple[Period, ...]:
        """The periods to be reported, of which none begins after now. Raises ConfigError."""
        try:
            if self.since is not None:
                whole = period_between(self.since, self.until or now, self.zone)
            elif self.name is None and usual is not None:
                whole = usual
            else:
                whole = period_of(self.name or TWELVE_MONTHS, self.zone, now)
        except ValueError as error:
            raise ConfigError(f"{error}.", "`--period 2026-10` is October 2026.") from None
        if whole.since >= now:
            begins = whole.since.isoformat().replace("+00:00", "Z")
            raise ConfigError(
                f"the period begins on {begins}, but what is known ends on {now.isoformat().replace('+00:00', 'Z')}.",
                "Ask for an earlier one.",
            )
        if self.by is By.PERIOD:
            return (whole,)
        return tuple(each for each in months_of(whole, self.zone) if each.since < now)

    def query(self) -> dict[str, object]:
        """The same for the HTTP API."""
        asked = {"since": self.since, "until": self.until}
        moments = {name: each.isoformat() for name, each in asked.items() if each is not None}
        return {"period": self.name, "timeZone": self.zone.key, **moments}


def _time(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise ConfigError(f"{option} {text} has no time zone.", "Write it as 2026-01-31T12:00:00Z.")
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ConfigError(f"{option} {text} is no time.", "Write it as 2026-01-31T12:00:00Z.") from None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ConfigError(f"there is no time zone {name!r}.", "One looks like America/New_York.") from None


# --- where it is from ------------------------------------------------------------------------------------------------


def _from_files(
    files: Sequence[Path],
    asked: _Asked,
    exclusions: Path | None,
    grace: int,
    complete: datetime | None,
    wanted: Sequence[str],
) -> list[StationUptime]:
    known: dict[str, History] = {}
    for file in files:
        for station, history in read_history(_lines(file), _name(file)).items():
            before = known.get(station, History())
            known[station] = History(
                statuses=before.statuses + history.statuses, connections=before.connections + history.connections
            )
    excluded: Mapping[str, Sequence[Excluded]] = {}
    if exclusions is not None:
        excluded = read_exclusions(_lines(exclusions), _name(exclusions))
        _must_know(known, excluded, f"{_name(exclusions)} excludes outages")
    _must_know(known, wanted, "--station asks for the uptime")
    recorded = recorded_between(known.values())
    now = complete or recorded.until
    if now < recorded.until:
        last = recorded.until.isoformat().replace("+00:00", "Z")
        raise ConfigError(f"--recorded-until is before the last line of the files, {last}.", "Leave it out.")
    usual = Period(since=recorded.since, until=max(now, recorded.since))
    periods = asked.periods(now, usual)
    terms = Terms(grace=grace, time_zone=asked.zone.key)
    return [
        station_uptime(station, known[station], terms, excluded.get(station, ()), each, now)
        for station in sorted(known)
        if not wanted or station in wanted
        for each in periods
    ]


def _must_know(known: Mapping[str, History], named: Iterable[str], what: str) -> None:
    for station in named:
        if station not in known:
            raise ConfigError(
                f"{what} of {station!r}, of which the files tell nothing.", f"They tell of {', '.join(sorted(known))}."
            )


def _lines(file: Path) -> Iterator[str]:
    try:
        if str(file) == "-":
            yield from sys.stdin
            return
        with file.open(encoding="utf-8", newline="") as text:
            yield from text
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}.", "Name another file.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{_name(file)} is not text in UTF-8.", "Name a file of JSON lines or CSV.") from None


def _name(file: Path) -> str:
    return "Standard input" if str(file) == "-" else str(file)


def _must_exist(url: str) -> str:
    """The URL of a database, which is not to be made by looking into it. Raises ConfigError."""
    path = Path(url.removeprefix("sqlite:///")).expanduser()
    if not path.is_file():
        raise ConfigError(f"there is no database {path}.", "Name the file of a CSMS, as in its setting `database`.")
    return url


async def _from_database(url: str, asked: _Asked, wanted: Sequence[str]) -> list[StationUptime]:
    from pilotwire.csms.registers.uptime import last_alive, uptime_of
    from pilotwire.csms.store.open import open_store
    from pilotwire.csms.store.ports import Page

    async with open_store(url, clock=SystemClock()) as opened:
        now = SystemClock().now()
        now = await last_alive(opened.store, now) or now
        periods = asked.periods(now)
        names: list[str] = []
        while records := await opened.store.stations(Page(limit=1000, after=names[-1] if names else None)):
            names += [each.station for each in records]
        unknown = next((each for each in wanted if each not in names), None)
        if unknown is not None:
            raise ConfigError(f"there is no station {unknown!r} on record.", f"There are {', '.join(names[:20])}.")
        chosen = [each for each in names if not wanted or each in wanted]
        return [report for each in chosen for report in await uptime_of(opened.store, each, periods, now)]


def _from_api(url: str, key: str, asked: _Asked, wanted: Sequence[str]) -> list[Record]:
    query = asked.query()
    months = "/months" if asked.by is By.MONTH else ""
    with Api(url, key) as api:
        names = list(wanted) or [each["station"] for each in api.pages("/stations", limit=1000)]
        found = [api.get(f"/stations/{segment(each)}/uptime{months}", **query) for each in names]
    return [each for listed in found for each in listed] if months else found


# --- what is shown ---------------------------------------------------------------------------------------------------


def _show(reports: Sequence[Mapping[str, Any]], *, outages: bool, as_csv: bool, as_json: bool) -> None:
    ports = [port for each in reports for port in each["ports"]]
    down = [outage for each in reports for outage in each.get("outages", ())]
    if as_json:
        show_json(reports)
    elif as_csv:
        text = csv_text(OUTAGE_COLUMNS, down) if outages else csv_text(PORT_COLUMNS, ports)
        typer.echo(text, nl=False)
    else:
        if reports:
            typer.echo(f"From {_shown(reports[0]['since'])} to {_shown(reports[-1]['until'])} (UTC):\n")
        if outages:
            show_table(_OUTAGES, map(_outage_row, down), nothing="There was no outage.")
        else:
            show_table(_COLUMNS, map(_port_row, ports), nothing="No port was in service in this period.")
    if not all(port["meets"] for port in ports):
        raise typer.Exit(1)


def _port_row(port: Record) -> tuple[object, ...]:
    return (
        port["station"],
        port["evseId"],
        _shown(port["inServiceSince"]),
        f"{port['minutes']:.15g}",
        f"{port['outageMinutes']:.15g}",
        f"{port['excludedMinutes']:.15g}",
        f"{port['uptimePercent']:.4f}",
        port["meets"],
    )


def _outage_row(outage: Record) -> tuple[object, ...]:
    codes = f" ({', '.join(outage['errorCodes'])})" if outage["errorCodes"] else ""
    return (
        outage["station"],
        outage["evseId"],
        _shown(outage["since"]),
        f"{outage['minutes']:.15g}" + (", going on" if outage["ongoing"] else ""),
        ", ".join(outage["causes"]) + codes,
        _shown(outage["correctiveMaintenanceDue"]),
        outage["late"],
    )


def _shown(time: str | None) -> str | None:
    """A time for a table, to the minute; midnight as the day that begins then."""
    shown = moment(time)
    return None if shown is None else shown[:16].removesuffix(" 00:00")

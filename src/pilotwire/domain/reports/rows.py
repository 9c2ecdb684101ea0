"""The rows of reports: figures put together by port, station, site or calendar, one table a kind of report, and a total.

Numbers are given as they are shown: kWh to a Wh, minutes to a thousandth, percents to four digits, amounts as they were billed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final
from zoneinfo import ZoneInfo

from pilotwire.domain.kinds import Value
from pilotwire.domain.reports.causes import Failure
from pilotwire.domain.reports.figures import Figures, PortFigures, Revenue
from pilotwire.domain.reports.periods import Unit, parts_of
from pilotwire.domain.uptime import REQUIRED, Cause, percent_of
from pilotwire.domain.uptime_periods import Interval
from pilotwire.domain.uptime_tables import minutes_of

_TICK: Final = timedelta(microseconds=1)
_KILO: Final = 1000
_HOUR: Final = timedelta(hours=1)


class Kind(StrEnum):
    """What a report is about."""

    OPERATION = "operation"
    SESSIONS = "sessions"
    FAULTS = "faults"
    REVENUE = "revenue"
    UPTIME = "uptime"


class By(StrEnum):
    """What its rows are for."""

    PORT = "port"
    STATION = "station"
    SITE = "site"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def unit(self) -> Unit | None:
        """The part of the calendar its rows are for, if it is one."""
        return Unit(self.value) if self in (By.DAY, By.WEEK, By.MONTH) else None


class Report(Value):
    """A report: rows under columns, and the total of all of them (of several currencies one each)."""

    kind: Kind
    by: By
    period: Interval
    time_zone: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    totals: tuple[dict[str, Any], ...]


def asked_parts(period: Interval, by: By, zone: ZoneInfo) -> tuple[Interval, ...]:
    """The parts of a period that figures are counted for."""
    return (period,) if by.unit is None else parts_of(period, by.unit, zone)


def report_of(
    kind: Kind,
    by: By,
    period: Interval,
    zone: ZoneInfo,
    figures: Iterable[PortFigures],
    sites: Mapping[str, Sequence[str]],
) -> Report:
    """Put figures of `asked_parts` together. `sites`: of each station those it is in; one of none is under an empty name.

    A station in two sites counts in both their rows, and once in the total.
    """
    parts = asked_parts(period, by, zone)
    groups: dict[tuple[Any, ...], Figures] = {}
    if by.unit is not None:
        groups = {(number,): Figures() for number in range(len(parts))}
    total = Figures()
    for each in figures:
        total.add(each.figures)
        for key in _keys(each, by, sites):
            groups.setdefault(key, Figures()).add(each.figures)
    heads = _HEADS[by]
    rows = [
        {**dict(zip(heads, _shown(key, by, parts, zone), strict=True)), **cells}
        for key, found in sorted(groups.items())
        for cells in _CELLS[kind](found)
    ]
    empty = dict.fromkeys(heads, "")
    totals = [{**empty, heads[0]: "total", **cells} for cells in _CELLS[kind](total)]
    return Report(
        kind=kind,
        by=by,
        period=period,
        time_zone=zone.key,
        columns=columns_of(kind, by),
        rows=tuple(rows),
        totals=tuple(totals),
    )


def columns_of(kind: Kind, by: By) -> tuple[str, ...]:
    """The names of a report's columns."""
    return (*_HEADS[by], *_COLUMNS[kind])


_HEADS: Final[Mapping[By, tuple[str, ...]]] = {
    By.PORT: ("station", "evseId"),
    By.STATION: ("station",),
    By.SITE: ("site",),
    By.DAY: ("day",),
    By.WEEK: ("weekFrom",),
    By.MONTH: ("month",),
}


def _keys(each: PortFigures, by: By, sites: Mapping[str, Sequence[str]]) -> list[tuple[Any, ...]]:
    if by is By.PORT:
        return [(each.station, each.evse)]
    if by is By.STATION:
        return [(each.station,)]
    if by is By.SITE:
        return [(site,) for site in sites.get(each.station) or ("",)]
    return [(each.part,)]


def _shown(key: tuple[Any, ...], by: By, parts: Sequence[Interval], zone: ZoneInfo) -> tuple[Any, ...]:
    if by.unit is None:
        return key
    day = parts[key[0]].since.astimezone(zone).date()
    return (f"{day:%Y-%m}" if by is By.MONTH else day.isoformat(),)


# --- cells -----------------------------------------------------------------------------------------------------------

_FAILED: Final[Mapping[Failure, str]] = {
    Failure.NOT_AUTHORISED: "notAuthorised",
    Failure.DEAUTHORISED: "deauthorised",
    Failure.EV_NOT_CONNECTED: "evNotConnected",
    Failure.CABLE_NOT_LOCKED: "cableNotLocked",
    Failure.EV_COMMUNICATION: "evCommunication",
    Failure.FAULT: "fault",
    Failure.POWER_LOSS: "powerLoss",
    Failure.RESET: "reset",
    Failure.CONNECTION_LOST: "connectionLost",
    Failure.ZERO_ENERGY: "zeroEnergy",
}
_DOWN: Final[Mapping[Cause, str]] = {
    Cause.FAULTED: "faulted",
    Cause.UNAVAILABLE: "unavailable",
    Cause.CONNECTION_LOST: "connectionLost",
    Cause.BACKEND_DOWN: "backendDown",
    Cause.UNTOLD: "untold",
}
_COLUMNS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.OPERATION: (
        *("sessions", "failedSessions", "energyKwh", "averageKw", "peakKw", "occupiedMinutes", "chargingMinutes"),
        *("idleMinutes", "utilisationPercent", "chargingPercent", "uptimePercent", "faults"),
    ),
    Kind.SESSIONS: ("sessions", "failedSessions", "failedPercent", *_FAILED.values(), "energyKwh"),
    Kind.FAULTS: (
        *("faults", *_DOWN.values(), "stillDown", "meanMinutesToRepair", "longestMinutes"),
        *("outageMinutes", "excludedMinutes"),
    ),
    Kind.REVENUE: ("currency", "bills", "exclTax", "tax", "inclTax"),
    Kind.UPTIME: ("minutes", "outageMinutes", "excludedMinutes", "uptimePercent", "meets"),
}


def _operation(figures: Figures) -> list[dict[str, Any]]:
    has_charging = figures.known > timedelta()
    charging = figures.charging / _HOUR
    average = float(figures.charged) / _KILO / charging if charging else None
    return [
        {
            "sessions": figures.sessions,
            "failedSessions": figures.failures.total(),
            "energyKwh": _kwh(figures.energy),
            "averageKw": None if average is None else round(average, 3),
            "peakKw": None if figures.peak is None else float(figures.peak / _KILO),
            "occupiedMinutes": minutes_of(figures.occupied),
            "chargingMinutes": minutes_of(figures.charging) if has_charging else None,
            "idleMinutes": minutes_of(figures.known - figures.charging) if has_charging else None,
            "utilisationPercent": _percent(figures.in_use, figures.service),
            "chargingPercent": _percent(figures.charging, figures.known) if has_charging else None,
            "uptimePercent": _uptime_percent(figures),
            "faults": figures.faults.total(),
        }
    ]


def _sessions(figures: Figures) -> list[dict[str, Any]]:
    failed = figures.failures.total()
    share = None if not figures.sessions else float(percent_of(Fraction(failed, figures.sessions)))
    return [
        {
            "sessions": figures.sessions,
            "failedSessions": failed,
            "failedPercent": share,
            **{name: figures.failures[failure] for failure, name in _FAILED.items()},
            "energyKwh": _kwh(figures.energy),
        }
    ]


def _faults(figures: Figures) -> list[dict[str, Any]]:
    return [
        {
            "faults": figures.faults.total(),
            **{name: figures.faults[cause] for cause, name in _DOWN.items()},
            "stillDown": figures.still_down,
            "meanMinutesToRepair": minutes_of(figures.repair / figures.repaired) if figures.repaired else None,
            "longestMinutes": minutes_of(figures.longest) if figures.faults else None,
            "outageMinutes": minutes_of(figures.outage),
            "excludedMinutes": minutes_of(figures.excluded),
        }
    ]


def _revenue(figures: Figures) -> list[dict[str, Any]]:
    """A row for each currency: amounts of different ones are never added up."""
    return [_earned(currency, figures.revenue[currency]) for currency in sorted(figures.revenue)]


def _earned(currency: str, revenue: Revenue) -> dict[str, Any]:
    return {
        "currency": currency,
        "bills": revenue.bills,
        "exclTax": _plain(revenue.excl_tax),
        "tax": _plain(revenue.incl_tax - revenue.excl_tax),
        "inclTax": _plain(revenue.incl_tax),
    }


def _uptime(figures: Figures) -> list[dict[str, Any]]:
    share = _uptime_share(figures)
    return [
        {
            "minutes": minutes_of(figures.service),
            "outageMinutes": minutes_of(figures.outage),
            "excludedMinutes": minutes_of(figures.excluded),
            "uptimePercent": _uptime_percent(figures),
            "meets": None if share is None else share > REQUIRED,
        }
    ]


_CELLS: Final[Mapping[Kind, Callable[[Figures], list[dict[str, Any]]]]] = {
    Kind.OPERATION: _operation,
    Kind.SESSIONS: _sessions,
    Kind.FAULTS: _faults,
    Kind.REVENUE: _revenue,
    Kind.UPTIME: _uptime,
}


def _uptime_share(figures: Figures) -> Fraction | None:
    if not figures.service:
        return None
    return max(Fraction(0), 1 - Fraction((figures.outage - figures.excluded) // _TICK, figures.service // _TICK))


def _uptime_percent(figures: Figures) -> float | None:
    share = _uptime_share(figures)
    return None if share is None else float(percent_of(share))


def _percent(part: timedelta, whole: timedelta) -> float | None:
    return float(percent_of(Fraction(part // _TICK, whole // _TICK))) if whole else None


def _kwh(energy: Decimal) -> float:
    return round(float(energy / _KILO), 3)


def _plain(amount: Decimal) -> str:
    """An amount as text: as many places as it was billed with, two at least."""
    text = f"{amount:f}"
    places = len(text.partition(".")[2])
    return text if places >= 2 else f"{amount:.2f}"

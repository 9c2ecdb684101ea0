"""A report as JSON, CSV (RFC 4180), a page that needs no other file, and PDF."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from pilotwire.csms.documents import Align, Document
from pilotwire.csms.reporting.charts import bars
from pilotwire.domain.reports import By, Kind, Report
from pilotwire.domain.uptime_tables import csv_text, in_utc

PDF_ROWS: Final = 500
"""Rows of a table in a PDF at most; the page and the CSV have all of them."""
_CHART_ROWS: Final = 62
_PAGES: Final = Environment(
    loader=PackageLoader("pilotwire.csms.reporting", "templates_html"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
)
_TITLES: Final = {
    Kind.OPERATION: "Operation",
    Kind.SESSIONS: "Sessions",
    Kind.FAULTS: "Faults",
    Kind.REVENUE: "Revenue",
    Kind.UPTIME: "Uptime",
}
_CHARTED: Final = {
    Kind.OPERATION: ("energyKwh", "kWh"),
    Kind.SESSIONS: ("failedSessions", "failed sessions"),
    Kind.FAULTS: ("faults", "faults"),
    Kind.UPTIME: ("uptimePercent", "% up"),
}
"""The column that is drawn; amounts of several currencies are not."""
_HEADS: Final = {
    "evseId": "EVSE",
    "weekFrom": "Week from",
    "energyKwh": "Energy kWh",
    "averageKw": "Avg. kW",
    "peakKw": "Peak kW",
    "occupiedMinutes": "Occupied min",
    "chargingMinutes": "Charging min",
    "idleMinutes": "Idle min",
    "utilisationPercent": "Used %",
    "chargingPercent": "Charging %",
    "uptimePercent": "Uptime %",
    "failedSessions": "Failed",
    "failedPercent": "Failed %",
    "notAuthorised": "Not authorised",
    "deauthorised": "De- authorised",
    "evNotConnected": "EV not connected",
    "cableNotLocked": "Cable not locked",
    "evCommunication": "EV comm.",
    "powerLoss": "Power loss",
    "connectionLost": "Conn. lost",
    "zeroEnergy": "Zero energy",
    "unavailable": "Un- available",
    "backendDown": "Backend down",
    "stillDown": "Still down",
    "meanMinutesToRepair": "Mean min to repair",
    "longestMinutes": "Longest min",
    "outageMinutes": "Outage min",
    "excludedMinutes": "Excluded min",
    "exclTax": "Without tax",
    "inclTax": "With tax",
    "meets": "> 97 %",
}
_TEXTS: Final = frozenset({"station", "site", "day", "weekFrom", "month", "currency"})
_REMARKS: Final = {
    Kind.OPERATION: (
        "A session counts when it began; its time is split over days as it was, its energy by the meter's readings: what was metered "
        "between two readings counts at the later one, and without readings in between all of it at the end. Charging and idle "
        "time are of sessions whose station told them; used % is of the time in service."
    ),
    Kind.SESSIONS: (
        "A failed session has one cause: the most telling word its station said. Cards that were refused before a session began are no "
        "sessions."
    ),
    Kind.FAULTS: (
        "An outage counts when it began, under its first cause; the time to repair is the whole of it, and the longest may be going on."
    ),
    Kind.REVENUE: "What was billed in the period, corrections and refunds included. Sessions without a tariff have no bill.",
    Kind.UPTIME: (
        "By 23 CFR 680.116(b)(3): the time in service without the outages that are not excluded. The rule asks more than 97 % of each port "
        "in twelve months."
    ),
}


class Format(StrEnum):
    """How a report is written."""

    JSON = "json"
    CSV = "csv"
    HTML = "html"
    PDF = "pdf"

    @property
    def media_type(self) -> str:
        """Its media type."""
        return _MEDIA[self]


_MEDIA: Final = {
    Format.JSON: "application/json",
    Format.CSV: "text/csv; charset=utf-8",
    Format.HTML: "text/html; charset=utf-8",
    Format.PDF: "application/pdf",
}


def written(report: Report, format: Format, made_at: datetime, site: str = "") -> bytes:
    """A report in a format. This may take seconds: give it to a thread."""
    if format is Format.JSON:
        return msgspec.json.encode(as_json(report, made_at, site))
    if format is Format.CSV:
        return csv_text(report.columns, (*report.rows, *report.totals)).encode()
    return _page(report, made_at, site).encode() if format is Format.HTML else _pdf(report, made_at, site)


def as_json(report: Report, made_at: datetime, site: str) -> dict[str, Any]:
    """A report as the API gives it."""
    return {
        "kind": report.kind.value,
        "by": report.by.value,
        "site": site or None,
        "from": in_utc(report.period.since),
        "to": in_utc(report.period.until),
        "timeZone": report.time_zone,
        "madeAt": in_utc(made_at),
        "columns": list(report.columns),
        "rows": list(report.rows),
        "totals": list(report.totals),
    }


def _page(report: Report, made_at: datetime, site: str) -> str:
    chart = _chart(report)
    return _PAGES.get_template("report.html").render(
        title=_title(report, site),
        subtitle=_subtitle(report, made_at),
        heads=[_head(name) for name in report.columns],
        numeric=[name not in _TEXTS for name in report.columns],
        rows=[_cells(report, row) for row in report.rows],
        totals=[_cells(report, row) for row in report.totals],
        chart=chart,
        remark=_REMARKS[report.kind],
    )


def _pdf(report: Report, made_at: datetime, site: str) -> bytes:
    document = Document(
        _title(report, site), _subtitle(report, made_at), made_at=made_at, landscape=len(report.columns) > 8
    )
    if (chart := _chart(report)) is not None:
        words, svg = chart
        document.paragraph(words, small=True)
        document.picture(svg.encode(), width=180)
    if report.rows:
        aligned: Sequence[Align] = ["left" if name in _TEXTS else "right" for name in report.columns]
        shown = [_cells(report, row) for row in (*report.rows[:PDF_ROWS], *report.totals)]
        document.table([_head(name) for name in report.columns], shown, aligned, totals=len(report.totals))
    else:
        document.paragraph("There is nothing to report of this period.")
    if (left_out := len(report.rows) - PDF_ROWS) > 0:
        document.paragraph(f"{left_out} more rows are in the CSV of this report; the total is of all of them.")
    document.paragraph(_REMARKS[report.kind], small=True)
    return document.bytes()


def _title(report: Report, site: str) -> str:
    return f"{_TITLES[report.kind]} by {report.by.value}" + (f": {site}" if site else "")


def _subtitle(report: Report, made_at: datetime) -> str:
    zone = ZoneInfo(report.time_zone)
    since, until, made = (
        f"{each.astimezone(zone):%Y-%m-%d %H:%M}" for each in (report.period.since, report.period.until, made_at)
    )
    return f"From {since} to {until} ({report.time_zone}); made on {made}"


def _head(name: str) -> str:
    return _HEADS.get(name) or name.capitalize()


def _cells(report: Report, row: dict[str, Any]) -> list[str]:
    return [_cell(row[name], 4 if name == "uptimePercent" else 2) for name in report.columns]


def _cell(value: object, places: int = 2) -> str:
    """A value as people read it. Uptime has the four digits it was rounded down to, so that it never looks better than it is."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.{places}f}".replace(",", "\u00a0")
    return f"{value:,}".replace(",", "\u00a0") if isinstance(value, int) else str(value)


def _chart(report: Report) -> tuple[str, str] | None:
    """What it shows in words, and the drawing; None where there is nothing to compare."""
    if report.kind not in _CHARTED or not 1 < len(report.rows) <= _CHART_ROWS:
        return None
    name, what = _CHARTED[report.kind]
    values = [float(row[name] or 0) for row in report.rows]
    if not any(values):
        return None
    heads = [_first(report, row) for row in (report.rows[0], report.rows[-1])]
    most = 100.0 if report.kind is Kind.UPTIME else None
    top = most if most is not None else max(values)
    return f"{what}, from 0 to {_cell(top)}, by {report.by.value}: {heads[0]} to {heads[1]}", bars(values, most=most)


def _first(report: Report, row: dict[str, Any]) -> str:
    if report.by is By.PORT:
        return f"{row['station']} EVSE {row['evseId']}"
    return str(row[report.columns[0]]) or "no site"

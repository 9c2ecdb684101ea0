"""What a report on uptime shows, the same as JSON, as CSV and on a terminal: one flat record for each port, and one for each outage."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pilotwire.domain.uptime import CLOSED, Cause, ExclusionReason, StationUptime, percent_of

Record = Mapping[str, Any]
_CAUSES: Final[Mapping[Cause, str]] = {
    Cause.FAULTED: "faultedMinutes",
    Cause.UNAVAILABLE: "unavailableMinutes",
    Cause.CONNECTION_LOST: "connectionLostMinutes",
    Cause.BACKEND_DOWN: "backendDownMinutes",
    Cause.UNTOLD: "untoldMinutes",
}
_REASONS: Final[Mapping[str, str]] = {
    ExclusionReason.UTILITY_INTERRUPTION: "utilityInterruptionMinutes",
    ExclusionReason.VEHICLE_FAULT: "vehicleFaultMinutes",
    ExclusionReason.SCHEDULED_MAINTENANCE: "scheduledMaintenanceMinutes",
    ExclusionReason.VANDALISM: "vandalismMinutes",
    ExclusionReason.NATURAL_DISASTER: "naturalDisasterMinutes",
    CLOSED: "closedMinutes",
}
PORT_COLUMNS: Final = (
    *("station", "evseId", "since", "until", "inServiceSince", "inServiceUntil"),
    *("minutes", "outageMinutes", "excludedMinutes", "uptimePercent", "meets"),
    *_CAUSES.values(),
    *_REASONS.values(),
)
"""Of a port in a period. The minutes of causes add up to `outageMinutes`; those of reasons may overlap, and then add up to more than
`excludedMinutes`."""
OUTAGE_COLUMNS: Final = (
    *("station", "evseId", "since", "until", "ongoing", "minutes", "minutesInPeriod", "excludedMinutes"),
    *("causes", "errorCodes", "correctiveMaintenanceDue", "late"),
)
"""Of an outage. `since`, `until` and `minutes` are the whole of it, `minutesInPeriod` and `excludedMinutes` what lies in the period."""


def port_records(report: StationUptime) -> list[Record]:
    """The ports of a report."""
    return [
        {
            "station": report.station,
            "evseId": port.evse,
            "since": in_utc(report.period.since),
            "until": in_utc(report.period.until),
            "inServiceSince": in_utc(port.since),
            "inServiceUntil": in_utc(port.until),
            "minutes": minutes_of(port.minutes),
            "outageMinutes": minutes_of(port.outage),
            "excludedMinutes": minutes_of(port.excluded),
            "uptimePercent": float(port.percent),
            "meets": port.meets,
            **{name: minutes_of(port.causes.get(cause, timedelta())) for cause, name in _CAUSES.items()},
            **{name: minutes_of(port.reasons.get(reason, timedelta())) for reason, name in _REASONS.items()},
        }
        for port in report.ports
    ]


def outage_records(report: StationUptime) -> list[Record]:
    """The outages of a report, by port and time."""
    return [
        {
            "station": report.station,
            "evseId": each.outage.evse,
            "since": in_utc(each.outage.since),
            "until": None if each.outage.ongoing else in_utc(each.outage.until),
            "ongoing": each.outage.ongoing,
            "minutes": minutes_of(each.outage.until - each.outage.since),
            "minutesInPeriod": minutes_of(each.minutes),
            "excludedMinutes": minutes_of(each.excluded),
            "causes": [cause.value for cause in each.outage.causes],
            "errorCodes": list(each.outage.codes),
            "correctiveMaintenanceDue": in_utc(each.due),
            "late": each.late,
        }
        for each in report.outages
    ]


def station_record(report: StationUptime) -> dict[str, Any]:
    """A station's report: its own figures, and its ports."""
    share = report.share
    return {
        "station": report.station,
        "since": in_utc(report.period.since),
        "until": in_utc(report.period.until),
        "uptimePercent": None if share is None else float(percent_of(share)),
        "meets": report.meets,
        "lateOutages": sum(each.late for each in report.outages),
        "ports": port_records(report),
    }


def minutes_of(length: timedelta) -> float:
    """Minutes, to a thousandth."""
    return round(length / timedelta(minutes=1), 3)


def in_utc(moment: datetime) -> str:
    """A time as RFC 3339 in UTC, to the millisecond where it has any."""
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def csv_text(columns: Iterable[str], records: Iterable[Record] = (), *, header: bool = True) -> str:
    """Records as CSV (RFC 4180), the columns' names in the first line."""
    names = list(columns)
    text = io.StringIO()
    writer = csv.writer(text)
    if header:
        writer.writerow(names)
    writer.writerows([_cell(record[name]) for name in names] for record in records)
    return text.getvalue()


def _cell(value: object) -> object:
    """A value in a table. Text from outside must not become a formula in the spreadsheet that opens it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return int(value)
    text = ";".join(map(str, value)) if isinstance(value, list) else value
    return f"'{text}" if isinstance(text, str) and text.startswith(("=", "+", "-", "@")) else text

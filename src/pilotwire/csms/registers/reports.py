"""What is kept of reports: the schedules they are made by, how far each has come, and what was made."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire.csms.store.registers import Register
from pilotwire.domain.kinds import Value
from pilotwire.domain.reports import By, Kind, Unit


class ReportSchedule(Value):
    """A report that is made once for each day, week or month of a time zone, `minutes` after local midnight of the day after it.

    `format` is one of `reporting.Format`. `site` "": of all stations. `webhook`: where it is posted ("": nowhere), signed with `secret` if
    there is one; `folder`: where it is written as a file.
    """

    name: str
    kind: Kind
    by: By
    period: Unit
    format: str
    time_zone: str = "UTC"
    minutes: int = 0
    site: str = ""
    webhook: str = ""
    secret: str = ""
    folder: str = ""


class ReportProgress(Value):
    """`since`: when the next period begins that a report is to be made of."""

    since: datetime


class MadeReport(Value):
    """A report that was made. `trouble`: why a receiver has not got it; it is tried again until `delivered_at` is set."""

    report_id: str
    schedule: str
    since: datetime
    until: datetime
    made_at: datetime
    format: str
    file_name: str
    size: int
    delivered_at: datetime | None = None
    tried_at: datetime | None = None
    trouble: str = ""


class ReportContent(Value):
    """The bytes of a report."""

    content: bytes


class UndeliveredReport(Value):
    """A report that a receiver has not got yet."""

    report_id: str


REPORT_SCHEDULES: Final = Register("report-schedules", ReportSchedule)
"""By no station and name."""
REPORT_PROGRESS: Final = Register("report-progress", ReportProgress)
"""By no station and the name of the schedule."""
MADE_REPORTS: Final = Register("made-reports", MadeReport)
"""By no station and id: the schedule's name and the first day of the period, so that there is one of each."""
REPORT_CONTENTS: Final = Register("report-contents", ReportContent)
"""By no station and the id of the report."""
UNDELIVERED: Final = Register("undelivered-reports", UndeliveredReport)
"""By no station and the id of the report."""

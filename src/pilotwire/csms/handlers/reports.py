"""Parts of reports of the device model (B07, B08)."""

from __future__ import annotations

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.store.ports import RecordConnection
from pilotwire.domain.device_model import ReportPart
from pilotwire.domain.kinds import Noted


async def part(desk: Desk, station: str, fact: ReportPart, message_id: str) -> Noted:
    """Hand a part to whoever waits for the report. The message is in the log, and durable there before it is answered."""
    # A note is committed with or before what is appended after it, and the frame was noted when it came.
    await desk.journal.append(RecordConnection(station=station, connected=True, at=desk.clock.now()))
    desk.reports.put(station, fact, number=fact.seq_no, entries=len(fact.variables))
    return Noted()

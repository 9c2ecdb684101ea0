"""What a station tells of the messages on its display (O03)."""

from __future__ import annotations

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.registers.display import keep_reported
from pilotwire.csms.store.ports import RecordConnection
from pilotwire.domain.display import DisplayMessagesPart
from pilotwire.domain.kinds import Noted


async def part(desk: Desk, station: str, fact: DisplayMessagesPart, message_id: str) -> Noted:
    """Keep what a part tells, whoever asked for it, and hand it to whoever waits. Parts have no number: the shelf counts them."""
    now = desk.clock.now()
    messages = [keep_reported(station, message, now) for message in fact.messages]
    # A note is committed with or before what is appended after it, and the frame was noted when it came.
    await desk.journal.append(RecordConnection(station=station, connected=True, at=now), *messages)
    desk.reports.put(station, fact, entries=len(fact.messages))
    return Noted()

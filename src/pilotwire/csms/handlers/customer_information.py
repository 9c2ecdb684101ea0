"""What a station tells of a customer (N09, N10): handed to whoever waits for it, and kept nowhere but in the message log."""

from __future__ import annotations

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.store.ports import RecordConnection
from pilotwire.domain.customer_information import CustomerInformationPart
from pilotwire.domain.kinds import Noted


async def part(desk: Desk, station: str, fact: CustomerInformationPart, message_id: str) -> Noted:
    """Confirm a part once its frame in the message log is durable, and hand it over."""
    # A note is committed with or before what is appended after it, and the frame was noted when it came.
    await desk.journal.append(RecordConnection(station=station, connected=True, at=desk.clock.now()))
    desk.reports.put(station, fact, number=fact.seq_no)
    return Noted()

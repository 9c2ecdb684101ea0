"""Meter values outside of transactions (J01), and what is said about values that are no numbers."""

from __future__ import annotations

from collections.abc import Iterable

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.store.ports import KeepReadings
from pilotwire.domain.findings import Severity
from pilotwire.domain.kinds import Noted
from pilotwire.domain.metering import MeterReading, MeterValuesReported


async def reported(desk: Desk, station: str, fact: MeterValuesReported, message_id: str) -> Noted:
    """Keep the readings (J01.FR.18)."""
    operation = KeepReadings(
        station=station, address=fact.address, readings=fact.readings, received_at=desk.clock.now()
    )
    await desk.journal.append(operation)
    note_unreadable(desk, station, fact.readings, message_id)
    return Noted()


def note_unreadable(desk: Desk, station: str, readings: Iterable[MeterReading], message_id: str) -> None:
    """A finding for each value that was no number; the raw message is in the log."""
    for reading in readings:
        for what in reading.unreadable:
            said = f"a meter value of {reading.at.isoformat()} cannot be read: {what}"
            desk.note(station, "metering:unreadable", Severity.BREACH, said, message_id)

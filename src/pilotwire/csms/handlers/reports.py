"""Parts of reports of the device model (B07, B08): kept, and handed to whoever waits for them."""

from __future__ import annotations

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.registers.device_model import (
    INVENTORIES,
    Inventory,
    forget_unreported,
    keep_reported,
    variables_of,
)
from pilotwire.csms.store.ports import RecordConnection
from pilotwire.domain.device_model import ReportPart
from pilotwire.domain.kinds import Noted


async def part(desk: Desk, station: str, fact: ReportPart, message_id: str) -> Noted:
    """Keep what a part tells, whoever asked for the report, and hand it to whoever waits.

    A full inventory replaces what was known: once all of it has come, what it did not have is forgotten.
    """
    now = desk.clock.now()
    inventory = await desk.store.record(INVENTORIES, station, "")
    if inventory is not None and inventory.request_id != fact.request_id:
        inventory = None
    mark = inventory.asked_at if inventory is not None else None
    variables = [keep_reported(station, told, now, mark) for told in fact.variables]
    # A note is committed with or before what is appended after it, and the frame was noted when it came.
    await desk.journal.append(RecordConnection(station=station, connected=True, at=now), *variables)
    if inventory is not None:
        await _count(desk, station, inventory, fact)
    desk.reports.put(station, fact, number=fact.seq_no, entries=len(fact.variables))
    return Noted()


async def _count(desk: Desk, station: str, inventory: Inventory, fact: ReportPart) -> None:
    """A part of a full inventory is kept; if it was the last one missing, the rest goes."""

    def counted(now: Inventory | None) -> Inventory | None:
        if now is None or now.asked_at != inventory.asked_at:
            return now
        return now.with_part(fact.seq_no, more=fact.more)

    (amended,) = await desk.journal.append(INVENTORIES.amend(station, "", counted))
    after: Inventory | None = amended.after
    if after is None or after.asked_at != inventory.asked_at or not after.is_whole:
        return
    mark = after.asked_at
    gone = [
        forget_unreported(station, known, mark)
        async for known in variables_of(desk.store, station)
        if known.inventory != mark
    ]
    await desk.journal.append(*gone, INVENTORIES.remove(station, ""))

"""Batteries that went in and out (functional block S)."""

from __future__ import annotations

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.registers.battery_swap import BATTERY_SLOTS, BATTERY_SWAPS, BatterySwapRecord, slot_key
from pilotwire.csms.store.ports import RecordConnection
from pilotwire.domain.battery_swap import BatterySwapped, slot_after
from pilotwire.domain.kinds import Noted


async def swapped(desk: Desk, station: str, fact: BatterySwapped, message_id: str) -> Noted:
    """Keep what happened, and which battery is now in each slot it tells of (S03)."""
    now = desk.clock.now()
    record = BatterySwapRecord(
        event=fact.event, request_id=fact.request_id, id_token=fact.id_token, batteries=fact.batteries
    )
    slots = [
        BATTERY_SLOTS.put(station, slot_key(each.evse_id), slot_after(fact.event, each, now)) for each in fact.batteries
    ]
    await desk.journal.append(
        RecordConnection(station=station, connected=True, at=now),
        BATTERY_SWAPS.keep(station, now, record, key=str(fact.request_id)),
        *slots,
    )
    return Noted()

"""Vendor-specific data to a station (functional block P)."""

from __future__ import annotations

from typing import Any

from pilotwire.csms.commands.commander import Commander
from pilotwire.domain.data_transfer import SendData, SendDataOutcome


async def send_data(
    commander: Commander, station: str, vendor_id: str, message_id: str | None = None, data: Any = None
) -> SendDataOutcome:
    """Send vendor data (P01)."""
    command = SendData(vendor_id=vendor_id, message_id=message_id, data=data)
    return await commander.ask(station, command, SendDataOutcome)

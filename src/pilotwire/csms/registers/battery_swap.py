"""What is kept of battery swaps: what was told of them, and the battery in each slot."""

from __future__ import annotations

from typing import Final

from pilotwire.csms.store.registers import Diary, Register
from pilotwire.domain.battery_swap import Battery, BatterySwapEvent, Slot
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import Value


class BatterySwapRecord(Value):
    """Something that happened in a swap (S03)."""

    event: BatterySwapEvent
    request_id: int
    id_token: IdToken
    batteries: tuple[Battery, ...] = ()


BATTERY_SWAPS: Final = Diary("battery-swaps", BatterySwapRecord)
"""By station; the key is the request id, which joins the events of a swap (S03.FR.03)."""
BATTERY_SLOTS: Final = Register("battery-slots", Slot)
"""By station and `slot_key`."""


def slot_key(evse_id: int) -> str:
    """The key of a slot: keys are in the order of the EVSEs."""
    return f"{evse_id:011d}"

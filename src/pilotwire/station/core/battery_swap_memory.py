"""What a swap station keeps over a restart: the batteries in its slots, and the swap that is under way."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Final

from pilotwire.domain.battery_swap import Battery
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import Value

FIRST_OWN_ID: Final = 1_000_000_000
"""Request ids of swaps that begin at the station count from here, out of the way of those a CSMS chooses."""


class Swap(Value):
    """A swap for a token. `until`: when it ends by itself, in the station's own time; None: never.

    `went_in` and `came_out` are slots, in the order it happened; `offered` those whose battery the driver may take.
    """

    request_id: int
    id_token: IdToken
    until: datetime | None = None
    went_in: tuple[int, ...] = ()
    came_out: tuple[int, ...] = ()
    offered: tuple[int, ...] = ()


class BatterySwapMemory(Value, tag="battery_swap", tag_field="part"):
    """`batteries` has one for each slot that is not empty, by slot."""

    name: ClassVar[str] = "battery_swap"
    batteries: tuple[Battery, ...] = ()
    swap: Swap | None = None
    next_request_id: int = FIRST_OWN_ID

    def battery(self, slot: int) -> Battery | None:
        """What is in a slot."""
        return next((each for each in self.batteries if each.evse_id == slot), None)

    def without(self, slot: int) -> tuple[Battery, ...]:
        """The batteries in all other slots."""
        return tuple(each for each in self.batteries if each.evse_id != slot)

"""What smart charging keeps over a restart: every profile (K01.FR.27, K01.FR.55), and what else decides which of them holds."""

from __future__ import annotations

from typing import ClassVar

from pilotwire.domain.kinds import Value
from pilotwire.domain.smart_charging import Installed


class ChargingMemory(Value, tag="smart_charging", tag_field="part"):
    """`installed` are all profiles, those that stand for limits from outside too.

    `lapsed` are the ids of those that became invalid while offline and stay so (K01.FR.102), `prioritized` the transactions that charge by
    the profile for priority (K21).
    """

    name: ClassVar[str] = "smart_charging"
    installed: Installed = ()
    lapsed: tuple[int, ...] = ()
    prioritized: tuple[str, ...] = ()

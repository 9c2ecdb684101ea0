"""How far stations have come to a higher security profile (A05)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from pilotwire.csms.store.registers import Register
from pilotwire.domain.kinds import Value


class UpgradeState(StrEnum):
    """Where an upgrade is: messages go out; the station is to come back; it came back with the higher profile; it did not."""

    STARTED = "Started"
    WAITING = "Waiting"
    DONE = "Done"
    FAILED = "Failed"


class UpgradeStep(Value):
    """Something that was done or looked at, and what came of it, in the station's word or ours (`NotChecked`)."""

    what: str
    result: str
    at: datetime


class SecurityUpgrade(Value):
    """An upgrade of one station to the profile `target`, from `current` (None: not known).

    `slot` is where the new network profile is, `old_priority` the NetworkConfigurationPriority before (2.x). The station has until
    `until` to come back.
    """

    station: str
    target: int
    state: UpgradeState
    started_at: datetime
    until: datetime
    current: int | None = None
    slot: int | None = None
    old_priority: str | None = None
    steps: tuple[UpgradeStep, ...] = ()
    what: str = ""


class OpenUpgrade(Value):
    """A station whose upgrade is not over."""

    station: str


UPGRADES: Final = Register("security-upgrades", SecurityUpgrade)
"""By station, the one begun last; the key is always empty."""
OPEN_UPGRADES: Final = Register("security-upgrades-open", OpenUpgrade)
"""By station: those that are not over; the key is always empty."""

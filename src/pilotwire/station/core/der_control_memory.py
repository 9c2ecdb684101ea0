"""What DER control keeps over a restart: every control with what became of it (R01.FR.03), and the alarm that was told."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pilotwire.domain.der_control import DerControl, DerControlType, GridEventFault
from pilotwire.domain.kinds import Value


class HeldControl(Value):
    """A control. A scheduled one runs from `starts_at` to `ends_at` (None: until it is cleared), in the CSMS's time; `started`: the CSMS
    was told that it does. A default has no times.
    """

    control: DerControl
    is_superseded: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    started: bool = False


class ToldAlarm(Value):
    """The alarm that stands with the CSMS (R05.FR.01)."""

    control_type: DerControlType
    fault: GridEventFault | None = None


class DerMemory(Value, tag="der_control", tag_field="part"):
    """All controls in the order they came, and the alarm."""

    name: ClassVar[str] = "der_control"
    controls: tuple[HeldControl, ...] = ()
    alarm: ToldAlarm | None = None

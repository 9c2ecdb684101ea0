"""What is kept of DER control: the controls of stations, as set and as reported, and their alarms."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire.csms.store.registers import Diary, Register
from pilotwire.domain.der_control import DerControl, DerControlType, GridEventFault
from pilotwire.domain.kinds import Value


class DerControlRecord(Value):
    """A control of a station. `control` is None for one that only started or stopped; `started` is None until one of that was told.

    `set_at`: accepted from here; `reported_at`: told in a report. A superseded one is not executed (R04.FR.09).
    """

    station: str
    control_id: str
    control: DerControl | None = None
    is_superseded: bool = False
    set_at: datetime | None = None
    reported_at: datetime | None = None
    started: bool | None = None
    started_at: datetime | None = None


class DerAlarmRecord(Value):
    """An alarm as it was told (R05)."""

    control_type: DerControlType
    at: datetime
    fault: GridEventFault | None = None
    ended: bool = False
    extra_info: str | None = None


DER_CONTROLS: Final = Register("der-controls", DerControlRecord)
"""By station and control id."""
DER_ALARMS: Final = Diary("der-alarms", DerAlarmRecord)
"""By station; the key is the type of the control."""

"""What must be known after a power failure about when it came."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pilotwire.domain.kinds import Value


class ResumptionMemory(Value, tag="resumption", tag_field="part"):
    """`alive_at` is when the station with a transaction under way was last known to be well (E17.FR.02), in the CSMS's time; `planned`: the
    coming start goes on with the transactions however long it takes (B13.FR.23).
    """

    name: ClassVar[str] = "resumption"
    alive_at: datetime | None = None
    planned: bool = False

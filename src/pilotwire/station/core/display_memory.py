"""The messages a CSMS set on the station's displays: they survive a reboot (O01.FR.10, O02.FR.10)."""

from __future__ import annotations

from typing import ClassVar

from pilotwire.domain.display import DisplayMessage
from pilotwire.domain.kinds import Value


class DisplayMemory(Value, tag="display", tag_field="part"):
    """The messages, in the order in which they were set."""

    name: ClassVar[str] = "display"
    messages: tuple[DisplayMessage, ...] = ()

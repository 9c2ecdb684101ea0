"""What energy in both directions keeps over a restart, by transaction."""

from __future__ import annotations

from typing import ClassVar

from pilotwire.domain.kinds import Value
from pilotwire.domain.smart_charging import OperationMode


class V2XMemory(Value, tag="v2x", tag_field="part"):
    """`allowed` are the ways of energy transfer the CSMS allowed (Q02.FR.05), or did not refuse (Q01.FR.05), `modes` the operation modes
    it was told last (K01.FR.110).
    """

    name: ClassVar[str] = "v2x"
    allowed: dict[str, tuple[str, ...]] = {}
    modes: dict[str, OperationMode] = {}

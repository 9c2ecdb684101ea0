"""What the decisions of the CSMS ask of others. Every partner may be absent (None): then the CSMS decides alone, or says that it cannot."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Partners:
    """The partners of a CSMS."""


ALONE = Partners()
"""No partner at all."""

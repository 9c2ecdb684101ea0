"""Departures from the standards that may be allowed to a station by name: each mends one kind of breach, and none is silent."""

from pilotwire.dialects.quirks.mending import Tolerances, Use, check_names
from pilotwire.dialects.quirks.tolerances import TOLERANCES, Tolerance

__all__ = ["TOLERANCES", "Tolerance", "Tolerances", "Use", "check_names"]

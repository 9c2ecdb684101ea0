"""The vehicle's session of ISO 15118-20: AC and DC, one way and both."""

from __future__ import annotations

from pilotwire.iso15118.evcc.iso20.session import Iso20Session
from pilotwire.iso15118.evcc.iso20.talk import Options

__all__ = ["Iso20Session", "Options"]

"""The station's ISO 15118 side: sessions with vehicles, joined to the core that decides and speaks to the CSMS."""

from __future__ import annotations

from pilotwire.station.secc.host import SeccHost
from pilotwire.station.secc.settings import SeccSettings, secc_settings
from pilotwire.station.secc.slac import Slac

__all__ = ["SeccHost", "SeccSettings", "Slac", "secc_settings"]

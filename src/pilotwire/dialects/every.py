"""The dialect of each version; chosen once, by the handshake at the CSMS and by its settings at a station."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pilotwire.dialects import Dialect, ocpp16, ocpp21, ocpp201
from pilotwire.ocpp.version import OcppVersion

DIALECTS: Final[Mapping[OcppVersion, Dialect]] = {
    OcppVersion.V16: ocpp16.DIALECT,
    OcppVersion.V201: ocpp201.DIALECT,
    OcppVersion.V21: ocpp21.DIALECT,
}
"""Every version there is."""

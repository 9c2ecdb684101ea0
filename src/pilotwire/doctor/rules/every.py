"""All rules of the doctor, by id."""

from __future__ import annotations

from typing import Final

from pilotwire.doctor.findings import Rule, catalogue
from pilotwire.doctor.rules import (
    capture,
    certificates,
    listening,
    network,
    protocol,
    station_certificates,
    tls,
    upgrade,
)

_TABLES: Final = (network, tls, certificates, station_certificates, upgrade, protocol, listening, capture)
EVERY: Final = catalogue(each for table in _TABLES for each in vars(table).values() if isinstance(each, Rule))
"""In the order of a docking: from the network up to the messages; then what only a backend, and what only a record shows."""

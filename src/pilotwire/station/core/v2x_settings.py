"""What is set for energy in both directions (V2XChargingCtrlr), as far as more than one street asks for it."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from pilotwire.domain.smart_charging.setpoints import Band
from pilotwire.station.core.station import Station

ENABLED: Final = "V2XChargingCtrlr.Enabled"
THRESHOLD: Final = "V2XChargingCtrlr.LocalFrequencyUpdateThreshold"
BALANCING: Final = "V2XChargingCtrlr.LocalLoadBalancing"
PRIORITY: Final = "SmartChargingCtrlr.SetpointPriority"


def is_on(station: Station) -> bool:
    """Whether the station has EVSEs that take energy back, and may use them."""
    return station.variables.has(ENABLED) and station.variables.on(ENABLED)


def modes(station: Station) -> tuple[str, ...]:
    """The operation modes there are besides ChargingOnly (Q01.FR.30); none where V2X is off."""
    return tuple(station.variables.members("V2XChargingCtrlr.SupportedOperationModes")) if is_on(station) else ()


def csms_first(station: Station) -> bool:
    """Whether a setpoint of the CSMS goes before that of an external system (Q06.FR.22)."""
    return is_on(station) and station.variables.text(PRIORITY) == "CSMS"


def band_of(station: Station) -> Band | None:
    """What is set for local load balancing; None: not enough, or what makes no sense (Q09.FR.02)."""
    texts = [
        station.variables.text(f"{BALANCING}[{each}]")
        for each in ("LowerThreshold", "UpperThreshold", "LowerOffset", "UpperOffset")
    ]
    if not all(texts):
        return None
    lower, upper, lower_offset, upper_offset = map(Decimal, texts)
    if upper <= lower:
        return None
    return Band(lower=lower, upper=upper, lower_offset=lower_offset, upper_offset=upper_offset)

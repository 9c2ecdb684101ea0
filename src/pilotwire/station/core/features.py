"""What a station may do without (2.1: "is false or absent", "does not support"); see `device_model_built` for what it then has."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Feature(StrEnum):
    """What can be lacking: features of charging profiles, of displays, of the network, and the data collector (all of 2.1)."""

    PRIORITY_CHARGING = "PriorityCharging"
    LOCAL_GENERATION = "LocalGeneration"
    DYNAMIC_PROFILES = "DynamicProfiles"
    USE_LOCAL_TIME = "UseLocalTime"
    RANDOMIZED_DELAY = "RandomizedDelay"
    LIMIT_AT_SOC = "LimitAtSoC"
    DISPLAY_LANGUAGE = "DisplayMessageLanguage"
    CLEAR_DISPLAY = "ClearDisplayMessage"
    APN = "Apn"
    VPN = "Vpn"
    DATA_COLLECTOR = "DataCollector"


@dataclass(frozen=True, slots=True)
class Built:
    """What of a station's settings decides which variables it has; stations alike in this and in their layout share them."""

    lacks: frozenset[Feature] = frozenset()
    custom_triggers: tuple[str, ...] = ()


AS_USUAL: Final = Built()

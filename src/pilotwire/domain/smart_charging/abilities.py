"""What a station can do, read from the values of its variables (SmartChargingCtrlr) or configuration keys (1.6:9.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pilotwire.domain.smart_charging.profiles import ChargingRateUnit
from pilotwire.domain.smart_charging.rules import ChargingAbilities

_C: Final = "SmartChargingCtrlr"
_FEATURE: Final = "SupportsFeature"
ABILITY_NAMES: Final[Mapping[str, tuple[str, str, str | None]]] = {
    "profile_stack_level": (_C, "ProfileStackLevel", None),
    "periods_per_schedule": (_C, "PeriodsPerSchedule", None),
    "max_profiles": (_C, "Entries", "ChargingProfiles"),
    "rate_units": (_C, "RateUnit", None),
    "rate_units_16": ("", "ChargingScheduleAllowedChargingRateUnit", None),
    "phase_switching": (_C, "ACPhaseSwitchingSupported", None),
    "max_external_constraints_id": (_C, "MaxExternalConstraintsId", None),
    "additional_purposes": (_C, "SupportedAdditionalPurposes", None),
    "dynamic_profiles": (_C, _FEATURE, "DynamicProfiles"),
    "use_local_time": (_C, _FEATURE, "UseLocalTime"),
    "randomized_delay": (_C, _FEATURE, "RandomizedDelay"),
    "limit_at_soc": (_C, _FEATURE, "LimitAtSoC"),
    "evse_sleep": (_C, _FEATURE, "EvseSleep"),
    "operation_modes": ("V2XChargingCtrlr", "SupportedOperationModes", None),
}
"""For each ability, the component, variable and instance that tell it; 1.6 has a key of its own for the units."""
_UNITS: Final = {
    "a": ChargingRateUnit.AMPERE,
    "current": ChargingRateUnit.AMPERE,
    "w": ChargingRateUnit.WATT,
    "power": ChargingRateUnit.WATT,
}


def abilities_of(told: Mapping[str, str]) -> ChargingAbilities:
    """The abilities, from the texts of the values that are known; a text that makes no sense counts as not told."""
    return ChargingAbilities(
        profile_stack_level=_number(told, "profile_stack_level"),
        periods_per_schedule=_number(told, "periods_per_schedule"),
        max_profiles=_number(told, "max_profiles"),
        rate_units=_units(told.get("rate_units") or told.get("rate_units_16")),
        phase_switching=_truth(told, "phase_switching"),
        max_external_constraints_id=_number(told, "max_external_constraints_id"),
        additional_purposes=_list(told, "additional_purposes"),
        dynamic_profiles=_truth(told, "dynamic_profiles"),
        use_local_time=_truth(told, "use_local_time"),
        randomized_delay=_truth(told, "randomized_delay"),
        limit_at_soc=_truth(told, "limit_at_soc"),
        evse_sleep=_truth(told, "evse_sleep"),
        operation_modes=_list(told, "operation_modes"),
    )


def _number(told: Mapping[str, str], name: str) -> int | None:
    text = told.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _truth(told: Mapping[str, str], name: str) -> bool | None:
    return {"true": True, "false": False}.get(told.get(name, "").strip().casefold())


def _list(told: Mapping[str, str], name: str) -> tuple[str, ...] | None:
    text = told.get(name)
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())


def _units(text: str | None) -> tuple[ChargingRateUnit, ...] | None:
    parts = [part.strip().casefold() for part in (text or "").split(",")]
    units = tuple(dict.fromkeys(_UNITS[part] for part in parts if part in _UNITS))
    return units or None

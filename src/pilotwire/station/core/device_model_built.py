"""Which variables a station has by the way it is built: without those of features it lacks, with those of what its maker added.

A feature that is lacking is not in the device model: the variables that would tell of it are absent, a list has it not among its members,
or, where the standard wants it said, a variable is False and ReadOnly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from pilotwire.domain.device_model import DataType, Mutability
from pilotwire.station.core.features import Built, Feature
from pilotwire.station.core.variable_table import Declared, fixed

TRIGGERS: Final = "CustomizationCtrlr.CustomTriggers"
_APN_FIELDS: Final = (
    "Apn",
    "ApnUserName",
    "ApnPassword",
    "SimPin",
    "PreferredNetwork",
    "UseOnlyPreferredNetwork",
    "ApnAuthentication",
)
_VPN_FIELDS: Final = ("VpnType", "VpnServer", "VpnUser", "VpnGroup", "VpnPassword", "VpnKey")
_SUPPORTS: Final = "SmartChargingCtrlr.SupportsFeature"
_ABSENT: Final[Mapping[Feature, frozenset[str]]] = {
    Feature.DYNAMIC_PROFILES: frozenset({f"{_SUPPORTS}[DynamicProfiles]"}),
    Feature.USE_LOCAL_TIME: frozenset({f"{_SUPPORTS}[UseLocalTime]"}),
    Feature.RANDOMIZED_DELAY: frozenset({f"{_SUPPORTS}[RandomizedDelay]"}),
    Feature.LIMIT_AT_SOC: frozenset({f"{_SUPPORTS}[LimitAtSoC]"}),
    Feature.DISPLAY_LANGUAGE: frozenset({"DisplayMessageCtrlr.Language"}),
    Feature.APN: frozenset(f"NetworkConfiguration.{field}" for field in _APN_FIELDS),
    Feature.VPN: frozenset(f"NetworkConfiguration.{field}" for field in _VPN_FIELDS),
    Feature.DATA_COLLECTOR: frozenset(
        {
            "DataCollector.Available",
            "DataCollector.Enabled",
            "DataCollector.DateTime[Start]",
            "DataCollector.DateTime[End]",
            "DataCollector.SamplingInterval",
            "DataCollector.SampledMeasurands",
        }
    ),
}
"""Variables that are not there, whatever the EVSE or slot they would belong to."""
_NO: Final[Mapping[str, Feature]] = {
    "NetworkConfiguration.ApnEnabled": Feature.APN,
    "NetworkConfiguration.VpnEnabled": Feature.VPN,
}
"""Variables that are False and ReadOnly (B09.FR.13)."""
_PURPOSES: Final = "SmartChargingCtrlr.SupportedAdditionalPurposes"


def built(specs: Iterable[Declared], how: Built) -> Iterator[Declared]:
    """The variables of a station that is built so, of all those that such a layout can have."""
    absent = frozenset().union(*(_ABSENT.get(feature, frozenset()) for feature in how.lacks))
    for spec in specs:
        name = _written(spec)
        if name in absent:
            continue
        if _NO.get(name) in how.lacks:
            yield replace(spec, default="false", mutability=Mutability.READ_ONLY, constant=True)
        elif name == _PURPOSES and how.lacks:
            yield _with_fewer(spec, how.lacks)
        else:
            yield spec
    if how.custom_triggers:
        yield fixed(TRIGGERS, ",".join(how.custom_triggers), DataType.MEMBER_LIST, how.custom_triggers)


def _written(spec: Declared) -> str:
    """The name without its place."""
    instance = spec.name.variable_instance
    return f"{spec.name.component}.{spec.name.variable}" + (f"[{instance}]" if instance else "")


def _with_fewer(spec: Declared, lacks: frozenset[Feature]) -> Declared:
    left = tuple(member for member in spec.values if member not in lacks)
    return replace(spec, default=",".join(left), values=left)

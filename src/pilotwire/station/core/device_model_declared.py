"""Everything a kind of station declares: the woven streets, those of `streets.py`, and what follows from which there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pilotwire.domain.device_model import DataType, Mutability
from pilotwire.domain.firmware import UpdateFirmware
from pilotwire.domain.kinds import changed
from pilotwire.domain.local_list import SendLocalList
from pilotwire.domain.provisioning import TriggerMessage
from pilotwire.domain.reservation import ReserveNow
from pilotwire.domain.smart_charging import SetChargingProfile
from pilotwire.station.core.commands import supports
from pilotwire.station.core.device_model_built import built
from pilotwire.station.core.device_model_catalogue import Catalogue, catalogue
from pilotwire.station.core.features import AS_USUAL, Built
from pilotwire.station.core.settings import Family
from pilotwire.station.core.streets import street_variables
from pilotwire.station.core.variable_table import Declared, declared_variables, fixed
from pilotwire.station.hardware.ports import StationLayout

PROFILES: dict[str, type] = {
    "FirmwareManagement": UpdateFirmware,
    "LocalAuthListManagement": SendLocalList,
    "Reservation": ReserveNow,
    "SmartCharging": SetChargingProfile,
    "RemoteTrigger": TriggerMessage,
}
"""The feature profiles of 1.6 besides Core, each with the command that only a station which has it takes (1.6:3.3)."""


def feature_profiles() -> str:
    """The profiles there are, as `SupportedFeatureProfiles` lists them (1.6:9.1.27)."""
    return ",".join(("Core", *(profile for profile, command in PROFILES.items() if supports(command))))


def declared(family: Family, layout: StationLayout) -> Iterable[Declared]:
    """All variables of a station of this family and layout."""
    specs = (*declared_variables(family, layout), *street_variables(family, layout))
    yield from specs
    if family is Family.OCPP2:
        yield from _available(specs)
    else:
        yield fixed(".SupportedFeatureProfiles", feature_profiles(), DataType.STRING, constant=True)
        yield fixed(".SupportedFeatureProfilesMaxLength", str(len(PROFILES) + 1), constant=True)


def _available(specs: Iterable[Declared]) -> Iterator[Declared]:
    """`Available` of each component that does not declare it itself: a component can be asked for by it (2.x 2.13.1)."""
    places = {changed(spec.name, variable="Available", variable_instance=None): None for spec in specs}
    for spec in specs:
        if spec.name.variable == "Available":
            places.pop(changed(spec.name, variable_instance=None), None)
    for name in places:
        yield Declared(name, DataType.BOOLEAN, "true", Mutability.READ_ONLY, constant=True)


def catalogue_of(family: Family, layout: StationLayout, how: Built = AS_USUAL) -> Catalogue:
    """The same, as stations of this kind share it; built as their settings say, which 1.6 has no choice in."""
    if family is Family.OCPP16 or how == AS_USUAL:
        return catalogue(family, layout, declared)

    def of_kind(family: Family, layout: StationLayout) -> Iterable[Declared]:
        return built(declared(family, layout), how)

    return catalogue(family, layout, of_kind, how)

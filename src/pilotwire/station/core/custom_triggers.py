"""Messages of the maker's own that a CSMS may trigger (2.1:F06.FR.18): a DataTransfer with the values some variables have now.

`vendorId` is the station's vendor, `messageId` the name of the trigger, `data` an object of the values by written name. Which there are is
in `StationSettings.custom_triggers`; the CSMS reads their names from CustomizationCtrlr.CustomTriggers.
"""

from __future__ import annotations

from typing import Final

from pilotwire.domain.data_transfer import DataTransferred
from pilotwire.domain.device_model import Mutability
from pilotwire.domain.provisioning import TriggerMessage
from pilotwire.errors import ConfigError
from pilotwire.station.core import monitors_values
from pilotwire.station.core.device_model_catalogue import name_written
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.variable_table import Declared

CUSTOM: Final = "CustomTrigger"
LONGEST: Final = 50
"""Characters of a name (2.1 TriggerMessageRequest.customTrigger)."""


def is_none(station: Station, command: TriggerMessage) -> bool:
    """Whether a trigger asks for a message of the maker's that this station does not have (F06.FR.19)."""
    return command.message == CUSTOM and command.custom not in station.settings.custom_triggers


def tell(station: Station, name: str) -> None:
    """Send the message, with what is so now (F06.FR.09)."""
    written = station.settings.custom_triggers[name]
    data = {one: monitors_values.actual(station, spec) for one in written if (spec := _spec(station, one)) is not None}
    station.say(DataTransferred(vendor_id=station.settings.identity.vendor, message_id=name, data=data))


def check(station: Station) -> None:
    """Raises `ConfigError` for triggers of the settings that cannot be: a name, or a variable that a CSMS could not read."""
    if station.settings.family is Family.OCPP16:
        return
    for name, written in station.settings.custom_triggers.items():
        if not name.strip() or "," in name or len(name) > LONGEST:
            raise ConfigError(
                f"A custom trigger cannot be called {name!r}.",
                f"Give a name of 1 to {LONGEST} characters without a comma.",
            )
        if not written:
            raise ConfigError(
                f"The custom trigger {name} tells nothing.", "Name the variables whose values it is to tell."
            )
        for one in written:
            spec = _spec(station, one)
            if spec is None or spec.mutability is Mutability.WRITE_ONLY:
                why = "does not have" if spec is None else "tells nobody"
                what = f"The custom trigger {name} is to tell {one}, which this station {why}."
                raise ConfigError(what, "Use a name like EVSE@1.Power, of a variable that can be read.")


def _spec(station: Station, written: str) -> Declared | None:
    name = name_written(written)
    return None if name is None else station.variables.spec(name)

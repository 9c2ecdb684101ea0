"""The streets of the core that are declared as one `Street` each; their order is the order in which they are told of anything."""

from __future__ import annotations

from collections.abc import Callable

from pilotwire.station.core import (
    authorization,
    certificates,
    customer_information,
    device_model_clock,
    device_model_limits,
    device_model_places,
    energy,
    firmware,
    installer,
    installer_connection,
    limits,
    local_list,
    logs,
    maintenance,
    metering_street,
    monitoring,
    network,
    outbox_street,
    progress,
    publish_firmware,
    resumption,
    security_log,
    smart_charging,
    token_cache,
)
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import CommandHandler, EventHandler, Live, Street, Trigger
from pilotwire.station.core.variable_table import Declared
from pilotwire.station.hardware.ports import StationLayout

STREETS: tuple[Street, ...] = (
    outbox_street.STREET,
    metering_street.STREET,
    device_model_limits.STREET,
    device_model_clock.STREET,
    device_model_places.STREET,
    authorization.STREET,
    token_cache.STREET,
    installer.STREET,
    network.STREET,
    installer_connection.STREET,
    energy.STREET,
    limits.STREET,
    resumption.STREET,
    local_list.STREET,
    maintenance.STREET,
    firmware.STREET,
    publish_firmware.STREET,
    logs.STREET,
    security_log.STREET,
    progress.STREET,
    customer_information.STREET,
    monitoring.STREET,
    certificates.STREET,
    smart_charging.STREET,
)
"""All of them. A street of its own module is one line here."""

COMMANDS: dict[type, CommandHandler] = {
    kind: handler for street in STREETS for kind, handler in street.commands.items()
}
EVENTS: dict[type, EventHandler] = {kind: handler for street in STREETS for kind, handler in street.events.items()}
TRIGGERS: dict[str, Trigger] = {name: trigger for street in STREETS for name, trigger in street.triggers.items()}
LIVE: dict[tuple[str, str], Live] = {place: live for street in STREETS for place, live in street.live.items()}
CHECKS: dict[str, Callable[[Station, str], bool]] = {
    name.casefold(): check for street in STREETS for name, check in street.checks.items()
}


def street_variables(family: Family, layout: StationLayout) -> tuple[Declared, ...]:
    """The variables the streets declare."""
    return tuple(one for street in STREETS for one in street.variables(family, layout))

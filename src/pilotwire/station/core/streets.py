"""The streets of the core that are declared as one `Street` each; their order is the order in which they are told of anything."""

from __future__ import annotations

from pilotwire.station.core import (
    authorization,
    battery_swap,
    certificates,
    connected_ev,
    cost,
    customer_information,
    data_collector,
    der_control,
    der_vehicle,
    device_model_clock,
    device_model_limits,
    device_model_places,
    display,
    energy,
    firmware,
    installer,
    installer_connection,
    limits,
    local_list,
    logs,
    maintenance,
    master_pass,
    metering_besides,
    metering_street,
    monitoring,
    network,
    outbox_street,
    payment_terminal,
    phases_used,
    progress,
    publish_firmware,
    resumption,
    security_log,
    smart_charging,
    tariff,
    tariff_payment,
    time_sources,
    token_cache,
    v2x,
    vehicle_needs,
    web_payment,
)
from pilotwire.station.core.settings import Family
from pilotwire.station.core.street import (
    Check,
    CommandHandler,
    EventHandler,
    Live,
    LiveOther,
    Street,
    Trigger,
    no_deadline,
    nothing,
)
from pilotwire.station.core.variable_table import Declared
from pilotwire.station.hardware.ports import StationLayout

STREETS: tuple[Street, ...] = (
    outbox_street.STREET,
    metering_street.STREET,
    device_model_limits.STREET,
    device_model_clock.STREET,
    time_sources.STREET,
    device_model_places.STREET,
    authorization.STREET,
    master_pass.STREET,
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
    data_collector.STREET,
    logs.STREET,
    security_log.STREET,
    progress.STREET,
    customer_information.STREET,
    monitoring.STREET,
    certificates.STREET,
    smart_charging.STREET,
    phases_used.STREET,
    vehicle_needs.STREET,
    connected_ev.STREET,
    v2x.STREET,
    metering_besides.STREET,
    der_vehicle.STREET,
    der_control.STREET,
    battery_swap.STREET,
    tariff.STREET,
    tariff_payment.STREET,
    payment_terminal.STREET,
    cost.STREET,
    web_payment.STREET,
    display.STREET,
)
"""All of them. A street of its own module is one line here."""

COMMANDS: dict[type, CommandHandler] = {
    kind: handler for street in STREETS for kind, handler in street.commands.items()
}
EVENTS: dict[type, EventHandler] = {kind: handler for street in STREETS for kind, handler in street.events.items()}
TRIGGERS: dict[str, Trigger] = {name: trigger for street in STREETS for name, trigger in street.triggers.items()}
LIVE: dict[tuple[str, str], Live] = {place: live for street in STREETS for place, live in street.live.items()}
LIVE_OTHERS: dict[tuple[str, str], LiveOther] = {
    place: live for street in STREETS for place, live in street.live_others.items()
}
CHECKS: dict[str, Check] = {name.casefold(): check for street in STREETS for name, check in street.checks.items()}


DEADLINES = tuple(street.deadline for street in STREETS if street.deadline is not no_deadline)
DUE = tuple(street.due for street in STREETS if street.due is not nothing)
FOLLOW = tuple(street.follow for street in STREETS if street.follow is not nothing)
"""What is asked at every input and tick: only of the streets that have something to say."""


def street_variables(family: Family, layout: StationLayout) -> tuple[Declared, ...]:
    """The variables the streets declare."""
    return tuple(one for street in STREETS for one in street.variables(family, layout))

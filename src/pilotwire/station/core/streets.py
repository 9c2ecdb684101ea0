"""The streets of the core that are declared as one `Street` each; their order is the order in which they are told of anything."""

from __future__ import annotations

from collections.abc import Callable

from pilotwire.station.core import local_list
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import CommandHandler, EventHandler, Live, Street, Trigger
from pilotwire.station.core.variable_table import Declared
from pilotwire.station.hardware.ports import StationLayout

STREETS: tuple[Street, ...] = (local_list.STREET,)
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

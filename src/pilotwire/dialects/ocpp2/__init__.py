"""What 2.0.1 and 2.1 say alike, written once: each street is a function from a version's message types to its words.

Not a dialect itself: `ocpp201` and `ocpp21` put their words together from here and add what only they have.
"""

from pilotwire.dialects.ocpp2.wire import Wire
from pilotwire.dialects.ocpp2.words import COMMAND_STREETS, FACT_STREETS
from pilotwire.dialects.words import CommandWord, FactWord


def facts_of(wire: Wire) -> tuple[FactWord, ...]:
    """All words for facts, with the message types of one version."""
    return tuple(word for street in FACT_STREETS for word in street(wire))


def commands_of(wire: Wire) -> tuple[CommandWord, ...]:
    """All words for commands, with the message types of one version."""
    return tuple(word for street in COMMAND_STREETS for word in street(wire))


__all__ = ["Wire", "commands_of", "facts_of"]

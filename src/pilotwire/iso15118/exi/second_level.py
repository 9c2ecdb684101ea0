"""Events that a schema does not declare, and that EXI without `strict` has codes for all the same (EXI 8.5.4.4.1): the second level.

Only the end of an empty value among them is understood. Of all others this says what they are, once a stream has been refused: a peer of a
later minor version, or one that declares types, is told apart from bits that are wrong.
"""

from __future__ import annotations

from enum import Enum


class Event(Enum):
    """What may come on the second level, in words."""

    END = "the end of an element whose content is not complete"
    TYPE = "xsi:type, another type in the place of the declared one"
    NIL = "xsi:nil, an element without its content"
    ATTRIBUTE = "an attribute that is not declared"
    UNTYPED_ATTRIBUTE = "an attribute whose value is not of its type"
    ELEMENT = "an element that is not declared"
    TEXT = "text where none is declared, or a value that is not of its type"


Events = tuple[Event, ...]
"""What may come on the second level of a state, by their codes."""
SIMPLE: Events = tuple(Event)
"""Where the value of an element without structure is due."""
AFTER_VALUE: Events = (Event.ELEMENT, Event.TEXT)
"""Where its end is due."""
NAMED = (Event.ATTRIBUTE, Event.ELEMENT)
"""After these the name follows."""
_OWN = (
    "",
    "http://www.w3.org/XML/1998/namespace",
    "http://www.w3.org/2001/XMLSchema-instance",
    "http://www.w3.org/2001/XMLSchema",
)


def events(*, ends: bool, starts: bool, attributes: bool) -> Events:
    """The second level of a state of an element with structure.

    `ends`: its end is declared there; `starts`: nothing of it has come yet; `attributes`: nothing but attributes has.
    """
    found = [] if ends else [Event.END]
    found += [Event.TYPE, Event.NIL] if starts else []
    found += [Event.ATTRIBUTE, Event.UNTYPED_ATTRIBUTE] if attributes else []
    return (*found, Event.ELEMENT, Event.TEXT)


def namespaces(of_schemas: set[str]) -> tuple[str, ...]:
    """The namespaces that the string table of a schema set begins with (EXI 7.3.1, appendix D)."""
    return (*_OWN, *sorted(of_schemas - {*_OWN}))

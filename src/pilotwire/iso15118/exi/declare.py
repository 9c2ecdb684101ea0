"""How a message of the vehicle's side is declared: typed structures that say order, occurrence, types and ranges once.

An `Element` subclass is one complex type of an XML schema: its fields in schema order, annotated with what a codec must know beyond the
Python type. Everything else (grammars, encoders, decoders, trees, XML) is built from these declarations.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Literal, dataclass_transform

import msgspec


@dataclass(frozen=True, slots=True)
class Namespace:
    """An XML namespace: its URI, the prefix we print, and whether local elements and attributes carry it."""

    uri: str
    prefix: str
    elements: bool = True
    attributes: bool = True


@dataclass(frozen=True, slots=True)
class Integer:
    """An integer from `low` to `high`, both included; None: no bound."""

    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A string; `least` and `most` count code points. Lengths do not change the encoding."""

    most: int | None = None
    least: int = 0


@dataclass(frozen=True, slots=True)
class Binary:
    """Bytes; `form` is how XML and trees write them, `least` and `most` count bytes. Lengths do not change the encoding."""

    form: Literal["base64", "hex"] = "base64"
    most: int | None = None
    least: int = 0


@dataclass(frozen=True, slots=True)
class Occurs:
    """How often an element comes: from `least` to `most` times; None: without end."""

    least: int
    most: int | None


class Role(Enum):
    """What a field is if it is not an element declared in place."""

    ATTRIBUTE = "attribute"
    TEXT = "text"
    REFERENCE = "reference"
    """A global element by reference: members of its substitution group may stand in its place."""


ATTRIBUTE = Role.ATTRIBUTE
TEXT = Role.TEXT
REFERENCE = Role.REFERENCE


class Wildcard(Enum):
    """An element of a foreign namespace (`xs:any`), once or without end. It has a place in the grammar; its content is not carried."""

    ONCE = "once"
    MANY = "many"


ANY = Wildcard.ONCE
ANY_MANY = Wildcard.MANY


@dataclass(frozen=True, slots=True)
class Group:
    """A content model: parts in sequence or to choose from. A part is a field's name, a group, or a wildcard."""

    kind: Literal["sequence", "choice"]
    parts: tuple[str | Group | Wildcard, ...]
    least: int = 1
    most: int | None = 1


def sequence(*parts: str | Group | Wildcard, least: int = 1, most: int | None = 1) -> Group:
    """Parts in this order."""
    return Group("sequence", parts, least, most)


def choice(*parts: str | Group | Wildcard, least: int = 1, most: int | None = 1) -> Group:
    """One of the parts."""
    return Group("choice", parts, least, most)


def optional(part: str) -> Group:
    """A field that may be left out, where a content model is written out: there the others must be present."""
    return Group("sequence", (part,), least=0)


@dataclass(frozen=True, slots=True)
class Declared:
    """What the schema says of a complex type.

    `element`: the global element of this type; `substitutes`: the class whose element it may stand for; `content` None: the elements
    among the fields, in their order.
    """

    namespace: Namespace
    type: str
    element: str | None = None
    substitutes: builtins.type[Element] | None = None
    abstract: bool = False
    mixed: bool = False
    content: Group | None = None


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Element(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """Base of every typed structure. Immutable; equal when all fields are equal; fields by keyword only.

    Python names are the standard's in snake case; `msgspec.structs.fields` tells the standard's own.
    """

    xsd: ClassVar[Declared]


@dataclass(frozen=True, slots=True)
class SimpleElement:
    """A global element without structure, as `ds:KeyName`. Messages never carry it alone, but it has a code in the grammars."""

    namespace: Namespace
    element: str

"""Valid instances of any declared structure of ISO 15118, made from its declaration alone: no table of examples to keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any

from pilotwire.iso15118.exi.declare import Binary, Element, Group, Integer, Role, Text, Wildcard
from pilotwire.iso15118.exi.schemas import SchemaSet
from pilotwire.iso15118.exi.shapes import Enumeration, Field, Value, by_name, fields

_ALPHABET = "aZ09 -_.:/#äß中\N{GRINNING FACE}\x7f\x80"
_DEEP = 4
"""From this depth on, what may be left out mostly is."""


class Impossible(Exception):
    """A structure that needs content of a foreign namespace, which is not carried."""


class Maker:
    """Makes instances. `chance` decides; `full` makes everything that may be there, and lists as long as they may be up to `longest`."""

    def __init__(self, schemas: SchemaSet, chance: Random, *, full: bool | None = None, longest: int = 3) -> None:
        self._schemas = schemas
        self._chance = chance
        self._full = full
        self._longest = longest

    def make(self, cls: type[Element], depth: int = 0) -> Element:
        """An instance. Raises Impossible."""
        counts = self._counts(cls, depth)
        alternatives = self._schemas.alternatives(cls)
        given: dict[str, Any] = {}
        for one in fields(cls):
            items = [self._value(one, alternatives, depth) for _ in range(counts[one.name])]
            if one.many:
                given[one.name] = items
            elif items:
                given[one.name] = items[0]
        return cls(**given)

    def _counts(self, cls: type[Element], depth: int) -> Counter[str]:
        """How often each field is there."""
        counts: Counter[str] = Counter()
        content = cls.xsd.content
        for one in fields(cls):
            if content is None or one.role is Role.ATTRIBUTE:
                counts[one.name] = self._times(one.least, one.most, depth)
        if content is not None:
            self._group(content, by_name(cls), counts, depth)
        return counts

    def _times(self, least: int, most: int | None, depth: int) -> int:
        upper = max(least, min(most if most is not None else self._longest, self._longest))
        if self._full is not None:
            return upper if self._full and depth <= _DEEP * 3 else least
        if depth >= _DEEP and self._chance.randrange(4):
            return least
        return self._chance.randint(least, upper)

    def _group(self, group: Group, named: Mapping[str, Field], counts: Counter[str], depth: int) -> None:
        possible = not any(isinstance(part, Wildcard) for part in group.parts)
        if group.kind == "sequence" and not possible:
            if group.least == 0:
                return
            raise Impossible
        for _ in range(self._times(group.least, group.most, depth)):
            parts = group.parts
            if group.kind == "choice":
                able = [part for part in group.parts if not isinstance(part, Wildcard)]
                if not able:
                    raise Impossible
                parts = (self._chance.choice(able),)
            for part in parts:
                self._part(part, named, counts, depth)

    def _part(self, part: str | Group | Wildcard, named: Mapping[str, Field], counts: Counter[str], depth: int) -> None:
        if isinstance(part, Group):
            self._group(part, named, counts, depth)
        elif isinstance(part, str):
            one = named[part]
            repeats = one.many and one.least > 0
            counts[part] += self._times(one.least, one.most, depth) if repeats else 1

    def _value(self, one: Field, alternatives: Mapping[str, tuple[type[Element], ...]], depth: int) -> Any:
        if one.struct is not None:
            members = [cls for cls in alternatives.get(one.name, (one.struct,)) if not cls.xsd.abstract]
            return self.make(self._chance.choice(members), depth + 1)
        assert one.value is not None
        return self.simple(one.value)

    def simple(self, value: Value) -> Any:
        """A value of a simple type."""
        chance = self._chance
        match value:
            case Enumeration(values):
                return chance.choice(values)
            case Integer(low, high):
                least = low if low is not None else -(1 << 170)
                most = high if high is not None else 1 << 170
                return chance.choice((least, most, max(least, min(0, most)), chance.randint(least, most)))
            case Text(most, least_):
                size = chance.choice((least_, min(most or 8, 8), most if most is not None and most < 300 else 8))
                return "".join(chance.choice(_ALPHABET) for _ in range(max(size, least_)))
            case Binary():
                size = max(value.least, min(value.most if value.most is not None else 8, chance.choice((0, 1, 8, 70))))
                return bytes(chance.randrange(256) for _ in range(size))
        return bool(chance.randrange(2))


def names_in_fragments(schemas: SchemaSet, cls: type[Element]) -> list[str]:
    """Under which names elements of this class may be fragments."""
    own = [cls.xsd.element] if cls.xsd.element else []
    held = {one.qname for of in schemas.classes for one in fields(of) if one.role is None and one.struct is cls}
    return [*own, *(f"{{{space}}}{local}" for local, space in sorted(held))]

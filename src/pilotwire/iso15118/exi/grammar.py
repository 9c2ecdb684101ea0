"""Content models as positions and what may follow each (EXI 8.5.4, as `strict` false makes them).

A position is a place at which something stands: an attribute, an element with its substitutes, text, a wildcard. After each position a list
of *productions* tells in schema order what may come: one code each. One code more is kept for the second level, so k productions take
ceil(log2(k + 1)) bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pilotwire.iso15118.exi.declare import ANY_MANY, Element, Group, Role, Wildcard
from pilotwire.iso15118.exi.shapes import Field, by_name, fields

END = -1
"""The production that ends an element."""
START = -2
"""The state before the first position."""


@dataclass(slots=True)
class Position:
    """A place in a content model. `field` None: a wildcard. `follow` holds positions' indexes and END."""

    index: int
    field: Field | None
    least: int
    most: int | None
    alternatives: int = 1
    follow: tuple[int, ...] = ()
    always: bool = False
    """Whether every instance passes here: it is required, and so is all that holds it."""


@dataclass(slots=True)
class Grammar:
    """The grammar of one class: its positions, and what may stand first."""

    cls: type[Element]
    positions: list[Position] = field(default_factory=list)
    first: tuple[int, ...] = ()
    loops: bool = False
    """Whether a group repeats, so that a position may be followed by an earlier one."""

    def after(self, state: int) -> tuple[int, ...]:
        """What may follow a position, not counting its own repetition."""
        return self.first if state == START else self.positions[state].follow

    def codes(self, following: Iterable[int]) -> list[tuple[int, int]]:
        """The productions of a state: (position or END, which of its alternatives); the code is the place in the list.

        Wildcards come after all elements with a name, wherever the schema has them (EXI 8.5.4.3).
        """
        return [
            (index, choice)
            for index in sorted(following, key=self._rank)
            for choice in range(1 if index == END else self.positions[index].alternatives)
        ]

    def _rank(self, index: int) -> int:
        return 2 if index == END else 1 if self.positions[index].field is None else 0

    def width(self, following: Iterable[int]) -> int:
        """How many bits a code takes in a state."""
        states = tuple(following)
        return (len(self.codes(states)) + self.has_text(states)).bit_length()

    def has_text(self, following: Iterable[int]) -> bool:
        """Whether text between elements (mixed content) has a code in a state: the one after all others."""
        return self.cls.xsd.mixed and any(one == END or not self._attribute(one) for one in following)

    def _attribute(self, index: int) -> bool:
        one = self.positions[index].field
        return one is not None and one.role is Role.ATTRIBUTE


def grammar(cls: type[Element], alternatives: Mapping[str, int]) -> Grammar:
    """The grammar of a class; `alternatives`: how many elements may stand at a field that is a reference, if more than one."""
    made = Grammar(cls)
    builder = _Builder(made, by_name(cls), alternatives)
    own = fields(cls)
    parts = [builder.place(one, one.least, one.most) for one in own if one.role is Role.ATTRIBUTE]
    if cls.xsd.content is not None:
        parts.append(builder.group(cls.xsd.content))
    else:
        parts += [builder.place(one, one.least, one.most) for one in own if one.role is not Role.ATTRIBUTE]
    root = _Node("sequence", 1, 1, parts)
    made.first = builder.link(root, (END,))
    _mark(root)
    return made


def _mark(node: _Node) -> None:
    """Set `always` on the positions that every instance passes."""
    if node.least == 0 or node.kind == "choice" or (node.most is None and node.position is None):
        return
    if node.position is not None:
        node.position.always = True
    for part in node.parts:
        _mark(part)


@dataclass(slots=True)
class _Node:
    kind: str
    least: int
    most: int | None
    parts: list[_Node] = field(default_factory=list)
    position: Position | None = None

    @property
    def nullable(self) -> bool:
        if self.least == 0:
            return True
        if self.kind == "sequence":
            return all(part.nullable for part in self.parts)
        if self.kind == "choice":
            return any(part.nullable for part in self.parts)
        return False


class _Builder:
    def __init__(self, made: Grammar, named: Mapping[str, Field], sizes: Mapping[str, int]) -> None:
        self._made = made
        self._named = named
        self._sizes = sizes

    def group(self, group: Group, repeated: bool = False) -> _Node:
        """The tree of a group. In a group that repeats a field stands once: the group repeats, not the field."""
        if group.most is None:
            self._made.loops = repeated = True
        return _Node(group.kind, group.least, group.most, [self._part(part, repeated) for part in group.parts])

    def _part(self, part: str | Group | Wildcard, repeated: bool) -> _Node:
        if isinstance(part, Group):
            return self.group(part, repeated)
        if isinstance(part, Wildcard):
            return self.place(None, 1, None if part is ANY_MANY else 1)
        one = self._named[part]
        if one.many and not repeated:
            return self.place(one, one.least, one.most)
        return self.place(one, 1, 1)

    def place(self, one: Field | None, least: int, most: int | None) -> _Node:
        """A position of its own for a field, or for a wildcard."""
        size = self._sizes.get(one.name, 1) if one else 1
        position = Position(len(self._made.positions), one, least, most, size)
        self._made.positions.append(position)
        return _Node("position", least, most, position=position)

    def link(self, node: _Node, after: tuple[int, ...]) -> tuple[int, ...]:
        """Set what follows each position under `node` if `after` follows the node; returns what may stand first, `after` if it is empty."""
        if node.position is not None:
            node.position.follow = after
            return _joined((node.position.index,), after if node.least == 0 else ())
        inner = after
        if node.most is None:
            inner = _joined(self._firsts(node), after)
        if node.kind == "choice":
            first: tuple[int, ...] = ()
            for part in node.parts:
                first = _joined(first, self.link(part, inner) if not part.nullable else self._linked(part, inner))
            if node.nullable:
                first = _joined(first, after)
            return first
        following = inner
        for part in reversed(node.parts):
            following = self.link(part, following)
        if node.least == 0:
            return _joined(self._firsts(node), after)
        return following

    def _linked(self, part: _Node, after: tuple[int, ...]) -> tuple[int, ...]:
        self.link(part, after)
        return self._firsts(part)

    def _firsts(self, node: _Node) -> tuple[int, ...]:
        """What may stand first in a node, without what follows it."""
        if node.position is not None:
            return (node.position.index,)
        found: tuple[int, ...] = ()
        for part in node.parts:
            found = _joined(found, self._firsts(part))
            if node.kind == "sequence" and not part.nullable:
                break
        return found


def _joined(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...]:
    return first + tuple(one for one in second if one not in first)

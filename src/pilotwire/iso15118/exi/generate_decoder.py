"""The source of decoders (see `generate`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pilotwire.iso15118.exi import second_level
from pilotwire.iso15118.exi.declare import Binary, Integer, Role, Text
from pilotwire.iso15118.exi.generate import READ, SHORT, Alternatives, Lines, NameOf
from pilotwire.iso15118.exi.grammar import END, START, Grammar, Position
from pilotwire.iso15118.exi.second_level import AFTER_VALUE, SIMPLE, Events
from pilotwire.iso15118.exi.shapes import Enumeration, Field, Flag, Value, counted

_REFUSED: Final = "refuse"


class DecoderSource(Lines):
    """The source of the decoder of one class, and the constants it needs."""

    def __init__(
        self,
        made: Grammar,
        alternatives: Alternatives,
        name_of: NameOf,
        number_of: Callable[[Field], int],
        loose: bool,
        spaces: tuple[str, ...],
    ) -> None:
        super().__init__(C=made.cls)
        self._grammar = made
        self._alternatives = alternatives
        self._name_of = name_of
        self._number_of = number_of
        self._loose = loose
        self._spaces = spaces
        self._zeros: list[Events] = []
        """The states whose only event has not been read yet: what each has on the second level."""
        starts = [0]
        for position in made.positions:
            starts.append(starts[-1] + position.alternatives)
        self._starts = starts
        self._end = starts[-1]

    def text(self, name: str) -> str:
        """The whole function."""
        self._initial_values()
        if self._grammar.loops:
            self._looping()
        else:
            self._event(START, self._grammar.first)
            for position in self._grammar.positions:
                self._block(position)
        self._flush()
        kept = {one.field.name for one in self._grammar.positions if one.field}
        arguments = ", ".join(f"{name}=f_{name}" for name in sorted(kept))
        self.add(f"return C({arguments}), r")
        return self.source(f"def {name}(v, r, t):")

    def _initial_values(self) -> None:
        for name, one in {p.field.name: p for p in self._grammar.positions if p.field}.items():
            assert one.field is not None
            if one.field.many:
                self.add(f"f_{name} = []")
            elif not one.always or self._grammar.loops:
                self.add(f"f_{name} = None")

    def _looping(self) -> None:
        self._event(START, self._grammar.first)
        self._flush()
        self.add("p = r")
        self.add("while True:")
        self.depth += 1
        self.add(f"if e == {self._end}:")
        self.add("    break")
        self._let_go()
        for position in self._grammar.positions:
            self._block(position, again=True)
        self.depth -= 1

    def _block(self, position: Position, again: bool = False) -> None:
        low = self._starts[position.index]
        high = self._starts[position.index + 1]
        if not position.always or again:
            self._flush()
            self.add(f"if e == {low}:" if high == low + 1 else f"if {low} <= e < {high}:")
            self.depth += 1
        if position.most == 1:
            self._value(position, low)
            self._event(position.index, position.follow)
        else:
            self._items(position, low)
        if not position.always or again:
            self._flush()
            if again:
                self.add("continue")
            self.depth -= 1

    def _items(self, position: Position, low: int) -> None:
        """One to many of the same: a loop of its own. The code for one more is gone after the last, unless the peer is read loosely."""
        self._flush()
        most = None if self._loose else position.most
        long = most is None or most > SHORT
        if long:
            self.add("p = r")
        self.add("while True:")
        self.depth += 1
        self._value(position, low)
        self._flush()
        if long:
            self._let_go()
        if position.least > 1:
            self.add(f"if len(f_{self._field(position).name}) < {position.least}:")
            self.depth += 1
            self._zeros = [second_level.events(ends=False, starts=False, attributes=False)]
            self._flush()
            self.add("continue")
            self.depth -= 1
        if most is not None:
            self.add(f"if len(f_{self._field(position).name}) == {most}:")
            self.depth += 1
            self._event(position.index, position.follow)
            self._flush()
            self.add("break")
            self.depth -= 1
        self._event(position.index, (position.index, *position.follow), always_named=True)
        self._flush()
        self.add(
            f"if not {low} <= e < {low + position.alternatives}:" if position.alternatives > 1 else f"if e != {low}:"
        )
        self.add("    break")
        self.depth -= 1

    def _let_go(self) -> None:
        self.add(f"if p - r > {READ}:")
        self.add("    v &= (1 << r) - 1")
        self.add("    p = r")

    @staticmethod
    def _field(position: Position) -> Field:
        assert position.field is not None
        return position.field

    def _second_level(self, state: int, following: tuple[int, ...]) -> Events:
        """What a state has beside what is declared."""
        last = self._grammar.positions[state].field if state != START else None
        attributes = state == START or (last is not None and last.role is Role.ATTRIBUTE)
        return second_level.events(ends=END in following, starts=state == START, attributes=attributes)

    def _event(self, state: int, following: tuple[int, ...], always_named: bool = False) -> None:
        """Read the code of the event that follows a position; `e` names it unless the next block is certain to run."""
        codes = self._grammar.codes(following)
        events = [self._end if index == END else self._starts[index] + choice for index, choice in codes]
        width = self._grammar.width(following)
        if len(events) == 1 and width == 1:
            self._zeros.append(self._second_level(state, following))
            only = codes[0][0]
            certain = only == END or (
                self._grammar.positions[only].always and self._grammar.positions[only].alternatives == 1
            )
            if always_named or self._grammar.loops or not certain:
                self._flush()
                self.add(f"e = {events[0]}")
            return
        self._read(width, "e")
        mixed = self._grammar.has_text(following)
        level, spaces = self.constant("S", self._second_level(state, following)), self.constant("U", self._spaces)
        self.add(f"if e >= {len(events)}:")
        self.add(f"    beyond(v, r, e - {len(events)}, {width}, {mixed}, {level}, {spaces})")
        if events == list(range(events[0], events[0] + len(events))):
            if events[0]:
                self.add(f"e += {events[0]}")
        else:
            table = self.constant("E", tuple(events))
            self.add(f"e = {table}[e]")

    def _flush(self) -> None:
        if self._zeros:
            states = self._taken_zeros()
            n = len(states)
            self.add(f"r -= {n}")
            self.add(f"if v >> r & {(1 << n) - 1}:")
            self._astray(f"v >> r & {(1 << n) - 1}", 0, states)

    def _taken_zeros(self) -> tuple[Events, ...]:
        states, self._zeros = tuple(self._zeros), []
        return states

    def _astray(self, read: str, rest: int, states: tuple[Events, ...]) -> None:
        known, spaces = self.constant("Z", states), self.constant("U", self._spaces)
        self.add(f"    astray(v, r, {read}, {rest}, {known}, {spaces})")

    def _read(self, n: int, name: str = "x") -> None:
        """Read n bits and the zeros before them."""
        states = self._taken_zeros()
        zeros = len(states)
        if n + zeros == 0:
            self.add(f"{name} = 0")
            return
        self.add(f"r -= {n + zeros}")
        self.add(f"{name} = v >> r & {(1 << (n + zeros)) - 1}")
        if zeros:
            self.add(f"if {name} > {(1 << n) - 1}:")
            self._astray(name, n, states)

    def _value(self, position: Position, low: int) -> None:
        one = position.field
        if one is None:
            self._flush()
            self.add(f"foreign(v, r, {self.constant('U', self._spaces)})")
            return
        target = f"f_{one.name}"
        result = "y" if one.many else target
        if position.alternatives > 1:
            self._flush()
            chosen = self.constant("A", tuple(self._name_of(cls) for cls in self._alternatives[one.name]))
            self.add(f"{result}, r = G[{chosen}[e - {low}]](v, r, t)")
        elif one.struct is not None:
            self._flush()
            self.add(f"{result}, r = {self._name_of(one.struct)}(v, r, t)")
        else:
            assert one.value is not None
            self._simple(one, one.value, result)
        if one.many:
            self.add(f"{target}.append(y)")

    def _simple(self, one: Field, value: Value, result: str) -> None:
        element = one.role in (None, Role.REFERENCE)
        match value:
            case Text():
                self._read(9 if element else 8)
                function = "text" if element else "text_value"
                self.add(f"{result}, r = {function}(v, r, x, t, {self._number_of(one)})")
                return
            case Binary():
                self._read(9 if element else 8)
                self.add(f"{result}, r = {'data' if element else 'data_value'}(v, r, x)")
                return
        if element:
            self._zeros.append(SIMPLE)
        match value:
            case Flag():
                self._read(1)
                self.add(f"{result} = x == 1")
            case Enumeration(values):
                width = (len(values) - 1).bit_length()
                table = self.constant("V", values)
                self._read(width)
                if len(values) != 1 << width:
                    self.add(f"if x >= {len(values)}:")
                    self.add(f"    {_REFUSED}(1, r, 0, {width - 1})")
                self.add(f"{result} = {table}[x]")
            case Integer():
                self._integer(value, result)
        if element:
            self._zeros.append(AFTER_VALUE)

    def _integer(self, value: Integer, result: str) -> None:
        size = counted(value)
        if size is not None:
            width = (size - 1).bit_length()
            self._read(width)
            if size != 1 << width:
                self.add(f"if x >= {size}:")
                self.add(f"    {_REFUSED}(1, r, 0, {width - 1})")
            self.add(f"{result} = x + {value.low}" if value.low else f"{result} = x")
            return
        signed = value.low is None or value.low < 0
        self._read(9 if signed else 8)
        if signed:
            self.add("g = x & 255")
            self.add("if g > 127:")
            self.add("    g, r = more(v, r, g)")
            self.add(f"{result} = -1 - g if x > 255 else g")
        else:
            self.add("if x > 127:")
            self.add("    x, r = more(v, r, x)")
            self.add(f"{result} = x")
        if value.low is not None and (signed or value.low > 0):
            self.add(f"if {result} < {value.low}:")
            self.add(f"    {_REFUSED}(0, r, 0, 0)")
        if value.high is not None:
            self.add(f"if {result} > {value.high}:")
            self.add(f"    {_REFUSED}(0, r, 0, 0)")

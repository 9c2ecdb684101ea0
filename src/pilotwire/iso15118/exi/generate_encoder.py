"""The source of encoders (see `generate`)."""

from __future__ import annotations

from typing import Final

from pilotwire.iso15118.exi.declare import Binary, Integer, Role, Text
from pilotwire.iso15118.exi.generate import SHORT, Alternatives, Lines, NameOf
from pilotwire.iso15118.exi.grammar import END, START, Grammar, Position
from pilotwire.iso15118.exi.shapes import Enumeration, Field, Flag, Value, counted

_BITS: Final = {False: 0, True: 1}


class EncoderSource(Lines):
    """The source of the encoder of one class, and the constants it needs."""

    def __init__(self, made: Grammar, alternatives: Alternatives, name_of: NameOf) -> None:
        super().__init__(C=made.cls, B=_BITS)
        self._grammar = made
        self._alternatives = alternatives
        self._name_of = name_of
        self._bits = (0, 0)
        self._full = len(made.positions)
        """A position that holds as many as it may is a state of its own: its number plus this."""

    def text(self, name: str) -> str:
        """The whole function."""
        self.add("if type(o) is not C:")
        self.add('    raise Unwritable("it is of another type")')
        states = {START}
        for position in self._grammar.positions:
            if position.field is not None:
                states = self._block(position, states)
        self._transition(states, END, 0)
        self.add(f"return {self._flushed()}")
        return self.source(f"def {name}(o, a):")

    def _block(self, position: Position, before: set[int]) -> set[int]:
        one = position.field
        assert one is not None
        here = {position.index}
        if one.many:
            return self._items(position, one, before)
        repeated = sum(p.field is one for p in self._grammar.positions) > 1
        if position.always:
            self.add(f"x = o.{one.name}")
            self._write(position, one, before)
            return here
        self._flush()
        self._remember(before)
        self.add(f"x = o.{one.name}")
        self.add(f"if x is not None{f' and b in {self._table(position.index)}' if repeated else ''}:")
        self.depth += 1
        self._write(position, one, before)
        self._flush()
        self.add(f"b = {position.index}")
        self.depth -= 1
        return before | here

    def _items(self, position: Position, one: Field, before: set[int]) -> set[int]:
        self._flush()
        self._remember(before)
        if one.value is not None:
            self.add(f"if type(o.{one.name}) not in L:")
            self.add(f'    raise Unwritable("{one.local} is no list")')
        looping = position.most == 1
        after = {position.index}
        if position.most not in (None, 1):
            self.add(f"if len(o.{one.name}) > {position.most}:")
            self.add(f'    raise Unwritable("{one.local} occurs more than {position.most} times")')
            after.add(position.index + self._full)
        if position.least and not looping:
            self.add(f"if len(o.{one.name}) < {position.least}:")
            self.add(f'    raise Unwritable("{one.local} occurs less than {position.least} times")')
        long = position.most is None or position.most > SHORT or looping
        if long:
            self.add("h = a")
            self.add("a = 1")
        simple = position.least > 1
        self.add(f"for n, x in enumerate(o.{one.name}):" if simple else f"for x in o.{one.name}:")
        self.depth += 1
        if simple:
            self.add(f"if 0 < n < {position.least}:")
            self.add(f"    b = {position.index + 2 * self._full}")
        self._write(position, one, before | after, dynamic=True)
        self._flush()
        self.add(f"b = {position.index}")
        if long:
            self.add("if a > M:")
            self.depth += 1
            self._put_away()
            self.add("a = 1")
            self.depth -= 1
        self.depth -= 1
        if long:
            self._put_away()
            self.add("a = h")
        if position.most not in (None, 1):
            self.add(f"if len(o.{one.name}) == {position.most}:")
            self.add(f"    b = {position.index + self._full}")
        return after if position.least and not looping else before | after

    def _put_away(self) -> None:
        """Join the items of a list to what was before it: the longer an integer, the slower it grows by a few bits."""
        self.add("m = a.bit_length() - 1")
        self.add("h = h << m | a ^ 1 << m")

    def _remember(self, before: set[int]) -> None:
        """Make sure that `b` tells the state, where only one is possible and none has said it."""
        if len(before) == 1:
            self.add(f"b = {next(iter(before))}")

    def _write(self, position: Position, one: Field, before: set[int], dynamic: bool = False) -> None:
        if position.alternatives > 1:
            index = self.constant("A", {cls: n for n, cls in enumerate(self._alternatives[one.name])})
            functions = self.constant("F", tuple(self._name_of(cls) for cls in self._alternatives[one.name]))
            self.add(f"c = {index}[type(x)]")
            self._transition(before, position.index, None, dynamic)
            self.add(f"a = G[{functions}[c]](x, {self._flushed()})")
            return
        self._transition(before, position.index, 0, dynamic)
        if one.struct is not None:
            self.add(f"a = {self._name_of(one.struct)}(x, {self._flushed()})")
            return
        assert one.value is not None
        element = one.role in (None, Role.REFERENCE)
        if element:
            self._constant_bits(1, 0)
        self._simple(one.value)
        if element:
            self._constant_bits(1, 0)

    def _code(self, state: int, position: int) -> tuple[int, int] | None:
        """Width and code with which a position follows a state; None: it cannot. Alternatives count on from the code."""
        made = self._grammar
        if state >= 2 * self._full:
            return (1, 0) if position == state - 2 * self._full else None
        if state >= self._full:
            following = made.positions[state - self._full].follow
        elif state != START and made.positions[state].most != 1:
            following = (state, *made.positions[state].follow)
        else:
            following = made.after(state)
        codes = made.codes(following)
        if (position, 0) not in codes:
            return None
        return made.width(following), codes.index((position, 0))

    def _table(self, position: int) -> str:
        states = [START, *range(3 * self._full)]
        table = {}
        for state in states:
            if state >= self._full and self._grammar.positions[state % self._full].most in (None, 1):
                continue
            code = self._code(state, position)
            if code is not None:
                table[state] = code
        return self.constant("T", table)

    def _transition(self, before: set[int], position: int, choice: int | None, dynamic: bool = False) -> None:
        """Write the event that leads to a position. `choice` None: the alternative is in `c`."""
        codes = {self._code(state, position) for state in before}
        if not dynamic and len(codes) == 1 and (code := next(iter(codes))) is not None:
            width, number = code
            if choice is None:
                self._value_bits(width, f"c + {number}" if number else "c")
            else:
                self._constant_bits(width, number)
            return
        self._flush()
        self.add(f"w, k = {self._table(position)}[b]")
        self.add("a = a << w | k" if choice is not None else "a = a << w | k + c")

    def _constant_bits(self, width: int, number: int) -> None:
        n, bits_ = self._bits
        self._bits = n + width, bits_ << width | number

    def _value_bits(self, width: int, expression: str) -> None:
        n, bits_ = self._bits
        self._bits = 0, 0
        shifted = bits_ << width
        self.add(f"a = a << {n + width} | {f'{shifted} | ' if shifted else ''}({expression})")

    def _flushed(self) -> str:
        n, bits_ = self._bits
        self._bits = 0, 0
        return "a" if n == 0 else f"a << {n} | {bits_}" if bits_ else f"a << {n}"

    def _flush(self) -> None:
        if self._bits[0]:
            self.add(f"a = {self._flushed()}")

    def _simple(self, value: Value) -> None:
        match value:
            case Text():
                self.add(f"a = add_text({self._flushed()}, x)")
            case Binary():
                self.add(f"a = add_data({self._flushed()}, x)")
            case Flag():
                self._value_bits(1, "B[x]")
            case Enumeration(values):
                table = self.constant("V", {one: n for n, one in enumerate(values)})
                self._value_bits((len(values) - 1).bit_length(), f"{table}[x]")
            case Integer():
                self._integer(value)

    def _integer(self, value: Integer) -> None:
        size = counted(value)
        if size is not None:
            self.add(f"if not {value.low} <= x <= {value.high}:")
            self.add('    raise Unwritable(f"{x} is out of range")')
            self._value_bits((size - 1).bit_length(), f"x - {value.low}" if value.low else "x")
        elif value.low is None or value.low < 0:
            self.add(f"a = add_signed({self._flushed()}, x, {value.low}, {value.high})")
        else:
            if value.low:
                self.add(f"if x < {value.low}:")
                self.add('    raise Unwritable(f"{x} is out of range")')
            self.add(f"a = add_unsigned({self._flushed()}, x, {value.high})")

"""Values as bits: what the generated encoders and decoders call where a line of their own would not do.

A stream being read is one integer `v` of all its bits and `r`, the number of bits left; reading n bits is `r -= n; v >> r & mask`, and
reading past the end is a shift by a negative count, which Python refuses. A stream being written is one integer that begins with the one
bit of the EXI header, so that its length is never lost.
"""

from __future__ import annotations

from typing import NoReturn

from pilotwire.iso15118.exi.second_level import AFTER_VALUE, NAMED, SIMPLE, Events


class Strings(list[tuple[int, str]]):
    """The string table: each literal with the number of its element or attribute, in the order of the stream (EXI 7.3).

    Almost no peer sends hits: what belongs to which name is only sorted when one comes.
    """

    __slots__ = ("_by_number", "_sorted")

    def __init__(self) -> None:
        self._by_number: dict[int, list[str]] = {}
        self._sorted = 0

    def of(self, number: int) -> list[str]:
        """The literals of one name."""
        while self._sorted < len(self):
            name, literal = self[self._sorted]
            self._by_number.setdefault(name, []).append(literal)
            self._sorted += 1
        return self._by_number.get(number, [])


_FOREIGN = "an event that the schema does not have here"
_MOST_GROUPS = 160
"""Groups of seven bits in one integer: more than any serial number of a certificate needs (RFC 5280: 20 octets)."""
_MOST_NAME = 200
"""Characters of a name that is told."""
_MOST_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


class Unreadable(Exception):
    """Raised inside a decoder; `left` is how many bits were left at the fault."""

    def __init__(self, reason: str, left: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.left = left


class Unwritable(Exception):
    """Raised inside an encoder."""


def refuse(x: int, r: int, n: int, k: int) -> NoReturn:
    """The n upper ones of n + k bits `x`, read with `r` bits left after them, should have been zero: say which one was not."""
    wrong = (x >> k).bit_length() or 1
    raise Unreadable(_FOREIGN if n else "a value out of range", r + k + wrong)


def astray(v: int, r: int, x: int, k: int, states: tuple[Events, ...], spaces: tuple[str, ...]) -> NoReturn:
    """The same where each of the upper bits was the code of an event without alternative: say what the second level has there."""
    wrong = (x >> k).bit_length()
    left = r + k + wrong
    raise Unreadable(_second_level(v, left - 1, states[len(states) - wrong], spaces), left)


def beyond(v: int, r: int, over: int, n: int, mixed: bool, state: Events, spaces: tuple[str, ...]) -> NoReturn:
    """A code of n bits was `over` more than the declared ones of its state go: say what it is. `mixed`: text may stand there."""
    if mixed and over == 0:
        raise Unreadable(f"{_FOREIGN}: text between elements, which the schema allows and which is not carried", r + n)
    if over > mixed:
        raise Unreadable(_FOREIGN, r + n)
    raise Unreadable(_second_level(v, r, state, spaces), r + n)


def foreign(v: int, r: int, spaces: tuple[str, ...]) -> NoReturn:
    """An element at a place that the schema leaves to other schemas: say which."""
    name = _name(v, r, spaces)
    raise Unreadable(f"the element {name} where the schema allows any (xs:any): such content is not carried", r)


def _second_level(v: int, r: int, state: Events, spaces: tuple[str, ...]) -> str:
    width = (len(state) - 1).bit_length()
    r -= width
    code = v >> r & (1 << width) - 1 if r >= 0 else len(state)
    if code >= len(state):
        return _FOREIGN
    event = state[code]
    return f"{_FOREIGN}: {event.value}" + (f", {_name(v, r, spaces)}" if event in NAMED else "")


def _name(v: int, r: int, spaces: tuple[str, ...]) -> str:
    """The name that stands in a stream, as {namespace}name; as far as it can be told without the string table of all names (EXI 7.1.7)."""
    try:
        width = len(spaces).bit_length()
        r -= width
        index = v >> r & (1 << width) - 1
        space, r = _literal(v, r, 0) if index == 0 else (spaces[index - 1], r)
        local, _ = _literal(v, r, 1)
    except (Unreadable, IndexError, ValueError):
        return "whose name cannot be read"
    name = f"{{{space}}}{local or '(a name of its schema)'}"
    return name if name.isprintable() else "whose name cannot be read"


def _literal(v: int, r: int, extra: int) -> tuple[str, int]:
    """A string whose length is written with so much more; "" for a hit."""
    r -= 8
    n = v >> r & 255
    if n > 127:
        n, r = more(v, r, n)
    n -= extra
    if n > r // 8 or n > _MOST_NAME:
        raise Unreadable("a name that is too long", r)
    return _characters(v, r, n) if n > 0 else ("", r)


# --- reading ---------------------------------------------------------------------------------------------------------------------


def more(v: int, r: int, x: int) -> tuple[int, int]:
    """The rest of an unsigned integer whose first group `x` said that more follow (EXI 7.1.6)."""
    x &= 127
    shift = 7
    while True:
        r -= 8
        group = v >> r & 255
        x |= (group & 127) << shift
        if group < 128:
            return x, r
        shift += 7
        if shift > 7 * _MOST_GROUPS:
            raise Unreadable("an integer without end", r)


def text(v: int, r: int, x: int, t: Strings, q: int) -> tuple[str, int]:
    """A string element from its CH event on, whose first nine bits are `x`, with its end; an undeclared end makes it empty."""
    if x > 255:
        if x >> 5 & 7:
            raise Unreadable(_second_level(v, r + 8, SIMPLE, ()), r + 9)
        return "", r + 5
    s, r = text_value(v, r, x, t, q)
    r -= 1
    if v >> r & 1:
        raise Unreadable(_second_level(v, r, AFTER_VALUE, ()), r + 1)
    return s, r


def text_value(v: int, r: int, x: int, t: Strings, q: int) -> tuple[str, int]:
    """A string whose first eight bits are `x`: a literal, or a hit in the string table."""
    if x > 127:
        x, r = more(v, r, x)
    n = x - 2
    if n > 0:
        end = r - 8 * n
        if end < 0:
            raise Unreadable(f"a string of {n} characters that is longer than the stream", r)
        raw = (v >> end & (1 << 8 * n) - 1).to_bytes(n, "big")
        if raw.isascii():
            s = raw.decode("ascii")
            r = end
        else:
            s, r = _characters(v, r, n)
        t.append((q, s))
        return s, r
    if n == 0:
        return "", r
    own = t.of(q) if x == 0 else None
    size = len(t) if own is None else len(own)
    if not size:
        raise Unreadable("a hit in an empty string table", r)
    width = (size - 1).bit_length()
    r -= width
    index = v >> r & (1 << width) - 1
    if index >= size:
        raise Unreadable("a hit beyond the string table", r + width)
    return t[index][1] if own is None else own[index], r


def _characters(v: int, r: int, n: int) -> tuple[str, int]:
    characters = []
    for place in range(n):
        if not place & 511:
            v &= (1 << r) - 1  # a long stream is slow to shift: what was read is let go
        r -= 8
        point = v >> r & 255
        if point > 127:
            point, r = more(v, r, point)
        if point > _MOST_CODE_POINT or point in _SURROGATES:
            raise Unreadable("a character that Unicode does not have", r)
        characters.append(chr(point))
    return "".join(characters), r


def data(v: int, r: int, x: int) -> tuple[bytes, int]:
    """A binary element from its CH event on, whose first nine bits are `x`, with its end; an undeclared end makes it empty."""
    if x > 255:
        if x >> 5 & 7:
            raise Unreadable(_second_level(v, r + 8, SIMPLE, ()), r + 9)
        return b"", r + 5
    b, r = data_value(v, r, x)
    r -= 1
    if v >> r & 1:
        raise Unreadable(_second_level(v, r, AFTER_VALUE, ()), r + 1)
    return b, r


def data_value(v: int, r: int, x: int) -> tuple[bytes, int]:
    """Bytes whose number's first eight bits are `x`."""
    if x > 127:
        x, r = more(v, r, x)
    end = r - 8 * x
    if end < 0:
        raise Unreadable(f"{x} bytes that are longer than the stream", r)
    return (v >> end & (1 << 8 * x) - 1).to_bytes(x, "big"), end


# --- writing ---------------------------------------------------------------------------------------------------------------------


def add_unsigned(a: int, x: int, high: int | None = None) -> int:
    """An unsigned integer (EXI 7.1.6)."""
    if x < 0 or (high is not None and x > high):
        raise Unwritable(f"{x} is out of range")
    while x > 127:
        a = a << 8 | 128 | x & 127
        x >>= 7
    return a << 8 | x


def add_signed(a: int, x: int, low: int | None = None, high: int | None = None) -> int:
    """An integer: its sign, then its size, one less if it is negative (EXI 7.1.5)."""
    if (low is not None and x < low) or (high is not None and x > high):
        raise Unwritable(f"{x} is out of range")
    return add_unsigned(a << 1, x) if x >= 0 else add_unsigned(a << 1 | 1, -x - 1)


def add_text(a: int, s: str) -> int:
    """A string, always as a literal (EXI 7.1.10)."""
    n = len(s)
    a = add_unsigned(a, n + 2)
    if s.isascii():
        return a << 8 * n | int.from_bytes(s.encode("ascii"), "big")
    for character in s:
        point = ord(character)
        if point in _SURROGATES:
            raise Unwritable("it has a character that Unicode does not have")
        a = add_unsigned(a, point)
    return a


def add_data(a: int, b: bytes) -> int:
    """Bytes, their number first (EXI 7.1.1)."""
    n = len(b)
    return add_unsigned(a, n) << 8 * n | int.from_bytes(b, "big")

"""Functions as Python source, made from grammars: what the source of decoders and of encoders has in common.

A decoder is `d(v, r, t) -> (structure, r)`, an encoder `e(o, a) -> a` (see `bits`). Positions are walked in the order of the schema: each
is a block that runs if it is the next. Bits that can only be zero (an event without alternative) are not read one by one but checked
together with the value that follows them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from pilotwire.iso15118.exi import bits
from pilotwire.iso15118.exi.declare import Element

Alternatives = Mapping[str, tuple[type[Element], ...]]
"""Of each field that is a reference to the head of a substitution group: the classes that may stand there, by their codes."""
NameOf = Callable[[type[Element]], str]
"""Under which global name the function of another class is found."""
READ: Final = 4096
"""After so many bits a list lets go what was read, or puts away what was written: the longer an integer, the slower are its shifts."""
SHORT: Final = 32
"""Lists of at most so many items need not."""


class Lines:
    """Source being written, and the constants it needs."""

    def __init__(self, **constants: Any) -> None:
        self.lines: list[str] = []
        self.depth = 1
        self.constants: dict[str, Any] = constants

    def add(self, line: str) -> None:
        """Write a line, as deep as we are."""
        self.lines.append("    " * self.depth + line)

    def source(self, head: str) -> str:
        """The whole function."""
        return "\n".join([head, *self.lines]) + "\n"

    def constant(self, kind: str, value: Any) -> str:
        """The name of a constant, which is kept once; `kind` is its first letter."""
        for name, known in self.constants.items():
            if name.startswith(kind) and known == value:
                return name
        name = f"{kind}{len(self.constants)}"
        self.constants[name] = value
        return name


GLOBALS: dict[str, Any] = {
    "L": frozenset((list, tuple)),
    "M": 1 << READ,
    "refuse": bits.refuse,
    "astray": bits.astray,
    "beyond": bits.beyond,
    "foreign": bits.foreign,
    "more": bits.more,
    "text": bits.text,
    "text_value": bits.text_value,
    "data": bits.data,
    "data_value": bits.data_value,
    "Unreadable": bits.Unreadable,
    "Unwritable": bits.Unwritable,
    "add_text": bits.add_text,
    "add_data": bits.add_data,
    "add_unsigned": bits.add_unsigned,
    "add_signed": bits.add_signed,
}
"""What every generated function may call."""

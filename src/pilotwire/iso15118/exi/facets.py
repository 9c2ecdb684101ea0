"""What a schema asks of values that their bytes do not show: lengths, and how long a list may be.

Decoding is lenient there on purpose: a certificate that is too long is easier to find as "too long" than as a stream that cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pilotwire.iso15118.exi.declare import Binary, Element, Text
from pilotwire.iso15118.exi.shapes import Field, fields, name_of


@dataclass(frozen=True, slots=True)
class Violation:
    """A value that breaks a facet: the path of its element or attribute, and what the schema allows."""

    path: str
    reason: str

    def __str__(self) -> str:
        """A sentence for logs and findings."""
        return f"{self.path}: {self.reason}."


def violations(message: Element) -> list[Violation]:
    """All breaches in a message, in the order of its elements; none: an empty list."""
    return list(_in_struct(message, message.xsd.element or type(message).__name__))


def _in_struct(message: Element, path: str) -> Iterator[Violation]:
    for one in fields(type(message)):
        content = getattr(message, one.name)
        if content is None:
            continue
        if one.many:
            yield from _in_list(one, content, path)
        else:
            yield from _in_item(one, content, f"{path}/{name_of(one, content)}")


def _in_list(one: Field, items: list[object], path: str) -> Iterator[Violation]:
    if one.most is not None and len(items) > one.most:
        yield Violation(f"{path}/{one.local}", f"it occurs {len(items)} times, at most {one.most} are allowed")
    for place, item in enumerate(items):
        yield from _in_item(one, item, f"{path}/{name_of(one, item)}[{place}]")


def _in_item(one: Field, item: object, path: str) -> Iterator[Violation]:
    if isinstance(item, Element):
        yield from _in_struct(item, path)
    elif isinstance(one.value, Text | Binary) and isinstance(item, str | bytes):
        wrong = _wrong_length(len(item), one.value)
        if wrong:
            yield Violation(path, wrong)


def _wrong_length(length: int, value: Text | Binary) -> str:
    if value.least <= length and (value.most is None or length <= value.most):
        return ""
    unit = "characters" if isinstance(value, Text) else "bytes"
    if value.least == value.most:
        allowed = f"exactly {value.least}"
    elif value.most is None or length < value.least:
        allowed = f"at least {value.least}"
    else:
        allowed = f"at most {value.most}"
    return f"it has {length} {unit}, {allowed} are allowed"

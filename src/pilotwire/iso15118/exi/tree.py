"""Messages as trees of plain values, as JSON has them, and back.

One key is the local name of the root. An element with children is an object with local names as keys, attributes among them; text beside
attributes is `value`. An element that may occur more than once, itself or its group, is always a list. Base64 as text, hexBinary in upper
case.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from typing import Any

from pilotwire.iso15118.exi.declare import Binary, Element
from pilotwire.iso15118.exi.errors import TreeError
from pilotwire.iso15118.exi.explain import wrong_value
from pilotwire.iso15118.exi.schemas import SchemaSet
from pilotwire.iso15118.exi.shapes import Field, fields, name_of

Tree = dict[str, Any]


def to_tree(schemas: SchemaSet, message: Element, name: str | None = None) -> Tree:
    """The tree of a message or an element; `name` where its class has no global element."""
    return {name or message.xsd.element or type(message).__name__: _object(message)}


def from_tree(schemas: SchemaSet, tree: Tree, cls: type[Element] | None = None) -> Element:
    """The message of a tree; `cls` where its root is not a global element. Raises TreeError, which names the element."""
    if not isinstance(tree, dict) or len(tree) != 1:
        raise TreeError("a tree has one root element", "the tree")
    ((name, content),) = tree.items()
    found = cls or schemas.root(name)
    if found is None or found.xsd.abstract:
        raise TreeError(f"it is no root element of {schemas.name}", name)
    return _struct(schemas, found, content, name)


def _object(message: Element) -> Tree:
    made: Tree = {}
    for one in fields(type(message)):
        content = getattr(message, one.name)
        if content is None or (one.many and not content):
            continue
        items = content if one.many else [content]
        for item in items:
            key = name_of(one, item)
            plain = _object(item) if one.struct is not None else plain_value(one, item)
            if one.many:
                made.setdefault(key, []).append(plain)
            else:
                made[key] = plain
    return made


def plain_value(one: Field, item: Any) -> Any:
    """A simple value as trees have it: bytes as text, everything else as it is."""
    if isinstance(one.value, Binary):
        return item.hex().upper() if one.value.form == "hex" else b64encode(item).decode()
    return item


def _struct(schemas: SchemaSet, cls: type[Element], content: Any, path: str) -> Element:
    if not isinstance(content, dict):
        raise TreeError("it has children and must be an object", path)
    members = schemas.alternatives(cls)
    given: dict[str, Any] = {}
    left = dict(content)
    for one in fields(cls):
        for key, struct in _keys(one, members.get(one.name)):
            if key not in left:
                continue
            raw = left.pop(key)
            if one.many:
                if not isinstance(raw, list):
                    raise TreeError("it may occur more than once and must be a list", f"{path}/{key}")
                given.setdefault(one.name, []).extend(
                    _value(schemas, one, struct, item, f"{path}/{key}[{n}]") for n, item in enumerate(raw)
                )
            elif one.name in given:
                raise TreeError("another element already stands in its place", f"{path}/{key}")
            else:
                given[one.name] = _value(schemas, one, struct, raw, f"{path}/{key}")
    if left:
        raise TreeError(f"{cls.xsd.type} has no such element or attribute", f"{path}/{next(iter(left))}")
    for one in fields(cls):
        if one.name not in given and one.least and not one.many:
            raise TreeError("it is missing", f"{path}/{one.local}")
        if one.many and not one.least <= len(given.setdefault(one.name, [])):
            raise TreeError(
                f"it occurs {len(given[one.name])} times, at least {one.least} are needed", f"{path}/{one.local}"
            )
    return cls(**given)


def _keys(one: Field, members: tuple[type[Element], ...] | None) -> list[tuple[str, type[Element] | None]]:
    if members is None:
        return [(one.local, one.struct)]
    return [(cls.xsd.element or "", cls) for cls in members]


def _value(schemas: SchemaSet, one: Field, struct: type[Element] | None, raw: Any, path: str) -> Any:
    if struct is not None:
        return _struct(schemas, struct, raw, path)
    assert one.value is not None
    content = raw
    if isinstance(one.value, Binary):
        if not isinstance(raw, str):
            raise TreeError(f"it must be {'hexadecimal digits' if one.value.form == 'hex' else 'base64 text'}", path)
        try:
            content = bytes.fromhex(raw) if one.value.form == "hex" else b64decode(raw, validate=True)
        except (ValueError, binascii.Error):
            raise TreeError(f"it is not {'hexadecimal' if one.value.form == 'hex' else 'base64'}", path) from None
    wrong = wrong_value(one.value, content)
    if wrong:
        raise TreeError(wrong, path)
    return content

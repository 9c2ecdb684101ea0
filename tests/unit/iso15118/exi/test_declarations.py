"""The declared structures are the official schemas: every type, element, occurrence, range and length, against a table of those."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pilotwire.iso15118 import din, iso2, sap, xmldsig
from pilotwire.iso15118.exi.declare import Binary, Element, Group, Integer, Role, SimpleElement, Text, Wildcard
from pilotwire.iso15118.exi.shapes import Enumeration, Field, Value, by_name, fields
from pilotwire.iso15118.iso20 import ac, acdp, common_messages, common_types, dc, wpt

TABLE = json.loads((Path(__file__).parents[3] / "vectors/iso15118/declarations.json").read_text(encoding="utf-8"))
"""As the schemas say it: `name: kind range occurrence`, `->name` a reference to a global element, groups as lists."""
PREFIXES = {uri: prefix for room in TABLE.values() for prefix, uri in room["namespaces"].items()}
MODULES: dict[str, ModuleType] = {
    "SAP": sap,
    "DIN": din,
    "ISO2": iso2,
    "XMLDSIG": xmldsig,
    "COMMON_TYPES": common_types,
    "ISO20_COMMON": common_messages,
    "ISO20_AC": ac,
    "ISO20_DC": dc,
    "ISO20_ACDP": acdp,
    "ISO20_WPT": wpt,
}


def _declared(module: ModuleType) -> list[type[Element]]:
    found = [one for one in vars(module).values() if isinstance(one, type) and issubclass(one, Element)]
    return [one for one in found if one.__module__ == module.__name__]


def _type_name(cls: type[Element]) -> str:
    return f"{PREFIXES[cls.xsd.namespace.uri]}:{cls.xsd.type}"


def _element_name(cls: type[Element]) -> str:
    return f"{PREFIXES[cls.xsd.namespace.uri]}:{cls.xsd.element}"


def _simple(value: Value) -> str:
    match value:
        case Integer(low, high):
            return f"int {'' if low is None else low}..{'' if high is None else high}"
        case Text(most, least):
            return f"string {least}..{'' if most is None else most}"
        case Binary(form, most, least):
            return f"{form} {least}..{'' if most is None else most}"
        case Enumeration(values):
            return "enum " + "|".join(values)
    return "bool"


def _occurs(least: int, most: int | None) -> str:
    return "" if (least, most) == (1, 1) else f" {least}..{'' if most is None else most}"


def _field(one: Field, least: int, most: int | None) -> str:
    prefix = f"{PREFIXES[one.namespace.uri]}:" if one.namespace else ""
    if one.role is Role.REFERENCE:
        return f"->{prefix}{one.local}{_occurs(least, most)}"
    kind = f"type {_type_name(one.struct)}" if one.struct else _simple(one.value or Text())
    return f"{prefix}{one.local}: {kind}{_occurs(least, most)}"


def _group(cls: type[Element], group: Group, repeated: bool) -> list[Any]:
    repeated = repeated or group.most is None
    made: list[Any] = [group.kind + _occurs(group.least, group.most)]
    for part in group.parts:
        if isinstance(part, Group):
            made.append(_group(cls, part, repeated))
        elif isinstance(part, Wildcard):
            made.append("any" + _occurs(1, None if part is Wildcard.MANY else 1))
        else:
            one = by_name(cls)[part]
            many = one.many and not repeated
            made.append(_field(one, one.least if many else 1, one.most if many else 1))
    return made


def _ours(cls: type[Element]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    own = fields(cls)
    if cls.xsd.abstract:
        made["abstract"] = True
    if cls.xsd.mixed:
        made["mixed"] = True
    attributes = [_field(one, one.least, one.most) for one in own if one.role is Role.ATTRIBUTE]
    if attributes:
        made["attributes"] = sorted(attributes)
    text = [one for one in own if one.role is Role.TEXT]
    if text:
        made["text"] = _simple(text[0].value or Text())
        return made
    if cls.xsd.content is not None:
        content = _group(cls, cls.xsd.content, repeated=False)
    else:
        content = ["sequence", *(_field(one, one.least, one.most) for one in own if one.role is not Role.ATTRIBUTE)]
    made["content"] = _normal(content)
    return made


def _normal(part: Any) -> Any:
    """Two ways to write the same: a sequence in a sequence is its parts, a group of one part is that part."""
    if isinstance(part, str):
        return part
    head, *parts = part
    flat: list[Any] = []
    for each in map(_normal, parts):
        if isinstance(each, list) and each[0] == "sequence" and (head == "sequence" or len(each) == 2):
            flat += each[1:]
        else:
            flat.append(each)
    if head == "sequence" or len(flat) != 1 or not isinstance(flat[0], str):
        return [head, *flat]
    kind, _, occurs = head.partition(" ")
    if not occurs:
        return ["sequence", flat[0]]
    return _merged(kind, occurs, flat[0])


def _merged(kind: str, occurs: str, part: str) -> Any:
    """`sequence 0..1` of `x` is `x 0..1`; of `x 1..` it is `x 0..`."""
    bare, _, last = part.rpartition(" ")
    inner = last if ".." in last and not part.startswith(("any",)) and not _is_range(part) else ""
    if part.startswith("any"):
        bare, _, inner = part.partition(" ")
    if not inner:
        return ["sequence", f"{part} {occurs}"]
    if occurs == "0..1" and inner.startswith("1.."):
        return ["sequence", f"{bare} 0..{inner[3:]}"]
    return [f"{kind} {occurs}", part]


def _is_range(part: str) -> bool:
    """Whether the last word is the range of a simple type, not an occurrence."""
    return part.split(": ")[-1].count(" ") == 1 and not part.split(": ")[-1].startswith("type ")


@pytest.mark.parametrize("name", MODULES)
def test_every_type_of_the_schema_is_declared_as_it_is(name: str) -> None:
    """Fields in order with kind, range, length and occurrence; attributes; abstract and mixed types."""
    theirs = {of.removesuffix("$anon"): said for of, said in TABLE[name]["types"].items()}
    ours = {_type_name(cls): _ours(cls) for cls in _declared(MODULES[name])}
    assert sorted(ours) == sorted(theirs)
    for of, said in theirs.items():
        expected = dict(said)
        if "content" in expected:
            expected["content"] = _normal(expected["content"])
        elif "text" not in expected:
            expected["content"] = ["sequence"]
        assert ours[of] == expected, of


@pytest.mark.parametrize("name", MODULES)
def test_every_global_element_of_the_schema_is_declared(name: str) -> None:
    """With its type, and the head it may stand for. An abstract one has an abstract type."""
    ours, abstract = {}, set()
    for cls in _declared(MODULES[name]):
        if cls.xsd.abstract and cls.xsd.element:
            abstract.add(_element_name(cls))
        if cls.xsd.element:
            said = f"type {_type_name(cls)}"
            said += f" for {_element_name(cls.xsd.substitutes)}" if cls.xsd.substitutes else ""
            ours[_element_name(cls)] = said
    simple: tuple[SimpleElement, ...] = getattr(MODULES[name], "SIMPLE_ELEMENTS", ())
    names = {f"{PREFIXES[one.namespace.uri]}:{one.element}" for one in simple}
    theirs = {of: said.replace("$anon", "") for of, said in TABLE[name]["elements"].items()}
    assert {of: said.replace(" abstract", "") for of, said in theirs.items() if of not in names} == ours
    assert abstract >= {of for of, said in theirs.items() if " abstract" in said}
    assert all(not theirs[of].startswith("type ") for of in names)

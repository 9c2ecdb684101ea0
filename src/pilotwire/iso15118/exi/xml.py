"""Messages as XML documents, with the namespaces of their schemas, and back.

XML cannot hold every text that EXI can: control characters are written as U+FFFD.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from xml.etree.ElementTree import Element as XmlElement
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from pilotwire.iso15118.exi.declare import Binary, Element, Integer, Namespace, Role
from pilotwire.iso15118.exi.errors import TreeError
from pilotwire.iso15118.exi.schemas import QName, SchemaSet
from pilotwire.iso15118.exi.shapes import Field, Flag, fields
from pilotwire.iso15118.exi.tree import Tree, from_tree, plain_value

_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}
_IN_TEXT: Final = str.maketrans({one: _ESCAPES[one] for one in "&<>\r"})
_IN_ATTRIBUTE: Final = str.maketrans(_ESCAPES)
_TRUTH: Final = {"true": True, "1": True, "false": False, "0": False}


def to_xml(schemas: SchemaSet, message: Element, name: str | None = None, *, indent: bool = False) -> str:
    """The XML document of a message or an element; `name` where its class has no global element.

    `indent`: a line an element, for people.
    """
    space, local = _name_of(schemas, type(message), name)
    used: dict[str, Namespace] = {}
    lines = list(_written(message, _tag(space, local, used), 0, used))
    first = lines[0][1]
    end = re.search(r"[ />]", first[1:])
    place = end.start() + 1 if end else len(first)
    declared = "".join(f' xmlns:{one.prefix}="{uri}"' for uri, one in sorted(used.items()))
    lines[0] = (0, first[:place] + declared + first[place:])
    if indent:
        return "\n".join("  " * depth + text for depth, text in lines) + "\n"
    return "".join(text for _, text in lines)


def from_xml(schemas: SchemaSet, text: str, cls: type[Element] | None = None) -> Element:
    """The message of an XML document; `cls` where its root is not a global element. Raises TreeError, which names the element."""
    return from_tree(schemas, xml_tree(schemas, text, cls), cls)


def xml_tree(schemas: SchemaSet, text: str, cls: type[Element] | None = None) -> Tree:
    """The tree (see `tree`) of an XML document. Raises TreeError."""
    root = read(text)
    space, local = _split(root.tag)
    found = cls or next((one for one in schemas.classes if _stands_as(one, (local, space))), None)
    if found is None:
        raise TreeError(f"{schemas.name} has no such root element in the namespace {space or '(none)'}", local)
    return {local: _read(schemas, found, root, local)}


def read(text: str) -> XmlElement:
    """The root of an XML document from outside: without entities, document types and the like. Raises TreeError."""
    try:
        root: XmlElement = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise TreeError(f"it is no XML that is taken ({error})", "the document") from None
    return root


# --- writing ---------------------------------------------------------------------------------------------------------------------


def _name_of(schemas: SchemaSet, cls: type[Element], name: str | None) -> tuple[Namespace | None, str]:
    if cls.xsd.element is not None and name in (None, cls.xsd.element):
        return cls.xsd.namespace, cls.xsd.element
    held = (one for of in schemas.classes for one in fields(of) if one.struct is cls and name in (None, one.local))
    found = next(held, None)
    return (found.namespace, found.local) if found else (cls.xsd.namespace, name or cls.__name__)


def _tag(space: Namespace | None, local: str, used: dict[str, Namespace]) -> str:
    if space is None:
        return local
    used[space.uri] = space
    return f"{space.prefix}:{local}"


def _written(message: Element, tag: str, depth: int, used: dict[str, Namespace]) -> Iterator[tuple[int, str]]:
    attributes, content = "", ""
    inner: list[tuple[int, str]] = []
    for one in fields(type(message)):
        given = getattr(message, one.name)
        for item in given if one.many else [given]:
            if item is None:
                continue
            if one.role is Role.ATTRIBUTE:
                attributes += f' {_tag(one.namespace, one.local, used)}="{_value(one, item, _IN_ATTRIBUTE)}"'
            elif one.role is Role.TEXT:
                content = _value(one, item, _IN_TEXT)
            elif isinstance(item, Element):
                inner += _written(item, _tag(*_element_name(one, item), used), depth + 1, used)
            else:
                inner.append((depth + 1, _simple(_tag(one.namespace, one.local, used), _value(one, item, _IN_TEXT))))
    if inner:
        return iter([(depth, f"<{tag}{attributes}>"), *inner, (depth, f"</{tag}>")])
    return iter([(depth, _simple(f"{tag}{attributes}", content, tag))])


def _simple(start: str, content: str, tag: str = "") -> str:
    return f"<{start}>{content}</{tag or start}>" if content else f"<{start}/>"


def _element_name(one: Field, item: Element) -> tuple[Namespace | None, str]:
    if one.role is Role.REFERENCE and item.xsd.element is not None:
        return item.xsd.namespace, item.xsd.element
    return one.namespace, one.local


def _value(one: Field, item: Any, escapes: dict[int, str]) -> str:
    simple = plain_value(one, item)
    if isinstance(simple, bool):
        return "true" if simple else "false"
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", str(simple)).translate(escapes)


# --- reading ---------------------------------------------------------------------------------------------------------------------


def _split(tag: str) -> tuple[str, str]:
    """Namespace and local name of a tag as ElementTree writes it."""
    space, _, local = tag.rpartition("}")
    return space.removeprefix("{"), local


def _stands_as(cls: type[Element], qname: QName) -> bool:
    return (cls.xsd.element, cls.xsd.namespace.uri) == qname


def _read(schemas: SchemaSet, cls: type[Element], element: XmlElement, path: str) -> Tree:
    made: Tree = {}
    members = schemas.alternatives(cls)
    for tag, text in element.attrib.items():
        _attribute(cls, tag, text, made, path)
    for child in element:
        space, local = _split(child.tag)
        here = f"{path}/{local}"
        one, struct = _field_of(cls, members, (local, space), here)
        plain_child = _read(schemas, struct, child, here) if struct is not None else _text(one, child, here)
        if one.many:
            made.setdefault(local, []).append(plain_child)
        elif local in made:
            raise TreeError("it may not occur more than once", here)
        else:
            made[local] = plain_child
    _own_text(cls, element, made, path)
    return made


def _own_text(cls: type[Element], element: XmlElement, made: Tree, path: str) -> None:
    """The text of an element that has attributes; elsewhere there may be none but blanks."""
    one = next((one for one in fields(cls) if one.role is Role.TEXT), None)
    if one is not None:
        made[one.local] = _typed(one, element.text or "", path)
    elif any((part or "").strip() for part in (element.text, *(child.tail for child in element))):
        raise TreeError("it has text among its elements, which is not carried", path)


def _attribute(cls: type[Element], tag: str, text: str, made: Tree, path: str) -> None:
    space, local = _split(tag)
    if space == _XSI and local != "type":
        return
    one = next((one for one in fields(cls) if one.role is Role.ATTRIBUTE and one.qname == (local, space)), None)
    if one is None:
        raise TreeError(f"{cls.xsd.type} has no such attribute", f"{path}/{tag}")
    made[local] = _typed(one, text, f"{path}/{local}")


def _field_of(
    cls: type[Element], members: dict[str, tuple[type[Element], ...]], qname: QName, path: str
) -> tuple[Field, type[Element] | None]:
    for one in fields(cls):
        if one.role in (Role.ATTRIBUTE, Role.TEXT):
            continue
        for struct in members.get(one.name, ()):
            if _stands_as(struct, qname):
                return one, struct
        if one.qname == qname and one.name not in members:
            return one, one.struct
    raise TreeError(f"{cls.xsd.type} has no such element in the namespace {qname[1] or '(none)'}", path)


def _text(one: Field, child: XmlElement, path: str) -> Any:
    if len(child):
        raise TreeError("it is a value and has no elements", path)
    return _typed(one, child.text or "", path)


def _typed(one: Field, text: str, path: str) -> Any:
    """The value as a tree has it."""
    bare = text.strip()
    if isinstance(one.value, Flag):
        if bare not in _TRUTH:
            raise TreeError(f"{bare!r} is neither true nor false", path)
        return _TRUTH[bare]
    if isinstance(one.value, Integer):
        if not re.fullmatch(r"[+-]?[0-9]{1,400}", bare):
            raise TreeError(f"{bare[:40]!r} is no integer", path)
        return int(bare)
    return "".join(text.split()) if isinstance(one.value, Binary) else text

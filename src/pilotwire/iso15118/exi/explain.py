"""Why a message of ours cannot be encoded: slow, thorough, and asked only once that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pilotwire.iso15118.exi.declare import Binary, Element, Integer, Text
from pilotwire.iso15118.exi.shapes import Enumeration, Field, Flag, Value, fields, name_of

if TYPE_CHECKING:
    from pilotwire.iso15118.exi.schemas import SchemaSet


def explain(schemas: SchemaSet, message: Element) -> tuple[str, str]:
    """What is wrong first, and the path of the element where. The reason is empty if every value is right in itself."""
    name = message.xsd.element or type(message).__name__
    return _in_struct(schemas, message, name) or ("", name)


def _in_struct(schemas: SchemaSet, message: Element, path: str) -> tuple[str, str] | None:
    alternatives = schemas.alternatives(type(message))
    for one in fields(type(message)):
        content = getattr(message, one.name)
        here = f"{path}/{name_of(one, content)}"
        if one.many:
            if not isinstance(content, list | tuple):
                return f"it must be a list, not {_kind(content)}", here
            if len(content) < one.least or (one.most is not None and len(content) > one.most):
                return f"it occurs {len(content)} times, allowed are {one.least} to {one.most or 'any number'}", here
            for place, item in enumerate(content):
                found = _in_value(
                    schemas, one, item, f"{path}/{name_of(one, item)}[{place}]", alternatives.get(one.name)
                )
                if found:
                    return found
        elif content is None:
            if one.least:
                return "it is missing", here
        else:
            found = _in_value(schemas, one, content, here, alternatives.get(one.name))
            if found:
                return found
    return _in_model(schemas, message, path)


def _in_value(
    schemas: SchemaSet, one: Field, content: Any, path: str, members: tuple[type[Element], ...] | None
) -> tuple[str, str] | None:
    if one.struct is not None:
        allowed = members or (one.struct,)
        if type(content) not in allowed:
            names = [cls.__name__ for cls in allowed]
            other = " of another schema" if _kind(content) in names else ""
            return f"it must be {' or '.join(names)}, not {_kind(content)}{other}", path
        return _in_struct(schemas, content, path)
    assert one.value is not None
    wrong = wrong_value(one.value, content)
    return (wrong, path) if wrong else None


def _in_model(schemas: SchemaSet, message: Element, path: str) -> tuple[str, str] | None:
    """Whether the elements that are set may stand together: seen by encoding this structure alone."""
    try:
        schemas.try_alone(message)
    except (KeyError, TypeError):
        given = [one.local for one in fields(type(message)) if getattr(message, one.name) not in (None, [])]
        return f"these elements may not stand together, or one is missing: {', '.join(given) or 'none'}", path
    return None


def wrong_value(value: Value, content: Any) -> str | None:
    """Why a simple value cannot be written; None: it can."""
    match value:
        case Flag():
            return None if isinstance(content, bool) else f"it must be true or false, not {_kind(content)}"
        case Enumeration(values):
            return None if content in values else f"{content!r} is none of {', '.join(values)}"
        case Integer(low, high):
            if not isinstance(content, int) or isinstance(content, bool):
                return f"it must be an integer, not {_kind(content)}"
            if (low is not None and content < low) or (high is not None and content > high):
                return f"{content} is not between {low} and {high}"
        case Text():
            if not isinstance(content, str):
                return f"it must be a string, not {_kind(content)}"
            if any(0xD800 <= ord(character) < 0xE000 for character in content):
                return "it has a character that Unicode does not have"
        case Binary():
            if not isinstance(content, bytes):
                return f"it must be bytes, not {_kind(content)}"
    return None


def _kind(content: Any) -> str:
    return "nothing" if content is None else type(content).__name__

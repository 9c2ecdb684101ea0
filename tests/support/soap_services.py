"""What the services of OCPP-S look like: for each element its children in order, how often, of which type, and the words of each list.

`tests/vectors/soap/services.json` holds it in our own form, taken from the WSDLs of 1.5 and 1.6.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

_PLACE = Path(__file__).parent.parent / "vectors" / "soap" / "services.json"
SIDES = {"central-system": "Cs", "charge-point": "Cp"}


@cache
def _services() -> Any:
    return json.loads(_PLACE.read_text())


def elements(version: str, side: str) -> dict[str, str]:
    """Element of a message -> its type, in one service."""
    found: dict[str, str] = _services()[version][SIDES[side]]["elements"]
    return found


def misfit(version: str, side: str, element: Element) -> str | None:
    """Where an element is not as its service has it; None if it is."""
    service = _services()[version][SIDES[side]]
    name = _local(element)
    kind = service["elements"].get(name)
    return f"no element {name}" if kind is None else _misfit(service["types"], kind, element, name)


def _misfit(types: Any, kind: str, element: Element, path: str) -> str | None:
    rows = types[kind]
    names = [row[0] for row in rows]
    found = [_local(child) for child in element]
    if any(name not in names for name in found):
        return f"{path} has {found}, allowed are {names}"
    if [names.index(name) for name in found] != sorted(names.index(name) for name in found):
        return f"{path} has {found}, the order is {names}"
    for name, inner, least, many in rows:
        children = [child for child in element if _local(child) == name]
        if len(children) < least or (len(children) > 1 and not many):
            return f"{path}.{name} is there {len(children)} times"
        for child in children if inner in types else ():
            wrong = _misfit(types, inner, child, f"{path}.{name}")
            if wrong:
                return wrong
    return None


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]

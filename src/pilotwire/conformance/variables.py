"""Names of variables of the device model as cases write them, and as messages have them.

`Component.Variable`, with instances in brackets and an EVSE (and connector) after `@`: `EVSE@1.Power`, `Connector@1:2.Available`,
`OCPPCommCtrlr.MessageTimeout[Default]`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pilotwire.errors import MisuseError

_NAME: Final = re.compile(
    r"(?P<component>[^.@\[\]]+)(\[(?P<of>[^\]]+)\])?(@(?P<evse>\d+)(:(?P<connector>\d+))?)?"
    r"\.(?P<variable>[^.@\[\]]+)(\[(?P<instance>[^\]]+)\])?"
)


def component_variable(name: str) -> dict[str, Any]:
    """`component` and `variable` as GetVariables and its kin have them. MisuseError for a name that cannot be read."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise MisuseError(
            f"{name!r} names no variable.", "Write Component.Variable, Component@1.Variable[instance] ..."
        )
    component: dict[str, Any] = {"name": found["component"]}
    if found["of"]:
        component["instance"] = found["of"]
    if found["evse"]:
        component["evse"] = {"id": int(found["evse"])}
        if found["connector"]:
            component["evse"]["connectorId"] = int(found["connector"])
    variable: dict[str, Any] = {"name": found["variable"]}
    if found["instance"]:
        variable["instance"] = found["instance"]
    return {"component": component, "variable": variable}


def variable_named(told: Mapping[str, Any]) -> str:
    """The name of the `component` and `variable` of a message; "" where what a peer told is no such thing or has no name here."""
    component, variable = told.get("component"), told.get("variable")
    if not isinstance(component, Mapping) or not isinstance(variable, Mapping):
        return ""
    evse = component.get("evse")
    place = ""
    if isinstance(evse, Mapping):
        place = f"@{evse.get('id')}" + (f":{evse['connectorId']}" if "connectorId" in evse else "")
    of = f"[{component['instance']}]" if "instance" in component else ""
    instance = f"[{variable['instance']}]" if "instance" in variable else ""
    name = f"{component.get('name')}{of}{place}.{variable.get('name')}{instance}"
    found = _NAME.fullmatch(name)
    return (
        name if found is not None and component_variable(name) == {"component": component, "variable": variable} else ""
    )

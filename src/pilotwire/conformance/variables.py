"""Names of variables of the device model as cases write them, and as messages have them.

`Component.Variable`, with instances in brackets and an EVSE (and connector) after `@`: `EVSE@1.Power`, `Connector@1:2.Available`,
`OCPPCommCtrlr.MessageTimeout[Default]`.
"""

from __future__ import annotations

import re
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

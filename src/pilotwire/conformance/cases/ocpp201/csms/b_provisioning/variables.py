"""Variables the operator asks for and sets, and what the CSMS shows of them."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import Check, absent_or, both, equals
from pilotwire.conformance.language import Acts

Variable = dict[str, Any]


def variable(component: str, name: str, instance: str = "") -> Variable:
    """A variable as messages name it."""
    return {"component": {"name": component}, "variable": {"name": name} | ({"instance": instance} if instance else {})}


OFFLINE_THRESHOLD = variable("OCPPCommCtrlr", "OfflineThreshold")
AUTHORIZE_REMOTE_START = variable("AuthCtrlr", "AuthorizeRemoteStart")


def named(wanted: Variable, *more: Check) -> Check:
    """A member of a list that is about this variable."""
    about = [equals("component.name", wanted["component"]["name"]), equals("variable.name", wanted["variable"]["name"])]
    if "instance" in wanted["variable"]:
        about.append(equals("variable.instance", wanted["variable"]["instance"]))
    return both(*about, *more)


READS = absent_or("attributeType", "Actual", "Target", "MinSet", "MaxSet")
"""The attribute that is asked for: the actual value is at least meant where none is named (B06.FR.02)."""
SETS = absent_or("attributeType", "Actual")
"""The attribute that is set (B05)."""


def shown_by_csms(wanted: Variable, value: str, *, row: int = 0) -> Acts:
    """The operator finds this value of the variable at the CSMS; `row` where there are several of the name."""
    component, name = wanted["component"]["name"], wanted["variable"]["name"]
    return Acts(
        act="look",
        details={
            "question": f"does the CSMS show {component}.{name} with the value {value}?",
            "get": f"/stations/{{station}}/device-model?component={component}&variable={name}",
            "value": f"items.{row}.variableAttribute.0.value",
            "wanted": value,
        },
    )

"""B06: variables are read."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.b_provisioning.variables import (
    LOCAL_OFFLINE,
    THRESHOLD,
    no_trouble,
    only_result,
    some_result,
    variable,
)
from pilotwire.conformance.checks import count
from pilotwire.conformance.language import Case, Configures, Sends

RESULTS = "getVariableResult"
_THRESHOLD_IS_300 = Configures(variable=THRESHOLD, value=300)


def gets(number: str, *data: dict[str, Any], checks: Any) -> Sends:
    """GetVariables with these elements."""
    return Sends(number=number, action="GetVariables", payload={"getVariableData": list(data)}, checks=checks)


TC_B_06_CS = Case(
    id="TC_B_06_CS",
    title="A variable is read",
    purpose="GetVariables with one variable gives its value.",
    requirements=("B06.FR.01", "B06.FR.02", "B06.FR.03", "B06.FR.04", "B06.FR.10", "B06.FR.11"),
    before=(_THRESHOLD_IS_300,),
    main=(
        gets(
            "1",
            variable(THRESHOLD, attributeType="Actual"),
            checks=(
                *only_result(
                    RESULTS, THRESHOLD, attributeStatus="Accepted", attributeType="Actual", attributeValue="300"
                ),
                no_trouble(f"{RESULTS}[0]."),
            ),
        ),
    ),
)

TC_B_07_CS = Case(
    id="TC_B_07_CS",
    title="Two variables are read",
    purpose="GetVariables with two variables of two components gives both values, in either order.",
    requirements=("B06.FR.01", "B06.FR.02", "B06.FR.03", "B06.FR.04", "B06.FR.10"),
    before=(_THRESHOLD_IS_300, Configures(variable=LOCAL_OFFLINE, value=True)),
    main=(
        gets(
            "1",
            variable(THRESHOLD, attributeType="Actual"),
            variable(LOCAL_OFFLINE, attributeType="Actual"),
            checks=(
                count(RESULTS, 2),
                *(
                    some_result(RESULTS, name, attributeStatus="Accepted", attributeType="Actual", attributeValue=value)
                    for name, value in ((THRESHOLD, "300"), (LOCAL_OFFLINE, "true"))
                ),
            ),
        ),
    ),
)


def _not_read(case: str, title: str, purpose: str, requirement: str, name: str, status: str, **data: Any) -> Case:
    """A case of one GetVariables that gives no value: the status, and the names as they were asked."""
    return Case(
        id=case,
        title=title,
        purpose=purpose,
        requirements=(requirement,),
        main=(
            gets(
                "1",
                variable(name, **data),
                checks=tuple(
                    check.of(requirement) for check in only_result(RESULTS, name, attributeStatus=status, **data)
                ),
            ),
        ),
    )


TC_B_32_CS = _not_read(
    "TC_B_32_CS",
    "An unknown component is not read",
    "GetVariables for a component the station does not have is answered with UnknownComponent.",
    "B06.FR.06",
    "UnknownComponent.OfflineThreshold",
    "UnknownComponent",
)
TC_B_33_CS = _not_read(
    "TC_B_33_CS",
    "An unknown variable is not read",
    "GetVariables for a variable its component does not have is answered with UnknownVariable.",
    "B06.FR.07",
    "OCPPCommCtrlr.UnknownVariable",
    "UnknownVariable",
)
TC_B_34_CS = _not_read(
    "TC_B_34_CS",
    "An attribute that is not supported is not read",
    "GetVariables for the Target of a variable without one is answered with NotSupportedAttributeType.",
    "B06.FR.08",
    THRESHOLD,
    "NotSupportedAttributeType",
    attributeType="Target",
)

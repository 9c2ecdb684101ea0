"""B05: variables are set."""

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
from pilotwire.conformance.checks import count, equals, one_of, when
from pilotwire.conformance.conditions import kept_is, not_
from pilotwire.conformance.language import Case, Configures, Keeps, OnlyIf, Sends, Step
from pilotwire.conformance.values import Kept, Moment, configured, plus, written

RESULTS = "setVariableResult"


def sets(number: str, *data: dict[str, Any], checks: Any) -> Sends:
    """SetVariables with these elements."""
    return Sends(number=number, action="SetVariables", payload={"setVariableData": list(data)}, checks=checks)


TC_B_09_CS = Case(
    id="TC_B_09_CS",
    title="A variable is set",
    purpose="SetVariables with one variable is accepted, and the answer names it.",
    requirements=("B05.FR.01", "B05.FR.02", "B05.FR.03", "B05.FR.10", "B05.FR.12"),
    main=(
        sets(
            "1",
            variable(THRESHOLD, attributeValue="300", attributeType="Actual"),
            checks=(
                *only_result(RESULTS, THRESHOLD, attributeStatus="Accepted", attributeType="Actual"),
                no_trouble(f"{RESULTS}[0]."),
            ),
        ),
    ),
)

TC_B_10_CS = Case(
    id="TC_B_10_CS",
    title="Two variables are set",
    purpose="SetVariables with two variables of two components is accepted for both, in either order.",
    requirements=("B05.FR.01", "B05.FR.02", "B05.FR.03", "B05.FR.10", "B05.FR.12"),
    main=(
        sets(
            "1",
            variable(THRESHOLD, attributeValue="300", attributeType="Actual"),
            variable(LOCAL_OFFLINE, attributeValue="true", attributeType="Actual"),
            checks=(
                count(RESULTS, 2),
                some_result(RESULTS, THRESHOLD, attributeStatus="Accepted", attributeType="Actual"),
                some_result(RESULTS, LOCAL_OFFLINE, attributeStatus="Accepted", attributeType="Actual"),
            ),
        ),
    ),
)

# --- values of the wrong format -----------------------------------------------------------------------------------------------

REMOTE_START = "AuthCtrlr.AuthorizeRemoteStart"
SIGNIFICANCE = "SmartChargingCtrlr.LimitChangeSignificance"
TRANSITION = "ClockCtrlr.NextTimeOffsetTransitionDateTime"
FORMS: tuple[tuple[str, Any], ...] = (
    ("a whole number", written(configured.offline_threshold)),
    ("a decimal number", written(plus(configured.offline_threshold, 0.1))),
    ("a truth value", "true"),
    ("a date-time", Moment()),
    ("a word", "abc"),
)
"""The values that are tried, by the form they have."""


def _looked_up(name: str) -> tuple[Step, ...]:
    """Whether the station has the variable, and whether it takes the value back that it has."""
    return (
        Sends(
            action="GetVariables",
            payload={"getVariableData": [variable(name)]},
            keep={f"{name} is": "getVariableResult[0].attributeStatus", name: "getVariableResult[0].attributeValue"},
        ),
        OnlyIf(
            condition=kept_is(f"{name} is", "Accepted"),
            steps=(
                Sends(
                    action="SetVariables",
                    payload={"setVariableData": [variable(name, attributeValue=Kept(name))]},
                    keep={f"{name} can be written": f"{RESULTS}[0].attributeStatus"},
                ),
            ),
        ),
    )


def _tried(number: str, name: str, right: tuple[str, ...], *, taken: bool = True) -> Sends:
    """The value is tried. One of the `right` forms is accepted, if the values it can have are known (`taken`); others are rejected."""
    status = f"{RESULTS}[0].attributeStatus"
    well_formed = equals(status, "Accepted") if taken else one_of(status, "Accepted", "Rejected")
    formed = kept_is("form", *right)
    return sets(
        number,
        variable(name, attributeValue=Kept("value")),
        checks=(
            *only_result(RESULTS, name, attributeType="Actual"),
            *when(formed, well_formed),
            *when(not_(formed), equals(status, "Rejected").of("B05.FR.07")),
            no_trouble(f"{RESULTS}[0].", "NoError", "InvalidValue"),
        ),
    )


TC_B_11_CS = Case(
    id="TC_B_11_CS",
    title="Values of a wrong format are not set",
    purpose="A number, a truth value, a date-time and a word are each taken only by variables of their own type.",
    requirements=("B05.FR.07",),
    before=(
        *(step for name in (SIGNIFICANCE, REMOTE_START, TRANSITION) for step in _looked_up(name)),
        Configures(variable=THRESHOLD, value=configured.offline_threshold),
    ),
    main=tuple(
        step
        for form, value in FORMS
        for step in (
            Keeps(values={"form": form, "value": value}),
            _tried("1", THRESHOLD, ("a whole number",)),
            OnlyIf(
                condition=kept_is(f"{SIGNIFICANCE} is", "Accepted"),
                steps=(_tried("3", SIGNIFICANCE, ("a whole number", "a decimal number"), taken=False),),
            ),
            OnlyIf(
                condition=kept_is(f"{REMOTE_START} can be written", "Accepted", "RebootRequired"),
                steps=(_tried("5", REMOTE_START, ("a truth value",)),),
            ),
            OnlyIf(
                condition=kept_is(f"{TRANSITION} is", "Accepted"),
                steps=(_tried("7", TRANSITION, ("a date-time",), taken=False),),
            ),
        )
    ),
    remark=(
        "The document leaves Accepted or Rejected open; here a value that its type does not allow must be rejected (B05.FR.07), and one "
        "that the type and the range surely allow accepted. The tool validations of steps 4 and 6 have changed places in the document."
    ),
)

# --- what cannot be set -------------------------------------------------------------------------------------------------------


def _not_set(case: str, title: str, purpose: str, requirement: str, name: str, status: str, **data: Any) -> Case:
    """A case of one SetVariables that is not done: the status, and the names as they were asked."""
    told = {"attributeStatus": status} | {key: value for key, value in data.items() if key == "attributeType"}
    return Case(
        id=case,
        title=title,
        purpose=purpose,
        requirements=(requirement,),
        main=(
            sets(
                "1",
                variable(name, attributeValue="300") | data,
                checks=tuple(check.of(requirement) for check in only_result(RESULTS, name, **told)),
            ),
        ),
    )


TC_B_35_CS = _not_set(
    "TC_B_35_CS",
    "An unknown component is not set",
    "SetVariables for a component the station does not have is answered with UnknownComponent.",
    "B05.FR.04",
    "UnknownComponent.OfflineThreshold",
    "UnknownComponent",
)
TC_B_36_CS = _not_set(
    "TC_B_36_CS",
    "An unknown variable is not set",
    "SetVariables for a variable its component does not have is answered with UnknownVariable.",
    "B05.FR.05",
    "OCPPCommCtrlr.UnknownVariable",
    "UnknownVariable",
)
TC_B_37_CS = _not_set(
    "TC_B_37_CS",
    "An attribute that is not supported is not set",
    "SetVariables for the Target of a variable without one is answered with NotSupportedAttributeType.",
    "B05.FR.06",
    THRESHOLD,
    "NotSupportedAttributeType",
    attributeType="Target",
)
TC_B_39_CS = _not_set(
    "TC_B_39_CS",
    "A variable that can only be read is not set",
    "SetVariables for a ReadOnly variable with an instance is rejected, and the answer names the instance.",
    "B05.FR.09",
    "OCPPCommCtrlr.MessageTimeout[Default]",
    "Rejected",
)

"""B08: custom reports of the device model."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.b_provisioning.reports import (
    CHARACTERISTICS,
    Row,
    attributes,
    base_report,
    custom_report,
    kind_of,
    name_of,
    of_rows,
    place_of,
    rows_of,
)
from pilotwire.conformance.checks import Check, Judgement, absent, either, equals, one_of, when
from pilotwire.conformance.conditions import Condition, not_
from pilotwire.conformance.language import Case, ForEach, Judges, NotReceives, Sends
from pilotwire.conformance.values import Computed, Fresh, Kept, Known, configured

STATE = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AvailabilityState"}}
_STATES = {"Available", "Occupied", "Reserved", "Unavailable", "Faulted"}


def _exactly(*wanted: str) -> Check:
    """The report tells these variables and no others."""

    def judge(everything: Any, known: Known) -> Judgement:
        found = sorted(name_of(row) for row in rows_of(everything, known))
        return Judgement(found == sorted(wanted), ", ".join(found[:12]) or "nothing")

    return Check(f"the report tells {' and '.join(wanted)}, and nothing else", judge)


def _list_of_states(rows: list[Row], _: Known) -> list[str]:
    return [
        name_of(row)
        for row in rows
        if kind_of(row) != "OptionList"
        or {one.strip() for one in row["variableCharacteristics"].get("valuesList", "").split(",")} != _STATES
    ]


def _only_actual(rows: list[Row], _: Known) -> list[str]:
    return [
        f"{name_of(row)}: {kind} {mutability}"
        for row in rows
        for kind, mutability, _ in attributes(row)
        if (kind, mutability) != ("Actual", "ReadOnly")
    ]


IS_STATE = (
    CHARACTERISTICS,
    of_rows("the state is an OptionList of the five states", _list_of_states),
    of_rows("the state has one attribute, Actual and ReadOnly", _only_actual),
)

# --- component criteria -------------------------------------------------------------------------------------------------------


def _switches(everything: Any, known: Known, name: str) -> dict[str, tuple[str, str | None]]:
    """Variables named Enabled in a report: mutability and value of their Actual attribute, by name."""
    return {
        name_of(row): (mutability, value)
        for row in rows_of(everything, known, name)
        if row["variable"]["name"] == "Enabled"
        for kind, mutability, value in attributes(row)
        if kind == "Actual"
    }


def _disabled(rows: list[Row], _: Known) -> list[str]:
    return [
        name_of(row)
        for row in rows
        if row["variable"]["name"] == "Enabled" and "instance" not in row["variable"]
        for _, mutability, value in attributes(row)
        if mutability != "WriteOnly" and str(value).lower() != "true"
    ]


def _all_enabled_told(everything: Any, known: Known) -> Judgement:
    full = _switches(everything, known, "full report")
    chosen = _switches(everything, known, "report")
    wanted = {name for name, (_, value) in full.items() if str(value).lower() == "true"}
    left_out = sorted(wanted - chosen.keys())
    return Judgement(
        bool(wanted) and not left_out, f"left out: {', '.join(left_out)}" if left_out else f"{len(wanted)}"
    )


def _told(known: Known) -> list[dict[str, Any]]:
    """The switches the report told, each with its name, its mutability and its value."""
    messages = {"messages": known.heard()}
    return [
        {"name": {"component": row["component"], "variable": row["variable"]}, "mutability": mutability, "value": value}
        for row in rows_of(messages, known)
        if row["variable"]["name"] == "Enabled"
        for kind, mutability, value in attributes(row)
        if kind == "Actual"
    ]


def _of_the_switch(field: str) -> Computed:
    return Computed(f"{field} of the switch", lambda known: Kept("switch").of(known)[field])


_CAN_BE_READ = Condition("it is not WriteOnly", lambda known: Kept("switch").of(known)["mutability"] != "WriteOnly")

TC_B_16_CS = Case(
    id="TC_B_16_CS",
    title="Report of what is enabled",
    purpose="GetReport by the criterion Enabled tells the components whose switch is on; their switches are read back as on.",
    requirements=(
        "B08.FR.01",
        "B08.FR.03",
        "B08.FR.04",
        "B08.FR.07",
        "B08.FR.09",
        "B08.FR.12",
        "B08.FR.13",
        "B08.FR.14",
        "B06.FR.09",
    ),
    before=base_report("FullInventory", numbers=("", ""), name="full report"),
    main=(
        *custom_report({"componentCriteria": ["Enabled"]}),
        ForEach(
            name="switch",
            values=Computed("the variables named Enabled that were told", _told),
            steps=(
                Sends(
                    number="5",
                    action="GetVariables",
                    payload={"getVariableData": [_of_the_switch("name")]},
                    checks=(
                        *when(
                            _CAN_BE_READ,
                            equals("getVariableResult[0].attributeStatus", "Accepted"),
                            equals("getVariableResult[0].attributeValue", _of_the_switch("value")),
                        ),
                        *when(
                            not_(_CAN_BE_READ),
                            equals("getVariableResult[0].attributeStatus", "Rejected").of("B06.FR.09"),
                            absent("getVariableResult[0].attributeValue"),
                        ),
                    ),
                ),
            ),
        ),
    ),
    after=(
        Judges(
            checks=(
                CHARACTERISTICS,
                of_rows("no component is told whose switch is off", _disabled).of("B08.FR.09"),
                Check("every switch that is on in the full report is told", _all_enabled_told).of("B08.FR.09"),
            )
        ),
    ),
    remark=(
        "The document expects variables named Enabled only, where B08.FR.09 asks for whole components, also those without such a variable: "
        "the requirement is followed, and the switches are judged. It names B089.FR.10 for B08.FR.10."
    ),
)

TC_B_17_CS = Case(
    id="TC_B_17_CS",
    title="Report of one variable",
    purpose="GetReport for AvailabilityState of EVSE 1 tells that variable with its characteristics, and no other.",
    requirements=("B08.FR.01", "B08.FR.03", "B08.FR.04", "B08.FR.11", "B08.FR.12", "B08.FR.14"),
    main=custom_report({"componentVariable": [STATE]}),
    after=(Judges(checks=(_exactly("EVSE@1.AvailabilityState").of("B08.FR.11"), *IS_STATE)),),
)

TC_B_18_CS = Case(
    id="TC_B_18_CS",
    title="Report by criterion and variable",
    purpose="GetReport for a variable gives it where its component meets the criterion, and nothing where it does not.",
    requirements=(
        "B08.FR.01",
        "B08.FR.03",
        "B08.FR.04",
        "B08.FR.05",
        "B08.FR.11",
        "B08.FR.12",
        "B08.FR.14",
        "B08.FR.15",
    ),
    main=(
        *custom_report({"componentCriteria": ["Available"], "componentVariable": [STATE]}),
        Sends(
            number="5",
            action="GetReport",
            payload={
                "requestId": Fresh("empty report"),
                "componentCriteria": ["Problem"],
                "componentVariable": [STATE],
            },
            checks=(
                equals("status", "EmptyResultSet").of("B08.FR.15"),
                either(absent("statusInfo"), equals("statusInfo.reasonCode", "NotFound")),
            ),
        ),
        NotReceives(action="NotifyReport", note="The result is empty: there is nothing to report."),
    ),
    after=(Judges(checks=(_exactly("EVSE@1.AvailabilityState").of("B08.FR.05"), *IS_STATE)),),
)

TC_B_19_CS = Case(
    id="TC_B_19_CS",
    title="Report by a criterion that is not known",
    purpose="GetReport with a criterion the station does not support is answered with NotSupported, or not taken at all.",
    requirements=("B08.FR.02",),
    main=(
        Sends(
            number="1",
            action="GetReport",
            payload={
                "requestId": Fresh("report"),
                "componentCriteria": ["Available", configured.unsupported_criterion],
            },
            raw=True,
            checks=(
                equals("status", "NotSupported").of("B08.FR.02"),
                either(absent("statusInfo"), one_of("statusInfo.reasonCode", "UnsupportedParam", "InvalidValue")),
            ),
            refused=("FormatViolation", "PropertyConstraintViolation", "TypeConstraintViolation"),
        ),
        NotReceives(action="NotifyReport"),
    ),
    remark=(
        "The document says itself that a criterion outside the enumeration fails at the schema: then a CALLERROR is as good. A plan for "
        "a station that leaves one of the enumeration out names it in the setting unsupported_criterion."
    ),
)

# --- variables without instance or EVSE -----------------------------------------------------------------------------------------


def _items(*instance: str) -> dict[str, Any]:
    variable = {"name": "ItemsPerMessage"} | ({"instance": instance[0]} if instance else {})
    return {"componentVariable": [{"component": {"name": "DeviceDataCtrlr"}, "variable": variable}]}


def _other_than(component: str, variable: str) -> Any:
    def offenders(rows: list[Row], _: Known) -> list[str]:
        return [
            name_of(row) for row in rows if (row["component"]["name"], row["variable"]["name"]) != (component, variable)
        ]

    return offenders


def _instances(everything: Any, known: Known) -> Judgement:
    told = {row["variable"].get("instance", "") for row in rows_of(everything, known)}
    return Judgement({"GetReport", "GetVariables"} <= told, ", ".join(sorted(told)) or "nothing")


def _evses(everything: Any, known: Known) -> Judgement:
    told = sorted(place_of(row)[0] for row in rows_of(everything, known))
    return Judgement(told == list(range(1, len(known.setting("connectors")) + 1)), str(told))


TC_B_54_CS = Case(
    id="TC_B_54_CS",
    title="Report of a variable without instance",
    purpose="GetReport for a variable without its instance tells all of its instances.",
    requirements=("B08.FR.01", "B08.FR.03", "B08.FR.04", "B08.FR.11", "B08.FR.12", "B08.FR.14", "B08.FR.21"),
    main=custom_report(_items()),
    after=(
        Judges(
            checks=(
                CHARACTERISTICS,
                of_rows(
                    "only ItemsPerMessage of DeviceDataCtrlr is told", _other_than("DeviceDataCtrlr", "ItemsPerMessage")
                ),
                Check("the instances GetReport and GetVariables are told", _instances).of("B08.FR.21"),
            )
        ),
    ),
    remark="The document calls the instance GetVariable and asks for an order; the variable is GetVariables, and there may be others.",
)

TC_B_55_CS = Case(
    id="TC_B_55_CS",
    title="Report of one instance of a variable",
    purpose="GetReport for a variable with an instance tells that one and no other.",
    requirements=("B08.FR.01", "B08.FR.03", "B08.FR.04", "B08.FR.11", "B08.FR.12", "B08.FR.14"),
    main=custom_report(_items("GetReport")),
    after=(Judges(checks=(CHARACTERISTICS, _exactly("DeviceDataCtrlr.ItemsPerMessage[GetReport]").of("B08.FR.11"))),),
    remark="The document has the instance at componentVariable; the message has it at its variable.",
)

TC_B_56_CS = Case(
    id="TC_B_56_CS",
    title="Report of a variable of every EVSE",
    purpose="GetReport for a variable of EVSEs without a number tells it of every EVSE.",
    requirements=("B08.FR.01", "B08.FR.03", "B08.FR.04", "B08.FR.11", "B08.FR.12", "B08.FR.14", "B08.FR.23"),
    main=custom_report({"componentVariable": [{"component": {"name": "EVSE"}, "variable": STATE["variable"]}]}),
    after=(
        Judges(
            checks=(
                CHARACTERISTICS,
                of_rows("only AvailabilityState of EVSE is told", _other_than("EVSE", "AvailabilityState")),
                Check("the state of every EVSE is told, each once", _evses).of("B08.FR.23"),
            )
        ),
    ),
)

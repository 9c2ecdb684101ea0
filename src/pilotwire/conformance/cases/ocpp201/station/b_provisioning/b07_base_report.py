"""B07: base reports of the device model."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.b_provisioning.reports import (
    CHARACTERISTICS,
    LISTS,
    VALUES_LISTED,
    Row,
    attributes,
    base_report,
    key_of,
    kind_of,
    missing,
    name_of,
    of_rows,
    place_of,
    required,
    wrong_mutability,
)
from pilotwire.conformance.catalogue import referenced_variables
from pilotwire.conformance.checks import absent, either, equals
from pilotwire.conformance.language import Case, Judges, NotReceives, Sends
from pilotwire.conformance.values import Fresh, Known

_TROUBLES = ("Problem", "Tripped", "Overload", "Fallback")


def _read_only(rows: list[Row], _: Known) -> list[str]:
    return [name_of(row) for row in rows if not any(can != "ReadOnly" for _, can, _ in attributes(row))]


def _writable_missing(rows: list[Row], known: Known) -> list[str]:
    return missing(rows, known, [one for one in required(known) if one.access in ("RW", "W")])


def _required_missing(rows: list[Row], known: Known) -> list[str]:
    return missing(rows, known, required(known))


def _states_missing(rows: list[Row], known: Known) -> list[str]:
    wanted = [one for one in referenced_variables() if one.variable == "AvailabilityState"]
    return missing(rows, known, [one for one in wanted if one.component in ("ChargingStation", "EVSE")])


def _silent_connectors(rows: list[Row], known: Known) -> list[str]:
    """Connectors whose state is not told and is not that of their EVSE, as their StatusNotification had it: Available, all of them."""
    states = {
        (row["component"]["name"], place_of(row)): value
        for row in rows
        if row["variable"]["name"] == "AvailabilityState"
        for _, _, value in attributes(row)
    }
    return [
        f"connector {number} of EVSE {evse}"
        for evse, connectors in enumerate(known.setting("connectors"), 1)
        for number in range(1, connectors + 1)
        if ("Connector", (evse, number)) not in states and states.get(("EVSE", (evse, 0))) != "Available"
    ]


def _troubles(rows: list[Row], _: Known) -> list[str]:
    return [f"{name_of(row)} has no value" for row in rows if row["variable"]["name"] in _TROUBLES and not _values(row)]


def _values(row: Row) -> list[str]:
    return [value for _, _, value in attributes(row) if value is not None]


def _not_in_list(rows: list[Row], _: Known) -> list[str]:
    offenders = []
    for row in rows:
        if kind_of(row) not in LISTS:
            continue
        allowed = {one.strip() for one in str(row["variableCharacteristics"].get("valuesList", "")).split(",")}
        for value in _values(row):
            chosen = {value} if kind_of(row) == "OptionList" else {one.strip() for one in value.split(",")}
            if chosen - allowed - {""}:
                offenders.append(f"{name_of(row)} is {value}")
    return offenders


def _secrets(rows: list[Row], _: Known) -> list[str]:
    return [
        name_of(row)
        for row in rows
        for _, mutability, value in attributes(row)
        if mutability == "WriteOnly" and value is not None
    ]


def _valueless(rows: list[Row], _: Known) -> list[str]:
    standard = {(one.component, one.variable, one.instance) for one in referenced_variables()}
    return [
        name_of(row)
        for row in rows
        for kind, mutability, value in attributes(row)
        if kind == "Actual" and mutability != "WriteOnly" and value is None and key_of(row) in standard - {_POWER}
    ]


def _powerless(rows: list[Row], _: Known) -> list[str]:
    return [name_of(row) for row in rows if key_of(row) == _POWER and "maxLimit" not in row["variableCharacteristics"]]


_POWER = ("EVSE", "Power", "")

TC_B_12_CS = Case(
    id="TC_B_12_CS",
    title="Report of the configuration",
    purpose="ConfigurationInventory tells the variables that can be set, the required ones among them, and no others.",
    requirements=("B07.FR.01", "B07.FR.03", "B07.FR.04", "B07.FR.07", "B07.FR.10", "B07.FR.12"),
    main=base_report("ConfigurationInventory"),
    after=(
        Judges(
            checks=(
                CHARACTERISTICS,
                VALUES_LISTED,
                of_rows("every variable can be written", _read_only).of("B07.FR.07"),
                of_rows("every required variable that can be written is there", _writable_missing).of("B07.FR.07"),
            )
        ),
    ),
)

TC_B_13_CS = Case(
    id="TC_B_13_CS",
    title="Report of everything",
    purpose="FullInventory tells every required variable of the station, its EVSEs and connectors.",
    requirements=("B07.FR.01", "B07.FR.03", "B07.FR.04", "B07.FR.08", "B07.FR.10", "B07.FR.12"),
    main=base_report("FullInventory"),
    after=(
        Judges(
            checks=(
                CHARACTERISTICS,
                VALUES_LISTED,
                of_rows("every required variable is there", _required_missing).of("B07.FR.08"),
            )
        ),
    ),
)

TC_B_14_CS = Case(
    id="TC_B_14_CS",
    title="Report of the condition",
    purpose="SummaryInventory tells the availability of the station, its EVSEs and connectors, and what is wrong.",
    requirements=("B07.FR.01", "B07.FR.03", "B07.FR.04", "B07.FR.09", "B07.FR.10", "B07.FR.12"),
    main=base_report("SummaryInventory"),
    after=(
        Judges(
            checks=(
                CHARACTERISTICS,
                VALUES_LISTED,
                of_rows("AvailabilityState of the station and of every EVSE is there", _states_missing).of("B07.FR.09"),
                of_rows(
                    "AvailabilityState of every connector is there, or that of its EVSE is the same", _silent_connectors
                ).of("B07.FR.09"),
                of_rows("Problem, Tripped, Overload and Fallback have values where they are told", _troubles),
            )
        ),
    ),
    remark="All is well with the station, so of Problem, Tripped, Overload and Fallback only those that are told can be judged.",
)

TC_B_15_CS = Case(
    id="TC_B_15_CS",
    title="A report that is not supported",
    purpose="A station without SummaryInventory answers NotSupported, and sends no report.",
    requirements=("B07.FR.02", "B07.FR.05"),
    traits={"habits": {"summary_report": False}},
    main=(
        Sends(
            number="1",
            action="GetBaseReport",
            payload={"requestId": Fresh("report"), "reportBase": "SummaryInventory"},
            checks=(
                equals("status", "NotSupported").of("B07.FR.02"),
                either(absent("statusInfo"), equals("statusInfo.reasonCode", "UnsupportedParam")),
            ),
        ),
        NotReceives(action="NotifyReport"),
    ),
)

TC_B_53_CS = Case(
    id="TC_B_53_CS",
    title="Required variables in the report of everything",
    purpose="FullInventory tells every required variable rightly: access, lists of values and values.",
    requirements=("B07.FR.01", "B07.FR.08"),
    main=base_report("FullInventory"),
    after=(
        Judges(
            checks=(
                of_rows("every required variable is there", _required_missing),
                of_rows("the required variables can be read and written as Part 2 has it", wrong_mutability),
                VALUES_LISTED,
                of_rows("the value of every list is among its valuesList", _not_in_list),
                of_rows("no value of a WriteOnly variable is told", _secrets).of("B07.FR.03"),
                of_rows("every standardized variable that can be read has a value, but EVSE.Power", _valueless),
                of_rows("EVSE.Power has a maxLimit", _powerless),
            )
        ),
    ),
    remark="That the required variables are writable as required is part of their being implemented, and checked too.",
)

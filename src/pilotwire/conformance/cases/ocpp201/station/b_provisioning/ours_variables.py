"""Cases of our own for B06 and B08: instances of variables, whole components, and components with a problem."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.b_provisioning.b06_get_variables import RESULTS, gets
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.ours_booting import CORE, PART_2
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.reports import (
    Row,
    attributes,
    base_report,
    custom_report,
    name_of,
    of_rows,
    rows_of,
)
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.variables import only_result, variable
from pilotwire.conformance.checks import Check, Judgement, present
from pilotwire.conformance.language import Acts, Case, Judges, TellsStatus
from pilotwire.conformance.values import Known

_ITEMS = "DeviceDataCtrlr.ItemsPerMessage"

PW_B_08_CS = Case(
    id="PW_B_08_CS",
    title="Instances of a variable",
    purpose="GetVariables gives the instance that is named; without one, a variable that has instances only is unknown.",
    requirements=("B06.FR.14", "B06.FR.15"),
    needs=CORE,
    main=(
        *(
            gets(
                "1",
                variable(f"{_ITEMS}[{instance}]"),
                checks=tuple(
                    check.of("B06.FR.14")
                    for check in (
                        *only_result(RESULTS, f"{_ITEMS}[{instance}]", attributeStatus="Accepted"),
                        present(f"{RESULTS}[0].attributeValue"),
                    )
                ),
            )
            for instance in ("GetReport", "GetVariables")
        ),
        gets(
            "3",
            variable(_ITEMS),
            checks=tuple(
                check.of("B06.FR.15") for check in only_result(RESULTS, _ITEMS, attributeStatus="UnknownVariable")
            ),
        ),
    ),
    follows=PART_2,
    ours=True,
)

_COMPONENT = "OCPPCommCtrlr"


def _whole(everything: Any, known: Known) -> Judgement:
    """The report of the component has what the full inventory has of it, and nothing else."""
    full = {name_of(row) for row in rows_of(everything, known, "full report") if row["component"]["name"] == _COMPONENT}
    told = {name_of(row) for row in rows_of(everything, known)}
    differ = sorted(full ^ told)
    return Judgement(bool(full) and not differ, ", ".join(differ[:8]) or f"{len(told)} variables")


PW_B_09_CS = Case(
    id="PW_B_09_CS",
    title="Report of a whole component",
    purpose="GetReport for a component without a variable tells all that the full inventory has of it, and nothing else.",
    requirements=("B08.FR.20",),
    needs=CORE,
    main=(
        *base_report("FullInventory", name="full report"),
        *custom_report({"componentVariable": [{"component": {"name": _COMPONENT}}]}, numbers=("5", "7")),
    ),
    after=(Judges(checks=(Check(f"every variable of {_COMPONENT} is told", _whole).of("B08.FR.20"),)),),
    follows=PART_2,
    ours=True,
)


def _problem_is(value: str, row: Row) -> bool:
    return row["variable"]["name"] == "Problem" and any(
        kind == "Actual" and str(told).lower() == value for kind, _, told in attributes(row)
    )


def _without_problem(rows: list[Row], _: Known) -> list[str]:
    """Components that are told without their Problem being true."""
    bad = {str(row["component"]) for row in rows if _problem_is("true", row)}
    return [name_of(row) for row in rows if str(row["component"]) not in bad]


def _all_problems(everything: Any, known: Known) -> Judgement:
    """Every component of the full inventory with a problem is in the report."""
    full = {str(row["component"]) for row in rows_of(everything, known, "full report") if _problem_is("true", row)}
    told = {str(row["component"]) for row in rows_of(everything, known)}
    left_out = sorted(full - told)
    return Judgement(bool(full) and not left_out, f"left out: {left_out}" if left_out else f"{len(full)} components")


PW_B_10_CS = Case(
    id="PW_B_10_CS",
    title="Report of what has a problem",
    purpose="While a connector is Faulted, GetReport of components with a Problem tells every one that has one, and no others.",
    requirements=("B08.FR.10",),
    needs=CORE,
    before=(Acts(act="fault"), TellsStatus(status="Faulted")),
    main=(
        *base_report("FullInventory", name="full report"),
        *custom_report({"componentCriteria": ["Problem"]}, numbers=("5", "7")),
    ),
    after=(
        Judges(
            checks=(
                of_rows("the Problem of every component that is told is true", _without_problem).of("B08.FR.10"),
                Check("every component with a Problem is told", _all_problems).of("B08.FR.10"),
            )
        ),
        Acts(act="clear_fault"),
    ),
    follows=PART_2,
    ours=True,
)

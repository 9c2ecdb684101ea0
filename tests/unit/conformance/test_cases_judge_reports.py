"""The cases on reports of the device model find what is wrong in a report."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from pilotwire.conformance.cases import all_cases
from pilotwire.conformance.catalogue import referenced_variables
from pilotwire.conformance.language import Judges, inside
from tests.support.bench_scene import BenchScene

Row = dict[str, Any]
_LISTS = ("MemberList", "SequenceList", "OptionList")
_MUTABILITY = {"R": "ReadOnly", "RW": "ReadWrite", "W": "WriteOnly", "R|RW": "ReadOnly"}


def row(one: Any, evse: int | None, connector: int | None) -> Row:
    component: Row = {"name": one.component}
    if evse is not None:
        component["evse"] = {"id": evse} | ({} if connector is None else {"connectorId": connector})
    variable = {"name": one.variable} | ({"instance": one.instance} if one.instance else {})
    about: Row = {"dataType": one.type, "supportsMonitoring": False}
    if one.type in _LISTS:
        about["valuesList"] = "Available,Other"
    attribute: Row = {"mutability": _MUTABILITY[one.access], "value": "Available"}
    if one.access == "W":
        del attribute["value"]
    if one.variable == "Power":
        del attribute["value"]
        about["maxLimit"] = 22000
    return {
        "component": component,
        "variable": variable,
        "variableAttribute": [attribute],
        "variableCharacteristics": about,
    }


def full_report() -> list[Row]:
    rows: list[Row] = []
    for one in referenced_variables():
        places: tuple[tuple[int | None, int | None], ...] = ((None, None),)
        if one.component == "EVSE":
            places = ((1, None), (2, None))
        if one.component == "Connector":
            places = ((1, 1), (2, 1))
        if one.component not in ("ChargingStation", "EVSE", "Connector") or one.required == "yes":
            rows += [row(one, *place) for place in places]
    return rows


def named(rows: list[Row], variable: str) -> Row:
    return next(one for one in rows if one["variable"]["name"] == variable)


def without(variable: str) -> Callable[[list[Row]], None]:
    return lambda rows: rows.remove(named(rows, variable))


def about(variable: str, **new: Any) -> Callable[[list[Row]], None]:
    return lambda rows: named(rows, variable)["variableCharacteristics"].update(new)


def attribute(variable: str, **new: Any) -> Callable[[list[Row]], None]:
    return lambda rows: named(rows, variable)["variableAttribute"][0].update(new)


def _no_characteristics(rows: list[Row]) -> None:
    del named(rows, "OfflineThreshold")["variableCharacteristics"]


def _no_value(rows: list[Row]) -> None:
    del named(rows, "OfflineThreshold")["variableAttribute"][0]["value"]


def _no_limit(rows: list[Row]) -> None:
    del named(rows, "Power")["variableCharacteristics"]["maxLimit"]


async def judged(case: str, rows: list[Row]) -> list[str]:
    """What fails of a case's validations over this report."""
    half = len(rows) // 2
    scene = BenchScene()
    await scene.play()
    for number, data in enumerate((rows[:half], rows[half:])):
        payload = {"requestId": 5, "generatedAt": "2026-01-01T00:00:00Z", "seqNo": number, "reportData": data}
        scene.says("NotifyReport", payload)
    scene.scene.kept["report"] = 5
    for step in inside(all_cases()[case].after):
        if isinstance(step, Judges):
            await scene.play(step, part="after")
    return [check.what for result in scene.playing.results for check in result.checks if not check.passed]


def only(rows: list[Row], *, writable: bool) -> list[Row]:
    return [one for one in rows if (one["variableAttribute"][0]["mutability"] != "ReadOnly") is writable]


async def test_a_report_in_order_passes() -> None:
    assert await judged("TC_B_53_CS", full_report()) == []
    assert await judged("TC_B_13_CS", full_report()) == []
    assert await judged("TC_B_14_CS", full_report()) == []
    assert await judged("TC_B_12_CS", only(full_report(), writable=True)) == []


@pytest.mark.parametrize(
    ("breaks", "what"),
    [
        (without("OfflineThreshold"), "every required variable is there"),
        (without("EVConnectionTimeOut"), "every required variable is there"),
        (attribute("OfflineThreshold", mutability="ReadOnly"), "the required variables can be read and written"),
        (about("TxStartPoint", valuesList=""), "the valuesList of every list is told"),
        (attribute("TxStartPoint", value="Available,Strange"), "the value of every list is among its valuesList"),
        (attribute("BasicAuthPassword", value="secret"), "no value of a WriteOnly variable is told"),
        (_no_value, "every standardized variable that can be read has a value"),
        (_no_limit, "EVSE.Power has a maxLimit"),
    ],
)
async def test_a_report_with_a_fault_fails(breaks: Callable[[list[Row]], None], what: str) -> None:
    rows = deepcopy(full_report())
    breaks(rows)
    (failed, *_) = await judged("TC_B_53_CS", rows)
    assert failed.startswith(what)


async def test_what_can_only_be_read_is_no_configuration() -> None:
    failed = await judged("TC_B_12_CS", full_report())
    assert failed == ["every variable can be written"]
    rows = only(full_report(), writable=True)
    without("OfflineThreshold")(rows)
    assert await judged("TC_B_12_CS", rows) == ["every required variable that can be written is there"]


async def test_characteristics_and_states_are_missed() -> None:
    rows = full_report()
    _no_characteristics(rows)
    assert (await judged("TC_B_13_CS", rows))[0].startswith("variableCharacteristics")
    rows = [one for one in full_report() if one["variable"]["name"] != "AvailabilityState"]
    assert len(await judged("TC_B_14_CS", rows)) == 2


async def test_an_empty_report_never_passes() -> None:
    assert len(await judged("TC_B_13_CS", [])) == 3

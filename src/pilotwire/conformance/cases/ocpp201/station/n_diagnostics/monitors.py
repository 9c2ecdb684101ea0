"""What the cases of block N share: monitors, set, reported and judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.reports import MONITORS, Steps, all_parts, parts_heard
from pilotwire.conformance.checks import (
    Check,
    Judgement,
    absent,
    count,
    either,
    equals,
    one_of,
    present,
    same,
    satisfies,
    some,
)
from pilotwire.conformance.language import Configures, Sends
from pilotwire.conformance.settings import setting_named
from pilotwire.conformance.values import Computed, Fresh, Known, Unresolved, configured, resolve
from pilotwire.conformance.variables import component_variable

Place = Mapping[str, Any]
"""A variable: `component` and `variable`, as messages have them."""
Monitor = Mapping[str, Any]
"""What SetVariableMonitoring sets: a place, `type`, `value` and `severity`."""
Row = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]
"""A monitor as it was reported: component, variable, and the monitor itself."""

STATE = {"name": "AvailabilityState"}
STATION_STATE: Place = {"component": {"name": "ChargingStation"}, "variable": STATE}
EVSE: Place = {"component": {"name": "EVSE", "evse": {"id": configured.evse_id}}}
EVSE_STATE: Place = {**EVSE, "variable": STATE}
CONNECTOR_STATE: Place = {
    "component": {
        "name": "Connector",
        "evse": {"id": configured.evse_id, "connectorId": configured.connector_id},
    },
    "variable": STATE,
}

ENABLED = Configures(variable="MonitoringCtrlr.Enabled", value=True, if_implemented=True)
"""The prerequisite of all cases of monitors."""


def of_setting(name: str) -> Place:
    """The variable a setting of the plan names."""
    setting_named(name)

    def part(which: str) -> Computed:
        return Computed(f"{which} of {name}", lambda known: component_variable(known.setting(name))[which])

    return {"component": part("component"), "variable": part("variable")}


THRESHOLD = of_setting("threshold_variable")
DELTA = of_setting("delta_variable")
TEXT = of_setting("text_variable")


def monitor(
    place: Place, kind: str = "Delta", value: Any = 1, *, severity: Any = configured.monitor_severity, **more: Any
) -> Monitor:
    """A member of setMonitoringData."""
    return {**place, "type": kind, "value": value, "severity": severity, **more}


# --- set -----------------------------------------------------------------------------------------------------------------------


def no_trouble(*reasons: str, info: str = "statusInfo") -> Check:
    """statusInfo is left out, or its reason is one of these (NoError if none is given)."""
    return either(absent(info), *(equals(f"{info}.reasonCode", one) for one in reasons or ("NoError",)))


def result(data: Monitor, *status: str, reasons: tuple[str, ...] | None = ("NoError",)) -> Check:
    """Some setMonitoringResult is about this element, with one of these states (Accepted if none is given), and an id if it is Accepted.

    `reasons`: what statusInfo may say if it is there; None: anything.
    """
    states = status or ("Accepted",)
    named = tuple(equals(field, data[field]) for field in ("type", "severity", "component", "variable"))
    number = present("id") if states == ("Accepted",) else absent("id")
    trouble = () if reasons is None else (no_trouble(*reasons),)
    return some("setMonitoringResult", one_of("status", *states), *named, number, *trouble)


def _own_ids(found: Any, _: Known) -> bool:
    given = [one["id"] for one in found if "id" in one] if isinstance(found, list) else []
    return len(given) == len(set(given))


def sets(number: str, *monitors: Monitor, results: Iterable[Check] | None = None, keep: str = "monitors") -> Sends:
    """SetVariableMonitoring, with a result for each; all are accepted unless `results` say otherwise. The results are kept as `keep`."""
    judged = tuple(map(result, monitors)) if results is None else tuple(results)
    return Sends(
        number=number,
        action="SetVariableMonitoring",
        payload={"setMonitoringData": list(monitors)},
        checks=(
            count("setMonitoringResult", len(monitors)).of("N04.FR.01"),
            satisfies("setMonitoringResult", "gives each monitor an id of its own", _own_ids).of("N04.FR.11"),
            *(check.of("N04.FR.02") if not check.requirement else check for check in judged),
        ),
        keep={keep: "setMonitoringResult"},
    )


def id_of(data: Monitor, keep: str = "monitors") -> Computed:
    """The id this monitor was given."""

    def work(known: Known) -> Any:
        wanted = resolve({field: data[field] for field in ("type", "severity", "component", "variable")}, known)
        for one in known.kept.get(keep, []):
            if one.get("status") == "Accepted" and all(same(one.get(field), wanted[field]) for field in wanted):
                return one.get("id")
        raise Unresolved("the station has given no id to the monitor")

    return Computed("the id of the monitor", work)


def base(number: str, wanted: str) -> Sends:
    """SetMonitoringBase, accepted."""
    checks = (equals("status", "Accepted"), no_trouble())
    return Sends(number=number, action="SetMonitoringBase", payload={"monitoringBase": wanted}, checks=checks)


def level(severity: Any = 8, number: str = "") -> Sends:
    """SetMonitoringLevel, accepted."""
    checks = (equals("status", "Accepted"), no_trouble())
    return Sends(number=number, action="SetMonitoringLevel", payload={"severity": severity}, checks=checks)


# --- reports -------------------------------------------------------------------------------------------------------------------


def asks_for(number: str, name: str = "report", *, status: str = "Accepted", **wanted: Any) -> Sends:
    """GetMonitoringReport (`monitoringCriteria`, `componentVariable`), answered so."""
    reason = {"Accepted": "NoError", "EmptyResultSet": "NotFound"}[status]
    return Sends(
        number=number,
        action="GetMonitoringReport",
        payload={"requestId": Fresh(name), **wanted},
        checks=(equals("status", status), no_trouble(reason)),
    )


def report(numbers: tuple[str, str], name: str = "report", *each: Check, **wanted: Any) -> Steps:
    """GetMonitoringReport, and all that it brings."""
    return (asks_for(numbers[0], name, **wanted), *all_parts(MONITORS, numbers[1], name, *each))


def rows(everything: Any, known: Known, name: str = "report") -> list[Row]:
    """All monitors a report told."""
    return [
        (data["component"], data["variable"], one)
        for part in parts_heard(everything, known, MONITORS, name)
        for data in part.get("monitor", [])
        for one in data["variableMonitoring"]
    ]


def tells(data: Monitor, name: str = "report", number: Any = None, **more: Any) -> Check:
    """A report tells this monitor, at its place, with all it was set with; with the id `number` if it is given."""

    def judge(everything: Any, known: Known) -> Judgement:
        there = rows(everything, known, name)
        place = resolve({field: data[field] for field in ("component", "variable")}, known)
        told = {field: data[field] for field in ("type", "value", "severity")}
        wanted = resolve(told | {"transaction": data.get("transaction", False)} | more, known)
        if number is not None:
            wanted["id"] = resolve(number, known)
        found = [
            one
            for component, variable, one in there
            if same(component, place["component"]) and same(variable, place["variable"])
        ]
        right = any(all(same(one.get(field), value) for field, value in wanted.items()) for one in found)
        return Judgement(right, ", ".join(map(str, found)) or f"none of {len(there)} monitors")

    what = f"the report tells the {data['type']} monitor of {_written(data)}"
    return Check(what, judge)


def tells_only(what: str, test: Callable[[Row, Known], bool], name: str = "report") -> Check:
    """Every monitor of a report passes the test; `what` says which. A report without any does not."""

    def judge(everything: Any, known: Known) -> Judgement:
        there = rows(everything, known, name)
        wrong = [f"{one[0]['name']}.{one[1]['name']} {one[2]['type']}" for one in there if not test(one, known)]
        return Judgement(bool(there) and not wrong, ", ".join(wrong) if wrong else f"{len(there)} monitors")

    return Check(f"the report tells monitors {what} only", judge)


def tells_nothing(name: str) -> Check:
    """No message of this report came."""

    def judge(everything: Any, known: Known) -> Judgement:
        came = len(parts_heard(everything, known, MONITORS, name))
        return Judgement(name in known.kept and not came, f"{came} messages")

    return Check(f"nothing is reported for {name}", judge)


def is_of(row: Row, place: Place, known: Known) -> bool:
    """Whether a monitor that was reported is of this variable, or of this component where the place names none."""
    wanted = resolve(dict(place), known)
    return same(row[0], wanted["component"]) and ("variable" not in wanted or same(row[1], wanted["variable"]))


def _written(data: Monitor) -> str:
    component = data["component"]
    if isinstance(component, Mapping):
        return f"{component['name']}.{data['variable']['name']}"
    return str(component).strip("<>").removeprefix("component of ")

"""Cases of our own for N02, N04, N07 and N08: reports by parts of names, monitors that stay, events after a boot or by the clock."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.b_provisioning.boots import boots
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.reports import base_report, rows_of
from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.events import (
    CLEARED,
    RAISED,
    alerts,
    falls,
    of_monitor,
    rises,
    tells_event,
)
from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.monitors import (
    CONNECTOR_STATE,
    ENABLED,
    EVSE,
    EVSE_STATE,
    STATE,
    THRESHOLD,
    Monitor,
    base,
    id_of,
    level,
    monitor,
    report,
    result,
    rows,
    sets,
    tells,
)
from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.n07_offline import of_offline_time
from pilotwire.conformance.checks import Check, Judgement, moment_of, satisfies
from pilotwire.conformance.conditions import feature, kept_is, not_
from pilotwire.conformance.language import (
    Acts,
    Case,
    Configures,
    ForEach,
    Judges,
    OnlyIf,
    Repeats,
    Sends,
    Step,
    Waits,
)
from pilotwire.conformance.states.everywhere201 import ONE_EVSE
from pilotwire.conformance.states.offline201 import line_back, line_down
from pilotwire.conformance.states.station201 import energy_transfer_started
from pilotwire.conformance.values import Computed, Kept, Known, Unresolved, configured, plus, resolve, times

Steps = tuple[Step, ...]
_PART_2 = "Part 2 edition 3, errata 2025-09"
_MONITORING = (feature("Advanced Device Management"),)

# --- reports by parts of names ------------------------------------------------------------------------------------------------------


def _items(instance: str) -> Monitor:
    place = {
        "component": {"name": "DeviceDataCtrlr"},
        "variable": {"name": "ItemsPerMessage", "instance": instance},
    }
    return monitor(place)


_ITEMS = tuple(map(_items, ("GetReport", "GetVariables")))
_OTHER_EVSE = monitor({"component": {"name": "EVSE", "evse": {"id": configured.evse2_id}}, "variable": STATE})
_OF_STATE, _OF_POWER, _OF_CONNECTOR = (
    monitor(EVSE_STATE),
    monitor(THRESHOLD, "LowerThreshold", 1),
    monitor(CONNECTOR_STATE),
)
_CONNECTORS = {"component": {"name": "Connector", "evse": {"id": configured.evse_id}}}


def _only(what: str, report_name: str, /, **fields: Any) -> Check:
    """Every monitor of the report is of a component with these fields, or of a variable where the field is `variable`."""

    def judge(everything: Any, known: Known) -> Judgement:
        there = rows(everything, known, report_name)
        wanted = resolve(fields, known)
        wrong = [f"{one[0]}.{one[1]}" for one in there if not _is(one, wanted)]
        return Judgement(bool(there) and not wrong, ", ".join(wrong) if wrong else f"{len(there)} monitors")

    return Check(f"the report tells monitors {what} only", judge)


def _is(row: tuple[dict[str, Any], dict[str, Any], dict[str, Any]], wanted: dict[str, Any]) -> bool:
    component, variable, _ = row
    told = {"name": component["name"], "evse": component.get("evse", {}).get("id"), "variable": variable["name"]}
    return all(told[field] == value for field, value in wanted.items())


PW_N_01_CS = Case(
    id="PW_N_01_CS",
    title="Report of monitors by parts of names",
    purpose="GetMonitoringReport tells the monitors of every variable, instance, connector or EVSE where none is named, and no others.",
    requirements=("N02.FR.16", "N02.FR.17", "N02.FR.18", "N02.FR.19", "N02.FR.21"),
    needs=(*_MONITORING, not_(ONE_EVSE)),
    before=(ENABLED, sets("", _OF_STATE, _OF_POWER, _OF_CONNECTOR, _OTHER_EVSE, *_ITEMS)),
    main=(
        *report(("1", "3"), "all of an EVSE", componentVariable=[EVSE]),
        *report(
            ("5", "7"),
            "all instances",
            componentVariable=[{"component": {"name": "DeviceDataCtrlr"}, "variable": {"name": "ItemsPerMessage"}}],
        ),
        *report(("9", "11"), "all connectors", componentVariable=[_CONNECTORS]),
        *report(("13", "15"), "all EVSEs", componentVariable=[{"component": {"name": "EVSE"}, "variable": STATE}]),
    ),
    after=(
        Judges(
            checks=(
                *(tells(one, "all of an EVSE").of("N02.FR.16") for one in (_OF_STATE, _OF_POWER)),
                _only("of the EVSE", "all of an EVSE", name="EVSE", evse=configured.evse_id).of("N02.FR.16"),
                *(tells(one, "all instances").of("N02.FR.17") for one in _ITEMS),
                _only("of the variable", "all instances", name="DeviceDataCtrlr", variable="ItemsPerMessage").of(
                    "N02.FR.21"
                ),
                tells(_OF_CONNECTOR, "all connectors").of("N02.FR.18"),
                _only("of connectors of the EVSE", "all connectors", name="Connector", evse=configured.evse_id).of(
                    "N02.FR.18"
                ),
                *(tells(one, "all EVSEs").of("N02.FR.19") for one in (_OF_STATE, _OTHER_EVSE)),
                _only("of AvailabilityState of EVSEs", "all EVSEs", name="EVSE", variable="AvailabilityState").of(
                    "N02.FR.19"
                ),
            )
        ),
    ),
    remark="N02.FR.19 says that an EVSE is named; as in B08.FR.23 it is what holds where none is.",
    follows=_PART_2,
    ours=True,
)


def _with_instance(known: Known) -> list[dict[str, Any]]:
    """The first variable of a component with an instance, as a list of one; nothing where the station has none."""
    found = (
        {"component": row["component"], "variable": row["variable"]}
        for row in rows_of({"messages": known.heard()}, known, "full report")
        if row["component"].get("instance")
    )
    return list(found)[:1]


def _place(known: Known) -> dict[str, Any]:
    found: dict[str, Any] = Kept("place").of(known)
    return found


_INSTANCED = {
    "component": Computed("its component", lambda known: _place(known)["component"]),
    "variable": Computed("its variable", lambda known: _place(known)["variable"]),
    "type": "Delta",
    "value": 1,
    "severity": configured.monitor_severity,
}


def _of_instance(everything: Any, known: Known) -> Judgement:
    if known.kept.get("instance set") != "Accepted":
        return Judgement(True, "", applies=False)
    there = rows(everything, known, "instance")
    wrong = [str(one[0]) for one in there if one[0] != _place(known)["component"]]
    right = any(one[1] == _place(known)["variable"] for one in there) and not wrong
    return Judgement(right, ", ".join(wrong) or f"{len(there)} monitors")


PW_N_02_CS = Case(
    id="PW_N_02_CS",
    title="Report of monitors of one instance of a component",
    purpose="GetMonitoringReport for a component with an instance tells the monitors of that one.",
    requirements=("N02.FR.20",),
    needs=_MONITORING,
    before=(ENABLED, *base_report("FullInventory", numbers=("", ""), name="full report")),
    main=(
        ForEach(
            name="place",
            values=Computed("the first variable of a component with an instance, if there is one", _with_instance),
            steps=(
                Sends(
                    number="1",
                    action="SetVariableMonitoring",
                    payload={"setMonitoringData": [_INSTANCED]},
                    any_answer=True,
                    keep={"instance set": "setMonitoringResult[0].status"},
                ),
                OnlyIf(
                    condition=kept_is("instance set", "Accepted"),
                    steps=report(("3", "5"), "instance", componentVariable=[{"component": _INSTANCED["component"]}]),
                ),
            ),
        ),
    ),
    after=(
        Judges(checks=(Check("the report tells the monitor of that instance only", _of_instance).of("N02.FR.20"),)),
    ),
    remark="It does not apply to a station that has no component with an instance, or none that can be monitored.",
    follows=_PART_2,
    ours=True,
)

# --- monitors that are not set -----------------------------------------------------------------------------------------------------


def _all_rows(known: Known) -> list[Any]:
    return rows({"messages": known.heard()}, known)


def _first(field: str) -> Computed:
    """A part of the first monitor that was reported: a hard-wired one."""

    def work(known: Known) -> Any:
        there = _all_rows(known)
        if not there:
            raise Unresolved("the station has reported no hard-wired monitor")
        component, variable, found = there[0]
        return {"component": component, "variable": variable}.get(field, found.get(field))

    return Computed(f"{field} of the first hard-wired monitor", work)


_HARD_WIRED = dict(monitor({"component": _first("component"), "variable": _first("variable")}, "Delta", 2)) | {
    "type": _first("type"),
    "id": _first("id"),
}
_NOBODYS = monitor(EVSE_STATE, id=configured.unknown_monitor_id)


def _unchanged(everything: Any, known: Known) -> Judgement:
    before = {one[2]["id"]: one[2] for one in rows(everything, known)}
    after = {one[2]["id"]: one[2] for one in rows(everything, known, "report after")}
    number = resolve(_first("id"), known)
    return Judgement(number in after and after[number] == before.get(number), str(after.get(number)))


PW_N_03_CS = Case(
    id="PW_N_03_CS",
    title="Monitors that cannot be replaced",
    purpose="SetVariableMonitoring with an id no monitor has, or that of a hard-wired one, is rejected, and that one stays as it is.",
    requirements=("N04.FR.13", "N04.FR.18"),
    needs=_MONITORING,
    traits={"habits": {"hard_wired_monitors": [{"variable": "EVSE@1.AvailabilityState", "type": "Delta", "value": 1}]}},
    before=(
        Acts(act="made_so", details={"state": "the station has a hard-wired monitor"}),
        ENABLED,
        base("", "HardWiredOnly"),
        *report(("", "")),
    ),
    main=(
        sets("1", _NOBODYS, results=(result(_NOBODYS, "Rejected", reasons=None).of("N04.FR.13"),), keep="nobody's"),
        sets(
            "3",
            _HARD_WIRED,
            results=(result(_HARD_WIRED, "Rejected", reasons=None).of("N04.FR.18"),),
            keep="hard-wired",
        ),
        *report(("5", "7"), "report after"),
    ),
    after=(Judges(checks=(Check("the hard-wired monitor is as it was", _unchanged).of("N04.FR.18"),)),),
    follows=_PART_2,
    ours=True,
)

# --- events ---------------------------------------------------------------------------------------------------------------------------

_UPPER = monitor(THRESHOLD, "UpperThreshold", configured.upper_threshold, severity=5)

PW_N_04_CS = Case(
    id="PW_N_04_CS",
    title="Back within a threshold after a boot",
    purpose="That a value is within its threshold again is told, also where the station has started anew since it was exceeded.",
    requirements=("N07.FR.14",),
    needs=_MONITORING,
    before=(ENABLED, base("", "All"), sets("", _UPPER), level()),
    main=(
        rises("1", "threshold_variable", configured.upper_threshold, energy_transfer_started()),
        tells_event("2", *alerts(_UPPER), meant=of_monitor(_UPPER, RAISED), early=True),
        Acts(act="power_cycle"),
        boots("3"),
        falls("5", "threshold_variable", configured.upper_threshold, (Acts(act="unplug"),)),
        tells_event(
            "7",
            *alerts(_UPPER),
            meant=of_monitor(_UPPER, CLEARED.of("N07.FR.14")),
            early=True,
            waited=True,
        ),
    ),
    follows=_PART_2,
    ours=True,
)

_PERIODIC = monitor(THRESHOLD, "Periodic", configured.aligned_interval)

PW_N_05_CS = Case(
    id="PW_N_05_CS",
    title="A value is told periodically while offline",
    purpose="What a severe enough Periodic monitor tells while the station is offline is told when it is back.",
    requirements=("N08.FR.03",),
    needs=_MONITORING,
    before=(
        ENABLED,
        Configures(variable="MonitoringCtrlr.OfflineQueuingSeverity", value=configured.monitor_severity),
        level(),
        sets("", _PERIODIC),
    ),
    main=(
        *line_down(),
        Waits(seconds=times(2.5, configured.aligned_interval), why="the value is due while the station is offline"),
        *line_back(),
        tells_event(
            "1",
            *alerts(_PERIODIC, "Periodic"),
            satisfies("timestamp", "is of the time without a connection", of_offline_time).of("N08.FR.03"),
            meant=of_monitor(_PERIODIC),
            waited=True,
        ),
    ),
    follows=_PART_2,
    ours=True,
)

_INTERVAL = times(2, configured.aligned_interval)
_BY_THE_CLOCK = monitor(THRESHOLD, "PeriodicClockAligned", _INTERVAL, severity=5)
_OFF = 0.15
"""Of an interval: how far an event may be from the clock-aligned moment."""


def _aligned(everything: Any, known: Known) -> Judgement:
    number, interval = resolve(id_of(_BY_THE_CLOCK), known), float(resolve(_INTERVAL, known))
    told = {
        moment_of(one["timestamp"])
        for message in everything["messages"]
        if message["action"] == "NotifyEvent"
        for one in message["payload"]["eventData"]
        if one.get("variableMonitoringId") == number
    }
    off = [one.timestamp() % interval for one in told if one is not None]
    right = len(off) > 1 and all(min(one, interval - one) <= max(0.5, interval * _OFF) for one in off)
    return Judgement(right, f"{len(off)} events, after the full interval: {', '.join(f'{one:.2f}' for one in off)} s")


PW_N_06_CS = Case(
    id="PW_N_06_CS",
    title="A value is told by the clock",
    purpose="A PeriodicClockAligned monitor has its value told at the full intervals of the clock, not counted from when it was set.",
    requirements=("N08.FR.07",),
    needs=_MONITORING,
    before=(ENABLED, level()),
    main=(
        sets("1", _BY_THE_CLOCK),
        Repeats(
            number="3",
            steps=(
                tells_event(
                    "3",
                    *alerts(_BY_THE_CLOCK, "Periodic"),
                    meant=of_monitor(_BY_THE_CLOCK),
                    within=plus(_INTERVAL, configured.time_deviation),
                ),
            ),
            most=3,
        ),
    ),
    after=(Judges(checks=(Check("the events are at full intervals of the clock", _aligned).of("N08.FR.07"),)),),
    follows=_PART_2,
    ours=True,
)

"""N06: monitors are cleared."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.events import EVENT, falls, of_monitor, rises
from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.monitors import (
    ENABLED,
    EVSE_STATE,
    STATION_STATE,
    THRESHOLD,
    asks_for,
    base,
    id_of,
    level,
    monitor,
    no_trouble,
    report,
    rows,
    sets,
)
from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.reports import MONITORS, all_parts
from pilotwire.conformance.checks import Check, Judgement, count, equals, one_of, some
from pilotwire.conformance.conditions import kept_is
from pilotwire.conformance.language import Acts, Case, Judges, Keeps, NotReceives, OnlyIf, Sends
from pilotwire.conformance.states.station201 import energy_transfer_started, stop_authorized
from pilotwire.conformance.values import Computed, Fresh, Kept, Known, Unresolved, configured

RESULTS = "clearMonitoringResult"


def _clears(number: str, *ids: Any, status: str = "Accepted", reason: str = "NoError") -> Sends:
    """ClearVariableMonitoring, with a result for each id."""
    each = (
        some(RESULTS, equals("id", one), equals("status", status), *(() if not reason else (no_trouble(reason),)))
        for one in ids
    )
    return Sends(
        number=number,
        action="ClearVariableMonitoring",
        payload={"id": list(ids)},
        checks=(count(RESULTS, len(ids)).of("N06.FR.05"), *each),
    )


_STATION_CHANGED, _EVSE_CHANGED = monitor(STATION_STATE), monitor(EVSE_STATE)

TC_N_18_CS = Case(
    id="TC_N_18_CS",
    title="Monitors are cleared",
    purpose="Two monitors are cleared at once, and are reported no more.",
    requirements=("N06.FR.01", "N06.FR.05"),
    before=(ENABLED, sets("", _STATION_CHANGED, _EVSE_CHANGED)),
    main=(
        _clears("1", id_of(_STATION_CHANGED), id_of(_EVSE_CHANGED)),
        asks_for("3", status="EmptyResultSet", componentVariable=[STATION_STATE, EVSE_STATE]),
    ),
)


def _all_rows(known: Known) -> list[dict[str, Any]]:
    return [one for _, _, one in rows({"messages": known.heard()}, known)]


def _unused(known: Known) -> int:
    numbers = [one["id"] for one in _all_rows(known)]
    return max(numbers) + 1 if numbers else int(known.setting("unknown_monitor_id"))


TC_N_19_CS = Case(
    id="TC_N_19_CS",
    title="A monitor that does not exist is not cleared",
    purpose="ClearVariableMonitoring for an id no monitor has is answered with NotFound.",
    requirements=("N06.FR.02",),
    before=(
        ENABLED,
        Sends(
            action="GetMonitoringReport",
            payload={"requestId": Fresh("report")},
            checks=(one_of("status", "Accepted", "EmptyResultSet"),),
            keep={"report status": "status"},
        ),
        OnlyIf(condition=kept_is("report status", "Accepted"), steps=all_parts(MONITORS, "", "report")),
        Keeps(values={"unused": Computed("an id no monitor has", _unused)}),
    ),
    main=(_clears("1", Kept("unused"), status="NotFound", reason="NotFound"),),
)


def _first(known: Known) -> int:
    found = _all_rows(known)
    if not found:
        raise Unresolved("the station has reported no hard-wired monitor")
    return int(found[0]["id"])


def _still_there(everything: Any, known: Known) -> Judgement:
    numbers = [one["id"] for _, _, one in rows(everything, known, "report after")]
    return Judgement(Kept("hard-wired").of(known) in numbers, str(numbers))


TC_N_44_CS = Case(
    id="TC_N_44_CS",
    title="A hard-wired monitor is not cleared",
    purpose="ClearVariableMonitoring of a monitor the station is built with is rejected, and the monitor stays.",
    requirements=("N06.FR.03",),
    traits={"habits": {"hard_wired_monitors": [{"variable": "EVSE@1.AvailabilityState", "type": "Delta", "value": 1}]}},
    before=(
        Acts(act="made_so", details={"state": "the station has a hard-wired monitor"}),
        ENABLED,
        base("", "HardWiredOnly"),
        *report(("", "")),
        Keeps(values={"hard-wired": Computed("the first hard-wired monitor", _first)}),
    ),
    main=(_clears("1", Kept("hard-wired"), status="Rejected", reason=""), *report(("", ""), "report after")),
    after=(Judges(checks=(Check("the hard-wired monitor is still reported", _still_there).of("N06.FR.03"),)),),
    remark="The base is set to HardWiredOnly before, so that what is reported is hard-wired. That the monitor stays is checked too.",
)

_UPPER = monitor(THRESHOLD, "UpperThreshold", configured.upper_threshold)

TC_N_52_CS = Case(
    id="TC_N_52_CS",
    title="A monitor is cleared while its threshold is exceeded",
    purpose="Of a monitor that was cleared nothing is told when the value returns below its threshold.",
    requirements=("N07.FR.12",),
    before=(
        ENABLED,
        level(),
        sets("", _UPPER),
        rises("", "threshold_variable", configured.upper_threshold, energy_transfer_started()),
    ),
    main=(
        _clears("1", id_of(_UPPER), reason=""),
        asks_for(
            "3",
            status="EmptyResultSet",
            monitoringCriteria=["ThresholdMonitoring"],
            componentVariable=[THRESHOLD],
        ),
        falls("5", "threshold_variable", configured.upper_threshold, stop_authorized()),
        NotReceives(number="6", action=EVENT, where=(some("eventData", *of_monitor(_UPPER)),)),
    ),
)

"""N03, N05: the monitoring base, and the level below which nothing is told."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.monitors import (
    ENABLED,
    EVSE_STATE,
    STATION_STATE,
    Row,
    asks_for,
    base,
    id_of,
    is_of,
    level,
    monitor,
    no_trouble,
    report,
    rows,
    sets,
    tells,
    tells_only,
)
from pilotwire.conformance.checks import Check, Judgement, absent_or, both, either, equals, every, some
from pilotwire.conformance.language import Acts, Case, Judges, Keeps, NotReceives, Sends, TellsStatus
from pilotwire.conformance.values import Computed, Kept, Known, Unresolved, configured

_STATION_CHANGED = monitor(STATION_STATE)

TC_N_05_CS = Case(
    id="TC_N_05_CS",
    title="The three monitoring bases",
    purpose="SetMonitoringBase is accepted for All, FactoryDefault and HardWiredOnly.",
    requirements=("N03.FR.01", "N03.FR.03", "N03.FR.04", "N03.FR.05"),
    before=(ENABLED,),
    main=(base("1", "All"), base("3", "FactoryDefault"), base("5", "HardWiredOnly")),
)


def _is_of_station(row: Row, known: Known) -> bool:
    return is_of(row, STATION_STATE, known)


TC_N_06_CS = Case(
    id="TC_N_06_CS",
    title="The base HardWiredOnly",
    purpose="A monitor of the CSMS is gone after SetMonitoringBase to HardWiredOnly.",
    requirements=("N03.FR.01", "N03.FR.05"),
    before=(ENABLED, sets("", _STATION_CHANGED)),
    main=(
        *report(
            ("1", "3"),
            "report",
            absent_or("tbc", False),
            every("monitor", every("variableMonitoring", equals("type", "Delta"))),
            componentVariable=[STATION_STATE],
        ),
        base("5", "HardWiredOnly"),
        asks_for("7", "report after", status="EmptyResultSet", componentVariable=[STATION_STATE]),
    ),
    after=(
        Judges(
            checks=(
                tells(_STATION_CHANGED, number=id_of(_STATION_CHANGED)),
                tells_only("of ChargingStation.AvailabilityState", _is_of_station),
            )
        ),
    ),
)

TC_N_07_CS = Case(
    id="TC_N_07_CS",
    title="A monitoring base that is not known",
    purpose="SetMonitoringBase to a base the station does not support is answered with NotSupported, or not taken at all.",
    requirements=("N03.FR.02",),
    before=(ENABLED,),
    main=(
        Sends(
            number="1",
            action="SetMonitoringBase",
            payload={"monitoringBase": configured.unsupported_monitoring_base},
            raw=True,
            checks=(equals("status", "NotSupported").of("N03.FR.02"), no_trouble("UnsupportedParam", "InvalidValue")),
            refused=("FormatViolation", "PropertyConstraintViolation", "TypeConstraintViolation"),
        ),
    ),
    remark="The document says itself that a base outside the enumeration fails at the schema: then a CALLERROR is as good.",
)

# --- from the factory -----------------------------------------------------------------------------------------------------------

_FACTORY = {"variable": "EVSE@1.AvailabilityState", "type": "Delta", "value": 1, "severity": 5}


def _preconfigured(known: Known) -> dict[str, Any]:
    wanted = known.setting("preconfigured_monitor_id")
    for component, variable, one in rows({"messages": known.heard()}, known):
        if one["id"] == wanted:
            return {"component": component, "variable": variable, **one}
    raise Unresolved(f"the station has reported no monitor {wanted}")


def _wanted(known: Known) -> str:
    return f"the station has a preconfigured monitor with the id {known.setting('preconfigured_monitor_id')}"


def _its(field: str) -> Computed:
    return Computed(f"{field} of the preconfigured monitor", lambda known: Kept("preconfigured").of(known)[field])


def _another_severity(known: Known) -> int:
    severity = int(Kept("preconfigured").of(known)["severity"])
    return severity + 1 if severity < 9 else 5


_MONITOR = {field: _its(field) for field in ("id", "transaction", "value", "type", "severity", "component", "variable")}
_SEVERER = Computed("another severity", _another_severity)
_CHANGED = _MONITOR | {"severity": _SEVERER}
_ITS_VARIABLE = [{"component": _its("component"), "variable": _its("variable")}]


def _has(name: str, severity: Any) -> Check:
    told = _MONITOR | {"severity": severity}
    return tells(told, name, number=_its("id"))


TC_N_41_CS = Case(
    id="TC_N_41_CS",
    title="Back to the monitors of the factory",
    purpose="A preconfigured monitor that the CSMS has changed is as it was after SetMonitoringBase to FactoryDefault.",
    requirements=("N03.FR.04", "N04.FR.15"),
    traits={"habits": {"preconfigured_monitors": [_FACTORY]}},
    before=(
        Acts(act="made_so", details={"state": Computed("there is a preconfigured monitor", _wanted)}),
        ENABLED,
        base("", "FactoryDefault"),
    ),
    main=(
        *report(("1", "3")),
        Keeps(values={"preconfigured": Computed("the preconfigured monitor", _preconfigured)}),
        Sends(
            number="5",
            action="SetVariableMonitoring",
            payload={"setMonitoringData": [_CHANGED]},
            checks=(
                equals("setMonitoringResult[0].status", "Accepted"),
                equals("setMonitoringResult[0].id", _its("id")),
                equals("setMonitoringResult[0].type", _its("type")),
                equals("setMonitoringResult[0].component", _its("component")),
                equals("setMonitoringResult[0].variable", _its("variable")),
            ),
        ),
        *report(("7", "9"), "changed", componentVariable=_ITS_VARIABLE),
        base("11", "FactoryDefault"),
        *report(("13", "15"), "restored", componentVariable=_ITS_VARIABLE),
    ),
    after=(
        Judges(
            checks=(_has("changed", _SEVERER).of("N04.FR.15"), _has("restored", _its("severity")).of("N03.FR.04")),
        ),
    ),
    remark=(
        "The document has the monitor's id in GetMonitoringReport, which has no such field. In step 15 it strikes the severity and "
        "asks for that of before, which is what N03.FR.04 says."
    ),
)

# --- the level ------------------------------------------------------------------------------------------------------------------

_SLIGHT = monitor(EVSE_STATE, severity=8)


def _told(everything: Any, known: Known) -> Judgement:
    told = [
        one["component"]["name"]
        for message in everything["messages"]
        if message["action"] == "NotifyEvent" and message["part"] == "main"
        for one in message["payload"]["eventData"]
        if one["component"].get("evse", {}).get("id") == known.setting("evse_id")
    ]
    return Judgement("EVSE" not in told, ", ".join(told) or "none")


TC_N_16_CS = Case(
    id="TC_N_16_CS",
    title="The monitoring level is set",
    purpose="What a monitor finds is not told if it is less severe than the level.",
    requirements=("N05.FR.01", "N05.FR.03", "N07.FR.15"),
    before=(ENABLED, sets("", _SLIGHT)),
    main=(
        level(7, "1"),
        Acts(number="3", act="plug_in"),
        TellsStatus(status="Occupied"),
        NotReceives(
            number="4",
            action="NotifyEvent",
            where=(
                some(
                    "eventData",
                    either(
                        equals("variableMonitoringId", id_of(_SLIGHT)),
                        both(
                            equals("component.name", "EVSE"),
                            equals("component.evse.id", configured.evse_id),
                            equals("variable.name", "AvailabilityState"),
                        ),
                    ),
                ),
            ),
        ),
    ),
    after=(Judges(checks=(Check("no event of the EVSE was told", _told).of("N07.FR.15"),)),),
    remark="A station may tell the state of its connectors by NotifyEvent (G01): that is no event of this monitor.",
)

TC_N_17_CS = Case(
    id="TC_N_17_CS",
    title="A monitoring level that cannot be",
    purpose="SetMonitoringLevel to a severity above 9 or below 0 is rejected.",
    requirements=("N05.FR.02",),
    before=(ENABLED,),
    main=tuple(
        Sends(
            number=number,
            action="SetMonitoringLevel",
            payload={"severity": severity},
            checks=(equals("status", "Rejected").of("N05.FR.02"), no_trouble("ValueOutOfRange", reason)),
        )
        for number, severity, reason in (("1", 10, "ValueTooHigh"), ("3", -1, "ValueTooLow"))
    ),
)

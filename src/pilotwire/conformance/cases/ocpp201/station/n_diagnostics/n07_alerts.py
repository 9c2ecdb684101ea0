"""N07: what monitors find is told."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.events import (
    CLEARED,
    RAISED,
    alerts,
    by_charging,
    falls,
    of_monitor,
    rises,
    tells_event,
    value_above,
    value_at_most,
    value_below,
)
from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.monitors import (
    DELTA,
    ENABLED,
    TEXT,
    THRESHOLD,
    base,
    id_of,
    level,
    monitor,
    report,
    result,
    sets,
    tells,
)
from pilotwire.conformance.checks import Check, Judgement, absent_or, equals, every, one_of, some, when
from pilotwire.conformance.conditions import TRANSACTION_RUNS, Condition, all_of, configured_is, kept_is, not_
from pilotwire.conformance.language import (
    Acts,
    Case,
    Configures,
    InAnyOrder,
    Judges,
    NotReceives,
    Offers,
    OnlyIf,
    Sends,
    Step,
)
from pilotwire.conformance.states.station201 import booted, energy_transfer_started, stop_authorized
from pilotwire.conformance.values import Computed, Kept, Known, configured, plus, written
from pilotwire.conformance.variables import component_variable

# --- thresholds -------------------------------------------------------------------------------------------------------------------

_UPPER = monitor(THRESHOLD, "UpperThreshold", configured.upper_threshold, severity=5)
_LOWER = monitor(THRESHOLD, "LowerThreshold", configured.lower_threshold, severity=5)
_BY_CHARGING = by_charging("threshold_variable")
_IN_TRANSACTION = (
    *when(all_of(_BY_CHARGING, TRANSACTION_RUNS), equals("transactionId", Kept("transaction_id"))),
    *when(all_of(_BY_CHARGING, not_(TRANSACTION_RUNS)), absent_or("transactionId", Kept("transaction_id"))),
)
_ABOVE, _BACK = of_monitor(_UPPER, RAISED), of_monitor(_UPPER, CLEARED)


def _own_numbers(everything: Any, _: Known) -> Judgement:
    told = [
        (one["eventId"], one.get("variableMonitoringId"), one.get("actualValue"), one["trigger"], one.get("cleared"))
        for message in everything["messages"]
        if message["action"] == "NotifyEvent"
        for one in message["payload"]["eventData"]
    ]
    numbers = [one[0] for one in dict.fromkeys(told)]
    return Judgement(len(numbers) == len(set(numbers)), ", ".join(map(str, numbers)) or "no events")


TC_N_20_CS = Case(
    id="TC_N_20_CS",
    title="Thresholds are passed",
    purpose="A value that exceeds an UpperThreshold, returns below it and drops below a LowerThreshold is told each time.",
    requirements=("N07.FR.06", "N07.FR.07", "N07.FR.16", "N07.FR.17", "N07.FR.02"),
    before=(ENABLED, base("", "All"), sets("", _UPPER), level()),
    main=(
        rises("1", "threshold_variable", configured.upper_threshold, energy_transfer_started()),
        tells_event(
            "2",
            *alerts(_UPPER),
            value_above(configured.upper_threshold).of("N07.FR.16"),
            *_IN_TRANSACTION,
            meant=_ABOVE,
            early=True,
        ),
        sets("4", _LOWER, keep="lower"),
        falls("6", "threshold_variable", configured.lower_threshold, stop_authorized()),
        InAnyOrder(
            number="7",
            steps=(
                tells_event(
                    "7",
                    *alerts(_UPPER),
                    value_at_most(configured.upper_threshold),
                    *_IN_TRANSACTION,
                    meant=_BACK,
                    early=True,
                    shared=True,
                ),
                tells_event(
                    "7",
                    *alerts(_LOWER),
                    value_below(configured.lower_threshold).of("N07.FR.17"),
                    *_IN_TRANSACTION,
                    meant=(equals("variableMonitoringId", id_of(_LOWER, "lower")), RAISED),
                    early=True,
                    shared=True,
                ),
            ),
        ),
    ),
    after=(Judges(checks=(Check("every event has an id of its own", _own_numbers),)),),
    remark="Where the transaction ends with the stop, the events after it need not name it: no power is delivered any more.",
)

_QUIET = monitor(THRESHOLD, "UpperThreshold", configured.upper_threshold_quiet, severity=5)

TC_N_51_CS = Case(
    id="TC_N_51_CS",
    title="A threshold is lowered below the value",
    purpose="A threshold that is changed so that the value exceeds it is told at once.",
    requirements=("N07.FR.11",),
    before=(ENABLED, sets("", _QUIET), level()),
    main=(
        rises("1", "threshold_variable", configured.upper_threshold, energy_transfer_started()),
        sets(
            "2",
            {**_UPPER, "id": id_of(_QUIET)},
            results=(result(_UPPER), equals("setMonitoringResult[0].id", id_of(_QUIET))),
            keep="changed",
        ),
        tells_event(
            "4", *alerts(_UPPER), value_above(configured.upper_threshold).of("N07.FR.11"), meant=of_monitor(_QUIET)
        ),
    ),
    remark=(
        "The errata want the value to be above the threshold that it does not exceed; it is compared with the new one, which is what "
        "N07.FR.11 is about."
    ),
)

_KEPT = monitor(THRESHOLD, "UpperThreshold", configured.upper_threshold)

TC_N_53_CS = Case(
    id="TC_N_53_CS",
    title="Monitors outlast a boot",
    purpose="A monitor is still there after a boot.",
    requirements=("N07.FR.13",),
    before=(ENABLED, sets("", _KEPT), *booted()),
    main=report(
        ("1", "3"),
        "report",
        every("monitor", every("variableMonitoring", one_of("type", "UpperThreshold", "LowerThreshold"))),
        monitoringCriteria=["ThresholdMonitoring"],
    ),
    after=(Judges(checks=(tells(_KEPT, number=id_of(_KEPT)).of("N07.FR.13"),)),),
)

# --- changes ----------------------------------------------------------------------------------------------------------------------

_CHANGED = monitor(DELTA, "Delta", configured.delta, severity=5)

TC_N_45_CS = Case(
    id="TC_N_45_CS",
    title="A number changes by more than its Delta",
    purpose="A number that changes by more than its monitor allows is told.",
    requirements=("N07.FR.06", "N07.FR.07", "N07.FR.18", "N07.FR.19"),
    before=(ENABLED, sets("", _CHANGED), level()),
    main=(
        rises("1", "delta_variable", configured.delta, energy_transfer_started()),
        tells_event("2", *alerts(_CHANGED, "Delta"), meant=of_monitor(_CHANGED), early=True),
    ),
)

_OF_TEXT = monitor(TEXT, "Delta", 1, severity=5)
_BY_CABLE = Condition(
    "text_variable is a state", lambda known: str(known.setting("text_variable")).endswith(".AvailabilityState")
)

_NEW_TEXT = Computed(
    "the new value", lambda known: "Occupied" if _BY_CABLE.holds(known) else known.setting("text_value")
)

TC_N_56_CS = Case(
    id="TC_N_56_CS",
    title="What is no number changes",
    purpose="A variable that is no number is told with every change.",
    requirements=("N07.FR.06", "N07.FR.07", "N07.FR.18", "N07.FR.19"),
    before=(ENABLED, sets("", _OF_TEXT), level()),
    main=(
        OnlyIf(
            condition=_BY_CABLE,
            steps=(Acts(act="plug_in"),),
            otherwise=(
                Acts(act="set_inside", details={"variable": configured.text_variable, "value": configured.text_value}),
            ),
        ),
        tells_event("1", *alerts(_OF_TEXT, "Delta"), equals("actualValue", _NEW_TEXT), meant=of_monitor(_OF_TEXT)),
    ),
)

_OFFLINE_THRESHOLD = component_variable("OCPPCommCtrlr.OfflineThreshold")
_OF_OFFLINE = monitor(_OFFLINE_THRESHOLD)
_DONE = one_of("setVariableResult[0].attributeStatus", "Accepted", "RebootRequired")
_BOOTS_IF_REQUIRED = OnlyIf(condition=kept_is("set status", "RebootRequired"), steps=booted("reset"))


def _sets_variable(number: str, names: dict[str, Any], value: Any) -> Sends:
    return Sends(
        number=number,
        action="SetVariables",
        payload={"setVariableData": [{**names, "attributeValue": value}]},
        checks=(_DONE,),
        keep={"set status": "setVariableResult[0].attributeStatus"},
    )


def _back(names: dict[str, Any], value: Any) -> tuple[Step, ...]:
    """A variable has the value from before; nothing is judged."""
    data = {**names, "attributeValue": value}
    return (Sends(action="SetVariables", payload={"setVariableData": [data]}, any_answer=True),)


TC_N_61_CS = Case(
    id="TC_N_61_CS",
    title="A number changes by its Delta, and by more",
    purpose="A number that changes by what its monitor allows is not told, and is told once it has changed by more.",
    requirements=("N07.FR.10",),
    before=(
        ENABLED,
        level(),
        Configures(variable="OCPPCommCtrlr.OfflineThreshold", value=configured.offline_threshold),
        sets("", _OF_OFFLINE),
    ),
    main=(
        _sets_variable("1", _OFFLINE_THRESHOLD, written(plus(configured.offline_threshold, 1))),
        _BOOTS_IF_REQUIRED,
        NotReceives(action="NotifyEvent", where=(some("eventData", *of_monitor(_OF_OFFLINE)),)),
        _sets_variable("4", _OFFLINE_THRESHOLD, written(plus(configured.offline_threshold, 2))),
        _BOOTS_IF_REQUIRED,
        tells_event(
            "7",
            *alerts(_OF_OFFLINE, "Delta"),
            equals("actualValue", written(plus(configured.offline_threshold, 2))).of("N07.FR.18"),
            meant=of_monitor(_OF_OFFLINE),
            early=True,
        ),
    ),
    after=_back(_OFFLINE_THRESHOLD, written(configured.offline_threshold)),
    remark="The case names N07.FR.10, which is about write-only variables; it is N07.FR.18 that it checks.",
)

_PASSWORD = component_variable("SecurityCtrlr.BasicAuthPassword")
_OF_PASSWORD = monitor(_PASSWORD)


def _another_password(known: Known) -> str:
    password = str(known.setting("password"))
    turned = password[1:] + password[0]
    return turned if turned != password else "x" + password[1:]


_NEW_PASSWORD = Computed("another password of the same length", _another_password)

TC_N_48_CS = Case(
    id="TC_N_48_CS",
    title="What can only be written changes",
    purpose="That a write-only variable has changed is told without its value.",
    requirements=("N07.FR.10",),
    needs=(configured_is("security_profile", 1, 2),),
    before=(ENABLED, level(), sets("", _OF_PASSWORD)),
    main=(
        _sets_variable("1", _PASSWORD, _NEW_PASSWORD),
        OnlyIf(
            number="3",
            condition=kept_is("set status", "RebootRequired"),
            steps=(Offers(how={"password": _NEW_PASSWORD}), *booted("reset")),
        ),
        tells_event(
            "4",
            *alerts(_OF_PASSWORD, "Delta"),
            equals("actualValue", "").of("N07.FR.10"),
            meant=of_monitor(_OF_PASSWORD),
            early=True,
        ),
    ),
    after=_back(_PASSWORD, configured.password),
)

# --- hard-wired -------------------------------------------------------------------------------------------------------------------

_HARD_WIRED = (equals("eventNotificationType", "HardWiredNotification"),)

TC_N_21_CS = Case(
    id="TC_N_21_CS",
    title="A hard-wired notification",
    purpose="What the station tells without any monitor is called so.",
    before=(ENABLED, level()),
    main=(Acts(act="hard_wired"), tells_event("1", meant=_HARD_WIRED)),
    after=(Acts(act="made_so", details={"state": "all is well at the station again"}),),
)

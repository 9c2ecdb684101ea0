"""N04: monitors are set."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.monitors import (
    DELTA,
    ENABLED,
    EVSE,
    EVSE_STATE,
    STATION_STATE,
    TEXT,
    THRESHOLD,
    Monitor,
    Place,
    Row,
    id_of,
    is_of,
    monitor,
    of_setting,
    report,
    result,
    sets,
    tells,
    tells_only,
)
from pilotwire.conformance.checks import equals, some
from pilotwire.conformance.language import Case, Judges
from pilotwire.conformance.values import Known, configured

_SET = ("N04.FR.01", "N04.FR.02", "N04.FR.08", "N04.FR.11")
_EVSE_SLIGHT = monitor(EVSE_STATE, severity=8)
_EVSE_CHANGED = monitor(EVSE_STATE)
_STATION_CHANGED = monitor(STATION_STATE)


def _is_of_evse(row: Row, known: Known) -> bool:
    return is_of(row, EVSE_STATE, known)


TC_N_08_CS = Case(
    id="TC_N_08_CS",
    title="One monitor is set",
    purpose="SetVariableMonitoring with one monitor sets it: it has an id, and is reported.",
    requirements=_SET,
    before=(ENABLED,),
    main=(sets("1", _EVSE_SLIGHT), *report(("3", "5"), componentVariable=[EVSE_STATE])),
    after=(
        Judges(
            checks=(
                tells(_EVSE_SLIGHT, number=id_of(_EVSE_SLIGHT)).of("N04.FR.08"),
                tells_only("of the variable asked for", _is_of_evse),
            )
        ),
    ),
)

TC_N_09_CS = Case(
    id="TC_N_09_CS",
    title="Monitors of two variables are set",
    purpose="SetVariableMonitoring with monitors of two variables sets both.",
    requirements=_SET,
    before=(ENABLED,),
    main=(
        sets("1", _EVSE_CHANGED, _STATION_CHANGED),
        *report(("3", "5"), componentVariable=[EVSE_STATE, STATION_STATE]),
    ),
    after=(
        Judges(
            checks=tuple(tells(one, number=id_of(one)).of("N04.FR.08") for one in (_EVSE_CHANGED, _STATION_CHANGED))
        ),
    ),
    remark="The document sends <Configured severity> and expects 8: the severity that was sent is expected.",
)

TC_N_10_CS = Case(
    id="TC_N_10_CS",
    title="Two monitors of one variable are set",
    purpose="SetVariableMonitoring with two monitors of one variable, of two severities, sets both.",
    requirements=_SET,
    before=(ENABLED,),
    main=(sets("1", _EVSE_SLIGHT, monitor(EVSE_STATE, severity=7)),),
)


def _refused(
    case: str,
    title: str,
    purpose: str,
    requirement: str,
    data: Monitor,
    *status: str,
    reasons: tuple[str, ...] | None = None,
    remark: str = "",
) -> Case:
    """A case of one monitor that cannot be set: it has no id, and names what was asked for."""
    return Case(
        id=case,
        title=title,
        purpose=purpose,
        requirements=(requirement,),
        before=(ENABLED,),
        main=(sets("1", data, results=(result(data, *status, reasons=reasons).of(requirement),)),),
        remark=remark,
    )


_FAR: Place = {"component": {"name": "EVSE", "evse": {"id": 99}}, "variable": {"name": "AvailabilityState"}}
_NOWHERE: Place = {"component": {"name": "NonExistent"}, "variable": {"name": "Power"}}
_OF_FAR, _OF_NOWHERE = monitor(_FAR), monitor(_NOWHERE, "UpperThreshold", 1234.0)
_NOT_THERE = ("UnknownComponent", "UnknownVariable")

TC_N_11_CS = Case(
    id="TC_N_11_CS",
    title="Monitors of unknown components are not set",
    purpose="Monitors of an EVSE and of a component that do not exist are not set.",
    requirements=("N04.FR.03",),
    before=(ENABLED,),
    main=(
        sets(
            "1",
            _OF_FAR,
            _OF_NOWHERE,
            results=(
                result(_OF_FAR, "UnknownComponent", "Rejected", reasons=("UnknownEVSE", "NotFound")).of("N04.FR.03"),
                result(_OF_NOWHERE, *_NOT_THERE, reasons=("NotFound",)).of("N04.FR.03"),
                some(
                    "setMonitoringResult", equals("component.name", "NonExistent"), equals("status", "UnknownComponent")
                )
                .of("N04.FR.03")
                .softly(),
            ),
        ),
    ),
    remark="UnknownVariable for the unknown component is allowed by the document as less accurate: a warning.",
)

TC_N_12_CS = _refused(
    "TC_N_12_CS",
    "A Delta below 0",
    "A Delta monitor with a negative value is rejected.",
    "N04.FR.14",
    monitor(DELTA, "Delta", -1),
    "Rejected",
    reasons=("ValueOutOfRange", "ValuePositiveOnly"),
)
_LIMITED = of_setting("limited_variable")
TC_N_13_CS = _refused(
    "TC_N_13_CS",
    "A threshold above the maxLimit",
    "An UpperThreshold above the maxLimit of its variable is rejected.",
    "N04.FR.06",
    monitor(_LIMITED, "UpperThreshold", configured.above_limit),
    "Rejected",
    reasons=("ValueOutOfRange",),
    remark="The case names N04.FR.13 in edition 3; the errata (6.2.88) have N04.FR.06.",
)
_NO_VARIABLE: Place = {**EVSE, "variable": {"name": "unknownVariable"}}
TC_N_37_CS = _refused(
    "TC_N_37_CS",
    "A monitor of an unknown variable",
    "A monitor of a variable its component does not have is not set.",
    "N04.FR.04",
    monitor(_NO_VARIABLE),
    "UnknownVariable",
    remark="The document names no EVSE; the configured one is named, as the component EVSE without a number is another one.",
)
TC_N_38_CS = _refused(
    "TC_N_38_CS",
    "A type of monitor that is not supported",
    "An UpperThreshold of a variable that is no number is not set.",
    "N04.FR.05",
    monitor(EVSE_STATE, "UpperThreshold"),
    "UnsupportedMonitorType",
    "Rejected",
    remark="N04.FR.05 has UnsupportedMonitorType only; the document takes Rejected as well.",
)

TC_N_15_CS = Case(
    id="TC_N_15_CS",
    title="The same monitor twice",
    purpose="Of two monitors of one variable with one type and severity the second is a duplicate.",
    requirements=("N04.FR.10",),
    before=(ENABLED,),
    main=(
        sets(
            "1",
            _EVSE_CHANGED,
            _EVSE_CHANGED,
            results=(
                result(_EVSE_CHANGED),
                result(_EVSE_CHANGED, "Duplicate", reasons=("InvalidValue",)).of("N04.FR.10"),
            ),
        ),
    ),
)

# --- a monitor that is there ------------------------------------------------------------------------------------------------------

_OF_TEXT = monitor(TEXT)


def _with_its_id(data: Monitor, there: Monitor) -> Monitor:
    return {**data, "id": id_of(there)}


_OTHER_VARIABLE = _with_its_id(monitor(DELTA), _OF_TEXT)

TC_N_39_CS = Case(
    id="TC_N_39_CS",
    title="A monitor is not moved to another variable",
    purpose="SetVariableMonitoring with the id of a monitor but another variable is rejected, and the monitor stays as it is.",
    requirements=("N04.FR.16",),
    before=(ENABLED,),
    main=(
        sets("1", _OF_TEXT),
        sets(
            "3",
            _OTHER_VARIABLE,
            results=(result(_OTHER_VARIABLE, "Rejected", reasons=None).of("N04.FR.16"),),
            keep="refused",
        ),
        *report(("5", "7")),
    ),
    after=(Judges(checks=(tells(_OF_TEXT, number=id_of(_OF_TEXT)),)),),
)

_SEVERER = monitor(EVSE_STATE, severity=4)

TC_N_40_CS = Case(
    id="TC_N_40_CS",
    title="A monitor is replaced",
    purpose="SetVariableMonitoring with the id of a monitor replaces it: there is one, with the new severity.",
    requirements=("N04.FR.12",),
    before=(ENABLED, sets("", _EVSE_CHANGED)),
    main=(
        sets(
            "1",
            _with_its_id(_SEVERER, _EVSE_CHANGED),
            results=(
                result(_SEVERER),
                equals("setMonitoringResult[0].id", id_of(_EVSE_CHANGED)).of("N04.FR.12"),
            ),
            keep="replaced",
        ),
        *report(("3", "5"), monitoringCriteria=["DeltaMonitoring"], componentVariable=[EVSE_STATE]),
    ),
    after=(
        Judges(
            checks=(
                tells(_SEVERER, number=id_of(_EVSE_CHANGED)).of("N04.FR.12"),
                tells_only("of the new severity", lambda row, _: bool(row[2]["severity"] == 4)).of("N04.FR.12"),
            )
        ),
    ),
)

_UPPER = monitor(THRESHOLD, "UpperThreshold", configured.upper_threshold)
_BELOW_ZERO = monitor(DELTA, "Delta", -1.0)
_LOWER = monitor(THRESHOLD, "LowerThreshold", configured.lower_threshold)

TC_N_43_CS = Case(
    id="TC_N_43_CS",
    title="One of three monitors cannot be",
    purpose="Of three monitors the second has a value out of range: it is rejected, the others are set.",
    before=(ENABLED,),
    main=(
        sets(
            "1",
            _UPPER,
            _BELOW_ZERO,
            _LOWER,
            results=(result(_UPPER), result(_BELOW_ZERO, "Rejected", reasons=None).of("N04.FR.14"), result(_LOWER)),
        ),
    ),
)

"""N02: reports of monitors."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.monitors import (
    DELTA,
    ENABLED,
    EVSE,
    EVSE_STATE,
    STATION_STATE,
    THRESHOLD,
    Row,
    asks_for,
    id_of,
    is_of,
    monitor,
    no_trouble,
    report,
    sets,
    tells,
    tells_nothing,
    tells_only,
)
from pilotwire.conformance.checks import Check, equals, every, one_of
from pilotwire.conformance.language import Case, Judges, NotReceives, Sends
from pilotwire.conformance.values import Fresh, Known, configured

LOWER = monitor(THRESHOLD, "LowerThreshold", configured.lower_threshold)
UPPER = monitor(THRESHOLD, "UpperThreshold", configured.upper_threshold)
PERIODIC = monitor(THRESHOLD, "Periodic", configured.aligned_interval)
CHANGED = monitor(DELTA, "Delta", configured.delta)
ALIGNED = monitor(DELTA, "PeriodicClockAligned", configured.aligned_interval)
_THRESHOLDS = ("UpperThreshold", "LowerThreshold")
_PERIODS = ("Periodic", "PeriodicClockAligned")

STATION_CHANGED = monitor(STATION_STATE)
EVSE_CHANGED = monitor(EVSE_STATE)
BOTH_STATES = [STATION_STATE, EVSE_STATE]


def _types(*types: str) -> Check:
    return every("monitor", every("variableMonitoring", one_of("type", *types)))


TC_N_01_CS = Case(
    id="TC_N_01_CS",
    title="Report by criteria",
    purpose="GetMonitoringReport by one criterion or two tells all monitors of the types that are meant, and no others.",
    requirements=(
        "N02.FR.01",
        "N02.FR.03",
        "N02.FR.04",
        "N02.FR.05",
        "N02.FR.06",
        "N02.FR.09",
        "N02.FR.12",
        "N02.FR.13",
        "N02.FR.14",
    ),
    before=(ENABLED, sets("", LOWER, UPPER, PERIODIC, CHANGED, ALIGNED)),
    main=(
        *report(("1", "3"), "thresholds", _types(*_THRESHOLDS), monitoringCriteria=["ThresholdMonitoring"]),
        *report(
            ("5", "7"),
            "thresholds and deltas",
            _types(*_THRESHOLDS, "Delta"),
            monitoringCriteria=["ThresholdMonitoring", "DeltaMonitoring"],
        ),
        *report(
            ("9", "11"),
            "deltas and periods",
            _types("Delta", *_PERIODS),
            monitoringCriteria=["DeltaMonitoring", "PeriodicMonitoring"],
        ),
    ),
    after=(
        Judges(
            checks=(
                *(tells(one, "thresholds", number=id_of(one)).of("N02.FR.12") for one in (LOWER, UPPER)),
                *(
                    tells(one, "thresholds and deltas", number=id_of(one)).of("N02.FR.13")
                    for one in (LOWER, UPPER, CHANGED)
                ),
                *(
                    tells(one, "deltas and periods", number=id_of(one)).of("N02.FR.14")
                    for one in (CHANGED, PERIODIC, ALIGNED)
                ),
            )
        ),
    ),
)


def _delta_if_state(row: Row, _: Known) -> bool:
    return bool(row[1]["name"] != "AvailabilityState" or row[2]["type"] == "Delta")


def _asked_for(row: Row, known: Known) -> bool:
    return is_of(row, STATION_STATE, known) or is_of(row, EVSE, known)


TC_N_02_CS = Case(
    id="TC_N_02_CS",
    title="Report of a variable and of a component",
    purpose="GetMonitoringReport for a variable and for a whole component tells the monitors of both, and no others.",
    requirements=("N02.FR.01", "N02.FR.03", "N02.FR.04", "N02.FR.05", "N02.FR.08", "N02.FR.09"),
    before=(ENABLED, sets("", STATION_CHANGED, EVSE_CHANGED)),
    main=report(("1", "3"), componentVariable=[STATION_STATE, EVSE]),
    after=(
        Judges(
            checks=(
                tells(STATION_CHANGED, number=id_of(STATION_CHANGED)).of("N02.FR.08"),
                tells(EVSE_CHANGED, number=id_of(EVSE_CHANGED)).of("N02.FR.08"),
                tells_only("of type Delta where they are of AvailabilityState", _delta_if_state),
                tells_only("of ChargingStation.AvailabilityState and of the EVSE", _asked_for).of("N02.FR.05"),
            )
        ),
    ),
    remark="The document wants further messages to tell AvailabilityState only; as the whole EVSE is asked for, they may tell all of it.",
)


def _is_delta(row: Row, _: Known) -> bool:
    return bool(row[2]["type"] == "Delta")


def _is_state(row: Row, known: Known) -> bool:
    return is_of(row, STATION_STATE, known) or is_of(row, EVSE_STATE, known)


TC_N_03_CS = Case(
    id="TC_N_03_CS",
    title="Report by criterion and variable",
    purpose="GetMonitoringReport for variables tells those of their monitors that meet the criterion, and says so if none does.",
    requirements=("N02.FR.01", "N02.FR.03", "N02.FR.04", "N02.FR.05", "N02.FR.09", "N02.FR.10", "N02.FR.13"),
    before=(ENABLED, sets("", monitor(STATION_STATE, "Periodic", 3600), STATION_CHANGED, EVSE_CHANGED)),
    main=(
        asks_for(
            "1",
            "thresholds",
            status="EmptyResultSet",
            monitoringCriteria=["ThresholdMonitoring"],
            componentVariable=BOTH_STATES,
        ),
        *report(
            ("3", "5"), "deltas", _types("Delta"), monitoringCriteria=["DeltaMonitoring"], componentVariable=BOTH_STATES
        ),
        NotReceives(action="NotifyMonitoringReport"),
    ),
    after=(
        Judges(
            checks=(
                tells_nothing("thresholds").of("N02.FR.10"),
                tells(STATION_CHANGED, "deltas", number=id_of(STATION_CHANGED)).of("N02.FR.13"),
                tells(EVSE_CHANGED, "deltas", number=id_of(EVSE_CHANGED)).of("N02.FR.13"),
                tells_only("of type Delta", _is_delta, "deltas").of("N02.FR.05"),
                tells_only("of the variables asked for", _is_state, "deltas").of("N02.FR.05"),
            )
        ),
    ),
    remark=(
        "The document prepares a Periodic monitor of the station's Power, but expects a Delta of its AvailabilityState: both are set, "
        "the periodic one of AvailabilityState too, so that the criterion has something to leave out."
    ),
)

TC_N_04_CS = Case(
    id="TC_N_04_CS",
    title="Report by a criterion that is not known",
    purpose="GetMonitoringReport with a criterion the station does not support is answered with NotSupported, or not taken at all.",
    requirements=("N02.FR.02",),
    before=(ENABLED, sets("", EVSE_CHANGED)),
    main=(
        Sends(
            number="1",
            action="GetMonitoringReport",
            payload={
                "requestId": Fresh("report"),
                "monitoringCriteria": ["DeltaMonitoring", configured.unsupported_monitoring_criterion],
            },
            raw=True,
            checks=(equals("status", "NotSupported").of("N02.FR.02"), no_trouble("UnsupportedParam", "InvalidValue")),
            refused=("FormatViolation", "PropertyConstraintViolation", "TypeConstraintViolation"),
        ),
        NotReceives(action="NotifyMonitoringReport"),
    ),
    remark="The document says itself that a criterion outside the enumeration fails at the schema: then a CALLERROR is as good.",
)

TC_N_47_CS = Case(
    id="TC_N_47_CS",
    title="Report of all monitors",
    purpose="GetMonitoringReport without criterion and variable tells all monitors.",
    requirements=("N02.FR.01", "N02.FR.11"),
    before=(ENABLED, sets("", STATION_CHANGED, EVSE_CHANGED)),
    main=report(("1", "3")),
    after=(
        Judges(
            checks=(
                tells(STATION_CHANGED, number=id_of(STATION_CHANGED)).of("N02.FR.11"),
                tells(EVSE_CHANGED, number=id_of(EVSE_CHANGED)).of("N02.FR.11"),
            )
        ),
    ),
    remark=(
        "The document wants every further message to tell Delta monitors of AvailabilityState only; as all monitors are asked for, others "
        "may be told too (N02.FR.11)."
    ),
)

"""N07: what monitors find while the station is offline."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.events import EVENT, alerts, of_monitor, tells_event
from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.monitors import (
    CONNECTOR_STATE,
    ENABLED,
    EVSE_STATE,
    level,
    monitor,
    sets,
)
from pilotwire.conformance.checks import either, equals, moment_of, satisfies, some
from pilotwire.conformance.conditions import EVENT_DUE
from pilotwire.conformance.language import (
    Acts,
    Case,
    Configures,
    Disconnects,
    Happened,
    InAnyOrder,
    NotReceives,
    OnlyIf,
    Reconnects,
    TellsStatus,
    Waits,
)
from pilotwire.conformance.states.offline201 import line_back, line_down
from pilotwire.conformance.states.station201 import (
    BEGINS_OR_GOES_ON,
    leaving_told,
    parking_bay_occupied,
    transaction_event,
)
from pilotwire.conformance.values import Kept, Known, configured, plus

_QUEUED_FROM = Configures(variable="MonitoringCtrlr.OfflineQueuingSeverity", value=configured.monitor_severity)
_SEVERE = monitor(EVSE_STATE)
_OCCUPIED = equals("actualValue", "Occupied")


def of_offline_time(found: Any, known: Known) -> bool:
    """Whether a moment is of the time the line was down."""
    happened = moment_of(found)
    down, back = (moment_of(Kept(name).of(known)) for name in ("line_down", "line_back"))
    allowed = timedelta(seconds=float(known.setting("time_deviation")))
    return happened is not None and down is not None and back is not None and down - allowed <= happened <= back


TC_N_22_CS = Case(
    id="TC_N_22_CS",
    title="A severe event while offline",
    purpose="What a severe monitor finds while the station is offline is told when it is back.",
    requirements=("N07.FR.04",),
    before=(ENABLED, _QUEUED_FROM, level(), sets("", _SEVERE)),
    main=(
        *line_down(),
        Acts(number="1", act="plug_in"),
        Waits(seconds=configured.transaction_duration, why="the station is offline for a while"),
        *line_back(),
        tells_event(
            "3",
            *alerts(EVSE_STATE, "Delta"),
            _OCCUPIED,
            satisfies("timestamp", "is of the time without a connection", of_offline_time).of("N07.FR.04"),
            meant=of_monitor(_SEVERE),
            waited=True,
        ),
    ),
)

_SLIGHT = monitor(EVSE_STATE, severity=plus(configured.monitor_severity, 1))
_SLIGHT_CONNECTOR = monitor(CONNECTOR_STATE, severity=plus(configured.monitor_severity, 1))
_PLUGGED_IN = (equals("transactionInfo.chargingState", "EVConnected"),)

TC_N_23_CS = Case(
    id="TC_N_23_CS",
    title="A slight event while offline",
    purpose="What a less severe monitor finds while the station is offline is not told when it is back.",
    requirements=("N07.FR.04",),
    before=(ENABLED, _QUEUED_FROM, level(9), sets("", _SLIGHT, _SLIGHT_CONNECTOR), *parking_bay_occupied()),
    main=(
        Acts(act="plug_in"),
        Happened(facts={"ev_connected": True}),
        InAnyOrder(
            number="1",
            steps=(
                TellsStatus(number="1", status="Occupied"),
                *(
                    tells_event("1", *alerts(one, "Delta"), _OCCUPIED, meant=of_monitor(one), shared=True)
                    for one in (_SLIGHT_CONNECTOR, _SLIGHT)
                ),
            ),
        ),
        OnlyIf(
            number="3",
            condition=EVENT_DUE,
            steps=(
                transaction_event("3", trigger="CablePluggedIn", checks=(*BEGINS_OR_GOES_ON, *_PLUGGED_IN), early=True),
            ),
        ),
        Disconnects(stay_away=True),
        Acts(act="unplug"),
        Acts(act="plug_in"),
        Waits(seconds=configured.transaction_duration, why="the station is offline for a while"),
        Reconnects(),
        *leaving_told("5", queued=True),
        Happened(facts={"ev_connected": True}),
        OnlyIf(
            number="7",
            condition=EVENT_DUE,
            steps=(
                transaction_event(
                    "7",
                    trigger="CablePluggedIn",
                    where=(equals("offline", True),),
                    checks=(*BEGINS_OR_GOES_ON, *_PLUGGED_IN),
                    early=True,
                ),
            ),
        ),
        NotReceives(
            action=EVENT,
            where=(
                some(
                    "eventData",
                    either(*of_monitor(_SLIGHT), *of_monitor(_SLIGHT_CONNECTOR)),
                ),
            ),
        ),
    ),
    remark=(
        "By the errata StatusNotification may come at any time, and the events of both monitors may be in one message. Where they are, "
        "it is the same message that is looked at twice."
    ),
)

"""N08: values told again and again."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.events import alerts, of_monitor, tells_event
from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.monitors import (
    ENABLED,
    THRESHOLD,
    id_of,
    level,
    monitor,
    sets,
)
from pilotwire.conformance.checks import Check, Judgement, moment_of
from pilotwire.conformance.language import Case, Judges, Keeps, Repeats
from pilotwire.conformance.values import Computed, Kept, Known, configured, plus, resolve

_EVERY = monitor(THRESHOLD, "Periodic", configured.aligned_interval, severity=5)
_NOW = Computed("now", lambda known: known.now().isoformat())
_EVENTS = 2
_TOLERATED = 0.25
"""Of an interval: how far two events may be from being one apart."""


def _events(everything: Any, known: Known) -> list[datetime]:
    """When the events of the monitor happened."""
    number = resolve(id_of(_EVERY), known)
    moments = [
        moment_of(one["timestamp"])
        for message in everything["messages"]
        if message["action"] == "NotifyEvent"
        for one in message["payload"]["eventData"]
        if one.get("variableMonitoringId") == number
    ]
    return sorted({one for one in moments if one is not None})


def _one_interval_apart(everything: Any, known: Known) -> Judgement:
    """From when the monitor was set to its first event, and from each to the next."""
    interval, begun = float(known.setting("aligned_interval")), moment_of(Kept("set at").of(known))
    there = [*([] if begun is None else [begun]), *_events(everything, known)]
    waits = [(later - earlier).total_seconds() for earlier, later in pairwise(there)]
    right = len(waits) >= _EVENTS and all(abs(one - interval) <= max(1.0, interval * _TOLERATED) for one in waits)
    return Judgement(right, ", ".join(f"{one:g} s" for one in waits) or f"{len(there)} events")


TC_N_24_CS = Case(
    id="TC_N_24_CS",
    title="A value is told periodically",
    purpose="A Periodic monitor has its value told every so many seconds.",
    requirements=("N04.FR.01", "N04.FR.08", "N08.FR.05", "N08.FR.06", "N08.FR.04"),
    before=(ENABLED, level(), Keeps(values={"set at": _NOW})),
    main=(
        sets("1", _EVERY),
        Repeats(
            number="3",
            steps=(
                tells_event(
                    "3",
                    *alerts(_EVERY, "Periodic"),
                    meant=of_monitor(_EVERY),
                    within=plus(configured.aligned_interval, configured.time_deviation),
                ),
            ),
            most=_EVENTS,
        ),
    ),
    after=(
        Judges(
            checks=(
                Check(
                    "the first event is one interval after the monitor was set, and the next one after it",
                    _one_interval_apart,
                ).of("N08.FR.06"),
            )
        ),
    ),
)

"""States of OCPP 2.0.1 Part 6 in which the line to a charging station under test is down, and what it delivers afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilotwire.conformance.checks import Check, Judgement, moment_of
from pilotwire.conformance.conditions import configured_is, feature
from pilotwire.conformance.language import (
    Acts,
    Configures,
    Disconnects,
    Happened,
    Judges,
    Keeps,
    OnlyIf,
    Reached,
    Reconnects,
    State,
    Step,
    Waits,
)
from pilotwire.conformance.states.station201 import id_token_cached, id_token_in_local_list, present_token
from pilotwire.conformance.values import Computed, Known, configured

Steps = tuple[Step, ...]
_NOW = Computed("now", lambda known: known.now().isoformat())


def line_down(number: str = "") -> Steps:
    """The tester closes the connection and accepts no other."""
    return (Keeps(values={"line_down": _NOW}), Disconnects(number=number, stay_away=True))


def line_back(number: str = "") -> Steps:
    """The tester accepts the station again, and waits for it."""
    return (Keeps(values={"line_back": _NOW}), Reconnects(number=number))


def start_offline_transaction() -> Steps:
    """State StartOfflineTransaction: somebody begins to charge while the line is down."""
    return (
        State(
            name="StartOfflineTransaction",
            steps=(
                *line_down("1"),
                Acts(act="drive_in"),
                present_token(),
                Acts(act="plug_in"),
                Waits(seconds=configured.transaction_duration, why="energy flows for a while"),
                *line_back("2"),
                Happened(facts={"bay_occupied": True, "authorized": True, "ev_connected": True, "energy": True}),
                Reached(state="StartOfflineTransaction"),
            ),
        ),
    )


def known_offline() -> Steps:
    """The station can authorize the configured token by itself, in whatever way it supports."""
    return (
        Configures(variable="AuthCtrlr.OfflineTxForUnknownIdEnabled", value=True, if_implemented=True),
        OnlyIf(condition=feature("C-49"), steps=id_token_cached()),
        OnlyIf(condition=feature("Local Authorization List Management"), steps=id_token_in_local_list()),
    )


def transaction_events_in_queue_ended() -> Steps:
    """Memory state TransactionEventsInQueueEnded: a whole transaction happened while the line was down."""
    return (
        State(
            name="TransactionEventsInQueueEnded",
            steps=(
                *known_offline(),
                *line_down("1"),
                Acts(act="drive_in"),
                Acts(act="plug_in"),
                present_token(),
                Waits(seconds=configured.transaction_duration, why="energy flows for a while"),
                present_token(),
                Acts(act="unplug"),
                OnlyIf(condition=configured_is("has_bay_sensor", True), steps=(Acts(act="drive_out"),)),
                *line_back("2"),
                Reached(state="TransactionEventsInQueueEnded"),
            ),
        ),
    )


# --- what waited ---------------------------------------------------------------------------------------------------------------


def queued(number: str, *every: Check, some: tuple[Check, ...] = ()) -> Judges:
    """Of the TransactionEvents of the time the line was down: each passes `every` check, and for each of `some` one passes it."""
    checks = [_of_queue(check, each=True) for check in every] + [_of_queue(check, each=False) for check in some]
    return Judges(number=number, checks=tuple(checks))


def _of_queue(check: Check, *, each: bool) -> Check:
    def judge(everything: Any, known: Known) -> Judgement:
        events = list(_waited(everything))
        judged = [check.on(event, known) for event in events]
        passed = bool(events) and (all if each else any)(one.passed for one in judged)
        found = [one.found for one in judged if one.passed is not each] or [one.found for one in judged]
        return Judgement(passed, f"{len(events)} events: {', '.join(dict.fromkeys(found))}")

    which = "of every" if each else "of at least one"
    what = f"{which} TransactionEventRequest of the time without a connection: {check.what}"
    return Check(what, judge, check.path, check.requirement)


def _waited(everything: Any) -> Iterator[Any]:
    """The events that happened after the line went down and before it was back, by their own timestamp."""
    down, back = (moment_of(everything["kept"][name]) for name in ("line_down", "line_back"))
    if down is None or back is None:
        return
    for message in everything["messages"]:
        if message["action"] != "TransactionEvent":
            continue
        came, happened = moment_of(message["at"]), moment_of(message["payload"].get("timestamp"))
        if came is not None and came > down and happened is not None and happened < back:
            yield message["payload"]

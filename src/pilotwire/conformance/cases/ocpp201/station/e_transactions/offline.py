"""The line is down while a transaction goes on or ends; afterwards the station delivers what it has kept."""

from __future__ import annotations

from pilotwire.conformance.checks import equals, not_empty
from pilotwire.conformance.conditions import configured_is, stops_at
from pilotwire.conformance.language import Acts, Answers, OnlyIf, Receives, Sends, Step, Waits
from pilotwire.conformance.states.offline201 import line_back, line_down, queued
from pilotwire.conformance.states.station201 import (
    departure_told,
    leaving_told,
    local_stop_told,
    present_token,
    rest_told,
    suspension_told,
)
from pilotwire.conformance.values import configured, plus

Steps = tuple[Step, ...]

OFFLINE = equals("offline", True)
_REMOTELY = configured_is("authorization", "remote")
_OUT_OF_THE_BAY = OnlyIf(condition=stops_at("ParkingBayOccupancy"), steps=(Acts(act="drive_out"),))


def away_while_charging(closes: str, waits: str) -> Steps:
    """No connection for so long that meter values are sampled meanwhile."""
    away = plus(configured.retry_back_off_wait_minimum, configured.sampled_interval)
    return (
        *line_down(closes),
        Waits(number=waits, seconds=away, why="meter values are sampled while there is no connection"),
    )


def back_with_a_full_queue(asks: Sends) -> Steps:
    """The connection stands again, and what the station has to tell waits until the tester has asked."""
    return (Answers(action="TransactionEvent", held=True), *line_back(), asks, Answers(action="TransactionEvent"))


def samples_delivered(number: str) -> Steps:
    """What was sampled without a connection is delivered as updates, with its meter values, marked as offline."""
    return (
        Receives(number=number, action="TransactionEvent", where=(OFFLINE.of("E11.FR.02"),), early=True),
        Waits(seconds=configured.sampled_interval, why="the rest of the queue comes"),
        queued(number, equals("eventType", "Updated"), not_empty("meterValue"), OFFLINE.of("E11.FR.02")),
    )


def stopped_while_away(closes: str = "", *, token: str = "valid_token") -> Steps:
    """The driver stops with a token and leaves while there is no connection."""
    return (
        *line_down(closes),
        present_token(token),
        Acts(act="unplug"),
        _OUT_OF_THE_BAY,
        Waits(seconds=configured.transaction_duration, why="the station is without a connection for a while"),
    )


def stopped_by_ev_while_away() -> Steps:
    """The EV stops, and is disconnected at its side, while there is no connection."""
    return (
        *line_down(),
        Acts(act="suspend"),
        Waits(seconds=configured.transaction_duration, why="the station is without a connection for a while"),
        Acts(act="unplug", details={"side": "vehicle"}),
        _OUT_OF_THE_BAY,
    )


def ended_while_away() -> Steps:
    """The transaction ends without a connection: by the driver's token, or by the EV where the CSMS had authorized it."""
    return (OnlyIf(condition=_REMOTELY, steps=stopped_by_ev_while_away(), otherwise=stopped_while_away()),)


def told_to_the_end(number: str) -> Steps:
    """All of that is delivered, as the reusable states from StopAuthorized or EnergyTransferSuspended to ParkingBayUnoccupied have it."""
    stopped = (*local_stop_told(number, number, queued=True), *rest_told(number, queued=True))
    return (
        OnlyIf(condition=_REMOTELY, steps=suspension_told(number, queued=True), otherwise=stopped),
        *leaving_told(number, queued=True),
        *departure_told(number, queued=True),
        queued(number, OFFLINE.of("E11.FR.02"), some=(equals("eventType", "Ended"),)),
    )

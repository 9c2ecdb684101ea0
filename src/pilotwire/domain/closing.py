"""Transactions that are closed by rule because no end was ever told: a fact of the CSMS, never of the station."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pilotwire.domain.kinds import Value


class ClosingReason(StrEnum):
    """Which rule closed a transaction. These are words of this CSMS; what a station tells is `StoppedReason`."""

    SUPERSEDED = "Superseded"
    """A newer transaction began at the same EVSE (1.6: connector)."""
    NOT_RESUMED = "NotResumed"
    """The station booted and did not go on with it."""
    NOT_ONGOING = "NotOngoing"
    """The station was asked (E14), and said that it does not go on and that no message about it waits."""
    NOT_HEARD_OF = "NotHeardOf"
    """Nothing was heard of it for too long."""


class Closing(Value):
    """That a transaction was closed by rule, and when.

    `as_of`: since when it counts as over. An event from after that shows that it went on. `newer` is the transaction that superseded it.
    """

    reason: ClosingReason
    at: datetime
    as_of: datetime
    newer: str | None = None


def is_undone_by(closing: Closing, at: datetime, *, ends: bool) -> bool:
    """Whether an event with this time undoes a closing: a real end always, anything else if it is from after the closing."""
    return ends or at > closing.as_of

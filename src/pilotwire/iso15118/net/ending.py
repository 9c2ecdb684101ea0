"""How a connection with a vehicle or a station ends, and why one does not come about."""

from __future__ import annotations

from enum import StrEnum

from pilotwire.errors import NotReachable


class Ending(StrEnum):
    """Who ended a connection, and how."""

    CLOSED = "closed"
    """The peer closed it in order, between two messages."""
    DROPPED = "dropped"
    """The line broke: reset, gone within a message, or (TLS) without saying so."""
    CLOSED_HERE = "closed-here"
    GARBAGE = "garbage"
    """The peer sent bytes that are no V2GTP, or no TLS; it was closed here for that."""
    REFUSED = "refused"
    """One side does not take the certificate, the version or the suites of the other."""
    NOT_REACHED = "not-reached"
    """No TCP connection came about."""


class ConnectionEnded(NotReachable):
    """The connection is over or did not come about; `ending` for programs. `alert` is that of TLS the peer sent, "" if none."""

    def __init__(self, ending: Ending, what: str, remedy: str = "", alert: str = "") -> None:
        super().__init__(what, remedy)
        self.ending = ending
        self.alert = alert

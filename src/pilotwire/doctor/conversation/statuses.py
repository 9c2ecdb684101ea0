"""StatusNotifications: there after the boot, in an order that is possible, and what faults they tell (1.6:4.9, B01.FR.05)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from pilotwire.doctor.conversation.context import Context, Group
from pilotwire.doctor.conversation.said import Answered, Said, span, text_at, whole_at
from pilotwire.doctor.rules import protocol as rules

_WAIT: Final = 60.0
_MOST_CONNECTORS: Final = 512
_ANY: Final = frozenset(
    [
        "Available",
        "Preparing",
        "Charging",
        "SuspendedEV",
        "SuspendedEVSE",
        "Finishing",
        "Reserved",
        "Unavailable",
        "Faulted",
    ]
)
_NEXT: Final[Mapping[str, frozenset[str]]] = {
    "Available": frozenset(
        ["Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Reserved", "Unavailable", "Faulted"]
    ),
    "Preparing": frozenset(["Available", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing", "Faulted"]),
    "Charging": frozenset(["Available", "SuspendedEV", "SuspendedEVSE", "Finishing", "Unavailable", "Faulted"]),
    "SuspendedEV": frozenset(["Available", "Charging", "SuspendedEVSE", "Finishing", "Unavailable", "Faulted"]),
    "SuspendedEVSE": frozenset(["Available", "Charging", "SuspendedEV", "Finishing", "Unavailable", "Faulted"]),
    "Finishing": frozenset(["Available", "Preparing", "Unavailable", "Faulted"]),
    "Reserved": frozenset(["Available", "Preparing", "Unavailable", "Faulted"]),
    "Unavailable": frozenset(["Available", "Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Faulted"]),
    "Faulted": _ANY,
}
"""1.6:4.9, with the errata (B6). The same status again may tell another error code."""
_OF_ZERO: Final = frozenset({"Available", "Unavailable", "Faulted"})
_WITH_COMMUNICATION_ERROR: Final = frozenset({"Preparing", "SuspendedEV", "SuspendedEVSE", "Finishing"})


class Statuses(Group):
    """The statuses of one station's connectors."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._last: dict[int, str] = {}
        self._due: tuple[datetime, str] | None = None
        self._others = 0

    def connected(self, at: datetime) -> None:
        """What happened without a connection need not all be told."""
        self._last.clear()

    def answered(self, answer: Answered) -> None:
        """After an accepted boot, statuses are due."""
        if answer.call.action == "BootNotification" and answer.status == "Accepted":
            self._due, self._others = (answer.at, answer.where), 0
            self._last.clear()

    def asked(self, said: Said) -> None:
        """A status, or something that comes instead."""
        if said.sender != "station":
            return
        if said.action == "BootNotification":
            self._due = None
        elif said.action in ("StatusNotification", "NotifyEvent"):
            self._due = None
            if said.action == "StatusNotification":
                self._status(said)
        else:
            self._others += said.action != "Heartbeat"
            self.passed(said.at)

    def passed(self, now: datetime) -> None:
        """Whether a status is overdue."""
        if self._due is None:
            return
        waited = (now - self._due[0]).total_seconds()
        if waited >= _WAIT:
            self._missing(f"The station sends no StatusNotification within {span(waited)} after it was accepted.")

    def finish(self, now: datetime) -> None:
        """The record ends."""
        self.passed(now)
        if self._due is not None and self._others:
            self._missing("After it was accepted, the station sends other messages, but no StatusNotification.")

    def _missing(self, what: str) -> None:
        assert self._due is not None
        self.notes.found(rules.STATUS_MISSING, what, at=self._due)
        self._due = None

    def _status(self, said: Said) -> None:
        if not said.is_16:
            if text_at(said.payload, "connectorStatus") == "Faulted":
                where = f"EVSE {whole_at(said.payload, 'evseId')}, connector {whole_at(said.payload, 'connectorId')}"
                self.notes.found(rules.STATUS_FAULTED, f"{where} is Faulted.", said.text, at=said, case=where)
            return
        connector, status = whole_at(said.payload, "connectorId"), text_at(said.payload, "status")
        if connector is None or status not in _ANY:
            return
        self._sequence(said, connector, status)
        self._error_code(said, connector, status)

    def _sequence(self, said: Said, connector: int, status: str) -> None:
        if connector == 0:
            if status not in _OF_ZERO:
                self.notes.found(rules.STATUS_ZERO, f"The station tells {status} of connector 0.", said.text, at=said)
            return
        before = self._last.get(connector)
        if len(self._last) < _MOST_CONNECTORS or before is not None:
            self._last[connector] = status
        if before is None or before == status or status in _NEXT[before]:
            return
        what = f"Connector {connector} goes from {before} to {status}, which the table of statuses does not have."
        self.notes.found(rules.STATUS_IMPOSSIBLE, what, said.text, at=said, case=f"{before}:{status}")

    def _error_code(self, said: Said, connector: int, status: str) -> None:
        code, own = text_at(said.payload, "errorCode"), text_at(said.payload, "vendorErrorCode")
        if code == "EVCommunicationError" and status not in _WITH_COMMUNICATION_ERROR:
            what = f"Connector {connector} tells EVCommunicationError while it is {status}."
            self.notes.found(rules.STATUS_ERROR_CODE, what, said.text, at=said, case=status)
        if status == "Faulted":
            more = f", vendor's code {own}" if own else ""
            what = f"Connector {connector} is Faulted: {code or 'no error code'}{more}."
            self.notes.found(rules.STATUS_FAULTED, what, said.text, at=said, case=f"{connector}:{code}:{own}"[:80])

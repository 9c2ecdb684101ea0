"""Recorded runs made by hand: conversations of a station with the bench, second by second, as `pilotwire test` keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pilotwire.conformance.records import Records
from pilotwire.conformance.verdict import CaseResult, Outcome
from pilotwire.conformance.wire.transcript import Entry, Transcript
from pilotwire.ocpp.version import OcppVersion

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Recording:
    """One case. Times are seconds since `began`; each call of the station is answered at once, unless told otherwise."""

    def __init__(self, case: str = "MADE_UP", version: OcppVersion = OcppVersion.V16, began: datetime = NOON) -> None:
        self.case = case
        self.began = began
        self._transcript = Transcript(version)
        self._ids = 0

    def at(self, seconds: float) -> datetime:
        """The time so many seconds after the beginning."""
        return self.began + timedelta(seconds=seconds)

    def time(self, seconds: float) -> str:
        """The same as messages have it."""
        return self.at(seconds).isoformat().replace("+00:00", "Z")

    def line(self, seconds: float, kind: str, **facts: Any) -> Entry:
        """Something happens to the connection."""
        return self._transcript.add(self.at(seconds), "line", kind, kind, facts=facts)

    def station(
        self, seconds: float, action: str, answer: dict[str, Any] | None = None, *, error: str = "", **payload: Any
    ) -> Entry:
        """The station sends a request, and is answered: with a CALLERROR if `error` names one, not at all if it is "none"."""
        self._ids += 1
        number = f"s{self._ids}"
        call = self._transcript.add(
            self.at(seconds), "received", "call", "", action=action, message_id=number, payload=payload
        )
        if error != "none":
            kind, content = ("error", {"errorCode": error}) if error else ("result", answer or {})
            self._transcript.add(
                self.at(seconds),
                "sent",
                kind,
                "",
                action=action,
                message_id=number,
                payload=content,
                request=None if error else call.index,
            )
        return call

    def bench(self, seconds: float, action: str, answer: dict[str, Any], **payload: Any) -> Entry:
        """The bench sends a request, and the station answers."""
        self._ids += 1
        number = f"b{self._ids}"
        asked = self._transcript.add(
            self.at(seconds), "sent", "call", "", action=action, message_id=number, payload=payload
        )
        return self._transcript.add(
            self.at(seconds),
            "received",
            "result",
            "",
            action=action,
            message_id=number,
            payload=answer,
            request=asked.index,
        )

    def boots(self, seconds: float = 0, *, interval: int = 300, firmware: str = "") -> None:
        """The station connects, boots and is accepted; in OCPP 2.x by the form of 1.6 if there is no firmware to tell."""
        self.line(seconds, "connected")
        told = {"firmwareVersion": firmware} if firmware else {}
        self.station(seconds, "BootNotification", {"status": "Accepted", "interval": interval}, **told)

    def result(self, outcome: Outcome = Outcome.PASSED) -> CaseResult:
        """What the bench keeps of it."""
        return CaseResult(self.case, "", outcome, "", self.began, 60.0, entries=list(self._transcript))


def kept(folder: Path, recordings: Iterable[Recording]) -> Path:
    """A folder of results with these cases."""
    records = Records(folder)
    for one in recordings:
        records.keep(one.result())
    return folder

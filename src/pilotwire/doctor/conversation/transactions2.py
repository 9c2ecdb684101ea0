"""Transactions of 2.x: events counted without gaps, from Started to Ended, with the offline flag where it belongs (E01 to E13)."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from pilotwire.doctor.conversation.context import Context, Group
from pilotwire.doctor.conversation.said import Answered, Said, inside, span, text_at, time_of, whole_at
from pilotwire.doctor.findings import Severity
from pilotwire.doctor.rules import protocol as rules

_MOST: Final = 512
_EVENTS: Final = 64
_SLACK: Final = timedelta(seconds=30)


@dataclass(slots=True)
class _Transaction:
    """What was heard of a transaction. `events` are the last seqNos with what was sent under them."""

    name: str
    said: Said
    started: bool = False
    ended: bool = False
    seq: int | None = None
    began: datetime | None = None
    evse: int | None = None
    events: OrderedDict[int, int] = field(default_factory=OrderedDict)


class Transactions2(Group):
    """The transactions of one station that speaks 2.x."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._known: OrderedDict[str, _Transaction] = OrderedDict()

    def asked(self, said: Said) -> None:
        """A TransactionEvent."""
        if said.action != "TransactionEvent":
            return
        name, kind = text_at(said.payload, "transactionInfo", "transactionId"), text_at(said.payload, "eventType")
        if not name or kind not in ("Started", "Updated", "Ended"):
            return
        known = self._known.get(name)
        first = known is None
        if known is None:
            known = self._known[name] = _Transaction(name[:40], said)
            self._forget()
        if self._repeated(said, known):
            return
        self._sequence(said, known, kind, first=first)
        self._course(said, known, kind)
        self._offline(said)

    def _forget(self) -> None:
        if len(self._known) > _MOST:
            done = next((name for name, each in self._known.items() if each.ended), next(iter(self._known)))
            del self._known[done]

    # --- sequence numbers ------------------------------------------------------------------------------------------------------

    def _repeated(self, said: Said, known: _Transaction) -> bool:
        """Whether it is an event that was sent before: as it was, or another one under the same number."""
        seq = whole_at(said.payload, "seqNo")
        if seq is None or seq not in known.events:
            return False
        if known.events[seq] != _mark(said):
            what = f"Two different events of transaction {known.name} have the seqNo {seq}."
            self.notes.found(rules.TX_SEQ_REPEATED, what, known.said.text, said.text, at=said)
        return True

    def _sequence(self, said: Said, known: _Transaction, kind: str, *, first: bool) -> None:
        seq = whole_at(said.payload, "seqNo")
        if seq is None:
            return
        if first and kind != "Started":
            self._no_start(said, known, kind, seq)
        elif not first and known.seq is not None and seq != known.seq + 1:
            missing = seq - known.seq - 1
            how = f"{missing} missing between" if missing > 0 else "they do not rise from"
            what = f"The seqNos of transaction {known.name} have a gap: {how} {known.seq} and {seq}."
            self.notes.found(rules.TX_GAP, what, known.said.text, said.text, at=said)
        known.seq = seq
        known.said = said
        known.events[seq] = _mark(said)
        if len(known.events) > _EVENTS:
            known.events.popitem(last=False)

    def _no_start(self, said: Said, known: _Transaction, kind: str, seq: int) -> None:
        certain = seq == 0
        more = "" if certain else "; it may have started before the record"
        what = f"The first event heard of transaction {known.name} is {kind} with seqNo {seq}{more}."
        weight = None if certain else Severity.NOTE
        self.notes.found(rules.TX_WITHOUT_STARTED, what, said.text, at=said, severity=weight, case=str(certain))

    # --- course ------------------------------------------------------------------------------------------------------------------

    def _course(self, said: Said, known: _Transaction, kind: str) -> None:
        moment = time_of(said.payload.get("timestamp"))
        if known.ended:
            what = f"Transaction {known.name} has ended, and then comes {kind}."
            self.notes.found(rules.TX_AFTER_ENDED, what, said.text, at=said)
        elif kind == "Started":
            if known.started:
                what = f"Transaction {known.name} is started a second time."
                self.notes.found(rules.TX_SECOND, what, said.text, at=said)
            known.started, known.began = True, moment
            self._alone(said, known)
        elif kind == "Ended":
            known.ended = True
            if moment is not None and known.began is not None and moment < known.began:
                what = f"Transaction {known.name} ends {span((known.began - moment).total_seconds())} before its start."
                self.notes.found(rules.TX_TIME, what, said.text, at=said)
        evse = whole_at(said.payload, "evse", "id")
        known.evse = known.evse if evse is None else evse

    def _alone(self, said: Said, known: _Transaction) -> None:
        evse = whole_at(said.payload, "evse", "id")
        other = next(
            (each for each in self._known.values() if each is not known and not each.ended and each.evse == evse), None
        )
        if evse is not None and other is not None:
            what = f"Transaction {known.name} starts on EVSE {evse}, where {other.name} has not ended."
            self.notes.found(rules.TX_SECOND, what, other.said.text, said.text, at=said)

    def _offline(self, said: Said) -> None:
        """Against the time the present connection began; the times of the station are taken as the backend's."""
        moment, since, before = (
            time_of(said.payload.get("timestamp")),
            self.context.line_since,
            self.context.line_before,
        )
        if moment is None or since is None:
            return
        offset = self.context.csms_offset or timedelta()
        flagged = inside(said.payload, "offline") is True
        if not flagged and before is not None and before + offset + _SLACK < moment < since + offset - _SLACK:
            what = f"An event of {moment:%H:%M:%S} UTC, when the station was not connected, does not say offline."
            self.notes.found(rules.TX_OFFLINE, what, said.text, at=said)
        elif flagged and moment > since + offset + 2 * _SLACK and abs(said.at + offset - moment) < _SLACK / 3:
            what = f"An event of {moment:%H:%M:%S} UTC says offline, although the station was connected."
            self.notes.found(rules.TX_OFFLINE_WRONG, what, said.text, at=said)

    # --- answers and the end -----------------------------------------------------------------------------------------------------

    def answered(self, answer: Answered) -> None:
        """What the backend thinks of the token."""
        if answer.call.action != "TransactionEvent" or answer.code:
            return
        status = text_at(answer.payload, "idTokenInfo", "status")
        if status not in ("", "Accepted"):
            what = f"TransactionEvent is answered with {status} for the id token: the transaction may not charge on."
            self.notes.found(rules.TX_REFUSED, what, answer.call.text, answer.text, at=answer, case=status)

    def finish(self, now: datetime) -> None:
        """What has not ended."""
        later: set[int] = set()
        for each in reversed(self._known.values()):
            if not each.ended:
                certain = each.evse is not None and each.evse in later
                more = ", and another one followed on its EVSE" if certain else "; the record ends while it goes on"
                weight = None if certain else Severity.NOTE
                what = f"Transaction {each.name} is not ended{more}."
                self.notes.found(
                    rules.TX_NEVER_ENDED, what, each.said.text, at=each.said, severity=weight, case=str(certain)
                )
            if each.evse is not None:
                later.add(each.evse)
        self._known.clear()


def _mark(said: Said) -> int:
    return hash(
        (text_at(said.payload, "eventType"), str(said.payload.get("timestamp")), str(said.payload.get("triggerReason")))
    )

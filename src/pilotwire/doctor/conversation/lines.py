"""Calls and answers of one station, matched: ids, answers that do not come, come late, twice or for nothing, calls sent too soon."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from pilotwire.doctor.conversation.context import Context
from pilotwire.doctor.conversation.heard import Sender
from pilotwire.doctor.conversation.said import OTHER, WHO, Answered, Said, span
from pilotwire.doctor.findings import Rule, Severity
from pilotwire.doctor.rules import protocol as rules
from pilotwire.ocpp.frame import UNREADABLE_ID, section
from pilotwire.ocpp.version import OcppVersion

_REMEMBERED: Final = 512
_MOST_OPEN: Final = 128


class _Side:
    """The calls of one side: open ones by id, and the ids it has used."""

    def __init__(self) -> None:
        self.open: dict[str, Said] = {}
        self.used: OrderedDict[str, int] = OrderedDict()
        self.called = False

    def remember(self, said: Said) -> None:
        self.called = True
        self.used[said.message_id] = hash(said.text)
        self.used.move_to_end(said.message_id)
        if len(self.used) > _REMEMBERED:
            self.used.popitem(last=False)
        self.open[said.message_id] = said
        if len(self.open) > _MOST_OPEN:
            del self.open[next(iter(self.open))]


class Lines:
    """The connections of one station, one after the other."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._notes = context.notes
        self._sides: dict[Sender, _Side] = {"station": _Side(), "csms": _Side()}

    def connected(self, at: datetime) -> None:
        """A new connection: what was open on the old one is not answered any more (J16:4.1.4 lets 1.6 begin its ids anew)."""
        for said in list(self._open()):
            self._drop(said)
            if not said.expired and not self._excused(said):
                what = f"{_no_answer(said)}: the connection ended {span((at - said.at).total_seconds())} later at the latest."
                self._unanswered(said, what, Severity.NOTE)
        for side in self._sides.values():
            side.called = False
            if self._context.version is OcppVersion.V16:
                side.used.clear()

    def call(self, said: Said) -> None:
        """A call: its id, and whether an earlier one is still open."""
        side = self._sides[said.sender]
        known = side.used.get(said.message_id)
        repeats = known == hash(said.text)
        if known is not None and not (repeats and not said.is_16):
            how = "The same call is sent again with its message id" if repeats else "Another call has the message id"
            what = f"{how} {said.message_id!r}, which {WHO[said.sender].lower()} has used before."
            severity = Severity.NOTE if repeats else None
            self._notes.found(rules.ID_REUSED, what, said.text, at=said, case=said.sender, severity=severity)
        self._two_open(said, side, repeats=repeats)
        side.remember(said)

    def _two_open(self, said: Said, side: _Side, *, repeats: bool) -> None:
        waiting = [each for each in side.open.values() if not each.expired and not self._excused(each)]
        if not waiting or repeats:
            return
        first = waiting[0]
        after = span((said.at - first.at).total_seconds())
        what = (
            f"{WHO[said.sender]} sends {said.action or 'a call'} {after} after {first.action or 'another call'}, "
            "which has no answer yet."
        )
        weight = Severity.NOTE if said.is_16 else None
        source = "J16:4.1.1" if said.is_16 else ""
        self._notes.found(
            rules.TWO_OPEN, what, first.text, said.text, at=said, case=said.sender, severity=weight, source=source
        )

    def answer(
        self, sender: Sender, message_id: str, at: tuple[datetime, str], text: str, *, broken: bool = False
    ) -> Said | None:
        """The call that an answer of `sender` belongs to; None if there is none, which is told (not of a `broken` frame)."""
        side = self._sides[OTHER[sender]]
        said = side.open.pop(message_id, None)
        if said is not None:
            if said.expired:
                self._late(said, at, text)
            return said
        if broken:
            return None
        if message_id == UNREADABLE_ID and self._context.version is not OcppVersion.V16:
            return None
        if message_id in side.used:
            what = f"{WHO[sender]} answers the call {message_id!r} a second time."
            self._notes.found(rules.ANSWERED_TWICE, what, text, at=at, case=sender)
        elif side.called:
            waiting = ", ".join(repr(each) for each in list(side.open)[:3])
            hint = f" Waiting for an answer: {waiting}." if waiting else ""
            what = f"{WHO[sender]} answers {message_id!r}, which is no call of the other side.{hint}"
            self._notes.found(rules.STRAY_ANSWER, what, text, at=at, case=sender)
        return None

    def _late(self, said: Said, at: tuple[datetime, str], text: str) -> None:
        rule, case = _unanswered_as(said)
        self._notes.withdraw(rule, case)
        seconds = (at[0] - said.at).total_seconds()
        what = f"{WHO[OTHER[said.sender]]} answers {said.action or 'a call'} only after {span(seconds)}."
        self._notes.found(rules.ANSWERED_LATE, what, said.text, text, at=at, case=f"{said.sender}:{said.action}")

    def slow(self, answer: Answered) -> None:
        """The time a platform demands."""
        most = self._context.profile.protocol.answer_within
        if not most or not most < answer.seconds <= self._context.patience:
            return
        call, profile = answer.call, self._context.profile
        took = f"{WHO[OTHER[call.sender]]} answers {call.action} after {span(answer.seconds)}"
        what = f"{took}; the profile {profile.name} takes {span(most)}."
        case = f"{call.sender}:{call.action}"
        self._notes.found(rules.SLOW, what, call.text, at=answer, case=case, source=profile.source)

    # --- time ----------------------------------------------------------------------------------------------------------------

    def passed(self, now: datetime) -> None:
        """Calls that wait too long."""
        for said in self._open():
            if said.expired or (now - said.at).total_seconds() < self._context.patience:
                continue
            said.expired = True
            if not self._excused(said):
                self._unanswered(said, f"{_no_answer(said)} within {self._context.patience:g} s.")

    def finish(self, now: datetime) -> None:
        """The record ends: what is open will not be answered in it."""
        self.passed(now)
        for said in list(self._open()):
            if not said.expired and not self._excused(said):
                waited = span(max(0.0, (now - said.at).total_seconds()))
                self._unanswered(said, f"{_no_answer(said)}: the record ends {waited} later.", Severity.NOTE)
            self._drop(said)

    def _open(self) -> Iterator[Said]:
        for side in self._sides.values():
            yield from side.open.values()

    def _drop(self, said: Said) -> None:
        self._sides[said.sender].open.pop(said.message_id, None)

    def _excused(self, said: Said) -> bool:
        """1.6 wants silence where a station is rejected (1.6:4.2): what came too early is told as that."""
        return said.is_16 and self._context.standing in ("Rejected", "Pending") and said.action != "BootNotification"

    def _unanswered(self, said: Said, what: str, severity: Severity | None = None) -> None:
        rule, case = _unanswered_as(said)
        source = section(said.version, "4.1.1")
        self._notes.found(rule, what, said.text, at=said, case=case, severity=severity, source=source)


def _no_answer(said: Said) -> str:
    return f"{WHO[OTHER[said.sender]]} does not answer {said.action or 'a call'}"


def _unanswered_as(said: Said) -> tuple[Rule, str]:
    if said.action == "BootNotification" and said.sender == "station":
        return rules.BOOT_UNANSWERED, ""
    return rules.UNANSWERED, f"{said.sender}:{said.action}"

"""The conversation of one station: frames are read, calls and answers matched, payloads judged; then each group of rules hears them."""

from __future__ import annotations

from datetime import datetime

from pilotwire.doctor.conversation.booting import Booting
from pilotwire.doctor.conversation.clocks import Clocks, Heartbeats
from pilotwire.doctor.conversation.context import Context, Group
from pilotwire.doctor.conversation.frames import Read, read
from pilotwire.doctor.conversation.heard import Heard
from pilotwire.doctor.conversation.lines import Lines
from pilotwire.doctor.conversation.meters import Meters
from pilotwire.doctor.conversation.payloads import Payloads
from pilotwire.doctor.conversation.pnc import PlugAndCharge
from pilotwire.doctor.conversation.profiles import ChargingProfiles
from pilotwire.doctor.conversation.refusals import Refusals
from pilotwire.doctor.conversation.said import WHO, Answered, Said, excerpt
from pilotwire.doctor.conversation.sampling import Sampling
from pilotwire.doctor.conversation.security import SecurityEvents
from pilotwire.doctor.conversation.statuses import Statuses
from pilotwire.doctor.conversation.transactions2 import Transactions2
from pilotwire.doctor.conversation.transactions16 import Transactions16
from pilotwire.doctor.conversation.versions import guess
from pilotwire.doctor.findings import Severity
from pilotwire.doctor.rules import protocol as rules
from pilotwire.ocpp.version import OcppVersion

_UNTIL_KNOWN = OcppVersion.V201
"""How frames are read before anything tells the version; 1.6 has the same ones."""


class StationJudge:
    """Judges one station's conversation."""

    def __init__(self, context: Context, *, trusted_clock: bool) -> None:
        self._context = context
        self._notes = context.notes
        self._lines = Lines(context)
        self._payloads = Payloads(context)
        self._connection: int | None = None
        self._last: datetime | None = None
        self._groups: tuple[Group, ...] = (
            Booting(context),
            Clocks(context, trusted=trusted_clock),
            Heartbeats(context),
            Statuses(context),
            Transactions16(context),
            Transactions2(context),
            Meters(context),
            Sampling(context),
            SecurityEvents(context),
            Refusals(context),
            PlugAndCharge(context),
            ChargingProfiles(context),
        )

    # --- a frame ---------------------------------------------------------------------------------------------------------------

    def hear(self, heard: Heard) -> None:
        """Take one frame."""
        if heard.version is not None and heard.version is not self._context.version:
            self._speaks(heard.version, heard)
        self._connect(heard)
        self._lines.passed(heard.at)
        self._last = heard.at
        frame = read(heard.text, self._context.version or _UNTIL_KNOWN)
        if frame.rule is not None:
            self._broken(heard, frame)
        if frame.kind in ("call", "send"):
            self._call(heard, frame)
        elif frame.kind in ("result", "error"):
            self._answer(heard, frame)
        elif frame.kind == "result-error":
            self._result_refused(heard, frame)

    def _connect(self, heard: Heard) -> None:
        if self._connection is None:
            self._context.line_since = heard.at
        elif heard.connection != self._connection:
            self._context.line_before, self._context.line_since = self._last, heard.at
            self._context.wanted.clear()
            self._lines.connected(heard.at)
            for group in self._groups:
                group.connected(heard.at)
        self._connection = heard.connection

    def _speaks(self, version: OcppVersion, heard: Heard) -> None:
        self._context.version = version
        self._payloads.mixed = False
        profile = self._context.profile
        taken = profile.protocol.versions
        if taken and version.value not in taken:
            what = f"OCPP {version} is spoken; the profile {profile.name} takes {', '.join(taken)}."
            place = (heard.at, heard.where)
            self._notes.found(rules.VERSION_DEMANDED, what, at=place, case=version.value, source=profile.source)

    def _broken(self, heard: Heard, frame: Read) -> None:
        assert frame.rule is not None
        what = f"{WHO[heard.sender]} sends what is no frame: {frame.what}."
        case = _frame_case(heard, frame)
        place = (heard.at, heard.where)
        self._notes.found(frame.rule, what, excerpt(heard.text), at=place, case=case, source=frame.source)

    # --- calls -----------------------------------------------------------------------------------------------------------------

    def _call(self, heard: Heard, frame: Read) -> None:
        if self._context.version is None and frame.action and frame.payload is not None:
            version = guess(frame.action, frame.payload, heard.sender)
            if version is not None:
                self._speaks(version, heard)
        said = Said(
            heard.sender,
            self._context.version or _UNTIL_KNOWN,
            frame.action,
            frame.message_id,
            frame.payload or {},
            heard.at,
            heard.where,
            excerpt(heard.text),
            heard.connection,
            readable=frame.payload is not None and frame.rule is None,
        )
        said.triggered = self._was_wanted(said)
        if frame.kind == "call" and frame.message_id:
            self._lines.call(said)
        if self._payloads.mixed or self._context.version is None or not frame.action or frame.payload is None:
            return
        said.judged = True
        self._payloads.call(said)
        if not self._payloads.mixed and said.known:
            for group in self._groups:
                group.asked(said)

    def _was_wanted(self, said: Said) -> bool:
        wanted = self._context.wanted
        if said.sender != "station" or wanted[said.action] <= 0:
            return False
        wanted[said.action] -= 1
        return True

    # --- answers ---------------------------------------------------------------------------------------------------------------

    def _answer(self, heard: Heard, frame: Read) -> None:
        text = excerpt(heard.text)
        place, broken = (heard.at, heard.where), frame.rule is not None
        call = self._lines.answer(heard.sender, frame.message_id, place, text, broken=broken)
        if call is not None and frame.rule is not None and frame.payload is None and call.action == "BootNotification":
            self._notes.weigh(frame.rule, _frame_case(heard, frame), Severity.FATAL)
        if call is None or self._payloads.mixed or not call.judged:
            return
        answer = Answered(call, heard.at, heard.where, text, frame.payload or {}, frame.code, frame.description[:200])
        if frame.kind == "result":
            if frame.payload is None:
                return
            self._payloads.answer(answer)
        self._lines.slow(answer)
        if not self._payloads.mixed:
            for group in self._groups:
                group.answered(answer)

    def _result_refused(self, heard: Heard, frame: Read) -> None:
        said = f": {frame.description[:200]}" if frame.description else ""
        what = f"{WHO[heard.sender]} could not use an answer, and says {frame.code}{said}."
        place = (heard.at, heard.where)
        case = f"{heard.sender}:{frame.code[:40]}"
        self._notes.found(rules.ANSWER_REFUSED, what, excerpt(heard.text), at=place, case=case)

    # --- time ------------------------------------------------------------------------------------------------------------------

    def parted(self, at: datetime) -> None:
        """The connection has ended."""
        self._lines.connected(at)
        for group in self._groups:
            group.connected(at)

    def passed(self, now: datetime) -> None:
        """Time went by without a word."""
        self._lines.passed(now)
        if not self._payloads.mixed:
            for group in self._groups:
                group.passed(now)

    def finish(self, now: datetime) -> None:
        """The record ends."""
        self._lines.finish(now)
        if not self._payloads.mixed:
            for group in self._groups:
                group.finish(now)


def _frame_case(heard: Heard, frame: Read) -> str:
    return f"{heard.sender}:{frame.kind}"

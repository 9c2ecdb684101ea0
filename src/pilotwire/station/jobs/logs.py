"""The diagnostics log (N01.FR.04): what happens at a station, line by line, and its upload.

Lines are gathered and written together, into one file until it is full; then it becomes the older one. So the log is bounded, and a
station that is quiet touches no disk.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from pilotwire.clock import Clock
from pilotwire.errors import StoreError
from pilotwire.station.core import actions as act
from pilotwire.station.core import inputs as told
from pilotwire.station.core.jobs import Result
from pilotwire.station.core.logs import LogNotSent, LogSent, SendLog
from pilotwire.station.files import Files
from pilotwire.station.jobs import transfers
from pilotwire.station.jobs.running import Tell, Tools

CURRENT, OLDER = "logs/diagnostics.log", "logs/diagnostics-older.log"
MOST_BYTES = 512 * 1024
"""Of each of the two files."""
BATCH = 100
"""Lines that are gathered before they are written; a log that is asked for is written first."""
_LONGEST = 500
_PRIVATE = frozenset({"id_token", "chain", "anchor"})
"""Fields of inputs that are not logged: the token on a card, the chain of a contract; and the CSMS's root, which is long."""


class Diary:
    """What a station does, as it is seen by its shell: to be shown every input and every action."""

    def __init__(self, files: Files, clock: Clock) -> None:
        self._files = files
        self._clock = clock
        self._lines: list[str] = []

    def heard(self, thing: told.Input) -> None:
        """The core was told this."""
        match thing:
            case told.CommandReceived(_, command):
                self._note(f"< {type(command).__name__}")
            case told.Answered(ref):
                self._note(f"< answer to {ref}")
            case told.Refused(ref, code, description):
                self._note(f"< {code} to {ref} {description}".rstrip())
            case told.NotAnswered(ref):
                self._note(f"< no answer to {ref}")
            case told.JobNews() | told.Unsaid():
                pass
            case told.JobFailed(ref, why):
                self._note(f"= job {ref} failed: {why}")
            case told.JobDone(ref, result):
                self._note(f"= job {ref}: {type(result).__name__}")
            case told.Started(reason, _, firmware):
                self._note(f"= started: {reason}, firmware {firmware.version or 'as delivered'}")
            case _:
                self._note(f"! {_shown(thing)}")

    def done(self, action: act.Action) -> None:
        """The core asked for this."""
        match action:
            case act.Say(ref, fact):
                self._note(f"> {type(fact).__name__} {ref} {_state_of(fact)}".rstrip())
            case act.SendKept(ref, entry):
                self._note(f"> {type(entry.fact).__name__} {ref}")
            case act.Answer(_, outcome):
                self._note(f"> {type(outcome).__name__} {_state_of(outcome)}".rstrip())
            case act.RefuseCommand(_, code, description):
                self._note(f"> {code} {description}")
            case act.Note(text):
                self._note(f"= {text}")
            case act.Undertake(ref, job):
                self._note(f"= job {ref}: {type(job).__name__}")
                if isinstance(job, SendLog):
                    self.write()
            case act.VariableChanged(name, _):
                self._note(f"= {name} was set")
            case act.SetContactor() | act.SetLock() | act.RestartStation():
                self._note(f"! {_shown(action)}")
            case _:
                pass

    def _note(self, text: str) -> None:
        at = self._clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._lines.append(f"{at} {' '.join(text.split())[:_LONGEST]}\n")
        if len(self._lines) >= BATCH:
            self.write()

    def write(self) -> None:
        """Put what was gathered on disk; a disk that will not take it loses these lines and no more."""
        lines, self._lines = "".join(self._lines).encode(), []
        if not lines:
            return
        try:
            if (self._files.size(CURRENT) or 0) + len(lines) > MOST_BYTES:
                self._files.write(OLDER, self._files.read(CURRENT) or b"")
                self._files.write(CURRENT, b"")
            self._files.append(CURRENT, lines)
        except StoreError:
            self._lines = ["A part of the log could not be written.\n"]


def _shown(thing: object) -> str:
    """A value by its name and plain fields; who a customer is does not belong into a log that nobody can clear of it (N10.FR.03)."""
    fields = [name for name in getattr(thing, "__dataclass_fields__", {}) if name not in _PRIVATE]
    plain = [f"{name}={getattr(thing, name)}" for name in fields if isinstance(getattr(thing, name), str | int | bool)]
    return f"{type(thing).__name__} {' '.join(plain)}".rstrip()


def _state_of(said: object) -> str:
    """A status, of what has one: a connector's state, or how a command was answered."""
    state = getattr(getattr(said, "state", None), "availability", None)
    return str(state or getattr(said, "status", None) or "")


def within(content: bytes, oldest: datetime | None, latest: datetime | None) -> bytes:
    """The lines of this time; a line without a time is of that of the line before."""
    if oldest is None and latest is None:
        return content
    kept: list[bytes] = []
    at: datetime | None = None
    for line in content.splitlines(keepends=True):
        at = _time_of(line) or at
        if at is not None and (oldest is None or at >= oldest) and (latest is None or at <= latest):
            kept.append(line)
    return b"".join(kept)


def _time_of(line: bytes) -> datetime | None:
    try:
        return datetime.fromisoformat(line.split(b" ", 1)[0].decode("ascii"))
    except ValueError:
        return None


async def send(job: SendLog, tools: Tools, _: Tell) -> Result:
    """Upload a log."""
    if job.lines is not None:
        content = job.lines.encode()
    else:
        stored = (tools.files.read(OLDER) or b"") + (tools.files.read(CURRENT) or b"")
        content = await asyncio.to_thread(within, stored, job.oldest, job.latest)
    try:
        await transfers.send(job.location, content, job.file_name, tools.files, is_folder=job.is_folder)
    except transfers.TransferFailed as failed:
        return LogNotSent(failed.status, str(failed), failed.reason_code)
    return LogSent()

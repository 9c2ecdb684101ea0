"""What a station's core is told: what the driver saw, how the line fares, what came back, what the CSMS wants.

Hardware events (`pilotwire.station.hardware.ports`) are inputs as they are. `ref` in an answer is the number that the action `Say` or
`SendKept` carried; an answer to a number the core no longer waits for is ignored. The `ref` of a command is the shell's own.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from pilotwire.domain.kinds import Command, Verdict
from pilotwire.domain.provisioning import BootReason
from pilotwire.station.core.jobs import News, Result
from pilotwire.station.hardware.ports import HardwareEvent, RunningFirmware


@dataclass(frozen=True, slots=True)
class Started:
    """The station has started: fed once, first. `survey` is what the driver finds to be so (`HardwareDriver.survey`).

    A restart the core itself asked for keeps its own reason, whatever `reason` says. `firmware` is what runs (`HardwareDriver.firmware`).
    `resume`: whether the transactions that were under way go on (True) or are ended (False); None: as the station is set up.
    """

    reason: BootReason = BootReason.POWER_UP
    survey: tuple[HardwareEvent, ...] = ()
    firmware: RunningFirmware = field(default_factory=RunningFirmware)
    resume: bool | None = None


@dataclass(frozen=True, slots=True)
class LinkUp:
    """The connection to the CSMS stands: messages can be said. `measurands` are those its version has words for, None: all."""

    measurands: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class LinkDown:
    """The connection is gone; whatever was said and not answered will not be."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The CSMS answered a fact with its verdict."""

    ref: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Refused:
    """The CSMS answered with an RPC error."""

    ref: int
    code: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The CSMS answered with something that cannot be read; `why` is a sentence. `processed`: it says that it took the message."""

    ref: int
    why: str
    processed: bool = True


@dataclass(frozen=True, slots=True)
class NotAnswered:
    """No answer came in time."""

    ref: int


@dataclass(frozen=True, slots=True)
class Unsaid:
    """The version spoken has no words for the fact (or stays quiet about it): nothing was sent, and nothing need be."""

    ref: int


@dataclass(frozen=True, slots=True)
class CommandReceived:
    """The CSMS wants something; exactly one `Answer` or `RefuseCommand` with this `ref` follows, at once or a little later."""

    ref: Hashable
    command: Command


@dataclass(frozen=True, slots=True)
class LockMoved:
    """What became of a `SetLock`: `done` is what the driver returned. Fed after each `SetLock`, else nothing charges (G05.FR.01)."""

    evse_id: int
    connector_id: int
    locked: bool
    done: bool


@dataclass(frozen=True, slots=True)
class JobNews:
    """How far a job is."""

    ref: int
    news: News


@dataclass(frozen=True, slots=True)
class JobDone:
    """A job is done."""

    ref: int
    result: Result


@dataclass(frozen=True, slots=True)
class JobFailed:
    """A job could not be done; `why` is a sentence."""

    ref: int
    why: str


@dataclass(frozen=True, slots=True)
class OfStreet:
    """An input that only one street takes (`Street.events`); each kind is a subclass in the module of its street."""


Input = (
    HardwareEvent
    | Started
    | LinkUp
    | LinkDown
    | Answered
    | Refused
    | NotAnswered
    | Unreadable
    | Unsaid
    | CommandReceived
    | LockMoved
    | JobNews
    | JobDone
    | JobFailed
    | OfStreet
)
"""All that a core is fed."""

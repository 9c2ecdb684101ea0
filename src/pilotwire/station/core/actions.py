"""What a station's core wants done. A shell performs the actions of one `feed` or `tick` in their order.

`Keep`, `Forget` and `Save` come first: together they are one commit, and nothing after them is done before it stands. If it cannot be
made, the rest must not be done either (the shell stops the station and says why).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from decimal import Decimal

from pilotwire.domain.device_model import VariableName
from pilotwire.domain.kinds import Fact, Outcome, Verdict
from pilotwire.domain.provisioning import BootReason
from pilotwire.station.core.jobs import Job
from pilotwire.station.core.memory import Entry, Part

# --- to be made durable ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Keep:
    """Put an entry into the outbox, or replace the one with its number."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Forget:
    """Take these entries out of the outbox: they were answered, or given up."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Save:
    """Replace a part of what must survive."""

    part: Part


DURABLE = (Keep, Forget, Save)
"""The kinds of action that are committed together, before the others of the same list."""


# --- to the CSMS ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Say:
    """Send a fact that is not queued (boot, heartbeat, status, authorize, values outside of transactions).

    Exactly one `Answered`, `Refused`, `Unreadable`, `NotAnswered` or `Unsaid` with this `ref` is fed back, unless the link goes down
    before.
    """

    ref: int
    fact: Fact


@dataclass(frozen=True, slots=True)
class SendKept:
    """Send the fact of an outbox entry; fed back as with `Say`. `named`: the CSMS's own id of its transaction, where it gave one."""

    ref: int
    entry: Entry
    named: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer a command."""

    ref: Hashable
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class RefuseCommand:
    """Answer a command with an RPC error."""

    ref: Hashable
    code: str
    description: str


# --- to the hardware and the shell ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SetContactor:
    """`HardwareDriver.set_contactor`."""

    evse_id: int
    closed: bool


@dataclass(frozen=True, slots=True)
class SetLock:
    """`HardwareDriver.set_lock`; what it returns is fed back as `LockMoved`, after all actions of this list."""

    evse_id: int
    connector_id: int
    locked: bool


@dataclass(frozen=True, slots=True)
class SetCurrentLimit:
    """`HardwareDriver.set_current_limit`."""

    evse_id: int
    amps: Decimal | None


@dataclass(frozen=True, slots=True)
class SetPowerSetpoint:
    """`HardwareDriver.set_power_setpoint`; `var` is given only where there is a reactive setpoint."""

    evse_id: int
    watts: Decimal | None
    var: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SetPhases:
    """`HardwareDriver.set_phases`; `phase` is given only where the outlet can choose."""

    evse_id: int
    phases: int | None
    phase: int | None = None


@dataclass(frozen=True, slots=True)
class PutToSleep:
    """`Sleeps.sleep`; what it returns is fed back as `FellAsleep`, after all actions of this list."""

    evse_id: int


@dataclass(frozen=True, slots=True)
class WakeUp:
    """`Sleeps.wake`."""

    evse_id: int


@dataclass(frozen=True, slots=True)
class Show:
    """`HardwareDriver.show`."""

    evse_id: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Undertake:
    """Do a job; any number of `JobNews` and then exactly one `JobDone` or `JobFailed` with this `ref` are fed back."""

    ref: int
    job: Job


@dataclass(frozen=True, slots=True)
class Abandon:
    """Stop a job that is not done yet: nothing more is fed back of it."""

    ref: int


@dataclass(frozen=True, slots=True)
class RestartStation:
    """Restart: the driver, the connection and the core, from what was saved. This core takes no further input."""

    reason: BootReason


@dataclass(frozen=True, slots=True)
class ConnectAnew:
    """End the connection once what was answered has left, and make it again, with what is in the files now. `why` is half a sentence."""

    why: str


@dataclass(frozen=True, slots=True)
class Inform:
    """Tell whoever speaks to a vehicle (the SECC) what came of its question with this `ref`."""

    ref: Hashable
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class VariableChanged:
    """A variable was set and counts from now on; for those the shell itself follows (ping interval, password, ...)."""

    name: VariableName
    value: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth a line in the log, as a sentence."""

    text: str


Action = (
    Keep
    | Forget
    | Save
    | Say
    | SendKept
    | Answer
    | RefuseCommand
    | SetContactor
    | SetLock
    | SetCurrentLimit
    | SetPhases
    | SetPowerSetpoint
    | PutToSleep
    | WakeUp
    | Show
    | Undertake
    | Abandon
    | RestartStation
    | ConnectAnew
    | Inform
    | VariableChanged
    | Note
)
"""All that a core asks for."""

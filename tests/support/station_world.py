"""A small world around one station core: a simulated station and vehicle, people, a line, a CSMS of domain verdicts, a virtual clock.

Tests read as scenarios: `world.plug(); world.tap("ANNA"); world.pass_time(600); world.tap("ANNA")`. Everything is done at once and in
order; nothing waits for real time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import TypeVar

from pilotwire.domain.authorization import AuthorizationAsked, AuthorizationStatus, AuthorizationVerdict
from pilotwire.domain.availability import ConnectorState, ConnectorStatus
from pilotwire.domain.data_transfer import DataTransferred, DataTransferStatus, DataTransferVerdict
from pilotwire.domain.identity import EvseAddress, IdToken, StationIdentity
from pilotwire.domain.kinds import Command, Fact, Noted, Outcome, Reason, Verdict, changed
from pilotwire.domain.metering import MeterValuesReported, register_of
from pilotwire.domain.provisioning import (
    BootReason,
    BootVerdict,
    Heartbeat,
    HeartbeatVerdict,
    RegistrationStatus,
    StationBooted,
)
from pilotwire.domain.security import SecurityEvent
from pilotwire.domain.transactions import EventKind, TransactionEvent, TransactionVerdict
from pilotwire.ev import Vehicle, Wish, vehicle
from pilotwire.station.core import (
    DURABLE,
    Abandon,
    Action,
    Answer,
    Answered,
    CommandReceived,
    Input,
    Job,
    JobDone,
    JobFailed,
    JobNews,
    LinkDown,
    LinkUp,
    LockMoved,
    News,
    NotAnswered,
    Note,
    PutToSleep,
    RefuseCommand,
    Refused,
    RestartStation,
    Result,
    Say,
    SendKept,
    SetContactor,
    SetCurrentLimit,
    SetLock,
    SetPhases,
    SetPowerSetpoint,
    Show,
    Started,
    StationCore,
    StationSettings,
    Undertake,
    Unreadable,
    VariableChanged,
    WakeUp,
)
from pilotwire.station.core.certificate_files import WriteCertificates
from pilotwire.station.core.evse_sleep import FellAsleep
from pilotwire.station.hardware.ports import HardwareEvent, StationLayout
from pilotwire.station.hardware.simulated import SimulatedStation, layout
from pilotwire.station.storage import MemoryStorage, Storage

_J = TypeVar("_J", bound=Job)
IDENTITY = StationIdentity(vendor="Pilotwire", model="simulated", serial_number="PW-1", firmware_version="1.0")
START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
GROUP = IdToken(value="FAMILY", type="Central")


def accepted(group: IdToken | None = None) -> AuthorizationVerdict:
    """A token in good order."""
    return AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED, group=group)


def not_accepted(status: AuthorizationStatus = AuthorizationStatus.INVALID) -> AuthorizationVerdict:
    """A token that may not charge."""
    return AuthorizationVerdict(status=status)


UNREADABLE = "a result that cannot be read"
RUBBISH = "no answer at all"


@dataclass
class Csms:
    """The other side. `heard` is every fact in the order it arrived, repeated ones too; `names` makes it name transactions (1.6).

    `silent` and `refusing` say for which facts it gives no answer, or an RPC error (`UNREADABLE`: a result that nobody can read,
    `RUBBISH`: something that is not even a result); `verdicts` are what it thinks of tokens.
    """

    registration: RegistrationStatus = RegistrationStatus.ACCEPTED
    interval: int = 300
    names: bool = False
    clock_ahead: timedelta = timedelta(0)
    tokens: dict[str, AuthorizationVerdict] = field(
        default_factory=lambda: {"ANNA": accepted(GROUP), "BERT": accepted(GROUP), "CARL": accepted()}
    )
    in_transactions: dict[str, AuthorizationVerdict] = field(default_factory=dict)
    silent: Callable[[Fact], bool] = lambda _: False
    refusing: Callable[[Fact], str | None] = lambda _: None
    heard: list[Fact] = field(default_factory=list)
    heard_named: list[str | None] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)

    def hear(self, fact: Fact, now: datetime, named: str | None = None) -> Verdict | str | None:
        """What it answers: a verdict, an RPC error code, or nothing."""
        self.heard.append(fact)
        self.heard_named.append(named)
        if self.silent(fact):
            return None
        return self.refusing(fact) or self.verdict(fact, now + self.clock_ahead)

    def verdict(self, fact: Fact, now: datetime) -> Verdict:
        """What it thinks."""
        match fact:
            case StationBooted():
                return BootVerdict(status=self.registration, now=now, interval=self.interval)
            case Heartbeat():
                return HeartbeatVerdict(now=now)
            case AuthorizationAsked(id_token=token):
                return self.tokens.get(token.value, not_accepted(AuthorizationStatus.UNKNOWN))
            case TransactionEvent():
                return self._transaction(fact)
            case DataTransferred():
                return DataTransferVerdict(status=DataTransferStatus.UNKNOWN_VENDOR_ID)
            case _:
                return Noted()

    def _transaction(self, fact: TransactionEvent) -> TransactionVerdict:
        own = fact.transaction_id or ""
        if self.names and fact.kind is EventKind.STARTED:
            self.named.setdefault(own, str(100 + len(self.named)))
        token = fact.id_token.value if fact.id_token is not None else None
        judged = {**self.tokens, **self.in_transactions}.get(token) if token is not None else None
        name = self.named.get(own) if fact.kind is EventKind.STARTED else None
        return TransactionVerdict(transaction_id=name, authorization=judged)

    # --- what it knows ---------------------------------------------------------------------------------------------------------------

    def of(self, *kinds: type[Fact]) -> list[Fact]:
        """The facts of these kinds, as they arrived."""
        return [fact for fact in self.heard if isinstance(fact, kinds)]

    @property
    def events(self) -> list[TransactionEvent]:
        """Transaction events, each once, as they first arrived."""
        seen: dict[tuple[str | None, int | None], TransactionEvent] = {}
        for fact in self.heard:
            if isinstance(fact, TransactionEvent):
                seen.setdefault((fact.transaction_id, fact.seq_no), fact)
        return list(seen.values())

    def told(self, *, samples: bool = False) -> list[tuple[str, str]]:
        """Kind and trigger of each event; periodic samples only if wanted."""
        return [
            (event.kind.value, event.trigger.value)
            for event in self.events
            if samples or event.trigger.value not in ("MeterValuePeriodic", "MeterValueClock")
        ]

    def statuses(self, evse: int = 1, connector: int = 1) -> list[ConnectorState]:
        """The states told of a connector."""
        place = EvseAddress(evse=evse, connector=connector)
        return [fact.state for fact in self.heard if isinstance(fact, ConnectorStatus) and fact.address == place]

    @property
    def booked(self) -> dict[str, Decimal | None]:
        """Wh from register to register by transaction; None while one of the ends is missing."""
        starts: dict[str, Decimal | None] = {}
        ends: dict[str, Decimal | None] = {}
        for event in self.events:
            if event.kind is EventKind.STARTED:
                starts[event.transaction_id or ""] = register_of(event.readings)
            if event.kind is EventKind.ENDED:
                ends[event.transaction_id or ""] = register_of(event.readings, last=True)
        return {one: _difference(starts.get(one), ends.get(one)) for one in {**starts, **ends}}


def _difference(start: Decimal | None, end: Decimal | None) -> Decimal | None:
    return None if start is None or end is None else end - start


class StationWorld:
    """See the module. `ocpp16` gives the station the habits of 1.6, and lets the CSMS name transactions.

    `sayable` are the measurands that the version spoken has words for.
    """

    sayable: frozenset[str] | None = None

    def __init__(
        self,
        *,
        ocpp16: bool = False,
        station: str | StationLayout = "ac-22-single",
        variables: dict[str, str] | None = None,
        storage: Storage | None = None,
        online: bool = True,
        **settings: object,
    ) -> None:
        make = StationSettings.ocpp16 if ocpp16 else StationSettings.ocpp2
        self.settings = make(IDENTITY, variables=variables or {}, **settings)
        self.hardware = SimulatedStation(layout(station) if isinstance(station, str) else station)
        self.storage = storage if storage is not None else MemoryStorage()
        self.csms = Csms(names=ocpp16)
        self.now = START
        self.line = False
        self.outcomes: dict[object, Outcome | str] = {}
        self.why: Reason | None = None
        """Why the last command was not done as it was wished."""
        self.notes: list[str] = []
        self.actions: list[Action] = []
        self.restarts: list[BootReason] = []
        self.jobs: dict[int, Job] = {}
        """What the core wants done and is not: see `job_done`, `job_fails`."""
        self.hands: Callable[[], None] = self._write
        """What is done before a command is answered that waits for it: certificates are written, or what a workshop does."""
        self.locks_jammed: set[int] = set()
        self.dies_after: int | None = None
        """The station loses its power after so many more actions (a commit is one)."""
        self.deaths = 0
        self._unanswered: list[int] = []
        self._ids = count(1)
        self._commands = count(1)
        self._inputs: deque[Input] = deque()
        self.wants_line = online
        self.start()

    # --- the machine -------------------------------------------------------------------------------------------------------------------

    def start(self, reason: BootReason = BootReason.POWER_UP) -> None:
        """Power up, with what was saved."""
        self.core = StationCore(
            self.settings,
            self.hardware.layout,
            saved=self.storage.load(),
            meter=self.hardware.meter,
            new_id=lambda: f"tx-{next(self._ids)}",
        )
        self._inputs.clear()
        self._unanswered.clear()
        self.jobs.clear()
        self.line = False
        self.feed(Started(reason, tuple(self.hardware.survey()), self.hardware.firmware))
        if self.wants_line:
            self.connect()

    def kill(self, reason: BootReason = BootReason.POWER_UP) -> None:
        """The power of the controller fails this instant and comes back: only what was committed is left."""
        self.deaths += 1
        self.dies_after = None
        self.hardware.restart()
        self.start(reason)

    def feed(self, *inputs: Input) -> None:
        """Feed inputs and all that follows from them."""
        self._inputs.extend(inputs)
        while self._inputs:
            self._perform(self.core.feed(self._inputs.popleft(), self.now))

    def _perform(self, actions: list[Action]) -> None:
        core = self.core
        durable = [action for action in actions if isinstance(action, DURABLE)]
        assert actions[: len(durable)] == durable, "what must be durable comes first"
        if durable and not self._survives():
            return
        self.storage.commit(actions)
        self.actions.extend(durable)
        for action in actions[len(durable) :]:
            if core is not self.core or not self._survives():
                return
            self.actions.append(action)
            self._do(action)

    def _survives(self) -> bool:
        if self.dies_after is None:
            return True
        self.dies_after -= 1
        if self.dies_after >= 0:
            return True
        self.kill()
        return False

    def _do(self, action: Action) -> None:
        match action:
            case Say(ref, fact):
                self._reply(ref, self.csms.hear(fact, self.now))
            case SendKept(ref, entry, named):
                self._reply(ref, self.csms.hear(entry.fact, self.now, named))
            case Answer(ref, outcome):
                self.outcomes[ref] = outcome
            case RefuseCommand(ref, code, _):
                self.outcomes[ref] = code
            case SetContactor(evse_id, closed):
                self.hardware.set_contactor(evse_id, closed)
            case SetLock(evse_id, connector_id, locked):
                jammed = evse_id in self.locks_jammed
                done = not jammed and self.hardware.set_lock(evse_id, connector_id, locked)
                self._inputs.append(LockMoved(evse_id, connector_id, locked, done))
            case SetCurrentLimit(evse_id, amps):
                self.hardware.set_current_limit(evse_id, amps)
            case SetPowerSetpoint(evse_id, watts, var):
                self.hardware.set_power_setpoint(evse_id, watts, var)
            case PutToSleep(evse_id):
                self._inputs.append(FellAsleep(evse_id, self.hardware.sleep(evse_id)))
            case WakeUp(evse_id):
                self.hardware.wake(evse_id)
            case SetPhases(evse_id, phases, phase):
                self.hardware.set_phases(evse_id, phases, phase)
            case Show(evse_id, text):
                self.hardware.show(evse_id, text)
            case RestartStation(reason):
                self.restarts.append(reason)
                self.hardware.restart()
                self.start()
            case Note(text):
                self.notes.append(text)
            case Undertake(ref, job):
                self.jobs[ref] = job
            case Abandon(ref):
                self.jobs.pop(ref, None)
            case VariableChanged():
                pass

    def _reply(self, ref: int, answer: Verdict | str | None) -> None:
        if answer in (UNREADABLE, RUBBISH):
            self._inputs.append(Unreadable(ref, "It is not what was expected.", processed=answer == UNREADABLE))
        elif isinstance(answer, str):
            self._inputs.append(Refused(ref, answer, "said the test"))
        elif answer is None:
            self._unanswered.append(ref)
        else:
            self._inputs.append(Answered(ref, answer))

    # --- the line ----------------------------------------------------------------------------------------------------------------------

    def connect(self) -> None:
        """The line comes up."""
        self.wants_line = True
        if not self.line:
            self.line = True
            self.feed(LinkUp(self.sayable))

    def cut(self) -> None:
        """The line goes down; nothing more is answered."""
        self.wants_line = False
        if self.line:
            self.line = False
            self._unanswered.clear()
            self._inputs.clear()
            self.feed(LinkDown())

    def time_out(self) -> None:
        """Whatever the CSMS has not answered runs into its timeout."""
        refs, self._unanswered = self._unanswered, []
        self.feed(*(NotAnswered(ref) for ref in refs))

    def command(self, command: Command) -> Outcome | str | None:
        """The CSMS wants something; what the station answered so far, without the reason: that is in `why`."""
        ref = f"command {next(self._commands)}"
        self.feed(CommandReceived(ref, command))
        if ref not in self.outcomes:
            self.hands()
        outcome = self.outcomes.get(ref)
        self.why = outcome.why if isinstance(outcome, Outcome) else None
        return changed(outcome, why=None) if isinstance(outcome, Outcome) else outcome

    # --- jobs ----------------------------------------------------------------------------------------------------------------------------

    def _write(self) -> None:
        for ref in [ref for ref, job in self.jobs.items() if isinstance(job, WriteCertificates)]:
            del self.jobs[ref]
            self.feed(JobDone(ref, Result()))

    def job(self, kind: type[_J]) -> _J:
        """The one job of a kind that is under way."""
        (found,) = [job for job in self.jobs.values() if isinstance(job, kind)]
        return found

    def job_tells(self, kind: type[Job], news: News) -> None:
        """A job is so far."""
        self.feed(JobNews(self._ref_of(kind), news))

    def job_done(self, kind: type[Job], result: Result) -> None:
        """A job is done."""
        ref = self._ref_of(kind)
        del self.jobs[ref]
        self.feed(JobDone(ref, result))

    def job_fails(self, kind: type[Job], why: str = "It cannot be done.") -> None:
        """A job could not be done."""
        ref = self._ref_of(kind)
        del self.jobs[ref]
        self.feed(JobFailed(ref, why))

    def _ref_of(self, kind: type[Job]) -> int:
        (ref,) = [ref for ref, job in self.jobs.items() if isinstance(job, kind)]
        return ref

    # --- people and time -----------------------------------------------------------------------------------------------------------------

    def does(self, events: list[HardwareEvent]) -> None:
        """What somebody did at the hardware."""
        self.feed(*events)

    def plug(self, evse: int = 1, connector: int = 1, *, car: Vehicle | None = None) -> Vehicle:
        """Plug a vehicle in, a compact one with an empty battery unless said."""
        car = car or self.car()
        self.does(self.hardware.plug(evse, connector, car))
        return car

    def car(self, *, soc: float = 20.0, energy_wh: float | None = None) -> Vehicle:
        """A vehicle, one that is full after `energy_wh`."""
        dc = self.hardware.layout.evses[0].dc
        return vehicle("family-77" if dc else "compact-58", soc=soc, wish=Wish(energy_wh=energy_wh))

    def unplug(self, evse: int = 1, connector: int = 1, *, at_vehicle: bool = False) -> None:
        """Pull the cable, at the station unless said."""
        side = "vehicle" if at_vehicle else "station"
        self.does(self.hardware.unplug(evse, connector, side=side))

    def tap(self, token: str, evse: int | None = 1) -> None:
        """Hold a card to a reader."""
        self.does(self.hardware.tap(token, evse))

    def pass_time(self, seconds: float, *, step: float = 30.0) -> None:
        """Let time pass: the hardware moves, and the core is ticked when it wants to be."""
        until = self.now + timedelta(seconds=seconds)
        while self.now < until:
            deadline = self.core.next_deadline()
            nearest = min(until, self.now + timedelta(seconds=step), deadline or until)
            nearest = max(nearest, self.now + timedelta(milliseconds=1))
            passed = (nearest - self.now).total_seconds()
            self.now = nearest
            self.feed(*self.hardware.advance(passed))
            self.tick()

    def tick(self) -> None:
        """Tick the core now, and all that follows."""
        self._perform(self.core.tick(self.now))
        self.feed()

    # --- looking -------------------------------------------------------------------------------------------------------------------------

    @property
    def transaction(self) -> str | None:
        """The transaction on EVSE 1."""
        return self.core.overview().evses[0].transaction_id

    def kept(self) -> list[Fact]:
        """What waits in the storage."""
        saved = self.storage.load()
        return [entry.fact for entry in saved.outbox] if saved is not None else []

    def security_events(self) -> list[str]:
        """The security events the CSMS has heard of."""
        return [fact.type for fact in self.csms.heard if isinstance(fact, SecurityEvent)]

    def meter_values(self) -> list[MeterValuesReported]:
        """Meter values outside of transactions."""
        return [fact for fact in self.csms.heard if isinstance(fact, MeterValuesReported)]

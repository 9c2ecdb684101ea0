"""What the streets of the core share: the state of one station, and hands to act with. No decisions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

from pilotwire.domain.availability import ConnectorState, Problem
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.kinds import Fact, Verdict, changed
from pilotwire.domain.provisioning import BootReason, RegistrationStatus
from pilotwire.errors import MisuseError
from pilotwire.station.core import outbox_policy
from pilotwire.station.core.actions import Abandon, Action, Note, Say, SendKept, Undertake
from pilotwire.station.core.device_model_catalogue import Catalogue
from pilotwire.station.core.evse import Evse, Grant, Running
from pilotwire.station.core.jobs import Job, Working
from pilotwire.station.core.memory import (
    STREET_PARTS,
    CacheMemory,
    KeptFact,
    LocalListMemory,
    Part,
    ReservationsMemory,
    SavedState,
    StationMemory,
    TransactionsMemory,
    VariablesMemory,
)
from pilotwire.station.core.outbox import Outbox, Patience
from pilotwire.station.core.settings import StationSettings
from pilotwire.station.core.variables import Variables
from pilotwire.station.hardware.ports import MeterReading, RunningFirmware, StationLayout

_T = TypeVar("_T")
Failed = Callable[[bool], None]
"""Told whether the fact was refused (True) or just got no answer (False)."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A fact that was said, and who wants to hear of its verdict."""

    fact: Fact
    answered: Callable[[Verdict], None]
    failed: Failed


@dataclass(slots=True)
class Timers:
    """When what is due by itself; None: not at all. In the station's own time. `last_said`: when a message last met its end."""

    boot: datetime | None = None
    last_said: datetime | None = None
    last_heartbeat: datetime | None = None
    aligned: datetime | None = None
    restart: datetime | None = None


@dataclass(slots=True)
class PendingReset:
    """A restart that was promised. `evse` None: the station; `resumes`: its transactions go on afterwards (B13)."""

    reason: BootReason
    evse: int | None = None
    now: bool = False
    soft: bool = False
    resumes: bool = False


@dataclass(slots=True)
class Condition:
    """What is wrong with the station and which places are out of use; (EVSE, connector), 0 for all."""

    inoperative: set[tuple[int, int]] = field(default_factory=set)
    problems: dict[tuple[int, int], dict[str, Problem]] = field(default_factory=dict)
    emergency: bool = False
    powered: bool = True
    set_aside: bool = False
    """Whether the station takes nobody new for now, because of a firmware update (L01.FR.07)."""
    reported: dict[EvseAddress, ConnectorState] = field(default_factory=dict)


class Station:
    """See the module. `now` is the station's own time at the present input; `stamp` gives the CSMS's, for what is reported."""

    def __init__(
        self,
        settings: StationSettings,
        layout: StationLayout,
        saved: SavedState,
        meter: Callable[[int], MeterReading],
        new_id: Callable[[], str],
        declared: Catalogue,
    ) -> None:
        self.settings = settings
        self.layout = layout
        self.meter = meter
        self.new_id = new_id
        self.live: Callable[[VariableName], str | None] = lambda _: None
        """The value a variable has at this moment, None where the kept one counts; the core sets it."""
        own = saved.part(StationMemory)
        transactions = saved.part(TransactionsMemory)
        self.variables = Variables(declared, settings.first_values, saved.part(VariablesMemory).values)
        self.outbox = Outbox(
            saved.outbox,
            next_number=own.next_number,
            limit=settings.outbox_limit,
            held_limit=settings.held_limit,
        )
        self.cache: CacheMemory = saved.part(CacheMemory)
        self.reservations: ReservationsMemory = saved.part(ReservationsMemory)
        self.telling_reservation = False
        """Whether the CSMS is being told how a reservation ended."""
        self.local_list: LocalListMemory = saved.part(LocalListMemory)
        self.named: dict[str, str] = dict(transactions.named)
        self.boots = own.boots
        self.offset = timedelta(seconds=own.offset)
        self.next_boot_reason = own.next_boot_reason
        self.evses = {evse.evse_id: Evse(evse) for evse in layout.evses}
        self.condition = Condition(inoperative=set(own.inoperative))
        self.timers = Timers()
        self.now = datetime.min.replace(tzinfo=UTC)
        self.link = False
        self.sayable: frozenset[str] | None = None
        """The measurands the version last spoken has words for, None: all."""
        self.link_lost_at: datetime | None = None
        self.registration: RegistrationStatus | None = None
        self.boot_reason = BootReason.POWER_UP
        self.firmware = RunningFirmware()
        """What the hardware runs; see `runs`."""
        self.unplaced: Grant | None = None
        """Somebody authorized at a reader for the whole station who has not chosen an EVSE yet."""
        self.unplaced_tx: Running | None = None
        """The transaction that has begun with that; see `transactions_unplaced`."""
        self.asking: set[int] = set()
        """EVSEs (0: the station) for which an id token is being asked about."""
        self.reset: PendingReset | None = None
        self.reporting = False
        """Whether a report of the device model is under way."""
        self.ended = False
        """Whether `RestartStation` was given: nothing is done any more."""
        self.actions: list[Action] = []
        self.memory: dict[type[Part], Part] = {kind: saved.part(kind) for kind in STREET_PARTS}
        """The parts of the streets of `streets.py`; see `kept` and `remember`."""
        self._moment: dict[type, Any] = {}
        self._working: dict[int, Working] = {}
        self._waiting: dict[int, Waiting] = {}
        self._next_ref = 1
        self._last_stamp = max([datetime.min.replace(tzinfo=UTC), *(kept.last_at for kept in transactions.running)])

    # --- time -------------------------------------------------------------------------------------------------------

    def stamp(self) -> datetime:
        """The time now as the CSMS counts it, never before the last one given, in whole milliseconds (J2:3.3)."""
        corrected = self.now + self.offset
        at = corrected.replace(microsecond=corrected.microsecond // 1000 * 1000)
        self._last_stamp = max(at, self._last_stamp)
        return self._last_stamp

    def set_offset(self, offset: timedelta) -> None:
        """Go by another difference to the CSMS's clock; times told may go back by this once."""
        self.offset = offset
        self._last_stamp = datetime.min.replace(tzinfo=UTC)

    # --- line -------------------------------------------------------------------------------------------------------

    @property
    def online(self) -> bool:
        """Whether anything but a boot may be said: the link stands and the CSMS has accepted us (B01.FR.08)."""
        return self.link and self.registration is RegistrationStatus.ACCEPTED

    def runs(self, firmware: RunningFirmware) -> None:
        """This firmware runs now; its version is told with the next boot."""
        self.firmware = firmware
        if firmware.version is not None:
            identity = changed(self.settings.identity, firmware_version=firmware.version)
            self.settings = replace(self.settings, identity=identity)

    def do(self, *actions: Action) -> None:
        """Ask for actions."""
        self.actions.extend(actions)

    def note(self, text: str) -> None:
        """A line for the log."""
        self.do(Note(text))

    def say(
        self, fact: Fact, *, answered: Callable[[Verdict], None] = lambda _: None, failed: Failed = lambda _: None
    ) -> None:
        """Say a fact that is not queued; exactly one of the two is called later."""
        if not self.link:
            raise MisuseError(f"{type(fact).__name__} cannot be said without a link.")
        self._waiting[self._next_ref] = Waiting(fact, answered, failed)
        self.do(Say(self._next_ref, fact))
        self._next_ref += 1

    def keep(self, fact: KeptFact) -> None:
        """Queue a fact until the CSMS has it."""
        self.do(*self.outbox.put(fact, thin=outbox_policy.drops_when_full(self)))

    def tell(self, fact: KeptFact, *, queue: bool = False) -> bool:
        """State a fact that needs no verdict: queued if all is to be (QueueAllMessages) or `queue`, else said now.

        False if neither can be.
        """
        if queue or outbox_policy.queues_all(self):
            self.keep(fact)
        elif self.online:
            self.say(fact)
        else:
            return False
        return True

    def send_due(self) -> None:
        """Send what is first in the outbox, if it may be sent now."""
        entry = self.outbox.due(self.now) if self.online else None
        if entry is None:
            return
        self.outbox.in_flight = self._next_ref
        named = self.named.get(entry.transaction_id) if entry.transaction_id is not None else None
        self.do(SendKept(self._next_ref, entry, named))
        self._next_ref += 1

    def heard(self, ref: int) -> Waiting | None:
        """Who waits for the answer `ref`; nobody if it is late, or the outbox's."""
        return self._waiting.pop(ref, None)

    def silence(self) -> None:
        """Tell all who wait that no answer will come."""
        waiting, self._waiting = self._waiting, {}
        for one in waiting.values():
            one.failed(False)

    @property
    def patience(self) -> Patience:
        """How often and how long the outbox tries what is first in it."""
        return outbox_policy.patience(self)

    # --- what a street holds -----------------------------------------------------------------------------------------

    def kept(self, kind: type[_T]) -> _T:
        """The part of a street's memory of this kind; it survives everything."""
        return cast(_T, self.memory[cast(type[Part], kind)])

    def remember(self, part: Part) -> None:
        """Replace a part of a street's memory; it is on disk before anything asked for with the same input is done."""
        self.memory[type(part)] = part

    def moment(self, kind: type[_T]) -> _T:
        """What a street knows until the next start: one `kind()` of its own for each station, to be changed in place."""
        if kind not in self._moment:
            self._moment[kind] = kind()
        return cast(_T, self._moment[kind])

    # --- jobs --------------------------------------------------------------------------------------------------------

    def undertake(
        self,
        job: Job,
        *,
        done: Callable[[Any], None] = lambda _: None,
        failed: Callable[[str], None] = lambda _: None,
        news: Callable[[Any], None] = lambda _: None,
    ) -> int:
        """Have a job done by the shell; exactly one of `done` and `failed` is called later. Returns its number for `abandon`."""
        ref = self._next_ref
        self._next_ref += 1
        self._working[ref] = Working(job, done, failed, news)
        self.do(Undertake(ref, job))
        return ref

    def abandon(self, ref: int) -> None:
        """Stop a job; nothing is heard of it any more. One that has ended already is let be."""
        if self._working.pop(ref, None) is not None:
            self.do(Abandon(ref))

    def working(self, ref: int, *, over: bool) -> Working | None:
        """Who waits for a job, nobody if it was abandoned; `over`: it has ended."""
        return self._working.pop(ref, None) if over else self._working.get(ref)

    # --- finding ----------------------------------------------------------------------------------------------------

    def evse_of_transaction(self, transaction_id: str) -> Evse | None:
        """The EVSE on which a transaction runs, by the station's own id or the one the CSMS gave."""
        for evse in self.evses.values():
            if evse.tx is not None and transaction_id in (
                evse.tx.transaction_id,
                self.named.get(evse.tx.transaction_id),
            ):
                return evse
        return None

    def is_ongoing(self, transaction_id: str) -> bool:
        """Whether a transaction is under way, at an EVSE or waiting for one, by either of its ids."""
        waiting = self.unplaced_tx
        return self.evse_of_transaction(transaction_id) is not None or (
            waiting is not None and transaction_id in (waiting.transaction_id, self.named.get(waiting.transaction_id))
        )

    @property
    def busy(self) -> bool:
        """Whether somebody uses it anywhere, or is about to."""
        return self.unplaced is not None or any(evse.busy for evse in self.evses.values())

    def timeout_of(self, variable: str) -> datetime | None:
        """Now and the seconds of a variable; None if they are 0."""
        seconds = self.variables.number(variable)
        return self.now + timedelta(seconds=seconds) if seconds > 0 else None

    def holds(self, token: IdToken) -> list[Evse]:
        """EVSEs at which exactly this token is authorized."""
        return [evse for evse in self.evses.values() if evse.grant and evse.grant.id_token.key == token.key]

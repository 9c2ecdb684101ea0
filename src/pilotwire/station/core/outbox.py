"""The queue of facts the CSMS must have: in order, one on its way at a time, tried again until answered or given up.

The outbox is the image in memory of what is on disk: each change comes with the action (`Keep`, `Forget`) that makes it so there.
Readings that are told at the end of their transaction are kept in the same rows (`HeldReading`), and are not sent by themselves.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pilotwire.domain.availability import ConnectorStatus
from pilotwire.domain.battery_swap import BatterySwapped
from pilotwire.domain.kinds import changed
from pilotwire.domain.metering import MeterReading, MeterValuesReported
from pilotwire.domain.security import SecurityEvent
from pilotwire.domain.tariff import PaymentSettled
from pilotwire.domain.transactions import EventKind, TransactionEvent
from pilotwire.station.core.actions import Action, Forget, Keep, Note
from pilotwire.station.core.memory import Entry, HeldReading, KeptFact, ReportedPart

UNKNOWN_MESSAGE = frozenset({"NotImplemented", "NotSupported"})
"""RPC errors by which a CSMS says that it does not know a message at all: saying it again cannot help."""
NEVER_ACCEPTED = UNKNOWN_MESSAGE | {
    "FormatViolation",
    "FormationViolation",
    "MessageTypeNotSupported",
    "OccurenceConstraintViolation",
    "OccurrenceConstraintViolation",
    "PropertyConstraintViolation",
    "ProtocolError",
    "RpcFrameworkError",
    "TypeConstraintViolation",
}
"""RPC errors by which a CSMS refuses a message for what it is."""
HOPELESS_AFTER = 3
"""After so many of `NEVER_ACCEPTED` a message is given up even where it is to be tried for ever, lest it blocks all that follow."""
HELD_LIMIT = 500
"""The most readings held for the end of one transaction, as usual; above it every other one is dropped (E06.FR.12, E06.FR.13)."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a message is tried (0: until it is answered) and how long the first wait is, in seconds (E13.FR.01)."""

    attempts: int
    interval: int


class Outbox:
    """See the module. `next_number` is the number of the next entry; `limit` counts entries: at so many it is full.

    `held_limit` counts the readings held for the end of each transaction.
    """

    def __init__(self, entries: Iterable[Entry], *, next_number: int, limit: int, held_limit: int = HELD_LIMIT) -> None:
        every = list(entries)
        self._entries = deque(entry for entry in every if not isinstance(entry.fact, HeldReading))
        self._held: dict[str, list[Entry]] = {}
        for entry in every:
            if isinstance(entry.fact, HeldReading):
                self._held.setdefault(entry.fact.transaction_id, []).append(entry)
        self.next_number = max([next_number, *(entry.number + 1 for entry in every)])
        self._limit = limit
        self._held_limit = held_limit
        self._failures = 0
        self._not_before: datetime | None = None
        self.in_flight: int | None = None
        """The `ref` under which the first entry is on its way."""

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def full(self) -> bool:
        """Whether what comes next is above the limit."""
        return len(self._entries) >= self._limit

    @property
    def first(self) -> KeptFact | None:
        """What is, or will be, on its way first."""
        return self._entries[0].fact if self._entries else None

    def has_facts_of(self, transaction_id: str) -> bool:
        """Whether any fact of a transaction still waits (E14.FR.04)."""
        return any(entry.transaction_id == transaction_id for entry in self._entries)

    def facts(self) -> Iterator[KeptFact]:
        """All that wait to be sent, in order."""
        return (entry.fact for entry in self._entries)

    def holds(self, kind: type) -> bool:
        """Whether any fact of a kind still waits."""
        return any(isinstance(entry.fact, kind) for entry in self._entries)

    @property
    def has_facts_of_any(self) -> bool:
        """Whether any fact of any transaction still waits (E14.FR.07)."""
        return any(entry.transaction_id is not None for entry in self._entries)

    # --- in ---------------------------------------------------------------------------------------------------------

    def put(self, fact: KeptFact, *, thin: bool = True) -> list[Action]:
        """Append a fact. A full outbox is thinned first; without `thin` only once it is twice as full as it should be."""
        entry = self._entry(fact)
        too_many = self._limit if thin else 2 * self._limit
        actions = self._thin() if len(self._entries) >= too_many else []
        self._entries.append(entry)
        return [*actions, Keep(entry)]

    def _entry(self, fact: KeptFact) -> Entry:
        self.next_number += 1
        return Entry(number=self.next_number - 1, fact=fact)

    def _thin(self) -> list[Action]:
        """Drop what matters least, and only that: other messages before transaction events (2.x QueueAllMessages)."""
        free = list(self._entries)[0 if self.in_flight is None else 1 :]
        for what, dropped in (
            ("parts of reports that can be asked for again", _reported(free)),
            ("states told again since", _outdated(free)),
            ("meter values outside of transactions", _every_other(free, _is_idle_reading)),
            ("other messages", _every_other(free, _is_unimportant)),
            ("intermediate events", _every_other(free, _is_intermediate)),
        ):
            if dropped:
                self._entries = deque(entry for entry in self._entries if entry.number not in dropped)
                note = f"The outbox is full: {len(dropped)} {what} were dropped."
                return [Forget(tuple(sorted(dropped))), Note(note)]
        return []

    def line_lost(self, *, once: bool = False) -> list[Action]:
        """The line is gone: the message on its way is said again first, and all that wait count as offline (E11.FR.07).

        `once`: one that is nothing but a sample has been said and is not said again.
        """
        actions: list[Action] = []
        if once and self.in_flight is not None and self._entries and is_sample(self._entries[0].fact):
            actions += self.delivered()[1]
        self.in_flight = None
        for place, entry in enumerate(self._entries):
            if isinstance(entry.fact, TransactionEvent) and not entry.fact.offline:
                late = Entry(number=entry.number, fact=changed(entry.fact, offline=True))
                self._entries[place] = late
                actions.append(Keep(late))
        return actions

    # --- held for the end of a transaction ----------------------------------------------------------------------------

    def hold(self, transaction_id: str, reading: MeterReading) -> list[Action]:
        """Keep a reading for the end of its transaction; of too many every other one goes, the first one never (J02.FR.20)."""
        held = self._held.setdefault(transaction_id, [])
        actions: list[Action] = []
        if len(held) >= self._held_limit:
            dropped = tuple(entry.number for entry in held[1::2])
            held[:] = held[::2]
            actions = [
                Forget(dropped),
                Note(f"{len(dropped)} meter values of transaction {transaction_id} were dropped."),
            ]
        entry = self._entry(HeldReading(transaction_id=transaction_id, reading=reading))
        held.append(entry)
        return [*actions, Keep(entry)]

    def held(self, transaction_id: str) -> tuple[MeterReading, ...]:
        """What is held for the end of a transaction, in the order taken."""
        kept = (entry.fact for entry in self._held.get(transaction_id, ()))
        return tuple(fact.reading for fact in kept if isinstance(fact, HeldReading))

    def release(self, transaction_id: str) -> list[Action]:
        """What was held for the end of a transaction is told, or the transaction is unknown: let go of it."""
        entries = self._held.pop(transaction_id, [])
        return [Forget(tuple(entry.number for entry in entries))] if entries else []

    @property
    def held_for(self) -> frozenset[str]:
        """The transactions for which something is held."""
        return frozenset(self._held)

    # --- out --------------------------------------------------------------------------------------------------------

    def due(self, now: datetime) -> Entry | None:
        """The entry to be sent now, if one is."""
        if self.in_flight is not None or not self._entries:
            return None
        if self._not_before is not None and now < self._not_before:
            return None
        return self._entries[0]

    @property
    def deadline(self) -> datetime | None:
        """When the first entry is to be tried again, if it waits for that."""
        return self._not_before if self._entries and self.in_flight is None else None

    def delivered(self) -> tuple[Entry, list[Action]]:
        """The message on its way was answered."""
        entry = self._entries.popleft()
        self._begin_anew()
        return entry, [Forget((entry.number,))]

    def failed(self, now: datetime, patience: Patience, why: str, code: str = "") -> list[Action]:
        """The message on its way was refused (`code`) or not answered in time: wait, or give it up (E13.FR.02 to E13.FR.04)."""
        self.in_flight = None
        self._failures += 1
        if self._is_over(self._entries[0].fact, patience, code):
            return self._give_up(why)
        self._not_before = now + timedelta(seconds=patience.interval * self._failures)
        return []

    def _is_over(self, fact: KeptFact, patience: Patience, code: str) -> bool:
        if code in UNKNOWN_MESSAGE and not isinstance(fact, TransactionEvent):
            return True
        if not patience.attempts:
            return code in NEVER_ACCEPTED and self._failures >= HOPELESS_AFTER
        return self._failures >= patience.attempts

    def _give_up(self, why: str) -> list[Action]:
        tried = self._failures
        entry, actions = self.delivered()
        what = f"{type(entry.fact).__name__} number {entry.number}"
        return [*actions, Note(f"{what} was given up after {tried} attempts: {why}.")]

    def _begin_anew(self) -> None:
        self.in_flight, self._failures, self._not_before = None, 0, None


def is_sample(fact: KeptFact) -> bool:
    """Whether a fact is an event of a transaction that tells nothing but what was measured or changed in its course."""
    if not isinstance(fact, TransactionEvent) or fact.kind is not EventKind.UPDATED:
        return False
    return fact.id_token is None and fact.remote_start_id is None


def is_signed(fact: KeptFact) -> bool:
    """Whether a fact carries what a meter signed."""
    if not isinstance(fact, TransactionEvent | MeterValuesReported):
        return False
    return any(sample.signed is not None for reading in fact.readings for sample in reading.samples)


def _is_intermediate(entry: Entry) -> bool:
    return is_sample(entry.fact) and not is_signed(entry.fact)


def _is_idle_reading(entry: Entry) -> bool:
    return isinstance(entry.fact, MeterValuesReported)


def _is_unimportant(entry: Entry) -> bool:
    kept = TransactionEvent | SecurityEvent | ConnectorStatus | BatterySwapped | PaymentSettled
    return not isinstance(entry.fact, kept)


def _every_other(entries: list[Entry], kind: Callable[[Entry], bool]) -> frozenset[int]:
    """The 1st, 3rd, 5th, ... of a kind (E04.FR.08, J02.FR.13)."""
    return frozenset([entry.number for entry in entries if kind(entry)][::2])


def _reported(entries: list[Entry]) -> frozenset[int]:
    """All parts of reports: one with a hole is of no use."""
    return frozenset(entry.number for entry in entries if isinstance(entry.fact, ReportedPart))


def _outdated(entries: list[Entry]) -> frozenset[int]:
    """States of a place of which a later one waits."""
    last: dict[object, int] = {}
    outdated = set()
    for entry in entries:
        if isinstance(entry.fact, ConnectorStatus):
            if entry.fact.address in last:
                outdated.add(last[entry.fact.address])
            last[entry.fact.address] = entry.number
    return frozenset(outdated)

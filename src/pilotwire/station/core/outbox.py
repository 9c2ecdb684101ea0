"""The queue of facts the CSMS must have: in order, one on its way at a time, tried again until answered or given up.

The outbox is the image in memory of what is on disk: each change comes with the action (`Keep`, `Forget`) that makes it so there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pilotwire.domain.kinds import changed
from pilotwire.domain.security import SecurityEvent
from pilotwire.domain.transactions import EventKind, TransactionEvent
from pilotwire.station.core.actions import Action, Forget, Keep, Note
from pilotwire.station.core.memory import Entry, KeptFact

NEVER_SAYABLE = frozenset({"NotImplemented", "NotSupported"})
"""RPC errors by which a CSMS says that it does not know a message at all: saying it again cannot help."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a message is tried (0: until it is answered) and how long the first wait is, in seconds (E13.FR.01)."""

    attempts: int
    interval: int


class Outbox:
    """See the module. `next_number` is the number of the next entry; `limit` counts entries, above which samples are thinned."""

    def __init__(self, entries: Iterable[Entry], *, next_number: int, limit: int) -> None:
        self._entries = deque(entries)
        self.next_number = max([next_number, *(entry.number + 1 for entry in self._entries)])
        self._limit = limit
        self._failures = 0
        self._not_before: datetime | None = None
        self.in_flight: int | None = None
        """The `ref` under which the first entry is on its way."""

    def __len__(self) -> int:
        return len(self._entries)

    def has_facts_of(self, transaction_id: str) -> bool:
        """Whether any fact of a transaction still waits (E14.FR.04)."""
        return any(entry.transaction_id == transaction_id for entry in self._entries)

    @property
    def has_facts_of_any(self) -> bool:
        """Whether any fact of any transaction still waits (E14.FR.07)."""
        return any(entry.transaction_id is not None for entry in self._entries)

    # --- in ---------------------------------------------------------------------------------------------------------

    def put(self, fact: KeptFact) -> list[Action]:
        """Append a fact."""
        entry = Entry(number=self.next_number, fact=fact)
        self.next_number += 1
        actions = self._thin() if len(self._entries) >= self._limit else []
        self._entries.append(entry)
        return [*actions, Keep(entry)]

    def _thin(self) -> list[Action]:
        """Drop every other event that is nothing but a sample: the 1st, 3rd, 5th, ... (E04.FR.08, J02.FR.13)."""
        first_free = 0 if self.in_flight is None else 1
        samples = [entry.number for entry in list(self._entries)[first_free:] if _is_intermediate(entry)]
        dropped = frozenset(samples[::2])
        if not dropped:
            return []
        self._entries = deque(entry for entry in self._entries if entry.number not in dropped)
        note = (
            f"The outbox is full: {len(dropped)} intermediate events were dropped, of those that wait every other one."
        )
        return [Forget(tuple(sorted(dropped))), Note(note)]

    def line_lost(self) -> list[Action]:
        """The line is gone: the message on its way is said again first, and all that wait count as offline (E11.FR.07)."""
        self.in_flight = None
        actions: list[Action] = []
        for place, entry in enumerate(self._entries):
            if isinstance(entry.fact, TransactionEvent) and not entry.fact.offline:
                late = Entry(number=entry.number, fact=changed(entry.fact, offline=True))
                self._entries[place] = late
                actions.append(Keep(late))
        return actions

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
        entry = self._entries[0]
        hopeless = code in NEVER_SAYABLE and isinstance(entry.fact, SecurityEvent)
        if hopeless or (patience.attempts and self._failures >= patience.attempts):
            return self._give_up(why)
        self._not_before = now + timedelta(seconds=patience.interval * self._failures)
        return []

    def _give_up(self, why: str) -> list[Action]:
        tried = self._failures
        entry, actions = self.delivered()
        what = f"{type(entry.fact).__name__} number {entry.number}"
        return [*actions, Note(f"{what} was given up after {tried} attempts: {why}.")]

    def _begin_anew(self) -> None:
        self.in_flight, self._failures, self._not_before = None, 0, None


def _is_intermediate(entry: Entry) -> bool:
    fact = entry.fact
    if not isinstance(fact, TransactionEvent) or fact.kind is not EventKind.UPDATED:
        return False
    return fact.id_token is None and fact.remote_start_id is None

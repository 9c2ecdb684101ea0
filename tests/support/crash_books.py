"""What a station said and was answered, by its own record of frames, held against what a CSMS has booked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from pilotwire.csms.store.ports import BookedEvent, Store, TransactionFilter
from pilotwire.domain.findings import Severity
from pilotwire.domain.transactions import EventKind, Transaction
from tests.support.crash_processes import TRANSACTION_ACTIONS


@dataclass(frozen=True)
class Said:
    """A transaction message as often as it was said: its content, and every CALLRESULT it got."""

    action: str
    payload: dict[str, Any]
    answers: list[dict[str, Any]] = field(default_factory=list)
    times: list[str] = field(default_factory=list)


def said_in(frames: Path) -> list[Said]:
    """The different transaction messages in a station's record, in the order they were first said."""
    found: dict[str, Said] = {}
    by_id: dict[str, Said] = {}
    for direction, frame in _frames(frames):
        if direction == "out" and frame[0] == 2 and _is_of_transaction(frame[2], frame[3]):
            said = found.setdefault(_identity(frame[2], frame[3]), Said(frame[2], frame[3]))
            said.times.append(frame[1])
            by_id[frame[1]] = said
        elif direction == "in" and frame[0] == 3 and frame[1] in by_id:
            by_id[frame[1]].answers.append(frame[2])
    return list(found.values())


def _frames(path: Path) -> Iterator[tuple[str, list[Any]]]:
    for line in path.read_text().splitlines():
        direction, frame = json.loads(line)
        yield direction, frame


def _is_of_transaction(action: str, payload: dict[str, Any]) -> bool:
    return action in TRANSACTION_ACTIONS and (action != "MeterValues" or "transactionId" in payload)


def _identity(action: str, payload: dict[str, Any]) -> str:
    """A message said again is the same one, even if by then it counts as late (2.x `offline`)."""
    return action + json.dumps({name: part for name, part in payload.items() if name != "offline"}, sort_keys=True)


@dataclass(frozen=True)
class Books:
    """What a CSMS has booked for one station."""

    transactions: list[Transaction]
    events: dict[str, list[BookedEvent]]
    breaches: list[str]

    @classmethod
    async def of(cls, store: Store, station: str) -> Books:
        """Read them."""
        transactions = list(await store.transactions(TransactionFilter(station=station)))
        events = {tx.transaction_id: list(await store.events(station, tx.transaction_id)) for tx in transactions}
        findings = await store.findings(station)
        return cls(transactions, events, [each.what for each in findings if each.severity is not Severity.NOTE])

    @property
    def energy(self) -> Decimal:
        """Wh of all transactions."""
        return sum((tx.energy or Decimal(0) for tx in self.transactions), Decimal(0))

    def kinds(self, transaction_id: str) -> list[EventKind]:
        """The kinds of a transaction's events, in their place."""
        return [booked.event.kind for booked in self.events.get(transaction_id, [])]


def check_books(books: Books, said: list[Said]) -> None:
    """Every message said is booked exactly once, whatever was said twice; each transaction has one start, one end, and no gap."""
    assert not books.breaches, books.breaches
    for tx in books.transactions:
        kinds = books.kinds(tx.transaction_id)
        assert kinds == [EventKind.STARTED, *[EventKind.UPDATED] * (len(kinds) - 2), EventKind.ENDED], kinds
        assert tx.events == len(kinds), (
            f"{tx.transaction_id}: an event was counted that is not there, or the other way round"
        )
    if any(each.action == "TransactionEvent" for each in said):
        _check_2x(books, said)
    else:
        _check_16(books, said)


def _check_2x(books: Books, said: list[Said]) -> None:
    spoken = Counter((each.payload["transactionInfo"]["transactionId"], each.payload["seqNo"]) for each in said)
    booked = Counter((name, each.event.seq_no) for name, events in books.events.items() for each in events)
    assert max(spoken.values()) == 1, f"two different events under one sequence number: {spoken.most_common(3)}"
    assert booked == spoken, f"not booked: {spoken - booked}; booked besides: {booked - spoken}"
    for name, events in books.events.items():
        assert [each.event.seq_no for each in events] == list(range(len(events))), f"{name} has a gap"
    assert not any(tx.missing_seq_nos for tx in books.transactions)


def _check_16(books: Books, said: list[Said]) -> None:
    starts = [each for each in said if each.action == "StartTransaction"]
    names = [{answer["transactionId"] for answer in start.answers} for start in starts]
    assert all(len(given) == 1 for given in names), f"one start, two names (or none): {names}"
    ids = Counter(str(name) for given in names for name in given)
    assert ids == Counter(tx.transaction_id for tx in books.transactions)
    stops = Counter(str(each.payload["transactionId"]) for each in said if each.action == "StopTransaction")
    assert stops == ids, f"ends said {stops}, transactions {ids}"
    samples = Counter(str(each.payload["transactionId"]) for each in said if each.action == "MeterValues")
    booked = {name: books.kinds(name).count(EventKind.UPDATED) for name in ids}
    assert booked == {name: samples[name] for name in ids}

"""What every storage does, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from pilotwire.domain.authorization import AuthorizationStatus, AuthorizationVerdict
from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.local_list import ListedToken, LocalList
from pilotwire.domain.metering import register_reading
from pilotwire.domain.provisioning import BootReason
from pilotwire.domain.security import SecurityEvent
from pilotwire.domain.transactions import EventKind, TransactionEvent, TriggerReason
from pilotwire.station.core import Entry, Forget, Keep, Note, Save
from pilotwire.station.core.memory import (
    CachedVerdict,
    CacheMemory,
    KeptTransaction,
    LocalListMemory,
    StationMemory,
    TransactionsMemory,
    VariablesMemory,
)
from pilotwire.station.storage import MemoryStorage, SqliteStorage, Storage

NOW = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
EVENT = TransactionEvent(
    kind=EventKind.STARTED,
    transaction_id="tx-1",
    at=NOW,
    trigger=TriggerReason.AUTHORIZED,
    seq_no=0,
    offline=True,
    address=EvseAddress(evse=1, connector=1),
    id_token=IdToken(value="ANNA", type="ISO14443"),
    readings=(register_reading(NOW, Decimal("1234.5"), "Transaction.Begin"),),
)
PARTS = (
    StationMemory(boots=3, offset=-1.5, inoperative=((0, 0), (1, 2)), next_boot_reason=BootReason.REMOTE_RESET),
    TransactionsMemory(
        running=(
            KeptTransaction(
                evse=1,
                transaction_id="tx-1",
                started_at=NOW,
                last_at=NOW,
                next_seq_no=4,
                meter_start=Decimal(10),
                register=Decimal("12.5"),
            ),
        ),
        named={"tx-1": "17"},
    ),
    VariablesMemory(values={"txctrlr.evconnectiontimeout": "30"}),
    CacheMemory(
        entries={
            "anna": CachedVerdict(
                id_token=IdToken(value="ANNA"),
                verdict=AuthorizationVerdict(status=AuthorizationStatus.BLOCKED, group=IdToken(value="G")),
                used_at=NOW,
            )
        }
    ),
    LocalListMemory(
        held=LocalList(
            version=7,
            entries={
                "ISO14443:anna": ListedToken(
                    id_token=IdToken(value="ANNA", type="ISO14443"),
                    info=AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED, expires_at=NOW),
                )
            },
        )
    ),
)

Opener = Callable[[], Storage]


@pytest.fixture(params=["memory", "sqlite"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Opens the same storage again each time."""
    if request.param == "sqlite":
        return lambda: SqliteStorage(tmp_path / "station.db", station_id="CS-1")
    storage = MemoryStorage()
    return lambda: storage


def test_a_new_one_has_nothing(reopen: Opener) -> None:
    """None, not an empty state: nothing was ever saved."""
    assert reopen().load() is None


def test_what_was_kept_comes_back_as_it_was(reopen: Opener) -> None:
    """Facts of both kinds and every part, after closing and opening."""
    storage = reopen()
    entries = (Entry(number=1, fact=EVENT), Entry(number=2, fact=SecurityEvent(type="ResetOrReboot", at=NOW)))
    storage.commit([*(Keep(entry) for entry in entries), *(Save(part) for part in PARTS), Note("nothing to keep")])
    storage.close()
    state = reopen().load()
    assert state is not None
    assert state.outbox == entries
    assert tuple(state.part(type(part)) for part in PARTS) == PARTS


def test_the_outbox_is_in_order_of_its_numbers(reopen: Opener) -> None:
    """However they were written, also beyond ten; one may be replaced, some forgotten."""
    storage = reopen()
    for number in (11, 2, 100, 9, 1):
        storage.commit([Keep(Entry(number=number, fact=EVENT))])
    late = SecurityEvent(type="SettingSystemTime", at=NOW)
    storage.commit([Forget((1, 100, 555)), Keep(Entry(number=9, fact=late))])
    state = storage.load()
    assert state is not None
    assert [entry.number for entry in state.outbox] == [2, 9, 11]
    assert state.outbox[1].fact == late


def test_a_part_is_replaced_as_a_whole(reopen: Opener) -> None:
    """The last one saved counts, the others stay."""
    storage = reopen()
    storage.commit([Save(part) for part in PARTS])
    storage.commit([Save(StationMemory(boots=4))])
    state = storage.load()
    assert state is not None
    assert (state.part(StationMemory), state.part(type(PARTS[2]))) == (StationMemory(boots=4), PARTS[2])


def test_what_is_on_a_shelf_comes_back(reopen: Opener) -> None:
    """Each shelf has its own keys; putting replaces, None takes away, also what is not there."""
    storage = reopen()
    storage.put("one", "a", "first")
    storage.put("one", "a", "second")
    storage.put("one", "b", "gone")
    storage.put("other", "b", "ünïcode \n '")
    storage.put("one", "b", None)
    storage.put("one", "c", None)
    storage.close()
    storage = reopen()
    assert storage.shelf("one") == {"a": "second"}
    assert storage.shelf("other") == {"b": "ünïcode \n '"}
    assert storage.shelf("third") == {}
    assert storage.load() is None


def test_closing_twice_is_fine(reopen: Opener) -> None:
    """No error."""
    storage = reopen()
    storage.close()
    storage.close()

"""Local lists on their way to stations: numbers, pieces, and the tokens on record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pilotwire.clock import ManualClock
from pilotwire.csms.commands import Commander, CommandRefused, local_list
from pilotwire.csms.store.memory import MemoryJournal, MemoryStore
from pilotwire.csms.store.ports import PutToken
from pilotwire.domain.authorization import AuthorizationStatus, AuthorizationVerdict, Token
from pilotwire.domain.device_model import (
    GetVariables,
    GetVariablesOutcome,
    VariableName,
    VariableResult,
    VariableStatus,
)
from pilotwire.domain.identity import NO_AUTHORIZATION, IdToken
from pilotwire.domain.kinds import Command, Outcome
from pilotwire.domain.local_list import (
    GetLocalListVersion,
    ListEntry,
    LocalList,
    LocalListVersion,
    SendLocalList,
    SendLocalListOutcome,
    SendLocalListStatus,
    UpdateType,
    updated,
)
from pilotwire.errors import NotSayable, PilotwireError
from tests.support.api_rooms import FakeBus

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
GOOD = AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED)
ITEMS = VariableName(component="LocalAuthListCtrlr", variable="ItemsPerMessage")


class ListedBus(FakeBus):
    """One station with a list; `items` is what it says it takes in one message (an exception is raised)."""

    def __init__(self, items: str | Exception | None = "100", *, has: int | None = 0) -> None:
        super().__init__()
        self.connect("CS")
        self.items = items
        self.held = LocalList(version=has or 0)
        self.has = has
        self.full: Callable[[SendLocalList], bool] = lambda _: False

    async def call(self, station: str, command: Command, *, timeout: float | None = None) -> Outcome:
        """Answer like a station."""
        self.commands.append((station, command))
        if isinstance(command, GetLocalListVersion):
            return LocalListVersion(version=None if self.has is None else self.held.version)
        if isinstance(command, GetVariables):
            if isinstance(self.items, Exception):
                raise self.items
            status = VariableStatus.UNKNOWN_VARIABLE if self.items is None else VariableStatus.ACCEPTED
            return GetVariablesOutcome(results=(VariableResult(name=ITEMS, status=status, value=self.items),))
        assert isinstance(command, SendLocalList)
        if self.full(command):
            return SendLocalListOutcome(status=SendLocalListStatus.FAILED)
        self.held, result = updated(self.held, command, most_entries=1000, most_in_message=1000)
        return SendLocalListOutcome(status=result)

    @property
    def sent(self) -> list[SendLocalList]:
        """The pieces of lists it was sent."""
        return [command for _, command in self.commands if isinstance(command, SendLocalList)]


def _commander(bus: FakeBus) -> Commander:
    return Commander(bus, ManualClock(NOON))


def _entries(count: int) -> tuple[ListEntry, ...]:
    return tuple(ListEntry(id_token=IdToken(value=f"CARD-{n}", type="ISO14443"), info=GOOD) for n in range(count))


@pytest.mark.req("D01.FR.01", "D01.FR.18")
async def test_a_list_has_its_number_and_kind() -> None:
    """Given, it is sent as it is; a list of one is not worth a question about lengths."""
    bus = ListedBus()
    sent = await local_list.send_list(_commander(bus), "CS", UpdateType.FULL, _entries(1), version=7)
    assert sent == local_list.ListSent(SendLocalListStatus.ACCEPTED, 7)
    whole = SendLocalList(version=7, update=UpdateType.FULL, entries=_entries(1))
    assert bus.commands == [("CS", whole)]


@pytest.mark.parametrize(("has", "next_"), [(0, 1), (7, 8), (None, 1), (-3, 1)])
async def test_without_a_number_it_gets_the_next(has: int | None, next_: int) -> None:
    """Of the station's own; one that says it has none, or nonsense, starts with 1 (D01.FR.18)."""
    bus = ListedBus(has=has)
    sent = await local_list.send_list(_commander(bus), "CS", UpdateType.DIFFERENTIAL, _entries(1))
    assert sent == local_list.ListSent(SendLocalListStatus.ACCEPTED, next_)
    assert [part.version for part in bus.sent] == [next_]


@pytest.mark.req("D01.FR.11")
async def test_a_long_list_goes_in_pieces() -> None:
    """As the station's ItemsPerMessage says: first Full, then Differential with rising numbers; in the end all is there."""
    bus = ListedBus("2")
    sent = await local_list.send_list(_commander(bus), "CS", UpdateType.FULL, _entries(5), version=10)
    assert sent == local_list.ListSent(SendLocalListStatus.ACCEPTED, 12)
    assert [(part.version, part.update.value, len(part.entries)) for part in bus.sent] == [
        (10, "Full", 2),
        (11, "Differential", 2),
        (12, "Differential", 1),
    ]
    assert len(bus.held.entries) == 5


@pytest.mark.parametrize("items", [None, "", "many", "0", "-1", CommandRefused("NotSupported", "", {})])
async def test_a_station_that_does_not_say_how_much_it_takes_gets_all_at_once(items: Any) -> None:
    """Whatever it answers instead of a number."""
    bus = ListedBus(items)
    sent = await local_list.send_list(_commander(bus), "CS", UpdateType.FULL, _entries(5), version=1)
    assert sent == local_list.ListSent(SendLocalListStatus.ACCEPTED, 1)
    assert [len(part.entries) for part in bus.sent] == [5]


async def test_the_first_piece_that_is_not_taken_is_the_last() -> None:
    """What it has then is told with the status."""
    bus = ListedBus("2")
    bus.full = lambda part: part.version == 2
    sent = await local_list.send_list(_commander(bus), "CS", UpdateType.FULL, _entries(6), version=1)
    assert sent == local_list.ListSent(SendLocalListStatus.FAILED, 1)
    assert len(bus.sent) == 2
    mismatch = await local_list.send_list(_commander(bus), "CS", UpdateType.DIFFERENTIAL, _entries(1), version=1)
    assert mismatch == local_list.ListSent(SendLocalListStatus.VERSION_MISMATCH, None)


@pytest.mark.req("D01.FR.06", "D01.FR.18")
@pytest.mark.parametrize(
    ("entries", "version", "what"),
    [
        (_entries(1), 0, "from 1 on"),
        ((*_entries(2), *_entries(1)), None, "'CARD-0' is in the list twice"),
        ((ListEntry(id_token=IdToken(value="A")),), 1, "of 'A' it does not"),
    ],
)
async def test_a_list_that_cannot_be_is_not_sent(
    entries: tuple[ListEntry, ...], version: int | None, what: str
) -> None:
    """A sentence instead."""
    bus = ListedBus()
    with pytest.raises(PilotwireError, match=what):
        await local_list.send_list(_commander(bus), "CS", UpdateType.FULL, entries, version=version)
    assert bus.commands == []


async def test_the_version_is_asked_for() -> None:
    """As it is."""
    bus = ListedBus(has=3)
    assert await local_list.get_version(_commander(bus), "CS") == LocalListVersion(version=3)
    assert bus.commands == [("CS", GetLocalListVersion())]


async def test_the_tokens_on_record_make_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them over all pages, each as it would be judged now; types may be chosen."""
    monkeypatch.setattr(local_list, "_PAGE", 2)
    store = MemoryStore()
    journal = MemoryJournal(store)
    group = IdToken(value="FLEET", type="Central")
    for token in (
        Token(id_token=IdToken(value="A", type="ISO14443"), group=group),
        Token(id_token=IdToken(value="A", type="eMAID"), status=AuthorizationStatus.BLOCKED),
        Token(id_token=IdToken(value="B", type="ISO14443"), expires_at=NOON - timedelta(1)),
        Token(id_token=IdToken(value="C")),
        Token(id_token=IdToken(value="D", type=NO_AUTHORIZATION)),
    ):
        await journal.append(PutToken(token=token))
    entries = await local_list.entries_of_tokens(store, NOON)
    told = {(each.id_token.value, each.id_token.type): each.info for each in entries}
    assert {key: info.status.value for key, info in told.items() if info} == {
        ("A", "ISO14443"): "Accepted",
        ("A", "eMAID"): "Blocked",
        ("B", "ISO14443"): "Expired",
        ("C", None): "Accepted",
    }
    assert told["A", "ISO14443"] == AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED, group=group)
    chosen = await local_list.entries_of_tokens(store, NOON, types=["eMAID"])
    assert [each.id_token for each in chosen] == [IdToken(value="A", type="eMAID")]


async def test_a_piece_that_cannot_be_said_ends_it() -> None:
    """The station keeps what it was sent before; who asked gets the sentence."""
    bus = ListedBus("1")

    def unsayable(part: SendLocalList) -> bool:
        if part.version == 2:
            raise NotSayable("too long for this version")
        return False

    bus.full = unsayable
    with pytest.raises(NotSayable, match="too long"):
        await local_list.send_list(_commander(bus), "CS", UpdateType.FULL, _entries(3), version=1)
    assert (bus.held.version, len(bus.sent)) == (1, 2)

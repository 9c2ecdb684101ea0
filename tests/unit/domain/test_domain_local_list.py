"""The local list: what an update makes of it, which numbers it may have, how tokens are found on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.domain.authorization import AuthorizationStatus, AuthorizationVerdict
from pilotwire.domain.identity import IdToken
from pilotwire.domain.local_list import (
    NO_LIST,
    ListEntry,
    LocalList,
    SendLocalList,
    SendLocalListStatus,
    UpdateType,
    flaw_of,
    is_over,
    key_of,
    known_of,
    listed,
    updated,
)
from tests.support.said import V201, list_entries, positive

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
GOOD = AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED)
BLOCKED = AuthorizationVerdict(status=AuthorizationStatus.BLOCKED)
ANNA, BERT = IdToken(value="ANNA", type="ISO14443"), IdToken(value="BERT", type="ISO14443")
ACCEPTED, FAILED, MISMATCH = (
    SendLocalListStatus.ACCEPTED,
    SendLocalListStatus.FAILED,
    SendLocalListStatus.VERSION_MISMATCH,
)


def _full(version: int, *entries: ListEntry) -> SendLocalList:
    return SendLocalList(version=version, update=UpdateType.FULL, entries=entries)


def _change(version: int, *entries: ListEntry) -> SendLocalList:
    return SendLocalList(version=version, update=UpdateType.DIFFERENTIAL, entries=entries)


def _good(id_token: IdToken) -> ListEntry:
    return ListEntry(id_token=id_token, info=GOOD)


def _after(*commands: SendLocalList, most_entries: int = 100, most_in_message: int = 100) -> LocalList:
    held = LocalList()
    for command in commands:
        held, status = updated(held, command, most_entries=most_entries, most_in_message=most_in_message)
        assert status is ACCEPTED
    return held


def _refused(held: LocalList, command: SendLocalList, **limits: int) -> SendLocalListStatus:
    after, status = updated(held, command, **({"most_entries": 100, "most_in_message": 100} | limits))
    assert after is held, "what is refused changes nothing"
    return status


def _tokens(held: LocalList) -> set[str]:
    return {entry.id_token.value for entry in held.entries.values()}


# --- updates ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("D01.FR.15")
def test_a_full_list_replaces_whatever_there_was() -> None:
    """Its number may even be lower."""
    held = _after(_full(7, _good(ANNA)), _full(3, _good(BERT)))
    assert (held.version, _tokens(held)) == (3, {"BERT"})


@pytest.mark.req("D01.FR.04")
def test_a_full_list_of_nothing_empties_it_and_still_gives_its_number() -> None:
    """Not 0: a list was sent."""
    held = _after(_full(7, _good(ANNA)), _full(8))
    assert (held.version, held.entries) == (8, {})


@pytest.mark.req("D01.FR.16")
def test_a_change_adds_and_replaces() -> None:
    """BERT is new, ANNA is known in another case and blocked now."""
    anna = ListEntry(id_token=IdToken(value="anna", type="ISO14443"), info=BLOCKED)
    held = _after(_full(1, _good(ANNA)), _change(2, _good(BERT), anna))
    assert (held.version, len(held.entries)) == (2, 2)
    assert [entry.info.status for entry in map(held.entries.get, (key_of(ANNA), key_of(BERT))) if entry] == [
        AuthorizationStatus.BLOCKED,
        AuthorizationStatus.ACCEPTED,
    ]


@pytest.mark.req("D01.FR.17")
def test_a_change_without_information_takes_off() -> None:
    """Whether the token was there or not."""
    held = _after(_full(1, _good(ANNA)), _change(2, ListEntry(id_token=ANNA), ListEntry(id_token=BERT)))
    assert (held.version, held.entries) == (2, {})


@pytest.mark.req("D01.FR.05")
def test_a_change_of_nothing_changes_the_number_only() -> None:
    """The tokens stay."""
    held = _after(_full(1, _good(ANNA)), _change(5))
    assert (held.version, _tokens(held)) == (5, {"ANNA"})


@pytest.mark.req("D01.FR.19")
@pytest.mark.parametrize("version", [6, 7])
def test_a_change_that_is_not_newer_is_a_version_mismatch(version: int) -> None:
    """Lower or the same."""
    assert _refused(_after(_full(7, _good(ANNA))), _change(version, _good(BERT))) is MISMATCH


@pytest.mark.parametrize("version", [0, -1])
@pytest.mark.parametrize("make", [_full, _change])
def test_no_list_has_a_number_below_one(make: Callable[..., SendLocalList], version: int) -> None:
    """0 says that there is no list (D01.FR.18)."""
    command = make(version, _good(ANNA))
    assert _refused(_after(_full(7, _good(ANNA))), command) is FAILED
    assert flaw_of(command) == f"A local list has a version number from 1 on, not {version}."


@pytest.mark.req("D01.FR.06")
def test_a_token_that_is_there_twice_fails_the_whole_list() -> None:
    """In any case of letters; of two types it is two tokens."""
    command = _full(1, _good(ANNA), ListEntry(id_token=IdToken(value="anna", type="ISO14443"), info=BLOCKED))
    assert _refused(LocalList(), command) is FAILED
    assert flaw_of(command) == "The token 'anna' is in the list twice."
    assert len(_after(_full(1, _good(ANNA), _good(IdToken(value="ANNA", type="Central")))).entries) == 2


def test_a_full_list_says_of_each_token_whether_it_is_accepted() -> None:
    """AuthorizationData: idTokenInfo is required when the update is Full."""
    command = _full(1, _good(ANNA), ListEntry(id_token=BERT))
    assert _refused(LocalList(), command) is FAILED
    assert flaw_of(command) == ("A full list must say of each token whether it is accepted; of 'BERT' it does not.")


@pytest.mark.req("D01.FR.11")
def test_a_message_longer_than_allowed_fails() -> None:
    """ItemsPerMessage; just as long is fine."""
    assert _refused(LocalList(), _full(1, _good(ANNA), _good(BERT)), most_in_message=1) is FAILED
    assert _after(_full(1, _good(ANNA)), most_in_message=1).version == 1


def test_a_list_that_would_not_fit_stays_as_it_was() -> None:
    """What counts is how many there would be: one in, one out is fine."""
    held = _after(_full(1, _good(ANNA)))
    assert _refused(held, _change(2, _good(BERT)), most_entries=1) is FAILED
    swap = _change(2, _good(BERT), ListEntry(id_token=ANNA))
    after, status = updated(held, swap, most_entries=1, most_in_message=9)
    assert (status, _tokens(after)) == (ACCEPTED, {"BERT"})


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(UpdateType), positive, list_entries(V201)), max_size=6))
def test_whatever_is_sent_the_list_is_the_old_or_the_new_one(
    updates: list[tuple[UpdateType, int, tuple[ListEntry, ...]]],
) -> None:
    """Accepted: that number, each token as said. Otherwise: untouched."""
    held = LocalList()
    for update, version, entries in updates:
        command = SendLocalList(version=version, update=update, entries=entries)
        after, status = updated(held, command, most_entries=6, most_in_message=3)
        if status is not ACCEPTED:
            assert after is held
            continue
        assert after.version == version
        assert len(after.entries) <= 6
        for entry in command.entries:
            found = after.entries.get(key_of(entry.id_token))
            assert (found.info if found else None) == entry.info
        held = after


# --- looking up ------------------------------------------------------------------------------------------------------


def test_a_new_list_has_the_version_zero_and_knows_nobody() -> None:
    """D02.FR.02."""
    assert LocalList().version == NO_LIST == 0
    assert listed(LocalList(), ANNA) is None


def test_a_token_is_found_by_its_type_else_by_one_that_is_not_told() -> None:
    """As everywhere: a type that one side does not tell does not separate them."""
    untyped, other = IdToken(value="anna"), IdToken(value="ANNA", type="Central")
    by_type = _after(_full(1, ListEntry(id_token=untyped, info=BLOCKED), _good(ANNA)))
    for asked, found in ((ANNA, GOOD), (other, BLOCKED), (untyped, BLOCKED)):
        entry = listed(by_type, asked)
        assert entry is not None
        assert entry.info == found
    assert listed(_after(_full(1, _good(ANNA))), other) is None
    entry = listed(_after(_full(1, _good(ANNA))), untyped)
    assert entry is not None
    assert entry.id_token == ANNA


@pytest.mark.parametrize(
    ("status", "ends", "worth"),
    [
        ("Accepted", None, "Accepted"),
        ("Accepted", 1, "Accepted"),
        ("Accepted", 0, "Expired"),
        ("Blocked", -1, "Blocked"),
    ],
)
def test_an_entry_past_its_time_is_expired(status: str, ends: int | None, worth: str) -> None:
    """One without an end never ends (C13.FR.05); one that was not accepted stays what it was."""
    ends_at = None if ends is None else NOON + timedelta(seconds=ends)
    info = AuthorizationVerdict(status=AuthorizationStatus(status), expires_at=ends_at)
    entry = listed(_after(_full(1, ListEntry(id_token=ANNA, info=info))), ANNA)
    assert entry is not None
    assert known_of(entry, NOON).status == worth
    assert is_over(entry, NOON) is (ends is not None and ends <= 0)

"""The decisions both stores share."""

from __future__ import annotations

from functools import reduce

import pytest
from hypothesis import given, settings

from pilotwire.csms.store.booking import LARGEST_NUMBER, checked_number, chosen_token, named, needs_number, surely_new
from pilotwire.domain.authorization import Token
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.transactions import EventKind, event_key, fold
from pilotwire.errors import StoreError
from tests.support.csms_store import CARD, arrivals, event, start_16


@settings(deadline=None, max_examples=50)
@given(arrived=arrivals())
def test_what_is_surely_new_has_not_been_booked(arrived) -> None:
    """The short cut past the look-up never lets a repetition through, and takes every sequence number that is new."""
    _, received = arrived
    known, keys = None, set()
    for each in received:
        is_new = event_key(each) not in keys
        assert not surely_new(known, each) or is_new
        assert surely_new(known, each) is is_new or each.seq_no is None
        if is_new:
            keys.add(event_key(each))
            known = fold("CS001", known, each)


def test_an_update_later_than_everything_known_needs_no_look_up() -> None:
    """The usual case, 1.6 meter values in their order, costs nothing."""
    known = reduce(lambda tx, each: fold("CS001", tx, each), [event(EventKind.STARTED, 0), event(seconds=60)], None)
    assert surely_new(known, event(seconds=61))
    assert not surely_new(known, event(seconds=60))
    assert surely_new(known, event(EventKind.ENDED, 5))
    assert not surely_new(known, event(EventKind.STARTED, 0))


def test_only_a_start_without_an_id_is_numbered() -> None:
    """2.x starts have theirs."""
    assert needs_number(start_16())
    assert not needs_number(event(EventKind.STARTED, seq_no=0))
    assert not needs_number(event(EventKind.ENDED, transaction_id=None))


def test_events_with_an_id_keep_it() -> None:
    """Also one nobody here gave, and a start without one, which is numbered instead."""
    for each in (event(transaction_id="77"), event(transaction_id="-1", seq_no=3), start_16()):
        assert named(each) is each


def test_numbers_end_with_32_bits() -> None:
    """The last one is given, then a sentence."""
    assert checked_number(LARGEST_NUMBER) == 2**31 - 1
    with pytest.raises(StoreError, match="32 bits"):
        checked_number(LARGEST_NUMBER + 1)


def test_no_record_answers_for_another_type() -> None:
    """A card and a contract may have the same characters."""
    assert chosen_token([Token(id_token=changed(CARD, type="eMAID"))], CARD) is None
    untold = Token(id_token=IdToken(value=CARD.value.lower()))
    assert chosen_token([Token(id_token=changed(CARD, type="eMAID")), untold], CARD) is untold

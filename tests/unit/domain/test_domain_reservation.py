"""Who may use a reservation, and how many can be kept where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.domain.identity import IdToken
from pilotwire.domain.reservation import Reservation, is_needed, is_over, kept, may_use

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANNA = IdToken(value="ANNA", type="ISO14443")
BERT = IdToken(value="BERT", type="ISO14443")
FLEET = IdToken(value="FLEET", type="Central")


def wanted(number: int = 1, evse: int | None = None, kind: str | None = None, group: IdToken | None = None):
    """A reservation of Anna's until noon."""
    return Reservation(
        reservation_id=number, expires_at=NOON, id_token=ANNA, group=group, evse=evse, connector_type=kind
    )


@pytest.mark.parametrize(
    ("reserved_group", "presented", "group", "may"),
    [
        (None, ANNA, None, True),
        (None, IdToken(value="anna"), None, True),
        (None, BERT, None, False),
        (None, BERT, FLEET, False),
        (FLEET, BERT, FLEET, True),
        (FLEET, BERT, None, False),
        (FLEET, BERT, IdToken(value="OTHER", type="Central"), False),
        (FLEET, ANNA, None, True),
    ],
)
def test_who_may_use_it(reserved_group: IdToken | None, presented: IdToken, group: IdToken | None, may: bool) -> None:
    """The token itself, and others of the group if the reservation names one."""
    assert may_use(wanted(group=reserved_group), presented, group) is may


def test_it_is_over_when_its_time_is_reached() -> None:
    """Not a moment before."""
    assert not is_over(wanted(), NOON - timedelta(microseconds=1))
    assert is_over(wanted(), NOON)


AC, DC = frozenset({"sType2"}), frozenset({"cCCS2"})


def test_an_open_reservation_makes_room_for_one_of_a_type() -> None:
    """Whoever is not particular moves, whatever the order."""
    for order in permutations((wanted(1), wanted(2, kind="cCCS2"))):
        assert kept(order, {1: DC, 2: AC}) == 2
    assert kept((wanted(1, kind="cCCS2"), wanted(2, kind="cCCS2")), {1: DC, 2: AC}) == 1


def test_what_is_needed() -> None:
    """With as many places as reservations all are; a type needs only its own."""
    assert not is_needed(1, (wanted(1),), {1: AC, 2: AC})
    assert is_needed(1, (wanted(1), wanted(2)), {1: AC, 2: AC})
    assert is_needed(1, (wanted(1, kind="cCCS2"),), {1: DC, 2: AC})
    assert not is_needed(2, (wanted(1, kind="cCCS2"),), {1: DC, 2: AC})
    assert not is_needed(3, (wanted(1),), {1: AC})


TYPES = ("a", "b", "c")
places = st.dictionaries(st.integers(1, 4), st.frozensets(st.sampled_from(TYPES), min_size=1), max_size=4)
reservations = st.lists(
    st.builds(wanted, st.integers(0, 9), st.none() | st.integers(1, 4), st.none() | st.sampled_from(TYPES)), max_size=4
)


@given(reservations=reservations, places=places)
def test_as_many_are_kept_as_can_be(reservations: list[Reservation], places: dict[int, frozenset[str]]) -> None:
    """Against trying every way to seat them."""

    def seated(order: tuple[int, ...]) -> int:
        pairs = zip(reservations, order, strict=False)
        return sum(
            evse in places
            and one.evse in (None, evse)
            and (one.connector_type is None or one.connector_type in places[evse])
            for one, evse in pairs
        )

    seats = [*places, *(-number for number in range(1, 5))]
    best = max(seated(order) for order in permutations(seats, len(reservations)))
    assert kept(reservations, places) == best

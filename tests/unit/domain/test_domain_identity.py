"""Tokens that are the same, and addresses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from pilotwire.domain.identity import STATION, EvseAddress, IdToken, same_token
from tests.support.said import V21, id_tokens

SAME = [
    (IdToken(value="AB"), IdToken(value="ab"), True),
    (IdToken(value="AB", type="ISO14443"), IdToken(value="ab"), True),
    (IdToken(value="AB", type="ISO14443"), IdToken(value="AB", type="ISO14443"), True),
    (IdToken(value="AB", type="ISO14443"), IdToken(value="AB", type="eMAID"), False),
    (IdToken(value="AB"), IdToken(value="AC"), False),
    (IdToken(value="AB"), None, False),
    (None, None, False),
]


@pytest.mark.parametrize(("one", "other", "same"), SAME)
def test_tokens_are_compared_without_case_and_by_type_where_both_tell_it(
    one: IdToken | None, other: IdToken | None, same: bool
) -> None:
    """So a card on record is found by a 1.6 station's idTag; and it makes no difference which is which."""
    assert same_token(one, other) is same_token(other, one) is same


@settings(deadline=None)
@given(id_tokens(V21))
def test_a_token_is_the_same_as_itself(token: IdToken) -> None:
    """Also with its type left out, as 1.6 does."""
    assert same_token(token, token)
    assert same_token(token, IdToken(value=token.value))


def test_evse_0_is_the_station() -> None:
    """As in both families of versions."""
    assert STATION.is_station
    assert not EvseAddress(evse=1).is_station

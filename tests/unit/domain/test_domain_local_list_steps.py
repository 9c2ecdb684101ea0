"""What is believed of a list, and what brings it in step."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.domain.authorization import AuthorizationStatus, AuthorizationVerdict, Token
from pilotwire.domain.identity import NO_AUTHORIZATION, IdToken
from pilotwire.domain.local_list import (
    KnownList,
    ListEntry,
    ListPolicy,
    ListSource,
    UpdateType,
    booked,
    differences,
    digests,
    told_version,
)
from pilotwire.domain.token_rules import TokenRules, ValidityWindow

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
TOKENS = st.builds(IdToken, value=st.sampled_from(["A", "b", "C:d", "E"]), type=st.sampled_from(["Central", None]))
INFOS = st.builds(AuthorizationVerdict, status=st.sampled_from(AuthorizationStatus))
LISTS = st.dictionaries(TOKENS, INFOS, max_size=6).map(
    lambda found: tuple(ListEntry(id_token=token, info=info) for token, info in found.items())
)


@given(before=LISTS, wanted=LISTS)
def test_the_differences_make_one_list_of_the_other(
    before: tuple[ListEntry, ...], wanted: tuple[ListEntry, ...]
) -> None:
    """Nothing is left over and nothing is missing; of a list in step there are none."""
    known = booked(KnownList(), UpdateType.FULL, before, 1, NOON)
    assert known.entries is not None
    changes = differences(known.entries, wanted)
    assert booked(known, UpdateType.DIFFERENTIAL, changes, 2, NOON).entries == digests(wanted)
    assert differences(digests(wanted), wanted) == ()


@pytest.mark.req("D02.FR.02")
def test_a_number_that_was_not_expected_makes_a_list_unknown() -> None:
    """With the expected one it stays as it was believed; with 0 there is none."""
    known = KnownList(version=3, entries={"Central:a": "x"}, at=NOON)
    assert told_version(known, 3, NOON) == known
    assert told_version(known, 4, NOON).entries is None
    assert told_version(known, None, NOON).entries is None
    assert told_version(None, 5, NOON).entries is None
    assert told_version(known, 0, NOON).entries == {}


@pytest.mark.parametrize(
    ("token", "policy", "wanted"),
    [
        ({}, {}, True),
        ({"group": IdToken(value="fleet")}, {"groups": ("FLEET",)}, True),
        ({}, {"groups": ("FLEET",)}, False),
        ({}, {"types": ("ISO14443",)}, True),
        ({}, {"types": ("Central",)}, False),
        ({"rules": TokenRules(windows=(ValidityWindow(),))}, {}, False),
        ({"rules": TokenRules(valid_from=NOON)}, {}, False),
        ({"id_token": IdToken(value="", type=NO_AUTHORIZATION)}, {}, False),
    ],
)
def test_a_policy_says_which_tokens_belong_on_a_list(token: dict, policy: dict, wanted: bool) -> None:  # type: ignore[type-arg]
    """By group and type; what is good at some times only does not."""
    record = Token(**({"id_token": IdToken(value="A", type="ISO14443")} | token))
    assert ListPolicy(source=ListSource.TOKENS, **policy).wants(record) is wanted


def test_a_token_is_taken_off_as_it_was_put_on() -> None:
    """In its own spelling: a station need not know that case does not count."""
    entry = ListEntry(
        id_token=IdToken(value="04AA 01", type="ISO14443"),
        info=AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED),
    )
    assert differences(digests([entry]), ()) == (ListEntry(id_token=entry.id_token),)

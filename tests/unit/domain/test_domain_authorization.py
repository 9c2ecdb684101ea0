"""Who may charge, and who may end a charge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.domain.authorization import (
    AuthorizationStatus,
    AuthorizationVerdict,
    Token,
    judge_token,
    may_stop,
)
from pilotwire.domain.identity import NO_AUTHORIZATION, IdToken
from tests.support.said import maybe, moments

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CARD = IdToken(value="04A1B2C3", type="ISO14443")
FLEET = IdToken(value="FLEET", type="Central")
Status = AuthorizationStatus


def on_record(**more: Any) -> Token:
    """The card as the operator has it."""
    return Token(id_token=CARD, **more)


JUDGEMENTS = [
    (on_record(), 0, Status.ACCEPTED),
    (on_record(expires_at=NOON + timedelta(microseconds=1)), 0, Status.ACCEPTED),
    (on_record(expires_at=NOON), 0, Status.EXPIRED),
    (on_record(expires_at=NOON - timedelta(days=1)), 3, Status.EXPIRED),
    (on_record(), 1, Status.CONCURRENT_TX),
    (on_record(max_transactions=2), 1, Status.ACCEPTED),
    (on_record(max_transactions=2), 2, Status.CONCURRENT_TX),
    (on_record(max_transactions=0), 0, Status.CONCURRENT_TX),
    (on_record(max_transactions=None), 1000, Status.ACCEPTED),
    (on_record(status=Status.BLOCKED), 1, Status.BLOCKED),
    (on_record(status=Status.NOT_AT_THIS_TIME, expires_at=NOON), 0, Status.NOT_AT_THIS_TIME),
    (None, 0, Status.UNKNOWN),
]


@pytest.mark.parametrize(("token", "elsewhere", "status"), JUDGEMENTS)
@pytest.mark.req("C09.FR.10", "E01.FR.11")
def test_a_token_is_judged_by_its_record(token: Token | None, elsewhere: int, status: AuthorizationStatus) -> None:
    """Its own status first, then its expiry, then what it has running."""
    assert judge_token(CARD, token, NOON, open_elsewhere=elsewhere).status is status


@pytest.mark.req("C09.FR.02", "C09.FR.09")
def test_the_verdict_tells_what_is_on_record() -> None:
    """Group, expiry, priority, language and message, whether accepted or not."""
    token = on_record(
        status=Status.BLOCKED,
        expires_at=NOON + timedelta(days=9),
        group=FLEET,
        priority=3,
        language="nl",
        message="Bel de helpdesk",
    )
    assert judge_token(CARD, token, NOON) == AuthorizationVerdict(
        status=Status.BLOCKED,
        expires_at=NOON + timedelta(days=9),
        group=FLEET,
        priority=3,
        language="nl",
        message="Bel de helpdesk",
    )


@pytest.mark.req("C02.FR.02")
def test_a_start_that_needs_no_authorization_is_accepted() -> None:
    """A start button: the token is empty and of that type. A card of no type told is not that."""
    assert judge_token(IdToken(value="", type=NO_AUTHORIZATION), None, NOON).accepted
    assert not judge_token(IdToken(value=""), None, NOON).accepted


def test_a_lab_may_accept_the_unknown_but_not_the_blocked() -> None:
    """What is on record holds there too."""
    assert judge_token(CARD, None, NOON, unknown_accepted=True).accepted
    assert not judge_token(CARD, on_record(status=Status.BLOCKED), NOON, unknown_accepted=True).accepted


records = st.builds(
    Token,
    id_token=st.just(CARD),
    status=st.sampled_from(Status),
    expires_at=maybe(moments),
    max_transactions=maybe(st.integers(0, 3)),
)
types = maybe(st.sampled_from(["ISO14443", "Central", "eMAID", NO_AUTHORIZATION]))


@settings(deadline=None)
@given(token=records, kind=types, now=moments, elsewhere=st.integers(0, 5), lab=st.booleans())
def test_accepted_means_in_good_order_not_expired_and_not_over_its_limit(
    token: Token, kind: str | None, now: datetime, elsewhere: int, lab: bool
) -> None:
    """However the question is put, whichever type of token a version tells: no record that is not in order is accepted."""
    asked = IdToken(value=CARD.value, type=kind)
    verdict = judge_token(asked, token, now, open_elsewhere=elsewhere, unknown_accepted=lab)
    in_order = token.status is Status.ACCEPTED
    expired = token.expires_at is not None and token.expires_at <= now
    over = token.max_transactions is not None and elsewhere >= token.max_transactions
    assert verdict.accepted is (in_order and not expired and not over)


# --- ending a charge -----------------------------------------------------------------------------------------------------------------


def verdict(status: AuthorizationStatus, group: IdToken | None = None) -> AuthorizationVerdict:
    """What is known of the presented token."""
    return AuthorizationVerdict(status=status, group=group)


OTHER = IdToken(value="0BADCAFE", type="ISO14443")
MASTER = IdToken(value="MASTER")
STOPS = [
    ("the same card", CARD, None, CARD, None, True),
    ("the same card through 1.6", CARD, None, IdToken(value="04a1b2c3"), None, True),
    ("the same card, blocked since", CARD, None, CARD, verdict(Status.BLOCKED), True),
    ("the same number of another type", CARD, None, IdToken(value=CARD.value, type="eMAID"), None, False),
    ("another card", CARD, FLEET, OTHER, verdict(Status.ACCEPTED), False),
    ("another card nobody has judged", CARD, FLEET, OTHER, None, False),
    ("another card of the group", CARD, FLEET, OTHER, verdict(Status.ACCEPTED, FLEET), True),
    ("of the group, in other letters", CARD, FLEET, OTHER, verdict(Status.ACCEPTED, IdToken(value="fleet")), True),
    ("of the group, but blocked", CARD, FLEET, OTHER, verdict(Status.BLOCKED, FLEET), False),
    ("of the group, but expired", CARD, FLEET, OTHER, verdict(Status.EXPIRED, FLEET), False),
    ("of another group", CARD, FLEET, OTHER, verdict(Status.ACCEPTED, IdToken(value="OTHERS")), False),
    ("of a group, the first of none", CARD, None, OTHER, verdict(Status.ACCEPTED, FLEET), False),
    ("of the master pass group", CARD, None, OTHER, verdict(Status.ACCEPTED, IdToken(value="master")), True),
    ("of the master pass group, blocked", CARD, None, OTHER, verdict(Status.BLOCKED, MASTER), False),
    ("a start without card", None, None, OTHER, verdict(Status.ACCEPTED), False),
    ("a start without card, master pass", None, None, OTHER, verdict(Status.ACCEPTED, MASTER), True),
]


@pytest.mark.parametrize(
    ("started_by", "started_group", "presented", "judged", "stops"),
    [case[1:] for case in STOPS],
    ids=[case[0] for case in STOPS],
)
@pytest.mark.req("C09.FR.03", "C09.FR.11", "E07.FR.01", "E08.FR.01", "E08.FR.02")
def test_who_may_end_a_charge(
    started_by: IdToken | None,
    started_group: IdToken | None,
    presented: IdToken,
    judged: AuthorizationVerdict | None,
    stops: bool,
) -> None:
    """The starting card always; another of its group or the master pass only when accepted."""
    assert may_stop(started_by, started_group, presented, judged, master_pass_group="MASTER") is stops


def test_without_a_master_pass_group_there_is_no_master_pass() -> None:
    """The group's name alone means nothing."""
    assert not may_stop(CARD, None, OTHER, verdict(Status.ACCEPTED, MASTER))

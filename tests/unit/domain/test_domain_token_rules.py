"""Where and when a token is good."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from pilotwire.domain.authorization import AuthorizationStatus as Status
from pilotwire.domain.authorization import (
    Balance,
    CertificateStatus,
    Purpose,
    Standing,
    Token,
    TokenGroup,
    judge_token,
    with_certificate,
)
from pilotwire.domain.identity import IdToken
from pilotwire.domain.token_rules import Place, TokenRules, ValidityWindow

CARD = IdToken(value="04A1", type="ISO14443")
FRIDAY_NOON = datetime(2026, 1, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "moment", "good"),
    [
        (ValidityWindow(begin=7 * 60, end=19 * 60), FRIDAY_NOON, True),
        (ValidityWindow(begin=7 * 60, end=12 * 60), FRIDAY_NOON, False),
        (ValidityWindow(days=(5,)), FRIDAY_NOON, True),
        (ValidityWindow(days=(6,)), FRIDAY_NOON, False),
        (ValidityWindow(begin=13 * 60, end=14 * 60, time_zone="Europe/Berlin"), FRIDAY_NOON, True),
        (ValidityWindow(begin=22 * 60, end=6 * 60, days=(5,)), FRIDAY_NOON.replace(day=31, hour=5), True),
        (ValidityWindow(begin=22 * 60, end=6 * 60, days=(5,)), FRIDAY_NOON.replace(hour=5), False),
        (ValidityWindow(begin=22 * 60, end=6 * 60, days=(5,)), FRIDAY_NOON.replace(hour=23), True),
        (ValidityWindow(begin=22 * 60, end=6 * 60, days=(7,)), datetime(2026, 2, 2, 5, tzinfo=UTC), True),
    ],
)
def test_a_window_covers_its_hours(window: ValidityWindow, moment: datetime, good: bool) -> None:
    """By the clock of its zone; one over midnight belongs to the day it begins on."""
    assert window.covers(moment) is good


HERE = Place(station="SITE7-01", evse=2, connector_types=("sType2",))


@pytest.mark.parametrize(
    ("rules", "status"),
    [
        (TokenRules(), Status.ACCEPTED),
        (TokenRules(valid_from=FRIDAY_NOON.replace(hour=13)), Status.NOT_AT_THIS_TIME),
        (TokenRules(windows=(ValidityWindow(days=(1,)),)), Status.NOT_AT_THIS_TIME),
        (TokenRules(stations=("site7-*",)), Status.ACCEPTED),
        (TokenRules(stations=("SITE8-*", "X")), Status.NOT_AT_THIS_LOCATION),
        (TokenRules(evses=(2,)), Status.ACCEPTED),
        (TokenRules(evses=(1,)), Status.NOT_ALLOWED_TYPE_EVSE),
        (TokenRules(connector_types=("sType2", "cCCS2")), Status.ACCEPTED),
        (TokenRules(connector_types=("cCCS2",)), Status.NOT_ALLOWED_TYPE_EVSE),
    ],
)
def test_a_token_is_good_where_and_when_its_rules_say(rules: TokenRules, status: Status) -> None:
    """Each rule has its own status; who ends a charge is not held up by any of them."""
    token = Token(id_token=CARD, rules=rules)
    standing = Standing(purpose=Purpose.START, place=HERE)
    assert judge_token(CARD, token, FRIDAY_NOON, standing=standing).status is status
    stopping = Standing(purpose=Purpose.STOP, place=HERE)
    assert judge_token(CARD, token, FRIDAY_NOON, standing=stopping).accepted


def test_what_is_not_known_of_a_place_is_not_held_against_a_token() -> None:
    """An EVSE whose connectors nobody told may have the right one."""
    rules = TokenRules(connector_types=("cCCS2",), evses=(1,), stations=("A",))
    token = Token(id_token=CARD, rules=rules)
    assert judge_token(CARD, token, FRIDAY_NOON, standing=Standing(place=Place(station="A"))).accepted


GROUP = TokenGroup(group="FLEET", max_transactions=2)


@pytest.mark.parametrize(
    ("purpose", "group", "in_group", "status"),
    [
        (Purpose.START, GROUP, 1, Status.ACCEPTED),
        (Purpose.START, GROUP, 2, Status.CONCURRENT_TX),
        (Purpose.REMOTE, GROUP, 2, Status.CONCURRENT_TX),
        (Purpose.AUTHORIZE, GROUP, 2, Status.ACCEPTED),
        (Purpose.STOP, GROUP, 2, Status.ACCEPTED),
        (Purpose.STOP, TokenGroup(group="FLEET", status=Status.BLOCKED), 0, Status.BLOCKED),
        (Purpose.AUTHORIZE, TokenGroup(group="FLEET", master_pass=True), 0, Status.ACCEPTED),
        (Purpose.START, TokenGroup(group="FLEET", master_pass=True), 0, Status.INVALID),
    ],
)
@pytest.mark.req("C16.FR.03")
def test_a_group_counts_for_its_members(purpose: Purpose, group: TokenGroup, in_group: int, status: Status) -> None:
    """Its status, its limit where a transaction begins, and that a master pass begins none."""
    token = Token(id_token=CARD, group=IdToken(value="FLEET"), max_transactions=None)
    standing = Standing(purpose=purpose, group=group, open_in_group=in_group)
    assert judge_token(CARD, token, FRIDAY_NOON, standing=standing).status is status


@pytest.mark.parametrize(
    ("left", "status"), [("0", Status.NO_CREDIT), ("-1", Status.NO_CREDIT), ("0.01", Status.ACCEPTED)]
)
def test_an_empty_prepaid_token_has_no_credit(left: str, status: Status) -> None:
    """At Authorize as at a start."""
    for purpose in (Purpose.AUTHORIZE, Purpose.START):
        standing = Standing(purpose=purpose, balance=Balance(amount=Decimal(left), currency="EUR"))
        assert judge_token(CARD, Token(id_token=CARD), FRIDAY_NOON, standing=standing).status is status


@pytest.mark.req("C07.FR.13", "C07.FR.14", "C07.FR.15", "C07.FR.16", "C07.FR.17")
@pytest.mark.parametrize(
    ("token", "found", "status", "told"),
    [
        (Status.ACCEPTED, CertificateStatus.ACCEPTED, Status.ACCEPTED, CertificateStatus.ACCEPTED),
        (Status.CONCURRENT_TX, CertificateStatus.ACCEPTED, Status.CONCURRENT_TX, CertificateStatus.ACCEPTED),
        (Status.BLOCKED, CertificateStatus.ACCEPTED, Status.BLOCKED, CertificateStatus.CONTRACT_CANCELLED),
        (Status.ACCEPTED, CertificateStatus.CERTIFICATE_EXPIRED, Status.EXPIRED, CertificateStatus.CERTIFICATE_EXPIRED),
        (Status.ACCEPTED, CertificateStatus.CERTIFICATE_REVOKED, Status.INVALID, CertificateStatus.CERTIFICATE_REVOKED),
        (Status.ACCEPTED, CertificateStatus.CERT_CHAIN_ERROR, Status.INVALID, CertificateStatus.CERT_CHAIN_ERROR),
    ],
)
def test_a_contract_is_judged_with_its_certificate(
    token: Status, found: CertificateStatus, status: Status, told: CertificateStatus
) -> None:
    """What is wrong with either is told of both."""
    verdict = judge_token(CARD, Token(id_token=CARD, status=token), FRIDAY_NOON)
    with_it = with_certificate(verdict, found)
    assert (with_it.status, with_it.certificate_status) == (status, told)

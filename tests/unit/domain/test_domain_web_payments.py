"""The one-time password and the address of a code for payment by web page (C25; 2.1)."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from pilotwire.domain.ad_hoc_payments import LimitNotUnderstood, limit_asked, strictest
from pilotwire.domain.authorization import NO_LIMIT, TransactionLimit
from pilotwire.domain.tariff.web_payments import address_of, is_valid, next_interval, template_flaw, totp

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _by_the_book(secret: str, at: datetime, validity: int, length: int) -> str:
    """TOTP algorithm, version 1, step by step."""
    interval = int((at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() // validity)
    digest = hmac.new(secret.encode("utf-8"), interval.to_bytes(8, "big"), hashlib.sha256).digest()
    at_byte, text = digest[31] & 15, ""
    while len(text) < length:
        text += BASE62[digest[at_byte % 32] % 62]
        at_byte += 1
    return text


@pytest.mark.parametrize(("secret", "validity", "length"), [("s3cret", 30, 8), ("grüße", 6, 6), ("x" * 200, 3600, 32)])
def test_the_password_is_that_of_the_algorithm(secret: str, validity: int, length: int) -> None:
    for step in range(50):
        at = NOON + timedelta(seconds=7 * step)
        assert totp(secret, at, validity=validity, length=length) == _by_the_book(secret, at, validity, length)


def test_the_password_is_this_one() -> None:
    """Written down, so that no change of the algorithm goes unseen."""
    assert totp("secure!Charging!", NOON, validity=30, length=12) == "64L68SHsuEOK"


def test_a_password_counts_for_its_interval() -> None:
    first = totp("s", NOON, validity=30, length=8)
    assert totp("s", NOON + timedelta(seconds=29.9), validity=30, length=8) == first
    assert totp("s", next_interval(NOON, 30), validity=30, length=8) != first
    assert next_interval(NOON, 30) == NOON + timedelta(seconds=30)
    assert next_interval(NOON + timedelta(seconds=29), 30) == NOON + timedelta(seconds=30)


@pytest.mark.req("C25.FR.50")
@pytest.mark.parametrize(
    ("template", "flaw"),
    [
        ("https://qr.test/{chargingstationid}/{evse}/{totp}/{version}", None),
        ("https://qr.test/{RoamingEvseId}/{TOTP}/{Version}", None),
        ("https://qr.test/{totp}/{version}", "it has neither"),
        ("https://qr.test/{chargingstationid}/{version}", "it has no {totp}"),
        ("https://qr.test/{chargingstationid}/{totp}", "it has no {version}"),
        ("qr.test/{chargingstationid}/{totp}/{version}", "it is no http"),
    ],
)
def test_a_template_has_what_a_csms_needs(template: str, flaw: str | None) -> None:
    found = template_flaw(template)
    assert (found is None) == (flaw is None)
    assert (found or "").startswith(flaw or "")


@pytest.mark.req("C25.FR.51", "C25.FR.52", "C25.FR.53", "C25.FR.56", "C25.FR.57", "C25.FR.58")
def test_an_address_has_its_values_and_what_the_driver_wants() -> None:
    values = {"chargingstationid": "CS 1/2", "evse": "1", "totp": "aHicux89", "version": "v1", "roamingevseid": "DE*1"}
    template = "https://qr.test/{ChargingStationId}/{evse}/{totp}/{version}"
    plain = "https://qr.test/CS%201%2F2/1/aHicux89/v1"
    assert address_of(template, values, {}) == plain
    assert address_of(template, values, {"maxenergy": "20000"}) == f"{plain}?maxenergy=20000"
    both = {"maxtime": "3600", "maxcost": "12.5"}
    assert address_of(template + "?a=b", values, both) == f"{plain}?a=b&maxtime=3600&maxcost=12.5"
    assert (
        address_of("https://qr.test/{roamingevseid}/{totp}/{version}", values, {})
        == "https://qr.test/DE%2A1/aHicux89/v1"
    )


# --- at the CSMS ------------------------------------------------------------------------------------------------------


@pytest.mark.req("C25.FR.07")
@pytest.mark.parametrize(
    ("seconds", "good"), [(0, True), (30, True), (-30, True), (59, True), (61, False), (-60, False)], ids=str
)
def test_a_password_counts_in_its_interval_the_one_before_and_the_one_after(seconds: int, good: bool) -> None:
    """30 seconds each; the moment is the first of its interval."""
    at = datetime(2026, 5, 1, 12, tzinfo=UTC)
    given = totp("secret", at, validity=30, length=8)
    assert is_valid(given, "secret", at + timedelta(seconds=seconds), validity=30, length=8) is good
    assert not is_valid(given, "another", at, validity=30, length=8)
    assert not is_valid("ü" * 8, "secret", at, validity=30, length=8)


@pytest.mark.req("C25.FR.59", "C25.FR.60")
def test_limits_in_an_address_are_understood_and_others_ignored() -> None:
    asked = limit_asked({"maxenergy": "20000", "maxTime": "3600", "maxcost": "12.50", "lang": "de"})
    assert asked == TransactionLimit(max_energy=Decimal(20_000), max_time=3600, max_cost=Decimal("12.50"))
    assert limit_asked({"lang": "de"}) == NO_LIMIT


@pytest.mark.parametrize("text", ["much", "0", "-5", "NaN", "1e99", ""])
def test_a_limit_that_is_no_amount_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(LimitNotUnderstood, match="maxcost"):
        limit_asked({"maxcost": text})


def test_of_two_limits_the_lesser_of_each_counts() -> None:
    one = TransactionLimit(max_cost=Decimal(40), max_time=60)
    other = TransactionLimit(max_cost=Decimal(10), max_energy=Decimal(5000))
    both = TransactionLimit(max_cost=Decimal(10), max_energy=Decimal(5000), max_time=60)
    assert strictest(one, other) == strictest(other, one) == both

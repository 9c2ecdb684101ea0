"""One decision, three versions: the same situation at a station of each gets the same answer on its wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.domain.authorization import (
    AuthorizationAsked,
    AuthorizationStatus,
    AuthorizationVerdict,
    Token,
    judge_token,
)
from pilotwire.domain.identity import IdToken
from pilotwire.domain.transactions import TransactionEvent, TransactionVerdict
from pilotwire.ocpp import registry
from pilotwire.ocpp.version import OcppVersion
from tests.support.said import DIALECTS, V16, V21, V201, answered, maybe, moments

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVERY_VERSION = pytest.mark.parametrize("version", list(OcppVersion), ids=str)
CARD = "04A1B2C3"

_TAP = {"idToken": {"idToken": CARD, "type": "ISO14443"}}
TAP: dict[OcppVersion, dict[str, Any]] = {V16: {"idTag": CARD}, V201: _TAP, V21: _TAP}
_EVENT = {
    "eventType": "Started",
    "timestamp": "2026-03-01T12:00:00Z",
    "triggerReason": "Authorized",
    "seqNo": 0,
    "evse": {"id": 1, "connectorId": 1},
    "idToken": {"idToken": CARD, "type": "ISO14443"},
    "transactionInfo": {"transactionId": "4c1b"},
}
_START = {"connectorId": 1, "idTag": CARD, "meterStart": 0, "timestamp": "2026-03-01T12:00:00Z"}
START: dict[OcppVersion, tuple[str, dict[str, Any]]] = {
    V16: ("StartTransaction", _START),
    V201: ("TransactionEvent", _EVENT),
    V21: ("TransactionEvent", _EVENT),
}


def judged_at_a_tap(version: OcppVersion, token: Token | None, now: datetime) -> str:
    """The status on the wire after a card was presented."""
    request = registry.decode_request(version, "Authorize", msgspec.json.encode(TAP[version]))
    fact = DIALECTS[version].read_fact(request)
    assert isinstance(fact, AuthorizationAsked)
    verdict = judge_token(fact.id_token, token, now)
    return _status(registry.encode(DIALECTS[version].write_verdict(fact, verdict)))


def judged_at_a_start(version: OcppVersion, token: Token | None, now: datetime, open_elsewhere: int) -> str:
    """The status on the wire after a transaction was started."""
    action, payload = START[version]
    fact = DIALECTS[version].read_fact(registry.decode_request(version, action, msgspec.json.encode(payload)))
    assert isinstance(fact, TransactionEvent)
    assert fact.id_token is not None
    verdict = judge_token(fact.id_token, token, now, open_elsewhere=open_elsewhere)
    answer = TransactionVerdict(transaction_id=fact.transaction_id or "77", authorization=verdict)
    return _status(registry.encode(DIALECTS[version].write_verdict(fact, answer)))


def _status(response: bytes) -> str:
    said = msgspec.json.decode(response)
    status: str = (said.get("idTagInfo") or said["idTokenInfo"])["status"]
    return status


def on_record(**more: Any) -> Token:
    """The card as the operator has it: recorded once, without a type, for stations of every version."""
    return Token(id_token=IdToken(value=CARD.lower()), **more)


SITUATIONS = [
    ("in good order", on_record(), 0, "Accepted", "Accepted"),
    ("blocked", on_record(status=AuthorizationStatus.BLOCKED), 0, "Blocked", "Blocked"),
    ("expired", on_record(expires_at=NOON - timedelta(seconds=1)), 0, "Expired", "Expired"),
    ("expires now", on_record(expires_at=NOON), 0, "Expired", "Expired"),
    ("not yet expired", on_record(expires_at=NOON + timedelta(seconds=1)), 0, "Accepted", "Accepted"),
    ("blocked and expired", on_record(status=AuthorizationStatus.BLOCKED, expires_at=NOON), 0, "Blocked", "Blocked"),
    ("unknown", None, 0, "Invalid", "Unknown"),
    ("charging elsewhere", on_record(), 1, "ConcurrentTx", "ConcurrentTx"),
    ("charging elsewhere as it may", on_record(max_transactions=2), 1, "Accepted", "Accepted"),
    ("of a fleet", on_record(max_transactions=None), 40, "Accepted", "Accepted"),
    ("without credit", on_record(status=AuthorizationStatus.NO_CREDIT), 0, "Blocked", "NoCredit"),
    ("blocked, charging elsewhere", on_record(status=AuthorizationStatus.BLOCKED), 5, "Blocked", "Blocked"),
]


@EVERY_VERSION
@pytest.mark.parametrize(
    ("token", "elsewhere", "in_1_6", "in_2"), [case[1:] for case in SITUATIONS], ids=[case[0] for case in SITUATIONS]
)
@pytest.mark.req("E05.FR.01", "E01.FR.11", "1.6:4.8")
def test_a_start_is_judged_alike(
    version: OcppVersion, token: Token | None, elsewhere: int, in_1_6: str, in_2: str
) -> None:
    """The words differ where 1.6 has fewer; who may charge does not."""
    assert judged_at_a_start(version, token, NOON, elsewhere) == (in_1_6 if version is V16 else in_2)


@EVERY_VERSION
@pytest.mark.parametrize(
    ("token", "in_1_6", "in_2"),
    [(case[1], case[3], case[4]) for case in SITUATIONS if case[2] == 0],
    ids=[case[0] for case in SITUATIONS if case[2] == 0],
)
@pytest.mark.req("C09.FR.10", "1.6:4.1")
def test_a_tap_is_judged_alike(version: OcppVersion, token: Token | None, in_1_6: str, in_2: str) -> None:
    """The same cards, presented before a charge."""
    assert judged_at_a_tap(version, token, NOON) == (in_1_6 if version is V16 else in_2)


records = st.none() | st.builds(
    Token,
    id_token=st.just(IdToken(value=CARD)),
    status=st.sampled_from(AuthorizationStatus),
    expires_at=maybe(moments),
    group=maybe(st.builds(IdToken, value=st.text("abc", min_size=1, max_size=40))),
    max_transactions=maybe(st.integers(0, 3)),
)


@settings(deadline=None)
@given(token=records, now=moments, elsewhere=st.integers(0, 4))
def test_no_version_accepts_what_another_refuses(token: Token | None, now: datetime, elsewhere: int) -> None:
    """Whatever is on record: accepted in all three, or in none."""
    statuses = {version: judged_at_a_start(version, token, now, elsewhere) for version in OcppVersion}
    assert len({status == "Accepted" for status in statuses.values()}) == 1, statuses
    taps = {version: judged_at_a_tap(version, token, now) for version in OcppVersion}
    assert len({status == "Accepted" for status in taps.values()}) == 1, taps


@pytest.mark.parametrize("status", list(AuthorizationStatus))
def test_a_station_of_each_version_hears_the_same_decision(status: AuthorizationStatus) -> None:
    """Read back from the wire at the other end: accepted or not, in all three alike."""
    heard = set()
    for dialect in DIALECTS.values():
        fact = AuthorizationAsked(id_token=IdToken(value=CARD))
        response = answered(dialect.write_verdict(fact, AuthorizationVerdict(status=status)))
        verdict = dialect.read_verdict(fact, response)
        assert isinstance(verdict, AuthorizationVerdict)
        heard.add(verdict.accepted)
    assert heard == {status is AuthorizationStatus.ACCEPTED}

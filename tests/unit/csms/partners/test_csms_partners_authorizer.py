"""Who decides elsewhere on tokens and keeps their accounts, over real HTTP."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from pilotwire.clock import ManualClock
from pilotwire.csms.partners.authorizer import HttpAuthorizer, http_authorizer
from pilotwire.csms.partners.breaker import FAILURES, REST
from pilotwire.csms.partners.ports import AuthorizationQuestion, PartnerFailed, PartnerResting
from pilotwire.csms.partners.prepaid import HttpPrepaid
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.webhooks.signature import new_secret, signature
from pilotwire.domain.authorization import (
    AuthorizationStatus,
    Balance,
    CertificateStatus,
    ContractCertificate,
    Purpose,
    TransactionLimit,
)
from pilotwire.domain.certificates import CertificateHash, HashAlgorithm
from pilotwire.domain.identity import AdditionalInfo, EvseAddress, IdToken
from pilotwire.errors import ConfigError
from tests.support.http_answers import HttpAnswers, http_answers

CARD = IdToken(value="04A1", type="ISO14443", additional=(AdditionalInfo(value="x", type="y"),))
_HASH = CertificateHash(
    hash_algorithm=HashAlgorithm.SHA256, issuer_name_hash="aa", issuer_key_hash="bb", serial_number="01"
)
QUESTION = AuthorizationQuestion(
    station="CS001",
    id_token=CARD,
    purpose=Purpose.START,
    address=EvseAddress(evse=2, connector=1),
    certificates=(ContractCertificate(certificate=_HASH, responder_url="http://o/"),),
)


def asker(server: HttpAnswers, clock: ManualClock | None = None, *, secret: str = "", timeout: float = 5.0) -> Any:
    """Who asks that server."""
    return HttpAuthorizer(server.url, secret, timeout, clock or ManualClock())


async def test_all_that_is_known_is_asked_and_all_that_is_answered_counts() -> None:
    """Signed as webhooks are."""
    secret, clock = new_secret(), ManualClock()
    said = {
        "status": "Accepted",
        "cacheExpiryDateTime": "2027-01-01T00:00:00Z",
        "groupIdToken": {"idToken": "FLEET", "type": "Central"},
        "personalMessage": "Hi",
        "certificateStatus": "Accepted",
        "transactionLimit": {"maxEnergy": 10000, "maxCost": 5.25, "maxSoC": 80},
        "somethingNew": 1,
    }
    async with http_answers(said) as server:
        answer = await asker(server, clock, secret=secret).decide(QUESTION)
    (line, headers, body) = server.heard[0]
    assert line.startswith("POST /decide ")
    asked = json.loads(body)
    assert asked["station"] == "CS001"
    assert asked["purpose"] == "start"
    assert asked["evse"] == {"id": 2, "connectorId": 1}
    assert asked["idToken"]["additionalInfo"] == [{"additionalIdToken": "x", "type": "y"}]
    assert asked["iso15118CertificateHashData"][0]["responderURL"] == "http://o/"
    expected = signature(secret, headers["webhook-id"], int(headers["webhook-timestamp"]), body)
    assert headers["webhook-signature"] == expected
    assert answer.verdict.accepted
    assert answer.verdict.group == IdToken(value="FLEET", type="Central")
    assert answer.verdict.certificate_status is CertificateStatus.ACCEPTED
    assert answer.limit == TransactionLimit(max_energy=Decimal(10000), max_cost=Decimal("5.25"), max_soc=80)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {"status": "Accepted"}),
        (302, {"status": "Accepted"}),
        (200, {"status": "Sure"}),
        (200, b"Accepted"),
        (200, {"status": "Accepted", "chargingPriority": 99}),
        (200, b'{"status":"Accepted","x":"' + b"x" * 200_000 + b'"}'),
    ],
)
async def test_an_answer_that_cannot_be_understood_is_none(status: int, body: Any) -> None:
    """Nobody is accepted by mistake."""
    async with http_answers(body, status) as server:
        with pytest.raises(PartnerFailed):
            await asker(server).decide(QUESTION)


async def test_a_dead_decider_is_let_alone_and_tried_again() -> None:
    """After some failures stations do not wait for it; after a rest one question tries it."""
    clock = ManualClock()
    async with http_answers({"status": "Accepted"}) as server:
        server.silent = True
        decider = asker(server, clock, timeout=1.0)
        for _ in range(FAILURES):
            with pytest.raises(PartnerFailed, match="1 seconds"):
                await decider.decide(QUESTION)
        with pytest.raises(PartnerResting):
            await decider.decide(QUESTION)
        assert len(server.heard) == FAILURES
        server.silent = False
        clock.advance(REST)
        assert (await decider.decide(QUESTION)).verdict.status is AuthorizationStatus.ACCEPTED
        assert (await decider.decide(QUESTION)).verdict.accepted


async def test_a_prepaid_account_is_asked_for() -> None:
    """What is left, what of it counts for one transaction, and that a token has none."""
    async with http_answers({"balance": "12.50", "currency": "EUR", "maxEnergy": 20000}) as server:
        accounts = HttpPrepaid(server.url, 5.0, ManualClock())
        credit = await accounts.credit(CARD, "CS001")
        assert credit is not None
        assert credit.balance == Balance(amount=Decimal("12.50"), currency="EUR")
        assert credit.limit == TransactionLimit(max_cost=Decimal("12.50"), max_energy=Decimal(20000))
        assert server.heard[0][0].startswith("GET /decide?idToken=04A1&station=CS001&type=ISO14443 ")
        server.status = 404
        assert await accounts.credit(CARD, "CS001") is None
        server.status, server.body = 200, {"balance": "a lot"}
        with pytest.raises(PartnerFailed):
            await accounts.credit(CARD, "CS001")


def test_a_secret_that_is_none_is_told_at_the_start() -> None:
    """Not with the first question."""
    settings = CsmsSettings(authorization_url="http://x/", authorization_secret="hunter2")
    with pytest.raises(ConfigError, match="authorization_secret"):
        http_authorizer(settings, ManualClock())
    assert http_authorizer(CsmsSettings(), ManualClock()) is None

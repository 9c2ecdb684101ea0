"""Who decides elsewhere on tokens, asked by HTTP.

`POST <url>` with JSON: `{"station", "purpose": "authorize" | "start" | "remote" | "stop", "idToken": {"idToken", "type",
"additionalInfo"}, "evse": {"id", "connectorId"}, "certificate", "iso15118CertificateHashData": [...]}`, signed as webhooks are
(Standard Webhooks) if there is a secret. The answer is JSON: `{"status": "Accepted", ...}` with any of `cacheExpiryDateTime`,
`groupIdToken`, `chargingPriority`, `language1`, `personalMessage`, `evseId`, `certificateStatus`, and `transactionLimit` with any of
`maxCost`, `maxEnergy` (Wh), `maxTime` (s), `maxSoC` (percent).
"""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final

import httpx
import msgspec

from pilotwire.clock import Clock
from pilotwire.csms.partners.breaker import Breaker
from pilotwire.csms.partners.http_exchange import TooLong, whole
from pilotwire.csms.partners.ports import AuthorizationAnswer, AuthorizationQuestion, PartnerFailed
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.webhooks.signature import is_secret, signature
from pilotwire.domain.authorization import (
    AuthorizationStatus,
    AuthorizationVerdict,
    CertificateStatus,
    TransactionLimit,
)
from pilotwire.domain.identity import IdToken
from pilotwire.errors import ConfigError

_MOST_BYTES: Final = 100_000
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class _Token(msgspec.Struct, rename="camel", frozen=True):
    id_token: _Text
    type: Annotated[str, msgspec.Meta(min_length=1, max_length=20)] | None = None


class _Limit(msgspec.Struct, rename="camel", frozen=True):
    max_cost: Decimal | None = None
    max_energy: Decimal | None = None
    max_time: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] | None = None
    max_soc: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = msgspec.field(default=None, name="maxSoC")


class _Answer(msgspec.Struct, rename="camel", frozen=True):
    status: AuthorizationStatus
    cache_expiry_date_time: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    group_id_token: _Token | None = None
    charging_priority: Annotated[int, msgspec.Meta(ge=-9, le=9)] | None = None
    language1: Annotated[str, msgspec.Meta(max_length=8)] | None = None
    personal_message: Annotated[str, msgspec.Meta(max_length=1024)] | None = None
    evse_id: tuple[Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)], ...] = ()
    certificate_status: CertificateStatus | None = None
    transaction_limit: _Limit | None = None


class HttpAuthorizer:
    """Asks the decider at `url`, at most `timeout` seconds; `transport` stands in for the network in tests."""

    def __init__(
        self, url: str, secret: str, timeout: float, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._url = url
        self._secret = secret
        self._timeout = timeout
        self._clock = clock
        self._transport = transport
        self._breaker = Breaker("authorization decider", clock)

    async def decide(self, question: AuthorizationQuestion) -> AuthorizationAnswer:
        """What the decider says. Raises PartnerFailed if it says nothing in time, or nothing that can be understood."""
        return await self._breaker.ask(lambda: self._ask(question))

    async def _ask(self, question: AuthorizationQuestion) -> AuthorizationAnswer:
        body = msgspec.json.encode(_question(question))
        try:
            async with asyncio.timeout(self._timeout):
                told = msgspec.json.decode(await self._post(body), type=_Answer)
        except TimeoutError:
            raise PartnerFailed(f"The authorization decider did not answer in {self._timeout:g} seconds.") from None
        except httpx.HTTPStatusError as error:
            raise PartnerFailed(f"The authorization decider answered {error.response.status_code}.") from None
        except msgspec.MsgspecError as error:
            raise PartnerFailed(f"The authorization decider gave no usable answer: {error}.") from None
        except (httpx.HTTPError, httpx.InvalidURL, TooLong, ValueError) as error:
            raise PartnerFailed(f"The authorization decider could not be asked: {type(error).__name__}.") from None
        return _answer(told)

    async def _post(self, body: bytes) -> bytes:
        async with (
            httpx.AsyncClient(timeout=self._timeout, transport=self._transport, trust_env=False) as client,
            client.stream("POST", self._url, content=body, headers=self._headers(body)) as response,
        ):
            response.raise_for_status()
            return await whole(response, _MOST_BYTES)

    def _headers(self, body: bytes) -> dict[str, str]:
        headers = {"content-type": "application/json"}
        if self._secret:
            name, timestamp = f"auth_{secrets.token_hex(16)}", int(self._clock.now().timestamp())
            headers |= {
                "webhook-id": name,
                "webhook-timestamp": str(timestamp),
                "webhook-signature": signature(self._secret, name, timestamp, body),
            }
        return headers


def _question(question: AuthorizationQuestion) -> dict[str, Any]:
    token, address = question.id_token, question.address
    said: dict[str, Any] = {
        "station": question.station,
        "purpose": question.purpose.value,
        "idToken": {"idToken": token.value, "type": token.type},
    }
    if token.additional:
        extra = [{"additionalIdToken": each.value, "type": each.type} for each in token.additional]
        said["idToken"]["additionalInfo"] = extra
    if address is not None:
        said["evse"] = {"id": address.evse, "connectorId": address.connector}
    if question.certificate is not None:
        said["certificate"] = question.certificate
    if question.certificates:
        said["iso15118CertificateHashData"] = [
            {
                "hashAlgorithm": each.certificate.hash_algorithm.value,
                "issuerNameHash": each.certificate.issuer_name_hash,
                "issuerKeyHash": each.certificate.issuer_key_hash,
                "serialNumber": each.certificate.serial_number,
                "responderURL": each.responder_url,
            }
            for each in question.certificates
        ]
    return said


def _answer(told: _Answer) -> AuthorizationAnswer:
    group, limit = told.group_id_token, told.transaction_limit
    verdict = AuthorizationVerdict(
        status=told.status,
        expires_at=told.cache_expiry_date_time,
        group=None if group is None else IdToken(value=group.id_token, type=group.type),
        priority=told.charging_priority,
        language=told.language1,
        message=told.personal_message,
        evses=told.evse_id,
        certificate_status=told.certificate_status,
    )
    if limit is None or not verdict.accepted:
        return AuthorizationAnswer(verdict=verdict)
    return AuthorizationAnswer(verdict=verdict, limit=TransactionLimit(**msgspec.structs.asdict(limit)))


def http_authorizer(settings: CsmsSettings, clock: Clock) -> HttpAuthorizer | None:
    """The decider the settings name, if they name one. Raises ConfigError for a secret that is none."""
    if not settings.authorization_url:
        return None
    secret = settings.authorization_secret
    if secret and not is_secret(secret):
        raise ConfigError(
            "authorization_secret is no secret of Standard Webhooks.",
            "Give `whsec_` and at least 24 random bytes in base64, or leave it out.",
        )
    return HttpAuthorizer(settings.authorization_url, secret, settings.authorization_timeout, clock)

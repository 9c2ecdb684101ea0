"""Who keeps the accounts of prepaid tokens, asked by HTTP.

`GET <url>?idToken=...&type=...&station=...` is answered 404 for a token that is not prepaid, else with JSON:
`{"balance": "12.50", "currency": "EUR"}`, and if one transaction may use up only so much of it, `maxEnergy` (Wh), `maxTime` (s) or
`maxCost`.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Annotated, Final

import httpx
import msgspec

from pilotwire.clock import Clock
from pilotwire.csms.partners.breaker import Breaker
from pilotwire.csms.partners.http_exchange import TooLong, whole
from pilotwire.csms.partners.ports import Credit, PartnerFailed
from pilotwire.csms.settings import CsmsSettings
from pilotwire.domain.authorization import Balance, TransactionLimit
from pilotwire.domain.identity import IdToken

_MOST_BYTES: Final = 10_000
_NOT_FOUND: Final = 404


class _Account(msgspec.Struct, rename="camel", frozen=True):
    balance: Decimal
    currency: Annotated[str, msgspec.Meta(min_length=3, max_length=3)]
    max_cost: Decimal | None = None
    max_energy: Decimal | None = None
    max_time: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] | None = None


class HttpPrepaid:
    """Asks the accounts at `url`, at most `timeout` seconds; `transport` stands in for the network in tests."""

    def __init__(
        self, url: str, timeout: float, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._url = url
        self._timeout = timeout
        self._transport = transport
        self._breaker = Breaker("prepaid service", clock)

    async def credit(self, id_token: IdToken, station: str) -> Credit | None:
        """What is left on a token. Raises PartnerFailed if that is not told in time, or not in a way that can be understood."""
        return await self._breaker.ask(lambda: self._ask(id_token, station))

    async def _ask(self, id_token: IdToken, station: str) -> Credit | None:
        query = {"idToken": id_token.value, "station": station}
        if id_token.type is not None:
            query["type"] = id_token.type
        try:
            async with asyncio.timeout(self._timeout):
                body = await self._get(query)
            account = None if body is None else msgspec.json.decode(body, type=_Account)
        except TimeoutError:
            raise PartnerFailed(f"The prepaid service did not answer in {self._timeout:g} seconds.") from None
        except (httpx.HTTPError, httpx.InvalidURL, msgspec.MsgspecError, TooLong, ValueError) as error:
            raise PartnerFailed(f"The prepaid service gave no usable answer: {type(error).__name__}.") from None
        if account is None:
            return None
        most = account.balance if account.max_cost is None else min(account.max_cost, account.balance)
        limit = TransactionLimit(max_cost=most, max_energy=account.max_energy, max_time=account.max_time)
        return Credit(balance=Balance(amount=account.balance, currency=account.currency), limit=limit)

    async def _get(self, query: dict[str, str]) -> bytes | None:
        async with (
            httpx.AsyncClient(timeout=self._timeout, transport=self._transport, trust_env=False) as client,
            client.stream("GET", self._url, params=query) as response,
        ):
            if response.status_code == _NOT_FOUND:
                return None
            response.raise_for_status()
            return await whole(response, _MOST_BYTES)


def http_prepaid(settings: CsmsSettings, clock: Clock) -> HttpPrepaid | None:
    """The accounts the settings name, if they name any."""
    return HttpPrepaid(settings.prepaid_url, settings.prepaid_timeout, clock) if settings.prepaid_url else None

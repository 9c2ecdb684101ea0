"""A service that validates VAT numbers, asked by HTTP.

`GET <url>?vatNumber=DE123456789` is answered with JSON: `{"valid": true, "company": {"name": ..., "address1": ..., "city": ...,
"country": ...}}`; the company may be left out.
"""

from __future__ import annotations

import asyncio

import httpx
import msgspec

from pilotwire.csms.partners.ports import PartnerFailed, VatFinding
from pilotwire.csms.settings import CsmsSettings
from pilotwire.domain.tariff import Address, plain_vat_number

_MOST_BYTES = 100_000


class _Company(msgspec.Struct, rename="camel", frozen=True):
    name: str
    address1: str
    city: str
    country: str
    address2: str | None = None
    postal_code: str | None = None


class _Answer(msgspec.Struct, frozen=True):
    valid: bool
    company: _Company | None = None


class HttpVatChecker:
    """Asks a service at `url`, at most `timeout` seconds; `transport` stands in for the network in tests."""

    def __init__(self, url: str, timeout: float, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url = url
        self._timeout = timeout
        self._transport = transport

    async def check(self, vat_number: str) -> VatFinding:
        """What the service says. Raises PartnerFailed if it says nothing in time, or nothing that can be understood."""
        try:
            async with asyncio.timeout(self._timeout):
                answer = msgspec.json.decode(await self._get(plain_vat_number(vat_number)), type=_Answer)
        except TimeoutError:
            raise PartnerFailed(f"The VAT service did not answer in {self._timeout:g} seconds.") from None
        except (httpx.HTTPError, httpx.InvalidURL, msgspec.MsgspecError, ValueError) as error:
            raise PartnerFailed(f"The VAT service gave no usable answer: {type(error).__name__}.") from None
        company = None if answer.company is None else msgspec.convert(msgspec.structs.asdict(answer.company), Address)
        return VatFinding(valid=answer.valid, company=company)

    async def _get(self, number: str) -> bytes:
        async with (
            httpx.AsyncClient(timeout=self._timeout, transport=self._transport) as client,
            client.stream("GET", self._url, params={"vatNumber": number}) as response,
        ):
            response.raise_for_status()
            body = b""
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > _MOST_BYTES:
                    raise ValueError("the answer is too long")
            return body


def vat_checker(settings: CsmsSettings) -> HttpVatChecker | None:
    """The service the settings name, if they name one."""
    return HttpVatChecker(settings.vat_url, settings.vat_timeout) if settings.vat_url else None

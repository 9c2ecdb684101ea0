"""One question to a partner by HTTP: a whole answer of limited size in limited time, or a reason why not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final

import httpx

from pilotwire.csms.partners.ports import PartnerFailed

MOST_BYTES: Final = 1_000_000


class TooLong(ValueError):
    """The answer is longer than it may be."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a partner answered."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Partner:
    """Where a partner is asked, and how: at most `timeout` seconds for all of it, with a bearer token if there is one.

    `name` is what it is called in sentences. `transport` stands in for the network in tests.
    """

    name: str
    url: str
    timeout: float
    token: str = ""
    transport: httpx.AsyncBaseTransport | None = None

    async def post(self, question: Any) -> Answer:
        """Post a question as JSON. Redirects are not followed. Raises PartnerFailed if there is no whole answer."""
        try:
            async with asyncio.timeout(self.timeout):
                return await self._post(question)
        except TimeoutError:
            raise PartnerFailed(f"The {self.name} did not answer in {self.timeout:g} seconds.") from None
        except TooLong:
            raise PartnerFailed(f"The answer of the {self.name} has more than {MOST_BYTES} bytes.") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise PartnerFailed(f"The {self.name} could not be asked: {type(error).__name__}.") from None

    async def _post(self, question: Any) -> Answer:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        async with (
            httpx.AsyncClient(timeout=self.timeout, transport=self.transport) as client,
            client.stream("POST", self.url, json=question, headers=headers) as response,
        ):
            return Answer(response.status_code, await whole(response, MOST_BYTES))


async def whole(response: httpx.Response, most: int) -> bytes:
    """The body of a response. Raises TooLong if it has more than `most` bytes."""
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > most:
            raise TooLong
    return bytes(body)

"""Telling clients' endpoints what has become of contracts: signed, in order for each endpoint, again until it is taken (OPCP, webhooks)."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Final

import httpx
import structlog

from pilotwire.clock import Clock
from pilotwire.errors import PilotwireError
from pilotwire.mobility.access import Access
from pilotwire.mobility.notices import Endpoint, Notices, Waiting

_log = structlog.get_logger("pilotwire.mobility")
TIMEOUT: Final = 15.0
"""Seconds an endpoint may take to answer."""
FIRST_REST, LONGEST_REST = timedelta(seconds=2), timedelta(hours=1)
"""Until something is sent again: twice as long each time."""
PATIENCE: Final = timedelta(days=3)
"""How long an event is sent again before it is given up."""
LOOK: Final = timedelta(seconds=2)
"""How often the register is looked at for what another program has put there (`pilotwire pki contract`)."""
_GONE: Final = 410


class Notifier:
    """See the module. `client` is made by whoever starts it, so that tests can bring their own."""

    def __init__(
        self, notices: Notices, access: Access, clock: Clock, client: Callable[[], httpx.AsyncClient] | None = None
    ) -> None:
        self._notices = notices
        self._access = access
        self._clock = clock
        self._client = client or (lambda: httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False))
        self._news = asyncio.Event()
        self._busy: dict[str, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """Something has been put there."""
        self._news.set()

    async def run(self) -> None:
        """Send until cancelled. A register that cannot be read now is tried again."""
        async with self._client() as client:
            try:
                while True:
                    self._news.clear()
                    try:
                        await self.send(client)
                        rest = await asyncio.to_thread(self._notices.rest, self._clock.now(), LOOK)
                        rest = LOOK if self._busy else rest  # whoever is done wakes us
                    except PilotwireError as error:
                        _log.error("events cannot be sent", why=str(error))
                        rest = LOOK
                    with suppress(TimeoutError):
                        async with asyncio.timeout(max(rest.total_seconds(), 0.05)):
                            await self._news.wait()
            finally:
                for task in self._busy.values():
                    task.cancel()
                await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def send(self, client: httpx.AsyncClient) -> None:
        """Begin to send what is due to each endpoint that is not being told something already."""
        self._busy = {name: task for name, task in self._busy.items() if not task.done()}
        for waiting in await asyncio.to_thread(self._notices.due, self._clock.now()):
            if waiting.endpoint not in self._busy:
                self._busy[waiting.endpoint] = asyncio.create_task(self._tell(client, waiting))

    async def _tell(self, client: httpx.AsyncClient, waiting: Waiting) -> None:
        try:
            await self._told(client, waiting)
        except PilotwireError as error:  # the register: what has been sent is sent again
            _log.error("an event cannot be noted as sent", why=str(error))
        self.wake()

    async def _told(self, client: httpx.AsyncClient, waiting: Waiting) -> None:
        endpoint = await asyncio.to_thread(self._notices.endpoint, waiting.endpoint)
        owner = self._access.client(endpoint.owner) if endpoint is not None else None
        if endpoint is None or owner is None or not owner.hears_of(waiting.emaid, waiting.pcid):
            await asyncio.to_thread(self._notices.taken, waiting)  # it is not for them
            return
        trouble = await _posted(client, endpoint, waiting)
        now = self._clock.now()
        if trouble is None:
            await asyncio.to_thread(self._notices.taken, waiting)
        elif trouble == f"HTTP {_GONE}":
            _log.error("an endpoint is gone: it is disabled", endpoint=endpoint.id, client=endpoint.owner)
            await asyncio.to_thread(self._notices.keep, replace(endpoint, enabled=False))
        elif now - waiting.at > PATIENCE:
            _log.error("an event is given up", endpoint=endpoint.id, event_id=waiting.id, error=trouble)
            await asyncio.to_thread(self._notices.taken, waiting)
        else:
            _log.warning("an event is sent again later", endpoint=endpoint.id, event_id=waiting.id, error=trouble)
            rest = min(FIRST_REST * 2 ** min(waiting.tries, 20), LONGEST_REST)
            await asyncio.to_thread(self._notices.later, waiting, now + rest)


def signature(secret: str, body: bytes) -> str:
    """HMAC with SHA-256 over the body, in hexadecimal digits."""
    return hmac.new(secret.encode(), body, sha256).hexdigest()


async def _posted(client: httpx.AsyncClient, endpoint: Endpoint, waiting: Waiting) -> str | None:
    """Why it was not taken; None: it was."""
    digest = signature(endpoint.secret, waiting.body)
    headers = {
        "content-type": "application/json",
        "user-agent": "Pilotwire",
        "payload-signature": digest,
        "x-operator-signature": f"sha256={digest}",
    }
    try:
        response = await client.post(endpoint.url, content=waiting.body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return f"{type(error).__name__}: {error}".rstrip(": ")
    return None if response.is_success else f"HTTP {response.status_code}"

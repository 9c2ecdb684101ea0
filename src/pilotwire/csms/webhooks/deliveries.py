"""Telling webhooks what waits in the outbox: in order per station, several stations at a time, again until it is taken."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import httpx
import msgspec
import structlog

from pilotwire.csms.registers.webhooks import OUTBOX, PROGRESS, WEBHOOKS, Progress, Waiting, Webhook
from pilotwire.csms.services.service import Parts, pause
from pilotwire.csms.store.ports import Amend, Page
from pilotwire.csms.store.registers import Entry
from pilotwire.csms.webhooks.outbox import Outbox, wants
from pilotwire.csms.webhooks.signature import signature
from pilotwire.domain.kinds import changed

_log = structlog.get_logger("pilotwire.csms.webhooks")
TIMEOUT: Final = 15.0
"""Seconds a webhook may take to answer."""
FIRST_REST, LONGEST_REST = 1.0, 600.0
"""Seconds until something is told again: twice as long each time."""
PATIENCE: Final = timedelta(days=3)
"""How long an event is told again before it is given up."""
KEPT: Final = timedelta(days=7)
"""How long the outbox keeps what has been told to everybody."""
AT_ONCE: Final = 16
"""Stations of which a webhook is told at the same time."""
_AHEAD: Final = 500
_GONE: Final = 410


class Deliveries:
    """The service that delivers. `client` is made by whoever starts it, so that tests can bring their own."""

    name = "webhooks"

    def __init__(self, parts: Parts, outbox: Outbox, client: Callable[[], httpx.AsyncClient] | None = None) -> None:
        self._parts = parts
        self._outbox = outbox
        self._client = client or (lambda: httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False))
        self._news = asyncio.Event()
        self._workers: dict[str, tuple[Webhook, asyncio.Task[None]]] = {}

    async def run(self) -> None:
        """Deliver until cancelled."""
        listening = asyncio.create_task(self._listen())
        try:
            async with self._client() as client:
                while True:
                    self._news.clear()
                    await self._staff(client)
                    await self._clean()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(60.0):
                            await self._news.wait()
        finally:
            listening.cancel()
            for _, task in self._workers.values():
                task.cancel()
            await asyncio.gather(*(task for _, task in self._workers.values()), return_exceptions=True)
            self._workers.clear()

    async def _listen(self) -> None:
        """Wake those who wait when there is something for them; a listener that was too slow listens anew."""
        while True:
            async for operation, _ in self._parts.journal.committed():
                if isinstance(operation, Amend) and operation.register is WEBHOOKS:
                    self._news.set()
            await asyncio.sleep(0.1)

    async def _staff(self, client: httpx.AsyncClient) -> None:
        """A worker for each active webhook, a new one for one that was changed."""
        known = await self._parts.store.records(WEBHOOKS, "", Page(limit=1000))
        wanted = {webhook.name: webhook for webhook in known if webhook.is_active}
        for name, (webhook, task) in tuple(self._workers.items()):
            if wanted.get(name) != webhook or task.done():
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
                del self._workers[name]
        for name, webhook in wanted.items():
            if name not in self._workers:
                worker = _Worker(self._parts, self._outbox, webhook, client)
                self._workers[name] = webhook, asyncio.create_task(worker.run(), name=f"webhook-{name}")

    async def _clean(self) -> None:
        """Forget what everybody has been told and nobody will ask for again."""
        await self._parts.journal.append(OUTBOX.forget(self._parts.clock.now() - KEPT))


@dataclass
class _Worker:
    """Tells one webhook. What it has read and not yet told is in `_queues`, by station."""

    _parts: Parts
    _outbox: Outbox
    _webhook: Webhook
    _client: httpx.AsyncClient
    _queues: dict[str, deque[Entry[Waiting]]] = field(default_factory=dict)
    _busy: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _undone: set[int] = field(default_factory=set)
    _read: int = 0
    _stop: bool = False

    async def run(self) -> None:
        """Tell everything from where it stopped, for ever. Runs out only when the other side says that it is gone (410)."""
        progress = await self._parts.store.record(PROGRESS, "", self._webhook.name)
        self._read = max(self._webhook.begins_after, 0 if progress is None else progress.told)
        try:
            while not self._stop:
                found = await self._take()
                self._start()
                if not found and not self._busy:
                    await self._wait_for_more()
                elif self._busy:
                    await asyncio.wait(self._busy.values(), return_when=asyncio.FIRST_COMPLETED, timeout=0.5)
                self._busy = {station: task for station, task in self._busy.items() if not task.done()}
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def _take(self) -> int:
        """Read on in the outbox, not too far ahead; what this webhook does not want is passed over."""
        if len(self._undone) >= _AHEAD:
            return 0
        entries = await self._parts.store.entries(OUTBOX, after=self._read, limit=_AHEAD)
        for entry in entries:
            self._read = entry.number
            if wants(self._webhook, entry.entry.type, entry.station):
                self._undone.add(entry.number)
                self._queues.setdefault(entry.station, deque()).append(entry)
        return len(entries)

    def _start(self) -> None:
        for station in tuple(self._queues):
            if station not in self._busy and len(self._busy) < AT_ONCE:
                self._busy[station] = asyncio.create_task(self._tell_all(station))

    async def _wait_for_more(self) -> None:
        """Until there may be something new in the outbox.

        Entries are counted as they are written, and there once that is committed: one that was written before the count was taken is
        there after the next commit at the latest.
        """
        committed, made = self._parts.journal.committed(), self._outbox.made
        if await self._more():
            return
        looked = False
        with suppress(TimeoutError):
            async with asyncio.timeout(30.0):
                while await anext(committed, None) is not None:
                    if self._outbox.made != made or (not looked and await self._more()):
                        return
                    looked = True

    async def _more(self) -> bool:
        return bool(await self._parts.store.entries(OUTBOX, after=self._read, limit=1))

    async def _tell_all(self, station: str) -> None:
        """Everything of a station, one after the other."""
        queue = self._queues[station]
        while queue and not self._stop:
            entry = queue[0]
            taken = await self._tell(entry)
            queue.popleft()
            self._undone.discard(entry.number)
            await self._note(taken)
        if not queue:
            self._queues.pop(station, None)

    async def _tell(self, entry: Entry[Waiting]) -> bool:
        """Tell one event until it is taken, or given up: then False."""
        rest = FIRST_REST
        while True:
            trouble = await self._post(entry)
            if trouble is None:
                return True
            now = self._parts.clock.now()
            await self._note_failing(trouble)
            if self._stop or now - entry.at > PATIENCE:
                _log.error("an event is given up", webhook=self._webhook.name, number=entry.number, error=trouble)
                return False
            await pause(self._parts.clock, rest, look=0.2)
            rest = min(2 * rest, LONGEST_REST)

    async def _post(self, entry: Entry[Waiting]) -> str | None:
        """Why it was not taken; None if it was."""
        body = envelope(entry)
        timestamp = int(self._parts.clock.now().timestamp())
        headers = {
            "content-type": "application/json",
            "user-agent": "Pilotwire",
            "webhook-id": f"evt_{entry.number}",
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._webhook.secret, f"evt_{entry.number}", timestamp, body),
        }
        try:
            response = await self._client.post(self._webhook.url, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return f"{type(error).__name__}: {error}".rstrip(": ")
        if response.is_success:
            return None
        if response.status_code == _GONE:
            await self._leave()
        return f"HTTP {response.status_code}"

    async def _leave(self) -> None:
        """The other side is gone for good: it is told nothing any more until somebody puts it on record again."""
        self._stop = True
        name = self._webhook.name
        inactive = WEBHOOKS.amend("", name, lambda there: None if there is None else changed(there, is_active=False))
        await self._parts.journal.append(inactive)

    async def _note(self, taken: bool) -> None:
        told = min(self._undone, default=self._read + 1) - 1
        now = self._parts.clock.now()

        def further(progress: Progress | None) -> Progress:
            known = progress or Progress()
            if not taken:
                return changed(known, told=max(told, known.told), given_up=known.given_up + 1)
            return changed(
                known,
                told=max(told, known.told),
                delivered=known.delivered + 1,
                last_at=now,
                failing_since=None,
                error="",
            )

        await self._parts.journal.append(PROGRESS.amend("", self._webhook.name, further))

    async def _note_failing(self, trouble: str) -> None:
        now = self._parts.clock.now()

        def failing(progress: Progress | None) -> Progress:
            known = progress or Progress()
            return changed(known, failing_since=known.failing_since or now, error=trouble[:500])

        await self._parts.journal.append(PROGRESS.amend("", self._webhook.name, failing))


def envelope(entry: Entry[Waiting]) -> bytes:
    """What is sent: type, time, number and station of the event, and its data as the live events have it."""
    return msgspec.json.encode(
        {
            "type": entry.entry.type,
            "timestamp": entry.at,
            "id": f"evt_{entry.number}",
            "station": entry.station,
            "data": msgspec.Raw(entry.entry.data.encode()),
        }
    )

"""The time in which a station of OCPP-S gets its requests through: from the CSMS being found until one does not get there."""

from __future__ import annotations

import asyncio

from pilotwire.ocpp.net.client import ConnectError
from pilotwire.ocpp.net.peer import CallTimeout, ConnectionLost
from pilotwire.ocpp.net.soap_client import SoapClient


class Link:
    """`over` is set when a request did not get through, `why` says why; `gone` is set when everybody knows.

    `turn` is held by who asks: one request at a time. `spoken`: something got through. `refused` is the door that was closed.
    """

    def __init__(self, client: SoapClient) -> None:
        self.client = client
        self.turn = asyncio.Lock()
        self.over = asyncio.Event()
        self.gone = asyncio.Event()
        self.why = ""
        self.spoken = False
        self.refused: ConnectError | None = None
        self._looking: asyncio.Task[None] | None = None

    def end(self, why: str) -> None:
        """Nothing gets through any more."""
        if not self.over.is_set():
            self.why = why
            self.over.set()
        if self._looking is not None:
            self._looking.cancel()

    async def post(self, action: str, data: bytes, timeout: float) -> bytes:
        """Post a request; raises ConnectionLost, CallTimeout, Unreadable."""
        if self.over.is_set():
            raise ConnectionLost(self.why, sent=False)
        posting = asyncio.ensure_future(self.client.post(action, data, timeout))
        ending = asyncio.ensure_future(self.over.wait())
        try:
            await asyncio.wait((posting, ending), return_when=asyncio.FIRST_COMPLETED)
            if not posting.done():
                raise ConnectionLost(self.why, sent=True)
            reply = posting.result()
        except TimeoutError:
            self._look()
            raise CallTimeout(action, timeout) from None
        except ConnectError as error:
            if error.kind == "http":
                self.refused = error
            self.end(error.what)
            raise ConnectionLost(error.what, sent=True) from error
        finally:
            posting.cancel()
            ending.cancel()
        self.spoken = True
        return reply

    def _look(self) -> None:
        """An answer that does not come may be a slow CSMS or none: see whether it still takes connections."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self._see())

    async def _see(self) -> None:
        try:
            await self.client.reach()
        except ConnectError as error:
            self.end(error.what)


__all__ = ["Link"]

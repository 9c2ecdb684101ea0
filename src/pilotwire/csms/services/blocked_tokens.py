"""Clears the caches of stations where a token was used lately, once it is no longer good (C11)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from pilotwire.csms.commands import authorization
from pilotwire.csms.services.service import Parts
from pilotwire.csms.store.ports import Page, PutToken, RemoveToken, TransactionFilter
from pilotwire.domain.authorization import AuthorizationStatus
from pilotwire.domain.identity import IdToken, same_token
from pilotwire.errors import PilotwireError, StoreError

_log = structlog.get_logger("pilotwire.csms.services")
LATELY: Final = timedelta(days=30)
"""How long ago a station may have seen a token and still hold it in its cache, as far as is minded here."""
_MOST: Final = 500
_AGAIN: Final = 0.1


class BlockedTokens:
    """The service; one of a CSMS that has `clear_blocked` set."""

    name = "blocked-tokens"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def run(self) -> None:
        """Do it, until cancelled."""
        while self._parts.settings.clear_blocked:
            async for operation, result in self._parts.journal.committed():
                if isinstance(operation, PutToken) and operation.token.status is not AuthorizationStatus.ACCEPTED:
                    await self._clear(operation.token.id_token)
                elif isinstance(operation, RemoveToken) and result:
                    await self._clear(operation.id_token)
            await asyncio.sleep(_AGAIN)  # it was too slow to follow: it listens anew

    async def _clear(self, id_token: IdToken) -> None:
        """Clear the cache of every station where it was used; one that is not connected or is quiet is left as it is."""
        parts = self._parts
        which = TransactionFilter(id_token=id_token.value, since=parts.clock.now() - LATELY)
        used = await parts.store.transactions(which, Page(limit=_MOST))
        seen = {each.station for each in used if same_token(each.id_token, id_token)}
        connected = {each.station for each in parts.commander.bus.connected()}
        await asyncio.gather(*(self._clear_at(station) for station in sorted(seen & connected)))

    async def _clear_at(self, station: str) -> None:
        try:
            if await self._parts.commander.unsolicited(station):
                await authorization.clear_cache(self._parts.commander, station)
        except StoreError:
            raise
        except PilotwireError as error:
            _log.warning("the cache of a station was not cleared", station=station, error=error.what)

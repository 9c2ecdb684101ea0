"""The alert that ends a TLS handshake we refuse: unknown_ca, certificate_expired, ... (A00.FR.311, A00.FR.317; RFC 8446 6.2).

OpenSSL writes it when it does not accept the certificate of the other side, but asyncio drops the connection before it has left, so the
other side never learns why. Here it leaves first: the handshake pretends to wait for more, which makes asyncio send what there is, and
whoever connects is told of the refusal and ends the connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Coroutine
from contextvars import ContextVar
from typing import Any, Final, TypeVar

_T = TypeVar("_T")
_PARTING: Final = 1.0
"""Seconds for the other side to take the alert and close; then we do."""
_refusal: ContextVar[asyncio.Future[ssl.SSLError] | None] = ContextVar("refusal", default=None)
"""Where a handshake puts why it was refused: with each connection that is being made goes a future of its own."""


class PartingObject(ssl.SSLObject):
    """For `SSLContext.sslobject_class`: lets the alert out, where `alerting` awaits the handshake; else as any other."""

    def do_handshake(self) -> None:
        """Raises SSLWantReadError once in place of the refusal."""
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            refusal = _refusal.get()
            if refusal is None or refusal.done():
                raise
            refusal.set_result(error)
            raise ssl.SSLWantReadError(ssl.SSL_ERROR_WANT_READ, "The alert is to leave first.") from error


async def alerting(connecting: Coroutine[Any, Any, _T]) -> _T:
    """Connect with a context whose objects are `PartingObject`s; a refused handshake raises its ssl.SSLError."""
    refusal: asyncio.Future[ssl.SSLError] = asyncio.get_running_loop().create_future()
    token = _refusal.set(refusal)
    try:
        task = asyncio.create_task(connecting)
    finally:
        _refusal.reset(token)
    try:
        either: set[asyncio.Future[Any]] = {task, refusal}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not refusal.done():
            return await task
        await asyncio.wait({task}, timeout=_PARTING)
        raise refusal.result()
    finally:
        if not task.done():
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task

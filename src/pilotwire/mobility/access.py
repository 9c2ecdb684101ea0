"""Who may ask for contracts: a bearer token that was agreed on, or one that is given to a client for its secret (RFC 6749, 4.4)."""

from __future__ import annotations

import secrets
from hashlib import sha256
from secrets import compare_digest
from typing import Final

from pilotwire.clock import Clock
from pilotwire.mobility.settings import PkiSettings

LIVES: Final = 3600
"""Seconds a token that was given is good."""
_MOST: Final = 1_000


class Access:
    """Knows the tokens. Those that were given are kept as digests, in memory: after a restart clients ask for new ones."""

    def __init__(self, settings: PkiSettings, clock: Clock) -> None:
        self._token = settings.contracts_token
        self._client = (settings.opcp_client_id, settings.opcp_client_secret)
        self._clock = clock
        self._given: dict[bytes, float] = {}

    @property
    def anybody(self) -> bool:
        """Whether there is anybody who may ask."""
        return bool(self._token or self._client[0])

    @property
    def has_client(self) -> bool:
        """Whether there is a client that gets tokens."""
        return bool(self._client[0])

    def may(self, authorization: str) -> bool:
        """Whether a header Authorization lets somebody ask."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return False
        if self._token and compare_digest(token.encode(), self._token.encode()):
            return True
        until = self._given.get(_digest(token))
        return until is not None and until > self._clock.monotonic()

    def token_for(self, client: str, secret: str) -> str | None:
        """A new token for a client, None for one that is not known, or has another secret."""
        same = compare_digest(client.encode(), self._client[0].encode())
        if not (self.has_client and compare_digest(secret.encode(), self._client[1].encode()) and same):
            return None
        now = self._clock.monotonic()
        self._given = {each: until for each, until in self._given.items() if until > now}
        if len(self._given) >= _MOST:
            self._given.pop(next(iter(self._given)))
        token = secrets.token_urlsafe(32)
        self._given[_digest(token)] = now + LIVES
        return token


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()

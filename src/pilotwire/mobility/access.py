"""Who asks: by a bearer token that was agreed on, or one that is given to a client for its secret (RFC 6749, 4.4)."""

from __future__ import annotations

import secrets
from hashlib import sha256
from pathlib import Path
from secrets import compare_digest
from typing import Final

from pilotwire.clock import Clock
from pilotwire.errors import ConfigError
from pilotwire.mobility.clients import Client, Role, read_clients
from pilotwire.mobility.settings import PkiSettings

LIVES: Final = 3600
"""Seconds a token that was given is good."""
CSMS: Final = "The CSMS"
"""How whoever comes with `contracts_token` is called."""
_MOST: Final = 1_000


class Access:
    """Knows clients and tokens. Tokens that were given are kept as digests, in memory: after a restart clients ask for new ones.

    Raises ConfigError for a file of clients that cannot be used.
    """

    def __init__(self, settings: PkiSettings, clock: Clock) -> None:
        self._token = settings.contracts_token
        self._csms = Client(CSMS, Role.CPO)
        self._clients = {each.name: each for each in _clients(settings)}
        self._clock = clock
        self._given: dict[bytes, tuple[float, Client]] = {}

    @property
    def anybody(self) -> bool:
        """Whether there is anybody who may ask."""
        return bool(self._token or self._clients)

    def client(self, name: str) -> Client | None:
        """A client by its name; None: it is none any more."""
        return self._csms if name == CSMS and self._token else self._clients.get(name)

    def who(self, authorization: str) -> Client | None:
        """Who comes with a header Authorization; None: nobody who is known."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        if self._token and compare_digest(token.encode(), self._token.encode()):
            return self._csms
        until, client = self._given.get(_digest(token), (0.0, None))
        return client if until > self._clock.monotonic() else None

    def token_for(self, name: str, secret: str) -> str | None:
        """A new token for a client, None for one that is not known, or has another secret."""
        client = self._clients.get(name)
        expected = client.secret if client is not None else secrets.token_urlsafe()
        if not compare_digest(secret.encode(), expected.encode()) or client is None:
            return None
        now = self._clock.monotonic()
        self._given = {each: given for each, given in self._given.items() if given[0] > now}
        if len(self._given) >= _MOST:
            self._given.pop(next(iter(self._given)))
        token = secrets.token_urlsafe(32)
        self._given[_digest(token)] = now + LIVES, client
        return token


def _clients(settings: PkiSettings) -> list[Client]:
    found = list(read_clients(Path(settings.opcp_clients))) if settings.opcp_clients else []
    if settings.opcp_client_id:
        if any(each.name == settings.opcp_client_id for each in found):
            what = f"{settings.opcp_client_id} is the opcp_client_id, and in {settings.opcp_clients} too."
            raise ConfigError(what, "Name it in one of both.")
        found.append(Client(settings.opcp_client_id, Role(settings.opcp_client_role), settings.opcp_client_secret))
    return found


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()

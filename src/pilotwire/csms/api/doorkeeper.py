"""Who it is that calls: what a secret or token stands for, and how often somebody at the same address was wrong."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from math import ceil
from typing import Final

from pilotwire.csms.api.problems import ApiError
from pilotwire.csms.api.rooms import Rooms
from pilotwire.csms.api.sight import Sight, sight_of
from pilotwire.csms.attempts import Attempts
from pilotwire.csms.gateway.passwords import hash_password, verify_password
from pilotwire.csms.partners.oidc import Claims, OidcIssuer, TokenRefused, oidc_issuer
from pilotwire.csms.partners.ports import PartnerFailed
from pilotwire.csms.registers.access import KEY_USES, SCOPE_OF, SESSIONS, USERS, KeyUse, Role, Session, User
from pilotwire.csms.store.ports import ApiKey, Scope
from pilotwire.domain.kinds import Value, changed

RANK: Final = {Scope.READ: 0, Scope.COMMAND: 1, Scope.WRITE: 2, Scope.ADMIN: 3}
LAB: Final = "lab"
LOG2_N: Final = 15
"""What a person's password costs to check: it is shorter and less random than a station's."""
_AT_ONCE: Final = 2
"""How many passwords are checked at once: each check takes 32 MB and much of a core."""


class Caller(Value):
    """Who calls, and what they may. `sites` None: all of them; `sight` is what is seen from them.

    `actor` is how the audit log calls them; `what` how a sentence does. `expires_at` None: this does not end by itself.
    """

    actor: str
    what: str
    scopes: tuple[Scope, ...]
    name: str = ""
    kind: str = LAB
    display_name: str = ""
    role: Role | None = None
    sites: tuple[str, ...] | None = None
    sight: Sight | None = None
    expires_at: datetime | None = None
    session: str | None = None

    def has(self, wanted: Scope) -> bool:
        """Whether a scope, or one that includes it, is theirs."""
        return any(RANK[scope] >= RANK[wanted] for scope in self.scopes)


NOBODY: Final = Caller(actor=LAB, what="This lab", scopes=(Scope.ADMIN,))
"""Who calls where there is no authentication."""


def digest_of(secret: str) -> str:
    """What is kept of a secret: its SHA-256, in hex. The secrets are 256 random bits, so a slow hash would add nothing."""
    return sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def key_with(secret: str, keys: Sequence[ApiKey]) -> ApiKey | None:
    """The key of a secret. Takes the same time whichever it is, and if there is none."""
    presented, found = digest_of(secret), None
    for key in keys:
        if hmac.compare_digest(presented.encode(), key.digest.encode()):
            found = key
    return found


class Doorkeeper:
    """Knows callers by what they show."""

    def __init__(self, rooms: Rooms, oidc: OidcIssuer | None = None) -> None:
        self._rooms = rooms
        self._oidc = oidc or oidc_issuer(rooms.settings, rooms.clock)
        self._wrong = Attempts(rooms.clock, free=30, longest=60.0)
        self._logins = Attempts(rooms.clock, free=20, longest=60.0)
        self._names = Attempts(rooms.clock, free=5, longest=300.0)
        self._used: dict[str, datetime] = {}
        self._checking = asyncio.Semaphore(_AT_ONCE)

    async def caller(self, secret: str, remote: str) -> Caller:
        """Who shows this secret. Raises ApiError (401; 429 if whoever is at this address was wrong too often) or StoreError."""
        try:
            return await self.known(secret)
        except ApiError as error:
            if error.status != HTTPStatus.UNAUTHORIZED:
                raise
            wait = self._wrong.wait(remote)
            if wait:
                raise too_often(wait) from None
            self._wrong.failed(remote)
            raise

    async def known(self, secret: str) -> Caller:
        """Who shows this secret, failures not counted. Raises ApiError (401) or StoreError."""
        key = key_with(secret, await self._rooms.store.api_keys())
        if key is not None:
            return await self._by_key(key)
        session = await self._rooms.store.record(SESSIONS, "", digest_of(secret))
        if session is not None:
            return await self._by_session(session, digest_of(secret))
        if self._oidc is not None and secret.count(".") == 2:
            return await self._by_token(self._oidc, secret)
        raise unauthorized("This API key is not on record.")

    async def _by_key(self, key: ApiKey) -> Caller:
        now = self._rooms.clock.now()
        if key.expires_at is not None and key.expires_at <= now:
            raise unauthorized(f"The API key {key.name!r} has expired.")
        used = self._used.get(key.name)
        if used is None or now - used >= timedelta(minutes=1):
            self._used[key.name] = now
            self._rooms.journal.note(KEY_USES.put("", key.name, KeyUse(at=now)))
        return await self._seeing(
            Caller(
                actor=f"key:{key.name}",
                what=f"The API key {key.name!r}",
                kind="key",
                name=key.name,
                scopes=key.scopes,
                sites=key.sites or None,
                expires_at=key.expires_at,
            )
        )

    async def _by_session(self, session: Session, digest: str) -> Caller:
        user = await self._rooms.store.record(USERS, "", session.user)
        over = session.expires_at <= self._rooms.clock.now()
        if over or user is None or not user.is_active or user.stamp != session.stamp:
            raise unauthorized("This session is over.", "Log in again: POST /api/v1/login.")
        return await self._seeing(
            Caller(
                actor=f"user:{user.name}",
                what=f"The user {user.name!r}",
                kind="user",
                name=user.name,
                display_name=user.display_name,
                role=user.role,
                scopes=(SCOPE_OF[user.role],),
                sites=user.sites or None,
                expires_at=session.expires_at,
                session=digest,
            )
        )

    async def _by_token(self, issuer: OidcIssuer, token: str) -> Caller:
        try:
            claims = await issuer.claims(token)
        except TokenRefused as error:
            raise unauthorized(error.what, "Get a new token of the issuer that is set here.") from None
        except PartnerFailed as error:
            status = HTTPStatus.SERVICE_UNAVAILABLE
            raise ApiError(status, "issuer-unavailable", error.what, error.remedy) from None
        role = self._role(claims)
        return await self._seeing(
            Caller(
                actor=f"oidc:{claims.subject}",
                what=f"The subject {claims.subject!r}",
                kind="oidc",
                name=claims.subject,
                role=role,
                scopes=() if role is None else (SCOPE_OF[role],),
                sites=claims.sites,
            )
        )

    def _role(self, claims: Claims) -> Role | None:
        """The greatest role that a role of the token stands for."""
        stands = [entry.rpartition("=") for entry in self._rooms.settings.oidc_roles]
        roles = [Role(role) for name, _, role in stands if name in claims.roles]
        return max(roles, key=lambda role: RANK[SCOPE_OF[role]], default=None)

    async def _seeing(self, caller: Caller) -> Caller:
        if caller.sites is None:
            return caller
        sight = await sight_of(self._rooms.store, caller.sites)
        return changed(caller, sight=sight)

    # --- passwords -------------------------------------------------------------------------------------------------------------

    async def log_in(self, name: str, password: str, remote: str) -> User | None:
        """The user with this name and password; None if there is none, for whatever reason: it takes the same time.

        Raises ApiError (429) after too many failures, of the name (whether there is one or not) or of the address; StoreError.
        """
        wait = max(self._logins.wait(remote), self._names.wait(name))
        if wait:
            raise too_often(wait)
        self._logins.failed(remote)
        self._names.failed(name)
        user = await self._rooms.store.record(USERS, "", name)
        right = await self.is_right(user, password)
        if user is None or not right or not user.is_active:
            return None
        self._logins.taken_back(remote)
        self._names.succeeded(name)
        return user

    async def is_right(self, user: User | None, password: str) -> bool:
        """Whether this is the password of a user; without a user the same work is done for nothing."""
        async with self._checking:
            nobodys = await asyncio.to_thread(_nobodys)
            kept = nobodys if user is None else user.password_hash
            return await asyncio.to_thread(verify_password, password, kept) and user is not None

    async def hashed(self, password: str) -> str:
        """What is kept of a password."""
        async with self._checking:
            return await asyncio.to_thread(hash_password, password, log2_n=LOG2_N)


@cache
def _nobodys() -> str:
    """The hash of a password nobody knows, at the cost of everybody's."""
    return hash_password(secrets.token_urlsafe(32), log2_n=LOG2_N)


def unauthorized(what: str, remedy: str = "") -> ApiError:
    """Nobody that is known here (401)."""
    return ApiError(
        HTTPStatus.UNAUTHORIZED,
        "unauthorized",
        what,
        remedy
        or "Send one that is as `Authorization: Bearer ...` or `X-API-Key: ...`; an administrator makes them with `pilotwire key create`.",
        headers={"WWW-Authenticate": 'Bearer realm="pilotwire"'},
    )


def too_often(wait: float) -> ApiError:
    """Wrong too often (429)."""
    seconds = max(1, ceil(wait))
    return ApiError(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too-many-attempts",
        "There were too many failed attempts to get in.",
        f"Try again in {seconds} seconds.",
        headers={"Retry-After": str(seconds)},
    )

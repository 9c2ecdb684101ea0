"""Who may do what: API keys with scopes, each scope including the ones before it: read, command, write, admin.

A key comes as `Authorization: Bearer ...` or as `X-API-Key: ...`. Only the SHA-256 of a secret is on record; the secrets are 256 random
bits, so a slow hash would add nothing.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Depends, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from pilotwire.csms.api.problems import ApiError
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.store.ports import ApiKey, Scope

RANK: Final = {Scope.READ: 0, Scope.COMMAND: 1, Scope.WRITE: 2, Scope.ADMIN: 3}

_BEARER = HTTPBearer(auto_error=False, scheme_name="bearer", description="An API key as a bearer token.")
_HEADER = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="apiKey", description="An API key.")


def digest_of(secret: str) -> str:
    """What is kept of a secret: its SHA-256, in hex."""
    return sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def allows(key: ApiKey, wanted: Scope) -> bool:
    """Whether a key has a scope, or one that includes it."""
    return any(RANK[scope] >= RANK[wanted] for scope in key.scopes)


def key_with(secret: str, keys: Sequence[ApiKey]) -> ApiKey | None:
    """The key of a secret. Takes the same time whichever it is, and if there is none."""
    presented, found = digest_of(secret), None
    for key in keys:
        if hmac.compare_digest(presented.encode(), key.digest.encode()):
            found = key
    return found


def require(wanted: Scope) -> Any:
    """A dependency that lets only those pass who have a scope."""

    async def check(
        desk: TheDesk,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
        header: Annotated[str | None, Security(_HEADER)],
    ) -> None:
        if desk.rooms.settings.no_auth:
            return
        secret = bearer.credentials if bearer is not None else header
        if not secret:
            raise _unauthorized("This needs an API key.")
        key = key_with(secret, await desk.store.api_keys())
        if key is None:
            raise _unauthorized("This API key is not on record.")
        if not allows(key, wanted):
            raise _forbidden(key, wanted)

    checked: Callable[..., Awaitable[None]] = check
    return Depends(checked)


def _unauthorized(what: str) -> ApiError:
    return ApiError(
        HTTPStatus.UNAUTHORIZED,
        "unauthorized",
        what,
        "Send one that is as `Authorization: Bearer ...` or `X-API-Key: ...`; an administrator makes them with `pilotwire key create`.",
        headers={"WWW-Authenticate": 'Bearer realm="pilotwire"'},
    )


def _forbidden(key: ApiKey, wanted: Scope) -> ApiError:
    has = ", ".join(key.scopes) or "none"
    return ApiError(
        HTTPStatus.FORBIDDEN,
        "forbidden",
        f"The API key {key.name!r} has the scopes {has}, but this needs {wanted.value}.",
        f"Use a key with the scope {wanted.value}.",
    )


READ, COMMAND, WRITE, ADMIN = (require(scope) for scope in (Scope.READ, Scope.COMMAND, Scope.WRITE, Scope.ADMIN))

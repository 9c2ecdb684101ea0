"""Who may do what: API keys, logins and OIDC tokens with scopes, each scope including the ones before it: read, command, write, admin.

What somebody shows comes as `Authorization: Bearer ...` or as `X-API-Key: ...`; the doorkeeper knows whose it is. Somebody limited to
sites gets a desk from which only the stations of these sites are seen, and no operation that shows more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from pilotwire.csms.api.doorkeeper import NOBODY, RANK, Caller, Doorkeeper, digest_of, key_with, unauthorized
from pilotwire.csms.api.problems import ApiError
from pilotwire.csms.api.rooms import Desk
from pilotwire.csms.api.sight import LimitedDesk, Sight, outside
from pilotwire.csms.store.ports import ApiKey, Scope
from pilotwire.errors import PilotwireError

__all__ = [
    "ADMIN",
    "COMMAND",
    "READ",
    "WRITE",
    "TheCaller",
    "WhileKnown",
    "allows",
    "asked_by",
    "digest_of",
    "key_with",
    "require",
]

_T = TypeVar("_T")
LOOK_AGAIN: Final = 15.0
OF_SITES: Final = frozenset(
    {
        ("GET", "/stations"),
        ("GET", "/connections"),
        ("GET", "/transactions"),
        ("GET", "/messages"),
        ("GET", "/messages/export"),
        ("GET", "/findings"),
        ("GET", "/findings/summary"),
        ("GET", "/findings/report"),
        ("GET", "/security-events"),
        ("GET", "/alerts"),
        ("GET", "/uptime"),
        ("GET", "/uptime/export"),
        ("GET", "/reports/{kind}"),
        ("GET", "/bills"),
        ("GET", "/bills/export"),
        ("GET", "/bills/{number}"),
        ("GET", "/bills/{number}/receipt"),
        ("POST", "/bills/{number}/corrections"),
        ("GET", "/alerts/{alert}"),
        ("POST", "/alerts/{alert}/acknowledge"),
        ("GET", "/events"),
        ("GET", "/tolerances"),
        ("GET", "/sites"),
        ("GET", "/sites/{name}"),
        ("GET", "/sites/{name}/load-management"),
        ("PUT", "/sites/{name}/load-management"),
        ("DELETE", "/sites/{name}/load-management"),
        ("GET", "/sites/{name}/load-management/state"),
        ("GET", "/sites/{name}/load-management/limits"),
        ("PUT", "/sites/{name}/load-management/limits/{source}"),
        ("DELETE", "/sites/{name}/load-management/limits/{source}"),
        ("GET", "/sites/{name}/load-management/meters"),
        ("PUT", "/sites/{name}/load-management/meters"),
        ("PUT", "/sites/{name}/load-management/meters/{feeder}"),
        ("GET", "/me"),
        ("POST", "/logout"),
        ("POST", "/session/refresh"),
        ("POST", "/users/{name}/password"),
    }
)
"""What somebody limited to sites may do besides operations with a station in their path: it shows only what is theirs."""
_NAME_STATIONS: Final = ("station", "with")
"""Parameters of queries that name a station."""
_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="bearer",
    description="An API key, the token of a login, or a token of the OIDC issuer, as a bearer token.",
)
_HEADER = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="apiKey", description="An API key.")


def allows(key: ApiKey, wanted: Scope) -> bool:
    """Whether a key has a scope, or one that includes it."""
    return any(RANK[scope] >= RANK[wanted] for scope in key.scopes)


def require(wanted: Scope) -> Any:
    """A dependency that lets only those pass who have a scope, and confines them to their sites."""

    async def check(
        request: Request,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
        header: Annotated[str | None, Security(_HEADER)],
    ) -> None:
        desk: Desk = request.app.state.desk
        if desk.rooms.settings.no_auth:
            request.state.caller = NOBODY
            return
        secret = bearer.credentials if bearer is not None else header
        if not secret:
            raise unauthorized("This needs an API key.")
        door: Doorkeeper = request.app.state.door
        caller = await door.caller(secret, remote_of(request))
        request.state.caller = caller
        request.state.secret = secret
        if not caller.has(wanted):
            raise _forbidden(caller, wanted)
        if caller.sight is not None:
            _confine(request, caller.what, caller.sight)
            request.state.desk = LimitedDesk(desk.rooms, caller.sight)

    checked: Callable[..., Awaitable[None]] = check
    return Depends(checked)


def remote_of(request: Request) -> str:
    """The address a request comes from."""
    return request.client.host if request.client is not None else ""


def _confine(request: Request, what: str, sight: Sight) -> None:
    """Let pass what is about stations of these sites only, or shows only those. Raises ApiError."""
    named = [value for name in _NAME_STATIONS for value in request.query_params.getlist(name)]
    template: str = request.scope["route"].path
    if "{station}" in template:
        named.append(request.path_params["station"])
    elif (request.method, template) not in OF_SITES:
        raise ApiError(
            HTTPStatus.FORBIDDEN,
            "forbidden",
            f"{what} is limited to sites, but this is not about the stations of a site alone.",
            "Ask somebody who is not limited to sites.",
        )
    for station in named:
        if not sight.sees(station):
            raise outside(sight, station)


def _forbidden(caller: Caller, wanted: Scope) -> ApiError:
    has = ", ".join(caller.scopes) or "none"
    thing = "a key" if caller.kind == "key" else "a key or a login"
    return ApiError(
        HTTPStatus.FORBIDDEN,
        "forbidden",
        f"{caller.what} has the scopes {has}, but this needs {wanted.value}.",
        f"Use {thing} with the scope {wanted.value}.",
    )


def _caller(request: Request) -> Caller:
    caller: Caller = getattr(request.state, "caller", NOBODY)
    return caller


def asked_by(request: Request) -> str:
    """Who calls, as records of commands name them: a key by its name, others as the audit log does; "" where nobody needs to be known."""
    caller = _caller(request)
    return {"lab": "", "key": caller.name}.get(caller.kind, caller.actor)


class WhileKnown(AsyncIterator[_T]):
    """What somebody follows for long, until they may not any more: with news that is looked at every `LOOK_AGAIN` seconds."""

    def __init__(self, request: Request, news: AsyncIterator[_T]) -> None:
        self._news = news
        self._secret: str | None = getattr(request.state, "secret", None)
        self._caller = _caller(request)
        self._door: Doorkeeper = request.app.state.door
        self._clock = request.app.state.desk.rooms.clock
        self._looked = self._clock.monotonic()

    async def __anext__(self) -> _T:
        one = await anext(self._news)
        if not await self._is_known():
            raise StopAsyncIteration
        return one

    async def _is_known(self) -> bool:
        now = self._clock.monotonic()
        if self._secret is None or now - self._looked < LOOK_AGAIN:
            return True
        self._looked = now
        try:
            caller = await self._door.known(self._secret)
        except PilotwireError:
            return False
        return caller.has(Scope.READ) and caller.sight == self._caller.sight


TheCaller = Annotated[Caller, Depends(_caller)]
"""Who calls, as a parameter of an operation that requires a scope; records name them by their `actor`."""

READ, COMMAND, WRITE, ADMIN = (require(scope) for scope in (Scope.READ, Scope.COMMAND, Scope.WRITE, Scope.ADMIN))

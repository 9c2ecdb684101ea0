"""Logins: a user's name and password for a session, its end, and who one is."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import READ, TheCaller, remote_of
from pilotwire.csms.api.doorkeeper import Caller, Doorkeeper, digest_of, unauthorized
from pilotwire.csms.api.problems import READS, WRITES, conflict, problems
from pilotwire.csms.api.resource import TEXT, Resource, Time
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.registers.access import SESSIONS, USERS, Role, Session, User
from pilotwire.csms.store.ports import Amend, Page, Scope
from pilotwire.domain.kinds import changed

router = APIRouter(tags=["access"])
_LOOKED_AT = 200
Password = Annotated[str, Field(min_length=1, max_length=200, pattern=TEXT)]


class Credentials(Resource):
    """A user's name and password."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "anna", "password": "correct horse battery"}]})

    name: str = Field(min_length=1, max_length=64, pattern=TEXT)
    password: Password


class LoginResource(Resource):
    """A session. `token` goes into `Authorization: Bearer ...`; it is not kept and cannot be shown again."""

    token: str
    expires_at: Time
    name: str
    display_name: str
    role: Role


class MeResource(Resource):
    """Who calls, and what they may. `sites` null: all of them."""

    kind: str = Field(description="`key`, `user`, `oidc`, or `lab` where there is no authentication.")
    name: str
    display_name: str
    role: Role | None
    scopes: list[Scope]
    sites: list[str] | None
    expires_at: Time | None

    @classmethod
    def of(cls, caller: Caller) -> MeResource:
        """The resource of a caller."""
        return cls(
            kind=caller.kind,
            name=caller.name,
            display_name=caller.display_name,
            role=caller.role,
            scopes=list(caller.scopes),
            sites=None if caller.sites is None else list(caller.sites),
            expires_at=caller.expires_at,
        )


@router.post("/login", responses=WRITES, summary="Log in")
async def log_in(request: Request, desk: TheDesk, said: Credentials) -> LoginResource:
    """Begin a session. A wrong name, a wrong password and a user who may not log in get the same answer."""
    door: Doorkeeper = request.app.state.door
    user = await door.log_in(said.name, said.password, remote_of(request))
    if user is None:
        await _failed(desk, said.name)
        raise unauthorized("This is not the name and the password of a user.", "Mind capital letters.")
    opened = await _open(desk, user)
    request.state.caller = await door.known(opened.token)
    return opened


@router.post("/session/refresh", dependencies=[READ], responses=WRITES | problems(409), summary="Refresh a session")
async def refresh(request: Request, desk: TheDesk, caller: TheCaller) -> LoginResource:
    """Begin a new session in place of the one that asks; the old token is good no more."""
    user = None if caller.session is None else await desk.store.record(USERS, "", caller.name)
    if user is None or caller.session is None:
        raise conflict("This is no session.", "Only sessions are refreshed, not API keys.")
    opened = await _open(desk, user)
    await desk.write(SESSIONS.remove("", caller.session))
    return opened


@router.post(
    "/logout",
    status_code=204,
    dependencies=[READ],
    response_class=Response,
    responses=WRITES | problems(409),
    summary="Log out",
)
async def log_out(desk: TheDesk, caller: TheCaller) -> Response:
    """End the session that asks."""
    if caller.session is None:
        raise conflict("This is no session.", "Revoke an API key with DELETE /api/v1/keys/{name}.")
    await desk.write(SESSIONS.remove("", caller.session))
    return Response(status_code=204)


@router.get("/me", dependencies=[READ], responses=READS, summary="Who one is")
async def me(caller: TheCaller) -> MeResource:
    """Who calls, and what they may."""
    return MeResource.of(caller)


async def _open(desk: Desk, user: User) -> LoginResource:
    """A new session of a user; sessions that are over are cleared away."""
    now = desk.rooms.clock.now()
    expires_at = now + timedelta(seconds=desk.rooms.settings.session_lifetime)
    token = f"ps_{secrets.token_urlsafe(32)}"
    session = Session(digest=digest_of(token), user=user.name, stamp=user.stamp, created_at=now, expires_at=expires_at)
    await desk.rooms.journal.append(
        SESSIONS.put("", session.digest, session),
        _logged_in(user, desk),
        *await _over(desk),
    )
    return LoginResource(
        token=token, expires_at=expires_at, name=user.name, display_name=user.display_name, role=user.role
    )


def _logged_in(user: User, desk: Desk) -> Amend:
    now = desk.rooms.clock.now()
    return USERS.amend(
        "", user.name, lambda known: None if known is None else changed(known, last_login_at=now, failed_logins=0)
    )


async def _over(desk: Desk) -> list[Amend]:
    """What clears away sessions that are over: some of them each time, so that they never pile up."""
    now = desk.rooms.clock.now()
    known = await desk.store.records(SESSIONS, "", Page(limit=_LOOKED_AT))
    return [SESSIONS.remove("", each.digest) for each in known if each.expires_at <= now]


async def _failed(desk: Desk, name: str) -> None:
    """Count it with the user, if there is one, without making the answer wait for that."""
    desk.rooms.journal.note(
        USERS.amend(
            "", name, lambda known: None if known is None else changed(known, failed_logins=known.failed_logins + 1)
        )
    )

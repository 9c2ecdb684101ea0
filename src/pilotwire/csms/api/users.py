"""Users: people who log in with a name and a password."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import ADMIN, READ, TheCaller
from pilotwire.csms.api.doorkeeper import Caller, Doorkeeper
from pilotwire.csms.api.problems import READS, WRITES, ApiError, not_found, problems, unusable
from pilotwire.csms.api.resource import TEXT, Limit, PageOf, Resource, Time, page_of
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.api.sites import After, SiteName
from pilotwire.csms.registers.access import USERS, Role, User
from pilotwire.csms.store.ports import Amended, Page, Scope
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.kinds import changed

router = APIRouter(prefix="/users", tags=["access"])
Name = Annotated[
    str,
    Path(
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]*$",
        description="The user's name.",
        examples=["anna"],
    ),
]
NewPassword = Annotated[str, Field(min_length=12, max_length=200, pattern=TEXT)]


class UserRequest(Resource):
    """What is on record of a user. No `sites`: they see all. `password` may be left out for one who has one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"displayName": "Anna", "role": "operator", "password": "correct horse battery", "sites": []}]
        }
    )

    display_name: str = Field(default="", max_length=100, pattern=TEXT)
    role: Role
    sites: list[SiteName] = Field(default=[], max_length=1000, description="Only the stations of these sites.")
    active: bool = Field(default=True, description="false: they cannot log in, and their sessions end.")
    password: NewPassword | None = None


class UserResource(Resource):
    """A user on record."""

    name: str
    display_name: str
    role: Role
    sites: list[str]
    active: bool
    created_at: Time | None
    last_login_at: Time | None
    failed_logins: int = Field(description="Since the last login.")

    @classmethod
    def of(cls, user: User) -> UserResource:
        """The resource of a user."""
        return cls(
            name=user.name,
            display_name=user.display_name,
            role=user.role,
            sites=list(user.sites),
            active=user.is_active,
            created_at=user.created_at,
            last_login_at=user.last_login_at,
            failed_logins=user.failed_logins,
        )


class PasswordChange(Resource):
    """A new password; somebody who changes their own says the one they have."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"password": "another horse, same stable"}]})

    password: NewPassword
    current_password: str | None = Field(default=None, min_length=1, max_length=200, pattern=TEXT)


@router.get("", dependencies=[ADMIN], responses=READS, summary="List users")
async def list_users(desk: TheDesk, limit: Limit = 100, after: After = None) -> PageOf[UserResource]:
    """Users by name."""
    users = await desk.store.records(
        USERS, "", Page(limit=limit, after=None if after is None else cursor_of("", after))
    )
    return PageOf[UserResource](
        **page_of([UserResource.of(user) for user in users], limit, users[-1].name if users else "")
    )


@router.get("/{name}", dependencies=[ADMIN], responses=READS | problems(404), summary="Get a user")
async def get_user(desk: TheDesk, name: Name) -> UserResource:
    """One user."""
    user = await desk.store.record(USERS, "", name)
    if user is None:
        raise _none(name)
    return UserResource.of(user)


@router.put("/{name}", dependencies=[ADMIN], responses=WRITES, summary="Put a user on record")
async def put_user(request: Request, desk: TheDesk, name: Name, wanted: UserRequest) -> UserResource:
    """Put a user on record, or change what is. Sessions end if the password changes or the user is deactivated."""
    door: Doorkeeper = request.app.state.door
    if wanted.password is None and await desk.store.record(USERS, "", name) is None:
        raise unusable("body.password", "a new user needs a password")
    hashed = "" if wanted.password is None else await door.hashed(wanted.password)
    stamp, now = secrets.token_hex(8), desk.rooms.clock.now()

    def put(there: User | None) -> User | None:
        if there is None and not hashed:
            return None
        known = there or User(name=name, password_hash=hashed, role=wanted.role, stamp=stamp, created_at=now)
        return changed(
            known,
            display_name=wanted.display_name,
            role=wanted.role,
            sites=tuple(dict.fromkeys(wanted.sites)),
            is_active=wanted.active,
            password_hash=hashed or known.password_hash,
            stamp=stamp if hashed or not wanted.active else known.stamp,
        )

    amended: Amended = await desk.write(USERS.amend("", name, put))
    if amended.after is None:
        raise unusable("body.password", "a new user needs a password")
    return UserResource.of(amended.after)


@router.delete(
    "/{name}",
    status_code=204,
    dependencies=[ADMIN],
    response_class=Response,
    responses=READS | problems(404),
    summary="Remove a user",
)
async def delete_user(desk: TheDesk, name: Name) -> Response:
    """Take a user off record; their sessions end."""
    amended: Amended = await desk.write(USERS.remove("", name))
    if amended.before is None:
        raise _none(name)
    return Response(status_code=204)


@router.post(
    "/{name}/password",
    status_code=204,
    dependencies=[READ],
    response_class=Response,
    responses=WRITES | problems(404),
    summary="Change a password",
)
async def change_password(
    request: Request, desk: TheDesk, caller: TheCaller, name: Name, wanted: PasswordChange
) -> Response:
    """Set a password: one's own with the current one, or an administrator anybody's. All sessions of the user end."""
    door: Doorkeeper = request.app.state.door
    if not _may_set_any(caller):
        await _check_own(door, caller, name, wanted, request.client.host if request.client else "")
    hashed, stamp = await door.hashed(wanted.password), secrets.token_hex(8)
    amended: Amended = await desk.write(
        USERS.amend(
            "", name, lambda known: None if known is None else changed(known, password_hash=hashed, stamp=stamp)
        )
    )
    if amended.after is None:
        raise _none(name)
    return Response(status_code=204)


def _may_set_any(caller: Caller) -> bool:
    return caller.has(Scope.ADMIN) and caller.sites is None


async def _check_own(door: Doorkeeper, caller: Caller, name: str, wanted: PasswordChange, remote: str) -> None:
    if caller.kind != "user" or caller.name != name:
        raise ApiError(
            HTTPStatus.FORBIDDEN, "forbidden", "This is the password of somebody else.", "Ask an administrator."
        )
    if wanted.current_password is None:
        raise unusable("body.currentPassword", "say the password you have")
    if await door.log_in(name, wanted.current_password, remote) is None:
        raise unusable("body.currentPassword", "this is not the password you have")


def _none(name: str) -> ApiError:
    return not_found(f"There is no user {name!r}.", "GET /api/v1/users lists them.")

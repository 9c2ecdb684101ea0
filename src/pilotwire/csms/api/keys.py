"""API keys: list, create (the secret is shown once), revoke; and the first one."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import ConfigDict, Field

from pilotwire.clock import Clock
from pilotwire.csms.api.access import ADMIN, allows, digest_of
from pilotwire.csms.api.problems import READS, WRITES, conflict, not_found, problems
from pilotwire.csms.api.resource import Resource, Time
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.api.sites import SiteName
from pilotwire.csms.registers.access import KEY_USES, KeyUse
from pilotwire.csms.store.ports import ApiKey, Journal, PutApiKey, RemoveApiKey, Scope, Store

router = APIRouter(prefix="/keys", tags=["API keys"], dependencies=[ADMIN])
FIRST_KEY = "admin"
_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.@-]*$"


class KeyResource(Resource):
    """An API key on record."""

    name: str
    scopes: list[Scope]
    created_at: Time
    sites: list[str] = Field(description="Only the stations of these sites; empty: all.")
    expires_at: Time | None
    last_used_at: Time | None = Field(description="To the minute; null: never.")

    @classmethod
    def of(cls, key: ApiKey, use: KeyUse | None = None) -> KeyResource:
        """The resource of a key."""
        return cls(**_fields(key, use))


class NewKey(Resource):
    """A key to be created."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "dashboard", "scopes": ["read"], "sites": []}]})

    name: str = Field(min_length=1, max_length=64, pattern=_NAME, description="Who or what the key is for.")
    scopes: list[Scope] = Field(
        min_length=1, max_length=4, description="Each scope includes those before it: read, command, write, admin."
    )
    sites: list[SiteName] = Field(
        default=[], max_length=1000, description="Only the stations of these sites; empty: all."
    )
    expires_at: Time | None = Field(default=None, description="When it ends; null: never.")


class CreatedKey(KeyResource):
    """A key just created, with its secret: the only time it can be seen."""

    secret: str = Field(description="What goes into the header. It is not kept and cannot be shown again.")


def new_secret() -> str:
    """A secret for a key: 256 random bits."""
    return f"pw_{secrets.token_urlsafe(32)}"


def _fields(key: ApiKey, use: KeyUse | None) -> dict[str, Any]:
    return {
        "name": key.name,
        "scopes": list(key.scopes),
        "created_at": key.created_at,
        "sites": list(key.sites),
        "expires_at": key.expires_at,
        "last_used_at": None if use is None else use.at,
    }


def _is_whole_admin(key: ApiKey) -> bool:
    """Whether a key may do everything, everywhere and for ever."""
    return allows(key, Scope.ADMIN) and not key.sites and key.expires_at is None


async def ensure_admin_key(journal: Journal, store: Store, clock: Clock) -> str | None:
    """If no key on record has the scope admin, create one and give its secret, to be shown once on the console; else None.

    Raises StoreError.
    """
    keys = await store.api_keys()
    if any(_is_whole_admin(key) for key in keys):
        return None
    taken, name, number = {key.name for key in keys}, FIRST_KEY, 1
    while name in taken:
        number += 1
        name = f"{FIRST_KEY}-{number}"
    secret = new_secret()
    key = ApiKey(name=name, digest=digest_of(secret), scopes=(Scope.ADMIN,), created_at=clock.now())
    await journal.append(PutApiKey(key=key))
    return secret


@router.get("", responses=READS, summary="List API keys")
async def list_keys(desk: TheDesk) -> list[KeyResource]:
    """All keys on record, by name. Secrets are not kept."""
    keys = await desk.store.api_keys()
    return [KeyResource.of(key, await desk.store.record(KEY_USES, "", key.name)) for key in keys]


@router.post("", status_code=201, responses=WRITES | problems(409), summary="Create an API key")
async def create_key(desk: TheDesk, wanted: NewKey) -> CreatedKey:
    """Create a key. The answer holds its secret, this once."""
    if wanted.name in {key.name for key in await desk.store.api_keys()}:
        raise conflict(
            f"There is an API key {wanted.name!r} already.", "Choose another name, or revoke that one first."
        )
    secret = new_secret()
    key = ApiKey(
        name=wanted.name,
        digest=digest_of(secret),
        scopes=tuple(dict.fromkeys(wanted.scopes)),
        created_at=desk.rooms.clock.now(),
        sites=tuple(dict.fromkeys(wanted.sites)),
        expires_at=wanted.expires_at,
    )
    await desk.rooms.journal.append(PutApiKey(key=key), KEY_USES.remove("", key.name))
    return CreatedKey(**_fields(key, None), secret=secret)


@router.delete(
    "/{name}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses=READS | problems(404, 409),
    summary="Revoke an API key",
)
async def revoke_key(
    desk: TheDesk, name: Annotated[str, Path(min_length=1, max_length=64, description="The name of the key.")]
) -> None:
    """Revoke a key at once. The last one with the scope admin stays: without it nobody could make another."""
    keys = {key.name: key for key in await desk.store.api_keys()}
    admins = [key for key in keys.values() if _is_whole_admin(key)]
    if name in keys and admins == [keys[name]]:
        raise conflict(
            f"{name!r} is the last key with the scope admin (for all sites, without an end).",
            "Create another one first.",
        )
    if not await desk.write(RemoveApiKey(name=name)):
        raise not_found(f"There is no API key {name!r}.", "GET /api/v1/keys lists them.")

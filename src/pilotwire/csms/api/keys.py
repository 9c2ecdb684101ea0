"""API keys: list, create (the secret is shown once), revoke; and the first one."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import ConfigDict, Field

from pilotwire.clock import Clock
from pilotwire.csms.api.access import ADMIN, allows, digest_of
from pilotwire.csms.api.problems import READS, WRITES, conflict, not_found, problems
from pilotwire.csms.api.resource import Resource, Time
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.store.ports import ApiKey, Journal, PutApiKey, RemoveApiKey, Scope, Store

router = APIRouter(prefix="/keys", tags=["API keys"], dependencies=[ADMIN])
FIRST_KEY = "admin"
_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.@-]*$"


class KeyResource(Resource):
    """An API key on record."""

    name: str
    scopes: list[Scope]
    created_at: Time

    @classmethod
    def of(cls, key: ApiKey) -> KeyResource:
        """The resource of a key."""
        return cls(name=key.name, scopes=list(key.scopes), created_at=key.created_at)


class NewKey(Resource):
    """A key to be created."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "dashboard", "scopes": ["read"]}]})

    name: str = Field(min_length=1, max_length=64, pattern=_NAME, description="Who or what the key is for.")
    scopes: list[Scope] = Field(
        min_length=1, max_length=4, description="Each scope includes those before it: read, command, write, admin."
    )


class CreatedKey(KeyResource):
    """A key just created, with its secret: the only time it can be seen."""

    secret: str = Field(description="What goes into the header. It is not kept and cannot be shown again.")


def new_secret() -> str:
    """A secret for a key: 256 random bits."""
    return f"pw_{secrets.token_urlsafe(32)}"


def _key(name: str, secret: str, scopes: list[Scope], clock: Clock) -> ApiKey:
    ordered = tuple(dict.fromkeys(scopes))
    return ApiKey(name=name, digest=digest_of(secret), scopes=ordered, created_at=clock.now())


async def ensure_admin_key(journal: Journal, store: Store, clock: Clock) -> str | None:
    """If no key on record has the scope admin, create one and give its secret, to be shown once on the console; else None.

    Raises StoreError.
    """
    keys = await store.api_keys()
    if any(allows(key, Scope.ADMIN) for key in keys):
        return None
    taken, name, number = {key.name for key in keys}, FIRST_KEY, 1
    while name in taken:
        number += 1
        name = f"{FIRST_KEY}-{number}"
    secret = new_secret()
    await journal.append(PutApiKey(key=_key(name, secret, [Scope.ADMIN], clock)))
    return secret


@router.get("", responses=READS, summary="List API keys")
async def list_keys(desk: TheDesk) -> list[KeyResource]:
    """All keys on record, by name. Secrets are not kept."""
    return [KeyResource.of(key) for key in await desk.store.api_keys()]


@router.post("", status_code=201, responses=WRITES | problems(409), summary="Create an API key")
async def create_key(desk: TheDesk, wanted: NewKey) -> CreatedKey:
    """Create a key. The answer holds its secret, this once."""
    if wanted.name in {key.name for key in await desk.store.api_keys()}:
        raise conflict(
            f"There is an API key {wanted.name!r} already.", "Choose another name, or revoke that one first."
        )
    secret = new_secret()
    key = _key(wanted.name, secret, wanted.scopes, desk.rooms.clock)
    await desk.write(PutApiKey(key=key))
    return CreatedKey(name=key.name, scopes=list(key.scopes), created_at=key.created_at, secret=secret)


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
    admins = [key for key in keys.values() if allows(key, Scope.ADMIN)]
    if name in keys and admins == [keys[name]]:
        raise conflict(f"{name!r} is the last key with the scope admin.", "Create another one first.")
    if not await desk.write(RemoveApiKey(name=name)):
        raise not_found(f"There is no API key {name!r}.", "GET /api/v1/keys lists them.")

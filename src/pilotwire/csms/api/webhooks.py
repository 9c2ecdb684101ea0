"""Webhooks: who is told of what happens, by HTTP POST, signed (Standard Webhooks), in order per station, again until it is taken."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import ConfigDict, Field, field_validator

from pilotwire.csms.api.access import ADMIN
from pilotwire.csms.api.events import LIVE_ONLY, EventType
from pilotwire.csms.api.problems import READS, WRITES, not_found, problems, unusable
from pilotwire.csms.api.resource import TEXT, Resource, Time
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.registers.webhooks import OUTBOX, PROGRESS, WEBHOOKS, Progress, Webhook
from pilotwire.csms.store.ports import Amended, Page
from pilotwire.csms.webhooks.signature import is_secret, new_secret
from pilotwire.domain.kinds import changed

router = APIRouter(prefix="/webhooks", tags=["webhooks"], dependencies=[ADMIN])
Name = Annotated[
    str, Path(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9._-]+$", description="Its name.", examples=["billing"])
]
Url = Annotated[str, Field(min_length=8, max_length=2000, pattern=r"^https?://[^\s/?#]+[^\s]*$")]


class WebhookRequest(Resource):
    """Who is told, and of what. No `types`: of everything but the raw messages; no `stations`: of all of them.

    `secret` signs what is sent; left out, one is made, or the one there stays.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"url": "https://billing.example/pilotwire", "types": ["transaction"]}]}
    )

    url: Url
    types: list[EventType] = Field(default=[], max_length=50)
    stations: list[Annotated[str, Field(min_length=1, max_length=60, pattern=TEXT)]] = Field(
        default=[], max_length=1000
    )
    active: bool = True
    secret: str | None = Field(default=None, max_length=200, description="`whsec_` and at least 24 bytes in base64.")

    @field_validator("types")
    @classmethod
    def _tellable(cls, types: list[EventType]) -> list[EventType]:
        if live := LIVE_ONLY.intersection(types):
            raise ValueError(f"{', '.join(live)} is told by live events only: follow GET /api/v1/events")
        return types

    @field_validator("secret")
    @classmethod
    def _usable(cls, secret: str | None) -> str | None:
        if secret is not None and not is_secret(secret):
            raise ValueError("a secret is `whsec_` and at least 24 bytes in base64")
        return secret


class WebhookResource(Resource):
    """A webhook, and how far it is. `secret` is only shown when it was made just now."""

    name: str
    url: str
    types: list[str]
    stations: list[str]
    active: bool
    created_at: Time | None
    secret: str | None = None
    delivered: int = Field(description="Events it has taken.")
    given_up: int = Field(description="Events it did not take in three days.")
    last_at: Time | None = Field(description="When it took the last one.")
    failing_since: Time | None = Field(description="null: it takes what it is told.")
    error: str = Field(description="What it answered last, if it did not take something.")

    @classmethod
    def of(cls, webhook: Webhook, progress: Progress | None, secret: str | None = None) -> WebhookResource:
        """The resource of a webhook."""
        known = progress or Progress()
        return cls(
            name=webhook.name,
            url=webhook.url,
            types=list(webhook.types),
            stations=list(webhook.stations),
            active=webhook.is_active,
            created_at=webhook.created_at,
            secret=secret,
            delivered=known.delivered,
            given_up=known.given_up,
            last_at=known.last_at,
            failing_since=known.failing_since,
            error=known.error,
        )


@router.get("", responses=READS, summary="List webhooks")
async def list_webhooks(desk: TheDesk) -> list[WebhookResource]:
    """All webhooks by name, and how far each is."""
    known = await desk.store.records(WEBHOOKS, "", Page(limit=1000))
    return [WebhookResource.of(each, await desk.store.record(PROGRESS, "", each.name)) for each in known]


@router.get("/{name}", responses=READS | problems(404), summary="Get a webhook")
async def get_webhook(desk: TheDesk, name: Name) -> WebhookResource:
    """One webhook, and how far it is."""
    webhook = await desk.store.record(WEBHOOKS, "", name)
    if webhook is None:
        raise _none(name)
    return WebhookResource.of(webhook, await desk.store.record(PROGRESS, "", name))


@router.put("/{name}", responses=WRITES, summary="Put a webhook on record")
async def put_webhook(desk: TheDesk, name: Name, wanted: WebhookRequest) -> WebhookResource:
    """Put a webhook on record, or change it. It is told of what happens from now on; one that is changed goes on where it was."""
    if len(await desk.store.records(WEBHOOKS, "", Page(limit=1000))) >= 100 and not await desk.store.record(
        WEBHOOKS, "", name
    ):
        raise unusable("path.name", "there are 100 webhooks, which is as many as there may be")
    newest = await desk.store.entries(OUTBOX, limit=1)
    made = new_secret()
    now = desk.rooms.clock.now()

    def put(there: Webhook | None) -> Webhook:
        known = there or Webhook(
            name=name, url="", secret=made, begins_after=newest[0].number if newest else 0, created_at=now
        )
        return changed(
            known,
            url=wanted.url,
            types=tuple(each.value for each in wanted.types),
            stations=tuple(wanted.stations),
            is_active=wanted.active,
            secret=wanted.secret or known.secret,
        )

    amended: Amended = await desk.write(WEBHOOKS.amend("", name, put))
    shown = made if amended.after.secret == made else None
    return WebhookResource.of(amended.after, await desk.store.record(PROGRESS, "", name), shown)


@router.delete(
    "/{name}", status_code=204, response_class=Response, responses=WRITES | problems(404), summary="Remove a webhook"
)
async def delete_webhook(desk: TheDesk, name: Name) -> Response:
    """Take a webhook off record: it is told nothing any more."""
    amended: Amended = await desk.write(WEBHOOKS.remove("", name))
    if amended.before is None:
        raise _none(name)
    await _forget(desk, name)
    return Response(status_code=204)


async def _forget(desk: Desk, name: str) -> None:
    await desk.write(PROGRESS.remove("", name))


def _none(name: str) -> Exception:
    return not_found(f"There is no webhook {name!r}.", "GET /webhooks lists those there are.")

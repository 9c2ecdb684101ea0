"""Whether the CSMS is well: for load balancers and people, without an API key."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import Field

from pilotwire.csms.api.problems import problems
from pilotwire.csms.api.resource import Resource
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.store.ports import Page

router = APIRouter(tags=["health"])


class Health(Resource):
    """All is well."""

    status: Literal["ok"] = "ok"
    version: str = Field(description="The version of Pilotwire.")
    connected: int = Field(description="How many stations have an open connection.")


@router.get("/health", responses=problems(503), summary="Health")
async def health(request: Request, desk: TheDesk) -> Health:
    """Whether the database can be read; 503 if not. Needs no API key."""
    await desk.store.stations(Page(limit=1))
    return Health(version=request.app.version, connected=len(desk.bus.connected()))

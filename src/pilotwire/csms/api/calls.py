"""Pass-through: any action of the station's version, as it is."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response

from pilotwire.csms.api.access import COMMAND
from pilotwire.csms.api.problems import COMMANDS, unusable
from pilotwire.csms.api.resource import StationIdentity
from pilotwire.csms.api.rooms import TheDesk

router = APIRouter(prefix="/stations/{station}/calls", tags=["commands"], dependencies=[COMMAND])
_BODY = {
    "requestBody": {
        "required": True,
        "description": "The payload of the request, as the version's schema has it.",
        "content": {"application/json": {"schema": {"type": "object"}, "example": {"type": "Immediate"}}},
    }
}
_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The payload of the station's response, as it sent it.",
        "content": {"application/json": {"schema": {}, "example": {"status": "Accepted"}}},
    }
}


@router.post(
    "/{action}",
    response_class=Response,
    responses=_ANSWER | COMMANDS,
    openapi_extra=_BODY,
    summary="Send any action",
)
async def call(
    request: Request,
    desk: TheDesk,
    station: StationIdentity,
    action: Annotated[
        str, Path(min_length=1, max_length=64, description="An action of its version.", examples=["Reset"])
    ],
    force: Annotated[
        bool,
        Query(description="Send it even if it does not fit the version's schema, or is no action of it: for tests."),
    ] = False,
    timeout: Annotated[
        float | None, Query(gt=0, le=600, description="Seconds to wait for the answer; else as configured.")
    ] = None,
) -> Response:
    """Send any action of the station's version and give back the payload of its response as it came.

    Every member goes out as it was written, none is added; only white space between them is left out. Nothing is refused because of what
    is believed here of the station: it may not have booted, be pending or rejected, and transactions, EVSEs and variables may be unknown.
    The payload must fit the version's schema, else nothing is sent (422, `errors` names each place), unless `force` is set; then any
    JSON object is sent. What the station accepts has the consequences it has for a command: a new password counts.
    """
    payload = _checked(await request.body(), any_json=force)
    answer = await desk.commander.give_raw(station, action, payload, force=force, timeout=timeout)
    return Response(answer, media_type="application/json")


def _checked(body: bytes, *, any_json: bool) -> bytes:
    try:
        msgspec.json.decode(body, type=msgspec.Raw if any_json else dict[str, msgspec.Raw])
        body.decode()
    except (ValueError, RecursionError) as error:
        wanted = "JSON" if any_json else "a JSON object"
        raise unusable("body", f"the payload must be {wanted}: {error}") from None
    return body

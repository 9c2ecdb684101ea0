"""Where a VTN tells that an event has changed (OpenADR 3, subscriptions): it is asked at once what its events are now.

What it says itself is not minded: who knew the token could otherwise say anything, and a call that is lost would be an event that is lost.
"""

from __future__ import annotations

from hashlib import sha256
from hmac import compare_digest

from fastapi import APIRouter, Request, Response

from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.registers.load_management import part_key
from pilotwire.csms.registers.openadr import VTNS, VtnRecord
from pilotwire.domain.kinds import changed

PATH = "/openadr"
router = APIRouter(include_in_schema=False)
_BEARER = "Bearer "


@router.post(PATH + "/{site}/{name}")
async def called(desk: TheDesk, request: Request, site: str, name: str) -> Response:
    """A call of a VTN; one with a wrong token, or for a VTN there is not, is answered alike."""
    key, now = part_key(site, name), desk.rooms.clock.now()
    record = await desk.store.record(VTNS, "", key)
    told = request.headers.get("authorization", "")
    digest = sha256(told.removeprefix(_BEARER).encode()).hexdigest()
    good = record is not None and record.callback and compare_digest(digest, record.callback)
    if not good or not told.startswith(_BEARER):
        return Response(status_code=401, headers={"www-authenticate": "Bearer"})

    def minded(there: VtnRecord | None) -> VtnRecord | None:
        return None if there is None else changed(there, called=now)

    await desk.write(VTNS.amend("", key, minded))
    return Response(status_code=204)

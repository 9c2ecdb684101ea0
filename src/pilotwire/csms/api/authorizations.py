"""What stations asked of tokens, and what they were answered."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from pilotwire.csms.api.access import READ
from pilotwire.csms.api.problems import READS
from pilotwire.csms.api.resource import (
    TEXT,
    IdTokenResource,
    Limit,
    PageOf,
    Resource,
    StationIdentity,
    Time,
    page_of,
)
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.registers.authorization import AUTHORIZATIONS, Authorization
from pilotwire.csms.store.registers import Entry
from pilotwire.domain.authorization import AuthorizationStatus, CertificateStatus

router = APIRouter(tags=["tokens"], dependencies=[READ])


class AuthorizationResource(Resource):
    """An Authorize, and its answer in the words of 2.x: 1.6 may have been told a nearer one."""

    timestamp: Time
    id_token: IdTokenResource | None
    status: AuthorizationStatus
    certificate_status: CertificateStatus | None
    group_id_token: IdTokenResource | None

    @classmethod
    def of(cls, entry: Entry[Authorization]) -> AuthorizationResource:
        """The resource of an entry."""
        told = entry.entry
        return cls.model_construct(
            timestamp=entry.at,
            id_token=IdTokenResource.of(told.id_token),
            status=told.verdict.status,
            certificate_status=told.verdict.certificate_status,
            group_id_token=IdTokenResource.of(told.verdict.group),
        )


@router.get("/stations/{station}/authorizations", responses=READS, summary="List authorizations")
async def list_authorizations(
    desk: TheDesk,
    station: StationIdentity,
    id_token: Annotated[
        str | None,
        Query(
            alias="idToken", min_length=1, max_length=255, pattern=TEXT, description="Only of this token, in any case."
        ),
    ] = None,
    limit: Limit = 100,
    after: Annotated[
        int | None, Query(ge=0, le=2**62, description="A cursor: `nextCursor` of the page before.")
    ] = None,
) -> PageOf[AuthorizationResource]:
    """What a station asked of tokens, newest first."""
    key = None if id_token is None else id_token.casefold()
    found = await desk.store.entries(AUTHORIZATIONS, station, key=key, before=after, limit=limit)
    items = [AuthorizationResource.of(each) for each in found]
    return PageOf[AuthorizationResource](**page_of(items, limit, str(found[-1].number) if found else ""))

"""The inventory of certificates: what each station uses, and how many days are left of it."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query

from pilotwire.csms.api.access import READ
from pilotwire.csms.api.problems import READS
from pilotwire.csms.api.resource import TEXT, Limit, PageOf, Resource, StationFilter, Time, page_of
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.registers.held_certificates import HELD, HeldCertificate, Known
from pilotwire.csms.store.ports import Page
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.certificates import SigningUse

router = APIRouter(prefix="/certificates", tags=["certificates"])
_AT_ONCE: Final = 500


class HeldResource(Resource):
    """A certificate in use. `daysLeft` is negative after its end; `knownBy`: it was `shown` at a connection, or `accepted` from here."""

    station: str
    certificate_type: SigningUse
    id: str
    subject: str
    issuer: str
    serial_number: str
    not_before: Time
    not_after: Time
    days_left: int
    known_by: Known
    known_at: Time
    asked_at: Time | None
    problem: str | None

    @classmethod
    def of(cls, kept: HeldCertificate, days_left: int) -> HeldResource:
        """The resource of a record."""
        return cls.model_construct(
            station=kept.station,
            certificate_type=kept.use,
            id=kept.id,
            subject=kept.subject,
            issuer=kept.issuer,
            serial_number=kept.serial_number,
            not_before=kept.not_before,
            not_after=kept.not_after,
            days_left=days_left,
            known_by=kept.known,
            known_at=kept.known_at,
            asked_at=kept.asked_at,
            problem=kept.problem,
        )


@router.get("", dependencies=[READ], responses=READS, summary="List certificates in use")
async def list_held(
    desk: TheDesk,
    station: StationFilter = None,
    due_within: Annotated[
        int | None,
        Query(alias="dueWithin", ge=-36500, le=36500, description="Only those with at most so many days left."),
    ] = None,
    limit: Limit = 100,
    after: Annotated[
        str | None, Query(max_length=400, pattern=TEXT, description="A cursor: `nextCursor` of the part before.")
    ] = None,
) -> PageOf[HeldResource]:
    """The certificates stations connect with or were given here, by station; what ends soonest need not come first."""
    now, items, cursor, last = desk.rooms.clock.now(), list[HeldResource](), after, ""
    while len(items) < limit:
        page = await desk.store.records(HELD, station, Page(limit=_AT_ONCE, after=cursor))
        for each in page:
            left = each.days_left(now)
            if (due_within is None or left <= due_within) and len(items) < limit:
                items.append(HeldResource.of(each, left))
                last = cursor_of(each.station, each.use)
        if len(page) < _AT_ONCE:
            break
        cursor = cursor_of(page[-1].station, page[-1].use)
    return PageOf[HeldResource].model_construct(**page_of(items, limit, last))

"""Sites: places with stations, to which users and API keys can be limited."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import ADMIN, READ, TheCaller
from pilotwire.csms.api.doorkeeper import Caller
from pilotwire.csms.api.problems import READS, WRITES, ApiError, conflict, not_found, problems
from pilotwire.csms.api.resource import TEXT, Limit, PageOf, Resource, page_of
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.registers.access import SITES, Site
from pilotwire.csms.registers.load_management import MANAGED
from pilotwire.csms.store.ports import Amended, Page
from pilotwire.csms.store.registers import cursor_of

router = APIRouter(prefix="/sites", tags=["access"])
_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.@-]*$"
SiteName = Annotated[str, Field(min_length=1, max_length=64, pattern=_PATTERN)]
Name = Annotated[
    str, Path(min_length=1, max_length=64, pattern=_PATTERN, description="The name of the site.", examples=["harbour"])
]
After = Annotated[str | None, Query(max_length=64, pattern=TEXT, description="A cursor: the last name had.")]
Identity = Annotated[str, Field(min_length=1, max_length=60, pattern=TEXT)]


def _planning(request: Request) -> asyncio.Lock:
    lock: asyncio.Lock = request.app.state.planning
    return lock


Planning = Annotated[asyncio.Lock, Depends(_planning)]
"""Held while sites and their plans are changed: what one may be depends on the others."""


async def known_site(desk: Desk, caller: Caller, name: str) -> Site:
    """A site on record that the caller may know of. Raises ApiError (404)."""
    site = await desk.store.record(SITES, "", name)
    if site is None or (caller.sites is not None and name not in caller.sites):
        remedy = "GET /api/v1/sites lists them; PUT /api/v1/sites/{name} or `pilotwire site put` puts one on record."
        raise not_found(f"There is no site {name!r}.", remedy)
    return site


def has_station(site: Site, station: str) -> bool:
    """Whether a station is one of a site's."""
    return station in site.stations or station.startswith(tuple(filter(None, site.prefixes)))


class SiteRequest(Resource):
    """The stations of a site: those named, and those whose identity begins with one of the prefixes."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"displayName": "Harbour", "stations": ["CS-0001"], "prefixes": ["HARBOUR-"]}]}
    )

    display_name: str = Field(default="", max_length=100, pattern=TEXT)
    stations: list[Identity] = Field(default=[], max_length=10_000)
    prefixes: list[Identity] = Field(default=[], max_length=100)


class SiteResource(SiteRequest):
    """A site on record."""

    name: str

    @classmethod
    def of(cls, site: Site) -> SiteResource:
        """The resource of a site."""
        return cls(
            name=site.name,
            display_name=site.display_name,
            stations=list(site.stations),
            prefixes=list(site.prefixes),
        )


@router.get("", dependencies=[READ], responses=READS, summary="List sites")
async def list_sites(desk: TheDesk, caller: TheCaller, limit: Limit = 100, after: After = None) -> PageOf[SiteResource]:
    """Sites by name; somebody limited to sites sees these."""
    if caller.sites is None:
        page = Page(limit=limit, after=None if after is None else cursor_of("", after))
        sites = list(await desk.store.records(SITES, "", page))
    else:
        names = sorted(name for name in set(caller.sites) if after is None or name > after)[:limit]
        sites = [site for name in names if (site := await desk.store.record(SITES, "", name)) is not None]
    return PageOf[SiteResource](
        **page_of([SiteResource.of(site) for site in sites], limit, sites[-1].name if sites else "")
    )


@router.get("/{name}", dependencies=[READ], responses=READS | problems(404), summary="Get a site")
async def get_site(desk: TheDesk, caller: TheCaller, name: Name) -> SiteResource:
    """One site; somebody limited to sites gets one of these."""
    return SiteResource.of(await known_site(desk, caller, name))


@router.put("/{name}", dependencies=[ADMIN], responses=WRITES | problems(409), summary="Put a site on record")
async def put_site(desk: TheDesk, planning: Planning, name: Name, wanted: SiteRequest) -> SiteResource:
    """Put a site on record, or change it: whoever is limited to it sees what is in it now.

    Stations whose load is managed at the site stay in it (409).
    """
    site = Site(
        name=name,
        display_name=wanted.display_name,
        stations=tuple(dict.fromkeys(wanted.stations)),
        prefixes=tuple(dict.fromkeys(wanted.prefixes)),
    )
    async with planning:
        plan = await desk.store.record(MANAGED, "", name)
        managed = {outlet.station for outlet in plan.layout.outlets} if plan is not None else set()
        if gone := sorted(station for station in managed if not has_station(site, station)):
            what = f"The load management plan of the site {name!r} has stations that would not be in it: {', '.join(gone)}."
            raise conflict(what, f"Take them out of the plan first: PUT /api/v1/sites/{name}/load-management.")
        await desk.write(SITES.put("", name, site))
    return SiteResource.of(site)


@router.delete(
    "/{name}",
    status_code=204,
    dependencies=[ADMIN],
    response_class=Response,
    responses=READS | problems(404, 409),
    summary="Remove a site",
)
async def delete_site(desk: TheDesk, planning: Planning, name: Name) -> Response:
    """Take a site off record. Its stations stay; whoever is limited to it stays limited, and sees nothing of it any more.

    A site whose load is managed stays as long as it has a plan (409).
    """
    async with planning:
        if await desk.store.record(MANAGED, "", name) is not None:
            what = f"The site {name!r} has a load management plan."
            raise conflict(what, f"Remove that first: DELETE /api/v1/sites/{name}/load-management.")
        amended: Amended = await desk.write(SITES.remove("", name))
    if amended.before is None:
        raise _none(name)
    return Response(status_code=204)


def _none(name: str) -> ApiError:
    return not_found(f"There is no site {name!r}.", "GET /api/v1/sites lists them.")

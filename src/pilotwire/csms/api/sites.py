"""Sites: places with stations, to which users and API keys can be limited."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import ADMIN, READ, TheCaller
from pilotwire.csms.api.problems import READS, WRITES, ApiError, not_found, problems
from pilotwire.csms.api.resource import TEXT, Limit, PageOf, Resource, page_of
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.registers.access import SITES, Site
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
    site = await desk.store.record(SITES, "", name)
    if site is None or (caller.sites is not None and name not in caller.sites):
        raise _none(name)
    return SiteResource.of(site)


@router.put("/{name}", dependencies=[ADMIN], responses=WRITES, summary="Put a site on record")
async def put_site(desk: TheDesk, name: Name, wanted: SiteRequest) -> SiteResource:
    """Put a site on record, or change it: whoever is limited to it sees what is in it now."""
    site = Site(
        name=name,
        display_name=wanted.display_name,
        stations=tuple(dict.fromkeys(wanted.stations)),
        prefixes=tuple(dict.fromkeys(wanted.prefixes)),
    )
    await desk.write(SITES.put("", name, site))
    return SiteResource.of(site)


@router.delete(
    "/{name}",
    status_code=204,
    dependencies=[ADMIN],
    response_class=Response,
    responses=READS | problems(404),
    summary="Remove a site",
)
async def delete_site(desk: TheDesk, name: Name) -> Response:
    """Take a site off record. Its stations stay; whoever is limited to it stays limited, and sees nothing of it any more."""
    amended: Amended = await desk.write(SITES.remove("", name))
    if amended.before is None:
        raise _none(name)
    return Response(status_code=204)


def _none(name: str) -> ApiError:
    return not_found(f"There is no site {name!r}.", "GET /api/v1/sites lists them.")

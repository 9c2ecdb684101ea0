"""Load management of sites: their plans, limits from outside, what their meters say, how they stand, and what drivers want."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Response

from pilotwire.csms.api.access import COMMAND, READ, WRITE, TheCaller
from pilotwire.csms.api.doorkeeper import Caller
from pilotwire.csms.api.load_management_values import (
    FeederName,
    FeederReading,
    Flaw,
    LimitRequest,
    LimitResource,
    PlanRequest,
    PlanResource,
    ReadingRequest,
    ReadingResource,
    ReadingsRequest,
    StateResource,
    WishRequest,
    WishResource,
    flaws_of,
)
from pilotwire.csms.api.problems import READS, WRITES, ApiError, conflict, not_found, problems, unusable
from pilotwire.csms.api.resource import StationIdentity
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.api.sites import Name, Planning, has_station, known_site
from pilotwire.csms.api.transactions import TransactionId
from pilotwire.csms.registers.access import Site
from pilotwire.csms.registers.load_management import (
    MANAGED,
    SITE_ALARMS,
    SITE_LIMITS,
    SITE_READINGS,
    STATES,
    WISHES,
    LoadManagement,
    SiteLimit,
    SiteReading,
    part_key,
    parts_of,
    plans_of,
)
from pilotwire.csms.store.ports import Amended
from pilotwire.domain.load_management import misfits
from pilotwire.domain.transactions import Transaction

router = APIRouter()
_AT: Final = "/sites/{name}/load-management"
_WISH: Final = "/stations/{station}/transactions/{transactionId}/wish"
_TAGS: dict[str, Any] = {"tags": ["load management"]}
_READ: dict[str, Any] = _TAGS | {"dependencies": [READ]}
_COMMAND: dict[str, Any] = _TAGS | {"dependencies": [COMMAND]}
_WRITE: dict[str, Any] = _TAGS | {"dependencies": [WRITE]}
_NO_CONTENT: dict[str, Any] = {"status_code": HTTPStatus.NO_CONTENT, "response_class": Response}
AHEAD: Final = timedelta(seconds=5)
"""How much the clock of a meter may be ahead of ours: such a reading counts as one of now."""
OF_VTNS: Final = "openadr:"
"""How the names of limits begin that VTNs have set."""
Source = Annotated[
    str,
    Path(
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:@-]*$",
        description="Who sets it.",
        examples=["operator"],
    ),
]
OfFeeder = Annotated[FeederName, Path(description="The feeder with the meter.", examples=["grid"])]


# --- plans ------------------------------------------------------------------------------------------------------------------


async def _planned(desk: Desk, caller: Caller, name: str) -> LoadManagement:
    """The plan of a site. Raises ApiError (404)."""
    await known_site(desk, caller, name)
    plan = await desk.store.record(MANAGED, "", name)
    if plan is None:
        remedy = f"Put one on record: PUT /api/v1/sites/{name}/load-management."
        raise not_found(f"The site {name!r} has no load management plan.", remedy)
    return plan


def _refuse(flaws: Sequence[Flaw]) -> None:
    """Raise the error of a request with these flaws, if there are any."""
    if not flaws:
        return
    errors = [{"where": where, "what": what} for where, what in flaws]
    said = "; ".join(f"{where}: {what}" for where, what in flaws)
    detail = f"The request cannot be used: {said}."
    remedy = "Mend that; /docs shows what is expected."
    raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request", detail, remedy, errors=errors)


@router.get(_AT, responses=READS | problems(404), summary="Get the load management plan of a site", **_READ)
async def get_plan(desk: TheDesk, caller: TheCaller, name: Name) -> PlanResource:
    """How a site is built, and how its power is shared."""
    return PlanResource.of(await _planned(desk, caller, name))


@router.put(_AT, responses=WRITES | problems(404, 409), summary="Manage the load of a site", **_WRITE)
async def put_plan(
    desk: TheDesk, caller: TheCaller, planning: Planning, name: Name, wanted: PlanRequest
) -> PlanResource:
    """Put the plan of a site on record, or change it; it holds at once.

    Its stations are the site's, and no other site that is managed has them (409). A limit from outside keeps its feeder in the plan (409).
    EVSEs that are in no plan any more are freed: their stations are told to clear what they were told.
    """
    plan = wanted.plan(name)
    async with planning:
        site = await known_site(desk, caller, name)
        _refuse([*flaws_of(plan, misfits(plan.layout)), *_strangers(site, plan)])
        if plan.enabled:
            await _alone(desk, caller, plan)
        await _keeps_limits(desk, plan)
        await desk.write(MANAGED.put("", name, plan))
    return PlanResource.of(plan)


def _strangers(site: Site, plan: LoadManagement) -> list[Flaw]:
    return [
        (f"body.evses.{number}.station", f"the station {outlet.station!r} is not of the site {site.name!r}")
        for number, outlet in enumerate(plan.layout.outlets)
        if not has_station(site, outlet.station)
    ]


async def _alone(desk: Desk, caller: Caller, plan: LoadManagement) -> None:
    """Raise ApiError (409) if another site that is managed has one of its stations."""
    stations = {outlet.station for outlet in plan.layout.outlets}
    for other in await plans_of(desk.store):
        name = other.layout.name
        if name == plan.layout.name or not other.enabled:
            continue
        if shared := sorted(stations & {outlet.station for outlet in other.layout.outlets}):
            known = caller.sites is None or name in caller.sites
            where = f"the site {name!r}" if known else "another site"
            raise conflict(
                f"The load of {', '.join(shared)} is managed at {where}.",
                "A station belongs to one managed site: take it out of that plan first, or disable the plan.",
            )


async def _keeps_limits(desk: Desk, plan: LoadManagement) -> None:
    """Raise ApiError (409) if a limit that holds is for a feeder that is not there any more."""
    names = {feeder.name for feeder in plan.layout.feeders}
    now = desk.rooms.clock.now()
    for limit in await parts_of(desk.store, SITE_LIMITS, plan.layout.name):
        if limit.feeder not in names and (limit.until is None or limit.until > now):
            raise conflict(
                f"{limit.source!r} limits the feeder {limit.feeder!r}, which this plan does not have.",
                f"Keep the feeder, or take the limit back: DELETE /api/v1{_AT.format(name=limit.site)}/limits/{limit.source}.",
            )


@router.delete(
    _AT, responses=READS | problems(404), summary="Manage the load of a site no more", **_WRITE, **_NO_CONTENT
)
async def delete_plan(desk: TheDesk, caller: TheCaller, planning: Planning, name: Name) -> Response:
    """Take the plan of a site off record, with its limits from outside and readings.

    Its stations are told to clear what they were told, now or as soon as they are back: their vehicles then take what they can.
    """
    await known_site(desk, caller, name)
    async with planning:
        await _planned(desk, caller, name)
        limits = await parts_of(desk.store, SITE_LIMITS, name)
        readings = await parts_of(desk.store, SITE_READINGS, name)
        await desk.rooms.journal.append(
            MANAGED.remove("", name),
            *(SITE_LIMITS.remove("", part_key(name, each.source)) for each in limits),
            *(SITE_READINGS.remove("", part_key(name, each.feeder)) for each in readings),
        )
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get(f"{_AT}/state", responses=READS | problems(404), summary="See how a managed site stands", **_READ)
async def get_state(desk: TheDesk, caller: TheCaller, name: Name) -> StateResource:
    """What flows, who has which share and why, and which limits are exceeded; brought up to date at most once a second."""
    plan = await _planned(desk, caller, name)
    if not plan.enabled:
        remedy = "Enable it: PUT the plan with `enabled`."
        raise not_found(f"The load management plan of {name!r} is not enabled.", remedy)
    state = await desk.store.record(STATES, "", name)
    if state is None:
        raise not_found(f"The shares of {name!r} have not been decided yet.", "Ask again in a second.")
    return StateResource.of(state, await desk.store.record(SITE_ALARMS, "", name))


# --- limits from outside ----------------------------------------------------------------------------------------------------


@router.get(f"{_AT}/limits", responses=READS | problems(404), summary="List a site's limits from outside", **_READ)
async def list_limits(desk: TheDesk, caller: TheCaller, name: Name) -> list[LimitResource]:
    """Those that hold, or will, by source."""
    await _planned(desk, caller, name)
    now = desk.rooms.clock.now()
    limits = await parts_of(desk.store, SITE_LIMITS, name)
    return [LimitResource.of(each) for each in limits if each.until is None or each.until > now]


@router.put(
    f"{_AT}/limits/{{source}}", responses=WRITES | problems(404), summary="Limit a site from outside", **_COMMAND
)
async def put_limit(
    desk: TheDesk, caller: TheCaller, planning: Planning, name: Name, source: Source, wanted: LimitRequest
) -> LimitResource:
    """Set a limit for a feeder, or change it: each source has one at a time. Stations are told their new shares at once."""
    async with planning:
        plan = await _planned(desk, caller, name)
        now = desk.rooms.clock.now()
        if source.startswith(OF_VTNS):
            raise unusable("path.source", f"limits of {OF_VTNS} are those of VTNs, laid down by what they say")
        if wanted.feeder not in {feeder.name for feeder in plan.layout.feeders}:
            raise unusable("body.feeder", f"the site {name!r} has no feeder {wanted.feeder!r}")
        if wanted.until is not None and wanted.until <= now:
            raise unusable("body.until", "it is over already")
        limit = SiteLimit(
            site=name,
            source=source,
            feeder=wanted.feeder,
            at=now,
            amperes=wanted.amperes,
            watts=wanted.watts,
            since=wanted.since,
            until=wanted.until,
        )
        await desk.write(SITE_LIMITS.put("", part_key(name, source), limit))
    return LimitResource.of(limit)


@router.delete(
    f"{_AT}/limits/{{source}}",
    responses=READS | problems(404),
    summary="Take a limit from outside back",
    **_COMMAND,
    **_NO_CONTENT,
)
async def delete_limit(desk: TheDesk, caller: TheCaller, name: Name, source: Source) -> Response:
    """The limit of a source holds no more."""
    await _planned(desk, caller, name)
    amended: Amended = await desk.write(SITE_LIMITS.remove("", part_key(name, source)))
    if amended.before is None:
        remedy = f"GET /api/v1{_AT.format(name=name)}/limits lists them."
        raise not_found(f"The site {name!r} has no limit of {source!r}.", remedy)
    return Response(status_code=HTTPStatus.NO_CONTENT)


# --- meters -----------------------------------------------------------------------------------------------------------------


@router.get(f"{_AT}/meters", responses=READS | problems(404), summary="List the readings of a site's meters", **_READ)
async def list_readings(desk: TheDesk, caller: TheCaller, name: Name) -> list[ReadingResource]:
    """What each meter said last, by feeder; one that has said nothing yet is not there."""
    await _planned(desk, caller, name)
    return [ReadingResource.of(each) for each in await parts_of(desk.store, SITE_READINGS, name)]


@router.put(
    f"{_AT}/meters/{{feeder}}",
    responses=WRITES | problems(404, 409),
    summary="Tell what the meter of a feeder says",
    **_COMMAND,
)
async def put_reading(
    desk: TheDesk, caller: TheCaller, name: Name, feeder: OfFeeder, wanted: ReadingRequest
) -> ReadingResource:
    """A reading: amperes on L1 to L3, or watts in all. One older than the last is refused (409)."""
    plan = await _planned(desk, caller, name)
    reading = _reading(desk, plan, feeder, wanted, "body", "path.feeder")
    (kept,) = await _keep(desk, [reading])
    return kept


@router.put(f"{_AT}/meters", responses=WRITES | problems(404, 409), summary="Tell what several meters say", **_COMMAND)
async def put_readings(desk: TheDesk, caller: TheCaller, name: Name, wanted: ReadingsRequest) -> list[ReadingResource]:
    """Readings of several feeders, stored together.

    If one cannot be used, none is taken (422). One older than the last of its feeder is left out: the others are taken, and the answer
    (409) says which was not.
    """
    plan = await _planned(desk, caller, name)
    readings = []
    seen: set[str] = set()
    for number, each in enumerate(wanted.readings):
        where = f"body.readings.{number}"
        if each.feeder in seen:
            raise unusable(f"{where}.feeder", f"there are two readings of {each.feeder!r}")
        seen.add(each.feeder)
        readings.append(_reading(desk, plan, each.feeder, each, where, f"{where}.feeder"))
    return await _keep(desk, readings)


def _reading(
    desk: Desk, plan: LoadManagement, feeder: str, wanted: ReadingRequest | FeederReading, where: str, named: str
) -> SiteReading:
    name, now = plan.layout.name, desk.rooms.clock.now()
    if feeder not in {meter.feeder for meter in plan.meters}:
        raise unusable(named, f"the plan of {name!r} has no meter at a feeder {feeder!r}")
    if wanted.at is not None and wanted.at > now + AHEAD:
        raise unusable(f"{where}.at", f"{wanted.at.isoformat()} is in the future: it is {now.isoformat()} here")
    at = now if wanted.at is None else min(wanted.at, now)
    return SiteReading(site=name, feeder=feeder, at=at, amperes=wanted.currents(plan.layout.voltage))


async def _keep(desk: Desk, readings: Sequence[SiteReading]) -> list[ReadingResource]:
    """Store readings where no newer one is. Raises ApiError (409) if there was one."""

    def newest(reading: SiteReading) -> Any:
        def change(there: SiteReading | None) -> SiteReading:
            return reading if there is None or there.at <= reading.at else there

        return SITE_READINGS.amend("", part_key(reading.site, reading.feeder), change)

    done: Sequence[Amended] = await desk.rooms.journal.append(*map(newest, readings))
    stale = [(mine, each.after) for mine, each in zip(readings, done, strict=True) if each.after != mine]
    if stale:
        said = "; ".join(
            f"{mine.feeder!r} has one of {there.at.isoformat()}, which is newer than {mine.at.isoformat()}"
            for mine, there in stale
        )
        others = " The other readings were taken." if len(stale) < len(readings) else ""
        raise conflict(f"There are newer readings: {said}.{others}", "Send readings in the order they were made.")
    return [ReadingResource.of(each) for each in readings]


# --- drivers ----------------------------------------------------------------------------------------------------------------

OfTransaction = Annotated[TransactionId, Path(alias="transactionId")]


async def _transaction(desk: Desk, station: str, transaction_id: str) -> Transaction:
    transaction = await desk.store.transaction(station, transaction_id)
    if transaction is None:
        remedy = "GET /api/v1/transactions lists them."
        raise not_found(f"Station {station!r} has no transaction {transaction_id!r}.", remedy)
    return transaction


@router.get(_WISH, responses=READS | problems(404), summary="Get what a driver wants", **_READ)
async def get_wish(desk: TheDesk, station: StationIdentity, transaction_id: OfTransaction) -> WishResource:
    """What the driver of a transaction said they want."""
    await _transaction(desk, station, transaction_id)
    wish = await desk.store.record(WISHES, station, transaction_id)
    if wish is None:
        raise _no_wish(station, transaction_id)
    return WishResource.of(wish)


@router.put(_WISH, responses=WRITES | problems(404, 409), summary="Say what a driver wants", **_COMMAND)
async def put_wish(
    desk: TheDesk, station: StationIdentity, transaction_id: OfTransaction, wanted: WishRequest
) -> WishResource:
    """How much energy, until when, and how urgently. At a managed site it decides with the site's strategy who gets how much when."""
    transaction = await _transaction(desk, station, transaction_id)
    if not transaction.is_open:
        raise conflict(f"The transaction {transaction_id!r} of {station!r} is over.", "Nothing can be wished for it.")
    if wanted.departure is not None and wanted.departure <= desk.rooms.clock.now():
        raise unusable("body.departure", "it is over already")
    wish = wanted.wish()
    await desk.write(WISHES.put(station, transaction_id, wish))
    return WishResource.of(wish)


@router.delete(_WISH, responses=READS | problems(404), summary="Forget what a driver wants", **_COMMAND, **_NO_CONTENT)
async def delete_wish(desk: TheDesk, station: StationIdentity, transaction_id: OfTransaction) -> Response:
    """The driver wants nothing in particular: what the vehicle says by itself counts again."""
    amended: Amended = await desk.write(WISHES.remove(station, transaction_id))
    if amended.before is None:
        raise _no_wish(station, transaction_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _no_wish(station: str, transaction_id: str) -> ApiError:
    remedy = "PUT puts one there."
    return not_found(f"No wish is known for the transaction {transaction_id!r} of {station!r}.", remedy)

"""Local lists kept in step: what each is to hold, and what is believed of it."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import COMMAND, READ, WRITE
from pilotwire.csms.api.local_list import keeper_of
from pilotwire.csms.api.problems import COMMANDS, READS, WRITES, conflict, not_found, problems
from pilotwire.csms.api.resource import Resource, StationIdentity, Time, TokenType, TokenValue
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.commands.local_list_sync import wanted_entries
from pilotwire.csms.registers.local_list import LIST_POLICIES, policy_of
from pilotwire.domain.local_list import KnownList, ListPolicy, ListSource, SendLocalListStatus, UpdateType, digests
from pilotwire.errors import NotReachable

router = APIRouter(tags=["local lists"])


class LocalListPolicy(Resource):
    """What a local list is kept to hold: nothing (`none`: it is left as it is), or the tokens on record, of some groups and types."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"source": "tokens", "groups": ["FLEET-7"]}]})

    source: ListSource = ListSource.TOKENS
    groups: list[TokenValue] = Field(default_factory=list, max_length=1000, description="None: of any group, or none.")
    types: list[TokenType] = Field(default_factory=list, max_length=100, description="None: of any type.")

    @classmethod
    def of(cls, policy: ListPolicy) -> LocalListPolicy:
        """The resource of a policy."""
        return cls.model_construct(source=policy.source, groups=list(policy.groups), types=list(policy.types))

    def policy(self) -> ListPolicy:
        """In domain terms."""
        return ListPolicy(source=self.source, groups=tuple(self.groups), types=tuple(self.types))


class LocalListResource(Resource):
    """What is believed of a station's local list. `inStep` is null where nothing keeps it, or the station never said what it speaks."""

    version_number: int | None = Field(description="null: it was never told, or the station keeps none.")
    entries: int | None = Field(description="How many tokens are on it; null: nobody knows.")
    in_step: bool | None
    timestamp: Time | None = Field(description="When this was last looked at.")
    error: str = Field(description="Why it could not be brought in step the last time.")
    policy: LocalListPolicy


class SyncLocalListResponse(Resource):
    """What was sent (null: there was nothing to send), the station's answer to it, and what is believed now."""

    update_type: UpdateType | None
    status: SendLocalListStatus | None
    version_number: int | None


@router.get("/local-list-policy", dependencies=[READ], responses=READS, summary="Get the policy of local lists")
async def get_default_policy(desk: TheDesk) -> LocalListPolicy:
    """What the lists of stations without a policy of their own hold."""
    return LocalListPolicy.of(await policy_of(desk.store, ""))


@router.put("/local-list-policy", dependencies=[WRITE], responses=WRITES, summary="Set the policy of local lists")
async def put_default_policy(desk: TheDesk, wanted: LocalListPolicy) -> LocalListPolicy:
    """What the lists of stations without a policy of their own are to hold."""
    await desk.write(LIST_POLICIES.put("", "", wanted.policy()))
    return wanted


@router.get(
    "/stations/{station}/local-list-policy", dependencies=[READ], responses=READS, summary="Get a local list's policy"
)
async def get_policy(desk: TheDesk, station: StationIdentity) -> LocalListPolicy:
    """What a station's list holds: by its own policy, else by that of all."""
    return LocalListPolicy.of(await policy_of(desk.store, station))


@router.put(
    "/stations/{station}/local-list-policy", dependencies=[WRITE], responses=WRITES, summary="Set a local list's policy"
)
async def put_policy(desk: TheDesk, station: StationIdentity, wanted: LocalListPolicy) -> LocalListPolicy:
    """What a station's list is to hold. It need not be connected, or known."""
    await desk.write(LIST_POLICIES.put(station, "", wanted.policy()))
    return wanted


@router.delete(
    "/stations/{station}/local-list-policy",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    dependencies=[WRITE],
    responses=READS | problems(404),
    summary="Take away a local list's policy",
)
async def delete_policy(desk: TheDesk, station: StationIdentity) -> None:
    """From now on the policy of all stations counts."""
    gone = await desk.write(LIST_POLICIES.remove(station, ""))
    if gone.before is None:
        raise not_found(f"The local list of station {station!r} has no policy of its own.")


@router.get("/stations/{station}/local-list", dependencies=[READ], responses=READS, summary="Get a local list's state")
async def get_local_list(desk: TheDesk, station: StationIdentity) -> LocalListResource:
    """What is believed of a station's list, from what it was sent and what it told of its version."""
    known = await keeper_of(desk).known(station)
    policy = await policy_of(desk.store, station)
    return LocalListResource.model_construct(
        version_number=known.version,
        entries=None if known.entries is None else len(known.entries),
        in_step=await _in_step(desk, station, policy, known),
        timestamp=known.at,
        error=known.error,
        policy=LocalListPolicy.of(policy),
    )


async def _in_step(desk: Desk, station: str, policy: ListPolicy, known: KnownList) -> bool | None:
    record = await desk.store.station(station)
    if policy.source is ListSource.NONE or record is None or record.version is None:
        return None
    wanted = await wanted_entries(desk.store, desk.rooms.clock, station, record.version)
    return known.entries is not None and known.entries == digests(wanted)


@router.post(
    "/stations/{station}/commands/sync-local-list",
    dependencies=[COMMAND],
    responses=COMMANDS,
    tags=["commands"],
    summary="Bring a local list in step",
)
async def sync_local_list(desk: TheDesk, station: StationIdentity) -> SyncLocalListResponse:
    """Ask for the list's version and send what it lacks: changes, or all of it where nobody knows what it holds. There is no body."""
    if (await policy_of(desk.store, station)).source is ListSource.NONE:
        what = f"Nothing says what the local list of station {station!r} is to hold."
        raise conflict(what, "PUT /api/v1/stations/{station}/local-list-policy says it.")
    connected = desk.connections()
    if station not in connected:
        raise NotReachable(f"station {station!r} is not connected.", "Wait until it connects.")
    synced = await keeper_of(desk).sync(station, connected[station].version)
    return SyncLocalListResponse(update_type=synced.update, status=synced.status, version_number=synced.known.version)

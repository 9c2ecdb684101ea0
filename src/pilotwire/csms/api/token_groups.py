"""Groups of tokens: what counts for all members together (C09), and master passes (C16)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import ConfigDict, Field, StrictBool

from pilotwire.csms.api.access import COMMAND, READ, WRITE
from pilotwire.csms.api.problems import COMMANDS, READS, WRITES, conflict, not_found, problems
from pilotwire.csms.api.resource import (
    TEXT,
    IdTokenResource,
    Integer,
    Limit,
    PageOf,
    Resource,
    StationIdentity,
    page_of,
)
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.commands import master_pass
from pilotwire.csms.registers.authorization import GROUPS, group_key, members_of
from pilotwire.csms.store.ports import Page
from pilotwire.csms.store.registers import cursor_of
from pilotwire.domain.authorization import AuthorizationStatus, TokenGroup

router = APIRouter(tags=["tokens"])
_MOST_MEMBERS = 1000
Group = Annotated[
    str,
    Path(
        min_length=1, max_length=255, pattern=TEXT, description="The value of the group's token.", examples=["FLEET-7"]
    ),
]


class TokenGroupRecord(Resource):
    """What is on record of a group: it counts for every token whose `groupIdToken` has this value (1.6: parentIdTag)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "Accepted", "maxTransactions": 10}]})

    status: AuthorizationStatus = Field(
        default=AuthorizationStatus.ACCEPTED, description="Another than Accepted is that of every member."
    )
    max_transactions: Integer | None = Field(
        default=None, description="How many may be open with all members together; null: as many as wanted."
    )
    master_pass: StrictBool = Field(
        default=False, description="Its members end transactions of others and start none (C16)."
    )
    note: str = Field(default="", max_length=1000, pattern=r"^[^\x00]*$")


class TokenGroupResource(TokenGroupRecord):
    """A group on record."""

    group: str

    @classmethod
    def of(cls, record: TokenGroup) -> TokenGroupResource:
        """The resource of a record."""
        return cls.model_construct(
            group=record.group,
            status=record.status,
            max_transactions=record.max_transactions,
            master_pass=record.master_pass,
            note=record.note,
        )


class TokenGroupWithMembers(TokenGroupResource):
    """A group with the tokens on record that are in it, at most 1000."""

    members: list[IdTokenResource]


@router.get("/token-groups", dependencies=[READ], responses=READS, summary="List token groups")
async def list_groups(
    desk: TheDesk,
    limit: Limit = 100,
    after: Annotated[
        str | None, Query(max_length=300, description="A cursor: `nextCursor` of the page before.")
    ] = None,
) -> PageOf[TokenGroupResource]:
    """Groups on record. A token may name a group that is not: then only its name counts."""
    found = await desk.store.records(GROUPS, "", Page(limit=limit, after=after))
    cursor = cursor_of("", group_key(found[-1].group)) if found else ""
    return PageOf[TokenGroupResource](**page_of(list(map(TokenGroupResource.of, found)), limit, cursor))


@router.get(
    "/token-groups/{group:path}", dependencies=[READ], responses=READS | problems(404), summary="Get a token group"
)
async def get_group(desk: TheDesk, group: Group) -> TokenGroupWithMembers:
    """A group with its members."""
    record = await desk.store.record(GROUPS, "", group_key(group))
    if record is None:
        raise _missing(group)
    shown = TokenGroupResource.of(record).model_dump()
    return TokenGroupWithMembers.model_construct(**shown, members=await _members(desk, group, _MOST_MEMBERS))


@router.put(
    "/token-groups/{group:path}",
    dependencies=[WRITE],
    responses=WRITES | problems(404),
    summary="Put a token group on record",
)
async def put_group(desk: TheDesk, group: Group, wanted: TokenGroupRecord) -> TokenGroupResource:
    """Put a group on record, or change it. What is left out gets its default."""
    record = TokenGroup(
        group=group,
        status=wanted.status,
        max_transactions=wanted.max_transactions,
        master_pass=wanted.master_pass,
        note=wanted.note,
    )
    await desk.write(GROUPS.put("", group_key(group), record))
    return TokenGroupResource.of(record)


@router.delete(
    "/token-groups/{group:path}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    dependencies=[WRITE],
    responses=READS | problems(404, 409),
    summary="Take a token group off record",
)
async def delete_group(desk: TheDesk, group: Group) -> None:
    """Take a group off record. One that has members stays: a block or a limit must not be lifted by the way."""
    if await desk.store.record(GROUPS, "", group_key(group)) is None:
        raise _missing(group)
    members = await _members(desk, group, 1)
    if members:
        what = f"The group {group!r} has members, for example the token {members[0].id_token!r}."
        raise conflict(what, "Take them out of the group first.")
    await desk.write(GROUPS.remove("", group_key(group)))


async def _members(desk: Desk, group: str, most: int) -> list[IdTokenResource]:
    found: list[IdTokenResource] = []
    async for token in members_of(desk.store, group):
        found.append(IdTokenResource.model_construct(id_token=token.id_token.value, type=token.id_token.type))
        if len(found) >= most:
            break
    return found


def _missing(group: str) -> Exception:
    return not_found(f"There is no group {group!r} on record.", "GET /api/v1/token-groups lists them.")


class SetMasterPassGroupRequest(Resource):
    """Which group's tokens are master passes at a station: `AuthCtrlr.MasterPassGroupId`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"group": "MASTER"}]})

    group: str = Field(max_length=36, pattern=r"^[^\x00-\x1f]*$", description="Empty: there is no master pass.")


class SetMasterPassGroupResponse(Resource):
    """The station's answer (SetVariableStatusEnumType)."""

    status: str


@router.post(
    "/stations/{station}/commands/set-master-pass-group",
    dependencies=[COMMAND],
    responses=COMMANDS,
    tags=["commands"],
    summary="Set the group of master passes",
)
async def set_master_pass_group(
    desk: TheDesk, station: StationIdentity, wanted: SetMasterPassGroupRequest
) -> SetMasterPassGroupResponse:
    """Tell a station which group's tokens end any transaction and start none (C16). 1.6 has no master pass."""
    status = await master_pass.set_group(desk.commander, station, wanted.group)
    return SetMasterPassGroupResponse(status=status)

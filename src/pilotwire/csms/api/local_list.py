"""Local lists of stations: who may charge without the CSMS being asked (functional block D)."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BeforeValidator, ConfigDict, Field

from pilotwire.csms.api.access import COMMAND
from pilotwire.csms.api.problems import COMMANDS, unusable
from pilotwire.csms.api.resource import (
    TEXT,
    IdTokenResource,
    Positive,
    Resource,
    StationIdentity,
    Time,
    TokenType,
    whole,
)
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.commands import local_list
from pilotwire.csms.commands.local_list_sync import ListKeeper
from pilotwire.domain.authorization import AuthorizationStatus, AuthorizationVerdict
from pilotwire.domain.local_list import ListEntry, SendLocalListStatus, UpdateType

router = APIRouter(prefix="/stations/{station}/commands", tags=["commands"], dependencies=[COMMAND])
Language = Annotated[str, Field(min_length=1, max_length=8, pattern=TEXT)]


class IdTokenInfoResource(Resource):
    """What a station is told of a token (IdTokenInfoType). 1.6 knows status, cacheExpiryDateTime and groupIdToken."""

    status: AuthorizationStatus
    cache_expiry_date_time: Time | None = None
    charging_priority: Annotated[int, Field(strict=True, ge=-9, le=9), BeforeValidator(whole)] | None = None
    group_id_token: IdTokenResource | None = None
    language1: Language | None = None
    language2: Language | None = None
    personal_message: str | None = Field(default=None, max_length=512, pattern=r"^[^\x00]*$")
    evse_id: list[Positive] | None = Field(default=None, description="The EVSEs the token may use; null: all.")

    def verdict(self) -> AuthorizationVerdict:
        """In domain terms."""
        return AuthorizationVerdict(
            status=self.status,
            expires_at=self.cache_expiry_date_time,
            group=self.group_id_token.token() if self.group_id_token else None,
            priority=self.charging_priority,
            language=self.language1,
            language2=self.language2,
            message=self.personal_message,
            evses=tuple(self.evse_id or ()),
        )


class AuthorizationDataResource(Resource):
    """One token on a list (AuthorizationData). Without `idTokenInfo` a Differential update takes it off."""

    id_token: IdTokenResource
    id_token_info: IdTokenInfoResource | None = None

    def entry(self) -> ListEntry:
        """In domain terms."""
        info = None if self.id_token_info is None else self.id_token_info.verdict()
        return ListEntry(id_token=self.id_token.token(), info=info)


class SendLocalListRequest(Resource):
    """Replace or change a station's local list (D01): with the entries given, or with all tokens on record (`"from": "tokens"`).

    A list that is longer than the station takes in one message is sent in several, with rising version numbers.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"from": "tokens"},
                {
                    "versionNumber": 2,
                    "updateType": "Differential",
                    "localAuthorizationList": [
                        {
                            "idToken": {"idToken": "04A1B2C3D4", "type": "ISO14443"},
                            "idTokenInfo": {"status": "Accepted"},
                        }
                    ],
                },
            ]
        }
    )

    version_number: Positive | None = Field(default=None, description="null: one more than the station's list has now.")
    update_type: UpdateType = UpdateType.FULL
    local_authorization_list: list[AuthorizationDataResource] | None = None
    source: Literal["tokens"] | None = Field(
        default=None,
        alias="from",
        description="`tokens`: a full list of the tokens on record, as each would be judged now.",
    )
    types: list[TokenType] | None = Field(
        default=None, description='With `"from": "tokens"`: only tokens of these types; null: of any.'
    )


def keeper_of(desk: Desk) -> ListKeeper:
    """Who keeps the lists of stations."""
    return ListKeeper(desk.commander, desk.store, desk.rooms.journal, desk.rooms.clock)


class SendLocalListResponse(Resource):
    """The station's answer, to the last message if there were several; 1.6 may answer NotSupported."""

    status: SendLocalListStatus
    version_number: int | None = Field(description="The number the list has now; null: nothing of it was accepted.")


@router.post("/send-local-list", responses=COMMANDS, summary="Send a local list")
async def send_local_list(
    desk: TheDesk, station: StationIdentity, wanted: SendLocalListRequest
) -> SendLocalListResponse:
    """Replace or change a station's local list."""
    entries = await _entries(desk, wanted)
    sent = await keeper_of(desk).send(station, wanted.update_type, entries, version=wanted.version_number)
    return SendLocalListResponse(status=sent.status, version_number=sent.version)


async def _entries(desk: Desk, wanted: SendLocalListRequest) -> tuple[ListEntry, ...]:
    if wanted.source is None:
        if wanted.types is not None:
            raise unusable("body.types", 'this goes with `"from": "tokens"` only')
        return tuple(each.entry() for each in wanted.local_authorization_list or ())
    if wanted.local_authorization_list is not None:
        raise unusable(
            "body.localAuthorizationList", "the list comes from the tokens on record, or from here; not both"
        )
    if wanted.update_type is not UpdateType.FULL:
        raise unusable("body.updateType", "the tokens on record make a Full list")
    return await local_list.entries_of_tokens(desk.store, desk.rooms.clock.now(), types=wanted.types)


class GetLocalListVersionResponse(Resource):
    """The station's answer."""

    version_number: int | None = Field(
        description="0: there is no list (1.6: an empty one); null: the station keeps none (1.6)."
    )


@router.post("/get-local-list-version", responses=COMMANDS, summary="Get the version of a local list")
async def get_local_list_version(desk: TheDesk, station: StationIdentity) -> GetLocalListVersionResponse:
    """Ask for the number of a station's local list (D02). There is no body."""
    outcome = await keeper_of(desk).version(station)
    return GetLocalListVersionResponse(version_number=outcome.version)

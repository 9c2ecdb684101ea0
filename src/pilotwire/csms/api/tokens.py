"""Id tokens: who may charge."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Response
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StrictBool

from pilotwire.csms.api.access import READ, WRITE
from pilotwire.csms.api.problems import READS, WRITES, ApiError, not_found, problems
from pilotwire.csms.api.resource import (
    TEXT,
    IdTokenResource,
    Integer,
    Limit,
    PageOf,
    Positive,
    Resource,
    Time,
    page_of,
    whole,
)
from pilotwire.csms.api.rooms import TheDesk
from pilotwire.csms.registers.authorization import texts_to_tell
from pilotwire.csms.store.ports import Page, PutToken, RemoveToken
from pilotwire.domain.authorization import AuthorizationStatus, Token
from pilotwire.domain.identity import IdToken
from pilotwire.domain.token_rules import TokenRules, ValidityWindow

router = APIRouter(prefix="/tokens", tags=["tokens"])

Value = Annotated[
    str,
    Path(
        min_length=1,
        max_length=255,
        pattern=TEXT,
        description="The token's value, in any case.",
        examples=["04A1B2C3D4"],
    ),
]
Type = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=20,
        pattern=TEXT,
        description="The token's type (ISO14443, eMAID, Central, ...). Without one the record counts for any type.",
        examples=["ISO14443"],
    ),
]


_HOUR = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("there is no time zone of this name: it looks like Europe/Amsterdam") from None
    return name


class ValidityWindowResource(Resource):
    """Hours of the week in which a token is good; `to` at or before `from` is on the next day."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"days": [1, 2, 3, 4, 5], "from": "07:00", "to": "19:30", "timeZone": "Europe/Berlin"}]
        }
    )

    days: list[Annotated[int, Field(strict=True, ge=1, le=7), BeforeValidator(whole)]] = Field(
        default_factory=list, max_length=7, description="1: Monday to 7: Sunday; none: every day."
    )
    from_: str = Field(default="00:00", alias="from", pattern=_HOUR)
    to: str = Field(default="24:00", pattern=_HOUR)
    time_zone: Annotated[
        str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$"), AfterValidator(_zone)
    ] = Field(default="UTC", description="A name of the IANA database.")

    @classmethod
    def of(cls, window: ValidityWindow) -> ValidityWindowResource:
        """The resource of a window."""
        begin, end = (f"{at // 60:02}:{at % 60:02}" for at in (window.begin, window.end))
        return cls.model_construct(days=list(window.days), from_=begin, to=end, time_zone=window.time_zone)

    def window(self) -> ValidityWindow:
        """In domain terms."""
        begin, end = (int(text[:2]) * 60 + int(text[3:]) for text in (self.from_, self.to))
        return ValidityWindow(begin=begin, end=end, days=tuple(self.days), time_zone=self.time_zone)


class TokenRecord(Resource):
    """What is on record of a token (IdTokenInfoType). A passed `cacheExpiryDateTime` overrides the status Accepted.

    Beside its own record that of its group counts (`/token-groups`), and its balance if it is prepaid.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"status": "Accepted", "groupIdToken": {"idToken": "FLEET-7", "type": "Central"}}]
        }
    )

    status: AuthorizationStatus = AuthorizationStatus.ACCEPTED
    cache_expiry_date_time: Time | None = None
    charging_priority: Annotated[int, Field(strict=True, ge=-9, le=9), BeforeValidator(whole)] | None = None
    group_id_token: IdTokenResource | None = None
    language1: str | None = Field(
        default=None, min_length=1, max_length=8, pattern=TEXT, description="An RFC 5646 tag.", examples=["en"]
    )
    personal_message: str | None = Field(
        default=None, max_length=1024, pattern=r"^[^\x00]*$", description="Shown to the driver (2.x)."
    )
    max_transactions: Integer | None = Field(
        default=1, description="How many transactions may be open with it at one time; null: as many as wanted."
    )
    valid_from: Time | None = Field(default=None, description="NotAtThisTime before.")
    windows: list[ValidityWindowResource] = Field(
        default_factory=list, max_length=50, description="NotAtThisTime outside of them; none: at any time."
    )
    stations: list[Annotated[str, Field(min_length=1, max_length=60, pattern=TEXT)]] = Field(
        default_factory=list,
        max_length=1000,
        description="Identities of stations, `*` for any text: NotAtThisLocation elsewhere; none: everywhere.",
        examples=[["SITE7-*"]],
    )
    evse_id: list[Positive] = Field(
        default_factory=list, max_length=1000, description="NotAllowedTypeEVSE at others; none: at any."
    )
    connector_types: list[Annotated[str, Field(min_length=1, max_length=20, pattern=TEXT)]] = Field(
        default_factory=list,
        max_length=100,
        description="ConnectorEnumType: NotAllowedTypeEVSE where no connector is of these; none: any.",
        examples=[["sType2"]],
    )
    master_pass: StrictBool = Field(default=False, description="It ends transactions of others and starts none (C16).")


class TokenResource(TokenRecord):
    """A token on record."""

    id_token: str
    type: str | None

    @classmethod
    def of(cls, token: Token) -> TokenResource:
        """The resource of a token's record."""
        return cls.model_construct(
            id_token=token.id_token.value,
            type=token.id_token.type,
            status=token.status,
            cache_expiry_date_time=token.expires_at,
            charging_priority=token.priority,
            group_id_token=IdTokenResource.of(token.group),
            language1=token.language,
            personal_message=token.message,
            max_transactions=token.max_transactions,
            valid_from=token.rules.valid_from,
            windows=list(map(ValidityWindowResource.of, token.rules.windows)),
            stations=list(token.rules.stations),
            evse_id=list(token.rules.evses),
            connector_types=list(token.rules.connector_types),
            master_pass=token.master_pass,
        )


def _token(asked: IdToken, wanted: TokenRecord) -> Token:
    return Token(
        id_token=asked,
        status=wanted.status,
        expires_at=wanted.cache_expiry_date_time,
        group=wanted.group_id_token.token() if wanted.group_id_token else None,
        priority=wanted.charging_priority,
        language=wanted.language1,
        message=wanted.personal_message,
        max_transactions=wanted.max_transactions,
        rules=TokenRules(
            valid_from=wanted.valid_from,
            windows=tuple(each.window() for each in wanted.windows),
            stations=tuple(wanted.stations),
            evses=tuple(wanted.evse_id),
            connector_types=tuple(wanted.connector_types),
        ),
        master_pass=wanted.master_pass,
    )


def missing_token(value: str, type_: str | None) -> ApiError:
    """No token of this value and type is on record."""
    what = f"There is no token {value!r} on record" + (f" of the type {type_}." if type_ else ".")
    return not_found(what, "GET /api/v1/tokens lists them.")


@router.get("", dependencies=[READ], responses=READS, summary="List tokens")
async def list_tokens(
    desk: TheDesk,
    limit: Limit = 100,
    after: Annotated[str | None, Query(max_length=255, description="A cursor: the last value had.")] = None,
) -> PageOf[TokenResource]:
    """Tokens on record, by value. Records of one value with several types stay together, so a page may be a little longer."""
    tokens = await desk.store.tokens(Page(limit=limit, after=after))
    items = [TokenResource.of(token) for token in tokens]
    return PageOf[TokenResource](**page_of(items, limit, tokens[-1].id_token.value if tokens else ""))


@router.get("/{value:path}", dependencies=[READ], responses=READS | problems(404), summary="Get a token")
async def get_token(desk: TheDesk, value: Value, type: Type = None) -> TokenResource:  # the standard's name
    """The record that counts for a token: of its type, else of a type one side does not tell."""
    token = await desk.store.token(IdToken(value=value, type=type))
    if token is None:
        raise missing_token(value, type)
    return TokenResource.of(token)


@router.put(
    "/{value:path}",
    dependencies=[WRITE],
    responses=WRITES | problems(404),
    summary="Put a token on record, or change it",
)
async def put_token(desk: TheDesk, value: Value, wanted: TokenRecord, type: Type = None) -> TokenResource:
    """Put a token on record. What is left out gets its default: this replaces the record of this value and type."""
    token = _token(IdToken(value=value, type=type), wanted)
    texts = await texts_to_tell(desk.store, token, await desk.store.token(token.id_token))
    await desk.write(PutToken(token=token))
    for each in texts:
        await desk.write(each)
    return TokenResource.of(token)


@router.delete(
    "/{value:path}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    dependencies=[WRITE],
    responses=READS | problems(404),
    summary="Take a token off record",
)
async def delete_token(desk: TheDesk, value: Value, type: Type = None) -> None:
    """Take a token off record: from now on it is unknown."""
    if not await desk.write(RemoveToken(id_token=IdToken(value=value, type=type))):
        raise missing_token(value, type)
